//! One turn of the linking: what several registrations say and how they are placed, read and written in one commit.
//!
//! While a turn is open no other process writes, so two of them never pass each other: each sees the registrations and
//! the links of the one before. Keep it short, and read what needs no lock before it: SQLite has one writer.

use crate::body::pack;
use crate::db::Tx;
use crate::insert::Insert;
use crate::persons::{Evidence, REGISTERED, Registered, registered, write_link};
use crate::query::{placeholders, sql};
use crate::reviews::{different_from, ordered};
use crate::writes::padded;
use crate::{Store, StoreError};
use access::Relationship;
use model::registration::Registration;
use model::{CompartmentId, PersonId};
use std::collections::{BTreeMap, BTreeSet};

const OPERATION: &str = "link registrations";
/// Most keys or persons looked up at once.
const AT_ONCE: usize = 64;
/// Most registrations taken from under the same keys.
const MOST_ALIKE: usize = 2000;

/// A turn; dropped without [`Turn::commit`], nothing of it happened.
pub struct Turn {
    tx: Tx,
    now: String,
}

impl Store {
    /// Starts a turn.
    pub async fn linking_turn(&self) -> Result<Turn, StoreError> {
        Ok(Turn { tx: self.begin(OPERATION).await?, now: self.now() })
    }
}

