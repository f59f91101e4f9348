//! How gateways are let in by certificate: invitations that work once, certificates, their end.
//!
//! Secrets arrive as hashes. Writers take turns (`Store::begin`), so nothing is given between the look at an invitation
//! or a certificate and its end. Each step is in the audit, in the same transaction.

use crate::query::{Row, sql};
use crate::{AuditEntry, Store, StoreError, Tx};
use model::FacilityId;

/// Wrong secrets after which an invitation no longer works.
const MOST_FAILURES: i64 = 10;
/// How long the one who joined may ask again with the same key, if the answer was lost.
const AGAIN_MS: i64 = 15 * 60 * 1000;

/// A certificate of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayCertificate {
    /// SHA-256 of the certificate.
    pub fingerprint: Vec<u8>,
    /// Whose.
    pub facility: FacilityId,
    /// Its serial number in hexadecimal.
    pub serial: String,
    /// SHA-256 of its public key.
    pub key_hash: Vec<u8>,
    /// The certificate in PEM.
    pub pem: String,
    /// When it was given, RFC 3339 in UTC.
    pub issued_at: String,
    /// When it ends, milliseconds since 1970.
    pub ends_at: i64,
    /// When it was revoked; empty: it holds.
    pub revoked_at: String,
}

/// What an invitation is worth to one who names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invitation {
    /// There is none of this name, or the secret is not its own.
    Unknown,
    /// Too many wrong secrets were tried.
    Locked,
    /// Its time is over.
    Over,
    /// Somebody has joined with it.
    Used,
    /// This very key has joined with it a moment ago: the answer was lost.
    Again(Box<GatewayCertificate>),
    /// It holds, for this facility.
    Open(FacilityId),
}

const COLUMNS: &str = "fingerprint, facility, serial, key_hash, pem, issued_at, ends_at, revoked_at";

fn certificate(row: &Row) -> Result<GatewayCertificate, StoreError> {
    Ok(GatewayCertificate {
        fingerprint: row.bytes(0)?,
        facility: row.word(1)?,
        serial: row.text(2)?,
        key_hash: row.bytes(3)?,
        pem: row.text(4)?,
        issued_at: row.text(5)?,
        ends_at: row.int(6)?,
        revoked_at: row.text(7)?,
    })
}

/// One step in the audit.
fn noted(step: &str, outcome: &str, facility: &FacilityId, subject: String) -> AuditEntry {
    AuditEntry {
        event: format!("gateway-{step}"),
        outcome: outcome.to_owned(),
        actor: "hub".to_owned(),
        facility: facility.to_string(),
        subject,
        ..AuditEntry::default()
    }
}

/// Compares all of both, wherever they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    let differing = one.iter().zip(other).fold(0, |all, (one, other)| all | (one ^ other));
    one.len() == other.len() && differing == 0
}

fn insert(certificate: &GatewayCertificate) -> crate::Query {
    sql(format!("INSERT INTO gateway_certificate ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"))
        .bytes(certificate.fingerprint.as_slice())
        .text(certificate.facility.as_str())
        .text(&certificate.serial)
        .bytes(certificate.key_hash.as_slice())
        .text(&certificate.pem)
        .text(&certificate.issued_at)
        .int(certificate.ends_at)
        .text(&certificate.revoked_at)
}

async fn look(
    store: &Store,
    tx: &mut Tx,
    id: &str,
    secret_hash: &[u8],
    key_hash: &[u8],
    now: i64,
) -> Result<Invitation, StoreError> {
    let query = sql("SELECT facility, secret_hash, expires_at, failures, used_at, fingerprint \
                     FROM gateway_invitation WHERE id = $1");
    let Some(row) = tx.optional(query.text(id)).await? else { return Ok(Invitation::Unknown) };
    if row.int(3)? >= MOST_FAILURES {
        return Ok(Invitation::Locked);
    }
    if !same(&row.bytes(1)?, secret_hash) {
        let count = sql("UPDATE gateway_invitation SET failures = failures + 1 WHERE id = $1");
        tx.execute(count.text(id)).await?;
        let entry = noted("join", "refused", &row.word(0)?, "invitation".to_owned());
        store.audit_in(tx, &AuditEntry { detail: "wrong secret".to_owned(), ..entry }).await?;
        return Ok(Invitation::Unknown);
    }
    let used_at = row.int(4)?;
    if used_at == 0 {
        let open = row.int(2)? > now;
        return if open { row.word(0).map(Invitation::Open) } else { Ok(Invitation::Over) };
    }
    let query = sql(format!("SELECT {COLUMNS} FROM gateway_certificate WHERE fingerprint = $1"));
    let given = tx.optional(query.bytes(row.bytes(5)?)).await?;
    let given = given.as_ref().map(certificate).transpose()?;
    let again = |given: &GatewayCertificate| {
        let soon = (0..=AGAIN_MS).contains(&(now - used_at));
        soon && given.revoked_at.is_empty() && same(&given.key_hash, key_hash)
    };
    Ok(given.filter(again).map_or(Invitation::Used, |given| Invitation::Again(Box::new(given))))
}

