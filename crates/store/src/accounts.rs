//! Staff, their sessions, and invitations that work once.
//!
//! Secrets arrive as hashes: this room never sees a password, a session token or an invitation in clear.
//! The second factor's secret is kept as it is (it must be computed with) and never leaves in Debug.

use crate::query::{Row, sql};
use crate::{Store, StoreError};
use model::facility::Profession;
use model::{FacilityId, Personal, StaffId};
use std::collections::HashMap;

/// A member of staff with an account.
#[derive(Debug, Clone)]
pub struct Staff {
    /// Our id.
    pub id: StaffId,
    /// Login name, unique in the region.
    pub login: String,
    /// Name shown beside everything they do.
    pub name: String,
    /// What they are qualified to do.
    pub profession: Profession,
    /// Where they work.
    pub facility: FacilityId,
    /// Argon2id in PHC string form; empty until the invitation is used.
    pub password_hash: Personal<String>,
    /// Secret of the second factor (RFC 6238, SHA-1, 6 digits, 30 s); empty until the invitation is used.
    pub totp_secret: Personal<Vec<u8>>,
    /// Last time step whose code was used: a code works once.
    pub totp_last_step: i64,
    /// Failed logins in a row.
    pub failures: i64,
    /// Until when logins are refused after too many failures, milliseconds.
    pub locked_until: i64,
    /// False once they have left.
    pub active: bool,
    /// When the account was made, RFC 3339 in UTC: what was there before is not news.
    pub created_at: String,
}

/// A session of a member of staff.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whose.
    pub staff: Staff,
    /// Last request, milliseconds.
    pub seen_at: i64,
    /// When it ends in any case, milliseconds.
    pub expires_at: i64,
    /// Locked: nothing but unlocking or leaving is allowed.
    pub locked: bool,
}

/// An account as the operator's list shows it.
#[derive(Debug, Clone)]
pub struct StaffEntry {
    /// The account.
    pub staff: Staff,
    /// Last login, milliseconds since 1970; 0 = never.
    pub last_login: i64,
    /// An invitation to it still holds.
    pub invited: bool,
}

const STAFF: &str = "s.id, s.login, s.name, s.profession, s.facility, s.password_hash, s.totp_secret, \
     s.totp_last_step, s.failures, s.locked_until, s.active, s.created_at";

fn staff(row: &Row) -> Result<Staff, StoreError> {
    Ok(Staff {
        id: StaffId(row.id(0)?),
        login: row.text(1)?,
        name: row.text(2)?,
        profession: row.word(3)?,
        facility: row.word(4)?,
        password_hash: Personal::new(row.text(5)?),
        totp_secret: Personal::new(row.bytes(6)?),
        totp_last_step: row.int(7)?,
        failures: row.int(8)?,
        locked_until: row.int(9)?,
        active: row.flag(10)?,
        created_at: row.text(11)?,
    })
}

impl Store {
    /// Adds an account that cannot be used until its invitation is. False if the login is taken.
    pub async fn add_staff(&self, new: &Staff) -> Result<bool, StoreError> {
        let added = self
            .run(
                "add an account",
                sql("INSERT INTO staff (id, login, name, profession, facility, password_hash, totp_secret, totp_last_step, \
                     failures, locked_until, active, last_login, created_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 1, 0, $8) ON CONFLICT (login) DO NOTHING")
                .id(new.id.0)
                .text(&new.login)
                .text(&new.name)
                .text(new.profession.word())
                .text(new.facility.as_str())
                .text(new.password_hash.reveal())
                .bytes(new.totp_secret.reveal().clone())
                .text(self.now()),
            )
            .await?;
        Ok(added == 1)
    }

    /// The account with this login name.
    pub async fn staff_by_login(&self, login: &str) -> Result<Option<Staff>, StoreError> {
        let query = sql(format!("SELECT {STAFF} FROM staff s WHERE s.login = $1")).text(login);
        self.rows("find an account", query).await?.first().map(staff).transpose()
    }