impl Turn {
    /// Makes everything of this turn durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await
    }

    async fn bucket(&mut self, compartment: CompartmentId) -> Result<i64, StoreError> {
        let query = sql("SELECT bucket FROM compartment WHERE id = $1").id(compartment.0);
        self.tx.one(query).await?.int(0)
    }

    /// Keeps what a registration says, and the keys under which it is found.
    pub async fn put_registration(
        &mut self,
        compartment: CompartmentId,
        registration: &Registration,
        keys: &BTreeSet<String>,
    ) -> Result<(), StoreError> {
        let body = pack(OPERATION, registration)?;
        let bucket = self.bucket(compartment).await?;
        self.tx
            .execute(
                sql("INSERT INTO registration (bucket, compartment, body) VALUES ($1, $2, $3) \
                     ON CONFLICT (bucket, compartment) DO UPDATE SET body = excluded.body")
                .int(bucket)
                .id(compartment.0)
                .bytes(body),
            )
            .await?;
        let delete = "DELETE FROM registration_key WHERE bucket = $1 AND compartment = $2";
        self.tx.execute(sql(delete).int(bucket).id(compartment.0)).await?;
        let mut rows = Insert::new("INSERT INTO registration_key (lookup, bucket, compartment)", "");
        for key in keys {
            rows.push([key.as_str().into(), bucket.into(), compartment.0.into()]);
        }
        rows.execute(&mut self.tx).await
    }

    /// Forgets what a registration said: its Patient is in no view any more.
    pub async fn forget_registration(&mut self, compartment: CompartmentId) -> Result<(), StoreError> {
        let bucket = self.bucket(compartment).await?;
        for table in ["registration", "registration_key"] {
            let text = format!("DELETE FROM {table} WHERE bucket = $1 AND compartment = $2");
            self.tx.execute(sql(text).int(bucket).id(compartment.0)).await?;
        }
        Ok(())
    }

    /// Replaces the index of who has a reason to see the person of this compartment.
    pub async fn put_relationships(
        &mut self,
        compartment: CompartmentId,
        relationships: &[Relationship],
    ) -> Result<(), StoreError> {
        let bucket = self.bucket(compartment).await?;
        let delete = "DELETE FROM relationship WHERE bucket = $1 AND compartment = $2";
        self.tx.execute(sql(delete).int(bucket).id(compartment.0)).await?;
        for each in relationships {
            let insert = "INSERT INTO relationship (facility, bucket, compartment, from_day, until_day) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (facility, bucket, compartment, from_day) \
                 DO UPDATE SET until_day = excluded.until_day";
            self.tx
                .execute(
                    sql(insert)
                        .text(each.facility.as_str())
                        .int(bucket)
                        .id(compartment.0)
                        .text(&each.from)
                        .text(each.until.as_deref().unwrap_or("9999-12-31")),
                )
                .await?;
        }
        Ok(())
    }

    /// One registration.
    pub async fn registration(
        &mut self,
        compartment: CompartmentId,
    ) -> Result<Option<Registered>, StoreError> {
        let query = sql(format!("{REGISTERED} WHERE c.id = $1")).id(compartment.0);
        self.tx.all(query).await?.first().map(registered).transpose()
    }

    /// Registrations found under any of the keys: demographics, shown to nobody.
    pub async fn registered_under(&mut self, keys: &BTreeSet<String>) -> Result<Vec<Registered>, StoreError> {
        let mut found = BTreeMap::new();
        let keys: Vec<&String> = keys.iter().collect();
        for some in keys.chunks(AT_ONCE) {
            let text = format!(
                "{REGISTERED} JOIN registration_key k ON k.bucket = r.bucket AND k.compartment = r.compartment \
                 WHERE k.lookup IN ({}) LIMIT {MOST_ALIKE}",
                placeholders(1, some.len())
            );
            let query = some.iter().fold(sql(text), |query, key| query.text(key.as_str()));
            for row in self.tx.all(query).await? {
                let each = registered(&row)?;
                found.insert(each.compartment, each);
            }
        }
        Ok(found.into_values().collect())
    }

    /// The registrations linked to these persons.
    pub async fn registrations_of(
        &mut self,
        persons: &BTreeSet<PersonId>,
    ) -> Result<BTreeMap<PersonId, Vec<Registered>>, StoreError> {
        let mut found: BTreeMap<PersonId, Vec<Registered>> = BTreeMap::new();
        let persons: Vec<PersonId> = persons.iter().copied().collect();
        for some in persons.chunks(AT_ONCE) {
            let some = padded(some);
            let list = placeholders(1, some.len());
            let text = format!("{REGISTERED} WHERE c.person IN ({list}) ORDER BY c.facility, c.id");
            for row in self.tx.all(sql(text).ids(some.into_iter().map(|id| id.0))).await? {
                let each = registered(&row)?;
                found.entry(each.person).or_default().push(each);
            }
        }
        Ok(found)
    }

    /// Compartments of which a human has said that they are somebody else than this one.
    pub async fn different_from(
        &mut self,
        compartment: CompartmentId,
    ) -> Result<BTreeSet<CompartmentId>, StoreError> {
        Ok(different_from(&mut self.tx, compartment).await?.into_iter().collect())
    }

    /// Puts a pair on the list for a human, once.
    pub async fn add_review(
        &mut self,
        a: CompartmentId,
        b: CompartmentId,
        score: i64,
        why: &str,
    ) -> Result<(), StoreError> {
        let (a, b) = ordered(a, b);
        let insert = "INSERT INTO review (compartment_a, compartment_b, score, why, state, decided_by, decided_at, reason, created_at) \
             VALUES ($1, $2, $3, $4, 'open', '', '', '', $5) ON CONFLICT (compartment_a, compartment_b) DO NOTHING";
        self.tx.execute(sql(insert).id(a.0).id(b.0).int(score).text(why).text(self.now.clone())).await?;
        Ok(())
    }

    /// Links a compartment to a person. Nothing happens if it is linked so already.
    pub async fn link(
        &mut self,
        compartment: CompartmentId,
        person: PersonId,
        evidence: &Evidence<'_>,
    ) -> Result<(), StoreError> {
        let query = sql("SELECT bucket, person, inbox FROM compartment WHERE id = $1").id(compartment.0);
        let row = self.tx.one(query).await?;
        let (bucket, before, inbox) = (row.int(0)?, PersonId(row.id(1)?), row.flag(2)?);
        let assigned = inbox && evidence.rule == "human";
        if before == person && !assigned {
            return Ok(());
        }
        write_link(&mut self.tx, bucket, compartment, person, evidence, &self.now).await?;
        let clear = if assigned || evidence.rule == "assigned" { 0 } else { i64::from(inbox) };
        let update = "UPDATE compartment SET person = $1, inbox = $2 WHERE bucket = $3 AND id = $4";
        self.tx.execute(sql(update).id(person.0).int(clear).int(bucket).id(compartment.0)).await?;
        for each in [before, person] {
            let epoch = "UPDATE person SET consent_epoch = consent_epoch + 1 WHERE id = $1";
            self.tx.execute(sql(epoch).id(each.0)).await?;
        }
        Ok(())
    }

    /// True if a human has linked or un-linked it: no rule moves it any more.
    pub async fn placed_by_human(&mut self, compartment: CompartmentId) -> Result<bool, StoreError> {
        let text =
            "SELECT 1 FROM compartment_link WHERE compartment = $1 AND rule IN ('human', 'unlinked') LIMIT 1";
        Ok(self.tx.optional(sql(text).id(compartment.0)).await?.is_some())
    }

    /// Takes a compartment off the list of what is due, unless it changed again after `count` was read.
    pub async fn registered(&mut self, compartment: CompartmentId, count: i64) -> Result<(), StoreError> {
        let update = "UPDATE compartment SET registration_due = 0 WHERE id = $1 AND registration_due = $2";
        self.tx.execute(sql(update).id(compartment.0).int(count)).await?;
        Ok(())
    }
}
