//! The operator's desk for accounts: invite, reset, close, reopen. Links are handed out once and never kept.

use crate::Hub;
use crate::accounts::{Handed, NewStaff};
use crate::desk::{Desk, DeskError};
use access::Viewer;
use model::StaffId;
use store::Staff;

/// Longest name of a member of staff, in characters.
const LONGEST_NAME: usize = 60;

impl Hub {
    /// Makes an account with a one-time link.
    pub async fn invite_at_desk(&self, viewer: &Viewer, new: &NewStaff) -> Desk<(Staff, Handed)> {
        let new = NewStaff { login: new.login.trim().into(), name: new.name.trim().into(), ..new.clone() };
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
        let login = (1..=64).contains(&new.login.len()) && new.login.chars().all(allowed);
        let named = !new.name.is_empty() && new.name.chars().count() <= LONGEST_NAME;
        if !login || !named || new.name.chars().any(char::is_control) {
            return Ok(Err(DeskError::Login));
        }
        if self.store.facility(&new.facility).await?.is_none() {
            return Ok(Err(DeskError::Facility));
        }
        if self.store.staff_by_login(&new.login).await?.is_some() {
            return Ok(Err(DeskError::LoginTaken));
        }
        let detail = format!("{} {} {}", new.login, new.profession.word(), new.facility);
        let entry = self.entry(viewer, "staff-invited", "staff", &detail);
        let handed = self.acting(entry, self.invite_staff(&new)).await?;
        let staff = self.store.staff_by_login(&new.login).await?;
        Ok(staff.zip(handed).ok_or(DeskError::LoginTaken))
    }

    /// A new one-time link for an account that is open.
    pub async fn reset_at_desk(&self, viewer: &Viewer, id: StaffId) -> Desk<(Staff, Handed)> {
        let Some(staff) = self.store.staff(id).await?.filter(|staff| staff.active) else {
            return Ok(Err(DeskError::NotThere));
        };
        let entry = self.entry(viewer, "staff-reset", &format!("staff/{id}"), &staff.login);
        let handed = self.acting(entry, self.reset_staff(id)).await?;
        Ok(Ok((staff, handed)))
    }

    /// Closes an account, which ends its sessions at once, or opens it again.
    pub async fn set_open(&self, viewer: &Viewer, id: StaffId, open: bool) -> Desk<()> {
        let Some(staff) = self.store.staff(id).await? else { return Ok(Err(DeskError::NotThere)) };
        if id == viewer.staff {
            return Ok(Err(DeskError::OwnAccount));
        }
        let event = if open { "staff-reopened" } else { "staff-closed" };
        let entry = self.entry(viewer, event, &format!("staff/{id}"), &staff.login);
        self.acting(entry, async { Ok(self.store.set_active(id, open).await?) }).await?;
        Ok(Ok(()))
    }
}
