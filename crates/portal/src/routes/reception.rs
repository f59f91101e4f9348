//! `/reception/{person}`: consents and relationships at a facility's desk.

use crate::pages::reception::{ConsentLine, ReceptionPage, RelationshipLine};
use crate::routes::desk::{Fields, RECEPTIONS, named, words};
use crate::routes::fault::Fault;
use crate::routes::said;
use crate::routes::session::Signed;
use crate::text::Id;
use crate::when;
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub::desk::DeskError;
use hub::desk_consent::{Days, PORTAL, SaidConsent, Standing};
use model::facility::{FacilityKind, Profession};
use model::reading::ConsentEntry;
use model::{FacilityId, PersonId, StaffId};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::{AuditEntry, Entered, Facility, Registered};

/// What was just saved.
#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    saved: String,
}

/// `GET /reception`: first the person is looked for.
pub async fn search(signed: Signed) -> Result<Response, Fault> {
    signed.only(RECEPTIONS).await?;
    Ok(Redirect::to("/search").into_response())
}

/// What the person has said.
pub async fn show(
    signed: Signed,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    signed.only(RECEPTIONS).await?;
    let mut page = page(&signed, &id).await.map_err(|fault| fault.framed(&signed))?;
    let saved = match asked.saved.as_str() {
        "permit" => Some(Id::SavedConsent),
        "deny" => Some(Id::SavedDeny),
        "withdraw" => Some(Id::SavedWithdraw),
        "relationship" => Some(Id::SavedRelationship),
        _ => None,
    };
    page.saved = saved.map(|saved| signed.lang.t(saved).to_owned());
    page.shell.here = format!("/reception/{}", page.person);
    Ok(page.render().into_response())
}

/// The page, in the audit before it is shown.
async fn page(signed: &Signed, id: &str) -> Result<ReceptionPage, Fault> {
    let (hub, viewer, lang) = (&signed.portal.hub, &signed.viewer, signed.lang);
    let person = PersonId::parse(id).ok_or_else(|| Fault::not_found(signed))?;
    let registered = hub.store.registrations_of(person).await?;
    let here: Vec<Registered> =
        registered.iter().filter(|each| each.facility == viewer.facility).cloned().collect();
    let leading = said::leading(&here).or_else(|| said::leading(&registered));
    let (Some(leading), Some(said)) = (leading, hub.said(person).await?) else {
        return Err(Fault::not_found(signed));
    };
    let entry = AuditEntry {
        person: Some(person),
        purpose: access::Purpose::Administration.word().into(),
        ..hub.entry(viewer, "disclosure", "reception", "")
    };
    hub.store.audit(entry).await?;
    let today = when::day(&hub.today()).unwrap_or_default();
    let facilities = hub.store.facilities().await?;
    let names: BTreeMap<&str, String> =
        facilities.iter().map(|each| (each.id.as_str(), named(each))).collect();
    let name = |id: &FacilityId| names.get(id.as_str()).cloned().unwrap_or_else(|| id.to_string());
    let mut consents = Vec::with_capacity(said.consents.len());
    for each in &said.consents {
        consents.push(line(signed, each, &name).await?);
    }
    let relationships = said.relationships.iter().map(|each| RelationshipLine {
        facility: name(&each.facility),
        reason: each.reason.clone(),
        from: each.from.clone(),
        until: each.until.clone(),
    });
    let mut same_surname = Vec::new();
    for other in hub.same_surname(viewer, person, &said::surname(leading)).await? {
        let age = said::birth(&other.registration).map(|birth| when::age(birth, today).to_string());
        let age = age.map_or(String::new(), |age| format!("（{}）", lang.f(Id::Years, &[&age])));
        same_surname.push(format!("{}{age}", other.registration.full_name.reveal()));
    }
    same_surname.dedup();
    let all = facilities
        .iter()
        .filter(|each| viewer.profession == Profession::Operator || each.id == viewer.facility);
    Ok(ReceptionPage {
        shell: signed.shell(),
        person,
        name: leading.full_name.reveal().clone(),
        kana: said::kana(leading),
        birth: said::birth(leading),
        sex: said::sex(leading),
        address: if registered.iter().any(|each| each.registration.address_hidden) {
            lang.t(Id::AddressHidden).to_owned()
        } else if here.is_empty() {
            said::district(leading)
        } else {
            leading.address.reveal().clone()
        },
        same_surname,
        denied: said.consents.iter().any(|each| each.standing == Standing::Overruled),
        consents,
        relationships: relationships.collect(),
        own: all.map(|each| (each.id.clone(), named(each))).collect(),
        facilities: by_kind(&facilities),
        today,
        saved: None,
        problem: None,
    })
}

fn by_kind(facilities: &[Facility]) -> Vec<(FacilityKind, Vec<(FacilityId, String)>)> {
    let of = |kind: FacilityKind| {
        let own = facilities.iter().filter(|each| each.kind == kind);
        let mut list: Vec<(FacilityId, String)> = own.map(|each| (each.id.clone(), named(each))).collect();
        list.sort_by(|a, b| a.1.cmp(&b.1));
        (kind, list)
    };
    FacilityKind::ALL.iter().map(|kind| of(*kind)).filter(|(_, list)| !list.is_empty()).collect()
}

