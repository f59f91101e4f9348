//! What people decide at desks: consents, look-alikes, the inbox, accounts.

use crate::place::Place;
use crate::said::{compartment, facility, lab, object, permit, person, says, source, unit, viewer};
use model::facility::Profession;
use model::registration::Registration;
use model::{CompartmentId, LocalId, PersonId, Personal, StaffId};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::{DESK_NUMBER, ErrorKind, Evidence, SearchWord, Staff, Store, Verdict};

on_both!(
    a_consent_ends_what_rests_on_the_one_before,
    other_records_move_no_epoch,
    a_desk_registration_is_filed_with_its_person_and_no_reason_to_look,
    the_inbox_lists_what_names_nobody_until_assigned,
    pairs_wait_until_decided_or_one_person,
    deliveries_are_found_by_path_hash_and_problem,
    accounts_tell_their_last_login,
    a_person_is_found_by_whole_words_and_beginnings,
);

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
    assert_eq!(store.registrations_due(10).await.unwrap(), [(own, facility("h"), 1)]);
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

const DESK: Evidence<'_> = Evidence { rule: "reception", why: "受付での登録", by: "desk" };

async fn a_desk_registration_is_filed_with_its_person_and_no_reason_to_look(place: Place) {
    let store = &place.store;
    store.commit(vec![says("h", "1", "ehr/lab", "20261101").of("lab", lab(6)).unit("a")]).await.unwrap();
    let whose = person(store, compartment("h", "1")).await;
    let number = LocalId::new(format!("{DESK_NUMBER}{whose}"));
    let opened = store.open_registration(&facility("w"), &number, whose, &DESK).await.unwrap();
    assert_eq!(store.open_registration(&facility("w"), &number, whose, &DESK).await.unwrap(), opened);
    assert_eq!(opened, compartment("w", number.reveal()));
    assert_eq!(store.links(opened).await.unwrap().len(), 1);
    let said = says("w", number.reveal(), "portal/permit/1", "20261102").of("permit/1", consent("permit"));
    store.commit(vec![said.unit("reception/x/1.csv")]).await.unwrap();
    let policy = store.policy_records(whose).await.unwrap().unwrap();
    assert_eq!((policy.facilities, policy.records.len()), (vec![facility("h")], 1));
    let entries = store.policy_entries(whose).await.unwrap();
    assert_eq!((entries.len(), &entries[0].facility, entries[0].compartment), (1, &facility("w"), opened));
    assert_eq!(entries[0].entered[0].path, "reception/x/1.csv");
    assert_eq!(store.local_ids(&facility("w"), whose).await.unwrap(), []);
    assert_eq!(store.local_ids(&facility("h"), whose).await.unwrap(), [LocalId::from("1")]);
    assert_eq!(store.person_of_number(&facility("h"), "1").await.unwrap(), Some(whose));
    assert_eq!(store.person_of_number(&facility("h"), "2").await.unwrap(), None);
    let nobody = PersonId(uuid::Uuid::from_u128(7));
    let error = store.open_registration(&facility("x"), &number, nobody, &DESK).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

async fn the_inbox_lists_what_names_nobody_until_assigned(place: Place) {
    let store = &place.store;
    let parts = vec![
        says("h", "9", "ehr/lab", "20261101").of("lab", lab(6)).inbox(),
        says("h", "1", "ehr/lab", "20261101").of("lab", lab(7)),
    ];
    store.commit(vec![unit("h", "a", parts)]).await.unwrap();
    let own = compartment("h", "9");
    let (entries, waiting) = store.inbox_entries(None, 10).await.unwrap();
    assert_eq!((entries.len(), waiting, entries[0].compartment, entries[0].records), (1, 1, own, 1));
    assert_eq!(entries[0].deliveries[0].path, "a");
    assert_eq!(store.inbox_entries(Some(&facility("x")), 10).await.unwrap().1, 0);
    assert_eq!(store.inbox_entries(Some(&facility("h")), 10).await.unwrap().1, 1);
    assert_eq!(store.others_in_delivery(entries[0].deliveries[0].id, own).await.unwrap(), 1);
    let to = person(store, compartment("h", "1")).await;
    let human = Evidence { rule: "human", why: "確認", by: "desk" };
    store.link(own, to, &human).await.unwrap();
    assert!(store.inbox_entry(own).await.unwrap().is_none());
    let fresh = PersonId(uuid::Uuid::from_u128(5));
    store.return_to_inbox(own, fresh, &Evidence { rule: "unlinked", ..human }).await.unwrap();
    assert_eq!(store.inbox_entry(own).await.unwrap().unwrap().person, fresh);
    store.withdraw(entries[0].deliveries[0].id, "受付", "誤送信").await.unwrap();
    assert_eq!(store.region_counts().await.unwrap().inbox, 0);
}

/// Keeps what a registration says.
async fn registers(store: &Store, own: CompartmentId) {
    let patient = object(json!({"resourceType": "Patient", "name": [{"text": "佐倉 花子"}]}));
    let keys = BTreeSet::from(["n:佐倉".to_owned()]);
    let mut turn = store.linking_turn().await.unwrap();
    turn.put_registration(own, &Registration::new(&patient, &[]), &keys).await.unwrap();
    turn.commit().await.unwrap();
}

async fn pairs_wait_until_decided_or_one_person(place: Place) {
    let store = &place.store;
    let all: Vec<CompartmentId> = ["1", "2", "3"].map(|patient| compartment("h", patient)).to_vec();
    for patient in ["1", "2", "3"] {
        store
            .commit(vec![says("h", patient, "ehr/lab", "20261101").of("lab", lab(6)).unit(patient)])
            .await
            .unwrap();
        registers(store, compartment("h", patient)).await;
    }
    let mut turn = store.linking_turn().await.unwrap();
    turn.add_review(all[0], all[1], 900, "氏名が一致").await.unwrap();
    turn.add_review(all[0], all[2], 500, "氏名が一致").await.unwrap();
    turn.commit().await.unwrap();
    assert_eq!(store.reviews_waiting(None).await.unwrap(), 2);
    assert_eq!(store.pairs_waiting(Some(&facility("x")), 10).await.unwrap().len(), 0);
    assert_eq!(store.pairs_waiting(Some(&facility("h")), 10).await.unwrap()[0].score, 900);
    store.decide_review(all[0], all[1], Verdict::Different, "受付", "別人").await.unwrap();
    assert_eq!(store.pairs_decided(None, 10).await.unwrap()[0].reason, "別人");
    assert_eq!(store.reviews_waiting(None).await.unwrap(), 1);
    store.reopen_review(all[1], all[0]).await.unwrap();
    assert_eq!(store.reviews_waiting(Some(&facility("h"))).await.unwrap(), 2);
    // Two registrations of one person are no question any more; one that is forgotten is none either.
    let human = Evidence { rule: "human", why: "確認", by: "desk" };
    store.link(all[1], person(store, all[0]).await, &human).await.unwrap();
    assert_eq!(store.reviews_waiting(None).await.unwrap(), 1);
    let mut turn = store.linking_turn().await.unwrap();
    turn.forget_registration(all[2]).await.unwrap();
    turn.commit().await.unwrap();
    assert_eq!(store.reviews_waiting(None).await.unwrap(), 0);
    assert!(store.registration(all[2]).await.unwrap().is_none());
    let mut turn = store.linking_turn().await.unwrap();
    assert!(turn.registered_under(&BTreeSet::from(["n:佐倉".to_owned()])).await.unwrap().len() == 2);
    drop(turn);
    assert!(store.person_since(person(store, all[0]).await).await.unwrap().is_some());
}

async fn deliveries_are_found_by_path_hash_and_problem(place: Place) {
    let store = &place.store;
    for path in ["000/a_1.txt", "000/ab1.txt", "100%/c.txt"] {
        store.commit(vec![says("h", "1", "ehr/lab", path).of(path, lab(6)).unit(path)]).await.unwrap();
    }
    let found = async |words: &str| {
        let found = store.find_deliveries(None, words, 10).await.unwrap();
        found.into_iter().map(|each| each.path).collect::<Vec<_>>()
    };
    assert_eq!(found("a_1").await, ["000/a_1.txt"]);
    assert_eq!(found("0%").await, ["100%/c.txt"]);
    assert_eq!(found("").await.len(), 0);
    let all = store.find_deliveries(Some(&facility("h")), "", 10).await.unwrap();
    assert_eq!(all.len(), 3);
    assert!(!found(&all[0].sha256[..12].to_uppercase()).await.is_empty());
    assert_eq!(found(&all[1].id.to_string()).await, [all[1].path.clone()]);
    assert_eq!(store.deliveries_with_problems(None, "", 10).await.unwrap().len(), 3);
    assert_eq!(
        store.deliveries_with_problems(Some(&facility("h")), "not-mapped", 10).await.unwrap().len(),
        3
    );
    assert_eq!(store.deliveries_with_problems(Some(&facility("h")), "not", 10).await.unwrap().len(), 0);
    let feeds = [(facility("h"), source()), (facility("x"), source())];
    let figures = store.feed_figures(&feeds, "2000", "2999").await.unwrap();
    assert_eq!((figures[0].deliveries, figures[0].problems, figures[0].today), (3, 3, 0));
    assert_eq!((figures[0].latest.len(), figures[1].deliveries), (3, 0));
    store.withdraw(all[0].id, "運営", "誤送信").await.unwrap();
    assert_eq!(store.withdrawn_deliveries(10).await.unwrap()[0].withdrawn_reason, "誤送信");
}

async fn accounts_tell_their_last_login(place: Place) {
    let store = &place.store;
    let staff = Staff {
        id: StaffId(uuid::Uuid::from_u128(3)),
        login: "minami".into(),
        name: "南 さくら".into(),
        profession: Profession::Reception,
        facility: facility("h"),
        password_hash: Personal::new(String::new()),
        totp_secret: Personal::new(Vec::new()),
        totp_last_step: 0,
        failures: 0,
        locked_until: 0,
        active: true,
        created_at: String::new(),
    };
    assert!(store.add_staff(&staff).await.unwrap());
    store.invite(b"hash", staff.id, b"secret", i64::MAX).await.unwrap();
    let entries = store.staff_entries().await.unwrap();
    assert_eq!((entries[0].last_login, entries[0].invited), (0, true));
    store.set_credentials(staff.id, "phc", b"secret").await.unwrap();
    store.open_session(b"token", staff.id, i64::MAX).await.unwrap();
    let other = Staff { id: StaffId(uuid::Uuid::from_u128(4)), login: "aoki".into(), ..staff };
    assert!(store.add_staff(&other).await.unwrap());
    let entries = store.staff_entries().await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.last_login > 0).collect::<Vec<_>>(), [false, true]);
    assert!(!entries[1].invited);
}

