//! What people decide at desks: consents, look-alikes, the inbox, accounts.

use crate::place::Place;
use crate::said::{compartment, facility, permit, person, says, unit};
use serde_json::{Value, json};
use store::{ErrorKind, Store};

on_both!(a_consent_ends_what_rests_on_the_one_before, other_records_move_no_epoch);

fn consent(word: &str) -> Value {
    json!({"resourceType": "Consent", "status": "active", "dateTime": "2026-04-01",
           "provision": {"type": word, "period": {"start": "2026-04-01"}}})
}

async fn epoch(store: &Store, patient: &str) -> i64 {
    let person = person(store, compartment("h", patient)).await;
    store.policy_records(person).await.unwrap().unwrap().consent_epoch
}

async fn a_consent_ends_what_rests_on_the_one_before(place: Place) {
    let store = &place.store;
    let own = compartment("h", "1");
    store
        .commit(vec![says("h", "1", "ehr/lab", "20261101").of("lab", crate::said::lab(6)).unit("a")])
        .await
        .unwrap();
    let before = permit(store, own, "h").await;
    store.chart(&before, &store::ChartQuery::default()).await.unwrap();
    let said = |word| says("h", "1", "portal/permit/1", "20261102").of("permit/1", consent(word));
    let committed = store.commit(vec![said("permit").unit("b")]).await.unwrap();
    assert_eq!(committed[0].changed, [own]);
    assert_eq!(store.registrations_due(10).await.unwrap(), [(own, 1)]);
    assert_eq!(epoch(store, "1").await, 1);
    let error = store.chart(&before, &store::ChartQuery::default()).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::ConsentChanged);
    // Taking it back by withdrawing the delivery moves it as well.
    store.withdraw(committed[0].delivery, "受付", "誤入力").await.unwrap();
    assert_eq!(epoch(store, "1").await, 2);
    assert_eq!(store.policy_records(person(store, own).await).await.unwrap().unwrap().records.len(), 0);
}

async fn other_records_move_no_epoch(place: Place) {
    let store = &place.store;
    let parts = vec![
        says("h", "1", "ehr/lab", "20261101").of("lab", crate::said::lab(6)),
        says("h", "2", "ehr/permit/1", "20261101").of("permit/1", consent("permit")),
    ];
    store.commit(vec![unit("h", "a", parts)]).await.unwrap();
    assert_eq!((epoch(store, "1").await, epoch(store, "2").await), (0, 1));
    let policy = store.policy_records(person(store, compartment("h", "2")).await).await.unwrap().unwrap();
    assert_eq!((policy.facilities, policy.records.len()), (vec![facility("h")], 1));
}
