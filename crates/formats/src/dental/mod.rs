//! 口腔診査情報標準コード仕様 (日本歯科医師会, Ver.1.02): what a dentist found, tooth by tooth.
//!
//! Comma separated records named by two letters: VR version, ON facility, PN person, NS kind of input, then for each
//! tooth TB with TD, TP, TM, TE, TF, TH, and KK, SI, SK, HK of the whole mouth. An examination (person, day, kind,
//! facility) is one set: sent again, it replaces. Layouts of TE, TF, TH, KK, SI, SK and HK are not known here:
//! their fields are kept under their numbers and reported.

mod code;
mod patient;
mod tooth;

use crate::care_claim::person::{put, resource};
use crate::care_claim::record::Record;
use crate::detect::Head;
use crate::text_file::{decode, lines};
use model::reading::{
    Effect, Extent, Input, PATIENT_KEY, PatientKey, Problem, Reading, Refused, SourceOrder, StatedRecord,
    Statement,
};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use tooth::Tooth;

/// Names of the fields of ON, field 1 first.
const FACILITY: &[&str] = &[
    "レコード識別情報",
    "送信先機関種別",
    "送信先都道府県コード",
    "送信先機関名",
    "送信先機関コード",
    "入力機関種別",
    "入力機関都道府県コード",
    "入力機関名",
    "入力機関コード",
    "入力機関電話番号",
    "診療科コード",
    "診療科名",
];
const KIND: &[&str] = &["レコード識別情報", "入力種別", "最新初診年月日", "最終診療年月日"];

fn kind_of(line: &str) -> &str {
    line.split(',').next().unwrap_or_default().trim()
}

fn is_kind(kind: &str) -> bool {
    matches!(
        kind,
        "VR" | "ON"
            | "PN"
            | "NS"
            | "TB"
            | "TD"
            | "TP"
            | "TM"
            | "TE"
            | "TF"
            | "TH"
            | "KK"
            | "SI"
            | "SK"
            | "HK"
    )
}

/// Whether a file is of this format, by its beginning: a version of the Japan Dental Association's, or ON, PN
/// and NS before any other record.
pub fn is_it(head: &Head<'_>) -> bool {
    is_text(head.text)
}

fn is_text(text: &str) -> bool {
    let mut kinds = lines(text).map(|(_, line)| (kind_of(line), line));
    match kinds.next() {
        Some(("VR", line)) => {
            line.split(',').nth(1).is_some_and(|version| version.trim().starts_with("JDAOES"))
        }
        Some(("ON", _)) => {
            let next: Vec<&str> = kinds.map(|(kind, _)| kind).take(2).collect();
            next == ["PN", "NS"]
        }
        _ => false,
    }
}

/// Records of one examination; ON and PN may hold for several.
#[derive(Debug, Default)]
struct Group {
    facility: Option<usize>,
    person: Option<usize>,
    kind: Option<Record>,
    teeth: Vec<Tooth>,
    mouth: Vec<Record>,
}

/// What every record of an examination shares.
struct Exam<'a> {
    tag: &'a Value,
    /// Contained Organization.
    facility: Option<Value>,
    /// FHIR date; empty if not said.
    day: String,
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let mut problems = Vec::new();
    let text = decode(input.bytes, &mut problems);
    if !is_text(&text) {
        let text = "the first record is neither VR,JDAOES… nor ON with PN and NS after it".to_owned();
        return Err(Refused { code: "not-dental", text });
    }
    let (mut facilities, mut people) = (Vec::new(), Vec::new());
    let mut groups: Vec<Group> = vec![Group::default()];
    let mut version = String::new();
    for (number, line) in lines(&text) {
        let kind = kind_of(line);
        // The format has no quotes.
        let fields = line.split(',').map(str::to_owned).collect();
        let shown: String = kind.chars().filter(char::is_ascii_alphanumeric).take(4).collect();
        let record = Record::new(number, shown, fields);
        record.take(1);
        if kind == "VR" {
            version = record.code(2);
            record.report_untaken("more than the record has", &mut problems);
        } else if is_kind(kind) {
            group(record, &mut groups, &mut facilities, &mut people);
        } else {
            let text = "not a record of the format; its fields were not read";
            problems.push(Problem::new("unknown-record", record.place(), text));
            record.report_untaken(text, &mut problems);
        }
    }
    if version != "JDAOES000102" {
        let text = "not version 1.02, or no version given; read by the layouts of 1.02";
        problems.push(Problem::new("unknown-version", "record VR", text));
    }
    let mut tag = json!({"system": "urn:hakucho:jda-oral-version", "code": version});
    if version.is_empty() {
        tag = json!({"system": "urn:hakucho:jda-oral-version", "display": "版の記載なし"});
    }
    let mut writer = Writer { input, tag, sets: HashMap::new(), statements: Vec::new() };
    for (index, group) in groups.iter().enumerate() {
        let facility = group.facility.and_then(|index| facilities.get(index));
        let person = group.person.and_then(|index| people.get(index));
        writer.state(group, facility, person, index, &mut problems);
    }
    let alone = facilities.iter().chain(&people).chain(groups.iter().filter_map(|group| group.kind.as_ref()));
    alone.for_each(|record: &Record| record.report_untaken("no examination follows it", &mut problems));
    Ok(Reading { statements: writer.statements, problems, consents: Vec::new() })
}

