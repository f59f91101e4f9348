//! The desks' pages, each with nobody logged in, the wrong profession, something wrong in the form, and as meant.

use crate::house::{House, number, staff_id};
use access::{ConsentKind, Decision, Purpose};
use model::facility::Profession::{self, Helper, Nurse, Operator, Physician, Reception};
use model::reading::Format;
use store::DeliveryFilter;

const CHECKED: &str = "checked=yes";

#[tokio::test]
async fn nobody_and_the_wrong_profession_get_nowhere() {
    let house = House::open().await;
    let id = uuid::Uuid::nil();
    let gets = [
        "/operator",
        "/operator/feeds.csv",
        "/operator/problems",
        "/operator/staff",
        "/operator/withdrawals",
        "/review",
        "/inbox",
        "/reception",
        &format!("/reception/{id}"),
    ];
    for path in gets {
        let answer = house.get(None, path).await;
        assert_eq!((answer.status.as_u16(), answer.to.as_str()), (303, "/login"), "{path}");
        assert_eq!(house.get(Helper, path).await.status.as_u16(), 403, "{path}");
    }
    let posts = [
        "/operator/replay".to_owned(),
        "/operator/staff".to_owned(),
        format!("/operator/staff/{id}/close"),
        "/operator/withdrawals".to_owned(),
        format!("/review/{id}.{id}"),
        format!("/review/{id}.{id}/undo"),
        format!("/inbox/{id}/assign"),
        format!("/inbox/{id}/withdraw"),
        format!("/reception/{id}/consent"),
        format!("/reception/{id}/withdraw"),
        format!("/reception/{id}/relationship"),
    ];
    for path in &posts {
        assert_eq!(house.post(None, path, "").await.to, "/login", "{path}");
        assert_eq!(house.post(Helper, path, CHECKED).await.status.as_u16(), 403, "{path}");
    }
    let refused = house.audited("page").await;
    assert_eq!(refused.len(), gets.len() + posts.len());
    assert!(refused.iter().all(|(outcome, _)| outcome == "refused"));
    // Reception staff are no operators, clinical staff no review desk.
    assert_eq!(house.get(Reception, "/operator").await.status.as_u16(), 403);
    assert_eq!(house.get(Nurse, "/review").await.status.as_u16(), 403);
}

#[tokio::test]
async fn the_operator_sees_feeds_and_reads_again_after_confirming() {
    let house = House::open().await;
    house.registers("town", "1", "S150505", "室蘭市港町1-2-3", false).await;
    let page = house.get(Operator, "/operator").await;
    assert!(page.body.contains("白鳥市役所") && page.body.contains("feed"), "{}", page.body);
    let csv = house.get(Operator, "/operator/feeds.csv").await.body;
    assert!(
        csv.lines().any(|line| line.starts_with("\"town\",\"白鳥市役所\",\"town-hall\",\"feed\"")),
        "{csv}"
    );
    assert_eq!(house.get(Operator, "/operator/problems?facility=town").await.status.as_u16(), 200);
    assert_eq!(house.get(Operator, "/operator/problems?facility=%E7%97%85").await.status.as_u16(), 422);

    let asked = house.post(Operator, "/operator/replay", "facility=town&source=feed").await;
    assert!(asked.status.as_u16() == 200 && asked.body.contains("白鳥市役所 / feed"), "{}", asked.body);
    assert!(house.audited("replay").await.is_empty());
    let confirmed = house.post(Operator, "/operator/replay", "facility=town&source=feed&checked=yes").await;
    assert_eq!((confirmed.status.as_u16(), confirmed.to.as_str()), (303, "/operator"));
    assert_eq!(house.audited("replay").await[0].0, "done");
    while house
        .hub
        .jobs
        .list()
        .iter()
        .any(|job| matches!(job.progress, hub::desk_jobs::Progress::Running(..)))
    {
        tokio::task::yield_now().await;
    }
    assert!(house.get(Operator, "/operator").await.body.contains("完了 1件"));
    for wrong in ["facility=town&source=other&checked=yes", "facility=&source=feed", ""] {
        assert_eq!(house.post(Operator, "/operator/replay", wrong).await.status.as_u16(), 422, "{wrong}");
    }
}

