//! What operators say a source's own codes mean: kept for ever, ended instead of changed.
//!
//! Not here: what a mapping does to a record, whether a target is a code at all (the hub).

use crate::audit::AuditEntry;
use crate::error::ErrorKind;
use crate::query::{Row, sql};
use crate::{Store, StoreError, Tx};

const OPERATION: &str = "change the mapping tables";

/// A mapping to be made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NewMapping {
    /// Of which facility; empty = of every one.
    pub facility: String,
    /// `laboratory` or `medication`.
    pub kind: String,
    /// System of the source's code.
    pub system: String,
    /// The source's code.
    pub code: String,
    /// `JLAC10`, `YJ` or `HOT9`.
    pub target_system: String,
    /// The code there.
    pub target_code: String,
    /// What the target is called, or empty.
    pub display: String,
}

impl NewMapping {
    /// What only one mapping may speak of at a time: facility, kind, system, code, target system.
    pub fn key(&self) -> [&str; 5] {
        [&self.facility, &self.kind, &self.system, &self.code, &self.target_system]
    }
}

/// A mapping as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeMapping {
    /// Its number; numbers are given in the order of making.
    pub id: i64,
    /// What it says.
    pub said: NewMapping,
    /// Who made it.
    pub made_by: String,
    /// When: RFC 3339, UTC.
    pub made_at: String,
    /// Who ended it, or empty.
    pub ended_by: String,
    /// When it was ended, or empty.
    pub ended_at: String,
}

impl CodeMapping {
    /// True until it is ended.
    pub fn holds(&self) -> bool {
        self.ended_at.is_empty()
    }
}

const ALL: &str = "SELECT id, facility, kind, system, code, target_system, target_code, display, made_by, made_at, \
     ended_by, ended_at FROM code_mapping ORDER BY id";

fn mapping(row: &Row) -> Result<CodeMapping, StoreError> {
    Ok(CodeMapping {
        id: row.int(0)?,
        said: NewMapping {
            facility: row.text(1)?,
            kind: row.text(2)?,
            system: row.text(3)?,
            code: row.text(4)?,
            target_system: row.text(5)?,
            target_code: row.text(6)?,
            display: row.text(7)?,
        },
        made_by: row.text(8)?,
        made_at: row.text(9)?,
        ended_by: row.text(10)?,
        ended_at: row.text(11)?,
    })
}

async fn version(tx: &mut Tx) -> Result<i64, StoreError> {
    let row = tx.optional(sql("SELECT version FROM code_mapping_head WHERE id = 1")).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

impl Store {
    /// Moves with every change of the mappings.
    pub async fn mapping_version(&self) -> Result<i64, StoreError> {
        let mut tx = self.snapshot("look whether mappings changed").await?;
        let version = version(&mut tx).await?;
        tx.commit().await?;
        Ok(version)
    }

    /// Every mapping there is or was, in the order of making, and the version they are of.
    pub async fn mappings(&self) -> Result<(i64, Vec<CodeMapping>), StoreError> {
        let mut tx = self.snapshot("read the mapping tables").await?;
        let version = version(&mut tx).await?;
        let all = tx.all(sql(ALL)).await?.iter().map(mapping).collect::<Result<_, _>>()?;
        tx.commit().await?;
        Ok((version, all))
    }

    /// Ends and makes mappings, all or none, together with the entry of the audit. `Conflict` if the tables are not those
    /// of `seen` any more, or if two would speak of one code.
    pub async fn change_mappings(
        &self,
        seen: i64,
        make: &[NewMapping],
        end: &[i64],
        by: &str,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin(OPERATION).await?;
        let conflict = |what: &str| StoreError::new(ErrorKind::Conflict, OPERATION, what);
        if version(&mut tx).await? != seen {
            return Err(conflict("they were changed meanwhile"));
        }
        for id in end {
            let text = "UPDATE code_mapping SET ended_by = $1, ended_at = $2 WHERE id = $3 AND ended_at = ''";
            if tx.execute(sql(text).text(by).text(now.as_str()).int(*id)).await? != 1 {
                return Err(conflict("a mapping is ended already"));
            }
        }
        let last = "SELECT CAST(COALESCE(MAX(id), 0) AS BIGINT) FROM code_mapping";
        let first = tx.one(sql(last)).await?.int(0)? + 1;
        for (each, id) in make.iter().zip(first..) {
            let query = sql("INSERT INTO code_mapping (id, facility, kind, system, code, target_system, target_code, \
                 display, made_by, made_at, ended_by, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '')")
            .int(id);
            let query = each.key().into_iter().fold(query, |query, text| query.text(text));
            let query = query.text(each.target_code.as_str()).text(each.display.as_str());
            tx.execute(query.text(by).text(now.as_str())).await?;
        }
        let twice = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM code_mapping WHERE ended_at = '' \
             GROUP BY facility, kind, system, code, target_system HAVING COUNT(*) > 1) AS twice";
        if tx.one(sql(twice)).await?.int(0)? > 0 {
            return Err(conflict("two mappings would speak of one code"));
        }
        let moved = "INSERT INTO code_mapping_head (id, version) VALUES (1, 1) \
             ON CONFLICT (id) DO UPDATE SET version = code_mapping_head.version + 1";
        tx.execute(sql(moved)).await?;
        self.audit_in(&mut tx, entry).await?;
        tx.commit().await
    }
}