impl Store {
    /// Keeps an invitation; the one before of the same facility stops working.
    pub async fn invite_gateway(
        &self,
        facility: &FacilityId,
        id: &str,
        secret_hash: &[u8],
        expires_at: i64,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin("invite a gateway").await?;
        let old = sql("DELETE FROM gateway_invitation WHERE facility = $1").text(facility.as_str());
        tx.execute(old).await?;
        let new = sql(
            "INSERT INTO gateway_invitation (facility, id, secret_hash, expires_at, failures, used_at, fingerprint) \
             VALUES ($1, $2, $3, $4, 0, 0, $5)",
        );
        let new = new.text(facility.as_str()).text(id).bytes(secret_hash).int(expires_at).bytes(Vec::new());
        tx.execute(new).await?;
        self.audit_in(&mut tx, &noted("invite", "done", facility, "invitation".to_owned())).await?;
        tx.commit().await
    }

    /// Looks at an invitation; a wrong secret is counted.
    pub async fn gateway_invitation(
        &self,
        id: &str,
        secret_hash: &[u8],
        key_hash: &[u8],
    ) -> Result<Invitation, StoreError> {
        // A name that is made up takes no turn of the writers.
        let known = sql("SELECT failures FROM gateway_invitation WHERE id = $1").text(id);
        if self.rows("look for a gateway's invitation", known).await?.is_empty() {
            return Ok(Invitation::Unknown);
        }
        let now = self.now_ms();
        let mut tx = self.begin("look at a gateway's invitation").await?;
        let found = look(self, &mut tx, id, secret_hash, key_hash, now).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// Uses an invitation up for this certificate. False: it no longer holds, and nothing was kept.
    pub async fn use_gateway_invitation(
        &self,
        id: &str,
        secret_hash: &[u8],
        given: &GatewayCertificate,
    ) -> Result<bool, StoreError> {
        let now = self.now_ms();
        let mut tx = self.begin("use a gateway's invitation").await?;
        let query = sql(
            "UPDATE gateway_invitation SET used_at = $1, fingerprint = $2 WHERE id = $3 AND secret_hash = $4 \
             AND facility = $5 AND used_at = 0 AND expires_at > $6 AND failures < $7",
        );
        let query = query.int(now).bytes(given.fingerprint.as_slice()).text(id).bytes(secret_hash);
        let query = query.text(given.facility.as_str()).int(now).int(MOST_FAILURES);
        if tx.execute(query).await? != 1 {
            tx.rollback().await?;
            return Ok(false);
        }
        tx.execute(insert(given)).await?;
        let subject = format!("certificate/{}", given.serial);
        self.audit_in(&mut tx, &noted("join", "done", &given.facility, subject)).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Keeps the certificate that follows another. False: that one no longer holds, and nothing was kept.
    pub async fn follow_gateway_certificate(
        &self,
        before: &[u8],
        given: &GatewayCertificate,
    ) -> Result<bool, StoreError> {
        let now = self.now_ms();
        let mut tx = self.begin("renew a gateway's certificate").await?;
        let query = sql("SELECT facility FROM gateway_certificate WHERE fingerprint = $1 AND facility = $2 \
                         AND revoked_at = '' AND ends_at > $3");
        let holds = tx.optional(query.bytes(before).text(given.facility.as_str()).int(now)).await?;
        if holds.is_none() {
            tx.rollback().await?;
            return Ok(false);
        }
        tx.execute(insert(given)).await?;
        let subject = format!("certificate/{}", given.serial);
        self.audit_in(&mut tx, &noted("renew", "done", &given.facility, subject)).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Whose certificate this is, if it holds.
    pub async fn facility_of_certificate(
        &self,
        fingerprint: &[u8],
    ) -> Result<Option<FacilityId>, StoreError> {
        let query =
            sql("SELECT facility FROM gateway_certificate WHERE fingerprint = $1 AND revoked_at = '' \
                         AND ends_at > $2");
        let rows = self.rows("find a gateway's certificate", query.bytes(fingerprint).int(self.now_ms()));
        rows.await?.first().map(|row| row.word(0)).transpose()
    }

    /// The certificate of each facility that ends last.
    pub async fn gateway_certificates(&self) -> Result<Vec<GatewayCertificate>, StoreError> {
        let text = format!(
            "SELECT {COLUMNS} FROM gateway_certificate ORDER BY facility, ends_at DESC, issued_at DESC"
        );
        let rows = self.rows("list gateways' certificates", sql(text)).await?;
        let mut all = rows.iter().map(certificate).collect::<Result<Vec<_>, _>>()?;
        all.dedup_by(|later, first| later.facility == first.facility);
        Ok(all)
    }

    /// Ends everything that lets a facility's gateway in: certificates, token, open invitation. Gives how many there were.
    pub async fn revoke_gateway(&self, facility: &FacilityId) -> Result<u64, StoreError> {
        let mut tx = self.begin("revoke a gateway").await?;
        let mut ended = 0;
        for text in [
            "DELETE FROM gateway_invitation WHERE facility = $1",
            "DELETE FROM gateway_token WHERE facility = $1",
        ] {
            ended += tx.execute(sql(text).text(facility.as_str())).await?;
        }
        let query =
            sql("UPDATE gateway_certificate SET revoked_at = $1 WHERE facility = $2 AND revoked_at = ''");
        ended += tx.execute(query.text(self.now()).text(facility.as_str())).await?;
        if ended > 0 {
            self.audit_in(&mut tx, &noted("revoke", "done", facility, "gateway".to_owned())).await?;
        }
        tx.commit().await?;
        Ok(ended)
    }
}
