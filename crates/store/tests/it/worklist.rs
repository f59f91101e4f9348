//! What is new, with movements: for those who may see it, and for nobody else.

use crate::place::Place;
use crate::said::{compartment, facility, facts, permit_with, person, says, unit, viewer};
use access::{Facts, SearchPermit, Visibility};
use model::facility::{Profession, RecordKind};
use model::reading::{Effect, Format};
use model::{PersonId, Personal};
use serde_json::{Value, json};
use store::{Evidence, News, Staff, Step, Store, Unit};

on_both!(
    movements_come_with_the_news_of_those_who_may_see_them,
    what_is_hidden_or_no_movement_is_told_to_nobody,
    what_was_seen_is_new_no_longer,
    goals_and_certifications_are_told_by_person_and_facility,
);

fn encounter(status: &str, class: &str, period: Value) -> Value {
    json!({"resourceType": "Encounter", "status": status, "class": {"code": class}, "period": period})
}

fn stay() -> Value {
    encounter("finished", "IMP", json!({"start": "2026-11-02", "end": "2026-11-22"}))
}

/// The account behind [`viewer`], made before anything is received, and what lets it search.
async fn account(store: &Store, own: &str, profession: Profession) -> SearchPermit {
    let viewer = viewer(own, profession);
    let staff = Staff {
        id: viewer.staff,
        login: "viewer".into(),
        name: viewer.name.clone(),
        profession,
        facility: facility(own),
        password_hash: Personal::new("phc".into()),
        totp_secret: Personal::new(Vec::new()),
        totp_last_step: 0,
        failures: 0,
        locked_until: 0,
        active: true,
        created_at: String::new(),
    };
    assert!(store.add_staff(&staff).await.unwrap());
    access::may_search(&viewer).unwrap()
}

/// The person of a registration at `care`, to which the hospital's registration is linked.
async fn shared(store: &Store) -> PersonId {
    let here = says("care", "1", "ehr/x", "20261101").of("x", crate::said::lab(1)).unit("care");
    let there = says("h", "1", "ehr/x", "20261101").of("x", crate::said::lab(1)).unit("h");
    store.commit(vec![here, there]).await.unwrap();
    let own = person(store, compartment("care", "1")).await;
    let evidence = Evidence { rule: "human", why: "確認", by: "desk" };
    store.link(compartment("h", "1"), own, &evidence).await.unwrap();
    own
}

fn told(news: &[News]) -> Vec<(Step, &str)> {
    let movements = news.iter().flat_map(|each| &each.movements);
    let mut told: Vec<_> = movements.map(|each| (each.step, each.time.as_str())).collect();
    told.sort_unstable();
    told
}

async fn shown(store: &Store, search: &SearchPermit, facts: &Facts, profession: Profession) -> Vec<News> {
    let permit = permit_with(facts, "care", profession);
    let news = store.news(search, &[facts.person]).await.unwrap();
    news.into_iter().filter(|each| each.shown_by(&permit)).collect()
}

async fn movements_come_with_the_news_of_those_who_may_see_them(place: Place) {
    let store = &place.store;
    let search = account(store, "care", Profession::CareManager).await;
    let whose = shared(store).await;
    let parts = vec![
        says("h", "1", "ehr/stay", "20261122").of("stay", stay()),
        says("h", "1", "ehr/visit", "20261123")
            .of("visit", encounter("finished", "AMB", json!({"start": "2026-11-23"}))),
        says("h", "1", "ehr/plan", "20261123")
            .of("plan", json!({"resourceType": "CarePlan", "status": "active"})),
    ];
    store.commit(vec![unit("h", "b", parts)]).await.unwrap();
    let all = facts(whose, "care");
    for profession in [Profession::CareManager, Profession::Helper, Profession::Dentist] {
        let news = shown(store, &search, &all, profession).await;
        assert_eq!(
            told(&news),
            [(Step::Admitted, "2026-11-02"), (Step::Discharged, "2026-11-22"), (Step::Visited, "2026-11-23")],
            "{profession}"
        );
        let of = |kind| news.iter().find(|each| each.kind == kind).map(|each| (each.count, each.plans));
        assert_eq!(of(RecordKind::Encounter), Some((2, 0)));
        assert_eq!(of(RecordKind::Care), Some((1, 1)));
    }
    // Not agreed, not for the role, another person's permit: nothing.
    let refused = Facts { consents: vec![], ..all.clone() };
    assert!(shown(store, &search, &refused, Profession::CareManager).await.is_empty());
    let news = store.news(&search, &[whose]).await.unwrap();
    let reception = permit_with(&all, "care", Profession::Reception);
    assert!(!news.is_empty() && news.iter().all(|each| !each.shown_by(&reception)));
    let stranger = Facts { person: PersonId(uuid::Uuid::from_u128(9)), ..all };
    let stranger = permit_with(&stranger, "care", Profession::CareManager);
    assert!(news.iter().all(|each| !each.shown_by(&stranger)));
    assert!(store.news(&search, &[stranger.person()]).await.unwrap().is_empty());
    let own = permit_with(&facts(whose, "care"), "care", Profession::CareManager);
    assert_eq!(own.visibility(&facility("h"), RecordKind::Encounter, false), Visibility::Shown);
}

