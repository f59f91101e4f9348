//! Look-alikes: pairs of registrations for a human to decide, and what was decided.

use crate::query::{Row, sql};
use crate::{Store, StoreError, Tx};
use model::{CompartmentId, FacilityId};

/// What a human said of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// 同一
    Same,
    /// 別人: remembered, never asked again.
    Different,
    /// 保留
    Later,
}

impl Verdict {
    /// The word in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Different => "different",
            Self::Later => "later",
        }
    }
    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Same, Self::Different, Self::Later].into_iter().find(|each| each.word() == word)
    }
}

/// One pair.
#[derive(Debug, Clone)]
pub struct Review {
    /// The one with the smaller id.
    pub a: CompartmentId,
    /// The other.
    pub b: CompartmentId,
    /// How alike, 0 to 1000.
    pub score: i64,
    /// In words, without personal data.
    pub why: String,
    /// `open` or a verdict's word.
    pub state: String,
    /// Who decided.
    pub decided_by: String,
    /// Why they decided so.
    pub reason: String,
    /// When it was found, RFC 3339.
    pub created_at: String,
}

const COLUMNS: &str =
    "SELECT compartment_a, compartment_b, score, why, state, decided_by, reason, created_at FROM review";

const PAIR: &str =
    "v.compartment_a, v.compartment_b, v.score, v.why, v.state, v.decided_by, v.reason, v.created_at";

const PAIRS: &str = "FROM review v JOIN compartment ca ON ca.id = v.compartment_a \
     JOIN compartment cb ON cb.id = v.compartment_b";

/// Two parameters, both the facility; empty = every facility.
const OF_FACILITY: &str = "($1 = '' OR ca.facility = $2 OR cb.facility = $2)";

const WAITING: &str = "FROM review v JOIN compartment ca ON ca.id = v.compartment_a \
     JOIN compartment cb ON cb.id = v.compartment_b \
     JOIN registration ra ON ra.bucket = ca.bucket AND ra.compartment = ca.id \
     JOIN registration rb ON rb.bucket = cb.bucket AND rb.compartment = cb.id \
     WHERE v.state IN ('open', 'later') AND ca.person <> cb.person \
     AND ($1 = '' OR ca.facility = $2 OR cb.facility = $2)";

fn review(row: &Row) -> Result<Review, StoreError> {
    Ok(Review {
        a: CompartmentId(row.id(0)?),
        b: CompartmentId(row.id(1)?),
        score: row.int(2)?,
        why: row.text(3)?,
        state: row.text(4)?,
        decided_by: row.text(5)?,
        reason: row.text(6)?,
        created_at: row.text(7)?,
    })
}

pub(crate) fn ordered(a: CompartmentId, b: CompartmentId) -> (CompartmentId, CompartmentId) {
    if a <= b { (a, b) } else { (b, a) }
}

impl Store {
    /// Pairs that wait for a human: both registrations are there and belong to two persons. Most alike first, those
    /// set aside last; of one facility if it is named.
    pub async fn pairs_waiting(
        &self,
        facility: Option<&FacilityId>,
        most: i64,
    ) -> Result<Vec<Review>, StoreError> {
        let text = format!(
            "SELECT {PAIR} {WAITING} ORDER BY v.state DESC, v.score DESC, v.created_at, v.compartment_a LIMIT $3"
        );
        let named = facility.map(FacilityId::as_str).unwrap_or_default();
        let query = sql(text).text(named).text(named).int(most);
        self.rows("list pairs to review", query).await?.iter().map(review).collect()
    }

    /// How many pairs wait for a human.
    pub async fn reviews_waiting(&self, facility: Option<&FacilityId>) -> Result<i64, StoreError> {
        let named = facility.map(FacilityId::as_str).unwrap_or_default();
        let query = sql(format!("SELECT COUNT(*) {WAITING}")).text(named).text(named);
        self.rows("count pairs to review", query).await?.first().map_or(Ok(0), |row| row.int(0))
    }

    /// Pairs a human has decided on, the latest first; of one facility if it is named.
    pub async fn pairs_decided(
        &self,
        facility: Option<&FacilityId>,
        most: i64,
    ) -> Result<Vec<Review>, StoreError> {
        let text = format!(
            "SELECT {PAIR} {PAIRS} WHERE v.state IN ('same', 'different') AND {OF_FACILITY} \
             ORDER BY v.decided_at DESC, v.compartment_a LIMIT $3"
        );
        let named = facility.map(FacilityId::as_str).unwrap_or_default();
        let query = sql(text).text(named).text(named).int(most);
        self.rows("list decided pairs", query).await?.iter().map(review).collect()
    }

    /// Puts a decided pair back on the list.
    pub async fn reopen_review(&self, a: CompartmentId, b: CompartmentId) -> Result<(), StoreError> {
        let (a, b) = ordered(a, b);
        let text = "UPDATE review SET state = 'open', decided_by = '', decided_at = '', reason = '' \
                    WHERE compartment_a = $1 AND compartment_b = $2";
        self.run("put a pair back", sql(text).id(a.0).id(b.0)).await?;
        Ok(())
    }

    /// The open pairs, most alike first; those set aside come last.
    pub async fn reviews(&self, most: i64) -> Result<Vec<Review>, StoreError> {
        let query = sql(format!(
            "{COLUMNS} WHERE state IN ('open', 'later') ORDER BY state DESC, score DESC, compartment_a LIMIT $1"
        ));
        self.rows("list pairs to review", query.int(most)).await?.iter().map(review).collect()
    }

    /// One pair.
    pub async fn review(&self, a: CompartmentId, b: CompartmentId) -> Result<Option<Review>, StoreError> {
        let (a, b) = ordered(a, b);
        let query = sql(format!("{COLUMNS} WHERE compartment_a = $1 AND compartment_b = $2")).id(a.0).id(b.0);
        self.rows("find a pair", query).await?.first().map(review).transpose()
    }

    /// The registrations a human has said are somebody else than this one.
    pub async fn different_from(&self, compartment: CompartmentId) -> Result<Vec<CompartmentId>, StoreError> {
        let mut tx = self.snapshot("find decided pairs").await?;
        let found = different_from(&mut tx, compartment).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// Keeps what a human said of a pair.
    pub async fn decide_review(
        &self,
        a: CompartmentId,
        b: CompartmentId,
        verdict: Verdict,
        by: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        let (a, b) = ordered(a, b);
        self.run(
            "decide a pair",
            sql("UPDATE review SET state = $1, decided_by = $2, decided_at = $3, reason = $4 \
                 WHERE compartment_a = $5 AND compartment_b = $6")
            .text(verdict.word())
            .text(by)
            .text(self.now())
            .text(reason)
            .id(a.0)
            .id(b.0),
        )
        .await?;
        Ok(())
    }
}

/// The registrations a human has said are somebody else than this one.
pub(crate) async fn different_from(
    tx: &mut Tx,
    compartment: CompartmentId,
) -> Result<Vec<CompartmentId>, StoreError> {
    let text = "SELECT compartment_a, compartment_b FROM review \
         WHERE state = 'different' AND (compartment_a = $1 OR compartment_b = $2)";
    let other = |row: &Row| {
        let (a, b) = (CompartmentId(row.id(0)?), CompartmentId(row.id(1)?));
        Ok(if a == compartment { b } else { a })
    };
    tx.all(sql(text).id(compartment.0).id(compartment.0)).await?.iter().map(other).collect()
}
