//! From store and permit to the patient page: rows with where they are from, states of the sources, the banner.

use crate::banner::{Allergy, Banner, Consent};
use crate::chart::matrix::Feed;
use crate::course::{self, Entry, Given, SourceInfo, classes, view::View};
use crate::page::Shell;
use crate::pages::patient::PatientPage;
use crate::routes::fault::{Fault, language};
use crate::routes::said;
use crate::routes::session::Signed;
use crate::text::{Id, Lang};
use crate::when;
use access::{Permit, Visibility};
use hub::feeds::FeedState;
use jiff::civil::Date;
use model::chart::ChartRow;
use model::facility::{FacilityKind, RecordKind};
use model::{CompartmentId, FacilityId, RecordId, SourceName};
use std::collections::{BTreeMap, HashMap};
use store::{Chart, ChartEntry, ChartQuery, RecordState, Registered};

/// Most persons of the same surname that are named.
const SAME_SURNAME: usize = 5;

/// The patient page as this permit shows it. The disclosure is in the audit before this returns.
pub async fn patient_page(signed: &Signed, permit: &Permit, view: View) -> Result<PatientPage, Fault> {
    let hub = &signed.portal.hub;
    let today = when::day(&hub.today()).unwrap_or_default();
    let chart = hub.store.chart(permit, &ChartQuery::default()).await?;
    let registered = hub.store.registrations_of(permit.person()).await?;
    let seen: HashMap<CompartmentId, i64> =
        hub.store.seen(permit.viewer().staff, permit.person()).await?.into_iter().collect();
    let facilities = hub.store.facilities().await?;
    let feeds = hub.feed_states().await?;
    let mut entries: Vec<Entry> = Vec::new();
    for place in &chart.facilities {
        let own = place.facility == permit.viewer().facility;
        entries.extend(
            place
                .entries
                .iter()
                .map(|row| entry(&place.facility, row, &seen, own, &signed.staff.created_at, signed.lang)),
        );
        let closed = place.not_consented + place.not_related;
        entries.extend(hidden(permit, &place.facility, closed, place.outside_role.keys()));
    }
    let mut sources: Vec<SourceInfo> = Vec::new();
    for facility in &facilities {
        let place = chart.facilities.iter().find(|place| place.facility == facility.id);
        let own = facility.id == permit.viewer().facility
            && registered.iter().any(|each| each.facility == facility.id);
        if place.is_none() && !own {
            continue;
        }
        let feed = match (place, feeds.of(&facility.id)) {
            (Some(place), _) if place.entries.is_empty() && place.not_consented > 0 => Feed::NotConsented,
            (Some(place), _) if place.entries.is_empty() && place.not_related > 0 => Feed::NotRelated,
            (Some(place), _) if place.entries.is_empty() && !place.outside_role.is_empty() => {
                Feed::OutsideRole
            }
            (_, FeedState::Silent { since, last }) => Feed::Silent(since, last),
            (_, FeedState::Late { last, usual_hours }) => Feed::Late(last, usual(signed.lang, usual_hours)),
            (_, FeedState::Current) => Feed::Current,
        };
        let name = if facility.name.is_empty() { facility.id.to_string() } else { facility.name.clone() };
        sources.push(SourceInfo { facility: facility.id.clone(), name, kind: facility.kind, feed });
    }
    sources.sort_by(|a, b| (order(a.kind), &a.name).cmp(&(order(b.kind), &b.name)));
    let sight = |facility: &FacilityId, kind: RecordKind, sensitive: bool| {
        permit.visibility(facility, kind, sensitive)
    };
    let others_hidden =
        |source: &SourceInfo| !permit.visibility(&source.facility, RecordKind::Condition, true).is_shown();
    let course = course::build(&Given {
        entries: &entries,
        sources: &sources,
        sight: &sight,
        sensitive_line: sources.is_empty() || sources.iter().any(others_hidden),
        today,
        view,
        lang: signed.lang,
    });
    let banner = banner(signed, permit, &registered, &chart, today).await?;
    let shell = Shell {
        live: Some(format!("/person/{}/events", permit.person())),
        here: view.href(),
        ..signed.shell()
    };
    Ok(PatientPage { shell, banner, view, course })
}

