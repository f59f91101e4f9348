//! Data quality and mapping tables: who may, what is counted, and a mapping from its preview to its end.

use crate::house::{House, facility, number};
use access::{Consent, ConsentKind, Decision, Facts, Permit, Purpose, Relationship, Viewer};
use hub::desk_quality::State;
use model::facility::FacilityKind;
use model::facility::Profession::{self, Helper, Operator};
use model::reading::Format;
use model::{PersonId, RecordId};
use std::collections::BTreeMap;
use store::ChartQuery;

const LOCAL: &str = "https://hakucho.example/fhir/CodeSystem/99LAB";
const JLAC10: &str = "urn:oid:1.2.392.200119.4.504";
const TARGET: &str = "3H015000002327101";

#[tokio::test]
async fn nobody_but_the_operator_gets_there() {
    let house = House::open().await;
    let gets = [
        "/operator/quality",
        "/operator/quality/hospital/feed",
        "/operator/mappings",
        "/operator/mappings.csv",
        "/operator/mappings/preview/1",
    ];
    let posts = [
        "/operator/quality/count",
        "/operator/mappings/add",
        "/operator/mappings/import",
        "/operator/mappings/end",
        "/operator/mappings/reread",
        "/operator/mappings/preview/1",
    ];
    for path in gets {
        assert_eq!(house.get(None, path).await.to, "/login", "{path}");
        for who in Profession::ALL.iter().filter(|who| **who != Operator) {
            assert_eq!(house.get(*who, path).await.status.as_u16(), 403, "{who:?} {path}");
        }
    }
    for path in posts {
        assert_eq!(house.post(None, path, "").await.to, "/login", "{path}");
        assert_eq!(house.post(Helper, path, "checked=yes").await.status.as_u16(), 403, "{path}");
    }
    assert!(house.hub.quality.list().is_empty());
    for path in [
        "/operator/quality/hospital/none",
        "/operator/quality/%E7%97%85/feed",
        "/operator/mappings/preview/9",
    ] {
        assert_eq!(house.get(Operator, path).await.status.as_u16(), 404, "{path}");
    }
    assert_eq!(house.post(Operator, "/operator/mappings/other", "").await.status.as_u16(), 404);
}

/// A laboratory result of a patient as a facility sends it.
async fn result(
    house: &House,
    facility: &str,
    patient: &str,
    system: &str,
    code: &str,
    value: &str,
    day: u8,
) {
    let text = format!(
        r#"{{"resourceType": "Observation", "id": "o{day}", "status": "final",
        "category": [{{"coding": [{{"code": "laboratory"}}]}}],
        "subject": {{"identifier": {{"type": {{"coding": [{{"code": "MR"}}]}}, "value": "{patient}"}}}},
        "code": {{"text": "カリウム", "coding": [{{"system": "{system}", "code": "{code}"}}]}},
        "effectiveDateTime": "2026-11-{day:02}", "valueQuantity": {{"value": {value}, "unit": "mmol/L"}}}}"#
    );
    house.receives(facility, Format::Fhir, &format!("{patient}-{day}.json"), &text).await;
}

async fn permit(house: &House, person: PersonId) -> Permit {
    let viewer = Viewer {
        staff: crate::house::staff_id(Profession::Physician),
        name: "試験 医師".into(),
        profession: Profession::Physician,
        facility: facility("hospital"),
        facility_name: "白鳥総合病院".into(),
        facility_kind: FacilityKind::Hospital,
    };
    let consent = Consent {
        id: "c".into(),
        kind: ConsentKind::Permit,
        facilities: vec![],
        from: "2020-01-01".into(),
        until: None,
        withdrawn: false,
    };
    let relationship = Relationship {
        facility: facility("hospital"),
        reason: "visit".into(),
        from: "2020-01-01".into(),
        until: None,
    };
    let facts = Facts {
        person,
        consents: vec![consent],
        relationships: vec![relationship],
        registered_here: true,
        today: "2026-11-24".into(),
        consent_epoch: house.hub.store.policy_records(person).await.unwrap().unwrap().consent_epoch,
    };
    match access::decide(&viewer, Purpose::Treatment, &facts) {
        Decision::Permit(permit) => permit,
        Decision::Refusal(refusal) => panic!("{refusal}"),
    }
}

