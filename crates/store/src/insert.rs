//! Many rows in few statements.
//!
//! Statements come in sizes of powers of two, so that the driver's cache holds all of them; the largest has
//! 64 rows, far below either engine's limit of parameters.

use crate::db::{Engine, Tx};
use crate::error::StoreError;
use crate::query::{Query, Row, sql};
use uuid::Uuid;

const LARGEST: usize = 64;

/// One value of a row.
pub(crate) enum Value {
    Int(i64),
    Text(String),
    TextOrNull(Option<String>),
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(value.into())
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}
impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}
impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(value.to_vec())
    }
}
impl From<Uuid> for Value {
    fn from(value: Uuid) -> Self {
        Self::Bytes(value.as_bytes().to_vec())
    }
}

/// Rows to be inserted into one table.
pub(crate) struct Insert<const WIDTH: usize> {
    head: &'static str,
    tail: &'static str,
    rows: Vec<[Value; WIDTH]>,
}

impl<const WIDTH: usize> Insert<WIDTH> {
    /// `head` is `INSERT INTO table (columns)`, `tail` what follows the values.
    pub(crate) fn new(head: &'static str, tail: &'static str) -> Self {
        Self { head, tail, rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: [Value; WIDTH]) {
        self.rows.push(row);
    }

    /// Writes the rows.
    pub(crate) async fn execute(self, tx: &mut Tx) -> Result<(), StoreError> {
        for query in self.queries(tx.engine()) {
            tx.execute(query).await?;
        }
        Ok(())
    }

    /// Writes the rows and gives what `RETURNING` in the tail asks for.
    pub(crate) async fn returning(self, tx: &mut Tx) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        for query in self.queries(tx.engine()) {
            rows.extend(tx.all(query).await?);
        }
        Ok(rows)
    }

    fn queries(self, engine: Engine) -> Vec<Query> {
        let (mut queries, mut left) = (Vec::new(), self.rows.len());
        let mut rows = self.rows.into_iter();
        while left > 0 {
            let size = if left >= LARGEST { LARGEST } else { 1 << left.ilog2() };
            let text = rows_text(self.head, self.tail, size, WIDTH, engine);
            let query = rows.by_ref().take(size).flatten().fold(sql(text), |query, value| match value {
                Value::Int(value) => query.int(value),
                Value::Text(value) => query.text(value),
                Value::TextOrNull(value) => query.text_or_null(value.as_deref()),
                Value::Bytes(value) => query.bytes(value),
            });
            queries.push(query);
            left -= size;
        }
        queries
    }
}

/// `head VALUES (…),(…) tail` for `rows` rows of `width` values.
pub(crate) fn rows_text(head: &str, tail: &str, rows: usize, width: usize, engine: Engine) -> String {
    let mut text = String::with_capacity(64 + rows * width * 5);
    text.push_str(head);
    text.push_str(" VALUES ");
    let mut number = 0;
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ",(" });
        for column in 0..width {
            number += 1;
            text.push_str(if column == 0 { "" } else { "," });
            // SQLite's driver searches the name of each parameter in a list: here they have none.
            match engine {
                Engine::Sqlite => text.push('?'),
                Engine::Postgres => text.push_str(&format!("${number}")),
            }
        }
        text.push(')');
    }
    text.push(' ');
    text.push_str(tail);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_split_into_powers_of_two() {
        let mut insert = Insert::<2>::new("INSERT INTO t (a, b)", "");
        for number in 0..71 {
            insert.push([Value::from(number), Value::from("x")]);
        }
        let sizes: Vec<usize> =
            insert.queries(Engine::Postgres).iter().map(|query| query.sql.matches('(').count() - 1).collect();
        assert_eq!(sizes, [64, 4, 2, 1]);
    }
}