/// Puts a record to its examination: PN or NS begins another one where the last has its own.
fn group(record: Record, groups: &mut Vec<Group>, facilities: &mut Vec<Record>, people: &mut Vec<Record>) {
    let begun = groups
        .last()
        .is_some_and(|last| last.kind.is_some() || !last.teeth.is_empty() || !last.mouth.is_empty());
    let (facility, person) = groups.last().map_or((None, None), |last| (last.facility, last.person));
    let another = match record.kind.as_str() {
        "ON" => begun || person.is_some() || facility.is_some(),
        "PN" => begun || person.is_some(),
        "NS" => begun,
        _ => false,
    };
    if another {
        let person = person.filter(|_| record.kind == "NS");
        groups.push(Group { facility, person, ..Group::default() });
    }
    let Some(last) = groups.last_mut() else { return };
    match record.kind.as_str() {
        "ON" => {
            last.facility = Some(facilities.len());
            facilities.push(record);
        }
        "PN" => {
            last.person = Some(people.len());
            people.push(record);
        }
        "NS" => last.kind = Some(record),
        "TB" => last.teeth.push(Tooth { site: Some(record), parts: Vec::new() }),
        "TD" | "TP" | "TM" | "TE" | "TF" | "TH" => match last.teeth.last_mut() {
            Some(tooth) => tooth.parts.push(record),
            None => last.teeth.push(Tooth { site: None, parts: vec![record] }),
        },
        _ => last.mouth.push(record),
    }
}

/// The contained Organization of ON.
fn organization(record: &Record) -> Value {
    let mut organization = Map::new();
    organization.insert("resourceType".into(), "Organization".into());
    organization.insert("id".into(), "facility".into());
    let number = record.code(9);
    if !number.is_empty() {
        let system = "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no";
        organization.insert("identifier".into(), json!([{"system": system, "value": number}]));
    }
    put(&mut organization, "name", record.take(8));
    let phone = record.take(10);
    if !phone.is_empty() {
        organization.insert("telecom".into(), json!([{"system": "phone", "value": phone}]));
    }
    organization.into()
}

/// What is said, examination by examination.
struct Writer<'a> {
    input: &'a Input<'a>,
    tag: Value,
    /// How often each set was stated by this file.
    sets: HashMap<(PatientKey, String), usize>,
    statements: Vec<Statement>,
}

