//! `bench chart`: the data of the patient page, for one large person in a large store, alone and under ingest.
//!
//! One sample is what the page does before its first byte leaves: decide with the facts of the moment, read the
//! chart, commit the disclosure to the audit; then the smaller reads beside it (registrations, what was seen, the
//! directory, the state of the sources).

use crate::bench::{Ground, hospital, percentile, rate, reset_peak};
use crate::load::{Order, SOURCE};
use ::hub::Hub;
use ::hub::intake::Answer;
use ::hub::prepare::{Arrival, prepare};
use access::Viewer;
use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use model::facility::{FacilityKind, Profession};
use model::reading::{Format, Input};
use model::{CompartmentId, FacilityId, PersonId, SourceName, StaffId};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use store::{ChartQuery, Evidence};

/// Laboratory results in one file while the store is filled: few files, so that it is filled soon.
const FILLING: usize = 190;
/// Files in one batch while the store is filled.
const BATCH: usize = 8;
/// Results in one file of the ingest beside the reading, and files in its batches.
const BESIDE: (usize, usize) = (6, 50);
/// The person's number at both hospitals.
const PATIENT: u32 = 1;

/// Measures.
pub async fn run(ground: &Ground, records: usize, of_person: usize, times: usize) -> anyhow::Result<()> {
    let hub = ground.hub("chart").await?;
    let (own, other) = (hospital(&hub, "H01").await?, hospital(&hub, "H02").await?);
    let begun = Instant::now();
    let numbers = AtomicUsize::new(1);
    let at_own = fill(&hub, &own, of_person / 2, &numbers, |_| PATIENT).await?;
    let at_other = fill(&hub, &other, of_person - of_person / 2, &numbers, |_| PATIENT).await?;
    let rest = records.saturating_sub(at_own + at_other);
    // About two hundred records for everybody else.
    let others = u32::try_from(rest / 200)?.max(1);
    let filled =
        fill(&hub, &own, rest, &numbers, |file| 2 + u32::try_from(file).unwrap_or(0) % others).await?;
    println!(
        "{} records in the store, filled in {:.0} s",
        filled + at_own + at_other,
        begun.elapsed().as_secs_f64()
    );
    let person = one_person(&hub, &own, &other).await?;
    let viewer = Viewer {
        staff: StaffId(uuid::Uuid::from_u128(1)),
        name: "測定 医師".into(),
        profession: Profession::Physician,
        facility: own.clone(),
        facility_name: own.to_string(),
        facility_kind: FacilityKind::Hospital,
    };
    page(&hub, &viewer, person).await?;
    reset_peak();
    let samples = sample(&hub, &viewer, person, times, Duration::from_millis(5)).await?;
    print("alone", &samples)?;
    println!("memory {}", ground.memory());

    reset_peak();
    let (stop, received) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut ingest = tokio::task::JoinSet::new();
    for gateway in 0..2 {
        let (hub, own, stop, received) = (hub.clone(), own.clone(), Arc::clone(&stop), Arc::clone(&received));
        ingest.spawn(async move {
            let numbers = AtomicUsize::new(10_000_000 * (gateway + 1));
            while !stop.load(Ordering::Relaxed) {
                let orders = orders(&numbers, BESIDE.1, BESIDE.0, |file| {
                    2 + u32::try_from(file).unwrap_or(0) % others
                });
                received.fetch_add(receive(&hub, &own, &orders).await?, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (before, begun) = (received.load(Ordering::Relaxed), Instant::now());
    let samples = sample(&hub, &viewer, person, times, Duration::from_millis(50)).await?;
    let speed = rate(received.load(Ordering::Relaxed) - before, begun.elapsed());
    stop.store(true, Ordering::Relaxed);
    while let Some(done) = ingest.join_next().await {
        done??;
    }
    print(&format!("while {speed:.0} records/s come in"), &samples)?;
    println!("memory {}", ground.memory());
    hub.store.close().await;
    Ok(())
}

struct Sample {
    rows: usize,
    chart: Duration,
    all: Duration,
}

fn print(when: &str, samples: &[Sample]) -> anyhow::Result<()> {
    let sorted = |of: fn(&Sample) -> Duration| {
        let mut times: Vec<Duration> = samples.iter().map(of).collect();
        times.sort_unstable();
        times
    };
    let (chart, all) = (sorted(|each| each.chart), sorted(|each| each.all));
    println!(
        "{when}: {} rows; decide, chart and disclosure p50 {:.1} ms, p99 {:.1} ms; all the page's data p50 {:.1} ms, p99 {:.1} ms ({} times)",
        samples.first().map_or(0, |each| each.rows),
        percentile(&chart, 0.5)?,
        percentile(&chart, 0.99)?,
        percentile(&all, 0.5)?,
        percentile(&all, 0.99)?,
        samples.len()
    );
    Ok(())
}

/// Asks again and again, with a pause between.
async fn sample(
    hub: &Hub,
    viewer: &Viewer,
    person: PersonId,
    times: usize,
    pause: Duration,
) -> anyhow::Result<Vec<Sample>> {
    let mut samples = Vec::with_capacity(times);
    for _ in 0..times {
        samples.push(page(hub, viewer, person).await?);
        tokio::time::sleep(pause).await;
    }
    Ok(samples)
}

/// The data of one page.
async fn page(hub: &Hub, viewer: &Viewer, person: PersonId) -> anyhow::Result<Sample> {
    let begun = Instant::now();
    let permit =
        hub.decide(viewer, person).await?.context("the person is gone")?.map_err(anyhow::Error::new)?;
    let chart = hub.store.chart(&permit, &ChartQuery::default()).await?;
    let till_chart = begun.elapsed();
    hub.store.registrations_of(person).await?;
    hub.store.seen(viewer.staff, person).await?;
    hub.store.facilities().await?;
    hub.feed_states().await?;
    let rows = chart.facilities.iter().map(|facility| facility.entries.len()).sum();
    ensure!(chart.facilities.len() == 2, "the page shows {} hospitals of two", chart.facilities.len());
    Ok(Sample { rows, chart: till_chart, all: begun.elapsed() })
}

fn orders(numbers: &AtomicUsize, count: usize, results: usize, patient: impl Fn(usize) -> u32) -> Vec<Order> {
    (0..count)
        .map(|_| {
            let number = numbers.fetch_add(1, Ordering::Relaxed);
            Order { patient: patient(number), number: number as u64, results }
        })
        .collect()
}

fn arrival(facility: &FacilityId, order: Order) -> anyhow::Result<Arrival> {
    let file = order.file();
    Ok(Arrival {
        facility: facility.clone(),
        source: SourceName::new(SOURCE)?,
        path: file.path,
        bytes: Bytes::from(file.bytes),
        source_time: String::new(),
        sequence: 0,
        again: false,
    })
}

/// Receives the orders' files; how many records they state.
async fn receive(hub: &Hub, facility: &FacilityId, orders: &[Order]) -> anyhow::Result<usize> {
    let mut arrivals = Vec::with_capacity(orders.len());
    for order in orders {
        arrivals.push((arrival(facility, *order)?, Some(Format::SsMix2)));
    }
    let mut records = 0;
    for each in hub.receive(arrivals).await? {
        if !matches!(each.answer, Answer::Kept) {
            bail!("a file was not kept: {:?}", each.answer);
        }
        records += each.record_count();
    }
    Ok(records)
}

/// Receives files until they state `records` records; how many they state.
async fn fill(
    hub: &Hub,
    facility: &FacilityId,
    records: usize,
    numbers: &AtomicUsize,
    patient: impl Fn(usize) -> u32,
) -> anyhow::Result<usize> {
    let mut filled = 0;
    while filled < records {
        let left = records - filled;
        let (files, results) = if left > FILLING * BATCH { (BATCH, FILLING) } else { (1, left.min(FILLING)) };
        filled += receive(hub, facility, &orders(numbers, files, results, &patient)).await?;
    }
    Ok(filled)
}

/// Joins the two registrations of the person, who agrees to be seen in the region; the own hospital treats them.
async fn one_person(hub: &Hub, own: &FacilityId, other: &FacilityId) -> anyhow::Result<PersonId> {
    let compartment = |facility: &FacilityId| -> anyhow::Result<CompartmentId> {
        let arrival = arrival(facility, Order { patient: PATIENT, number: 1, results: 1 })?;
        let input = Input { path: &arrival.path, bytes: &arrival.bytes, source_time: "" };
        let reading =
            formats::read(Format::SsMix2, &input).ok().context("a file of the load cannot be read")?;
        let parts = prepare(&arrival, Format::SsMix2, reading).unit.parts;
        Ok(parts.first().context("a file of the load says nothing")?.compartment)
    };
    let registered =
        hub.store.registration(compartment(own)?).await?.context("the person is not registered")?;
    let evidence = Evidence { rule: "human", why: "for the measurement", by: "xtask" };
    hub.store.link(compartment(other)?, registered.person, &evidence).await?;
    let id = format!("{PATIENT:010}");
    let consent = format!(
        "local_id,entry,facilities,reason,from,until\r\n{id},permit,,,2020-01-01,\r\n{id},relationship,{own},visit,2020-01-01,\r\n"
    );
    let arrival = Arrival {
        facility: own.clone(),
        source: SourceName::new("consent")?,
        path: "consent.csv".into(),
        bytes: Bytes::from(consent),
        source_time: String::new(),
        sequence: 0,
        again: false,
    };
    for each in hub.receive(vec![(arrival, Some(Format::Consent))]).await? {
        ensure!(matches!(each.answer, Answer::Kept), "the consent was not kept: {:?}", each.answer);
    }
    Ok(registered.person)
}
