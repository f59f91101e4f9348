//! What can go wrong in the store, sorted by what the caller can do about it.
//!
//! Messages name the operation, the engine's code and, where it helps, a table or constraint. They never
//! carry a bound value, so nothing about a person can reach a log through an error.

use std::fmt;

/// What the caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Another writer holds the database for too long, or a deadline passed: try again later.
    Busy,
    /// No space left for the database or the blobs: free some, then repeat; nothing was half written.
    DiskFull,
    /// The database cannot be reached or the connection was cut: repeat, every write is idempotent.
    Unavailable,
    /// Stored data is not what was written: stop and restore.
    Corrupt,
    /// A row that must be unique exists already, or changed underneath.
    Conflict,
    /// What was asked for is not there, or not for this permit.
    NotFound,
    /// The database was written by a newer version of the program.
    NewerSchema,
    /// A migration was changed after it ran, or could not run.
    Migration,
    /// Consent or relationship changed while the answer was being prepared: decide again.
    ConsentChanged,
    /// The arguments make no sense together.
    Invalid,
    /// The configuration of the database or of the blob directory is wrong.
    Configuration,
    /// Anything else the engine reports.
    Engine,
}

/// An error of the store: what was being done, of which kind, and the engine's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {detail}")]
pub struct StoreError {
    /// What the caller can do about it.
    pub kind: ErrorKind,
    /// What was being done.
    pub operation: &'static str,
    /// The engine's code and words, without values.
    pub detail: String,
}

impl StoreError {
    /// Makes an error; `detail` must not carry anything about a person.
    pub fn new(kind: ErrorKind, operation: &'static str, detail: impl fmt::Display) -> Self {
        Self { kind, operation, detail: detail.to_string() }
    }

    /// Stored data that is not what was written.
    pub fn corrupt(operation: &'static str, what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Corrupt, operation, format_args!("stored data is damaged: {what}"))
    }

    /// What was asked for is not there.
    pub fn not_found(operation: &'static str, what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::NotFound, operation, format_args!("no such {what}"))
    }

    /// True if repeating the same call later may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, ErrorKind::Busy | ErrorKind::Unavailable)
    }

    /// Sorts an error of the driver.
    pub(crate) fn engine(operation: &'static str, error: &sqlx::Error) -> Self {
        use sqlx::Error;
        let (kind, detail) = match error {
            Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                let place = database.constraint().or(database.table()).unwrap_or_default();
                let kind = kind_of_code(&code);
                let words = if place.is_empty() {
                    format!("{} (code {code})", words(kind))
                } else {
                    format!("{} (code {code}, {place})", words(kind))
                };
                (kind, words)
            }
            Error::PoolTimedOut => (ErrorKind::Busy, "no connection became free in time".to_owned()),
            Error::Io(io) if io.kind() == std::io::ErrorKind::StorageFull => {
                (ErrorKind::DiskFull, words(ErrorKind::DiskFull).to_owned())
            }
            Error::Io(io) => (ErrorKind::Unavailable, format!("the connection failed ({:?})", io.kind())),
            Error::Tls(_) => (ErrorKind::Unavailable, "the encrypted connection failed".to_owned()),
            Error::WorkerCrashed | Error::PoolClosed => {
                (ErrorKind::Unavailable, "the connection is closed".to_owned())
            }
            Error::Protocol(_) => (ErrorKind::Unavailable, "the connection broke off".to_owned()),
            Error::Configuration(reason) => (ErrorKind::Configuration, reason.to_string()),
            Error::RowNotFound => (ErrorKind::NotFound, "no such row".to_owned()),
            Error::ColumnDecode { index, .. } => {
                (ErrorKind::Corrupt, format!("column {index} is not of the type written"))
            }
            _ => (ErrorKind::Engine, "the driver refused the statement".to_owned()),
        };
        Self { kind, operation, detail }
    }
}

fn words(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Busy => "another writer holds the database",
        ErrorKind::DiskFull => "no space left on the device of the database, or it takes no more writes",
        ErrorKind::Unavailable => "the database went away",
        ErrorKind::Corrupt => "the database is damaged or not a database",
        ErrorKind::Conflict => "the row exists already",
        ErrorKind::Configuration => "the database refuses this account or name",
        _ => "the database refused the statement",
    }
}

/// SQLSTATE (five characters, PostgreSQL appendix A) or SQLite's extended result code (decimal).
fn kind_of_code(code: &str) -> ErrorKind {
    // SQLite's codes have at most four digits.
    if code.len() == 5 {
        return match code {
            "53100" => ErrorKind::DiskFull,
            "40001" | "40P01" | "55P03" | "57014" | "53200" => ErrorKind::Busy,
            "23505" => ErrorKind::Conflict,
            "XX001" | "XX002" => ErrorKind::Corrupt,
            "3D000" | "42501" => ErrorKind::Configuration,
            _ if code.starts_with("08") || code.starts_with("57P") || code.starts_with("53") => {
                ErrorKind::Unavailable
            }
            _ if code.starts_with("28") => ErrorKind::Configuration,
            _ => ErrorKind::Engine,
        };
    }
    // A write failed (SQLITE_IOERR_WRITE): a quota or a limit is reached, which SQLite does not tell from a full disk.
    if code == "778" {
        return ErrorKind::DiskFull;
    }
    match code.parse::<i64>().map(|number| number & 0xff) {
        Ok(5 | 6) => ErrorKind::Busy,
        Ok(13) => ErrorKind::DiskFull,
        Ok(11 | 26) => ErrorKind::Corrupt,
        Ok(10) => ErrorKind::Unavailable,
        Ok(14) => ErrorKind::Configuration,
        Ok(8) => ErrorKind::Configuration,
        Ok(19) => ErrorKind::Conflict,
        _ => ErrorKind::Engine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_codes_are_sorted() {
        for (code, kind) in [
            ("13", ErrorKind::DiskFull),
            ("778", ErrorKind::DiskFull),
            ("266", ErrorKind::Unavailable),
            ("53100", ErrorKind::DiskFull),
            ("5", ErrorKind::Busy),
            ("517", ErrorKind::Busy),
            ("57P01", ErrorKind::Unavailable),
            ("08006", ErrorKind::Unavailable),
            ("23505", ErrorKind::Conflict),
            ("1555", ErrorKind::Conflict),
            ("11", ErrorKind::Corrupt),
            ("40001", ErrorKind::Busy),
            ("42601", ErrorKind::Engine),
        ] {
            assert_eq!(kind_of_code(code), kind, "{code}");
        }
    }
}
