//! `bench ingest`: a region's SS-MIX2 files, as gateways batch them, until every record is durable and linked.

use crate::bench::{Ground, hospital, rate, reset_peak};
use crate::bench_bare;
use ::hub::Hub;
use ::hub::intake::Answer;
use ::hub::prepare::{Arrival, prepare};
use anyhow::bail;
use bytes::Bytes;
use model::reading::{Format, Input};
use model::{FacilityId, SourceName};
use region::Plan;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Files in one batch of a gateway.
const BATCH: usize = 50;
/// Gateways that send at once.
const GATEWAYS: usize = 4;
/// Records in one commit of the store: only used to say in how many commits the bare engine writes the same.
const RECORDS_PER_COMMIT: usize = 400;

/// Measures.
pub async fn run(ground: &Ground, files: usize) -> anyhow::Result<()> {
    let (batches, bytes) = batches(files)?;
    let files = batches.iter().map(Vec::len).sum::<usize>();
    println!("{files} SS-MIX2 files, {:.1} MiB, batches of {BATCH}, {GATEWAYS} gateways", mib(bytes));
    let read = reading_alone(&batches);
    let hub = ground.hub("ingest").await?;
    let facilities: std::collections::BTreeSet<FacilityId> =
        batches.iter().flatten().map(|arrival| arrival.facility.clone()).collect();
    for facility in facilities {
        hospital(&hub, facility.as_str()).await?;
    }
    println!("memory before: {}", ground.memory());
    reset_peak();
    let begun = Instant::now();
    let taken = receive_all(&hub, batches).await?;
    let time = begun.elapsed();
    println!(
        "received: {:.0} records/s, {:.0} files/s ({} records, {:.1} s); reading alone {:.0} records/s on one core",
        rate(taken.records, time),
        rate(files, time),
        taken.records,
        time.as_secs_f64(),
        rate(taken.records, read),
    );
    println!("memory {}", ground.memory());
    let bare = bench_bare::write_again(&hub.store, &ground.database("bare")?, taken.commits).await?;
    println!(
        "bare: the same {} rows, {:.1} MiB, in {} commits: {:.1} s, {:.0} records/s; ratio {:.2}",
        bare.rows,
        mib(bare.bytes),
        taken.commits,
        bare.time.as_secs_f64(),
        rate(taken.records, bare.time),
        time.as_secs_f64() / bare.time.as_secs_f64()
    );
    hub.store.close().await;
    Ok(())
}

fn mib(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// The first files of a synthetic region, in batches of one hospital each, and the sum of their bytes.
fn batches(files: usize) -> anyhow::Result<(VecDeque<Vec<Arrival>>, usize)> {
    let mut residents = u32::try_from(files / 10)?.max(50);
    let all = loop {
        let region = Plan::new(1, residents, jiff::civil::date(2026, 11, 20)).region();
        let mut all = region.files();
        all.retain(|file| file.format == Format::SsMix2);
        if all.len() >= files {
            all.truncate(files);
            break all;
        }
        residents *= 2;
    };
    let mut bytes = 0;
    let mut by_source: BTreeMap<(String, &str), Vec<Arrival>> = BTreeMap::new();
    for file in all {
        bytes += file.bytes.len();
        let arrival = Arrival {
            facility: FacilityId::new(&file.facility)?,
            source: SourceName::new(file.source)?,
            path: file.path,
            bytes: Bytes::from(file.bytes),
            source_time: format!("{}000", file.at.strftime("%Y%m%d%H%M%S")),
            sequence: 0,
            again: false,
        };
        by_source.entry((file.facility, file.source)).or_default().push(arrival);
    }
    let mut batches: Vec<Vec<Arrival>> = Vec::new();
    for list in by_source.into_values() {
        batches.extend(list.chunks(BATCH).map(<[Arrival]>::to_vec));
    }
    // In turn, as if every hospital sent at the same time.
    batches.sort_by(|a, b| a.first().map(|a| &a.source_time).cmp(&b.first().map(|b| &b.source_time)));
    Ok((batches.into(), bytes))
}

/// How long the pure part takes on one core.
fn reading_alone(batches: &VecDeque<Vec<Arrival>>) -> Duration {
    let begun = Instant::now();
    for arrival in batches.iter().flatten() {
        let input = Input { path: &arrival.path, bytes: &arrival.bytes, source_time: &arrival.source_time };
        if let Ok(reading) = formats::read(Format::SsMix2, &input) {
            std::hint::black_box(prepare(arrival, Format::SsMix2, reading));
        }
    }
    begun.elapsed()
}

#[derive(Default, Clone, Copy)]
struct Taken {
    records: usize,
    commits: usize,
}

async fn receive_all(hub: &Hub, batches: VecDeque<Vec<Arrival>>) -> anyhow::Result<Taken> {
    let queue = Arc::new(Mutex::new(batches));
    let mut gateways = tokio::task::JoinSet::new();
    for _ in 0..GATEWAYS {
        let (hub, queue) = (hub.clone(), Arc::clone(&queue));
        gateways.spawn(async move {
            let mut taken = Taken::default();
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some(batch) = next else { return anyhow::Ok(taken) };
                let arrivals = batch.into_iter().map(|arrival| (arrival, Some(Format::SsMix2))).collect();
                let mut records = 0;
                for each in hub.receive(arrivals).await? {
                    if !matches!(each.answer, Answer::Kept) {
                        bail!("a file of the region was not kept: {:?}", each.answer);
                    }
                    records += each.record_count();
                }
                taken.records += records;
                taken.commits += records.div_ceil(RECORDS_PER_COMMIT).max(1);
            }
        });
    }
    let mut sum = Taken::default();
    while let Some(done) = gateways.join_next().await {
        let taken = done??;
        sum.records += taken.records;
        sum.commits += taken.commits;
    }
    Ok(sum)
}
