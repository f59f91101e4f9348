//! 摘要 of 医科, DPC and 歯科: SI, SS, IY, TO, CO, CD, and SJ of every kind.
//!
//! The order of the records is part of what they say. A 診療識別 opens a unit; a record without one belongs to
//! the unit above. A comment belongs to the line above; one that opens a unit, to the first line of the unit.

use super::code::{DRUG, category, coding, extension, narrative, put};
use super::layout::Kind;
use super::line::Line;
use super::receipt::{Context, Receipt};
use model::codes;
use model::reading::{Problem, Resource, StatedRecord};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::ops::Range;

/// Where the reading of the lines stands.
struct Units<'a, 'c> {
    context: &'a Context<'c>,
    records: Vec<StatedRecord>,
    counts: HashMap<&'static str, usize>,
    number: usize,
    category: String,
    /// What the line above, of this unit, became.
    last: Range<usize>,
    /// Comments that wait for the first line of their unit, and where they began.
    waiting: Vec<Value>,
    waiting_at: String,
    /// The line above had points, which end a unit.
    closed: bool,
}

pub(super) fn records(
    receipt: &Receipt<'_, '_, '_>,
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<StatedRecord> {
    let mut units = Units {
        context,
        records: Vec::new(),
        counts: HashMap::new(),
        number: 0,
        category: String::new(),
        last: 0..0,
        waiting: Vec::new(),
        waiting_at: String::new(),
        closed: false,
    };
    for line in receipt.lines {
        match line.record() {
            "CO" => units.comment(line, problems),
            "SI" | "SS" => units.detail(line, "診療行為コード", problems),
            "IY" => units.detail(line, "医薬品コード", problems),
            "TO" => units.detail(line, "特定器材コード", problems),
            "CD" => units.coding_data(line, problems),
            _ => {}
        }
    }
    units.flush();
    units.records
}

impl Units<'_, '_> {
    /// Opens a unit if the line has a 診療識別, or the one above was the end of one.
    fn enter(&mut self, line: &Line<'_, '_>, ends: bool, problems: &mut Vec<Problem>) {
        let given = line.code("診療識別");
        if given.is_empty() && !(ends && self.closed) {
            return;
        }
        if !given.is_empty() {
            self.flush();
            if category(&given).is_empty() {
                let text = "not a 診療識別 of the format; kept as it is";
                problems.push(Problem::new("unknown-code", line.at("診療識別"), text));
            }
            self.category = given;
        }
        self.number += 1;
        self.last = 0..0;
        self.closed = false;
    }

    /// Comments whose unit has no line stand for themselves.
    fn flush(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let mut communication = self.context.resource("Communication", "");
        communication.insert("status".into(), "completed".into());
        let words = category(&self.category);
        let concept =
            json!({"coding": [coding("category", &self.category, words)], "text": "レセプトのコメント"});
        put(&mut communication, "category", vec![concept]);
        communication.insert("subject".into(), self.context.subject());
        communication.insert("sent".into(), self.context.month.clone().into());
        let payload = std::mem::take(&mut self.waiting).into_iter().map(payload);
        put(&mut communication, "payload", payload.collect());
        let key = format!("{}/comment/{}", self.context.set, next(&mut self.counts, "comment"));
        let at = std::mem::take(&mut self.waiting_at);
        let extent = model::reading::Extent::Whole;
        self.records.push(StatedRecord { key, resource: communication, extent, at });
    }

    fn comment(&mut self, line: &Line<'_, '_>, problems: &mut Vec<Problem>) {
        self.enter(line, false, problems);
        let Some(note) = comment(line, problems) else { return };
        match self.records.get_mut(self.last.clone()).filter(|above| !above.is_empty()) {
            Some(above) => {
                above.iter_mut().for_each(|record| add(&mut record.resource, "note", note.clone()))
            }
            None => {
                if self.waiting.is_empty() {
                    self.waiting_at = line.place();
                }
                self.waiting.push(note);
            }
        }
    }

    fn detail(&mut self, line: &Line<'_, '_>, code: &'static str, problems: &mut Vec<Problem>) {
        self.enter(line, true, problems);
        self.closed = !line.look("点数").is_empty();
        if self.category.is_empty() {
            let text = "no 診療識別 on this line or above it";
            problems.push(Problem::new("missing", line.at("診療識別"), text));
        }
        let days = line.days(self.context.year, self.context.month_of_year, problems);
        let unit = json!({"url": extension("unit"), "valueInteger": self.number});
        self.write(line, code, &days, vec![unit], problems);
    }

    /// CD: what was done within the flat payment, day by day. It stands apart from the units of the bill.
    fn coding_data(&mut self, line: &Line<'_, '_>, problems: &mut Vec<Problem>) {
        self.flush();
        self.category = line.code("診療識別");
        let day = line.date("実施年月日", problems).map(|date| date.fhir());
        let times = match line.peek("回数") {
            times if times.is_empty() => "1".to_owned(),
            times => times,
        };
        let days: Vec<(String, String)> = day.map(|day| (day, times)).into_iter().collect();
        self.write(line, "電算コード", &days, Vec::new(), problems);
        (self.last, self.closed) = (0..0, false);
        self.category.clear();
    }

    /// One line as what its code is: 6 a drug, 7 a device, else something done.
    fn write(
        &mut self,
        line: &Line<'_, '_>,
        field: &str,
        days: &[(String, String)],
        mut extensions: Vec<Value>,
        problems: &mut Vec<Problem>,
    ) {
        let code = line.code(field);
        if code.is_empty() {
            problems.push(Problem::new("missing", line.at(field), "no code"));
        }
        let drug = line.record() == "IY" || (line.record() == "CD" && code.starts_with('6'));
        let device = line.record() == "TO" || (line.record() == "CD" && code.starts_with('7'));
        let mut notes = std::mem::take(&mut self.waiting);
        for number in ["1", "2", "3"] {
            let (code, text) = (format!("コメントコード{number}"), format!("文字データ{number}"));
            notes.extend(annotation(&line.code(&code), line.take(&text)));
        }
        let (name, resources) = match (drug, device) {
            (true, _) => ("drug", self.drug(line, &code, days, problems)),
            (_, true) => ("device", vec![self.device(line, &code, days)]),
            _ => ("procedure", vec![self.procedure(&code, days)]),
        };
        extensions.extend(line.rest(problems));
        let start = self.records.len();
        for mut resource in resources {
            extensions.iter().for_each(|each| add(&mut resource, "extension", each.clone()));
            put(&mut resource, "note", notes.clone());
            let name = format!("{name}/{}", next(&mut self.counts, name));
            self.records.push(self.context.record(&name, resource, line));
        }
        self.last = start..self.records.len();
    }

    /// 診療識別 as a concept; of 歯科 it says so.
    fn category(&self) -> Value {
        let words = category(&self.category);
        let mut codings = Vec::new();
        if !self.category.is_empty() {
            codings.push(coding("category", &self.category, words));
        }
        if self.context.kind == Kind::Dental {
            codings.push(json!({"system": "urn:hakucho:category", "code": "dental"}));
        }
        json!({"coding": codings, "text": words})
    }

    fn performer(&self, resource: &mut Resource) {
        let performer = self.context.performer().map(|name| json!({"actor": name}));
        put(resource, "performer", performer.into_iter().collect());
    }

    fn procedure(&self, code: &str, days: &[(String, String)]) -> Resource {
        let mut procedure = self.context.resource("Procedure", "JP_Procedure");
        procedure.insert("status".into(), "completed".into());
        procedure.insert("category".into(), self.category());
        procedure.insert("code".into(), json!({"coding": [coding("procedure-code", code, "")]}));
        procedure.insert("subject".into(), self.context.subject());
        let told = self.context.time(&mut procedure, "performed", days);
        put(&mut procedure, "extension", told);
        self.performer(&mut procedure);
        procedure
    }

    /// 投薬 and 在宅 are dispensed; what stands among injections, treatments and tests was given.
    fn drug(
        &self,
        line: &Line<'_, '_>,
        code: &str,
        days: &[(String, String)],
        problems: &mut Vec<Problem>,
    ) -> Vec<Resource> {
        let amount = line.number_of("使用量", problems).map(|value| json!({"value": value}));
        let concept = json!({"coding": [{"system": DRUG, "code": code}]});
        let handed = self.category.is_empty() || self.category == "14" || self.category.starts_with('2');
        if !handed {
            let mut given = self.context.resource("MedicationAdministration", "JP_MedicationAdministration");
            given.insert("status".into(), "completed".into());
            given.insert("category".into(), self.category());
            given.insert("medicationCodeableConcept".into(), concept);
            given.insert("subject".into(), self.context.subject());
            let told = self.context.time(&mut given, "effective", days);
            put(&mut given, "extension", told);
            self.performer(&mut given);
            if let Some(amount) = amount {
                given.insert("dosage".into(), json!({"dose": amount}));
            }
            return vec![given];
        }
        // A supply of days on each of several days is several dispensings; one a day (入院) is one course.
        let apart = days.len() > 1 && days.iter().any(|(_, count)| count != "1");
        let courses: Vec<&[(String, String)]> = if apart { days.chunks(1).collect() } else { vec![days] };
        courses.into_iter().map(|days| self.dispense(line, &concept, amount.as_ref(), days)).collect()
    }

    fn dispense(
        &self,
        line: &Line<'_, '_>,
        concept: &Value,
        amount: Option<&Value>,
        days: &[(String, String)],
    ) -> Resource {
        let mut dispense = self.context.resource("MedicationDispense", "JP_MedicationDispense");
        let status = if self.category.is_empty() { "unknown" } else { "completed" };
        dispense.insert("status".into(), status.into());
        dispense.insert("category".into(), self.category());
        dispense.insert("medicationCodeableConcept".into(), concept.clone());
        dispense.insert("subject".into(), self.context.subject());
        self.performer(&mut dispense);
        let mut when = Resource::new();
        let mut extensions = self.context.time(&mut when, "when", days);
        let first = days.first().map(|(day, _)| day.as_str()).unwrap_or(&self.context.month);
        dispense.insert("whenHandedOver".into(), first.into());
        let times = match days {
            [(_, count)] => count.clone(),
            _ => line.peek("回数"),
        };
        let number = serde_json::from_str::<serde_json::Number>(times.trim_start_matches('0'));
        match (self.category.as_str(), amount, number) {
            // One of something: a day's amount and the whole are the same.
            (_, Some(amount), _) if matches!(times.as_str(), "" | "1") => {
                dispense.insert("quantity".into(), amount.clone());
            }
            // 内服: the amount of a day, 回数 the days.
            ("21", Some(amount), Ok(number)) => {
                let day = json!({"value": 1, "unit": "日", "system": codes::UCUM, "code": "d"});
                let mut dosage =
                    json!({"doseAndRate": [{"rateRatio": {"numerator": amount, "denominator": day}}]});
                match (days, dosage.as_object_mut()) {
                    ([(first, _), .., (last, _)], Some(dosage)) => {
                        let bounds = json!({"start": first, "end": last});
                        dosage.insert("timing".into(), json!({"repeat": {"boundsPeriod": bounds}}));
                    }
                    _ => {
                        let supply =
                            json!({"value": number, "unit": "日", "system": codes::UCUM, "code": "d"});
                        dispense.insert("daysSupply".into(), supply);
                    }
                }
                dispense.insert("dosageInstruction".into(), json!([dosage]));
            }
            // What one of several had: one dose or a part of the whole is not said.
            (_, Some(amount), _) => {
                extensions.push(json!({"url": extension("amount-each-time"), "valueQuantity": amount}));
            }
            (_, None, _) => {}
        }
        put(&mut dispense, "extension", extensions);
        dispense
    }

    fn device(&self, line: &Line<'_, '_>, code: &str, days: &[(String, String)]) -> Resource {
        let name = match line.take("商品名及び規格又はサイズ") {
            "" => line.take("特定器材名称"),
            name => name,
        };
        let category = json!({"url": extension("category"), "valueCodeableConcept": self.category()});
        device(self.context, code, name, days, vec![category])
    }
}

/// A 特定器材 that was used, as DeviceUseStatement with the device inside.
pub(super) fn device(
    context: &Context<'_>,
    code: &str,
    name: &str,
    days: &[(String, String)],
    mut extensions: Vec<Value>,
) -> Resource {
    let mut used = context.resource("DeviceUseStatement", "");
    let mut device = json!({"resourceType": "Device", "id": "device", "type": {"coding": [coding("device-code", code, "")]}});
    if let (Some(device), false) = (device.as_object_mut(), name.is_empty()) {
        device.insert("deviceName".into(), json!([{"name": name, "type": "user-friendly-name"}]));
    }
    put(&mut used, "contained", vec![device]);
    used.insert("status".into(), "completed".into());
    used.insert("subject".into(), context.subject());
    used.insert("device".into(), json!({"reference": "#device", "display": name}));
    extensions.extend(context.time(&mut used, "timing", days));
    put(&mut used, "extension", extensions);
    used
}

/// SJ: what is told of the course, one Communication for each 症状詳記区分; a line without one goes on.
pub(super) fn narratives(
    receipt: &Receipt<'_, '_, '_>,
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<StatedRecord> {
    let mut records: Vec<StatedRecord> = Vec::new();
    for line in receipt.of("SJ") {
        let (kind, text) = (line.code("症状詳記区分"), line.take("症状詳記データ"));
        let part = json!({"contentString": text});
        match records.last_mut().filter(|_| kind.is_empty()) {
            Some(record) if !text.is_empty() => add(&mut record.resource, "payload", part),
            Some(_) => {}
            None => {
                let mut told = context.resource("Communication", "");
                told.insert("status".into(), "completed".into());
                let words = narrative(&kind);
                let codings =
                    if kind.is_empty() { json!([]) } else { json!([coding("narrative", &kind, words)]) };
                put(&mut told, "category", vec![json!({"coding": codings, "text": "症状詳記"})]);
                told.insert("subject".into(), context.subject());
                told.insert("sent".into(), context.month.clone().into());
                put(&mut told, "payload", vec![part]);
                records.push(context.record(&format!("narrative/{}", records.len() + 1), told, line));
            }
        }
        if let Some(record) = records.last_mut() {
            line.rest(problems).into_iter().for_each(|rest| add(&mut record.resource, "extension", rest));
        }
    }
    records
}

/// コメントコード and 文字データ of a CO as a note, with what else the record has.
pub(super) fn comment(line: &Line<'_, '_>, problems: &mut Vec<Problem>) -> Option<Value> {
    let mut note = annotation(&line.code("コメントコード"), line.take("文字データ"))?;
    let rest = line.rest(problems);
    if let Some(note) = note.as_object_mut() {
        rest.into_iter().for_each(|rest| add(note, "extension", rest));
    }
    Some(note)
}

/// A comment as Annotation; the code stands for its words where there are none.
pub(super) fn annotation(code: &str, text: &str) -> Option<Value> {
    if code.is_empty() && text.is_empty() {
        return None;
    }
    let mut note = json!({"text": if text.is_empty() { code } else { text }});
    if let (Some(note), false) = (note.as_object_mut(), code.is_empty()) {
        let code = json!({"url": extension("comment-code"), "valueCoding": coding("comment-code", code, "")});
        put(note, "extension", vec![code]);
    }
    Some(note)
}

/// A note as the payload of a Communication.
pub(super) fn payload(mut note: Value) -> Value {
    let mut payload = json!({});
    if let (Some(note), Some(payload)) = (note.as_object_mut(), payload.as_object_mut()) {
        payload.extend(note.remove("extension").map(|list| ("extension".to_owned(), list)));
        payload.extend(note.remove("text").map(|text| ("contentString".to_owned(), text)));
    }
    payload
}

/// Adds a member to a list of a resource.
pub(super) fn add(resource: &mut Resource, name: &str, value: Value) {
    match resource.get_mut(name) {
        Some(Value::Array(list)) => list.push(value),
        _ => drop(resource.insert(name.to_owned(), json!([value]))),
    }
}

fn next(counts: &mut HashMap<&'static str, usize>, name: &'static str) -> usize {
    let count = counts.entry(name).or_insert(0);
    *count += 1;
    *count
}