#[tokio::test]
async fn accounts_are_invited_closed_and_opened_and_a_link_is_shown_once() {
    let house = House::open().await;
    let form = "name=%E5%8D%97+%E3%81%95%E3%81%8F%E3%82%89&login=minami&profession=nurse&facility=clinic";
    let made = house.post(Operator, "/operator/staff", form).await;
    assert_eq!((made.status.as_u16(), made.to.as_str()), (303, "/operator/staff"));
    let shown = house.get_with(Operator, "/operator/staff", &made.cookie).await;
    assert!(shown.body.contains("http://hub.example/invitation/"), "{}", shown.body);
    assert!(shown.cookie.contains("Max-Age=0"), "{}", shown.cookie);
    assert!(!house.get(Operator, "/operator/staff").await.body.contains("/invitation/"));
    assert_eq!(house.audited("staff-invited").await.len(), 1);
    for wrong in [
        form,
        "name=&login=x&profession=nurse&facility=clinic",
        "name=a&login=x+y&profession=nurse&facility=clinic",
        "name=a&login=x&profession=king&facility=clinic",
        "name=a&login=x&profession=nurse&facility=nowhere",
    ] {
        assert_eq!(house.post(Operator, "/operator/staff", wrong).await.status.as_u16(), 422, "{wrong}");
    }
    let nurse = format!("/operator/staff/{}", staff_id(Nurse));
    assert_eq!(house.post(Operator, &format!("{nurse}/close"), "").await.status.as_u16(), 303);
    assert_eq!(house.get(Nurse, "/search").await.to, "/login");
    assert_eq!(house.post(Operator, &format!("{nurse}/reset"), "").await.status.as_u16(), 404);
    assert_eq!(house.post(Operator, &format!("{nurse}/reopen"), "").await.status.as_u16(), 303);
    assert!(!house.post(Operator, &format!("{nurse}/reset"), "").await.cookie.is_empty());
    assert_eq!(house.post(Operator, &format!("{nurse}/promote"), "").await.status.as_u16(), 404);
    let own = format!("/operator/staff/{}/close", staff_id(Operator));
    assert_eq!(house.post(Operator, &own, "").await.status.as_u16(), 422);
}

#[tokio::test]
async fn a_delivery_is_found_and_withdrawn_with_a_reason() {
    let house = House::open().await;
    house.registers("town", "1", "S150505", "室蘭市港町1-2-3", false).await;
    let page = house.get(Operator, "/operator/withdrawals?q=1.csv").await;
    let delivery = house.hub.store.deliveries(&DeliveryFilter::default()).await.unwrap().remove(0);
    assert!(page.body.contains(&delivery.id.to_string()));
    assert!(
        house
            .get(Operator, "/operator/withdrawals?q=2.csv")
            .await
            .body
            .contains("該当する受信データはありません")
    );
    let own = number("town", "1");
    for wrong in [
        format!("delivery={}&reason=x", delivery.id),
        format!("delivery={}&reason=+&checked=yes", delivery.id),
        "delivery=x&reason=x&checked=yes".to_owned(),
    ] {
        assert_eq!(
            house.post(Operator, "/operator/withdrawals", &wrong).await.status.as_u16(),
            422,
            "{wrong}"
        );
    }
    let form = format!("delivery={}&reason=wrong+patient&checked=yes", delivery.id);
    assert_eq!(house.post(Operator, "/operator/withdrawals", &form).await.status.as_u16(), 303);
    assert_eq!(house.post(Operator, "/operator/withdrawals", &form).await.status.as_u16(), 409);
    let page = house.get(Operator, "/operator/withdrawals").await.body;
    assert!(page.contains("wrong patient") && page.contains("試験 運営"), "{page}");
    assert!(house.audited("withdrawal").await.iter().any(|(_, detail)| detail == "wrong patient"));
    assert!(house.hub.store.registration(own).await.unwrap().is_none());
}

