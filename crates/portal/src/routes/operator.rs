//! `GET /operator`, `GET /operator/feeds.csv`, `POST /operator/replay`: facilities and feeds, and reading again.

use crate::pages::operator::{Counts, FacilityLine, FeedLine, FeedState, OperatorPage};
use crate::pages::replay::ReplayPage;
use crate::routes::desk::{Fields, OPERATORS, count, incomplete, named, names, refused};
use crate::routes::fault::Fault;
use crate::routes::session::Signed;
use crate::text::{Id, Lang};
use axum::extract::{Form, Query};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use hub::desk_feeds::{Feed, Light};
use hub::desk_jobs::Progress;
use model::{FacilityId, SourceName};
use serde::Deserialize;

/// Facilities on one page.
const ON_A_PAGE: usize = 100;

/// Which part of the list.
#[derive(Deserialize)]
pub struct Asked {
    page: Option<usize>,
}

/// The first screen.
pub async fn show(signed: Signed, Query(asked): Query<Asked>) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let page = page(&signed, asked.page.unwrap_or(1)).await.map_err(|fault| fault.framed(&signed))?;
    Ok(page.render().into_response())
}

async fn page(signed: &Signed, asked: usize) -> Result<OperatorPage, Fault> {
    let hub = &signed.portal.hub;
    let overview = hub.overview().await?;
    let feeds = || overview.facilities.iter().flat_map(|(_, feeds)| feeds);
    let counts = Counts {
        people: count(overview.counts.people),
        deliveries: count(feeds().map(|feed| feed.figures.today).sum()),
        behind: feeds().filter(|feed| matches!(feed.light, Light::Late | Light::Silent)).count(),
        problems: count(feeds().map(|feed| feed.figures.problems_today).sum()),
        inbox: count(overview.counts.inbox),
        reviews: count(overview.counts.reviews),
    };
    let pages = overview.facilities.len().div_ceil(ON_A_PAGE).max(1);
    let number = asked.clamp(1, pages);
    let some = overview.facilities.iter().skip((number - 1) * ON_A_PAGE).take(ON_A_PAGE);
    let facilities = some
        .map(|(facility, feeds)| FacilityLine {
            id: facility.id.clone(),
            name: named(facility),
            kind: facility.kind,
            feeds: feeds.iter().map(|feed| line(signed.lang, feed)).collect(),
        })
        .collect();
    let (shell, at) = (signed.shell(), hub.clock.now().to_string());
    Ok(OperatorPage { shell, counts, facilities, jobs: jobs(signed).await?, at, page: (number, pages) })
}

/// Seconds from which a clock that is off is told: times of its files would stand wrong in a course.
const CLOCK_OFF: i64 = 60;

fn line(lang: Lang, feed: &Feed) -> FeedLine {
    FeedLine {
        source: feed.source.name.clone(),
        format: feed.source.format.word().to_owned(),
        state: match feed.light {
            Light::Good => FeedState::Good,
            Light::Never => FeedState::Never,
            Light::Late => FeedState::Late,
            Light::Silent => FeedState::Silent,
        },
        sign: Some(feed.source.contact_at.clone()).filter(|sign| feed.source.via_gateway && !sign.is_empty()),
        clock_off: Some(feed.source.clock_skew_ms / 1000).filter(|off| off.abs() >= CLOCK_OFF),
        last: Some(feed.source.delivery_at.clone()).filter(|last| !last.is_empty()),
        lag: lag(lang, feed),
        day: count(feed.figures.deliveries),
        problems: count(feed.figures.problems),
    }
}

fn lag(lang: Lang, feed: &Feed) -> String {
    let usual = feed.lag_seconds.map_or("—".to_owned(), |seconds| {
        let (id, number) = match seconds {
            0..120 => (Id::LagSeconds, seconds),
            120..7_200 => (Id::LagMinutes, seconds / 60),
            7_200..172_800 => (Id::LagHours, seconds / 3_600),
            _ => (Id::LagDays, seconds / 86_400),
        };
        lang.f(id, &[&number.to_string()])
    });
    match feed.source.spool_depth {
        0 => usual,
        waiting => format!("{usual} {}", lang.f(Id::SpoolWaiting, &[&waiting.to_string()])),
    }
}