/// Hospitals first, town halls last: the order of the rows.
fn order(kind: FacilityKind) -> usize {
    FacilityKind::ALL.iter().position(|each| *each == kind).unwrap_or_default()
}

fn usual(lang: Lang, hours: u32) -> String {
    match lang {
        Lang::Ja | Lang::Easy if hours >= 48 => format!("{}日", hours / 24),
        Lang::Ja | Lang::Easy => format!("{hours}時間"),
        Lang::En if hours >= 48 => format!("{} days", hours / 24),
        Lang::En => format!("{hours} hours"),
    }
}

fn entry(
    facility: &FacilityId,
    row: &ChartEntry,
    seen: &HashMap<CompartmentId, i64>,
    own: bool,
    since: &str,
    lang: Lang,
) -> Entry {
    let mut shown = row.row.clone();
    match row.state {
        RecordState::Superseded => {
            shown.flags.push_str(" superseded");
            shown.value =
                format!("{} 【{}】", shown.value, lang.t(Id::SupersededHere)).trim_start().to_owned();
        }
        RecordState::Deleted | RecordState::Retracted => {
            shown.flags.push_str(" deleted");
            shown.label = format!("【{}】{}", lang.t(Id::DeletedHere), shown.label);
        }
        RecordState::Current => {}
    }
    if shown.has_flag("claims") {
        shown.value = format!("{} 【{}】", shown.value, lang.t(Id::FromClaims)).trim_start().to_owned();
    }
    let news = match seen.get(&row.compartment) {
        Some(seq) => row.seq > *seq,
        // What was there before the account is not news.
        None => row.received.as_ref() > since,
    };
    Entry {
        row: shown,
        record: row.record,
        facility: facility.clone(),
        source: row.source.clone(),
        received: row.received.to_string(),
        author: Some(row.author.clone()).filter(|author| !author.is_empty()),
        version: u32::try_from(row.version).unwrap_or(1),
        unread: news && !own,
    }
}

/// Rows that are there and not shown, as the builder takes them: one for each reason, without any content.
fn hidden<'a>(
    permit: &'a Permit,
    facility: &'a FacilityId,
    closed: usize,
    outside: impl Iterator<Item = &'a RecordKind> + 'a,
) -> impl Iterator<Item = Entry> + 'a {
    let withheld = (closed > 0).then_some(RecordKind::Other);
    let kinds = withheld.into_iter().chain(outside.copied());
    kinds.filter(|kind| permit.visibility(facility, *kind, false) != Visibility::Shown).filter_map(|kind| {
        Some(Entry {
            row: ChartRow::withheld(kind),
            record: RecordId(uuid::Uuid::nil()),
            facility: facility.clone(),
            source: SourceName::new("withheld").ok()?,
            received: String::new(),
            author: None,
            version: 0,
            unread: false,
        })
    })
}