    /// The account with this id.
    pub async fn staff(&self, id: StaffId) -> Result<Option<Staff>, StoreError> {
        let query = sql(format!("SELECT {STAFF} FROM staff s WHERE s.id = $1")).id(id.0);
        self.rows("find an account", query).await?.first().map(staff).transpose()
    }

    /// Every account, for the operator.
    pub async fn staff_list(&self) -> Result<Vec<Staff>, StoreError> {
        let query = sql(format!("SELECT {STAFF} FROM staff s ORDER BY s.facility, s.login"));
        self.rows("list accounts", query).await?.iter().map(staff).collect()
    }

    /// Every account with its last login and whether an invitation holds.
    pub async fn staff_entries(&self) -> Result<Vec<StaffEntry>, StoreError> {
        let query =
            sql("SELECT s.login, s.last_login, (SELECT COUNT(*) FROM invitation i WHERE i.staff = s.id \
             AND i.expires_at > $1) FROM staff s");
        let mut known = HashMap::new();
        for row in self.rows("list logins", query.int(self.now_ms())).await? {
            known.insert(row.text(0)?, (row.int(1)?, row.flag(2)?));
        }
        let entry = |staff: Staff| {
            let (last_login, invited) = known.get(&staff.login).copied().unwrap_or_default();
            StaffEntry { staff, last_login, invited }
        };
        Ok(self.staff_list().await?.into_iter().map(entry).collect())
    }

    /// Sets password and second factor, ends every session and invitation of the account.
    pub async fn set_credentials(
        &self,
        id: StaffId,
        password_hash: &str,
        totp_secret: &[u8],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin("set credentials").await?;
        tx.execute(
            sql("UPDATE staff SET password_hash = $1, totp_secret = $2, totp_last_step = 0, failures = 0, \
                 locked_until = 0 WHERE id = $3")
            .text(password_hash)
            .bytes(totp_secret)
            .id(id.0),
        )
        .await?;
        tx.execute(sql("DELETE FROM session WHERE staff = $1").id(id.0)).await?;
        tx.execute(sql("DELETE FROM invitation WHERE staff = $1").id(id.0)).await?;
        tx.commit().await
    }

    /// Lets an account in or out. Leaving ends its sessions at once.
    pub async fn set_active(&self, id: StaffId, active: bool) -> Result<(), StoreError> {
        let mut tx = self.begin("let an account in or out").await?;
        tx.execute(sql("UPDATE staff SET active = $1 WHERE id = $2").int(i64::from(active)).id(id.0)).await?;
        if !active {
            tx.execute(sql("DELETE FROM session WHERE staff = $1").id(id.0)).await?;
            tx.execute(sql("DELETE FROM invitation WHERE staff = $1").id(id.0)).await?;
        }
        tx.commit().await
    }

    /// Uses up a time step of the second factor; false if it (or a later one) was used before.
    pub async fn use_totp_step(&self, id: StaffId, step: i64) -> Result<bool, StoreError> {
        let used = self
            .run(
                "use a code",
                sql("UPDATE staff SET totp_last_step = $1, failures = 0, locked_until = 0 \
                     WHERE id = $2 AND totp_last_step < $3")
                .int(step)
                .id(id.0)
                .int(step),
            )
            .await?;
        Ok(used == 1)
    }

    /// Counts a failed login and makes the account wait until the given moment.
    pub async fn count_failure(&self, id: StaffId, locked_until: i64) -> Result<(), StoreError> {
        self.run(
            "count a failed login",
            sql("UPDATE staff SET failures = failures + 1, locked_until = $1 WHERE id = $2")
                .int(locked_until)
                .id(id.0),
        )
        .await?;
        Ok(())
    }

