//! What a permit shows and hides.

use crate::place::Place;
use crate::said::{compartment, facts, lab, permit, permit_with, person, record, says};
use access::ConsentKind;
use model::facility::{Profession, RecordKind};
use serde_json::{Value, json};
use store::{Chart, ChartQuery, ErrorKind, Store, sql};

on_both!(
    hidden_rows_are_told_apart,
    what_is_hidden_cannot_be_opened,
    an_inbox_compartment_is_in_no_chart,
    a_changed_consent_stops_the_answer,
    a_delivered_consent_moves_the_epoch,
    the_query_narrows_the_chart,
    a_linked_compartment_joins_the_chart,
);

fn psychiatric() -> Value {
    json!({"resourceType": "Condition", "onsetDateTime": "2026-01-01",
        "code": {"text": "x", "coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "F200"}]}})
}

async fn link(store: &Store, moved: model::CompartmentId, to: model::CompartmentId) {
    let person = person(store, to).await;
    let mut tx = store.begin("test").await.unwrap();
    tx.execute(sql("UPDATE compartment SET person = $1 WHERE id = $2").id(person.0).id(moved.0))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// One person at two facilities: laboratory at both, a sensitive diagnosis at "other".
async fn two_facilities(place: &Place) {
    let here = says("here", "1", "s", "20261101").of("x", lab(1)).unit("1");
    let there = says("other", "9", "s", "20261101").of("x", lab(2)).of("f", psychiatric()).unit("2");
    place.store.commit(vec![here, there]).await.unwrap();
    link(&place.store, compartment("other", "9"), compartment("here", "1")).await;
}

fn facilities(chart: &Chart) -> Vec<(&str, usize, usize, usize)> {
    let each = chart.facilities.iter();
    each.map(|one| {
        let hidden = one.outside_role.values().sum();
        (one.facility.as_str(), one.entries.len(), one.not_consented, hidden)
    })
    .collect()
}

async fn hidden_rows_are_told_apart(place: Place) {
    two_facilities(&place).await;
    let own = person(&place.store, compartment("here", "1")).await;
    let all = facts(own, "here");
    let permit = permit_with(&all, "here", Profession::Physician);
    let chart = place.store.chart(&permit, &ChartQuery::default()).await.unwrap();
    assert_eq!(facilities(&chart), [("here", 1, 0, 0), ("other", 1, 0, 0)]);
    assert_eq!(chart.sensitive, 1);
    let mut refused = all.clone();
    refused.consents[0].kind = ConsentKind::Deny;
    let permit = permit_with(&refused, "here", Profession::Physician);
    let chart = place.store.chart(&permit, &ChartQuery::default()).await.unwrap();
    assert_eq!(facilities(&chart), [("here", 1, 0, 0), ("other", 0, 1, 0)]);
    let mut unrelated = all.clone();
    unrelated.relationships.clear();
    let permit = permit_with(&unrelated, "here", Profession::Physician);
    let chart = place.store.chart(&permit, &ChartQuery::default()).await.unwrap();
    assert_eq!(facilities(&chart), [("here", 1, 0, 0), ("other", 0, 0, 0)]);
    assert_eq!(chart.facilities[1].not_related, 1, "agreed to, but not related: told apart from a refusal");
    let permit = permit_with(&all, "here", Profession::Helper);
    let chart = place.store.chart(&permit, &ChartQuery::default()).await.unwrap();
    assert_eq!(facilities(&chart), [("here", 0, 0, 1), ("other", 0, 0, 1)]);
    assert_eq!(chart.sensitive, 1);
}

async fn what_is_hidden_cannot_be_opened(place: Place) {
    two_facilities(&place).await;
    let permit = permit(&place.store, compartment("here", "1"), "here").await;
    let other = compartment("other", "9");
    assert!(place.store.record(&permit, record(other, "x")).await.is_ok());
    let error = place.store.record(&permit, record(other, "f")).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::NotFound);
    let some = [record(other, "x"), record(other, "f"), record(compartment("here", "1"), "x")];
    let mut found = place.store.resources(&permit, &some).await.unwrap();
    found.sort_by_key(|(id, _)| *id != some[0]);
    assert_eq!(found.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [some[0], some[2]]);
    // A record of somebody else is not there.
    let stranger = says("here", "2", "s", "20261101").of("x", lab(1)).unit("3");
    place.store.commit(vec![stranger]).await.unwrap();
    let error = place.store.record(&permit, record(compartment("here", "2"), "x")).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

async fn an_inbox_compartment_is_in_no_chart(place: Place) {
    let unit = says("here", "1", "s", "20261101").of("x", lab(1)).inbox().unit("1");
    place.store.commit(vec![unit]).await.unwrap();
    let own = compartment("here", "1");
    let permit = permit(&place.store, own, "here").await;
    let chart = place.store.chart(&permit, &ChartQuery::default()).await.unwrap();
    assert_eq!(chart, Chart::default());
    assert!(place.store.record(&permit, record(own, "x")).await.is_err());
    assert!(place.store.feed_position(permit.person()).await.unwrap().compartments.is_empty());
}

async fn a_changed_consent_stops_the_answer(place: Place) {
    two_facilities(&place).await;
    let permit = permit(&place.store, compartment("here", "1"), "here").await;
    let mut tx = place.store.begin("test").await.unwrap();
    let text = "UPDATE person SET consent_epoch = consent_epoch + 1 WHERE id = $1";
    tx.execute(sql(text).id(permit.person().0)).await.unwrap();
    tx.commit().await.unwrap();
    let error = place.store.chart(&permit, &ChartQuery::default()).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::ConsentChanged);
    assert!(place.store.audit_events(&store::AuditFilter::default()).await.unwrap().is_empty());
}

async fn a_delivered_consent_moves_the_epoch(place: Place) {
    two_facilities(&place).await;
    let permit = permit(&place.store, compartment("here", "1"), "here").await;
    // Delivered by the other facility, about the same person.
    let consent = json!({"resourceType": "Consent", "status": "active"});
    let unit = says("other", "9", "consents", "20261105").of("c", consent).unit("c");
    let delivery = place.store.commit(vec![unit]).await.unwrap()[0].delivery;
    let error = place.store.chart(&permit, &ChartQuery::default()).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::ConsentChanged);
    // So does its withdrawal.
    let epoch = async || {
        let text = "SELECT consent_epoch FROM person WHERE id = $1";
        let mut tx = place.store.snapshot("test").await.unwrap();
        tx.one(sql(text).id(permit.person().0)).await.unwrap().int(0).unwrap()
    };
    assert_eq!(epoch().await, 1);
    place.store.withdraw(delivery, "operator", "wrong person").await.unwrap();
    assert_eq!(epoch().await, 2);
}

async fn the_query_narrows_the_chart(place: Place) {
    two_facilities(&place).await;
    let permit = permit(&place.store, compartment("here", "1"), "here").await;
    for (query, count) in [
        (ChartQuery { kinds: vec![RecordKind::Laboratory], ..ChartQuery::default() }, 2),
        (ChartQuery { kinds: vec![RecordKind::Vital], ..ChartQuery::default() }, 0),
        (ChartQuery { from: "2026-11-21".into(), ..ChartQuery::default() }, 0),
        (ChartQuery { until: "2026-11-20".into(), ..ChartQuery::default() }, 2),
        (ChartQuery { facilities: vec![crate::said::facility("other")], ..ChartQuery::default() }, 1),
    ] {
        let chart = place.store.chart(&permit, &query).await.unwrap();
        assert_eq!(chart.facilities.iter().map(|one| one.entries.len()).sum::<usize>(), count, "{query:?}");
    }
}

async fn a_linked_compartment_joins_the_chart(place: Place) {
    two_facilities(&place).await;
    let own = person(&place.store, compartment("here", "1")).await;
    let position = place.store.feed_position(own).await.unwrap();
    assert_eq!(position.compartments.len(), 2);
    let more = says("other", "9", "t", "20261102").of("y", lab(3)).unit("4");
    place.store.commit(vec![more]).await.unwrap();
    assert_ne!(place.store.feed_position(own).await.unwrap().token(), position.token());
}
