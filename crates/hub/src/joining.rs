//! How a facility's gateway is let in by certificate: invited, joined, renewed, revoked.
//!
//! The code of an invitation goes from person to person; only the hash of its secret is kept. Not in here: the
//! authority's files and signatures (`authority.rs`), HTTP and TLS (`portal`).

use crate::Hub;
use crate::accounts::token_hash;
use crate::authority::{Authority, Signed, SigningRequest};
use anyhow::Context;
use model::FacilityId;
use protocol::{CODE_RANDOM, JoinCode};
use store::{GatewayCertificate, Invitation};

/// How long an invitation holds.
const INVITATION_MS: i64 = 24 * 3_600_000;

/// Why there is no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotJoined {
    /// No such invitation.
    #[error("この招待コードはありません。打ち間違いがないか確かめてください")]
    Unknown,
    /// Too many wrong secrets.
    #[error("間違ったコードが続いたため、この招待は使えません。hakucho hub invite で作り直してください")]
    Locked,
    /// Too late.
    #[error("この招待コードは期限切れです。hakucho hub invite で作り直してください")]
    Over,
    /// It has been used.
    #[error("この招待コードはもう使われました。hakucho hub invite で作り直してください")]
    Used,
    /// The signing request cannot be used.
    #[error("証明書の要求が正しくありません (PKCS #10、ECDSA P-256)")]
    Request,
    /// The certificate that asks no longer holds.
    #[error("この施設の証明書は無効です。hakucho hub invite で招待し直してください")]
    Revoked,
}

impl Hub {
    /// A new code for a facility; the one before stops working.
    pub async fn invite_gateway(
        &self,
        authority: &Authority,
        facility: &FacilityId,
    ) -> anyhow::Result<JoinCode> {
        let mut random = [0; CODE_RANDOM];
        self.randomness.fill(&mut random);
        let code = JoinCode::new(&random, &authority.public_key());
        let expires = self.clock.now().as_millisecond() + INVITATION_MS;
        let hash = token_hash(&code.secret());
        self.store.invite_gateway(facility, &code.invitation(), &hash, expires).await?;
        Ok(code)
    }

    /// Uses a code. The same code with the same key gives the same certificate once more for a while.
    pub async fn join_gateway(
        &self,
        authority: &Authority,
        invitation: &str,
        secret: &str,
        request: &str,
    ) -> anyhow::Result<Result<GatewayCertificate, NotJoined>> {
        let hash = token_hash(secret);
        // The request is not even read for one who does not know the secret.
        match self.store.gateway_invitation(invitation, &hash, &[]).await? {
            Invitation::Open(_) | Invitation::Used | Invitation::Again(_) => {}
            Invitation::Unknown => return Ok(Err(NotJoined::Unknown)),
            Invitation::Locked => return Ok(Err(NotJoined::Locked)),
            Invitation::Over => return Ok(Err(NotJoined::Over)),
        }
        let Some(read) = SigningRequest::read(request) else { return Ok(Err(NotJoined::Request)) };
        let facility = match self.store.gateway_invitation(invitation, &hash, &read.key_hash()).await? {
            Invitation::Open(facility) => facility,
            Invitation::Again(given) => return Ok(Ok(*given)),
            Invitation::Unknown => return Ok(Err(NotJoined::Unknown)),
            Invitation::Locked => return Ok(Err(NotJoined::Locked)),
            Invitation::Over => return Ok(Err(NotJoined::Over)),
            Invitation::Used => return Ok(Err(NotJoined::Used)),
        };
        let given = self.certificate(authority, &facility, &read)?;
        if !self.store.use_gateway_invitation(invitation, &hash, &given).await? {
            return Ok(Err(NotJoined::Used));
        }
        tracing::info!(%facility, serial = given.serial, "a gateway has joined");
        Ok(Ok(given))
    }

    /// The next certificate of a gateway whose present one has this fingerprint.
    pub async fn renew_gateway(
        &self,
        authority: &Authority,
        facility: &FacilityId,
        present: &[u8],
        request: &str,
    ) -> anyhow::Result<Result<GatewayCertificate, NotJoined>> {
        let Some(read) = SigningRequest::read(request) else { return Ok(Err(NotJoined::Request)) };
        let given = self.certificate(authority, facility, &read)?;
        if !self.store.follow_gateway_certificate(present, &given).await? {
            return Ok(Err(NotJoined::Revoked));
        }
        tracing::info!(%facility, serial = given.serial, "a gateway has renewed its certificate");
        Ok(Ok(given))
    }

    fn certificate(
        &self,
        authority: &Authority,
        facility: &FacilityId,
        request: &SigningRequest,
    ) -> anyhow::Result<GatewayCertificate> {
        let signed = authority.for_gateway(facility, request, self.clock.now(), self.randomness.as_ref());
        let Signed { pem, fingerprint, serial, ends } = signed.context("cannot sign a certificate")?;
        Ok(GatewayCertificate {
            fingerprint,
            facility: facility.clone(),
            serial,
            key_hash: request.key_hash(),
            pem,
            issued_at: self.store.now(),
            ends_at: ends.as_millisecond(),
            revoked_at: String::new(),
        })
    }
}
