//! The results about one person as Coverage (JP_Coverage).
//!
//! 資格有効性, 被保険者証区分, 資格喪失事由, 一部負担金割合, 高齢受給者証, 限度額適用認定証 and 医療券 stay with the Coverage they belong
//! to. A 特定疾病療養受療証 tells a disease (透析, 血友病, HIV): it is a Coverage of its own, restricted.

use super::who::{self, PERSON};
use super::{CARRIED, Header, code};
use crate::insurance::{Insurance, Scheme};
use crate::person::{Strangers, fingerprint, put};
use crate::tree::Node;
use model::reading::{Effect, Extent, Input, PATIENT_KEY, Problem, Reading};
use model::reading::{Resource, SourceOrder, StatedRecord, Statement};
use serde_json::{Value, json};
use std::collections::HashMap;

const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

/// Reads what a message (or one unit of 一括照会) says about one person.
pub(super) fn read(
    unit: &Node,
    header: &Header,
    input: &Input<'_>,
    strangers: &mut Strangers,
    reading: &mut Reading,
) {
    let problems = &mut reading.problems;
    let validity = unit.code("QualificationValidity");
    let number = number(unit);
    outcome(unit, problems);
    let results: Vec<&Node> = results(unit);
    let newest = results.iter().copied().max_by_key(|result| result.look("InsuredCardValidDate"));
    let Some(newest) = newest else {
        nothing(unit, &validity, problems);
        return;
    };
    let key = who::key(newest, &number, input, strangers);
    let described = ["Birthdate", "Sex1"].map(|field| newest.look(field));
    let mut statements = Vec::new();
    let order = |index: usize| SourceOrder::new(&header.time, format!("{index:06}"));
    let patient = who::patient(newest, &number, problems);
    let before = reading.statements.len();
    let record = StatedRecord {
        key: PATIENT_KEY.to_owned(),
        resource: patient,
        extent: Extent::Supplement,
        at: newest.place(),
    };
    let state = |set: String, index: usize, records| Statement {
        patient: key.clone(),
        set,
        order: order(index),
        effect: Effect::Stated,
        records,
    };
    statements.push(state(PATIENT_KEY.to_owned(), before, vec![record]));
    let mut stated: HashMap<String, (usize, &Node)> = HashMap::new();
    for result in results {
        let mut set = set(result);
        if stated.get(&set).is_some_and(|(_, before)| before.says_the_same(result)) {
            // A result is repeated word for word.
            result.take_all();
            continue;
        }
        if ["Birthdate", "Sex1"].map(|field| result.look(field)) != described {
            let text =
                "another birth date or sex than the newest result: it could be another person's; not read";
            problems.push(Problem::new("several-patients", result.place(), text));
            result.take_all();
            continue;
        }
        // What says the same of the person as the newest result is said; what differs is carried along.
        for field in PERSON {
            if result.look(field) == newest.look(field) {
                result.take(field);
            }
        }
        let (count, last) = stated.entry(set.clone()).or_insert((0, result));
        (*count, *last) = (*count + 1, result);
        if *count > 1 {
            // The same insurance in two periods or cards: both are kept.
            set = format!("{set}/{count}");
        }
        let mut records = specific(result, &set, problems);
        let coverage = coverage(result, unit, header, &validity, problems);
        let at = result.place();
        records.insert(0, StatedRecord { key: set.clone(), resource: coverage, extent: Extent::Whole, at });
        statements.push(state(set, before + statements.len(), records));
    }
    echo(unit, newest);
    if key.needs_assignment() {
        let text = "neither 照会番号 nor a full description: a human has to say whose it is";
        problems.push(Problem::new("patient-id-missing", newest.place(), text));
    }
    reading.statements.extend(statements);
}

/// 照会番号 of the unit or of one of its results.
fn number(unit: &Node) -> String {
    let mut number = unit.code("ReferenceNumber");
    for result in results(unit) {
        let own = result.code("ReferenceNumber");
        if number.is_empty() {
            number = own;
        }
    }
    number
}

