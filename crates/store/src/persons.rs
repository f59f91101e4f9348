//! Persons: which compartments are linked to whom, what their registrations say, and finding them.
//!
//! A compartment always belongs to exactly one person. Linking, un-linking and assigning write a new row of the link's
//! history and never touch a record; both persons' consent epochs move, so that whoever looks decides again.

use crate::body::unpack;
use crate::query::{Row, sql};
use crate::{Store, StoreError, Tx};
use access::SearchPermit;
use model::regional_id::RegionalId;
use model::registration::Registration;
use model::{CompartmentId, FacilityId, PersonId};

/// One registration of a person.
#[derive(Debug, Clone)]
pub struct Registered {
    /// Whose records these are.
    pub compartment: CompartmentId,
    /// Where the bucket of the compartment is.
    pub bucket: i64,
    /// The person it is linked to now.
    pub person: PersonId,
    /// Facility of the registration.
    pub facility: FacilityId,
    /// A human must still say whose it is.
    pub inbox: bool,
    /// What it says of the person.
    pub registration: Registration,
}

/// What a registration must have to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchWord {
    /// The key, or its beginning.
    pub text: String,
    /// True if it is the whole key.
    pub whole: bool,
}

impl SearchWord {
    /// The condition on a row of `registration_key` under this alias, its parameters from `$first` on.
    fn condition(&self, alias: &str, first: usize) -> String {
        if self.whole {
            return format!("{alias}.lookup = ${first}");
        }
        format!("{alias}.lookup >= ${first} AND {alias}.lookup < ${}", first + 1)
    }

    fn values(&self) -> Vec<String> {
        let mut values = vec![self.text.clone()];
        if !self.whole {
            // Keys are compared byte by byte; no letter sorts after this one.
            values.push(format!("{}\u{10ffff}", self.text));
        }
        values
    }
}

/// How a link was made.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// `new`, the name of a rule, `human`, `unlinked`.
    pub rule: &'a str,
    /// In words, without personal data.
    pub why: &'a str,
    /// Who: `linkage`, or a login.
    pub by: &'a str,
}

/// One row of the history of a compartment's links.
#[derive(Debug, Clone)]
pub struct Link {
    /// To whom.
    pub person: PersonId,
    /// By which rule.
    pub rule: String,
    /// In words.
    pub why: String,
    /// By whom.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
}

pub(crate) const REGISTERED: &str = "SELECT c.bucket, c.id, c.person, c.facility, c.inbox, r.body FROM registration r \
     JOIN compartment c ON c.bucket = r.bucket AND c.id = r.compartment";

pub(crate) fn registered(row: &Row) -> Result<Registered, StoreError> {
    Ok(Registered {
        bucket: row.int(0)?,
        compartment: CompartmentId(row.id(1)?),
        person: PersonId(row.id(2)?),
        facility: row.word(3)?,
        inbox: row.flag(4)?,
        registration: unpack("read a registration", &row.bytes(5)?)?,
    })
}

impl Store {
    /// The registrations linked to a person.
    pub async fn registrations_of(&self, person: PersonId) -> Result<Vec<Registered>, StoreError> {
        let query = sql(format!("{REGISTERED} WHERE c.person = $1 ORDER BY c.facility, c.id")).id(person.0);
        self.rows("find a person's registrations", query).await?.iter().map(registered).collect()
    }

    /// One registration.
    pub async fn registration(&self, compartment: CompartmentId) -> Result<Option<Registered>, StoreError> {
        let query = sql(format!("{REGISTERED} WHERE c.id = $1")).id(compartment.0);
        self.rows("find a registration", query).await?.first().map(registered).transpose()
    }

    /// Registrations that a human must assign, oldest first.
    pub async fn inbox(&self, most: i64) -> Result<Vec<Registered>, StoreError> {
        let query = sql(format!("{REGISTERED} WHERE c.inbox = 1 ORDER BY c.created_at LIMIT $1")).int(most);
        self.rows("list the inbox", query).await?.iter().map(registered).collect()
    }