impl Writer<'_> {
    /// The statements of one examination.
    fn state(
        &mut self,
        group: &Group,
        facility: Option<&Record>,
        person: Option<&Record>,
        index: usize,
        problems: &mut Vec<Problem>,
    ) {
        let tag = &self.tag;
        if person.is_none() && group.kind.is_none() && group.teeth.is_empty() && group.mouth.is_empty() {
            return;
        }
        let known = person.is_some_and(patient::is_known_layout);
        let key = patient::key(person, self.input.bytes);
        let of_person = person.filter(|_| known).and_then(|record| record.look_date(12));
        let of_kind = group.kind.as_ref().and_then(|record| record.look_date(4));
        let day = of_person.or(of_kind).map(|date| date.fhir()).unwrap_or_default();
        let exam = Exam { tag, facility: facility.map(organization), day };
        let kind = group.kind.as_ref().map(|record| record.code(2)).unwrap_or_default();
        let office = facility.map(|record| record.look_code(9)).unwrap_or_default();
        let mut set = format!("dental/{office}/{}/{kind}", exam.day);
        let count = self.sets.entry((key.clone(), set.clone())).or_default();
        *count += 1;
        if *count > 1 {
            let text = "a second examination of the same person, day, facility and kind in the file";
            problems.push(Problem::new("duplicate", format!("examination {}", index + 1), text));
            set = format!("{set}/{count}");
        }
        let order = SourceOrder::new(&exam.day, format!("{:0>17}-{index:06}", self.input.source_time));
        let mut add = |set: String, records: Vec<StatedRecord>| {
            let (patient, order) = (key.clone(), order.clone());
            self.statements.push(Statement { patient, set, order, effect: Effect::Stated, records });
        };
        let mut extensions = Vec::new();
        match person {
            Some(record) if known => {
                record.take(12);
                let (patient, coverage) = patient::records(record, tag, problems);
                add(PATIENT_KEY.to_owned(), vec![patient]);
                if let Some(coverage) = coverage {
                    add("dental/coverage".to_owned(), vec![coverage]);
                }
                let url = "urn:hakucho:extension:dental-person";
                extensions.extend(record.rest_extension(url, patient::NAMES, problems));
            }
            Some(record) => {
                let text = "sex, birth date or day do not stand where 1.02 has them: the person is not read";
                problems.push(Problem::new("unknown-version", record.place(), text));
                extensions.extend(record.rest_extension(
                    "urn:hakucho:extension:unknown-layout",
                    &[],
                    problems,
                ));
            }
            None => {
                let text = "no PN before the examination: nobody is named";
                problems.push(Problem::new("missing", format!("examination {}", index + 1), text));
            }
        }
        let mut report = resource("DiagnosticReport", "JP_DiagnosticReport_DentalOral", tag);
        let mut results = Vec::new();
        let mut records = Vec::new();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for tooth in &group.teeth {
            let site = tooth.site.as_ref().map(|record| record.look_code(2)).unwrap_or_default();
            let count = counts.entry(site.clone()).or_default();
            *count += 1;
            let key = if *count == 1 {
                format!("{set}/tooth/{site}")
            } else {
                format!("{set}/tooth/{site}/{count}")
            };
            if tooth.site.is_none()
                && let Some(part) = tooth.parts.first()
            {
                let text = "no TB before it: which tooth is not said";
                problems.push(Problem::new("missing", part.place(), text));
            }
            records.extend(tooth::records(tooth, &exam, &key, problems));
        }
        for (place, record) in group.mouth.iter().enumerate() {
            let components = tooth::unknown(record, 2, problems);
            if components.is_empty() {
                continue;
            }
            let label = format!("口腔診査 {}", code::part(&record.kind));
            let mut observation = tooth::observation(&exam, "JP_Observation_Common", "", &label);
            observation.insert("component".into(), components.into());
            let key = format!("{set}/{}/{}", record.kind, place + 1);
            records.push(StatedRecord {
                key,
                resource: observation,
                extent: Extent::Whole,
                at: record.place(),
            });
        }
        results.extend(records.iter().map(|record| json!({"reference": format!("urn:key:{}", record.key)})));
        if let Some(record) = facility {
            extensions.extend(record.rest_extension(
                "urn:hakucho:extension:dental-facility",
                FACILITY,
                problems,
            ));
        }
        if let Some(record) = &group.kind {
            extensions.extend(record.rest_extension("urn:hakucho:extension:dental-input", KIND, problems));
        }
        put(&mut report, "contained", exam.facility.iter().cloned().collect::<Vec<_>>());
        put(&mut report, "extension", extensions);
        report.insert("status".into(), "final".into());
        let dental =
            json!({"coding": [{"system": model::codes::LOINC, "code": "LP31759-1", "display": "DENTAL"}]});
        let ours = json!({"coding": [{"system": "urn:hakucho:category", "code": "dental"}]});
        report.insert("category".into(), json!([dental, ours]));
        let words = code::input_kind(&kind);
        let coding =
            json!({"system": "http://jpfhir.jp/fhir/core/CodeSystem/JP_DocumentCodes_CS", "code": "32453-3"});
        report.insert("code".into(), json!({"coding": [coding], "text": "口腔診査報告書"}));
        let kind_coding =
            (!kind.is_empty()).then(|| json!({"system": "urn:hakucho:jda-oral-input-kind", "code": kind}));
        if let (Some(coding), Some(list)) =
            (kind_coding, report.get_mut("category").and_then(Value::as_array_mut))
        {
            let mut concept = Map::new();
            concept.insert("coding".into(), json!([coding]));
            put(&mut concept, "text", words);
            list.push(concept.into());
        }
        report.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
        put(&mut report, "effectiveDateTime", exam.day.as_str());
        if exam.facility.is_some() {
            report.insert("performer".into(), json!([{"reference": "#facility"}]));
        }
        put(&mut report, "result", results);
        put(&mut report, "conclusion", words);
        let at = group
            .kind
            .as_ref()
            .or(person)
            .map_or_else(|| format!("examination {}", index + 1), Record::place);
        records.insert(
            0,
            StatedRecord { key: format!("{set}/report"), resource: report, extent: Extent::Whole, at },
        );
        add(set, records);
    }
}
