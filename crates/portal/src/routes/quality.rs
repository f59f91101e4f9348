//! `/operator/quality`: what the last count of data quality found, and counting anew.

use crate::pages::quality::{Counting, Figures, QualityPage, SourceLine};
use crate::pages::quality_source::{self, CodeLine, QualitySourcePage};
use crate::routes::desk::{OPERATORS, count as figure, names, refused};
use crate::routes::fault::Fault;
use crate::routes::session::Signed;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use hub::desk_quality::{QualityJob, State, Task};
use model::{FacilityId, SourceName};
use std::time::Duration;
use store::{QualityKind, QualityRow};

/// Problem codes by which identifiers of one record disagree.
const IDENTIFIERS: [&str; 4] =
    ["patient-id-mismatch", "several-patients", "several-local-ids", "patient-not-identified"];

/// How long an answer waits for a job to end, so that a small one needs no second look.
const PATIENCE: (u32, Duration) = (20, Duration::from_millis(50));

/// Waits a moment for the latest job to end.
pub async fn patiently(signed: &Signed) {
    for _ in 0..PATIENCE.0 {
        let latest = signed.portal.hub.quality.list().into_iter().next();
        if !latest.is_some_and(|job| matches!(job.state, State::Running(..))) {
            return;
        }
        tokio::time::sleep(PATIENCE.1).await;
    }
}

/// Figures out of what was counted of one feed and its facility.
fn figures<'r>(rows: impl Iterator<Item = &'r QualityRow>) -> Figures {
    let mut figures = Figures::default();
    for row in rows {
        let number = figure(row.number);
        match row.kind {
            QualityKind::Laboratory => figures.laboratory += number,
            QualityKind::Medication => figures.medication += number,
            QualityKind::Duplicate => figures.duplicates += number,
            QualityKind::Counted => {}
            QualityKind::Problem => {
                figures.kinds += 1;
                figures.dates += if row.code == "impossible-date" { number } else { 0 };
                figures.identifiers += if IDENTIFIERS.contains(&row.code.as_str()) { number } else { 0 };
            }
        }
    }
    figures
}

fn counted(rows: &[QualityRow]) -> Option<(String, usize)> {
    let row = rows.iter().find(|row| row.kind == QualityKind::Counted)?;
    Some((row.counted_at.clone(), figure(row.number)))
}

/// Every feed.
pub async fn show(signed: Signed) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let page = page(&signed).await.map_err(|fault| fault.framed(&signed))?;
    Ok(page.render().into_response())
}

async fn page(signed: &Signed) -> Result<QualityPage, Fault> {
    let hub = &signed.portal.hub;
    let (rows, names) = (hub.store.quality(None).await?, names(signed).await?);
    let sources = hub.store.sources().await?;
    let line = |source: &store::Source| {
        let (facility, name) = (source.facility.to_string(), source.name.to_string());
        let own =
            |row: &&QualityRow| row.facility == facility && (row.source.is_empty() || row.source == name);
        SourceLine {
            name: names.get(&facility).cloned().unwrap_or_else(|| facility.clone()),
            figures: figures(rows.iter().filter(own)),
            facility: facility.clone(),
            source: name.clone(),
        }
    };
    let latest = hub.quality.list().into_iter().find(|job| job.task == Task::Count);
    let count = match latest.map(|job: QualityJob| job.state) {
        Some(State::Running(done, all)) => Counting::Running(done, all),
        Some(State::Failed) => Counting::BrokeOff,
        _ => Counting::Idle,
    };
    let sources = sources.iter().map(line).collect();
    Ok(QualityPage { shell: signed.shell(), counted: counted(&rows), count, sources })
}

/// Counts anew.
pub async fn count(signed: Signed) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let started = signed.portal.hub.start_count(&signed.viewer).await;
    match started.map_err(|error| Fault::from(error).framed(&signed))? {
        Ok(()) => {
            patiently(&signed).await;
            Ok(Redirect::to("/operator/quality").into_response())
        }
        Err(why) => Err(refused(&signed, why)),
    }
}

/// One feed.
pub async fn source(
    signed: Signed,
    Path((facility, source)): Path<(String, String)>,
) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let (Ok(facility), Ok(source)) = (FacilityId::new(&facility), SourceName::new(&source)) else {
        return Err(Fault::not_found(&signed));
    };
    let page = source_page(&signed, &facility, &source).await.map_err(|fault| fault.framed(&signed))?;
    Ok(page.render().into_response())
}

async fn source_page(
    signed: &Signed,
    facility: &FacilityId,
    source: &SourceName,
) -> Result<QualitySourcePage, Fault> {
    let store = &signed.portal.hub.store;
    let known = store.sources().await?;
    if !known.iter().any(|each| each.facility == *facility && each.name == *source) {
        return Err(Fault::not_found(signed));
    }
    let rows = store.quality(Some((facility, source.as_str()))).await?;
    let coded = |row: &&QualityRow| matches!(row.kind, QualityKind::Laboratory | QualityKind::Medication);
    let line = |row: &QualityRow| CodeLine {
        drug: row.kind == QualityKind::Medication,
        system: row.system.clone(),
        code: row.code.clone(),
        label: row.label.clone(),
        records: figure(row.number),
        last_day: row.last_day.clone(),
    };
    let problems = rows.iter().filter(|row| row.kind == QualityKind::Problem);
    Ok(QualitySourcePage {
        shell: signed.shell(),
        name: names(signed).await?.remove(facility.as_str()).unwrap_or_else(|| facility.to_string()),
        facility: facility.to_string(),
        source: source.to_string(),
        counted: counted(&rows),
        figures: figures(rows.iter()),
        codes: rows.iter().filter(coded).take(quality_source::MOST).map(line).collect(),
        code_count: rows.iter().filter(coded).count(),
        problems: problems.map(|row| (row.code.clone(), figure(row.number), row.last_day.clone())).collect(),
    })
}