    /// Persons of whom one registration is found by all of the words, with all their registrations; `None` if there are
    /// more than `most`. For a person search, whose permit it takes. Demographics only.
    pub async fn search_persons(
        &self,
        _permit: &SearchPermit,
        words: &[SearchWord],
        most: usize,
    ) -> Result<Option<Vec<Registered>>, StoreError> {
        // The word that few registrations have leads: a whole number or date, else the longest beginning.
        let rank = |word: &&SearchWord| (!word.whole, std::cmp::Reverse(word.text.len()));
        let Some(first) = words.iter().min_by_key(rank) else { return Ok(Some(Vec::new())) };
        let (mut text, mut values) = (first.condition("k", 1), first.values());
        for word in words.iter().filter(|word| *word != first) {
            text.push_str(&format!(
                " AND EXISTS (SELECT 1 FROM registration_key o WHERE o.bucket = k.bucket \
                 AND o.compartment = k.compartment AND {})",
                word.condition("o", values.len() + 1)
            ));
            values.extend(word.values());
        }
        let text = format!(
            "SELECT DISTINCT c.person FROM registration_key k \
             JOIN compartment c ON c.bucket = k.bucket AND c.id = k.compartment \
             WHERE {text} AND c.inbox = 0 LIMIT {}",
            most + 1
        );
        let query = values.into_iter().fold(sql(text), |query, value| query.text(value));
        let mut tx = self.snapshot("search persons").await?;
        let persons = tx.all(query).await?;
        let mut found = Vec::new();
        if persons.len() <= most {
            for person in &persons {
                let text = format!("{REGISTERED} WHERE c.person = $1 ORDER BY c.facility, c.id");
                for row in tx.all(sql(text).id(person.id(0)?)).await? {
                    found.push(registered(&row)?);
                }
            }
        }
        tx.commit().await?;
        Ok((persons.len() <= most).then_some(found))
    }

    /// Persons with a number, with all their registrations; for a person search, whose permit it takes.
    pub async fn persons_numbered(
        &self,
        _permit: &SearchPermit,
        number: RegionalId,
    ) -> Result<Vec<Registered>, StoreError> {
        let (from, to) = number.range();
        let text = format!(
            "{REGISTERED} WHERE c.person >= $1 AND c.person <= $2 AND c.inbox = 0 ORDER BY c.facility, c.id"
        );
        let query = sql(text).id(from).id(to);
        self.rows("find persons by number", query).await?.iter().map(registered).collect()
    }

    /// Registrations at the viewer's own facility under a whole key.
    pub async fn registered_at(
        &self,
        permit: &SearchPermit,
        key: &str,
        most: usize,
    ) -> Result<Vec<Registered>, StoreError> {
        let text = format!(
            "{REGISTERED} JOIN registration_key k ON k.bucket = r.bucket AND k.compartment = r.compartment \
             WHERE k.lookup = $1 AND c.facility = $2 AND c.inbox = 0 ORDER BY c.id LIMIT {most}"
        );
        let query = sql(text).text(key).text(permit.viewer().facility.as_str());
        self.rows("find registrations of a facility", query).await?.iter().map(registered).collect()
    }

    /// Links a compartment to a person. Nothing happens if it is linked so already.
    pub async fn link(
        &self,
        compartment: CompartmentId,
        person: PersonId,
        evidence: &Evidence<'_>,
    ) -> Result<(), StoreError> {
        let mut turn = self.linking_turn().await?;
        turn.link(compartment, person, evidence).await?;
        turn.commit().await
    }

    /// Gives a compartment a person of its own again; returns that person.
    pub async fn unlink(
        &self,
        compartment: CompartmentId,
        fresh: PersonId,
        evidence: &Evidence<'_>,
    ) -> Result<PersonId, StoreError> {
        let mut tx = self.begin("unlink a registration").await?;
        let row =
            tx.one(sql("SELECT bucket, person FROM compartment WHERE id = $1").id(compartment.0)).await?;
        let (bucket, before) = (row.int(0)?, PersonId(row.id(1)?));
        let insert = "INSERT INTO person (bucket, id, consent_epoch, created_at) VALUES ($1, $2, 1, $3)";
        tx.execute(sql(insert).int(bucket).id(fresh.0).text(self.now())).await?;
        write_link(&mut tx, bucket, compartment, fresh, evidence, &self.now()).await?;
        let update = "UPDATE compartment SET person = $1 WHERE bucket = $2 AND id = $3";
        tx.execute(sql(update).id(fresh.0).int(bucket).id(compartment.0)).await?;
        tx.execute(sql("UPDATE person SET consent_epoch = consent_epoch + 1 WHERE id = $1").id(before.0))
            .await?;
        tx.commit().await?;
        Ok(fresh)
    }

