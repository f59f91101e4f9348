//! A record that several sets name.

use crate::place::Place;
use crate::said::{compartment, course, lab, says, values};

on_both!(the_latest_content_counts_until_nobody_names_it);

async fn the_latest_content_counts_until_nobody_names_it(place: Place) {
    let own = compartment("h", "1");
    let stated = |set: &str, time: &str, value| says("h", "1", set, time).of("lab", lab(value)).unit(time);
    place.store.commit(vec![stated("bundle1", "20261101", 6)]).await.unwrap();
    place.store.commit(vec![stated("bundle2", "20261102", 7)]).await.unwrap();
    assert_eq!(values(&place.store, own, "h").await, ["c7"]);
    place.store.commit(vec![says("h", "1", "bundle2", "20261103").unit("3")]).await.unwrap();
    assert_eq!(values(&place.store, own, "h").await, ["c6"]);
    place.store.commit(vec![says("h", "1", "bundle1", "20261104").unit("4")]).await.unwrap();
    assert_eq!(values(&place.store, own, "h").await, ["d6"]);
    assert_eq!(course(&place.store, own, "lab", "h").await, ["1put6", "2put7", "3put6", "4remove"]);
}
