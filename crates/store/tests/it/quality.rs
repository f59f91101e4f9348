//! Counting data quality, the mapping tables, and looking through what is stated.

use crate::place::Place;
use crate::said::{compartment, lab, says, unit};
use access::{Job, JobPermit};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::{AuditEntry, AuditFilter, ErrorKind, NewMapping, QualityKind, StatedCursor, Verdict};

on_both!(
    codes_without_a_national_one_are_ranked,
    a_count_replaces_the_one_before,
    mappings_are_ended_and_never_lost,
    everything_stated_is_passed_once,
);

fn job() -> JobPermit {
    access::job(Job::Quality, "test")
}

fn coded(system: &str, code: &str, label: &str, day: &str) -> Value {
    let mut resource = lab(4);
    resource["code"] = json!({"text": label, "coding": [{"system": system, "code": code}]});
    resource["effectiveDateTime"] = day.into();
    resource
}

const LOCAL: &str = "https://hakucho.example/fhir/CodeSystem/99LAB";
const JLAC10: &str = "urn:oid:1.2.392.200119.4.504";

async fn count(place: &Place) -> BTreeMap<String, (i64, String)> {
    let passed = AtomicUsize::new(0);
    let heard = |done: usize, all: usize| {
        assert!(done <= all);
        passed.store(done, Ordering::Relaxed);
    };
    place.store.count_quality(&job(), &heard).await.unwrap();
    assert!(passed.load(Ordering::Relaxed) > 0);
    let rows = place.store.quality(None).await.unwrap();
    let named = |row: store::QualityRow| {
        let key = format!("{}/{}/{}/{}/{}", row.facility, row.source, row.kind.word(), row.code, row.label);
        (key, (row.number, row.last_day))
    };
    rows.into_iter().map(named).collect()
}

async fn codes_without_a_national_one_are_ranked(place: Place) {
    let drug = json!({"resourceType": "MedicationRequest", "status": "active", "intent": "order",
        "medicationCodeableConcept": {"text": "院内約束", "coding": [{"system": "urn:x", "code": "D1"}]}, "authoredOn": "2026-11-02"});
    let yj = json!({"resourceType": "MedicationRequest", "status": "active", "intent": "order", "authoredOn": "2026-11-02",
        "medicationCodeableConcept": {"coding": [{"system": "http://capstandard.jp/iyaku.info/CodeSystem/YJ-code", "code": "2149044F1029"}]}});
    let pressure = json!({"resourceType": "Observation", "category": [{"coding": [{"code": "vital-signs"}]}],
        "code": {"coding": [{"system": "urn:x", "code": "BP"}]}, "valueQuantity": {"value": 120}});
    let two = json!({"resourceType": "Observation", "category": [{"coding": [{"code": "laboratory"}]}], "effectiveDateTime": "2026-11-09",
        "component": [{"code": {"coding": [{"system": LOCAL, "code": "P"}]}, "valueString": "a"},
            {"code": {"coding": [{"system": LOCAL, "code": "P"}]}, "valueString": "b"}]});
    let first = says("h", "1", "s1", "20261101")
        .of("a", coded(LOCAL, "K", "カリウム", "2026-11-01"))
        .of("b", coded(LOCAL, "K", "カリウム（血清）", "2026-11-20"))
        .of("c", coded(JLAC10, "3H015000002327101", "カリウム", "2026-11-01"))
        .of("d", lab(9))
        .of("e", drug)
        .of("f", yj)
        .of("g", pressure)
        .of("h", two);
    let second = says("h", "2", "s1", "20261101").of("a", coded(LOCAL, "K", "カリウム", "2026-11-03"));
    let other = says("i", "7", "s1", "20261101").of("a", coded(LOCAL, "K", "クレアチニン", "2026-11-03"));
    place.store.commit(vec![unit("h", "1", vec![first, second]), other.unit("7")]).await.unwrap();
    let gone = says("h", "3", "s1", "20261101").of("a", coded(LOCAL, "Z", "x", "2026-11-03")).unit("gone");
    let gone = place.store.commit(vec![gone]).await.unwrap()[0].delivery;
    place.store.withdraw(gone, "operator", "test").await.unwrap();
    let figures = count(&place).await;
    let expected = [
        ("//counted//", 9, ""),
        ("h/ehr/laboratory/K/カリウム（血清）", 3, "2026-11-20"),
        ("h/ehr/laboratory/P/P", 1, "2026-11-09"),
        ("h/ehr/laboratory//", 1, "2026-11-20"),
        ("h/ehr/medication/D1/院内約束", 1, "2026-11-02"),
        ("h/ehr/problem/not-mapped/", 1, ""),
        ("i/ehr/laboratory/K/クレアチニン", 1, "2026-11-03"),
        ("i/ehr/problem/not-mapped/", 1, ""),
    ];
    let found: Vec<(&str, i64)> = figures.iter().map(|(key, (number, _))| (key.as_str(), *number)).collect();
    let mut wanted: Vec<(&str, i64)> = expected.iter().map(|(key, number, _)| (*key, *number)).collect();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    for (key, _, day) in expected.iter().filter(|(_, _, day)| !day.is_empty()) {
        assert_eq!(figures[*key].1, *day, "{key}");
    }
    let of = place.store.quality(Some((&crate::said::facility("h"), "ehr"))).await.unwrap();
    assert_eq!(of.iter().filter(|row| row.facility == "i").count(), 0);
    assert!(of.windows(2).all(|pair| pair[0].number >= pair[1].number));
    let filter = AuditFilter { event: "quality".into(), ..AuditFilter::default() };
    assert_eq!(place.store.audit_events(&filter).await.unwrap().len(), 1);
}