/// Two registrations that look alike and are not linked by rule; the second may hide its address.
async fn look_alikes(house: &House, hidden: bool) -> String {
    house.registers("town", "1", "S150505", "室蘭市港町1-2-3", false).await;
    house.registers("clinic", "88", "S150506", "室蘭市海岸町4-5", hidden).await;
    let (a, b) = (number("town", "1"), number("clinic", "88"));
    house.look_alike(a, b).await;
    let pair = house.hub.store.review(a, b).await.unwrap().unwrap();
    format!("{}.{}", pair.a, pair.b)
}

#[tokio::test]
async fn two_are_one_until_it_is_undone() {
    let house = House::open().await;
    let pair = look_alikes(&house, false).await;
    let (town, clinic) = (number("town", "1"), number("clinic", "88"));
    let before = (house.person(town).await, house.person(clinic).await);
    let page = house.get(Reception, "/review").await.body;
    assert!(
        page.contains("≈") && page.contains("室蘭市海岸町4-5") && page.contains("確認待ち 1件"),
        "{page}"
    );
    let path = format!("/review/{pair}");
    for wrong in ["verdict=same&note=+", "verdict=different", "verdict=perhaps&note=x", ""] {
        assert_eq!(house.post(Operator, &path, wrong).await.status.as_u16(), 422, "{wrong}");
    }
    assert_eq!(house.post(Operator, "/review/x.y", "verdict=later").await.status.as_u16(), 404);
    assert_eq!(house.post(Operator, &path, "verdict=later").await.status.as_u16(), 303);
    assert_eq!(house.post(Operator, &path, "verdict=same&note=card+seen").await.status.as_u16(), 303);
    // The older person's id stays.
    assert_eq!((house.person(town).await, house.person(clinic).await), (before.0, before.0));
    assert_eq!(house.post(Operator, &path, "verdict=different&note=x").await.status.as_u16(), 409);
    let page = house.get(Operator, "/review").await.body;
    assert!(page.contains("card seen") && page.contains("確認待ち 0件"), "{page}");
    assert_eq!(house.audited("review").await.len(), 4);
    assert_eq!(house.post(Operator, &format!("{path}/undo"), "").await.status.as_u16(), 303);
    assert_eq!((house.person(town).await, house.person(clinic).await), before);
    assert!(house.get(Operator, "/review").await.body.contains("確認待ち 1件"));
}

#[tokio::test]
async fn different_persons_stay_apart() {
    let house = House::open().await;
    let pair = look_alikes(&house, false).await;
    let form = "verdict=different&note=twins";
    assert_eq!(house.post(Reception, &format!("/review/{pair}"), form).await.status.as_u16(), 303);
    let (town, clinic) = (number("town", "1"), number("clinic", "88"));
    assert_eq!(house.hub.store.different_from(town).await.unwrap(), [clinic]);
    // Nor do they become one through somebody who looks like both.
    house.registers("hospital", "5", "S150505", "室蘭市港町1-2-3", false).await;
    let third = number("hospital", "5");
    let others = [clinic, third];
    house.look_alike(others[0], others[1]).await;
    let review = house.hub.store.review(clinic, third).await.unwrap().unwrap();
    assert_eq!(house.person(third).await, house.person(town).await, "linked by rule");
    let form = "verdict=same&note=x";
    let path = format!("/review/{}.{}", review.a, review.b);
    assert_eq!(house.post(Operator, &path, form).await.status.as_u16(), 422);
    assert_ne!(house.person(clinic).await, house.person(town).await);
}

#[tokio::test]
async fn reception_staff_judge_only_what_is_theirs() {
    let house = House::open().await;
    house.registers("town", "1", "S150505", "室蘭市港町1-2-3", false).await;
    house.registers("hospital", "5", "S150506", "室蘭市海岸町4-5", false).await;
    let (a, b) = (number("town", "1"), number("hospital", "5"));
    house.look_alike(a, b).await;
    assert!(house.get(Reception, "/review").await.body.contains("確認待ち 0件"));
    let answer = house.post(Reception, &format!("/review/{a}.{b}"), "verdict=same&note=x").await;
    assert_eq!(answer.status.as_u16(), 404);
}

