//! A statement with its parameters, and the rows that come back.
//!
//! One text for both engines: `$1` parameters, columns always named. Every integer is bound as 64 bits and
//! no parameter is ever NULL except text and bytes, because PostgreSQL keeps the parameter types of the
//! first use of a statement.

use crate::error::StoreError;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Arguments, Row as _};
use std::borrow::Cow;
use uuid::Uuid;

/// A statement and its parameters, in order.
#[derive(Default)]
pub struct Query {
    pub(crate) sql: Cow<'static, str>,
    pub(crate) arguments: AnyArguments,
    pub(crate) failed: bool,
}

/// Starts a statement. Its text must hold no value that came from outside: those are parameters.
pub fn sql(text: impl Into<Cow<'static, str>>) -> Query {
    Query { sql: text.into(), ..Query::default() }
}

impl Query {
    /// The next parameter is text.
    #[must_use]
    pub fn text(mut self, value: impl Into<String>) -> Self {
        self.failed |= self.arguments.add(value.into()).is_err();
        self
    }
    /// The next parameter is text or NULL.
    #[must_use]
    pub fn text_or_null(mut self, value: Option<&str>) -> Self {
        self.failed |= self.arguments.add(value.map(str::to_owned)).is_err();
        self
    }
    /// The next parameter is an integer.
    #[must_use]
    pub fn int(mut self, value: impl Into<i64>) -> Self {
        self.failed |= self.arguments.add(value.into()).is_err();
        self
    }
    /// The next parameter is bytes.
    #[must_use]
    pub fn bytes(mut self, value: impl Into<Vec<u8>>) -> Self {
        self.failed |= self.arguments.add(value.into()).is_err();
        self
    }
    /// The next parameter is bytes or NULL.
    #[must_use]
    pub fn bytes_or_null(mut self, value: Option<Vec<u8>>) -> Self {
        self.failed |= self.arguments.add(value).is_err();
        self
    }
    /// The next parameter is one of our ids, stored as 16 bytes.
    #[must_use]
    pub fn id(self, value: Uuid) -> Self {
        self.bytes(value.as_bytes().to_vec())
    }
    /// The next parameters are ids.
    #[must_use]
    pub fn ids(self, values: impl IntoIterator<Item = Uuid>) -> Self {
        values.into_iter().fold(self, Self::id)
    }
}

/// `$first, $first+1, …`, `count` of them, for an IN list. Empty lists give `NULL`, which matches nothing.
pub fn placeholders(first: usize, count: usize) -> String {
    if count == 0 {
        return "NULL".to_owned();
    }
    let mut list = String::with_capacity(count * 5);
    for number in first..first + count {
        if number > first {
            list.push(',');
        }
        list.push('$');
        list.push_str(&number.to_string());
    }
    list
}

/// One row of an answer; columns by position, as named in the statement.
pub struct Row {
    pub(crate) inner: AnyRow,
    pub(crate) operation: &'static str,
}

impl Row {
    fn damaged(&self, column: usize, what: &str) -> StoreError {
        StoreError::corrupt(self.operation, format_args!("column {column} is not {what}"))
    }
    /// The column as text.
    pub fn text(&self, column: usize) -> Result<String, StoreError> {
        self.inner.try_get(column).map_err(|_| self.damaged(column, "text"))
    }
    /// The column as text, if it is not NULL.
    pub fn text_or_null(&self, column: usize) -> Result<Option<String>, StoreError> {
        self.inner.try_get(column).map_err(|_| self.damaged(column, "text or null"))
    }
    /// The column as an integer.
    pub fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.inner.try_get(column).map_err(|_| self.damaged(column, "an integer"))
    }
    /// The column as an integer, if it is not NULL.
    pub fn int_or_null(&self, column: usize) -> Result<Option<i64>, StoreError> {
        self.inner.try_get(column).map_err(|_| self.damaged(column, "an integer or null"))
    }
    /// The column as true or false, stored as 1 or 0.
    pub fn flag(&self, column: usize) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }
    /// The column as bytes.
    pub fn bytes(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        self.inner.try_get(column).map_err(|_| self.damaged(column, "bytes"))
    }
    /// The column as bytes, if it is not NULL.
    pub fn bytes_or_null(&self, column: usize) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.try_get(column).map_err(|_| self.damaged(column, "bytes or null"))
    }
    /// The column as one of our ids: `row.id(0).map(RecordId)`.
    pub fn id(&self, column: usize) -> Result<Uuid, StoreError> {
        Uuid::from_slice(&self.bytes(column)?).map_err(|_| self.damaged(column, "an id"))
    }
    /// The column as a checked word, such as a facility id, a kind or a state.
    pub fn word<T: std::str::FromStr>(&self, column: usize) -> Result<T, StoreError> {
        self.text(column)?.parse().map_err(|_| self.damaged(column, "a known word"))
    }
}
