//! `GET /operator/problems?facility=&code=`: deliveries in which a reader found something.

use crate::pages::problems::{ProblemDelivery, ProblemsPage};
use crate::routes::desk::{OPERATORS, incomplete, names};
use crate::routes::fault::Fault;
use crate::routes::session::Signed;
use crate::text::Id;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use model::FacilityId;
use serde::Deserialize;

/// Deliveries shown.
const MOST: i64 = 50;

/// What the list is narrowed to.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    facility: String,
    #[serde(default)]
    code: String,
}

/// The list.
pub async fn show(signed: Signed, Query(asked): Query<Asked>) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let page = page(&signed, asked).await.map_err(|fault| fault.framed(&signed))?;
    Ok(page.render().into_response())
}

async fn page(signed: &Signed, asked: Asked) -> Result<ProblemsPage, Fault> {
    let store = &signed.portal.hub.store;
    let facility = match asked.facility.as_str() {
        "" => None,
        text => Some(FacilityId::new(text).map_err(|_| incomplete(signed, Id::DeskFacility))?),
    };
    let names = names(signed).await?;
    let name = |id: &FacilityId| names.get(id.as_str()).cloned().unwrap_or_else(|| id.to_string());
    let found = store.deliveries_with_problems(facility.as_ref(), &asked.code, MOST).await?;
    let subject = format!("deliveries/{}", asked.facility);
    let entry = signed.portal.hub.entry(
        &signed.viewer,
        "search",
        &subject,
        &format!("{} with problems", found.len()),
    );
    store.audit(entry).await?;
    let deliveries = found
        .into_iter()
        .map(|each| ProblemDelivery {
            facility: format!("{} / {}", name(&each.facility), each.source),
            path: each.path,
            received: each.received_at,
            problems: each.problems,
        })
        .collect();
    let facility = facility.map(|id| (id.to_string(), name(&id)));
    Ok(ProblemsPage { shell: signed.shell(), facility, code: asked.code, deliveries })
}
