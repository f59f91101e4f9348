//! Deliveries in order, out of order, twice.

use crate::place::Place;
use crate::said::{compartment, course, feed, lab, says, unit, values};
use model::CompartmentId;
use model::reading::{Effect, PATIENT_KEY};
use serde_json::json;
use store::{Outcome, Store};

on_both!(
    a_value_comes_back_to_what_it_was,
    arriving_late_makes_the_same_course,
    deleted_then_issued_again,
    superseded_without_its_successor_is_marked,
    a_list_replaces_the_one_before,
    the_same_delivery_is_known,
    supplements_fill_and_never_override,
    registration_is_due_until_noted,
    two_deliveries_of_one_set_in_one_commit,
);

const SET: &str = "ehr/OML-11/1";

fn stated(time: &str, value: u32) -> store::Unit {
    says("h", "1", SET, time).of("lab", lab(value)).unit(time)
}

async fn a_value_comes_back_to_what_it_was(place: Place) {
    let own = compartment("h", "1");
    for (time, value) in [("20261101", 6), ("20261102", 7), ("20261103", 6), ("20261104", 6)] {
        place.store.commit(vec![stated(time, value)]).await.unwrap();
    }
    assert_eq!(course(&place.store, own, "lab", "h").await, ["1put6", "2put7", "3put6"]);
    assert_eq!(feed(&place.store, own).await, ["put", "put", "put"]);
    assert_eq!(values(&place.store, own, "h").await, ["c6"]);
}

async fn arriving_late_makes_the_same_course(place: Place) {
    let own = compartment("h", "1");
    for (time, value) in [("20261103", 6), ("20261101", 6), ("20261102", 7)] {
        place.store.commit(vec![stated(time, value)]).await.unwrap();
    }
    // The first content was there since the 1st: it keeps its number. The return to it is a version now.
    assert_eq!(course(&place.store, own, "lab", "h").await, ["1put6", "2put7", "3put6"]);
    assert_eq!(feed(&place.store, own).await, ["put", "history"]);
    assert_eq!(values(&place.store, own, "h").await, ["c6"]);
}

async fn deleted_then_issued_again(place: Place) {
    let own = compartment("h", "1");
    place.store.commit(vec![stated("20261101", 6)]).await.unwrap();
    let deleted = |path| says("h", "1", SET, "20261101").of("lab", lab(6)).effect(Effect::Deleted).unit(path);
    place.store.commit(vec![deleted("gone")]).await.unwrap();
    place.store.commit(vec![deleted("gone again")]).await.unwrap();
    assert_eq!(values(&place.store, own, "h").await, ["d6"]);
    place.store.commit(vec![stated("20261102", 6)]).await.unwrap();
    assert_eq!(course(&place.store, own, "lab", "h").await, ["1put6", "2delete6", "3put6"]);
    assert_eq!(feed(&place.store, own).await, ["put", "delete", "put"]);
}

async fn superseded_without_its_successor_is_marked(place: Place) {
    let own = compartment("h", "1");
    place.store.commit(vec![stated("20261101", 6)]).await.unwrap();
    let superseded = says("h", "1", SET, "20261101").of("lab", lab(6)).effect(Effect::Superseded);
    place.store.commit(vec![superseded.unit("2")]).await.unwrap();
    assert_eq!(values(&place.store, own, "h").await, ["s6"]);
    assert_eq!(course(&place.store, own, "lab", "h").await, ["1put6"]);
    place.store.commit(vec![stated("20261102", 7)]).await.unwrap();
    assert_eq!(values(&place.store, own, "h").await, ["c7"]);
    assert_eq!(feed(&place.store, own).await, ["put", "mark", "put"]);
}

async fn a_list_replaces_the_one_before(place: Place) {
    let own = compartment("h", "1");
    let both = says("h", "1", SET, "20261101").of("a", lab(1)).of("b", lab(2)).unit("1");
    let one = says("h", "1", SET, "20261102").of("b", lab(2)).unit("2");
    let none = says("h", "1", SET, "20261103").unit("3");
    place.store.commit(vec![both]).await.unwrap();
    place.store.commit(vec![one]).await.unwrap();
    assert_eq!(values(&place.store, own, "h").await, ["c2", "d1"]);
    assert_eq!(course(&place.store, own, "a", "h").await, ["1put1", "2remove"]);
    place.store.commit(vec![none]).await.unwrap();
    assert_eq!(values(&place.store, own, "h").await, ["d1", "d2"]);
    assert_eq!(feed(&place.store, own).await, ["put", "put", "delete", "delete"]);
}

