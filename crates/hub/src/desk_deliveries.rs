//! Withdrawing wrongly sent deliveries: out of every view, never out of the history.

use crate::Hub;
use crate::desk::{Desk, DeskError, note};
use access::Viewer;
use model::{CompartmentId, DeliveryId};
use store::{DeliveryState, ErrorKind, Evidence};

/// Rules by which a registration is somebody's without a rule of the linkage.
const NOT_BY_RULE: [&str; 5] = ["new", "human", "unlinked", "reception", "withdrawn"];

impl Hub {
    /// Withdraws a delivery. A registration that says nothing any more belongs to nobody else by rule.
    pub async fn withdraw_delivery(&self, viewer: &Viewer, delivery: DeliveryId, why: &str) -> Desk<()> {
        let Some(reason) = note(why) else { return Ok(Err(DeskError::Reason)) };
        match self.store.delivery(delivery).await?.map(|found| found.state) {
            None => return Ok(Err(DeskError::NotThere)),
            Some(DeliveryState::Kept) => {}
            Some(_) => return Ok(Err(DeskError::Decided)),
        }
        let by = Self::named(viewer);
        let entry = self.entry(viewer, "withdrawal", &format!("delivery/{delivery}"), &reason);
        let withdrawn = self.acting(entry, async {
            let changed = match self.store.withdraw(delivery, &by, &reason).await {
                Err(error) if error.kind == ErrorKind::Conflict => return Ok(false),
                other => other?,
            };
            self.register_due().await?;
            for compartment in changed {
                self.release(compartment, &by).await?;
            }
            Ok(true)
        });
        Ok(if withdrawn.await? { Ok(()) } else { Err(DeskError::Decided) })
    }

    /// Undoes what a rule linked, if the registration it went by is gone.
    async fn release(&self, compartment: CompartmentId, by: &str) -> anyhow::Result<()> {
        let _one_at_a_time = self.linking.lock().await;
        if self.store.registration(compartment).await?.is_some() {
            return Ok(());
        }
        let links = self.store.links(compartment).await?;
        if links.last().is_some_and(|link| !NOT_BY_RULE.contains(&link.rule.as_str())) {
            let evidence = Evidence { rule: "withdrawn", why: "登録の取り下げ", by };
            self.store.unlink(compartment, self.fresh_person(), &evidence).await?;
        }
        Ok(())
    }
}