async fn jobs(signed: &Signed) -> Result<Vec<(String, String, String)>, Fault> {
    let (lang, names) = (signed.lang, names(signed).await?);
    let job = |replay: hub::desk_jobs::Replay| {
        let facility = names.get(replay.facility.as_str()).cloned().unwrap_or_default();
        let number = |count: usize| crate::chart::number(count as f64);
        let state = match replay.progress {
            Progress::Running(done, all) => lang.f(Id::JobRunning, &[&number(done), &number(all)]),
            Progress::Done(done) => lang.f(Id::JobDone, &[&number(done.deliveries), &number(done.refused)]),
            Progress::Failed => lang.t(Id::JobFailed).to_owned(),
        };
        (format!("{} {facility} / {}", lang.t(Id::Replay), replay.source), replay.by, state)
    };
    Ok(signed.portal.hub.jobs.list().into_iter().map(job).collect())
}

/// Every feed as CSV (RFC 4180, UTF-8 with a byte order mark for spreadsheets).
pub async fn feeds(signed: Signed) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let overview = signed.portal.hub.overview().await.map_err(|error| Fault::from(error).framed(&signed))?;
    let mut text = String::from(
        "\u{feff}facility,name,kind,feed,format,state,last_delivery,last_contact,lag_seconds,waiting,\
         deliveries_24h,problems_24h,deliveries,problems\r\n",
    );
    for (facility, feeds) in &overview.facilities {
        for feed in feeds {
            let source = &feed.source;
            let state = format!("{:?}", feed.light).to_lowercase();
            let fields = [
                facility.id.to_string(),
                named(facility),
                facility.kind.word().to_owned(),
                source.name.to_string(),
                source.format.word().to_owned(),
                state,
                source.delivery_at.clone(),
                source.contact_at.clone(),
                feed.lag_seconds.map(|seconds| seconds.to_string()).unwrap_or_default(),
                source.spool_depth.to_string(),
                feed.figures.deliveries.to_string(),
                feed.figures.problems.to_string(),
                source.deliveries.to_string(),
                source.problems.to_string(),
            ];
            let quoted: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
            text.push_str(&quoted.join(","));
            text.push_str("\r\n");
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"feeds.csv\""),
    ];
    Ok((headers, text).into_response())
}

/// A field between quotes; one that a spreadsheet would compute is made text.
fn quoted(field: &str) -> String {
    let guard = if field.starts_with(['=', '+', '-', '@', '\t']) { "'" } else { "" };
    format!("\"{guard}{}\"", field.replace('"', "\"\""))
}

/// Says how much a replay would read; starts it if that was confirmed.
pub async fn replay(signed: Signed, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let fields = Fields(fields);
    let (Ok(facility), Ok(source)) =
        (FacilityId::new(fields.get("facility")), SourceName::new(fields.get("source")))
    else {
        return Err(incomplete(&signed, Id::DeskFacility));
    };
    let hub = &signed.portal.hub;
    let framed = |error: anyhow::Error| Fault::from(error).framed(&signed);
    let Some(count) = hub.replay_size(&facility, &source).await.map_err(framed)? else {
        return Err(incomplete(&signed, Id::DeskFacility));
    };
    if !fields.is_checked() {
        let names = names(&signed).await?;
        let name = names.get(facility.as_str()).cloned().unwrap_or_default();
        let (shell, facility, source) = (signed.shell(), facility.to_string(), source.to_string());
        return Ok(ReplayPage { shell, facility, name, source, count }.render().into_response());
    }
    match hub.start_replay(&signed.viewer, &facility, &source).await.map_err(framed)? {
        Ok(()) => Ok(Redirect::to("/operator").into_response()),
        Err(why) => Err(refused(&signed, why)),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_field_of_a_table_is_computed() {
        assert_eq!(super::quoted("白鳥 \"本院\""), "\"白鳥 \"\"本院\"\"\"");
        assert_eq!(super::quoted("=1+1"), "\"'=1+1\"");
    }
}
