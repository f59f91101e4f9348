//! The desks' addresses, who may use them, and how a desk's refusal becomes a page.

use crate::Portal;
use crate::routes::fault::Fault;
use crate::routes::session::Signed;
use crate::routes::{inbox, mappings, operator, problems, quality, reception, review, staff, withdrawals};
use crate::text::{Id, Lang};
use axum::Router;
use axum::routing::{get, post};
use hub::desk::DeskError;
use model::facility::Profession;

/// The operator's pages.
pub const OPERATORS: &[Profession] = &[Profession::Operator];
/// Review desk and inbox; reception staff see what concerns their own facility.
pub const DESKS: &[Profession] = &[Profession::Operator, Profession::Reception];
/// Consents and relationships: whoever meets the person at a facility, and the region's office for forms by mail.
pub const RECEPTIONS: &[Profession] = &[
    Profession::Reception,
    Profession::Operator,
    Profession::Physician,
    Profession::Dentist,
    Profession::Nurse,
    Profession::Pharmacist,
    Profession::CareManager,
];

/// Every address of the desks.
pub fn routes() -> Router<Portal> {
    Router::new()
        .route("/operator", get(operator::show))
        .route("/operator/feeds.csv", get(operator::feeds))
        .route("/operator/replay", post(operator::replay))
        .route("/operator/problems", get(problems::show))
        .route("/operator/quality", get(quality::show))
        .route("/operator/quality/count", post(quality::count))
        .route("/operator/quality/{facility}/{source}", get(quality::source))
        .route("/operator/mappings", get(mappings::show))
        .route("/operator/mappings.csv", get(mappings::export))
        .route("/operator/mappings/{verb}", post(mappings::act))
        .route("/operator/mappings/preview/{number}", get(mappings::preview).post(mappings::adopt))
        .route("/operator/staff", get(staff::show).post(staff::invite))
        .route("/operator/staff/{id}/{verb}", post(staff::act))
        .route("/operator/withdrawals", get(withdrawals::show).post(withdrawals::withdraw))
        .route("/review", get(review::show))
        .route("/review/{id}", post(review::judge))
        .route("/review/{id}/undo", post(review::undo))
        .route("/inbox", get(inbox::show))
        .route("/inbox/{id}/{verb}", post(inbox::act))
        .route("/reception", get(reception::search))
        .route("/reception/{person}", get(reception::show))
        .route("/reception/{person}/{verb}", post(reception::act))
}

/// The fields of a form, in order; a name may come several times.
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// The first value of a field; empty if it was not sent.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(each, _)| each == name).map_or("", |(_, value)| value)
    }

    /// Every value of a field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(each, _)| each == name).map(|(_, value)| value.as_str())
    }

    /// The box that confirms is ticked.
    pub fn is_checked(&self) -> bool {
        self.get("checked") == "yes"
    }
}

/// Why a desk did not do it, in words.
pub fn words(lang: Lang, why: DeskError) -> &'static str {
    lang.t(match why {
        DeskError::NotThere => Id::DeskNotThere,
        DeskError::Decided => Id::ErrorChanged,
        DeskError::Day => Id::DeskDay,
        DeskError::Order => Id::DeskOrder,
        DeskError::Facility => Id::DeskFacility,
        DeskError::OtherFacility => Id::DeskOtherFacility,
        DeskError::OtherRefusal => Id::DeskOtherRefusal,
        DeskError::Unreadable => Id::DeskUnreadable,
        DeskError::Reason => Id::DeskReason,
        DeskError::Different => Id::DeskDifferent,
        DeskError::Others => Id::DeskOthers,
        DeskError::LoginTaken => Id::DeskLoginTaken,
        DeskError::Login => Id::DeskLogin,
        DeskError::OwnAccount => Id::DeskOwnAccount,
        DeskError::Running => Id::DeskRunning,
    })
}

/// The page for what a desk did not do.
pub fn refused(signed: &Signed, why: DeskError) -> Fault {
    match why {
        DeskError::NotThere => Fault::not_found(signed),
        DeskError::Decided => Fault::changed(signed),
        other => Fault::invalid(signed.shell(), words(signed.lang, other)),
    }
}

/// The page for a form that is not complete.
pub fn incomplete(signed: &Signed, what: Id) -> Fault {
    Fault::invalid(signed.shell(), signed.lang.t(what))
}

/// A count as pages take it.
pub fn count(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// A facility's name, or its id where it has none.
pub fn named(facility: &store::Facility) -> String {
    if facility.name.is_empty() { facility.id.to_string() } else { facility.name.clone() }
}

/// Every facility's name by id.
pub async fn names(signed: &Signed) -> Result<std::collections::BTreeMap<String, String>, Fault> {
    let facilities = signed.portal.hub.store.facilities().await?;
    Ok(facilities.iter().map(|each| (each.id.to_string(), named(each))).collect())
}
