//! Whatever the order and the batches of arrival, the store ends in the same state.

use crate::place::Place;
use crate::said::{compartment, lab, record, says, source, unit};
use model::reading::{Effect, PATIENT_KEY, Statement};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;
use store::{Store, Unit, sql};

on_both!(every_arrival_ends_the_same);

/// One statement: its set, its time, what it does, and which values it states for two records.
#[derive(Debug, Clone)]
struct Told {
    set: u8,
    day: u8,
    effect: Effect,
    values: [Option<u32>; 2],
}

impl Told {
    fn unit(&self, number: usize) -> Unit {
        let path = number.to_string();
        let time = format!("202611{:02}", self.day);
        if self.set == 2 {
            let whole = self.effect == Effect::Stated;
            let said = says("h", "1", PATIENT_KEY, &time);
            let mut body = json!({"resourceType": "Patient"});
            for (name, value) in ["telecom", "address"].iter().zip(self.values) {
                if let Some(value) = value {
                    body[*name] = value.into();
                }
            }
            let said = if whole { said.of(PATIENT_KEY, body) } else { said.supplement(PATIENT_KEY, body) };
            return unit("h", &path, vec![said]);
        }
        let mut said = says("h", "1", &format!("set{}", self.set), &time).effect(self.effect);
        for (name, value) in ["a", "b"].iter().zip(self.values) {
            if let Some(value) = value {
                // "b" is named by both sets.
                let key = if *name == "b" { "b".to_owned() } else { format!("a{}", self.set) };
                said = said.of(&key, lab(value));
            }
        }
        unit("h", &path, vec![said])
    }
}

fn told() -> impl Strategy<Value = Told> {
    let effect = prop_oneof![
        4 => Just(Effect::Stated), 1 => Just(Effect::Superseded), 1 => Just(Effect::Deleted),
    ];
    (0u8..3, 1u8..5, effect, proptest::array::uniform2(proptest::option::of(1u32..3)))
        .prop_map(|(set, day, effect, values)| Told { set, day, effect, values })
}

/// Heads and courses, without what depends on arrival: numbers and times of receipt.
async fn state(store: &Store) -> Vec<String> {
    let own = compartment("h", "1");
    let mut state = Vec::new();
    let mut tx = store.snapshot("test").await.unwrap();
    let patient = Statement::record_id(own, &source(), PATIENT_KEY);
    for id in [record(own, "a0"), record(own, "a1"), record(own, "b"), patient] {
        let head = tx
            .optional(
                sql("SELECT record.state, version.op, version.digest FROM record JOIN version \
                     ON version.bucket = record.bucket AND version.compartment = record.compartment \
                     AND version.record = record.id AND version.number = record.version WHERE id = $1")
                .id(id.0),
            )
            .await
            .unwrap();
        let head = head.map(|row| (row.text(0).unwrap(), row.text(1).unwrap(), row.bytes(2).unwrap()));
        let versions = tx
            .all(
                sql(
                    "SELECT op, digest, superseded, position FROM version WHERE record = $1 AND in_fold = 1 \
                     ORDER BY position, number",
                )
                .id(id.0),
            )
            .await
            .unwrap();
        let versions: Vec<_> = versions
            .iter()
            .map(|row| {
                (row.text(0).unwrap(), row.bytes(1).unwrap(), row.int(2).unwrap(), row.bytes(3).unwrap())
            })
            .collect();
        state.push(format!("{head:?} {versions:?}"));
    }
    state
}

async fn clear(store: &Store) {
    let mut tx = store.begin("test").await.unwrap();
    for table in [
        "delivery",
        "content",
        "person",
        "compartment",
        "compartment_link",
        "statement",
        "set_state",
        "version",
        "record",
        "bucket_head",
        "change",
        "compartment_head",
    ] {
        tx.execute(sql(format!("DELETE FROM {table}"))).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn every_arrival_ends_the_same(place: Place) {
    let cases = if place.database.is_some() { 40 } else { 120 };
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
        let arrivals = (proptest::collection::vec(told(), 1..7), any::<u64>(), 1usize..4).prop_flat_map(
            |(told, _, size)| {
                let order: Vec<usize> = (0..told.len()).collect();
                (Just(told), Just(order).prop_shuffle(), Just(size))
            },
        );
        TestRunner::new(config)
            .run(&arrivals, |(told, order, size)| {
                let units: Vec<Unit> = told.iter().enumerate().map(|(at, told)| told.unit(at)).collect();
                let (one, other) = runtime.block_on(async {
                    clear(&place.store).await;
                    for unit in &units {
                        place.store.commit(vec![unit.clone()]).await.unwrap();
                    }
                    let one = state(&place.store).await;
                    clear(&place.store).await;
                    for batch in order.chunks(size) {
                        let batch = batch.iter().map(|at| units[*at].clone()).collect();
                        place.store.commit(batch).await.unwrap();
                    }
                    (one, state(&place.store).await)
                });
                prop_assert_eq!(one, other);
                Ok(())
            })
            .unwrap();
    })
    .await
    .unwrap();
}
