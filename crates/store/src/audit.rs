//! Who did what, when, about whom: insert-only, a chain of hashes per bucket.
//!
//! Entries that wait at the same time are committed together, by one task that goes ahead of filing. An
//! entry is durable when [`Store::audit`] returns. For a disclosure the task also checks, in the same
//! transaction, that consent has not moved since the permit was made.

use crate::Store;
use crate::commit::content_bucket;
use crate::db::{Database, Tx};
use crate::error::{ErrorKind, StoreError};
use crate::insert::Insert;
use crate::query::{Row, placeholders, sql};
use crate::writes::padded;
use access::{JobPermit, Permit};
use model::PersonId;
use model::clock::SharedClock;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

const OPERATION: &str = "write the audit";
/// Entries committed together at most.
const GROUP: usize = 128;

/// One thing that was done.
#[derive(Clone, Default)]
pub struct AuditEntry {
    /// What: `disclosure`, `search`, `login`, `refusal`, `export`, `withdrawal`…
    pub event: String,
    /// `done`, `refused`, `failed`.
    pub outcome: String,
    /// Account id of who did it, or the name of a job.
    pub actor: String,
    /// Their name, or who started the job.
    pub actor_name: String,
    /// Their profession at the time, or empty.
    pub profession: String,
    /// The facility they acted for, or empty.
    pub facility: String,
    /// What for, or empty.
    pub purpose: String,
    /// About whom, if about one person.
    pub person: Option<PersonId>,
    /// About which thing: `chart`, `record/<id>`, `delivery/<id>`.
    pub subject: String,
    /// Anything else worth knowing; reasons given.
    pub detail: String,
}

impl AuditEntry {
    /// A disclosure of something to the permit's viewer.
    pub fn disclosure(permit: &Permit, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        let viewer = permit.viewer();
        Self {
            event: "disclosure".into(),
            outcome: "done".into(),
            actor: viewer.staff.to_string(),
            actor_name: viewer.name.clone(),
            profession: viewer.profession.word().into(),
            facility: viewer.facility.to_string(),
            purpose: permit.purpose().word().into(),
            person: Some(permit.person()),
            subject: subject.into(),
            detail: detail.into(),
        }
    }

    /// Something a job did.
    pub fn job(
        permit: &JobPermit,
        event: &str,
        subject: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            event: event.into(),
            outcome: "done".into(),
            actor: permit.job().word().into(),
            actor_name: permit.by().into(),
            subject: subject.into(),
            detail: detail.into(),
            ..Self::default()
        }
    }
}

/// An entry as stored.
#[derive(Clone)]
pub struct AuditEvent {
    /// Which chain.
    pub bucket: i64,
    /// Place in the chain, from 1.
    pub seq: i64,
    /// When: RFC 3339, UTC.
    pub at: String,
    /// What.
    pub entry: AuditEntry,
}

/// Which entries to list; empty = all. Newest first.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// About this person.
    pub person: Option<PersonId>,
    /// By this account or job.
    pub actor: String,
    /// Of this kind.
    pub event: String,
    /// Not before this time (RFC 3339, UTC).
    pub from: String,
    /// Before this time.
    pub until: String,
    /// At most so many; 0 = 1000.
    pub limit: u32,
}

/// A place where a chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditBreak {
    /// Which chain.
    pub bucket: i64,
    /// Where.
    pub seq: i64,
    /// What is wrong.
    pub what: &'static str,
}

/// What checking the chains found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditReport {
    /// Entries checked.
    pub events: u64,
    /// Chains checked.
    pub chains: u64,
    /// Where they do not hold.
    pub breaks: Vec<AuditBreak>,
}

struct Request {
    entry: AuditEntry,
    /// The state of consent the entry rests on.
    epoch: Option<i64>,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

/// Where entries are handed in.
pub(crate) struct Desk {
    requests: mpsc::Sender<Request>,
}

impl Desk {
    pub(crate) fn open(database: Arc<Database>, clock: SharedClock) -> Self {
        let (requests, mut waiting) = mpsc::channel::<Request>(1024);
        tokio::spawn(async move {
            while let Some(first) = waiting.recv().await {
                let mut group = vec![first];
                while group.len() < GROUP
                    && let Ok(next) = waiting.try_recv()
                {
                    group.push(next);
                }
                commit_group(&database, &clock, group).await;
            }
        });
        Self { requests }
    }