async fn line(
    signed: &Signed,
    said: &SaidConsent,
    name: &(dyn Fn(&FacilityId) -> String + Sync),
) -> Result<ConsentLine, Fault> {
    let deny = said.consent.kind == access::ConsentKind::Deny;
    let ours = said.facility == signed.viewer.facility
        && said.entered.last().is_some_and(|entered| entered.source.as_str() == PORTAL);
    let first = entered(signed, name(&said.facility), said.entered.first()).await?;
    let last = entered(signed, name(&said.facility), said.entered.last()).await?;
    let idle = match said.standing {
        Standing::Over => Some(Id::ConsentOver),
        Standing::Later => Some(Id::ConsentLater),
        Standing::Overruled => Some(Id::ConsentOverruled),
        Standing::InForce | Standing::TakenBack => None,
    };
    Ok(ConsentLine {
        id: said.consent.id.clone(),
        deny,
        facilities: said.consent.facilities.iter().map(name).collect(),
        from: said.consent.from.clone(),
        until: said.consent.until.clone(),
        entered: first,
        withdrawn: (said.standing == Standing::TakenBack).then_some(last),
        idle,
        elsewhere: !ours,
        open: matches!(said.standing, Standing::InForce | Standing::Later) && (ours || !deny),
        effect: said.effect.iter().map(named).collect(),
    })
}

/// Who entered something and when: a member of staff at a desk, or a feed.
async fn entered(signed: &Signed, facility: String, entered: Option<&Entered>) -> Result<String, Fault> {
    let Some(entered) = entered else { return Ok(facility) };
    let at = when::stamp(&entered.at);
    let desk =
        entered.path.strip_prefix("reception/").and_then(|rest| StaffId::parse(rest.split('/').next()?));
    let staff = match desk.filter(|_| entered.source.as_str() == PORTAL) {
        Some(id) => signed.portal.hub.store.staff(id).await?,
        None => None,
    };
    Ok(match staff {
        Some(staff) => format!("{}（{facility}） {at}", staff.name),
        None => format!("{facility} / {} {at}", entered.source),
    })
}

/// `POST /reception/{person}/consent`, `…/withdraw`, `…/relationship`
pub async fn act(
    signed: Signed,
    Path((id, verb)): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    signed.only(RECEPTIONS).await?;
    let person = PersonId::parse(&id).ok_or_else(|| Fault::not_found(&signed))?;
    let fields = Fields(fields);
    match keep(&signed, person, &verb, &fields).await.map_err(|fault| fault.framed(&signed))? {
        Ok(saved) => Ok(Redirect::to(&format!("/reception/{person}?saved={saved}")).into_response()),
        Err(Wrong::Form(problem)) => wrong(&signed, &id, signed.lang.t(problem)).await,
        Err(Wrong::Desk(DeskError::NotThere)) => Err(Fault::not_found(&signed)),
        Err(Wrong::Desk(why)) => wrong(&signed, &id, words(signed.lang, why)).await,
    }
}

/// Why nothing was kept.
enum Wrong {
    Form(Id),
    Desk(DeskError),
}

async fn wrong(signed: &Signed, id: &str, problem: &str) -> Result<Response, Fault> {
    let mut page = page(signed, id).await.map_err(|fault| fault.framed(signed))?;
    page.problem = Some(problem.to_owned());
    page.shell.here = format!("/reception/{}", page.person);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page.render()).into_response())
}

async fn keep(
    signed: &Signed,
    person: PersonId,
    verb: &str,
    fields: &Fields,
) -> Result<Result<&'static str, Wrong>, Fault> {
    let (hub, viewer) = (&signed.portal.hub, &signed.viewer);
    if verb != "relationship" && !fields.is_checked() {
        return Ok(Err(Wrong::Form(Id::DeskChecked)));
    }
    let mut named = Vec::new();
    for each in fields.all("facility").filter(|each| !each.is_empty()) {
        let Ok(facility) = FacilityId::new(each) else { return Ok(Err(Wrong::Form(Id::DeskFacility))) };
        named.push(facility);
    }
    let days = Days { from: fields.get("from"), until: fields.get("until") };
    let (entry, saved) = match verb {
        "withdraw" => {
            let done = hub.take_back(viewer, person, fields.get("consent")).await?;
            return Ok(done.map(|()| "withdraw").map_err(Wrong::Desk));
        }
        "consent" => {
            let scope = match (fields.get("scope"), named.is_empty()) {
                ("all", _) => Vec::new(),
                ("some", false) => named,
                _ => return Ok(Err(Wrong::Form(Id::DeskFacility))),
            };
            match fields.get("kind") {
                "permit" => (ConsentEntry::Permit(scope), "permit"),
                "deny" => (ConsentEntry::Deny(scope), "deny"),
                _ => return Ok(Err(Wrong::Form(Id::DeskKind))),
            }
        }
        "relationship" => {
            let reason = fields.get("reason").to_owned();
            if !["visit", "referral", "care-contract", "team"].contains(&reason.as_str()) {
                return Ok(Err(Wrong::Form(Id::DeskKind)));
            }
            let Some(facility) = named.into_iter().next() else {
                return Ok(Err(Wrong::Form(Id::DeskFacility)));
            };
            (ConsentEntry::Relationship { facility, reason }, "relationship")
        }
        _ => return Err(Fault::not_found(signed)),
    };
    let done = hub.enter(viewer, person, &entry, days).await?;
    Ok(done.map(|()| saved).map_err(Wrong::Desk))
}