    /// Opens a session under the hash of its token.
    pub async fn open_session(
        &self,
        token_hash: &[u8],
        id: StaffId,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        let now = self.now_ms();
        let mut tx = self.begin("open a session").await?;
        tx.execute(
            sql("INSERT INTO session (token_hash, staff, opened_at, seen_at, expires_at, locked) VALUES ($1, $2, $3, $4, $5, 0)")
                .bytes(token_hash)
                .id(id.0)
                .int(now)
                .int(now)
                .int(expires_at),
        )
        .await?;
        tx.execute(sql("UPDATE staff SET last_login = $1 WHERE id = $2").int(now).id(id.0)).await?;
        tx.commit().await
    }

    /// The session under this token hash, if it and its account still hold. `touch`: the request is a person's
    /// act and keeps the session alive; a page that only listens does not.
    pub async fn session(
        &self,
        token_hash: &[u8],
        idle_ms: i64,
        touch: bool,
    ) -> Result<Option<Session>, StoreError> {
        let query = sql(format!(
            "SELECT {STAFF}, session.seen_at, session.expires_at, session.locked FROM session JOIN staff s ON s.id = session.staff \
             WHERE session.token_hash = $1"
        ));
        let rows = self.rows("find a session", query.bytes(token_hash)).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let now = self.now_ms();
        let session = Session {
            staff: staff(row)?,
            seen_at: row.int(12)?,
            expires_at: row.int(13)?,
            locked: row.flag(14)?,
        };
        if !session.staff.active || session.expires_at <= now || session.seen_at + idle_ms <= now {
            self.end_session(token_hash).await?;
            return Ok(None);
        }
        if touch && now - session.seen_at > 20_000 {
            let query =
                sql("UPDATE session SET seen_at = $1 WHERE token_hash = $2").int(now).bytes(token_hash);
            self.run("keep a session", query).await?;
        }
        Ok(Some(session))
    }

    /// Locks or unlocks a session.
    pub async fn lock_session(&self, token_hash: &[u8], locked: bool) -> Result<(), StoreError> {
        let query = sql("UPDATE session SET locked = $1, seen_at = $2 WHERE token_hash = $3");
        self.run("lock a session", query.int(i64::from(locked)).int(self.now_ms()).bytes(token_hash)).await?;
        Ok(())
    }

    /// Ends one session.
    pub async fn end_session(&self, token_hash: &[u8]) -> Result<(), StoreError> {
        self.run("end a session", sql("DELETE FROM session WHERE token_hash = $1").bytes(token_hash)).await?;
        Ok(())
    }

    /// Keeps an invitation under the hash of its token, with the second factor's secret it will tie; earlier ones of the
    /// account stop working.
    pub async fn invite(
        &self,
        token_hash: &[u8],
        id: StaffId,
        secret: &[u8],
        expires_at: i64,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin("invite").await?;
        tx.execute(sql("DELETE FROM invitation WHERE staff = $1").id(id.0)).await?;
        tx.execute(
            sql("INSERT INTO invitation (token_hash, staff, secret, expires_at) VALUES ($1, $2, $3, $4)")
                .bytes(token_hash)
                .id(id.0)
                .bytes(secret)
                .int(expires_at),
        )
        .await?;
        tx.commit().await
    }

    /// Whose invitation this is, if it still holds, and the second factor's secret. It stays until
    /// [`Store::set_credentials`] uses it up.
    pub async fn invited(&self, token_hash: &[u8]) -> Result<Option<(Staff, Personal<Vec<u8>>)>, StoreError> {
        let query = sql(format!(
            "SELECT {STAFF}, invitation.secret FROM invitation JOIN staff s ON s.id = invitation.staff \
             WHERE invitation.token_hash = $1 AND invitation.expires_at > $2"
        ));
        let rows = self.rows("find an invitation", query.bytes(token_hash).int(self.now_ms())).await?;
        let both = |row: &Row| Ok((staff(row)?, Personal::new(row.bytes(12)?)));
        rows.first().map(both).transpose()
    }
}