async fn a_person_is_found_by_whole_words_and_beginnings(place: Place) {
    let store = &place.store;
    let whole = |text: &str| SearchWord { text: text.into(), whole: true };
    let begins = |text: &str| SearchWord { text: text.into(), whole: false };
    let registrations = [
        ("1", ["k:サクラハナコ", "b:1940-05-05", "i:123"]),
        ("2", ["k:サクラハナエ", "b:1941-05-05", "i:1234"]),
        ("3", ["k:ササキハナコ", "b:1940-05-05", "i:9"]),
    ];
    for (patient, keys) in &registrations {
        store
            .commit(vec![says("h", patient, "ehr", "20261101").of("lab", lab(6)).unit(patient)])
            .await
            .unwrap();
        let own = compartment("h", patient);
        let resource = object(json!({"resourceType": "Patient", "name": [{"text": "佐倉 花子"}]}));
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        let mut turn = store.linking_turn().await.unwrap();
        turn.put_registration(own, &Registration::new(&resource, &[]), &keys).await.unwrap();
        turn.commit().await.unwrap();
    }
    let permit = access::may_search(&viewer("h", Profession::Reception)).unwrap();
    let found = async |words: &[SearchWord], most: usize| {
        let found = store.search_persons(&permit, words, most).await.unwrap()?;
        let at = |patient: &&str| found.iter().any(|each| each.compartment == compartment("h", patient));
        Some(["1", "2", "3"].into_iter().filter(|patient| at(patient)).collect::<String>())
    };
    assert_eq!(found(&[begins("k:サクラ")], 9).await.unwrap(), "12");
    assert_eq!(found(&[begins("k:サクラハナコ")], 9).await.unwrap(), "1");
    assert_eq!(found(&[begins("k:サ")], 9).await.unwrap(), "123");
    assert_eq!(found(&[begins("k:サ"), whole("b:1940-05-05")], 9).await.unwrap(), "13");
    assert_eq!(found(&[whole("i:123")], 9).await.unwrap(), "1", "a number is not found by its beginning");
    assert_eq!(found(&[whole("i:123"), whole("b:1941-05-05")], 9).await.unwrap(), "");
    // As many as asked for are all; one more is too many, and none is shown as if there were no others.
    assert_eq!(found(&[begins("k:サ")], 3).await.unwrap(), "123");
    assert!(found(&[begins("k:サ")], 2).await.is_none());
    assert_eq!(found(&[], 9).await.unwrap(), "");
}