/// The results, in a ResultList or directly in the unit.
fn results(unit: &Node) -> Vec<&Node> {
    let listed =
        unit.records("ResultList").flat_map(|list| list.records("ResultOfQualificationConfirmation"));
    listed.chain(unit.records("ResultOfQualificationConfirmation")).collect()
}

/// ProcessingResultStatus, -Code, -Message: an error, or a remark beside a success.
fn outcome(unit: &Node, problems: &mut Vec<Problem>) {
    let status = unit.code("ProcessingResultStatus");
    let reason = unit.code("ProcessingResultCode");
    unit.take("ProcessingResultMessage");
    if !matches!(status.as_str(), "" | "1") {
        let text = format!("the confirmation failed (処理結果コード {})", code(&reason));
        problems.push(Problem::new("result-error", unit.at("ProcessingResultStatus"), text));
    } else if !reason.is_empty() {
        let text = format!("the service has a remark (処理結果コード {}); see the original", code(&reason));
        problems.push(Problem::new("result-remark", unit.at("ProcessingResultCode"), text));
    }
}

/// No result: none that fits (資格有効性 4), an error, or another message than this reader knows.
fn nothing(unit: &Node, validity: &str, problems: &mut Vec<Problem>) {
    let known = problems.iter().any(|problem| problem.code == "result-error");
    if !validity.is_empty() {
        let text = format!("no result (資格有効性 {}): nothing is said about anybody", code(validity));
        problems.push(Problem::new("no-result", unit.place(), text));
    } else if !known {
        let text = "no ResultOfQualificationConfirmation: another message than this reader knows; not read";
        problems.push(Problem::new("unknown-message", unit.place(), text));
    }
    unit.take_all();
}

/// QualificationConfirmSearchInfo says again what was asked; what is not said by the result stays to be named.
fn echo(unit: &Node, newest: &Node) {
    let Some(asked) = unit.child("QualificationConfirmSearchInfo") else { return };
    asked.take("ArbitraryIdentifier");
    for member in asked.members() {
        if newest.look(member.name()) == asked.look(member.name()) {
            asked.take(member.name());
        }
    }
}

/// The set of an insurance: what it is.
fn set(result: &Node) -> String {
    let parts = ["InsurerNumber", "InsuredCardSymbol", "InsuredIdentificationNumber", "InsuredBranchNumber"]
        .map(|field| result.look(field));
    let print: String = fingerprint(&parts).chars().take(24).collect();
    format!("eligibility/coverage/{print}")
}