/// The banner of a person, from every registration and the whole chart: a part of the chart could make an allergy look as if
/// nobody had asked.
pub async fn banner(
    signed: &Signed,
    permit: &Permit,
    registered: &[Registered],
    chart: &Chart,
    today: Date,
) -> Result<Banner, Fault> {
    let leading = said::leading(registered);
    let entries = || chart.facilities.iter().flat_map(|place| &place.entries);
    let current =
        || entries().filter(|entry| matches!(entry.state, RecordState::Current | RecordState::Superseded));
    // What speaks for looking; what stands against looking further is said where it hides something.
    let reason = permit.reasons().iter().rfind(|reason| !reason.rule().is_against());
    let closed = |place: &store::FacilityChart| place.not_consented + place.not_related > 0;
    let covered = chart.facilities.iter().filter(|place| !closed(place)).count();
    // An allergy may be among what is not shown.
    let unseen = chart
        .facilities
        .iter()
        .any(|place| closed(place) || place.outside_role.contains_key(&RecordKind::Allergy));
    Ok(Banner {
        name: leading.map(|leading| leading.full_name.reveal().clone()).unwrap_or_default(),
        kana: leading.map(said::kana).unwrap_or_default(),
        birth: leading.and_then(said::birth),
        today,
        sex: leading.map_or(crate::banner::Sex::Unknown, said::sex),
        regional_id: said::regional_id(permit.person()),
        care_level: None,
        allergy: allergy(current().map(|entry| &entry.row), unseen),
        alert_drugs: alert_drugs(signed.lang, current().map(|entry| &entry.row), today),
        same_surname: same_surname(signed, permit, leading, today).await?,
        same_reading: match leading {
            Some(leading) => {
                let hub = &signed.portal.hub;
                hub.same_reading(&signed.viewer, permit.person(), leading.kana.reveal()).await?
            }
            None => 0,
        },
        consent: Consent {
            facilities: permit.sees_others().then_some(covered),
            reason: reason.map(|reason| reason.words(language(signed.lang))).unwrap_or_default(),
        },
    })
}

/// Present, asked and none, or not asked: what is recorded wins over "none".
fn allergy<'a>(rows: impl Iterator<Item = &'a ChartRow>, unseen: bool) -> Allergy {
    let (mut present, mut absent) = (Vec::new(), None);
    for row in rows.filter(|row| {
        row.kind == RecordKind::Allergy && !row.has_flag("refuted") && !row.has_flag("entered-in-error")
    }) {
        if row.has_flag("none-known") {
            absent = Some(when::stamp(&row.time));
        } else if !row.has_flag("inactive") && !row.has_flag("resolved") {
            let value = row.value.split('、').next().unwrap_or_default();
            let words =
                if value.is_empty() { row.label.clone() } else { format!("{}（{value}）", row.label) };
            if !present.contains(&words) {
                present.push(words);
            }
        }
    }
    match (present.is_empty(), absent) {
        (false, _) => Allergy::Present(present),
        // "None" of one facility says nothing of what another one knows and does not show.
        (true, _) if unseen => Allergy::NotShown,
        (true, Some(when)) => Allergy::Absent(when),
        (true, None) => Allergy::NotAsked,
    }
}

/// Drugs whose period covers today and whose class changes what others may do.
fn alert_drugs<'a>(
    lang: Lang,
    rows: impl Iterator<Item = &'a ChartRow>,
    today: Date,
) -> Vec<(String, String)> {
    let mut found = BTreeMap::new();
    for row in rows.filter(|row| row.kind == RecordKind::Medication) {
        let Some((class, true)) = classes::class_of(&row.code, &row.label) else { continue };
        let begun = when::day(&row.time).is_some_and(|day| day <= today);
        let holds = row.end.as_deref().and_then(when::day).is_none_or(|end| end >= today);
        if begun && holds {
            found.insert(row.label.clone(), lang.t(class).to_owned());
        }
    }
    found.into_iter().map(|(name, class)| (class, name)).collect()
}

/// Others of the same surname at the viewer's own facility.
async fn same_surname(
    signed: &Signed,
    permit: &Permit,
    leading: Option<&model::registration::Registration>,
    today: Date,
) -> Result<Vec<(String, Option<i16>)>, Fault> {
    let Some(leading) = leading else { return Ok(Vec::new()) };
    let surname = said::surname(leading);
    let others = signed.portal.hub.same_surname(&signed.viewer, permit.person(), &surname).await?;
    let told = others.iter().map(|other| {
        let age = said::birth(&other.registration).map(|birth| when::age(birth, today));
        (other.registration.full_name.reveal().clone(), age)
    });
    Ok(told.take(SAME_SURNAME).collect())
}
