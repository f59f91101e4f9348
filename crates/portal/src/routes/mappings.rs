//! `/operator/mappings`: what a facility's own codes mean; every change is previewed before it is made.

use crate::pages::mapping_preview::{MappingPreviewPage, Stand};
use crate::pages::mappings::{self, Filled, MappingLine, MappingsPage};
use crate::routes::desk::{Fields, OPERATORS, incomplete, names, refused};
use crate::routes::fault::Fault;
use crate::routes::quality::patiently;
use crate::routes::session::Signed;
use crate::text::{Id, Lang, Quality};
use axum::extract::{Form, Path, Query};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use hub::desk::DeskError;
use hub::desk_quality::{QualityJob, State, Task};
use hub::mapping::{Wrong, check};
use hub::mapping_csv::{self, CsvFault};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::{CodeMapping, NewMapping};

/// What the form is filled with.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    facility: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    system: String,
    #[serde(default)]
    code: String,
}

type Names = BTreeMap<String, String>;

/// The tables.
pub async fn show(signed: Signed, Query(asked): Query<Asked>) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let page = page(&signed, asked).await.map_err(|fault| fault.framed(&signed))?;
    Ok(page.render().into_response())
}

async fn page(signed: &Signed, asked: Asked) -> Result<MappingsPage, Fault> {
    let hub = &signed.portal.hub;
    let (names, (_, all)) = (names(signed).await?, hub.store.mappings().await?);
    let lines = |holds: bool| {
        let some = all.iter().rev().filter(|each| each.holds() == holds).take(mappings::MOST);
        some.map(|each| line(&names, each)).collect()
    };
    let (holding, ended) = (lines(true), lines(false));
    let Asked { facility, kind, system, code } = asked;
    Ok(MappingsPage {
        shell: signed.shell(),
        holding,
        count: all.iter().filter(|each| each.holds()).count(),
        ended,
        filled: Filled { facility, kind, system, code },
        facilities: names.into_iter().collect(),
        columns: mapping_csv::COLUMNS.join(","),
        jobs: hub.quality.list().into_iter().map(|job| told(signed.lang, job)).collect(),
    })
}

fn line(names: &Names, mapping: &CodeMapping) -> MappingLine {
    let new = proposed(names, &mapping.said);
    let ended = (mapping.ended_by.clone(), mapping.ended_at.clone());
    MappingLine {
        id: mapping.id,
        made: (mapping.made_by.clone(), mapping.made_at.clone()),
        ended: Some(ended).filter(|(_, at)| !at.is_empty()),
        ..new
    }
}

fn proposed(names: &Names, said: &NewMapping) -> MappingLine {
    let name = || names.get(&said.facility).unwrap_or(&said.facility).clone();
    MappingLine {
        id: 0,
        facility: (!said.facility.is_empty()).then(name),
        drug: said.kind == "medication",
        system: said.system.clone(),
        code: said.code.clone(),
        target: (said.target_system.clone(), said.target_code.clone()),
        display: said.display.clone(),
        made: (String::new(), String::new()),
        ended: None,
    }
}

fn told(lang: Lang, job: QualityJob) -> (Quality, String, String, Option<String>) {
    let number = |count: usize| crate::chart::number(count as f64);
    let state = match (job.task, job.state) {
        (_, State::Running(done, all)) => lang.f(Quality::StateRunning, &[&number(done), &number(all)]),
        (Task::Reread, State::Done(read)) => lang.f(Quality::StateReread, &[&number(read)]),
        (_, State::Done(_)) => lang.t(Quality::StateDone).to_owned(),
        (_, State::Adopted) => lang.t(Quality::StateAdopted).to_owned(),
        (_, State::Failed) => lang.t(Quality::StateFailed).to_owned(),
    };
    let (task, href) = match job.task {
        Task::Count => (Quality::TaskCount, Some("/operator/quality".to_owned())),
        Task::Preview => (Quality::TaskPreview, Some(format!("/operator/mappings/preview/{}", job.number))),
        Task::Reread => (Quality::TaskReread, None),
    };
    (task, job.by, state, href)
}

/// Every mapping there is or was.
pub async fn export(signed: Signed) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let (_, all) =
        signed.portal.hub.store.mappings().await.map_err(|error| Fault::from(error).framed(&signed))?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"mappings.csv\""),
    ];
    Ok((headers, mapping_csv::write(&all)).into_response())
}

