//! One receipt: whose, of which month and kind, under which set, and what its records become.

use super::code::{extension, put};
use super::layout::Kind;
use super::line::Line;
use super::{claim, condition, coverage, detail, nursing, patient, pharmacy};
use crate::text_file::{fold, narrow};
use model::reading::{Effect, Extent, Input, PATIENT_KEY, PatientKey, Problem};
use model::reading::{Resource, SourceOrder, StatedRecord, Statement};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;

/// What the record before the receipts says of the sender (IR, UK, YK, HM).
#[derive(Debug, Clone, Default)]
pub(super) struct Header {
    /// Prefecture, score table and number, 10 digits; empty if incomplete.
    pub institution: String,
    /// Name as written.
    pub name: String,
    phone: String,
    /// 請求年月 as `YYYY-MM`.
    pub month: String,
    /// 点数表.
    pub table: String,
    /// True if the file is one of several volumes: totals count all of them.
    pub is_part: bool,
    /// Month and name are of UK: of this file. An IR behind it says when the receipt was claimed first.
    received: bool,
    /// What has no place of its own, by record.
    kept: Vec<(String, Value)>,
}

impl Header {
    /// Reads the next header record; what the one before said and this does not (歯科: the name in UK) stays.
    pub fn next(&self, line: &Line<'_, '_>, problems: &mut Vec<Problem>) -> Self {
        const PARTS: [&str; 3] = ["都道府県", "点数表", "医療機関コード"];
        let [prefecture, table, number] = PARTS.map(|part| line.peek(part));
        let whole = format!("{prefecture:0>2}{table}{number:0>7}");
        let complete = !number.is_empty() && whole.len() == 10 && whole.bytes().all(|b| b.is_ascii_digit());
        if complete {
            for part in PARTS {
                line.take(part);
            }
        }
        let volume = line.peek("マルチボリューム識別情報");
        let or = |text: &str, before: &str| if text.is_empty() { before.to_owned() } else { text.to_owned() };
        let same = self.institution.is_empty() || !complete || self.institution == whole;
        let before = if same { self.clone() } else { Self::default() };
        let first = before.received && line.record() == "IR";
        let month = match line.peek_date("請求年月").map(|date| date.fhir()) {
            Some(month) if first && month != before.month => String::new(),
            _ => line.date("請求年月", problems).map(|date| date.fhir()).unwrap_or_default(),
        };
        let renamed = first && !before.name.is_empty() && line.look("医療機関名称") != before.name;
        let mut header = Self {
            institution: if complete { whole } else { before.institution },
            name: or(if renamed { "" } else { line.take("医療機関名称") }, &before.name),
            phone: or(line.take("電話番号"), &before.phone),
            month: or(month.get(..7).unwrap_or_default(), &before.month),
            table: or(&table, &before.table),
            is_part: !matches!(volume.as_str(), "" | "00" | "99"),
            received: first || line.record() == "UK",
            kept: before.kept,
        };
        header.kept.retain(|(record, _)| record != line.record());
        header.kept.extend(line.kept(problems).map(|kept| (line.record().to_owned(), kept)));
        header
    }

    /// The institution as a contained Organization.
    pub fn organization(&self) -> Value {
        let mut place = json!({"resourceType": "Organization", "id": "facility"});
        if let Some(place) = place.as_object_mut() {
            if !self.institution.is_empty() {
                let identifier = json!({"system": super::code::INSTITUTION, "value": self.institution});
                put(place, "identifier", vec![identifier]);
            }
            if !self.name.is_empty() {
                place.insert("name".into(), self.name.clone().into());
            }
            if !self.phone.is_empty() {
                put(place, "telecom", vec![json!({"system": "phone", "value": self.phone})]);
            }
        }
        place
    }

    /// What has no place of its own, as extensions.
    pub fn kept(&self) -> impl Iterator<Item = &Value> {
        self.kept.iter().map(|(_, kept)| kept)
    }
}

/// The lines of one receipt, RE among them.
pub(super) struct Receipt<'a, 't, 'l> {
    pub header: &'a Header,
    pub kind: Kind,
    pub common: &'a Line<'t, 'l>,
    pub lines: &'a [Line<'t, 'l>],
}

impl<'a, 't, 'l> Receipt<'a, 't, 'l> {
    /// The lines of a record.
    pub fn of(&self, record: &'static str) -> impl Iterator<Item = &'a Line<'t, 'l>> {
        self.lines.iter().filter(move |line| line.record() == record)
    }
}

/// What all records of a receipt share.
pub(super) struct Context<'a> {
    pub header: &'a Header,
    pub kind: Kind,
    /// Name of the receipt's set.
    pub set: String,
    /// 診療年月 as `YYYY-MM`, empty if it cannot be read.
    pub month: String,
    /// The same as numbers; 0 if it cannot be read.
    pub year: i16,
    pub month_of_year: i8,
    pub inpatient: bool,
    tags: Vec<Value>,
}