fn coverage(
    result: &Node,
    unit: &Node,
    header: &Header,
    validity: &str,
    problems: &mut Vec<Problem>,
) -> Resource {
    let mut coverage = who::resource("Coverage", "JP_Coverage");
    let card = result.code("InsuredCardClassification");
    let public = card == "A1";
    let insurer = result.code("InsurerNumber");
    let start = ["InsuredCardValidDate", "QualificationDate"]
        .into_iter()
        .find(|field| !result.look(field).is_empty());
    let lost = result.date("DisqualificationDate", problems);
    let end = result.end_date("InsuredCardExpirationDate", problems);
    let reason = result.code("ReasonOfLoss");
    let past = lost.as_ref().zip(header.day.as_ref()).is_some_and(|(lost, day)| lost <= day);
    let mut extensions = Vec::new();
    for (name, day) in [("DisqualificationDate", &lost), ("InsuredCardExpirationDate", &end)] {
        // The period ends at the earlier of the two; each keeps its name.
        if let Some(day) = day {
            extensions.push(json!({"url": format!("{CARRIED}{name}"), "valueDate": day}));
        }
    }
    let over = [&lost, &end].into_iter().flatten().min().cloned();
    Insurance {
        scheme: if public { Scheme::Public } else { Scheme::Health },
        kind: kind(&insurer),
        insurer,
        insurer_name: result.take("InsurerName"),
        symbol: result.take("InsuredCardSymbol"),
        number: result.take("InsuredIdentificationNumber"),
        branch: result.take("InsuredBranchNumber"),
        own_kind: coding("InsuredCardClassification", &card, card_name(&card)),
        text: if public { "医療扶助" } else { "" },
        relation: result.code("PersonalFamilyClassification"),
        subscriber: result.take("InsuredName"),
        start: start.and_then(|field| result.date(field, problems)),
        end: over,
    }
    .fill(&mut coverage);
    if validity == "2" || !reason.is_empty() || past {
        coverage.insert("status".into(), "cancelled".into());
    }
    let codes = [
        ("QualificationValidity", validity, validity_name(validity)),
        ("ReasonOfLoss", reason.as_str(), reason_name(&reason)),
        ("ReferenceClassification", header.reference.as_str(), reference_name(&header.reference)),
    ];
    for (name, code, display) in codes {
        if let Some(value) = coding(name, code, display) {
            extensions.push(json!({"url": format!("{CARRIED}{name}"), "valueCoding": value}));
        }
    }
    if let Some(day) = &header.day {
        let url = format!("{CARRIED}QualificationConfirmationDate");
        extensions.push(json!({"url": url, "valueDate": day}));
    }
    if !header.institution.is_empty() {
        let url = format!("{CARRIED}MedicalInstitutionCode");
        extensions.push(json!({"url": url, "valueString": header.institution}));
    }
    for certificate in ["ElderlyRecipientCertificateInfo", "LimitApplicationCertificateRelatedInfo"] {
        extensions.extend(result.child(certificate).and_then(|node| self::certificate(node, problems)));
    }
    let issued = "PrescriptionIssueSelect";
    let chosen = unit.code(issued);
    let display = match chosen.as_str() {
        "1" => "電子処方箋",
        "2" => "紙の処方箋",
        _ => "",
    };
    if let Some(value) = coding(issued, &chosen, display) {
        extensions.push(json!({"url": format!("{CARRIED}{issued}"), "valueCoding": value}));
    }
    put(&mut coverage, "extension", extensions);
    put(&mut coverage, "costToBeneficiary", share(result, problems));
    put(&mut coverage, "extension", result.carry(CARRIED));
    // 医療券・調剤券 stand beside the results where the answer is about 医療扶助.
    if let Some(tickets) = unit.child("PublicExpenseResultList").filter(|_| public) {
        let inside = tickets.carry("");
        if !inside.is_empty() {
            let url = format!("{CARRIED}PublicExpenseResultList");
            put(&mut coverage, "extension", vec![json!({"url": url, "extension": inside})]);
        }
    }
    coverage
}