    async fn hand_in(&self, entry: AuditEntry, epoch: Option<i64>) -> Result<(), StoreError> {
        let closed = || StoreError::new(ErrorKind::Unavailable, OPERATION, "the audit is closed");
        let (answer, receipt) = oneshot::channel();
        self.requests.send(Request { entry, epoch, answer }).await.map_err(|_| closed())?;
        receipt.await.map_err(|_| closed())?
    }
}

impl Store {
    /// Writes an entry; durable when this returns.
    pub async fn audit(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.inner.audit.hand_in(entry, None).await
    }

    /// Writes an entry as part of a transaction: both happen or neither.
    pub async fn audit_in(&self, tx: &mut Tx, entry: &AuditEntry) -> Result<(), StoreError> {
        let people = people(tx, entry.person.into_iter()).await?;
        let bucket = people.into_values().next().map_or_else(|| own_bucket(entry), |(bucket, _)| bucket);
        append(tx, &self.now(), BTreeMap::from([(bucket, vec![entry])])).await
    }

    /// Writes a disclosure, if consent is still as it was when the permit was made.
    pub(crate) async fn disclose(
        &self,
        permit: &Permit,
        subject: String,
        detail: String,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry::disclosure(permit, subject, detail);
        self.inner.audit.hand_in(entry, Some(permit.consent_epoch())).await
    }

    /// Lists entries.
    pub async fn audit_events(&self, filter: &AuditFilter) -> Result<Vec<AuditEvent>, StoreError> {
        let mut text = format!("SELECT {COLUMNS} FROM audit_event WHERE 1 = 1");
        let mut query = sql("");
        let mut number = 0;
        let mut wish = |condition: &str| {
            number += 1;
            text.push_str(&format!(" AND {condition} ${number}"));
        };
        if let Some(person) = filter.person {
            wish("person =");
            query = query.id(person.0);
        }
        for (condition, value) in [
            ("actor =", &filter.actor),
            ("event =", &filter.event),
            ("at >=", &filter.from),
            ("at <", &filter.until),
        ] {
            if !value.is_empty() {
                wish(condition);
                query = query.text(value);
            }
        }
        let limit = if filter.limit == 0 { 1000 } else { filter.limit };
        text.push_str(&format!(" ORDER BY at DESC, bucket, seq DESC LIMIT {limit}"));
        query.sql = text.into();
        let mut tx = self.snapshot("read the audit").await?;
        let rows = tx.all(query).await?;
        tx.commit().await?;
        rows.iter().map(event).collect()
    }

