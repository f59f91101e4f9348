//! The first screens of care manager, helper and dentist: what they tell of whom, and what never.

use crate::house::{Answer, House, number};
use jiff::civil::Date;
use model::PersonId;
use model::facility::Profession::{
    self, CareManager, Dentist, Helper, Nurse, Operator, Pharmacist, Physician, Reception,
};
use model::reading::Format;

/// What the clinic's records say and no first screen shows.
const CLINICAL: [&str; 4] = ["アゾセミド", "家で過ごす", "カリウム", "5.9"];

fn day(house: &House, days: i32) -> Date {
    let today: Date = house.hub.today().parse().unwrap();
    today.checked_add(jiff::Span::new().days(days)).unwrap()
}

/// The clinic's records of its patient: a visit yesterday, a stay from long ago, a drug, a goal, a potassium.
async fn clinic_writes(house: &House, patient: &str) {
    let (yesterday, long_ago) = (day(house, -1), day(house, -90));
    let record =
        |id: &str, resource: &str| format!(r#"{{"fullUrl": "http://x/{id}", "resource": {resource}}}"#);
    let subject = r#""subject": {"reference": "http://x/p"}"#;
    let entries = [
        record(
            "p",
            &format!(
                r#"{{"resourceType": "Patient", "id": "p",
                "identifier": [{{"system": "urn:oid:1.2.392.100495.20.3.51.10123456789", "value": "{patient}"}}]}}"#
            ),
        ),
        record(
            "v",
            &format!(
                r#"{{"resourceType": "Encounter", "id": "v", "status": "finished", {subject},
                "class": {{"code": "AMB"}}, "period": {{"start": "{yesterday}"}}}}"#
            ),
        ),
        record(
            "s",
            &format!(
                r#"{{"resourceType": "Encounter", "id": "s", "status": "finished", {subject},
                "class": {{"code": "IMP"}}, "period": {{"start": "{long_ago}", "end": "{long_ago}"}}}}"#
            ),
        ),
        record(
            "m",
            &format!(
                r#"{{"resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order", {subject},
                "medicationCodeableConcept": {{"text": "アゾセミド錠30mg"}}, "authoredOn": "{yesterday}"}}"#
            ),
        ),
        record(
            "g",
            &format!(
                r#"{{"resourceType": "Goal", "id": "g", "lifecycleStatus": "active", {subject},
                "description": {{"text": "お正月を家で過ごす"}}, "startDate": "{yesterday}"}}"#
            ),
        ),
        record(
            "k",
            &format!(
                r#"{{"resourceType": "Observation", "id": "k", "status": "final", {subject},
                "category": [{{"coding": [{{"code": "laboratory"}}]}}], "code": {{"text": "カリウム"}},
                "effectiveDateTime": "{yesterday}", "valueQuantity": {{"value": 5.9, "unit": "mmol/L"}}}}"#
            ),
        ),
    ];
    let bundle =
        format!(r#"{{"resourceType": "Bundle", "type": "collection", "entry": [{}]}}"#, entries.join(","));
    house.receives("clinic", Format::Fhir, "course.json", &bundle).await;
}

/// 佐倉 花子 is the clinic's patient; consent is filed there, and the hospital's physician says why they look.
async fn agreed(house: &House) -> PersonId {
    house.registers("clinic", "88", "S150505", "室蘭市港町1-2-3", false).await;
    let person = house.person(number("clinic", "88")).await;
    let desk = format!("/reception/{person}");
    let from = house.hub.today();
    let consent = format!("kind=permit&scope=all&from={from}&until=&checked=yes");
    assert_eq!(house.post(Reception, &format!("{desk}/consent"), &consent).await.status.as_u16(), 303);
    relates(house, person).await;
    person
}

async fn relates(house: &House, person: PersonId) {
    let relationship = format!("facility=hospital&reason=referral&from={}&until=", house.hub.today());
    let path = format!("/reception/{person}/relationship");
    assert_eq!(house.post(Physician, &path, &relationship).await.status.as_u16(), 303);
}

async fn first(house: &House, who: Profession) -> Answer {
    let page = house.get(who, "/").await;
    assert_eq!(page.status.as_u16(), 200, "{who}");
    for clinical in CLINICAL {
        assert!(!page.body.contains(clinical), "{who} is shown {clinical}");
    }
    page
}

#[tokio::test]
async fn every_profession_lands_somewhere_sensible() {
    let house = House::open().await;
    assert_eq!(house.get(None, "/").await.to, "/login");
    assert_eq!(house.get(Operator, "/").await.to, "/operator");
    assert_eq!(house.get(Reception, "/").await.to, "/search");
    for who in [Physician, Nurse, Pharmacist, Dentist, CareManager, Helper] {
        let page = first(&house, who).await;
        assert!(page.body.contains("担当している方の新着"), "{who}");
    }
    assert!(first(&house, CareManager).await.body.contains("新しい入退院・受診はありません"));
    assert!(first(&house, Helper).await.body.contains("表示できる方がいません"));
}

