//! What was received, listed and shown.

use crate::place::Place;
use crate::said::{compartment, facility, lab, permit, says, unit};
use store::{DeliveryFilter, ErrorKind};

on_both!(deliveries_are_listed_and_filtered, an_original_is_shown_only_if_it_speaks_of_nobody_else);

async fn deliveries_are_listed_and_filtered(place: Place) {
    for (own, path) in [("a", "1"), ("a", "2"), ("b", "3")] {
        place.store.commit(vec![says(own, "1", "s", "20261101").of("x", lab(1)).unit(path)]).await.unwrap();
    }
    let list = async |filter: DeliveryFilter| {
        let found = place.store.deliveries(&filter).await.unwrap();
        found.into_iter().map(|delivery| delivery.path).collect::<Vec<_>>()
    };
    assert_eq!(list(DeliveryFilter::default()).await, ["3", "2", "1"]);
    let filter = DeliveryFilter { facility: Some(facility("a")), ..DeliveryFilter::default() };
    assert_eq!(list(filter).await, ["2", "1"]);
    let filter = DeliveryFilter { problem: "not-mapped".into(), limit: 1, ..DeliveryFilter::default() };
    assert_eq!(list(filter).await, ["3"]);
    let filter = DeliveryFilter { problem: "charset".into(), ..DeliveryFilter::default() };
    assert_eq!(list(filter).await, [""; 0]);
    let all = place.store.deliveries(&DeliveryFilter::default()).await.unwrap();
    let filter = DeliveryFilter { before: all[1].received_at.clone(), ..DeliveryFilter::default() };
    assert_eq!(list(filter).await, ["1"]);
    assert_eq!(all[0].problems[0].at, "PID-9");
    assert_eq!(all[0].records, 1);
}

async fn an_original_is_shown_only_if_it_speaks_of_nobody_else(place: Place) {
    let own = says("h", "1", "s", "20261101").of("x", lab(1)).unit("own");
    let mixed = vec![
        says("h", "1", "m", "20261101").of("y", lab(1)),
        says("h", "2", "m", "20261101").of("y", lab(2)),
    ];
    let mixed = unit("h", "mixed", mixed);
    let silent = unit("h", "silent", Vec::new());
    let ids = [own.delivery.id, mixed.delivery.id, silent.delivery.id];
    let bytes = own.delivery.bytes.clone();
    place.store.commit(vec![own, mixed, silent]).await.unwrap();
    let permit = permit(&place.store, compartment("h", "1"), "h").await;
    let (delivery, shown) = place.store.delivery_original(&permit, ids[0]).await.unwrap();
    assert_eq!((delivery.path.as_str(), shown), ("own", bytes));
    for other in &ids[1..] {
        let error = place.store.delivery_original(&permit, *other).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::NotFound);
    }
    let events = place.store.audit_events(&store::AuditFilter::default()).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].entry.subject, format!("delivery/{}", ids[0]));
}