async fn a_count_replaces_the_one_before(place: Place) {
    let said = says("h", "1", "s", "20261101").of("a", coded(LOCAL, "K", "K", "2026-11-01"));
    let like = says("h", "2", "s", "20261101").of("a", coded(LOCAL, "K", "K", "2026-11-01"));
    place.store.commit(vec![unit("h", "1", vec![said, like])]).await.unwrap();
    let (a, b) = (compartment("h", "1"), compartment("h", "2"));
    let mut turn = place.store.linking_turn().await.unwrap();
    turn.add_review(a, b, 900, "alike").await.unwrap();
    turn.commit().await.unwrap();
    let first = count(&place).await;
    assert_eq!((first["h/ehr/laboratory/K/K"].0, first["h//duplicate//"].0), (2, 1));
    assert_eq!(count(&place).await, first);
    let later =
        says("h", "1", "s", "20261102").of("a", coded(JLAC10, "3H015000002327101", "K", "2026-11-01"));
    place.store.commit(vec![later.unit("2")]).await.unwrap();
    place.store.decide_review(a, b, Verdict::Different, "x", "y").await.unwrap();
    let second = count(&place).await;
    assert_eq!(second["h/ehr/laboratory/K/K"].0, 1);
    assert!(!second.contains_key("h//duplicate//"));
    let rows = place.store.quality(None).await.unwrap();
    assert!(rows.iter().any(|row| row.kind == QualityKind::Counted && !row.counted_at.is_empty()));
}

fn mapping(code: &str, target: &str) -> NewMapping {
    let [facility, kind, system, target_system] = ["h", "laboratory", LOCAL, "JLAC10"].map(str::to_owned);
    let (code, target_code, display) = (code.to_owned(), target.to_owned(), "カリウム".to_owned());
    NewMapping { facility, kind, system, code, target_system, target_code, display }
}

async fn mappings_are_ended_and_never_lost(place: Place) {
    let store = &place.store;
    let entry = AuditEntry { event: "mapping".into(), actor: "x".into(), ..AuditEntry::default() };
    assert_eq!(store.mapping_version().await.unwrap(), 0);
    let two = [mapping("K", "3H015000002327101"), mapping("Na", "3H010000002327101")];
    store.change_mappings(0, &two, &[], "op", &entry).await.unwrap();
    let (version, all) = store.mappings().await.unwrap();
    assert_eq!((version, all.len()), (1, 2));
    assert_eq!((&all[0].said, all[0].made_by.as_str(), all[1].id), (&two[0], "op", 2));
    // What somebody decided on another table is not done, nor half of it.
    let stale = store.change_mappings(0, &[mapping("Cl", "x")], &[1], "op", &entry).await;
    assert_eq!(stale.unwrap_err().kind, ErrorKind::Conflict);
    let twice = store.change_mappings(1, &[mapping("K", "other")], &[2], "op", &entry).await;
    assert_eq!(twice.unwrap_err().kind, ErrorKind::Conflict);
    assert_eq!(store.mappings().await.unwrap(), (1, all.clone()));
    store.change_mappings(1, &[mapping("K", "other")], &[1], "zu", &entry).await.unwrap();
    let (version, after) = store.mappings().await.unwrap();
    assert_eq!((version, after.len()), (2, 3));
    assert_eq!(
        (after[0].said.clone(), after[0].ended_by.as_str(), after[0].holds()),
        (two[0].clone(), "zu", false)
    );
    assert!(after[1].holds() && after[2].holds() && after[2].id == 3);
    let ended = store.change_mappings(2, &[], &[1], "zu", &entry).await;
    assert_eq!(ended.unwrap_err().kind, ErrorKind::Conflict);
    let filter = AuditFilter { event: "mapping".into(), ..AuditFilter::default() };
    assert_eq!(store.audit_events(&filter).await.unwrap().len(), 2);
}

async fn everything_stated_is_passed_once(place: Place) {
    let mut keys = Vec::new();
    for patient in 0..7 {
        let patient = patient.to_string();
        let said =
            |set: &str| says("h", &patient, set, "20261101").of(set, coded(LOCAL, set, "x", "2026-11-01"));
        let unit = unit("h", &patient, vec![said("a"), said("b"), said("c")]);
        keys.push(place.store.commit(vec![unit]).await.unwrap()[0].delivery);
    }
    place.store.withdraw(keys[3], "operator", "test").await.unwrap();
    assert_eq!(place.store.delivery_count().await.unwrap(), 7);
    for limit in [1, 4, 100] {
        let (mut cursor, mut seen, mut read) = (StatedCursor::default(), Vec::new(), 0);
        let wanted = |text: &[u8]| String::from_utf8_lossy(text).contains("\"code\":\"b\"");
        loop {
            let page = place.store.next_stated(&job(), &mut cursor, limit, &wanted).await.unwrap();
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= limit as usize);
            for stated in page {
                assert_eq!(stated.withdrawn, stated.delivery == keys[3]);
                assert_eq!((stated.facility.as_str(), stated.source.as_str()), ("h", "ehr"));
                read += stated.resources.len();
                seen.push(stated.delivery);
            }
        }
        assert_eq!((seen.len(), read), (21, 7));
        let mut sorted = seen.clone();
        sorted.sort_unstable();
        assert_eq!(seen, sorted);
    }
}
