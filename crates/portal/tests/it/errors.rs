//! What goes wrong is told as a page: what happened, when, and under which number; and where it must not lead.

use crate::house::{House, number};
use model::facility::Profession::{Operator, Physician};
use model::reading::Format;

#[tokio::test]
async fn whatever_cannot_be_shown_is_a_page_with_a_time_and_a_number() {
    let house = House::open().await;
    for (path, status) in [
        ("/nonsense", 404),
        ("/assets/nope.css", 404),
        ("/operator?page=abc", 422),
        ("/person/0", 404),
        ("/search?s=abc", 422),
    ] {
        let answer = house.get(Operator, path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(answer.body.contains("次にすること"), "{path}: {}", answer.body);
        let after = answer.body.split("問い合わせ番号</dt>").nth(1).unwrap();
        let told = after.split("<dd>").nth(1).unwrap().split("</dd>").next().unwrap();
        assert_eq!(told.len(), 11, "{path}: {told}");
        assert!(answer.body.contains("<dt>日時</dt><dd>20"), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn choosing_a_language_leads_nowhere_else() {
    let house = House::open().await;
    for to in [
        "//evil.example/",
        "/%09/evil.example/",
        "/%0A/evil.example/",
        "/%5Cevil.example",
        "https://evil.example",
    ] {
        assert_eq!(house.get(None, &format!("/language/en?to={to}")).await.to, "/", "{to}");
    }
    assert_eq!(house.get(None, "/language/en?to=/search").await.to, "/search");
}

#[tokio::test]
async fn an_allergy_that_is_not_shown_is_not_one_that_nobody_asked_for() {
    let house = House::open().await;
    house.registers("hospital", "5", "S150505", "室蘭市港町1-2-3", false).await;
    let person = house.person(number("hospital", "5")).await;
    let page = format!("/person/{person}");
    assert!(house.get(Physician, &page).await.body.contains("アレルギー 未確認"));
    // The same person at the clinic, with a penicillin allergy that the hospital has no consent to see.
    house.registers("clinic", "88", "S150505", "室蘭市港町1-2-3", false).await;
    assert_eq!(house.person(number("clinic", "88")).await, person, "linked by rule");
    let allergy = r#"{"resourceType": "AllergyIntolerance", "id": "a1", "patient": {"reference": "Patient/p"},
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]},
        "code": {"text": "ペニシリン"}, "recordedDate": "2026-04-01"}"#;
    let bundle = format!(
        r#"{{"resourceType": "Bundle", "type": "collection", "entry": [
            {{"fullUrl": "http://x/Patient/p", "resource": {{"resourceType": "Patient", "id": "p",
              "identifier": [{{"system": "urn:oid:1.2.392.100495.20.3.51.10123456789", "value": "88"}}]}}}},
            {{"fullUrl": "http://x/AllergyIntolerance/a1", "resource": {allergy}}}]}}"#
    );
    house.receives("clinic", Format::Fhir, "allergy.json", &bundle).await;
    let shown = house.get(Physician, &page).await.body;
    assert!(!shown.contains("ペニシリン"), "nothing of it is told");
    assert!(!shown.contains("アレルギー 未確認"), "and nobody reads that nobody asked");
    assert!(shown.contains("見られない記録があります"), "{shown}");
}