impl Context<'_> {
    /// An empty resource with its profile and the mark of the claims.
    pub fn resource(&self, kind: &str, profile: &str) -> Resource {
        let mut meta = Map::new();
        if !profile.is_empty() {
            let profile = format!("http://jpfhir.jp/fhir/core/StructureDefinition/{profile}");
            meta.insert("profile".into(), json!([profile]));
        }
        put(&mut meta, "tag", self.tags.clone());
        let mut resource = Map::new();
        resource.insert("resourceType".into(), kind.into());
        resource.insert("meta".into(), meta.into());
        resource
    }

    /// A member of the receipt's set.
    pub fn record(&self, name: &str, resource: Resource, line: &Line<'_, '_>) -> StatedRecord {
        let key = format!("{}/{name}", self.set);
        StatedRecord { key, resource, extent: Extent::Whole, at: line.place() }
    }

    /// Reference to the person.
    pub fn subject(&self) -> Value {
        json!({"reference": "urn:key:Patient"})
    }

    /// Who did it: the institution by name.
    pub fn performer(&self) -> Option<Value> {
        (!self.header.name.is_empty()).then(|| json!({"display": self.header.name}))
    }

    /// Puts when something was done: the day, the days, or the month where no day is said. Days and how often
    /// on each stand in an extension where one date cannot say them.
    pub fn time(&self, resource: &mut Resource, element: &str, days: &[(String, String)]) -> Vec<Value> {
        match days {
            [(day, _)] => drop(resource.insert(format!("{element}DateTime"), day.clone().into())),
            [(first, _), .., (last, _)] => {
                resource.insert(format!("{element}Period"), json!({"start": first, "end": last}));
            }
            [] if self.month.is_empty() => {
                let unknown = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
                let absent = json!({"extension": [{"url": unknown, "valueCode": "unknown"}]});
                resource.insert(format!("_{element}DateTime"), absent);
            }
            [] => drop(resource.insert(format!("{element}DateTime"), self.month.clone().into())),
        }
        if matches!(days, [(_, count)] if count == "1") {
            return Vec::new();
        }
        let told = |(day, count): &(String, String)| {
            let parts = json!([{"url": "date", "valueDate": day}, {"url": "count", "valueString": count}]);
            json!({"url": extension("performed-day"), "extension": parts})
        };
        days.iter().map(told).collect()
    }
}

/// What a file remembers between its receipts.
#[derive(Default)]
pub(super) struct Memory {
    nobody: Option<String>,
    stated: HashMap<(PatientKey, String), usize>,
}

/// Lower-case hex SHA-256 of folded parts, joined so that no two lists give the same bytes.
pub(super) fn fingerprint(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(fold(part).as_bytes());
        hasher.update([0x1f]);
    }
    hasher.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The beginning of a fingerprint, enough to tell things of one patient apart.
pub(super) fn short(parts: &[&str]) -> String {
    fingerprint(parts).chars().take(24).collect()
}

/// The statements of one receipt.
pub(super) fn statements(
    receipt: &Receipt<'_, '_, '_>,
    input: &Input<'_>,
    memory: &mut Memory,
    problems: &mut Vec<Problem>,
) -> Vec<Statement> {
    let common = receipt.common;
    let month = common.date("診療年月", problems);
    if month.is_none() && common.look("診療年月").is_empty() {
        problems.push(Problem::new("missing", common.at("診療年月"), "no month of treatment"));
    }
    let insurance = coverage::identity(receipt);
    let key = whose(receipt, &insurance, input, memory, problems);
    let kind_code = common.peek("レセプト種別");
    let inpatient = matches!(receipt.kind, Kind::Medical | Kind::Dental)
        && kind_code.bytes().last().is_some_and(|digit| digit.is_ascii_digit() && digit % 2 == 1);
    let month_text = month.map(|date| date.fhir()).unwrap_or_default();
    let month_text = month_text.get(..7).unwrap_or_default().to_owned();
    let mut set = format!(
        "uke/{}/{}/{}/{}/{}",
        receipt.kind.word(),
        receipt.header.institution,
        if month_text.is_empty() { "-" } else { &month_text },
        if inpatient { "in" } else { "out" },
        short(&[
            &insurance,
            common.look("処方元都道府県"),
            common.look("処方元点数表"),
            common.look("処方元コード")
        ]),
    );
    let count = memory.stated.entry((key.clone(), set.clone())).or_insert(0);
    *count += 1;
    if *count > 1 {
        set = format!("{set}/{count}");
        let text = "a second receipt of the same patient, month and insurance; both are kept";
        problems.push(Problem::new("duplicate", common.place(), text));
    }
    let is_dpc = receipt.lines.iter().any(|line| matches!(line.record(), "BU" | "SB" | "KK" | "CD"));
    let flavour = if is_dpc { "dpc" } else { receipt.kind.word() };
    let tags = vec![
        json!({"system": "urn:hakucho:claims", "code": flavour, "display": "レセプト"}),
        json!({"system": "urn:hakucho:claims:month", "code": month_text}),
    ];
    let context = Context {
        header: receipt.header,
        kind: receipt.kind,
        set,
        year: month.map_or(0, |date| date.year()),
        month_of_year: month.and_then(|date| date.month()).unwrap_or(0),
        month: month_text,
        inpatient,
        tags,
    };
    let order = order(&context, common.number(), input);
    let state = |set: String, records: Vec<StatedRecord>| Statement {
        patient: key.clone(),
        set,
        order: order.clone(),
        effect: Effect::Stated,
        records: records.into_iter().map(pruned).collect(),
    };
    let mut statements =
        vec![state(PATIENT_KEY.to_owned(), vec![patient::record(receipt, &context, problems)])];
    let coverages = coverage::records(receipt, &context, problems);
    let insured: Vec<Value> =
        coverages.iter().map(|each| json!({"reference": format!("urn:key:{}", each.key)})).collect();
    statements.extend(coverages.into_iter().map(|record| state(record.key.clone(), vec![record])));
    // Apart from the bill: a disease is a record of every month that claims it, so these sets are folded together.
    if receipt.kind != Kind::Pharmacy {
        let diseases = condition::records(receipt, &context, problems);
        statements.push(state(format!("{}/diseases", context.set), diseases));
    }
    let mut records = match receipt.kind {
        Kind::Medical | Kind::Dental => detail::records(receipt, &context, problems),
        Kind::Pharmacy => pharmacy::records(receipt, &context, problems),
        Kind::Nursing => nursing::records(receipt, &context, problems),
    };
    records.extend(detail::narratives(receipt, &context, problems));
    records.push(claim::encounter(receipt, &context, problems));
    records.push(claim::claim(receipt, &context, insured, problems));
    statements.push(state(context.set.clone(), records));
    statements
}

