//! 介護給付費請求明細書 (7131 … 71A3, 71P1, 71R1): the services a month was claimed for.
//!
//! The month is an Encounter with the dates and totals, each line of services a Procedure, each disease named
//! for an emergency or a special treatment a Condition. Days of the month are not in a claim: a service was done
//! some time in the month.

use super::person::{self, office, put, span};
use super::record::Record;
use super::{Made, Sheet, code, layout, month_edges, month_words, tag};
use model::reading::{Extent, Problem, Resource, StatedRecord};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

const EXTENSION: &str = "urn:hakucho:extension:care-claim";

/// What is said of the person and the month.
pub(super) fn read(
    sheet: &Sheet,
    records: &[Record],
    set: &str,
    made: &mut Made,
    problems: &mut Vec<Problem>,
) {
    for record in records {
        record.take(4);
        record.take(3);
    }
    let of_kind = |kind: &str| {
        let end = format!("-{kind}");
        records.iter().filter(move |record| record.kind.ends_with(&end))
    };
    let basic = of_kind("01").next();
    if basic.is_none()
        && let Some(record) = records.first()
    {
        let text = "no basic record (01): nothing is said of the person but the numbers";
        problems.push(Problem::new("missing", record.place(), text));
    }
    if let Some(record) = basic {
        registration(sheet, record, made, problems);
    } else {
        made.patient = Some(person::patient(&sheet.insured, &tag()));
    }
    let mut month =
        Month { sheet, set, counts: HashMap::new(), diseases: HashSet::new(), records: Vec::new() };
    let encounter = month.encounter(basic, records, problems);
    month.records.push(encounter);
    for record in records {
        match record.kind.rsplit('-').next().unwrap_or_default() {
            "02" | "14" => month.service(record, problems),
            "03" | "13" => month.emergency(record, problems),
            "04" => month.treatment(record, problems),
            "05" => month.meal(record, problems),
            _ => {}
        }
    }
    made.records = month.records;
}

/// The Patient and the Coverage of the basic record.
fn registration(sheet: &Sheet, record: &Record, made: &mut Made, problems: &mut Vec<Problem>) {
    let mut patient = person::patient(&sheet.insured, &tag());
    person_fields(&mut patient, record, 14, 13, problems);
    made.patient = Some(patient);
    let level = level(record, 15, problems);
    let period = [17, 18].map(|number| record.date(number, problems).map(|date| date.fhir()));
    let resource = person::coverage(&sheet.insured, &level, period, &tag());
    made.coverage = Some(StatedRecord {
        key: "Coverage/care".to_owned(),
        resource,
        extent: Extent::Whole,
        at: record.place(),
    });
}

/// Sex and birth date.
pub(super) fn person_fields(
    patient: &mut Resource,
    record: &Record,
    sex: usize,
    birth: usize,
    problems: &mut Vec<Problem>,
) {
    match person::gender(record.look(sex)) {
        Some(gender) => {
            record.take(sex);
            patient.insert("gender".into(), gender.into());
        }
        None if record.look(sex).is_empty() => {}
        None => {
            let text = "not 1 (男) or 2 (女); kept as unknown";
            problems.push(Problem::new("unknown-code", record.at(sex), text));
            record.take(sex);
            patient.insert("gender".into(), "unknown".into());
        }
    }
    if let Some(birth) = record.date(birth, problems) {
        patient.insert("birthDate".into(), birth.fhir().into());
    }
}

/// 要介護状態区分コード, reported if the list does not have it.
pub(super) fn level(record: &Record, number: usize, problems: &mut Vec<Problem>) -> String {
    let level = record.code(number);
    if !level.is_empty() && !code::is_level(&level) {
        let text = "no 要介護状態区分コード of the list; kept as it is";
        problems.push(Problem::new("unknown-code", record.at(number), text));
    }
    level
}

struct Month<'a> {
    sheet: &'a Sheet,
    set: &'a str,
    counts: HashMap<String, usize>,
    diseases: HashSet<String>,
    records: Vec<StatedRecord>,
}