    /// Puts a compartment that was assigned back into the inbox, with a person of its own.
    pub async fn return_to_inbox(
        &self,
        compartment: CompartmentId,
        fresh: PersonId,
        evidence: &Evidence<'_>,
    ) -> Result<(), StoreError> {
        self.unlink(compartment, fresh, evidence).await?;
        let update = sql("UPDATE compartment SET inbox = 1 WHERE id = $1").id(compartment.0);
        self.run("put back into the inbox", update).await?;
        Ok(())
    }

    /// Every compartment of a person, also those without a registration.
    pub async fn compartments_of(&self, person: PersonId) -> Result<Vec<CompartmentId>, StoreError> {
        let query = sql("SELECT id FROM compartment WHERE person = $1 ORDER BY id").id(person.0);
        let rows = self.rows("find a person's compartments", query).await?;
        rows.iter().map(|row| row.id(0).map(CompartmentId)).collect()
    }

    /// The person a compartment is linked to.
    pub async fn person_of(&self, compartment: CompartmentId) -> Result<Option<PersonId>, StoreError> {
        let query = sql("SELECT person FROM compartment WHERE id = $1").id(compartment.0);
        let rows = self.rows("find a compartment's person", query).await?;
        rows.first().map(|row| row.id(0).map(PersonId)).transpose()
    }

    /// The facility of a compartment.
    pub async fn facility_of(&self, compartment: CompartmentId) -> Result<Option<FacilityId>, StoreError> {
        let query = sql("SELECT facility FROM compartment WHERE id = $1").id(compartment.0);
        self.rows("find a compartment's facility", query).await?.first().map(|row| row.word(0)).transpose()
    }

    /// Since when there is a person, RFC 3339; `None` if there is none.
    pub async fn person_since(&self, person: PersonId) -> Result<Option<String>, StoreError> {
        let query = sql("SELECT created_at FROM person WHERE id = $1").id(person.0);
        self.rows("find a person", query).await?.first().map(|row| row.text(0)).transpose()
    }

    /// How a compartment came to its person: every link, oldest first.
    pub async fn links(&self, compartment: CompartmentId) -> Result<Vec<Link>, StoreError> {
        let query = sql(
            "SELECT person, rule, evidence, made_by, made_at FROM compartment_link WHERE compartment = $1 ORDER BY number",
        );
        let link = |row: &Row| {
            Ok(Link {
                person: PersonId(row.id(0)?),
                rule: row.text(1)?,
                why: row.text(2)?,
                by: row.text(3)?,
                at: row.text(4)?,
            })
        };
        self.rows("list links", query.id(compartment.0)).await?.iter().map(link).collect()
    }
}

/// Writes one more row of the history of a compartment's links.
pub(crate) async fn write_link(
    tx: &mut Tx,
    bucket: i64,
    compartment: CompartmentId,
    person: PersonId,
    evidence: &Evidence<'_>,
    now: &str,
) -> Result<(), StoreError> {
    let next = "SELECT CAST(COALESCE(MAX(number), 0) + 1 AS BIGINT) FROM compartment_link WHERE bucket = $1 AND compartment = $2";
    let number = tx.one(sql(next).int(bucket).id(compartment.0)).await?.int(0)?;
    tx.execute(
        sql("INSERT INTO compartment_link (bucket, compartment, number, person, rule, evidence, made_by, made_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .int(bucket)
        .id(compartment.0)
        .int(number)
        .id(person.0)
        .text(evidence.rule)
        .text(evidence.why)
        .text(evidence.by)
        .text(now),
    )
    .await?;
    Ok(())
}
