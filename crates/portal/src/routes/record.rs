//! `GET /person/{id}/record/{record}` with its history, and `…/original[/bytes]`: the delivery it came in.

use crate::pages::original::OriginalPage;
use crate::pages::record::{RecordPage, Version, VersionState};
use crate::routes::fault::Fault;
use crate::routes::patient::banner;
use crate::routes::session::Signed;
use crate::routes::{fields, person};
use crate::when;
use access::Permit;
use axum::extract::{Path, RawQuery};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use model::RecordId;
use store::{ChartQuery, Delivery, ErrorKind, Op, RecordState, RecordView, VersionView};

fn record_id(signed: &Signed, text: &str) -> Result<RecordId, Fault> {
    RecordId::parse(text).ok_or_else(|| Fault::not_found(signed))
}

fn today(signed: &Signed) -> Date {
    when::day(&signed.portal.hub.today()).unwrap_or_default()
}

/// Name of a facility, for people.
async fn facility_name(signed: &Signed, id: &model::FacilityId) -> Result<String, Fault> {
    let facility = signed.portal.hub.store.facility(id).await?;
    Ok(facility
        .map(|facility| facility.name)
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| id.to_string()))
}

/// One record in full.
pub async fn show(signed: Signed, Path((id, record)): Path<(String, String)>) -> Result<Response, Fault> {
    let permit = person::permit(&signed, &id).await?;
    let page = page(&signed, &permit, &record).await.map_err(|fault| fault.framed(&signed))?;
    Ok(page.render().into_response())
}

async fn page(signed: &Signed, permit: &Permit, record: &str) -> Result<RecordPage, Fault> {
    let hub = &signed.portal.hub;
    let view = hub.store.record(permit, record_id(signed, record)?).await?;
    let registered = hub.store.registrations_of(permit.person()).await?;
    let chart = hub.store.chart(permit, &ChartQuery::default()).await?;
    let last =
        view.resource.clone().or_else(|| view.history.iter().rev().find_map(|each| each.resource.clone()));
    let resource = last.unwrap_or_default();
    let row = model::chart::rows(&resource).into_iter().next();
    let current = view.history.iter().find(|each| each.number == view.version);
    let mut versions = Vec::new();
    for (at, each) in view.history.iter().enumerate() {
        let delivery = hub.store.delivery(each.delivery).await?;
        versions.push(version(&view, at, each, delivery));
    }
    versions.reverse();
    Ok(RecordPage {
        shell: signed.shell(),
        banner: banner(signed, permit, &registered, &chart, today(signed)).await?,
        person: permit.person(),
        record: view.id,
        kind: view.kind,
        title: row
            .as_ref()
            .map(|row| row.label.clone())
            .filter(|label| !label.is_empty())
            .unwrap_or(view.resource_type),
        facility: facility_name(signed, &view.facility).await?,
        source: current.and_then(|each| each.source.as_ref()).map(ToString::to_string).unwrap_or_default(),
        author: model::fhir::author(&resource),
        time: row.map(|row| row.time).unwrap_or_default(),
        fields: fields::of(&resource),
        versions,
        json: serde_json::to_string_pretty(&resource).unwrap_or_default(),
    })
}

fn version(view: &RecordView, at: usize, each: &VersionView, delivery: Option<Delivery>) -> Version {
    let before = view.history.iter().take(at).rev().find_map(|earlier| earlier.resource.as_ref());
    let same = |earlier: &&VersionView| earlier.resource.is_some() && earlier.resource == each.resource;
    let state = match each.op {
        Op::Retract => VersionState::Withdrawn,
        Op::Delete | Op::Remove => VersionState::Deleted,
        Op::Put if each.number == view.version && view.state != RecordState::Superseded => {
            VersionState::Current
        }
        Op::Put => VersionState::Superseded,
    };
    Version {
        number: u32::try_from(each.number).unwrap_or_default(),
        state,
        source_time: source_time(&each.since),
        received: each.received_at.clone(),
        feed: each.source.as_ref().map(ToString::to_string).unwrap_or_default(),
        at: each.at.clone(),
        reader: delivery.as_ref().map_or(0, |delivery| delivery.reader_version),
        delivery: delivery.map(|delivery| delivery.path).unwrap_or_default(),
        same_as: view
            .history
            .iter()
            .take(at)
            .rfind(same)
            .and_then(|earlier| u32::try_from(earlier.number).ok()),
        changes: match (before, &each.resource) {
            (Some(before), Some(after)) => fields::changes(before, after),
            _ => Vec::new(),
        },
    }
}