async fn the_same_delivery_is_known(place: Place) {
    let unit = || stated("20261101", 6);
    let first = place.store.commit(vec![unit(), unit()]).await.unwrap();
    assert_eq!((first[0].outcome, first[1].outcome), (Outcome::Kept, Outcome::Known));
    let again = place.store.commit(vec![unit()]).await.unwrap();
    assert_eq!(again[0].outcome, Outcome::Known);
    assert!(again[0].changed.is_empty());
    assert_eq!(feed(&place.store, compartment("h", "1")).await, ["put"]);
}

async fn supplements_fill_and_never_override(place: Place) {
    let own = compartment("h", "1");
    let patient = |time: &str, whole: bool, body: serde_json::Value| {
        let said = says("h", "1", PATIENT_KEY, time);
        let said = if whole { said.of(PATIENT_KEY, body) } else { said.supplement(PATIENT_KEY, body) };
        said.unit(&format!("{time}{whole}"))
    };
    let units = [
        patient("20261102", false, json!({"resourceType": "Patient", "gender": "female", "telecom": "2"})),
        patient("20261101", false, json!({"resourceType": "Patient", "telecom": "1", "address": "1"})),
        patient("20261103", true, json!({"resourceType": "Patient", "gender": "male", "name": "w"})),
        patient("20261104", false, json!({"resourceType": "Patient", "gender": "unknown", "telecom": "4"})),
    ];
    for unit in units {
        place.store.commit(vec![unit]).await.unwrap();
    }
    let permit = crate::said::permit(&place.store, own, "h").await;
    let id = model::reading::Statement::record_id(own, &crate::said::source(), PATIENT_KEY);
    let view = place.store.record(&permit, id).await.unwrap();
    let now = view.resource.unwrap();
    assert_eq!(now["gender"], "male");
    assert_eq!(now["telecom"], "4");
    assert_eq!(now["address"], "1");
    assert_eq!(view.history.iter().filter(|version| version.in_course).count(), 4);
}

async fn registered(store: &Store, own: CompartmentId, count: i64) {
    let mut turn = store.linking_turn().await.unwrap();
    turn.registered(own, count).await.unwrap();
    turn.commit().await.unwrap();
}

async fn registration_is_due_until_noted(place: Place) {
    let own = compartment("h", "1");
    let patient = says("h", "1", PATIENT_KEY, "20261101").of(PATIENT_KEY, json!({"resourceType": "Patient"}));
    let receipt = place.store.commit(vec![unit("h", "p", vec![patient])]).await.unwrap();
    assert_eq!(receipt[0].changed, [own]);
    place.store.commit(vec![stated("20261101", 6)]).await.unwrap();
    let due = place.store.registrations_due(10).await.unwrap();
    assert_eq!(due.iter().map(|(one, _, count)| (*one, *count)).collect::<Vec<_>>(), [(own, 1)]);
    registered(&place.store, own, 7).await;
    assert_eq!(place.store.registrations_due(10).await.unwrap(), due);
    registered(&place.store, own, 1).await;
    assert!(place.store.registrations_due(10).await.unwrap().is_empty());
}

async fn two_deliveries_of_one_set_in_one_commit(place: Place) {
    let own = compartment("h", "1");
    let superseded = says("h", "1", SET, "20261102").of("lab", lab(7)).effect(Effect::Superseded);
    let units = vec![stated("20261102", 7), superseded.unit("s"), stated("20261101", 6)];
    place.store.commit(units).await.unwrap();
    assert_eq!(course(&place.store, own, "lab", "h").await, ["1put6", "2put7"]);
    assert_eq!(values(&place.store, own, "h").await, ["s7"]);
    // One row per record and commit: the last thing that happened.
    assert_eq!(feed(&place.store, own).await.len(), 1);
}