fn wrong(lang: Lang, wrong: Wrong) -> &'static str {
    lang.t(match wrong {
        Wrong::Kind => Quality::WrongKind,
        Wrong::Code => Quality::WrongCode,
        Wrong::TargetSystem => Quality::WrongTargetSystem,
        Wrong::TargetCode => Quality::WrongTargetCode,
        Wrong::National => Quality::WrongNational,
        Wrong::Facility => Quality::WrongFacility,
    })
}

fn faulty(lang: Lang, fault: CsvFault) -> String {
    match fault {
        CsvFault::Column(name) => lang.f(Quality::WrongColumn, &[name]),
        CsvFault::Line(line) => lang.f(Quality::WrongLine, &[&line.to_string()]),
        CsvFault::Wrong(line, why) => lang.f(Quality::WrongAt, &[&line.to_string(), wrong(lang, why)]),
        CsvFault::Twice(line) => lang.f(Quality::WrongTwice, &[&line.to_string()]),
    }
}

/// `add`, `import`, `end` ask what would change; `reread` starts reading again.
pub async fn act(
    signed: Signed,
    Path(verb): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let (fields, hub, lang) = (Fields(fields), &signed.portal.hub, signed.lang);
    let invalid = |what: &str| Fault::invalid(signed.shell(), what);
    let framed = |error: anyhow::Error| Fault::from(error).framed(&signed);
    let (make, end) = match verb.as_str() {
        "add" => {
            let [facility, kind, system, code, target_system, target_code, display] =
                mapping_csv::COLUMNS.map(|name| fields.get(name).trim().to_owned());
            let new = NewMapping { facility, kind, system, code, target_system, target_code, display };
            check(&new).map_err(|why| invalid(wrong(lang, why)))?;
            (vec![new], Vec::new())
        }
        "import" => {
            (mapping_csv::read(fields.get("csv")).map_err(|fault| invalid(&faulty(lang, fault)))?, Vec::new())
        }
        "end" => (Vec::new(), fields.get("id").parse::<i64>().into_iter().collect()),
        "reread" => {
            return match hub.start_reread(&signed.viewer).await.map_err(framed)? {
                Ok(()) => {
                    patiently(&signed).await;
                    Ok(Redirect::to("/operator/mappings").into_response())
                }
                Err(why) => Err(refused(&signed, why)),
            };
        }
        _ => return Err(Fault::not_found(&signed)),
    };
    let names = names(&signed).await.map_err(|fault| fault.framed(&signed))?;
    if make.iter().any(|new| !new.facility.is_empty() && !names.contains_key(&new.facility)) {
        return Err(incomplete(&signed, Id::DeskFacility));
    }
    match hub.propose(&signed.viewer, make, &end).await.map_err(framed)? {
        Ok(number) => {
            patiently(&signed).await;
            Ok(Redirect::to(&format!("/operator/mappings/preview/{number}")).into_response())
        }
        Err(DeskError::NotThere) => Err(invalid(lang.t(Quality::NothingToDo))),
        Err(why) => Err(refused(&signed, why)),
    }
}

/// What a change would change.
pub async fn preview(signed: Signed, Path(number): Path<u64>) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let job = signed.portal.hub.quality.find(number).filter(|job| job.task == Task::Preview);
    let job = job.ok_or_else(|| Fault::not_found(&signed))?;
    let names = names(&signed).await.map_err(|fault| fault.framed(&signed))?;
    let stand = match job.state {
        State::Running(done, all) => Stand::Looking(done, all),
        State::Done(_) => Stand::Ready,
        State::Adopted => Stand::Adopted,
        State::Failed => Stand::BrokeOff,
    };
    let affected = job.affected.iter().map(|((facility, source), (records, deliveries))| {
        let name = names.get(facility.as_str()).cloned().unwrap_or_else(|| facility.to_string());
        (format!("{name} / {source}"), *records, *deliveries)
    });
    let page = MappingPreviewPage {
        shell: signed.shell(),
        number,
        stand,
        make: job.proposal.make.iter().map(|new| proposed(&names, new)).collect(),
        end: job.proposal.end.iter().map(|each| line(&names, each)).collect(),
        affected: affected.collect(),
    };
    Ok(page.render().into_response())
}

/// Makes the change, and starts reading again.
pub async fn adopt(
    signed: Signed,
    Path(number): Path<u64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    if !Fields(fields).is_checked() {
        return Err(incomplete(&signed, Id::DeskChecked));
    }
    let adopted = signed.portal.hub.adopt(&signed.viewer, number).await;
    match adopted.map_err(|error| Fault::from(error).framed(&signed))? {
        Ok(()) => {
            patiently(&signed).await;
            Ok(Redirect::to("/operator/mappings").into_response())
        }
        Err(why) => Err(refused(&signed, why)),
    }
}
