//! `/operator/withdrawals`: finding a wrongly sent delivery and taking it out of every view.

use crate::pages::withdrawals::{DeliveryLine, Withdrawal, WithdrawalsPage};
use crate::routes::desk::{Fields, OPERATORS, count, incomplete, names, refused};
use crate::routes::fault::Fault;
use crate::routes::session::Signed;
use crate::text::Id;
use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use model::{DeliveryId, FacilityId};
use serde::Deserialize;
use store::{Delivery, DeliveryState};

/// Deliveries found at most.
const MOST: i64 = 20;
/// Withdrawals listed.
const DONE: i64 = 100;

/// What is looked for.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    facility: String,
    #[serde(default)]
    done: String,
}

/// What was found and what was withdrawn.
pub async fn show(signed: Signed, Query(asked): Query<Asked>) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let page = page(&signed, asked).await.map_err(|fault| fault.framed(&signed))?;
    Ok(page.render().into_response())
}

async fn page(signed: &Signed, asked: Asked) -> Result<WithdrawalsPage, Fault> {
    let hub = &signed.portal.hub;
    let facility = match asked.facility.as_str() {
        "" => None,
        text => Some(FacilityId::new(text).map_err(|_| incomplete(signed, Id::DeskFacility))?),
    };
    let names = names(signed).await?;
    let feed = |each: &Delivery| {
        let name = names.get(each.facility.as_str()).cloned().unwrap_or_else(|| each.facility.to_string());
        format!("{name} / {}", each.source)
    };
    let mut found = hub.store.find_deliveries(facility.as_ref(), &asked.q, MOST).await?;
    found.retain(|each| each.state == DeliveryState::Kept);
    if !asked.q.is_empty() || facility.is_some() {
        let detail = format!("{} deliveries", found.len());
        hub.store.audit(hub.entry(&signed.viewer, "search", "deliveries", &detail)).await?;
    }
    let done = hub.store.withdrawn_deliveries(DONE).await?;
    let mut shell = signed.shell();
    // A path may name a patient: it does not go into the language links.
    shell.here = "/operator/withdrawals".to_owned();
    Ok(WithdrawalsPage {
        shell,
        found: found
            .iter()
            .map(|each| DeliveryLine {
                id: each.id.to_string(),
                facility: feed(each),
                path: each.path.clone(),
                received: each.received_at.clone(),
                records: count(each.records),
            })
            .collect(),
        asked: asked.q,
        done: done
            .iter()
            .map(|each| Withdrawal {
                facility: feed(each),
                path: each.path.clone(),
                at: each.withdrawn_at.clone(),
                who: each.withdrawn_by.clone(),
                reason: each.withdrawn_reason.clone(),
                records: count(each.records),
            })
            .collect(),
        saved: asked.done == "yes",
    })
}

/// Withdraws one.
pub async fn withdraw(signed: Signed, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let fields = Fields(fields);
    if !fields.is_checked() {
        return Err(incomplete(&signed, Id::DeskChecked));
    }
    let Some(delivery) = DeliveryId::parse(fields.get("delivery")) else {
        return Err(incomplete(&signed, Id::DeskNotThere));
    };
    let done = signed.portal.hub.withdraw_delivery(&signed.viewer, delivery, fields.get("reason")).await;
    match done.map_err(|error| Fault::from(error).framed(&signed))? {
        Ok(()) => Ok(Redirect::to("/operator/withdrawals?done=yes").into_response()),
        Err(why) => Err(refused(&signed, why)),
    }
}