#[tokio::test]
async fn a_hidden_address_is_on_no_page() {
    let house = House::open().await;
    look_alikes(&house, true).await;
    for (who, path) in [
        (Operator, "/review".to_owned()),
        (Operator, "/inbox".to_owned()),
        (Reception, format!("/reception/{}", house.person(number("clinic", "88")).await)),
        (Operator, format!("/reception/{}", house.person(number("clinic", "88")).await)),
    ] {
        let page = house.get(who, &path).await;
        assert_eq!(page.status.as_u16(), 200, "{path}");
        for secret in ["海岸町", "港町1", "0143-22-1234"] {
            assert!(!page.body.contains(secret), "{path} shows {secret}");
        }
    }
    assert!(house.get(Operator, "/review").await.body.contains("非表示（支援措置）"));
}

const NOBODYS: &str = r#"{"resourceType": "Observation", "status": "final", "code": {"text": "HbA1c"},
    "effectiveDateTime": "2026-11-20", "valueQuantity": {"value": 6.1, "unit": "%"}}"#;

#[tokio::test]
async fn what_is_nobodys_is_assigned_put_back_and_withdrawn() {
    let house = House::open().await;
    house.registers("clinic", "88", "S150505", "室蘭市港町1-2-3", false).await;
    house.receives("clinic", Format::Fhir, "lab.json", NOBODYS).await;
    let (entries, _) = house.hub.store.inbox_entries(None, 10).await.unwrap();
    let own = entries[0].compartment;
    let person = house.person(number("clinic", "88")).await;
    assert!(house.get(Operator, "/inbox").await.body.contains("lab.json"));
    let found = house.get(Reception, &format!("/inbox?item={own}&q=88")).await.body;
    assert!(found.contains(&person.to_string()) && found.contains("佐倉 花子"), "{found}");
    let found = house.get(Reception, &format!("/inbox?item={own}&q=%E3%82%B5%E3%82%AF%E3%83%A9")).await.body;
    assert!(found.contains(&person.to_string()));
    let assign = format!("/inbox/{own}/assign");
    for wrong in [format!("person={person}"), "checked=yes".to_owned(), "local_id=99&checked=yes".to_owned()]
    {
        assert_eq!(house.post(Reception, &assign, &wrong).await.status.as_u16(), 422, "{wrong}");
    }
    let nobody = format!("person={}&checked=yes", uuid::Uuid::from_u128(9));
    assert_eq!(house.post(Reception, &assign, &nobody).await.status.as_u16(), 404);
    let right = "local_id=88&checked=yes";
    assert_eq!(house.post(Reception, &assign, right).await.to, format!("/inbox?assigned={own}"));
    assert_eq!(house.person(own).await, person);
    assert_eq!(house.post(Reception, &assign, right).await.status.as_u16(), 409);
    assert_eq!(house.audited("assignment").await.len(), 1);
    let page = house.get(Reception, &format!("/inbox?assigned={own}")).await.body;
    assert!(page.contains(&format!("/inbox/{own}/undo")));
    assert_eq!(house.post(Reception, &format!("/inbox/{own}/undo"), "").await.status.as_u16(), 303);
    assert_ne!(house.person(own).await, person);
    let withdraw = format!("/inbox/{own}/withdraw");
    assert_eq!(house.post(Reception, &withdraw, "reason=").await.status.as_u16(), 422);
    assert_eq!(house.post(Reception, &withdraw, "reason=test+data").await.to, "/inbox?withdrawn=yes");
    assert_eq!(house.hub.store.inbox_entries(None, 10).await.unwrap().1, 0);
}

#[tokio::test]
async fn another_facilitys_inbox_is_not_touched() {
    let house = House::open().await;
    house.receives("hospital", Format::Fhir, "lab.json", NOBODYS).await;
    let own = house.hub.store.inbox_entries(None, 10).await.unwrap().0.remove(0).compartment;
    assert!(!house.get(Reception, "/inbox").await.body.contains("lab.json"));
    let answer = house.post(Reception, &format!("/inbox/{own}/withdraw"), "reason=x").await;
    assert_eq!(answer.status.as_u16(), 409);
    assert_eq!(house.hub.store.inbox_entries(None, 10).await.unwrap().1, 1);
}