    /// Checks every chain from its beginning.
    pub async fn audit_verify(&self) -> Result<AuditReport, StoreError> {
        let mut tx = self.snapshot("check the audit").await?;
        let mut report = AuditReport::default();
        let heads = tx.all(sql("SELECT bucket, seq, hash FROM audit_head ORDER BY bucket")).await?;
        let mut known = HashMap::new();
        for row in heads {
            known.insert(row.int(0)?, (row.int(1)?, row.bytes(2)?));
        }
        let buckets = tx.all(sql("SELECT DISTINCT bucket FROM audit_event ORDER BY bucket")).await?;
        for row in buckets {
            let bucket = row.int(0)?;
            let (mut seq, mut previous) = (0, vec![0; 32]);
            loop {
                let text = format!(
                    "SELECT {COLUMNS}, previous, hash FROM audit_event WHERE bucket = $1 AND seq > $2 \
                     ORDER BY seq LIMIT 1000"
                );
                let rows = tx.all(sql(text).int(bucket).int(seq)).await?;
                let Some(_) = rows.last() else { break };
                for row in rows {
                    let (found, stored_previous, hash) = (event(&row)?, row.bytes(13)?, row.bytes(14)?);
                    let what = if found.seq != seq + 1 {
                        Some("an entry is missing before it")
                    } else if stored_previous != previous {
                        Some("it does not follow the entry before")
                    } else if hash != chained(&found, &previous) {
                        Some("it was changed")
                    } else {
                        None
                    };
                    report.breaks.extend(what.map(|what| AuditBreak { bucket, seq: found.seq, what }));
                    report.events += 1;
                    (seq, previous) = (found.seq, hash);
                }
            }
            report.chains += 1;
            if known.remove(&bucket) != Some((seq, previous)) {
                report.breaks.push(AuditBreak { bucket, seq, what: "the end of the chain is missing" });
            }
        }
        let lost = known.into_iter().filter(|(_, (seq, _))| *seq > 0);
        report.breaks.extend(lost.map(|(bucket, (seq, _))| AuditBreak {
            bucket,
            seq,
            what: "the whole chain is missing",
        }));
        tx.commit().await?;
        Ok(report)
    }
}

const COLUMNS: &str = "bucket, seq, at, event, outcome, actor, actor_name, profession, facility, purpose, \
                       person, subject, detail";

fn event(row: &Row) -> Result<AuditEvent, StoreError> {
    let person = row.bytes(10)?;
    Ok(AuditEvent {
        bucket: row.int(0)?,
        seq: row.int(1)?,
        at: row.text(2)?,
        entry: AuditEntry {
            event: row.text(3)?,
            outcome: row.text(4)?,
            actor: row.text(5)?,
            actor_name: row.text(6)?,
            profession: row.text(7)?,
            facility: row.text(8)?,
            purpose: row.text(9)?,
            person: PersonId::from_bytes(&person),
            subject: row.text(11)?,
            detail: row.text(12)?,
        },
    })
}

/// SHA-256 over every column, each with its length, and the hash before.
fn chained(event: &AuditEvent, previous: &[u8]) -> Vec<u8> {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    add(&event.bucket.to_be_bytes());
    add(&event.seq.to_be_bytes());
    let entry = &event.entry;
    for text in [
        &event.at,
        &entry.event,
        &entry.outcome,
        &entry.actor,
        &entry.actor_name,
        &entry.profession,
        &entry.facility,
        &entry.purpose,
    ] {
        add(text.as_bytes());
    }
    add(&entry.person.map(PersonId::to_bytes).unwrap_or_default());
    add(entry.subject.as_bytes());
    add(entry.detail.as_bytes());
    add(previous);
    hash.finalize().to_vec()
}

async fn commit_group(database: &Database, clock: &SharedClock, group: Vec<Request>) {
    let mut attempt = 0;
    let outcome = loop {
        attempt += 1;
        match write_group(database, clock, &group).await {
            Err(error) if error.kind == ErrorKind::Unavailable && attempt < 3 => {}
            outcome => break outcome,
        }
    };
    match outcome {
        Ok(refused) => {
            for (index, request) in group.into_iter().enumerate() {
                let answer = refused.get(&index).cloned().map_or(Ok(()), Err);
                let _ = request.answer.send(answer);
            }
        }
        Err(error) => {
            for request in group {
                let _ = request.answer.send(Err(error.clone()));
            }
        }
    }
}

/// Writes a group in one transaction; gives the entries that were not written, with why.
async fn write_group(
    database: &Database,
    clock: &SharedClock,
    group: &[Request],
) -> Result<HashMap<usize, StoreError>, StoreError> {
    let mut tx = database.begin(OPERATION).await?;
    let people = people(&mut tx, group.iter().filter_map(|request| request.entry.person)).await?;
    let at = crate::stamp(clock);
    let mut refused = HashMap::new();
    let mut chains: BTreeMap<i64, Vec<&AuditEntry>> = BTreeMap::new();
    for (index, request) in group.iter().enumerate() {
        let found = request.entry.person.and_then(|person| people.get(&person));
        match (request.epoch, found) {
            (Some(_), None) => {
                refused.insert(index, StoreError::not_found(OPERATION, "person"));
                continue;
            }
            (Some(epoch), Some((_, now))) if epoch != *now => {
                let error = StoreError::new(
                    ErrorKind::ConsentChanged,
                    OPERATION,
                    "consent or relationship changed while the answer was prepared",
                );
                refused.insert(index, error);
                continue;
            }
            _ => {}
        }
        let bucket = found.map_or_else(|| own_bucket(&request.entry), |(bucket, _)| *bucket);
        chains.entry(bucket).or_default().push(&request.entry);
    }
    append(&mut tx, &at, chains).await?;
    tx.commit().await?;
    Ok(refused)
}

/// Appends entries to the chains of their buckets.
async fn append(tx: &mut Tx, at: &str, chains: BTreeMap<i64, Vec<&AuditEntry>>) -> Result<(), StoreError> {
    let mut reserve = Insert::new(
        "INSERT INTO audit_head (bucket, seq, hash)",
        "ON CONFLICT (bucket) DO UPDATE SET seq = audit_head.seq + excluded.seq RETURNING bucket, seq, hash",
    );
    for (bucket, entries) in &chains {
        let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
        reserve.push([(*bucket).into(), count.into(), vec![0; 32].into()]);
    }
    let mut ends = HashMap::new();
    for row in reserve.returning(tx).await? {
        ends.insert(row.int(0)?, (row.int(1)?, row.bytes(2)?));
    }
    let mut events = Insert::new(
        "INSERT INTO audit_event (bucket, seq, at, event, outcome, actor, actor_name, profession, facility, \
         purpose, person, subject, detail, previous, hash)",
        "",
    );
    let mut heads = Insert::new(
        "INSERT INTO audit_head (bucket, seq, hash)",
        "ON CONFLICT (bucket) DO UPDATE SET hash = excluded.hash",
    );
    for (bucket, entries) in chains {
        let (end, mut previous) =
            ends.remove(&bucket).ok_or_else(|| StoreError::corrupt(OPERATION, "a chain without a head"))?;
        let first = end - i64::try_from(entries.len()).unwrap_or(end) + 1;
        for (entry, seq) in entries.into_iter().zip(first..) {
            let event = AuditEvent { bucket, seq, at: at.to_owned(), entry: entry.clone() };
            let hash = chained(&event, &previous);
            events.push([
                bucket.into(),
                seq.into(),
                at.into(),
                entry.event.as_str().into(),
                entry.outcome.as_str().into(),
                entry.actor.as_str().into(),
                entry.actor_name.as_str().into(),
                entry.profession.as_str().into(),
                entry.facility.as_str().into(),
                entry.purpose.as_str().into(),
                entry.person.map(PersonId::to_bytes).unwrap_or_default().into(),
                entry.subject.as_str().into(),
                entry.detail.as_str().into(),
                previous.into(),
                hash.clone().into(),
            ]);
            previous = hash;
        }
        heads.push([bucket.into(), end.into(), previous.into()]);
    }
    events.execute(tx).await?;
    heads.execute(tx).await?;
    Ok(())
}

/// The chain of an entry that is about nobody we know: by who did it.
fn own_bucket(entry: &AuditEntry) -> i64 {
    content_bucket(&crate::body::sha256(entry.actor.as_bytes()))
}

/// Bucket and state of consent of the people entries are about.
async fn people(
    tx: &mut Tx,
    ids: impl Iterator<Item = PersonId>,
) -> Result<HashMap<PersonId, (i64, i64)>, StoreError> {
    let ids: Vec<PersonId> = ids.collect();
    let mut people = HashMap::new();
    for chunk in ids.chunks(64) {
        let ids = padded(chunk);
        let list = placeholders(1, ids.len());
        let text = format!("SELECT id, bucket, consent_epoch FROM person WHERE id IN ({list})");
        for row in tx.all(sql(text).ids(ids.into_iter().map(|id| id.0))).await? {
            people.insert(PersonId(row.id(0)?), (row.int(1)?, row.int(2)?));
        }
    }
    Ok(people)
}