/// `YYYYMMDDHHMMSSmmm` in JST as ISO 8601.
fn source_time(digits: &str) -> String {
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or("00");
    if digits.len() < 14 || !digits.bytes().take(14).all(|byte| byte.is_ascii_digit()) {
        return digits.to_owned();
    }
    format!(
        "{}-{}-{}T{}:{}:{}+09:00",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    )
}

/// The delivery the current version came in, else the last one.
fn chosen(view: &RecordView) -> Option<model::DeliveryId> {
    let current = view.history.iter().find(|each| each.number == view.version);
    current.or(view.history.last()).map(|each| each.delivery)
}

/// The delivery of a record that the viewer sees.
async fn delivery(signed: &Signed, permit: &Permit, record: &str) -> Result<model::DeliveryId, Fault> {
    let view = signed.portal.hub.store.record(permit, record_id(signed, record)?).await?;
    chosen(&view).ok_or_else(|| Fault::not_found(signed))
}

/// The original as text. Where it speaks of others too, or of what the viewer does not see, the page says so.
pub async fn original(signed: Signed, Path((id, record)): Path<(String, String)>) -> Result<Response, Fault> {
    let permit = person::permit(&signed, &id).await?;
    let page = original_page(&signed, &permit, &record).await.map_err(|fault| fault.framed(&signed))?;
    Ok(page.render().into_response())
}

async fn original_page(signed: &Signed, permit: &Permit, record: &str) -> Result<OriginalPage, Fault> {
    let hub = &signed.portal.hub;
    let id = delivery(signed, permit, record).await?;
    let opened = match hub.store.delivery_original(permit, id).await {
        Ok(opened) => Some(opened),
        Err(error) if error.kind == ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let known = hub.store.delivery(id).await?.ok_or_else(|| Fault::not_found(signed))?;
    let registered = hub.store.registrations_of(permit.person()).await?;
    let chart = hub.store.chart(permit, &ChartQuery::default()).await?;
    let mut page = OriginalPage {
        shell: signed.shell(),
        banner: banner(signed, permit, &registered, &chart, today(signed)).await?,
        person: permit.person(),
        download: format!("/person/{}/record/{record}/original/bytes", permit.person()),
        path: String::new(),
        facility: facility_name(signed, &known.facility).await?,
        received: known.received_at,
        sha256: String::new(),
        size: 0,
        charset: None,
        media: None,
        lines: Vec::new(),
        problems: Vec::new(),
        withheld: opened.is_none(),
    };
    if let Some((delivery, bytes)) = opened {
        let text = hub::original::text(&bytes);
        page.path = delivery.path;
        page.sha256 = delivery.sha256;
        page.size = bytes.len();
        page.media = hub::original::media(&bytes);
        page.charset = text.as_ref().map(|text| text.charset.to_owned());
        page.lines = text.map(|text| text.lines).unwrap_or_default();
        page.problems = delivery.problems;
    }
    Ok(page)
}

/// A document is shown by the browser's own viewer and loads nothing.
const DOCUMENT_POLICY: &str = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'";

/// The bytes as received, under a name that says nothing about anybody; with `?show` as what they are, if it is a
/// picture or a PDF.
pub async fn bytes(
    signed: Signed,
    Path((id, record)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let permit = person::permit(&signed, &id).await?;
    let open = async {
        let id = delivery(&signed, &permit, &record).await?;
        Ok::<_, Fault>(signed.portal.hub.store.delivery_original(&permit, id).await?)
    };
    let (delivery, bytes) = open.await.map_err(|fault| fault.framed(&signed))?;
    if let Some(media) = hub::original::media(&bytes).filter(|_| query.as_deref() == Some("show")) {
        let headers = [
            (header::CONTENT_TYPE, media),
            (header::CONTENT_DISPOSITION, "inline"),
            (header::CONTENT_SECURITY_POLICY, DOCUMENT_POLICY),
        ];
        return Ok((headers, bytes).into_response());
    }
    let name = format!("attachment; filename=\"original-{}\"", delivery.sha256.get(..12).unwrap_or_default());
    let headers =
        [(header::CONTENT_TYPE, "application/octet-stream".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, bytes).into_response())
}