impl Month<'_> {
    /// The month itself: dates, where, and the totals.
    fn encounter(
        &self,
        basic: Option<&Record>,
        records: &[Record],
        problems: &mut Vec<Problem>,
    ) -> StatedRecord {
        let mut resource = person::resource("Encounter", "JP_Encounter", &tag());
        let mut extensions = Vec::new();
        let [mut start, mut end] = month_edges(&self.sheet.month);
        let mut class = match self.sheet.form.get(..3) {
            Some("714" | "715" | "716" | "718" | "719" | "71A") => ("IMP", "inpatient encounter"),
            _ => ("HH", "home health"),
        };
        let mut dates = Vec::new();
        if let Some(record) = basic {
            // The month's part of a stay or a care that began before or ends later.
            for (number, name, first) in [
                (21, "開始年月日", true),
                (24, "入所（院）年月日", true),
                (22, "中止年月日", false),
                (25, "退所（院）年月日", false),
            ] {
                let Some(day) = record.date(number, problems).map(|date| date.fhir()) else { continue };
                let edge = if first { &mut start } else { &mut end };
                let inside = edge.as_ref().is_none_or(|edge| if first { day > *edge } else { day < *edge });
                if inside {
                    *edge = Some(day.clone());
                }
                if number == 24 {
                    class = ("IMP", "inpatient encounter");
                }
                dates.push(json!({"url": name, "valueDate": day}));
            }
            let state = record.code(28);
            if !state.is_empty() {
                let coding = json!({"system": "urn:hakucho:care-claim:state-after-leaving", "code": state});
                put(&mut resource, "hospitalization", json!({"dischargeDisposition": {"coding": [coding]}}));
            }
            let reason = record.code(23);
            if !reason.is_empty() {
                let coding = json!({"system": "urn:hakucho:care-claim:reason-of-end", "code": reason});
                dates.push(json!({"url": "中止理由・入所（院）前の状況コード", "valueCoding": coding}));
            }
            if let Some(maker) = office(&record.code(20), "") {
                dates.push(json!({"url": "居宅サービス計画事業所番号", "valueReference": maker}));
            }
            let names = layout::detail("01").unwrap_or_default();
            dates.extend(record.rest(&names, problems));
        }
        if !dates.is_empty() {
            extensions.push(json!({"url": EXTENSION, "extension": dates}));
        }
        // A second basic record, the totals and what was paid beside them.
        for record in records {
            let kind = record.kind.rsplit('-').next().unwrap_or_default();
            if matches!(kind, "01" | "10" | "11" | "12") {
                let url = format!("{EXTENSION}-{kind}");
                let names = layout::detail(kind).unwrap_or_default();
                extensions.extend(record.rest_extension(&url, &names, problems));
            }
        }
        put(&mut resource, "extension", extensions);
        resource.insert("status".into(), "finished".into());
        let system = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
        resource.insert("class".into(), json!({"system": system, "code": class.0, "display": class.1}));
        let kinds: Vec<&str> = records
            .iter()
            .filter(|record| record.kind.ends_with("-10"))
            .filter_map(|record| record.look(7).get(..2))
            .collect();
        let mut types: Vec<Value> = vec![code::care()];
        types.extend(kinds.iter().map(|kind| code::service(kind)));
        resource.insert("type".into(), types.into());
        let words: Vec<&str> = kinds.iter().filter_map(|kind| code::service_kind(kind)).collect();
        let title = format!("介護サービス {} {}", month_words(&self.sheet.month), words.join("・"));
        resource.insert("serviceType".into(), json!({"text": title.trim_end()}));
        resource.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
        put(&mut resource, "period", span([start, end]));
        put(&mut resource, "serviceProvider", office(&self.sheet.office, "").unwrap_or_default());
        let at = basic.or(records.first()).map(Record::place).unwrap_or_default();
        StatedRecord { key: format!("{}/month", self.set), resource, extent: Extent::Whole, at }
    }

    /// A Procedure of the month.
    fn procedure(&self, concept: Value, extension: Option<Value>, notes: &[String]) -> Resource {
        let mut resource = person::resource("Procedure", "JP_Procedure", &tag());
        put(&mut resource, "extension", extension.into_iter().collect::<Vec<_>>());
        resource.insert("status".into(), "completed".into());
        resource.insert("category".into(), code::care());
        resource.insert("code".into(), concept);
        resource.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
        let encounter = format!("urn:key:{}/month", self.set);
        resource.insert("encounter".into(), json!({"reference": encounter}));
        put(&mut resource, "performedPeriod", span(month_edges(&self.sheet.month)));
        let performer = office(&self.sheet.office, "").map(|actor| json!({"actor": actor}));
        put(&mut resource, "performer", performer.into_iter().collect::<Vec<_>>());
        let notes = notes.iter().filter(|text| !text.is_empty()).map(|text| json!({"text": text}));
        put(&mut resource, "note", notes.collect::<Vec<_>>());
        resource
    }

    /// A key that is new in the sheet: the same service claimed twice is two.
    fn key(&mut self, kind: &str, what: &str) -> String {
        let key = format!("{}/{kind}/{what}", self.set);
        let count = self.counts.entry(key.clone()).or_default();
        *count += 1;
        if *count == 1 { key } else { format!("{key}/{count}") }
    }

    fn add(&mut self, key: String, resource: Resource, record: &Record) {
        let at = record.place();
        self.records.push(StatedRecord { key, resource, extent: Extent::Whole, at });
    }

    /// 明細情報 (02, 14).
    fn service(&mut self, record: &Record, problems: &mut Vec<Problem>) {
        let kind = if record.kind.ends_with("-14") { "14" } else { "02" };
        let service = format!("{}{}", record.code(7), record.code(8));
        let remark = record.take(if kind == "14" { 19 } else { 18 }).to_owned();
        let amount = amount(record.look(10), record.look(14));
        let names = layout::detail(kind).unwrap_or_default();
        let extension = record.rest_extension(EXTENSION, &names, problems);
        let resource = self.procedure(code::service(&service), extension, &[amount, remark]);
        let key = self.key(kind, &service);
        self.add(key, resource, record);
    }

    /// 緊急時施設療養 (03) and 所定疾患施設療養費等 (13).
    fn emergency(&mut self, record: &Record, problems: &mut Vec<Problem>) {
        let kind = if record.kind.ends_with("-13") { "13" } else { "03" };
        let mut reasons = Vec::new();
        let named = [(8, 11), (9, 12), (10, 13), (47, 50), (48, 51), (49, 52)];
        for (disease, day) in named.into_iter().take(if kind == "13" { 6 } else { 3 }) {
            let name = record.take(disease).to_owned();
            if name.is_empty() {
                continue;
            }
            let onset = record.date(day, problems).map(|date| date.fhir());
            reasons.push(self.disease(kind, &name, onset, record));
        }
        let notes: Vec<String> = (26..=45).map(|number| record.take(number).to_owned()).collect();
        let names = layout::detail(kind).unwrap_or_default();
        let extension = record.rest_extension(EXTENSION, &names, problems);
        let text = if kind == "13" {
            "緊急時施設療養・所定疾患施設療養"
        } else {
            "緊急時施設療養"
        };
        let mut resource = self.procedure(json!({"text": text}), extension, &notes);
        put(&mut resource, "reasonReference", reasons);
        let key = self.key(kind, "treatment");
        self.add(key, resource, record);
    }

    /// 特定診療費・特別療養費 (04).
    fn treatment(&mut self, record: &Record, problems: &mut Vec<Problem>) {
        let disease = record.take(8).to_owned();
        let reasons: Vec<Value> =
            if disease.is_empty() { Vec::new() } else { vec![self.disease("04", &disease, None, record)] };
        let number = record.code(9);
        let remark = record.take(23).to_owned();
        let amount = amount(record.look(11), record.look(12));
        let names = layout::detail("04").unwrap_or_default();
        let extension = record.rest_extension(EXTENSION, &names, problems);
        let mut concept = Map::new();
        if !number.is_empty() {
            let coding = json!({"system": "urn:hakucho:care-claim:special-treatment", "code": number});
            concept.insert("coding".into(), json!([coding]));
        }
        concept.insert("text".into(), format!("特定診療・特別療養 {number}").trim_end().into());
        let mut resource = self.procedure(concept.into(), extension, &[amount, remark]);
        put(&mut resource, "reasonReference", reasons);
        let key = self.key("04", &number);
        self.add(key, resource, record);
    }

    /// 食事費用 (05).
    fn meal(&mut self, record: &Record, problems: &mut Vec<Problem>) {
        let names = layout::detail("05").unwrap_or_default();
        let extension = record.rest_extension(EXTENSION, &names, problems);
        let resource = self.procedure(json!({"text": "食事の提供"}), extension, &[]);
        let key = self.key("05", "meal");
        self.add(key, resource, record);
    }

    /// A disease as Condition; gives the reference to it. The same one named again is the same record.
    fn disease(&mut self, kind: &str, name: &str, onset: Option<String>, record: &Record) -> Value {
        let days = onset.as_deref().unwrap_or_default();
        let key = format!("{}/{kind}/disease/{name}/{days}", self.set);
        let reference = json!({"reference": format!("urn:key:{key}")});
        if !self.diseases.insert(key.clone()) {
            return reference;
        }
        let mut resource = person::resource("Condition", "JP_Condition", &tag());
        let system = "http://terminology.hl7.org/CodeSystem/condition-category";
        let category = json!({"coding": [{"system": system, "code": "encounter-diagnosis"}]});
        resource.insert("category".into(), json!([category]));
        resource.insert("code".into(), json!({"text": name}));
        resource.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
        let encounter = format!("urn:key:{}/month", self.set);
        resource.insert("encounter".into(), json!({"reference": encounter}));
        put(&mut resource, "onsetDateTime", onset.unwrap_or_default());
        if let [Some(_), Some(end)] = month_edges(&self.sheet.month) {
            resource.insert("recordedDate".into(), end.into());
        }
        self.add(key, resource, record);
        reference
    }
}

/// `4回・日、1584単位` of the numbers as written.
fn amount(times: &str, units: &str) -> String {
    let digits = |text: &str| match text.trim_start_matches('0') {
        "" => String::new(),
        rest => rest.to_owned(),
    };
    let parts = [(digits(times), "回・日"), (digits(units), "単位")];
    let said: Vec<String> = parts
        .iter()
        .filter(|(text, _)| !text.is_empty())
        .map(|(text, unit)| format!("{text}{unit}"))
        .collect();
    said.join("、")
}