/// Of each laboratory record: code, value, and where it last was news.
async fn chart(house: &House, person: PersonId) -> BTreeMap<RecordId, (String, String, i64)> {
    let permit = permit(house, person).await;
    let chart = house.hub.store.chart(&permit, &ChartQuery::default()).await;
    let entries = chart.unwrap().facilities.into_iter().flat_map(|each| each.entries);
    let told = |entry: store::ChartEntry| (entry.record, (entry.row.code, entry.row.value, entry.seq));
    entries.map(told).collect()
}

fn codes(chart: &BTreeMap<RecordId, (String, String, i64)>) -> Vec<&str> {
    let mut codes: Vec<&str> = chart.values().map(|(code, ..)| code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

async fn settled(house: &House) {
    while house.hub.quality.list().iter().any(|job| matches!(job.state, State::Running(..))) {
        tokio::task::yield_now().await;
    }
}

/// Two hospitals that know one person; the first writes its own code.
async fn two_hospitals(house: &House) -> PersonId {
    house.registers("hospital", "5", "S150505", "室蘭市港町1-2-3", false).await;
    house.registers("clinic", "88", "S150505", "室蘭市港町1-2-3", false).await;
    result(house, "hospital", "5", LOCAL, "0413", "4.1", 3).await;
    result(house, "hospital", "5", LOCAL, "0413", "4.4", 4).await;
    result(house, "hospital", "5", LOCAL, "0301", "0.9", 5).await;
    result(house, "clinic", "88", JLAC10, TARGET, "3.9", 6).await;
    let person = house.person(number("hospital", "5")).await;
    assert_eq!(house.person(number("clinic", "88")).await, person);
    person
}

fn form(code: &str, target: &str) -> String {
    format!(
        "facility=hospital&kind=laboratory&system={}&code={code}&target_system=JLAC10&target_code={target}&display=K",
        LOCAL.replace(':', "%3A").replace('/', "%2F")
    )
}

#[tokio::test]
async fn a_mapping_joins_two_hospitals_and_is_taken_back() {
    let house = House::open().await;
    let person = two_hospitals(&house).await;
    let before = chart(&house, person).await;
    let own = format!("{LOCAL}|0413");
    assert_eq!(codes(&before), [&format!("{LOCAL}|0301"), &own, &format!("{JLAC10}|{TARGET}")]);
    let asked = house.post(Operator, "/operator/mappings/add", &form("0413", TARGET)).await;
    assert_eq!(asked.status.as_u16(), 303, "{}", asked.body);
    settled(&house).await;
    let page = house.get(Operator, &asked.to).await.body;
    assert!(
        page.contains("記録（版を含む）2 件、受信データ 2 件") && page.contains("白鳥総合病院 / feed"),
        "{page}"
    );
    assert_eq!(chart(&house, person).await, before, "a preview changes nothing");
    assert_eq!(house.post(Operator, &asked.to, "").await.status.as_u16(), 422);
    let confirmed = house.post(Operator, &asked.to, "checked=yes").await;
    assert_eq!(
        (confirmed.status.as_u16(), confirmed.to.as_str()),
        (303, "/operator/mappings"),
        "{}",
        confirmed.body
    );
    settled(&house).await;
    assert_eq!(house.post(Operator, &asked.to, "checked=yes").await.status.as_u16(), 409);
    let after = chart(&house, person).await;
    assert_eq!(codes(&after), [&format!("{LOCAL}|0301"), &format!("{JLAC10}|{TARGET}")]);
    for (record, (_, value, seq)) in &before {
        assert_eq!(
            (value, seq),
            (&after[record].1, &after[record].2),
            "neither value nor unread state moves"
        );
    }
    let shown = house.get(Operator, "/operator/mappings").await.body;
    assert!(shown.contains("受信データ 2 件を読み直しました"), "{shown}");
    // Reading again once more does nothing, and what arrives now is mapped at once.
    assert_eq!(house.hub.reread_mapped("test", &|_, _| ()).await.unwrap(), 0);
    result(&house, "hospital", "5", LOCAL, "0413", "4.0", 7).await;
    assert_eq!(chart(&house, person).await.values().filter(|(code, ..)| code.contains(TARGET)).count(), 4);
    assert_eq!(house.hub.reread_mapped("test", &|_, _| ()).await.unwrap(), 0);
    // A whole replay leaves it as it is.
    let mapped = chart(&house, person).await;
    house.hub.replay(&store::DeliveryFilter::default(), "test", &|_, _| ()).await.unwrap();
    assert_eq!(chart(&house, person).await, mapped);
    // The source's own coding is still there, and the added one says where it is from.
    let (record, _) = after.iter().find(|(_, (_, value, _))| value == "4.1").unwrap();
    let view = house.hub.store.record(&permit(&house, person).await, *record).await.unwrap();
    let codings = view.resource.as_ref().unwrap()["code"]["coding"].as_array().unwrap().clone();
    assert_eq!((codings.len(), codings[0]["code"].as_str()), (2, Some("0413")));
    assert_eq!(codings[1]["extension"][0]["url"], hub::mapping::MAPPED);
    assert!(view.history.iter().all(|version| !version.at.is_empty()));
    // Ended, it is gone again.
    let ended = house.post(Operator, "/operator/mappings/end", "id=1").await;
    settled(&house).await;
    assert!(house.get(Operator, &ended.to).await.body.contains("記録（版を含む）3 件、受信データ 3 件"));
    assert_eq!(house.post(Operator, &ended.to, "checked=yes").await.status.as_u16(), 303);
    settled(&house).await;
    let restored = chart(&house, person).await;
    assert_eq!(codes(&restored), codes(&before));
    for (record, told) in &before {
        assert_eq!(&restored[record], told);
    }
    assert_eq!(house.audited("mapping").await.len(), 2);
}

#[tokio::test]
async fn what_cannot_be_mapped_is_told_and_changes_nothing() {
    let house = House::open().await;
    house.registers("hospital", "5", "S150505", "室蘭市港町1-2-3", false).await;
    let everywhere = form("0413", TARGET).replace("facility=hospital", "facility=");
    let nowhere = form("0413", TARGET).replace("facility=hospital", "facility=elsewhere");
    for wrong in
        [form("", TARGET), form("0413", "3H015"), form("0413", "x"), everywhere, nowhere, String::new()]
    {
        assert_eq!(
            house.post(Operator, "/operator/mappings/add", &wrong).await.status.as_u16(),
            422,
            "{wrong}"
        );
    }
    let csv = "csv=facility,kind,system,code,target_system,target_code,display%0Ahospital,laboratory,urn:x,K,JLAC10,3H015,";
    let answer = house.post(Operator, "/operator/mappings/import", csv).await;
    assert!(answer.status.as_u16() == 422 && answer.body.contains("2 行目"), "{}", answer.body);
    assert_eq!(house.post(Operator, "/operator/mappings/end", "id=7").await.status.as_u16(), 422);
    assert!(house.hub.store.mappings().await.unwrap().1.is_empty());
    // A table goes out and comes back: nothing is left to do.
    let csv = format!(
        "csv=facility,kind,system,code,target_system,target_code,display%0Ahospital,laboratory,urn:x,K,JLAC10,{TARGET},%0A"
    );
    let asked = house.post(Operator, "/operator/mappings/import", &csv).await;
    settled(&house).await;
    assert!(house.get(Operator, &asked.to).await.body.contains("これから届くものに使われます"));
    assert_eq!(house.post(Operator, &asked.to, "checked=yes").await.status.as_u16(), 303);
    settled(&house).await;
    let out = house.get(Operator, "/operator/mappings.csv").await.body;
    assert!(out.contains(TARGET) && out.contains("試験 運営"), "{out}");
    assert_eq!(house.post(Operator, "/operator/mappings/import", &csv).await.status.as_u16(), 422);
    // Another target of the same code ends the one before.
    let other = csv.replace(TARGET, "3H015000002326101");
    let asked = house.post(Operator, "/operator/mappings/import", &other).await;
    settled(&house).await;
    assert_eq!(house.post(Operator, &asked.to, "checked=yes").await.status.as_u16(), 303);
    settled(&house).await;
    let (_, all) = house.hub.store.mappings().await.unwrap();
    assert_eq!(all.iter().map(store::CodeMapping::holds).collect::<Vec<_>>(), [false, true]);
}

#[tokio::test]
async fn quality_is_counted_shown_and_leads_to_the_form() {
    let house = House::open().await;
    two_hospitals(&house).await;
    assert!(house.get(Operator, "/operator/quality").await.body.contains("まだ数えていません"));
    assert_eq!(house.post(Operator, "/operator/quality/count", "").await.to, "/operator/quality");
    settled(&house).await;
    let list = house.get(Operator, "/operator/quality").await.body;
    assert!(list.contains("/operator/quality/hospital/feed") && list.contains("記録 4 件"), "{list}");
    let page = house.get(Operator, "/operator/quality/hospital/feed").await.body;
    let (potassium, creatinine) = (page.find(">0413<"), page.find(">0301<"));
    assert!(potassium.unwrap() < creatinine.unwrap(), "ranked by records");
    for hidden in ["4.1", "4.4", "佐倉", "サクラ", "mmol"] {
        assert!(!page.contains(hidden), "{hidden}");
    }
    let form = page.split("href=\"/operator/mappings?").nth(1).unwrap().split('"').next().unwrap();
    let form = house.get(Operator, &format!("/operator/mappings?{}", form.replace("&amp;", "&"))).await.body;
    assert!(form.contains(&format!("value=\"{LOCAL}\"")) && form.contains("value=\"0413\""), "{form}");
    assert!(!house.get(Operator, "/operator/quality/clinic/feed").await.body.contains("割り当てる"));
    let audited = house.audited("quality").await;
    assert_eq!(audited.len(), 2, "by whom, and the job itself");
}

#[tokio::test]
async fn another_hub_sees_a_drugs_mapping_and_what_was_withdrawn_stays_so() {
    let house = House::open().await;
    let hub = house.hub.clone();
    // Made before the mapping: it has read the tables as they were, and must notice that they changed.
    let other =
        hub::Hub::new(hub.store.clone(), hub.clock.clone(), hub.randomness.clone(), hub.settings.clone());
    assert_eq!(other.mapping().await.unwrap().version, 0);
    house.registers("hospital", "5", "S150505", "室蘭市港町1-2-3", false).await;
    let drug = |id: &str| {
        format!(
            r#"{{"resourceType": "MedicationRequest", "id": "{id}", "status": "active", "intent": "order", "authoredOn": "2026-11-03",
            "subject": {{"identifier": {{"type": {{"coding": [{{"code": "MR"}}]}}, "value": "5"}}}},
            "medicationCodeableConcept": {{"text": "アムロジピン", "coding": [{{"system": "http://drug.example/list", "code": "A1"}}]}}}}"#
        )
    };
    for id in ["m1", "m2"] {
        house.receives("hospital", Format::Fhir, &format!("{id}.json"), &drug(id)).await;
    }
    let find = |path: &'static str| {
        let store = hub.store.clone();
        async move { store.find_deliveries(None, path, 5).await.unwrap().remove(0) }
    };
    let withdrawn = find("m2.json").await.id;
    hub.store.withdraw(withdrawn, "operator", "test").await.unwrap();
    let person = house.person(number("hospital", "5")).await;
    let before = chart(&house, person).await;
    assert_eq!(codes(&before), ["http://drug.example/list|A1"]);
    let form = "facility=&kind=medication&system=http%3A%2F%2Fdrug.example%2Flist&code=A1&target_system=YJ&target_code=2171022F1029";
    let asked = house.post(Operator, "/operator/mappings/add", form).await;
    settled(&house).await;
    let page = house.get(Operator, &asked.to).await.body;
    assert!(
        page.contains("記録（版を含む）1 件、受信データ 1 件"),
        "what was withdrawn is not counted: {page}"
    );
    assert_eq!(house.post(Operator, &asked.to, "checked=yes").await.status.as_u16(), 303);
    settled(&house).await;
    let after = chart(&house, person).await;
    assert_eq!(codes(&after), ["urn:oid:1.2.392.100495.20.1.73|2171022F1029"]);
    assert_eq!(after.len(), 1);
    assert_eq!(find("m2.json").await.state, store::DeliveryState::Withdrawn);
    assert_eq!(other.mapping().await.unwrap().version, 1);
    assert_eq!(other.reread_mapped("test", &|_, _| ()).await.unwrap(), 0);
}
