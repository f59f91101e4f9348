//! Everything, page by page, from one moment.

use crate::place::Place;
use crate::said::{compartment, lab, says};
use access::Job;
use model::reading::Effect;

on_both!(an_export_has_everything_once_and_nothing_that_came_later);

async fn an_export_has_everything_once_and_nothing_that_came_later(place: Place) {
    for number in 0..5u32 {
        let patient = number.to_string();
        let unit = says("h", &patient, "s", "20261101").of("x", lab(number)).of("y", lab(9)).unit(&patient);
        place.store.commit(vec![unit]).await.unwrap();
    }
    let changed = says("h", "0", "s", "20261102").of("x", lab(7)).unit("changed");
    let deleted = says("h", "1", "s", "20261102").of("x", lab(1)).effect(Effect::Deleted).unit("deleted");
    place.store.commit(vec![changed, deleted]).await.unwrap();
    let mut export = place.store.export(&access::job(Job::Export, "test")).await.unwrap();
    let later = says("h", "9", "s", "20261101").of("x", lab(1)).unit("later");
    place.store.commit(vec![later]).await.unwrap();
    let mut all = Vec::new();
    loop {
        let page = export.compartments(2).await.unwrap();
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    assert_eq!(all.len(), 5);
    let of = |patient: &str| all.iter().find(|each| each.id == compartment("h", patient)).unwrap();
    assert_eq!(of("2").current.len(), 2);
    assert_eq!(of("2").local_id.as_ref().unwrap().reveal(), "2");
    assert!(of("2").history.is_empty());
    // Changed: the new value, and the old one and what was removed in the history.
    assert_eq!(of("0").current.len(), 1);
    assert_eq!(of("0").current[0].1["valueQuantity"]["value"], 7);
    assert_eq!(of("0").history.len(), 3);
    assert!(of("1").current.is_empty());
    assert_eq!(of("1").history.len(), 4);
    let mut deliveries = Vec::new();
    loop {
        let page = export.deliveries(3).await.unwrap();
        if page.is_empty() {
            break;
        }
        deliveries.extend(page);
    }
    assert_eq!(deliveries.len(), 7);
    assert!(deliveries.iter().all(|each| each.bytes.starts_with(each.delivery.path.as_bytes())));
    export.finish().await.unwrap();
}