/// The month of treatment, so that the newer month says how a disease stands; within it the month of the claim
/// (a resubmission), when the file was written, the line.
fn order(context: &Context<'_>, line: usize, input: &Input<'_>) -> SourceOrder {
    let claimed: String = context.header.month.chars().filter(char::is_ascii_digit).collect();
    let day = [&context.month, &context.header.month].into_iter().find(|month| !month.is_empty());
    let time = day.map_or_else(|| input.source_time.to_owned(), |month| format!("{month}01"));
    SourceOrder::new(&time, format!("{claimed:0>6}-{:0>17}-{line:09}", input.source_time))
}

/// The number of the facility's own chart; else name, birth date, sex and insurance together; else nobody.
fn whose(
    receipt: &Receipt<'_, '_, '_>,
    insurance: &str,
    input: &Input<'_>,
    memory: &mut Memory,
    problems: &mut Vec<Problem>,
) -> PatientKey {
    let common = receipt.common;
    // 調剤録番号等 is the number of a dispensing record as often as of a person: no number of a patient.
    let number = narrow(common.look("カルテ番号等"));
    if number.bytes().any(|byte| byte != b'0') {
        return PatientKey::Local(model::Personal::new(number));
    }
    let (name, sex) = (common.look("氏名"), common.peek("男女区分"));
    let birth = common.peek_date("生年月日").filter(|date| date.to_date().is_some());
    let born = birth.map(|date| date.fhir()).unwrap_or_default();
    let print = fingerprint(&[name, &born, &sex, insurance]);
    let full =
        !name.is_empty() && birth.is_some() && matches!(sex.as_str(), "1" | "2") && !insurance.is_empty();
    if full {
        return PatientKey::Described(model::Personal::new(print));
    }
    let text = "no chart number, and name, birth date, sex and insurance are not all there";
    problems.push(Problem::new("nobody", common.place(), text));
    if memory.nobody.get_or_insert_with(|| print.clone()) == &print {
        return PatientKey::Nobody;
    }
    // Nobody is one place for the whole file: another person gets a place of their own.
    let digest =
        fingerprint(&[&String::from_utf8_lossy(input.bytes.get(..4096).unwrap_or(input.bytes)), input.path]);
    let part = |word: &str, hex: &str| {
        model::Personal::new(format!("{word} {}", hex.chars().take(16).collect::<String>()))
    };
    PatientKey::Disputed { message: part("receipt", &print), path: part("delivery", &digest) }
}

/// Takes out empty texts, which FHIR does not have.
fn pruned(mut record: StatedRecord) -> StatedRecord {
    record.resource.retain(|_, value| !prune(value));
    record
}

/// True if nothing is left; an extension without a value is nothing.
fn prune(value: &mut Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Object(map) => {
            map.retain(|_, inner| !prune(inner));
            map.is_empty() || (map.len() == 1 && map.contains_key("url"))
        }
        Value::Array(list) => {
            list.retain_mut(|inner| !prune(inner));
            list.is_empty()
        }
        _ => false,
    }
}