async fn what_is_hidden_or_no_movement_is_told_to_nobody(place: Place) {
    let store = &place.store;
    let search = account(store, "care", Profession::CareManager).await;
    let whose = shared(store).await;
    let said = |key: &str, resource| says("h", "1", &format!("ehr/{key}"), "20261122").of(key, resource);
    let mut psychiatric = stay();
    psychiatric["meta"] = json!({"security": [{"code": "PSY"}]});
    let day = json!({"start": "2026-11-22"});
    let claimed =
        said("claimed", encounter("finished", "IMP", json!({"start": "2026-10-01", "end": "2026-10-31"})));
    let mut claim: Unit = claimed.unit("claim");
    claim.delivery.format = Format::CareClaim;
    let units = vec![
        said("psychiatric", psychiatric).unit("b"),
        said("cancelled", encounter("cancelled", "IMP", day.clone())).unit("c"),
        says("h", "1", "ehr/inbox", "20261122").of("inbox", stay()).unit("d"),
        says("h", "7", "ehr/inbox", "20261122").of("inbox", stay()).inbox().unit("e"),
        says("care", "1", "ehr/own", "20261122").of("own", stay()).unit("f"),
        claim,
    ];
    store.commit(units).await.unwrap();
    // What was said before and is deleted now.
    let gone = says("h", "1", "ehr/inbox", "20261123").of("inbox", stay()).effect(Effect::Deleted).unit("g");
    store.commit(vec![gone]).await.unwrap();
    let news = shown(store, &search, &facts(whose, "care"), Profession::CareManager).await;
    assert_eq!(told(&news), [], "{news:?}");
    let counted = news.iter().find(|each| each.kind == RecordKind::Encounter).unwrap();
    // The cancelled one, the claim's month, the one that was there and is deleted; not the protected one.
    assert_eq!((counted.count, counted.facility.as_str()), (4, "h"));
}

async fn what_was_seen_is_new_no_longer(place: Place) {
    let store = &place.store;
    let search = account(store, "care", Profession::CareManager).await;
    let whose = shared(store).await;
    let facts = facts(whose, "care");
    store.commit(vec![says("h", "1", "ehr/stay", "20261122").of("stay", stay()).unit("b")]).await.unwrap();
    assert_eq!(told(&shown(store, &search, &facts, Profession::CareManager).await).len(), 2);
    store.mark_seen(&permit_with(&facts, "care", Profession::CareManager)).await.unwrap();
    assert!(store.news(&search, &[whose]).await.unwrap().is_empty());
    // Corrected, it is news again, and one movement with all its changes.
    for (day, path) in [("20261123", "c"), ("20261124", "d")] {
        let mut corrected = stay();
        corrected["period"]["end"] = json!(format!("2026-11-{}", &day[6..]));
        store.commit(vec![says("h", "1", "ehr/stay", day).of("stay", corrected).unit(path)]).await.unwrap();
    }
    let news = shown(store, &search, &facts, Profession::CareManager).await;
    assert_eq!(told(&news), [(Step::Admitted, "2026-11-02"), (Step::Discharged, "2026-11-24")]);
    assert!(news[0].movements.iter().all(|each| each.changes == news[0].count && each.changes == 2));
}

async fn goals_and_certifications_are_told_by_person_and_facility(place: Place) {
    let store = &place.store;
    let search = account(store, "care", Profession::CareManager).await;
    let whose = shared(store).await;
    let goal =
        json!({"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "家で過ごす"}});
    let coverage = |word: &str, end: &str| json!({"resourceType": "Coverage", "status": "active", "type": {"text": word}, "period": {"end": end}});
    let parts = vec![
        says("h", "1", "ehr/goal", "20261122").of("goal", goal),
        says("h", "1", "ehr/care", "20261122").of("care", coverage("介護保険", "2026-12-31")),
        says("h", "1", "ehr/other", "20261122").of("other", coverage("国民健康保険", "2026-11-30")),
    ];
    store.commit(vec![unit("h", "b", parts)]).await.unwrap();
    let others = [PersonId(uuid::Uuid::from_u128(9)), whose];
    let place = (whose, facility("h"));
    assert_eq!(store.goals(&search, &others).await.unwrap(), [(place.0, place.1.clone(), RecordKind::Care)]);
    assert_eq!(
        store.certifications(&search, &others).await.unwrap(),
        [(place.0, place.1, "2026-12-31".to_owned())]
    );
    assert!(store.goals(&search, &others[..1]).await.unwrap().is_empty());
}
