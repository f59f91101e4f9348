//! Accounts: invitations, passwords, the second factor, sessions.
//!
//! What a person holds (password, session token, invitation) is never stored, only its hash. Why a login
//! failed is not told to the outside; it is audited.

use crate::Hub;
use anyhow::Context;
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use model::clock::Randomness;
use model::facility::Profession;
use model::{FacilityId, Personal, StaffId};
use sha2::{Digest, Sha256};
use store::{Session, Staff};
use totp_rs::{Builder, Secret, Totp};

/// Failed logins in a row after which an account waits.
const FAILURES_BEFORE_WAIT: i64 = 5;
/// How long it waits, doubled with each further failure, at most an hour.
const WAIT_MS: i64 = 30_000;
/// How long an invitation holds.
const INVITATION_MS: i64 = 72 * 3_600_000;
/// Shortest password.
pub const SHORTEST_PASSWORD: usize = 12;

/// A secret handed to a person once, and the hash we keep of it.
pub struct Handed {
    /// For the person: URL-safe text.
    pub secret: Personal<String>,
    /// For the store.
    pub hash: Vec<u8>,
}

/// The hash under which a token is kept.
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// A new secret of 256 bits, in hexadecimal: no character of it means anything to a command line, a shell or an address.
pub fn hand_out(randomness: &dyn Randomness) -> Handed {
    let mut bytes = [0; 32];
    randomness.fill(&mut bytes);
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Handed { hash: token_hash(&secret), secret: Personal::new(secret) }
}

/// Why credentials were not accepted when an invitation is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Unknown, used or too old.
    #[error("the invitation does not hold")]
    Invitation,
    /// Shorter than [`SHORTEST_PASSWORD`].
    #[error("the password is too short")]
    ShortPassword,
    /// The second factor's code is wrong.
    #[error("the code is wrong")]
    Code,
}

/// A new account.
#[derive(Debug, Clone)]
pub struct NewStaff {
    /// Login name, unique.
    pub login: String,
    /// Name for people.
    pub name: String,
    /// Profession.
    pub profession: Profession,
    /// Facility.
    pub facility: FacilityId,
}

fn totp(secret: &[u8]) -> Totp {
    Builder::new()
        .with_secret(Secret::new(secret.to_vec().into_boxed_slice()))
        .with_skew(1)
        .build_noncompliant()
}

/// The second factor's secret as authenticator apps take it.
pub fn base32(secret: &[u8]) -> String {
    Secret::new(secret.to_vec().into_boxed_slice()).to_base32()
}

impl Hub {
    /// Makes an account and an invitation to it. `None` if the login is taken.
    pub async fn invite_staff(&self, new: &NewStaff) -> anyhow::Result<Option<Handed>> {
        let mut id = [0; 16];
        self.randomness.fill(&mut id);
        let staff = Staff {
            id: StaffId(uuid::Builder::from_random_bytes(id).into_uuid()),
            login: new.login.trim().to_owned(),
            name: new.name.trim().to_owned(),
            profession: new.profession,
            facility: new.facility.clone(),
            password_hash: Personal::new(String::new()),
            totp_secret: Personal::new(Vec::new()),
            totp_last_step: 0,
            failures: 0,
            locked_until: 0,
            active: true,
            created_at: String::new(),
        };
        if !self.store.add_staff(&staff).await? {
            return Ok(None);
        }
        self.reset_staff(staff.id).await.map(Some)
    }

    /// A new invitation to an account, e.g. after a lost phone. Its old credentials hold until it is used.
    pub async fn reset_staff(&self, id: StaffId) -> anyhow::Result<Handed> {
        let handed = hand_out(self.randomness.as_ref());
        let expires = self.clock.now().as_millisecond() + INVITATION_MS;
        let mut secret = [0; 20];
        self.randomness.fill(&mut secret);
        self.store.invite(&handed.hash, id, &secret, expires).await?;
        Ok(handed)
    }

    /// Whose invitation this is, and the second factor's secret to show: the same each time the page is shown.
    pub async fn invitation(&self, token: &str) -> anyhow::Result<Option<(Staff, Vec<u8>)>> {
        let invited = self.store.invited(&token_hash(token)).await?;
        Ok(invited.map(|(staff, secret)| (staff, secret.into_inner())))
    }

    /// Uses an invitation up: sets the password, and the second factor if its code is right.
    pub async fn accept_invitation(
        &self,
        token: &str,
        password: &str,
        code: &str,
    ) -> anyhow::Result<Result<Staff, CredentialError>> {
        let Some((staff, secret)) = self.invitation(token).await? else {
            return Ok(Err(CredentialError::Invitation));
        };
        if password.chars().count() < SHORTEST_PASSWORD {
            return Ok(Err(CredentialError::ShortPassword));
        }
        if totp(&secret).check(code.trim(), self.seconds()).is_none() {
            return Ok(Err(CredentialError::Code));
        }
        self.set_credentials(staff.id, password, &secret).await?;
        Ok(Ok(staff))
    }