#[tokio::test]
async fn another_institutions_number_names_its_own_patient() {
    let house = House::open().await;
    let hospital = store::Facility {
        id: crate::house::facility("hospital"),
        kind: model::facility::FacilityKind::Hospital,
        name: String::new(),
        number: "0119900010".into(),
    };
    house.hub.store.upsert_facility(&hospital).await.unwrap();
    let clinic = store::Facility {
        id: crate::house::facility("clinic"),
        kind: model::facility::FacilityKind::Clinic,
        number: "0110100001".into(),
        ..hospital
    };
    house.hub.store.upsert_facility(&clinic).await.unwrap();
    // The number 88 is one person at the clinic and another at the hospital.
    house.registers("clinic", "88", "S150505", "室蘭市港町1-2-3", false).await;
    house.registers("hospital", "88", "S300101", "登別市中央町9", false).await;
    let document = r#"{"resourceType": "Patient", "id": "p", "identifier":
        [{"system": "urn:oid:1.2.392.100495.20.3.51.10119900010", "value": "88"}]}"#;
    house.receives("clinic", Format::Fhir, "letter.json", document).await;
    let own = house.hub.store.inbox_entries(None, 10).await.unwrap().0.remove(0).compartment;
    let page = house.get(Operator, "/inbox").await.body;
    assert!(page.contains(&format!("/inbox/{own}/assign")), "{page}");
    assert!(page.contains(&house.person(number("hospital", "88")).await.to_string()));
    assert!(!page.contains(&house.person(number("clinic", "88")).await.to_string()));
}

/// Whether staff of a facility see what others know.
async fn sees(house: &House, who: Profession, person: model::PersonId) -> bool {
    let staff = house.hub.store.staff(staff_id(who)).await.unwrap().unwrap();
    let viewer = house.hub.viewer(&staff).await.unwrap().unwrap();
    let facts = house.hub.facts(&viewer.facility, person).await.unwrap().unwrap();
    matches!(access::decide(&viewer, Purpose::Treatment, &facts), Decision::Permit(permit) if permit.sees_others())
}

#[tokio::test]
async fn consents_and_relationships_hold_at_once_and_end_at_once() {
    let house = House::open().await;
    house.registers("town", "1", "S150505", "室蘭市港町1-2-3", false).await;
    let person = house.person(number("town", "1")).await;
    let desk = format!("/reception/{person}");
    assert_eq!(house.get(Reception, "/reception").await.to, "/search");
    let page = house.get(Reception, &desk).await.body;
    assert!(
        page.contains("佐倉 花子") && page.contains("室蘭市港町") && !page.contains("港町1-2-3"),
        "{page}"
    );
    let epoch = async || house.hub.store.policy_records(person).await.unwrap().unwrap().consent_epoch;
    let from = house.hub.today();

    // The clinic takes the consent, the hospital's physician says why they look: then it is seen.
    let start = epoch().await;
    let consent = format!("kind=permit&scope=all&from={from}&until=&checked=yes");
    let saved = house.post(Reception, &format!("{desk}/consent"), &consent).await;
    assert_eq!((saved.status.as_u16(), saved.to), (303, format!("{desk}?saved=permit")));
    assert!(!sees(&house, Physician, person).await, "no relationship yet");
    assert!(
        !sees(&house, Reception, person).await,
        "filing a consent is no registration of the clinic's own"
    );
    let relationship = format!("facility=hospital&reason=referral&from={from}&until=");
    assert_eq!(
        house.post(Physician, &format!("{desk}/relationship"), &relationship).await.status.as_u16(),
        303
    );
    assert!(sees(&house, Physician, person).await && epoch().await > start);
    assert_eq!(house.audited("consent").await.len(), 1);
    assert_eq!(house.audited("relationship").await.len(), 1);

    // Taken back on its first day, it ends at once, at the desk that entered it.
    let said = house.hub.said(person).await.unwrap().unwrap();
    let (id, effect) = (&said.consents[0].consent.id, &said.consents[0].effect);
    assert_eq!(effect.iter().map(|each| each.id.as_str()).collect::<Vec<_>>(), ["hospital"]);
    let page = house.get(Reception, &desk).await.body;
    assert!(page.contains("試験 受付") && page.contains("白鳥総合病院"), "{page}");
    let moved = epoch().await;
    let back = format!("consent={id}&checked=yes");
    assert_eq!(
        house.post(Reception, &format!("{desk}/withdraw"), &back).await.to,
        format!("{desk}?saved=withdraw")
    );
    assert!(!sees(&house, Physician, person).await && epoch().await > moved);
    assert!(house.get(Reception, &desk).await.body.contains("撤回済み"));
    // Given again, it holds again.
    house.post(Reception, &format!("{desk}/consent"), &consent).await;
    assert!(sees(&house, Physician, person).await);

    // Taken back at another desk, a refusal is entered against it; only that desk can take the refusal back.
    assert_eq!(house.post(Nurse, &format!("{desk}/withdraw"), &back).await.status.as_u16(), 303);
    assert!(!sees(&house, Physician, person).await);
    let said = house.hub.said(person).await.unwrap().unwrap();
    let denial = said.consents.iter().find(|each| each.consent.kind == ConsentKind::Deny).unwrap();
    let back = format!("consent={}&checked=yes", denial.consent.id);
    assert_eq!(house.post(Reception, &format!("{desk}/withdraw"), &back).await.status.as_u16(), 422);
    assert!(house.get(Reception, &desk).await.body.contains("共有の拒否が有効です"));
    assert_eq!(house.post(Nurse, &format!("{desk}/withdraw"), &back).await.status.as_u16(), 303);
    assert!(sees(&house, Physician, person).await);
}