#[tokio::test]
async fn what_happened_and_what_is_new_is_told_within_the_role() {
    let house = House::open().await;
    let person = agreed(&house).await;
    clinic_writes(&house, "88").await;
    let yesterday = day(&house, -1);
    for who in [CareManager, Dentist] {
        let page = first(&house, who).await.body;
        let link = format!("href=\"/person/{person}?day={yesterday}\"");
        assert!(page.contains(&link) && page.contains("<b>受診</b>"), "{who} {page}");
        assert!(page.contains(&format!("{yesterday} <small>(昨日)</small>")), "{who}");
        assert!(page.contains("港町内科クリニック") && page.contains("サクラ ハナコ"), "{who}");
        assert!(
            page.contains("入院・退院・受診</h2><small>1人・1件"),
            "{who}: the stay of long ago is no movement"
        );
        assert!(page.contains("受診・入退院 <b>1件"), "{who}: but it is counted");
        assert!(page.contains("薬 <b>1件") && page.contains("計画・目標 <b>1件"), "{who}");
    }
    // Laboratory is the dentist's, not the care manager's nor the helper's: for them not even a count.
    assert!(first(&house, Dentist).await.body.contains("検体検査 <b>1件"));
    assert!(!first(&house, CareManager).await.body.contains("検体検査"));
    let helper = first(&house, Helper).await.body;
    for said in [
        "お医者さんにかかりました",
        "薬の新しい記録があります",
        "新しい計画や目標があります",
        "チームの目標があります",
    ] {
        assert!(helper.contains(said), "{said} {helper}");
    }
    assert!(!helper.contains("検体検査"));
    assert!(
        first(&house, Nurse).await.body.contains(&yesterday.to_string()),
        "movements have their day in the table"
    );
    assert!(!house.audited("worklist").await.is_empty());

    // Seen by one is not seen by all; for the helper the person stays on the list.
    assert_eq!(house.post(Helper, &format!("/person/{person}/seen"), "").await.status.as_u16(), 303);
    let after = first(&house, Helper).await.body;
    assert!(after.contains("新しいことはありません") && after.contains("佐倉 花子"), "{after}");
    assert!(after.contains("チームの目標があります") && !after.contains("お医者さんにかかりました"));
    assert!(first(&house, CareManager).await.body.contains("<b>受診</b>"));
}

#[tokio::test]
async fn whoever_did_not_agree_or_is_another_facilitys_is_not_listed() {
    let house = House::open().await;
    house.registers("clinic", "88", "S150505", "室蘭市港町1-2-3", false).await;
    clinic_writes(&house, "88").await;
    // Nobody of the hospital's.
    for who in [CareManager, Dentist, Helper] {
        assert!(!first(&house, who).await.body.contains("佐倉"), "{who}");
    }
    // Related, but not agreed.
    let person = house.person(number("clinic", "88")).await;
    relates(&house, person).await;
    for who in [CareManager, Dentist, Helper] {
        assert!(!first(&house, who).await.body.contains("佐倉"), "{who}");
    }
    // Registered at the hospital too: the helper sees their own person, and nothing of the clinic's.
    house.registers("hospital", "5", "S150505", "室蘭市港町1-2-3", false).await;
    assert_eq!(house.person(number("hospital", "5")).await, person, "linked by rule");
    let helper = first(&house, Helper).await.body;
    assert!(helper.contains("佐倉 花子") && helper.contains("新しいことはありません"), "{helper}");
    assert!(!helper.contains("港町内科クリニック") && !helper.contains("目標"), "{helper}");
    for who in [CareManager, Dentist] {
        assert!(!first(&house, who).await.body.contains("佐倉"), "{who}");
    }
}

#[tokio::test]
async fn an_agreement_taken_back_takes_the_news_back() {
    let house = House::open().await;
    let person = agreed(&house).await;
    clinic_writes(&house, "88").await;
    assert!(first(&house, CareManager).await.body.contains("佐倉 花子"));
    let deny = format!("kind=deny&scope=all&from={}&until=&checked=yes", house.hub.today());
    assert_eq!(
        house.post(Reception, &format!("/reception/{person}/consent"), &deny).await.status.as_u16(),
        303
    );
    for who in [CareManager, Dentist, Helper] {
        assert!(!first(&house, who).await.body.contains("佐倉"), "{who}");
    }
}

#[tokio::test]
async fn a_certification_that_ends_soon_is_told_to_the_care_manager() {
    let house = House::open().await;
    let (soon, later) = (day(&house, 30), day(&house, 300));
    let register = |number: &str, name: &str, kana: &str, birth: &str, until: Date| {
        format!(
            "{number},{name},{kana},{birth},女,室蘭市港町1-2-{number},013602,000000{number},要介護３,2024-12-01,{until},20261110\n"
        )
    };
    let text = format!(
        "宛名番号,氏名,氏名カナ,生年月日,性別,住所,介護保険者番号,介護被保険者番号,要介護度,認定有効開始日,認定有効終了日,更新日時\n{}{}",
        register("1001", "村上 ヨシ", "ムラカミ ヨシ", "S090830", soon),
        register("1002", "石田 キヨ", "イシダ キヨ", "S140115", later),
    );
    house.receives("hospital", Format::Resident, "care.csv", &text).await;
    let manager = first(&house, CareManager).await.body;
    assert!(manager.contains("要介護認定の有効期限") && manager.contains("村上 ヨシ"), "{manager}");
    assert!(
        manager.contains(&format!("{soon} <small>(あと30日)</small>")) && !manager.contains("要介護３"),
        "{manager}"
    );
    assert!(!manager.contains("石田") && !manager.contains(&later.to_string()), "{manager}");
    for who in [Helper, Dentist, Nurse] {
        assert!(!first(&house, who).await.body.contains("要介護認定"), "{who}");
    }
}
