//! The audit: durable, chained, insert-only.

use crate::place::Place;
use crate::said::{compartment, lab, permit, says};
use store::{AuditEntry, AuditFilter, ChartQuery, sql};

on_both!(
    disclosures_are_there_before_the_answer,
    entries_written_at_once_make_one_chain,
    a_changed_or_missing_entry_is_found,
    entries_cannot_be_changed_by_accident,
);

fn login(number: usize) -> AuditEntry {
    AuditEntry {
        event: "login".into(),
        outcome: "done".into(),
        actor: "someone".into(),
        detail: number.to_string(),
        ..AuditEntry::default()
    }
}

async fn disclosures_are_there_before_the_answer(place: Place) {
    let unit = says("h", "1", "s", "20261101").of("x", lab(1)).unit("1");
    place.store.commit(vec![unit]).await.unwrap();
    let permit = permit(&place.store, compartment("h", "1"), "h").await;
    place.store.chart(&permit, &ChartQuery::default()).await.unwrap();
    let store = place.again().await;
    let filter = AuditFilter { person: Some(permit.person()), ..AuditFilter::default() };
    let events = store.audit_events(&filter).await.unwrap();
    assert_eq!(events.len(), 1);
    let entry = &events[0].entry;
    assert_eq!((entry.event.as_str(), entry.subject.as_str()), ("disclosure", "chart"));
    assert_eq!((entry.actor_name.as_str(), entry.purpose.as_str()), ("白鳥 太郎", "treatment"));
    assert_eq!(entry.detail, "1 rows, ..");
}

async fn entries_written_at_once_make_one_chain(place: Place) {
    let (one, two) = (place.store.clone(), place.again().await);
    let mut writers = Vec::new();
    for number in 0..40 {
        let store = if number % 2 == 0 { one.clone() } else { two.clone() };
        writers.push(tokio::spawn(async move { store.audit(login(number)).await }));
    }
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    let report = place.store.audit_verify().await.unwrap();
    assert_eq!((report.events, report.chains, report.breaks), (40, 1, vec![]));
    let filter = AuditFilter { event: "login".into(), limit: 7, ..AuditFilter::default() };
    assert_eq!(place.store.audit_events(&filter).await.unwrap().len(), 7);
}

async fn without_guard(place: &Place, text: &str) {
    let mut tx = place.store.begin("test").await.unwrap();
    let off: &[&str] = if place.database.is_some() {
        &["DROP TRIGGER audit_event_insert_only ON audit_event"]
    } else {
        &["DROP TRIGGER audit_event_no_update", "DROP TRIGGER audit_event_no_delete"]
    };
    for statement in off {
        tx.execute(sql(*statement)).await.unwrap();
    }
    assert_eq!(tx.execute(sql(text.to_owned())).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

async fn a_changed_or_missing_entry_is_found(place: Place) {
    for number in 0..5 {
        place.store.audit(login(number)).await.unwrap();
    }
    without_guard(&place, "UPDATE audit_event SET actor_name = 'nobody' WHERE seq = 3").await;
    let report = place.store.audit_verify().await.unwrap();
    assert_eq!(report.breaks.iter().map(|found| found.seq).collect::<Vec<_>>(), [3]);
    let mut tx = place.store.begin("test").await.unwrap();
    tx.execute(sql("DELETE FROM audit_event WHERE seq = 5")).await.unwrap();
    tx.commit().await.unwrap();
    let report = place.store.audit_verify().await.unwrap();
    assert_eq!(report.breaks.len(), 2);
    assert_eq!(report.breaks[1].what, "the end of the chain is missing");
}

async fn entries_cannot_be_changed_by_accident(place: Place) {
    place.store.audit(login(1)).await.unwrap();
    for text in ["UPDATE audit_event SET detail = 'x'", "DELETE FROM audit_event"] {
        let mut tx = place.store.begin("test").await.unwrap();
        assert!(tx.execute(sql(text)).await.is_err());
    }
    assert_eq!(place.store.audit_events(&AuditFilter::default()).await.unwrap().len(), 1);
}