#[tokio::test]
async fn a_wrong_entry_is_told_and_not_kept() {
    let house = House::open().await;
    house.registers("town", "1", "S150505", "室蘭市港町1-2-3", false).await;
    let desk = format!("/reception/{}", house.person(number("town", "1")).await);
    for (verb, form) in [
        ("consent", "kind=permit&scope=all&from=2026-04-01"),
        ("consent", "kind=permit&scope=all&from=2026-04-31&checked=yes"),
        ("consent", "kind=permit&scope=all&from=&checked=yes"),
        ("consent", "kind=permit&scope=all&from=2026-04-02&until=2026-04-01&checked=yes"),
        ("consent", "kind=permit&scope=some&from=2026-04-01&checked=yes"),
        ("consent", "kind=permit&scope=some&facility=nowhere&from=2026-04-01&checked=yes"),
        ("consent", "kind=maybe&scope=all&from=2026-04-01&checked=yes"),
        ("relationship", "facility=hospital&reason=visit&from=2026-04-01"),
        ("relationship", "facility=clinic&reason=curious&from=2026-04-01"),
        ("relationship", "reason=visit&from=2026-04-01"),
    ] {
        let answer = house.post(Reception, &format!("{desk}/{verb}"), form).await;
        assert_eq!(answer.status.as_u16(), 422, "{form}");
        assert!(answer.body.contains("何も保存されていません"), "{form}");
    }
    for (path, form) in [
        (format!("{desk}/withdraw"), "consent=x&checked=yes"),
        (format!("{desk}/dance"), CHECKED),
        (
            format!("/reception/{}/consent", uuid::Uuid::nil()),
            "kind=permit&scope=all&from=2026-04-01&checked=yes",
        ),
    ] {
        assert_eq!(house.post(Reception, &path, form).await.status.as_u16(), 404, "{path}");
    }
    assert!(house.audited("consent").await.is_empty() && house.audited("relationship").await.is_empty());
    // The region's office may enter a relationship of any facility.
    let form = "facility=hospital&reason=visit&from=2026-04-01";
    assert_eq!(house.post(Operator, &format!("{desk}/relationship"), form).await.status.as_u16(), 303);
}

#[tokio::test]
async fn a_person_is_found_by_the_number_that_every_page_shows() {
    let house = House::open().await;
    house.registers("town", "1", "S150505", "室蘭市港町1-2-3", false).await;
    house.registers("clinic", "88", "S150505", "室蘭市港町1-2-3", false).await;
    let person = house.person(number("town", "1")).await;
    let shown = model::regional_id::RegionalId::of(person).to_string();
    for typed in [shown.clone(), shown.replace('-', "")] {
        let to = house.post(Reception, "/search", &format!("q={typed}&birth=")).await.to;
        let page = house.get(Reception, &to).await.body;
        assert_eq!(page.matches(&format!("/person/{person}")).count(), 1, "{typed}: {page}");
    }
}
