//! Which tables and columns there are, asked of the database itself.

use super::PASSING;
use crate::db::{Engine, Tx};
use crate::error::StoreError;
use crate::query::sql;
use serde::{Deserialize, Serialize};

/// What a column holds; the schema has no other kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Int,
    Text,
    Bytes,
}

/// A table with its columns, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Table {
    pub name: String,
    pub columns: Vec<(String, Kind)>,
}

impl Table {
    /// The columns as a list for a statement. Names come from the schema, never from outside: a load compares them first.
    pub(crate) fn list(&self) -> String {
        self.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Every table that is kept.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Table>, StoreError> {
    let (tables, columns) = match tx.engine() {
        Engine::Sqlite => (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
            "SELECT name, lower(type) FROM pragma_table_info($1) ORDER BY name",
        ),
        Engine::Postgres => (
            "SELECT CAST(table_name AS TEXT) COLLATE \"C\" AS name FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY name",
            "SELECT CAST(column_name AS TEXT) COLLATE \"C\" AS name, CAST(data_type AS TEXT) \
             FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 ORDER BY name",
        ),
    };
    let mut found = Vec::new();
    for row in tx.all(sql(tables)).await? {
        let name = row.text(0)?;
        if PASSING.contains(&name.as_str()) {
            continue;
        }
        let mut own = Vec::new();
        for column in tx.all(sql(columns).text(name.clone())).await? {
            let (column, kind) = (column.text(0)?, column.text(1)?);
            let kind = match kind.as_str() {
                "bigint" => Kind::Int,
                "text" => Kind::Text,
                "blob" | "bytea" => Kind::Bytes,
                other => {
                    let what = format_args!("{name}.{column} is of the unknown type {other}");
                    return Err(StoreError::corrupt("read the schema", what));
                }
            };
            own.push((column, kind));
        }
        found.push(Table { name, columns: own });
    }
    Ok(found)
}
