//! Patients and Coverages in the shapes that are really sent.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn resource(value: Value) -> Resource {
    value.as_object().cloned().unwrap()
}

fn name(kind: &str, representation: &str, family: &str, given: &str) -> Value {
    json!({
        "use": kind,
        "extension": [{
            "url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation",
            "valueCode": representation,
        }],
        "text": format!("{family}　{given}"), "family": family, "given": [given],
    })
}

fn one(insurance: &Insurance) -> [&str; 4] {
    [
        insurance.insurer.reveal(),
        insurance.symbol.reveal(),
        insurance.number.reveal(),
        insurance.branch.reveal(),
    ]
}

#[test]
fn a_jp_core_patient_is_read() {
    let patient = resource(json!({
        "resourceType": "Patient",
        "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]},
        "identifier": [
            {"system": "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID", "value": "00012345:あいう:１８７:05"},
            {"system": "urn:oid:1.2.392.100495.20.3.51.11311234567", "value": "00000010"},
        ],
        "name": [
            name("maiden", "IDE", "白鳥", "花子"),
            name("official", "SYL", "サクラ", "ハナコ"),
            name("official", "IDE", "佐倉", "花子"),
        ],
        "telecom": [
            {"system": "phone", "value": "0143-22-0000"}, {"system": "email", "value": "a@example.jp"},
            {"system": "phone", "value": "0143-22-0000"},
        ],
        "gender": "female", "birthDate": "1950-04-01", "deceasedDateTime": "2026-01-01",
        "address": [
            {"use": "old", "text": "旧住所"},
            {"use": "home", "state": "北海道", "city": "室蘭市", "line": ["幸町1-2"], "postalCode": "051-0022"},
        ],
    }));
    let read = Registration::new(&patient, &[]);
    assert_eq!(read.local_id.as_ref().unwrap().reveal(), "00000010");
    assert_eq!((read.family.reveal().as_str(), read.given.reveal().as_str()), ("佐倉", "花子"));
    assert_eq!(read.full_name.reveal(), "佐倉 花子");
    assert_eq!(read.kana.reveal(), "サクラ ハナコ");
    assert_eq!(read.other_names[0].kind, "maiden");
    assert_eq!(read.other_names[0].text.reveal(), "白鳥 花子");
    assert_eq!(*read.sex.reveal(), Sex::Female);
    assert_eq!(read.address.reveal(), "北海道室蘭市幸町1-2");
    assert!(read.address_hidden && read.deceased);
    assert_eq!(read.phones.len(), 1);
    assert_eq!(one(&read.insurances[0]), ["00012345", "あいう", "187", "05"]);
    let printed = format!("{read:?}");
    for personal in ["佐倉", "サクラ", "花子", "白鳥", "1950", "室蘭", "00000010", "0143", "あいう", "187"]
    {
        assert!(!printed.contains(personal), "{printed}");
    }
}

#[test]
fn names_without_representation_are_told_by_their_letters() {
    let patient = resource(json!({"name": [{"text": "ｻｸﾗ ﾊﾅｺ"}, {"text": "佐倉　花子"}]}));
    let read = Registration::new(&patient, &[]);
    assert_eq!((read.given.reveal().as_str(), read.given_kana.reveal().as_str()), ("花子", "ﾊﾅｺ"));
    let foreign = resource(json!({"name": [{"family": "Santos", "given": ["Maria", "Luz"]}]}));
    assert_eq!(Registration::new(&foreign, &[]).full_name.reveal(), "Santos Maria Luz");
}

#[test]
fn coverages_in_every_shape_give_one_insurance() {
    let extension = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPerson";
    let jp_core = json!({
        "resourceType": "Coverage",
        "extension": [
            {"url": format!("{extension}Symbol"), "valueString": "１２－３４"},
            {"url": format!("{extension}Number"), "valueString": "５６７８"},
            {"url": format!("{extension}SubNumber"), "valueString": "００"},
        ],
        "payor": [{"reference": "Organization/insurer-1"}],
    });
    let quoted = json!({
        "resourceType": "Coverage", "identifier": [{"value": "\"12-34\",\"5678\",\"00\""}],
        "payor": [{"identifier": {"value": "138057"}}],
    });
    let contained = json!({
        "resourceType": "Coverage", "subscriberId": "１２－３４:５６７８", "dependent": "0",
        "contained": [{"resourceType": "Organization", "id": "i", "identifier": [{"value": "138057"}]}],
        "payor": [{"reference": "#i"}],
    });
    let repeated = json!({
        "resourceType": "Coverage", "subscriberId": "12-34~5678~00", "payor": [{"identifier": {"value": "00138057"}}],
    });
    let organization = resource(json!({
        "resourceType": "Organization", "id": "insurer-1", "identifier": [{"value": "１３８０５７"}],
    }));
    let coverages: Vec<Resource> = [jp_core, quoted, contained, repeated].map(resource).to_vec();
    for coverage in &coverages {
        let read = Registration::new(&Resource::new(), &[coverage, &organization]);
        assert_eq!(read.insurances.len(), 1);
        let [insurer, symbol, number, branch] = one(&read.insurances[0]).map(str::to_owned);
        assert_eq!(crate::text::insurer_number(&insurer).as_deref(), Some("00138057"), "{coverage:?}");
        assert_eq!(crate::text::insured_symbol(&symbol), "1234");
        assert_eq!(crate::text::insured_number(&number).as_deref(), Some("5678"));
        assert_eq!(crate::text::branch_number(&branch).as_deref(), Some("00"));
    }
    let all: Vec<&Resource> = coverages.iter().chain([&organization]).collect();
    assert_eq!(Registration::new(&Resource::new(), &all).insurances.len(), 1, "said once");
}

#[test]
fn public_funds_are_no_insurance_and_care_is_told_apart() {
    let public = resource(json!({
        "resourceType": "Coverage", "subscriberId": "12345678",
        "type": {"coding": [{"system": "urn:oid:1.2.392.100495.20.2.61", "code": "8"}]},
    }));
    let care = resource(json!({
        "resourceType": "Coverage", "subscriberId": "0000000018", "type": {"text": "介護保険"},
    }));
    let read = Registration::new(&Resource::new(), &[&public, &care]);
    assert_eq!(read.insurances.len(), 1);
    assert_eq!(read.insurances[0].scheme, Scheme::Care);
}

/// Any JSON, with the names a Patient or Coverage uses.
fn odd_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("12~34~5")),
        Just(json!("Coverage")),
    ];
    let key = prop::sample::select(vec![
        "name",
        "text",
        "family",
        "given",
        "extension",
        "url",
        "valueCode",
        "identifier",
        "system",
        "value",
        "payor",
        "reference",
        "contained",
        "id",
        "address",
        "line",
        "period",
        "telecom",
        "type",
        "coding",
        "code",
        "meta",
        "security",
        "subscriberId",
        "resourceType",
        "birthDate",
        "gender",
        "use",
    ]);
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|pairs| {
                Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn odd_json_is_survived(patient in odd_json(), other in odd_json()) {
        let patient = patient.as_object().cloned().unwrap_or_default();
        let other = other.as_object().cloned().unwrap_or_default();
        let read = Registration::new(&patient, &[&other]);
        prop_assert_eq!(&Registration::new(&patient, &[&other]), &read);
        prop_assert!(read.phones.iter().all(|phone| !phone.reveal().is_empty()));
    }
}