    /// Sets password and second factor of an account.
    pub async fn set_credentials(&self, id: StaffId, password: &str, secret: &[u8]) -> anyhow::Result<()> {
        let mut salt = [0; 16];
        self.randomness.fill(&mut salt);
        let password = password.to_owned();
        let hash = tokio::task::spawn_blocking(move || {
            Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).map(|hash| hash.to_string())
        })
        .await?
        .map_err(|error| anyhow::anyhow!("password hash: {error}"))?;
        self.store.set_credentials(id, &hash, secret).await.context("cannot keep the credentials")
    }

    fn seconds(&self) -> u64 {
        self.clock.now().as_second().unsigned_abs()
    }

    /// Opens a session if login, password and code are right and the account is not waiting. `None` says
    /// no more than that it did not work; the caller audits the attempt.
    pub async fn login(
        &self,
        login: &str,
        password: &str,
        code: &str,
    ) -> anyhow::Result<Option<(Staff, Handed)>> {
        let staff = self.store.staff_by_login(login.trim()).await?.filter(|staff| staff.active);
        // An unknown login costs as much time as a known one.
        let kept =
            staff.as_ref().map(|staff| staff.password_hash.reveal().clone()).filter(|hash| !hash.is_empty());
        let (given, known) = (password.to_owned(), kept.is_some());
        let verified = tokio::task::spawn_blocking(move || verify(&given, kept.as_deref())).await?;
        let Some(staff) = staff else { return Ok(None) };
        let now = self.clock.now().as_millisecond();
        if staff.locked_until > now || !known {
            return Ok(None);
        }
        let step = totp(staff.totp_secret.reveal()).check(code.trim(), self.seconds());
        let right = match step.filter(|_| verified) {
            Some(step) => self.store.use_totp_step(staff.id, i64::try_from(step)?).await?,
            None => false,
        };
        if !right {
            self.count_failure(&staff, now).await?;
            return Ok(None);
        }
        let handed = hand_out(self.randomness.as_ref());
        let expires = now + i64::from(self.settings.session_hours) * 3_600_000;
        self.store.open_session(&handed.hash, staff.id, expires).await?;
        Ok(Some((staff, handed)))
    }

    /// The session of a token, if it holds. `touch`: the request is a person's act and keeps it alive.
    pub async fn session(&self, token: &str, touch: bool) -> anyhow::Result<Option<Session>> {
        let idle = i64::from(self.settings.session_idle_minutes) * 60_000;
        Ok(self.store.session(&token_hash(token), idle, touch).await?)
    }

    /// Locks the session of a token: 離席.
    pub async fn lock(&self, token: &str) -> anyhow::Result<()> {
        Ok(self.store.lock_session(&token_hash(token), true).await?)
    }

    /// Unlocks a session if the password is right; wrong ones count like failed logins.
    pub async fn unlock(&self, token: &str, password: &str) -> anyhow::Result<bool> {
        let Some(session) = self.session(token, false).await? else { return Ok(false) };
        let (given, hash) = (password.to_owned(), session.staff.password_hash.reveal().clone());
        let right = tokio::task::spawn_blocking(move || verify(&given, Some(&hash))).await?;
        let now = self.clock.now().as_millisecond();
        if !right || session.staff.locked_until > now {
            self.count_failure(&session.staff, now).await?;
            return Ok(false);
        }
        self.store.lock_session(&token_hash(token), false).await?;
        Ok(true)
    }

    async fn count_failure(&self, staff: &Staff, now: i64) -> anyhow::Result<()> {
        let wait = match staff.failures + 1 - FAILURES_BEFORE_WAIT {
            over @ 0.. => (WAIT_MS << over.min(7)).min(3_600_000),
            _ => 0,
        };
        Ok(self.store.count_failure(staff.id, now + wait).await?)
    }

    /// Ends the session of a token.
    pub async fn logout(&self, token: &str) -> anyhow::Result<()> {
        Ok(self.store.end_session(&token_hash(token)).await?)
    }

    /// A new token for the gateway of a facility; the one before stops working.
    pub async fn gateway_token(&self, facility: &FacilityId) -> anyhow::Result<Personal<String>> {
        let handed = hand_out(self.randomness.as_ref());
        self.store.set_gateway_token(facility, &handed.hash).await?;
        Ok(handed.secret)
    }
}

fn verify(password: &str, hash: Option<&str>) -> bool {
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5$XPAT3jVwJ7jRS0LWqSzpj8sGMYSNUkoZ0dDMjGyFFzY";
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODY)) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_factor_follows_rfc_6238() {
        // RFC 6238 appendix B, SHA-1, time 59: 94287082, of which we use six digits.
        assert!(totp(b"12345678901234567890").check("287082", 59).is_some());
        assert!(totp(b"12345678901234567890").check("287083", 59).is_none());
        assert_eq!(base32(b"12345678901234567890"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_password_is_checked_and_nobody_has_one() {
        let hash = Argon2::default()
            .hash_password_with_salt(b"correct horse", b"0123456789abcdef")
            .unwrap()
            .to_string();
        assert!(verify("correct horse", Some(&hash)));
        assert!(!verify("correct house", Some(&hash)));
        assert!(!verify("", None));
    }
}