/// What the person pays, in percent: 後期高齢者 (010 is one tenth), 高齢受給者証.
fn share(result: &Node, problems: &mut Vec<Problem>) -> Vec<Value> {
    let mut shares = Vec::new();
    let elderly = result.child("ElderlyRecipientCertificateInfo");
    let parts = [
        (Some(result), "InsuredPartialContributionRatio", "一部負担金割合"),
        (elderly, "ElderlyRecipientContributionRatio", "高齢受給者証一部負担金割合"),
    ];
    for (node, field, text) in parts {
        if let Some(ratio) = node.and_then(|node| node.decimal(field, problems)) {
            let quantity =
                json!({"value": ratio, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"});
            shares.push(json!({"type": {"text": text}, "valueQuantity": quantity}));
        }
    }
    shares
}

/// A certificate with its dates as dates; its ratio is read elsewhere.
fn certificate(node: &Node, problems: &mut Vec<Problem>) -> Option<Value> {
    let mut inside = Vec::new();
    for member in node.members() {
        let name = member.name();
        let is_date = name.ends_with("Date");
        let day = if is_date { node.end_date(name, problems) } else { None };
        if let Some(day) = day {
            inside.push(json!({"url": name, "valueDate": day}));
        } else if !is_date && !name.ends_with("Ratio") {
            let text = member.text();
            if !text.is_empty() {
                inside.push(json!({"url": name, "valueString": text}));
            }
        }
    }
    (!inside.is_empty()).then(|| json!({"url": format!("{CARRIED}{}", node.name()), "extension": inside}))
}

/// 特定疾病療養受療証: each a Coverage of its own.
fn specific(result: &Node, set: &str, problems: &mut Vec<Problem>) -> Vec<StatedRecord> {
    let lists = result.records("SpecificDiseasesCertificateList").flat_map(|list| {
        let inner: Vec<&Node> = list.records("SpecificDiseasesCertificateInfo").collect();
        if inner.is_empty() { vec![list] } else { inner }
    });
    let mut records = Vec::new();
    for (index, node) in lists.enumerate() {
        let mut coverage = who::resource("Coverage", "JP_Coverage");
        if let Some(meta) = coverage.get_mut("meta").and_then(Value::as_object_mut) {
            let label = json!({"system": CONFIDENTIALITY, "code": "R", "display": "restricted"});
            meta.insert("security".into(), json!([label]));
        }
        let category = node.code("SpecificDiseasesDiseaseCategory");
        let key = format!("{set}/specific-disease/{index}-{category}");
        Insurance {
            scheme: Scheme::Public,
            own_kind: coding("SpecificDiseasesDiseaseCategory", &category, ""),
            text: "特定疾病療養受療証",
            start: node.date("SpecificDiseasesValidStartDate", problems),
            end: node.end_date("SpecificDiseasesValidEndDate", problems),
            ..Insurance::default()
        }
        .fill(&mut coverage);
        if let Some(limit) = node.decimal("SpecificDiseasesSelfPay", problems) {
            let money = json!({"value": limit, "currency": "JPY"});
            let cost = json!({"type": {"text": "自己負担限度額"}, "valueMoney": money});
            put(&mut coverage, "costToBeneficiary", vec![cost]);
        }
        put(&mut coverage, "extension", node.carry(CARRIED));
        let at = node.place();
        records.push(StatedRecord { key, resource: coverage, extent: Extent::Whole, at });
    }
    records
}

fn coding(list: &str, code: &str, display: &str) -> Option<Value> {
    let mut coding = json!({"system": format!("{CARRIED}{list}"), "code": code});
    if let (false, Some(coding)) = (display.is_empty(), coding.as_object_mut()) {
        coding.insert("display".into(), display.into());
    }
    (!code.is_empty()).then_some(coding)
}

/// 保険種別コード of an insurer's number: 6 digits 国保, 39 後期高齢者, else 医保.
fn kind(insurer: &str) -> Option<&'static str> {
    let digits = insurer.len();
    match insurer.get(..2) {
        Some("39") if digits == 8 => Some("7"),
        Some("67") if digits == 8 => Some("2"),
        Some(_) if digits == 8 && !insurer.starts_with("00") => Some("1"),
        Some(_) if digits == 6 || insurer.starts_with("00") => Some("2"),
        _ => None,
    }
}

fn card_name(code: &str) -> &'static str {
    match code {
        "01" => "被保険者証（一般）",
        "02" => "被保険者証（退職）",
        "03" => "短期被保険者証（一般）",
        "04" => "短期被保険者証（退職）",
        "05" => "被保険者資格証明書",
        "06" => "特例退職被保険者証",
        "07" => "自衛官診療証",
        "A1" => "医療扶助",
        _ => "",
    }
}

fn validity_name(code: &str) -> &'static str {
    match code {
        "1" => "有効",
        "2" => "無効",
        "3" => "無効（新しい資格あり）",
        "4" => "該当資格なし",
        "5" => "複数該当",
        "6" => "有効（未登録）",
        _ => "",
    }
}

fn reason_name(code: &str) -> &'static str {
    match code {
        "01" => "死亡",
        "02" => "生活保護受給開始",
        "03" => "医療保険等の資格取得",
        "99" => "その他",
        _ => "",
    }
}

fn reference_name(code: &str) -> &'static str {
    match code {
        "1" => "マイナンバーカード",
        "2" => "被保険者証情報",
        _ => "",
    }
}
