//! 居宅サービス計画2表: needs (課題), goals, and the services that are to reach them.
//!
//! A row is one service under one goal under one need, each with its number. What is printed once for several rows
//! may be empty in all but the first: the numbers say what belongs together.

use super::Sheet;
use super::plan::{EXTENSION, care_plan};
use crate::care_claim::code;
use crate::care_claim::person::{office, put, span};
use crate::care_claim::record::Record;
use model::reading::{Problem, StatedRecord};
use model::wareki;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// Conditions for needs, Goals, ServiceRequests, and the CarePlan over them.
pub(super) fn read(sheet: &Sheet<'_>, problems: &mut Vec<Problem>) -> Vec<StatedRecord> {
    let Some(first) = sheet.records.first() else { return Vec::new() };
    let mut table = Table::new(sheet);
    let created = first.date(4, problems).map(|date| date.fhir());
    table.start = first.date(5, problems).map(|date| date.fhir());
    let mut activities = Vec::new();
    let (mut need, mut goal) = (String::new(), String::new());
    for (index, record) in sheet.records.iter().enumerate() {
        (4..=5).filter(|number| record.look(*number) == first.look(*number)).for_each(|number| {
            record.take(number);
        });
        let number = |field: usize| match record.code(field).trim_start_matches('0') {
            "" => None,
            text => Some(text.to_owned()),
        };
        need = number(6).unwrap_or(need);
        goal = number(8).unwrap_or(goal);
        let content = number(13).unwrap_or_else(|| format!("row{}", index + 1));
        table.need(&need, record);
        table.goal(&need, &goal, record);
        activities.extend(table.service(&need, &goal, &content, record, problems));
    }
    let mut plan = care_plan(sheet, sheet.table.title());
    if let Some(start) = &table.start {
        plan.insert("period".into(), json!({"start": start}));
    }
    put(&mut plan, "created", created.unwrap_or_default());
    let reference = |keys: &[String]| keys.iter().map(|key| sheet.reference(key)).collect::<Vec<Value>>();
    put(&mut plan, "addresses", reference(&table.needs));
    put(&mut plan, "goal", reference(&table.goals));
    put(&mut plan, "activity", activities);
    let mut records = vec![sheet.stated("plan", plan, first)];
    records.append(&mut table.records);
    records
}

struct Table<'a> {
    sheet: &'a Sheet<'a>,
    start: Option<String>,
    records: Vec<StatedRecord>,
    needs: Vec<String>,
    goals: Vec<String>,
    /// How often each key was wanted.
    counts: HashMap<String, usize>,
    /// Texts said under a key already: they may be printed in every row.
    said: HashSet<(String, String)>,
}

impl<'a> Table<'a> {
    fn new(sheet: &'a Sheet<'a>) -> Self {
        Self {
            sheet,
            start: None,
            records: Vec::new(),
            needs: Vec::new(),
            goals: Vec::new(),
            counts: HashMap::new(),
            said: HashSet::new(),
        }
    }

    /// A key that no record of the sheet has yet.
    fn free(&mut self, key: String) -> String {
        let count = self.counts.entry(key.clone()).or_default();
        *count += 1;
        if *count == 1 { key } else { format!("{key}/{count}") }
    }

    /// True if each text is empty or was said under the key; from now on they were.
    fn is_said(&mut self, key: &str, texts: [&str; 2]) -> bool {
        let mut all = true;
        for (place, text) in texts.into_iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            all &= !self.said.insert((format!("{key}/{place}"), text.to_owned()));
        }
        all
    }

    /// Reference to the first record under a key, if there is one.
    fn first(&self, key: &str) -> Option<Value> {
        self.counts.contains_key(key).then(|| self.sheet.reference(key))
    }

    /// 課題. A need is no diagnosis: it says so by its category.
    fn need(&mut self, need: &str, record: &Record) {
        let text = record.take(7);
        if self.is_said(&format!("need/{need}"), [text, ""]) {
            return;
        }
        let key = self.free(format!("need/{need}"));
        let mut resource = self.sheet.resource("Condition", "JP_Condition");
        let concern = json!({"coding": [{
            "system": "http://hl7.org/fhir/us/core/CodeSystem/condition-category", "code": "health-concern",
        }], "text": "生活全般の解決すべき課題"});
        resource.insert("category".into(), json!([concern, code::care()]));
        resource.insert("code".into(), json!({"text": text}));
        resource.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
        put(&mut resource, "recordedDate", self.start.clone().unwrap_or_default());
        self.records.push(self.sheet.stated(&key, resource, record));
        self.needs.push(key);
    }

    /// 長期目標 and 短期目標 with their terms.
    fn goal(&mut self, need: &str, goal: &str, record: &Record) {
        for (text, term, word, code) in [(9, 11, "長期目標", "long-term"), (10, 12, "短期目標", "short-term")]
        {
            let key = format!("goal/{need}/{goal}/{code}");
            let (text, term) = (record.take(text), record.take(term));
            if self.is_said(&key, [text, term]) {
                continue;
            }
            let key = self.free(key);
            let mut resource = self.sheet.resource("Goal", "");
            if !term.is_empty() {
                let url = "urn:hakucho:extension:term";
                resource.insert("extension".into(), json!([{"url": url, "valueString": term}]));
            }
            resource.insert("lifecycleStatus".into(), "active".into());
            let system = "urn:hakucho:goal-term";
            let category = json!({"coding": [{"system": system, "code": code}], "text": word});
            resource.insert("category".into(), json!([category, self::code::care()]));
            let words = if text.is_empty() { word } else { text };
            resource.insert("description".into(), json!({"text": words}));
            resource.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
            let [start, end] = dates(term);
            put(&mut resource, "startDate", start.unwrap_or_default());
            if let Some(end) = end {
                resource.insert("target".into(), json!([{"dueDate": end}]));
            }
            if let Some(reference) = self.first(&format!("need/{need}")) {
                resource.insert("addresses".into(), json!([reference]));
            }
            self.records.push(self.sheet.stated(&key, resource, record));
            self.goals.push(key);
        }
    }

    /// One service; gives the activity of the plan that names it.
    fn service(
        &mut self,
        need: &str,
        goal: &str,
        content: &str,
        record: &Record,
        problems: &mut Vec<Problem>,
    ) -> Option<Value> {
        if (14..=20).all(|number| record.look(number).is_empty()) {
            return None;
        }
        let key = self.free(format!("service/{need}/{goal}/{content}"));
        let mut resource = self.sheet.resource("ServiceRequest", "");
        let what = record.take(14).to_owned();
        let kind = record.take(16).to_owned();
        let frequency = record.take(19).to_owned();
        let term = record.take(20).to_owned();
        let mut extensions = Vec::new();
        if !term.is_empty() {
            extensions.push(json!({"url": "urn:hakucho:extension:term", "valueString": term}));
        }
        let goals = [format!("goal/{need}/{goal}/short-term"), format!("goal/{need}/{goal}/long-term")];
        if let Some(goal) = goals.iter().find_map(|key| self.first(key)) {
            let url = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal";
            extensions.push(json!({"url": url, "valueReference": goal}));
        }
        let number = record.code(17);
        let performer = office(&number, record.take(18));
        match record.look_code(15).as_str() {
            insured @ ("Y" | "N") => {
                record.take(15);
                let url = "urn:hakucho:extension:insured-service";
                extensions.push(json!({"url": url, "valueBoolean": insured == "Y"}));
            }
            "" => {}
            _ => {
                let text = "neither Y nor N; kept as it is";
                problems.push(Problem::new("unknown-code", record.at(15), text));
            }
        }
        extensions.extend(record.rest_extension(EXTENSION, self.sheet.table.names(), problems));
        put(&mut resource, "extension", extensions);
        resource.insert("status".into(), "active".into());
        resource.insert("intent".into(), "plan".into());
        resource.insert("category".into(), json!([code::care()]));
        let words = if what.is_empty() { kind.clone() } else { what };
        put(
            &mut resource,
            "code",
            json!({"text": if words.is_empty() { "サービス".to_owned() } else { words }}),
        );
        resource.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
        let bounds = span(dates(&term));
        let mut timing = serde_json::Map::new();
        if !bounds.is_empty() {
            timing.insert("repeat".into(), json!({"boundsPeriod": bounds}));
        }
        if !frequency.is_empty() {
            timing.insert("code".into(), json!({"text": frequency}));
        }
        put(&mut resource, "occurrenceTiming", timing);
        put(&mut resource, "authoredOn", self.start.clone().unwrap_or_default());
        if !kind.is_empty() {
            resource.insert("performerType".into(), json!({"text": kind}));
        }
        put(&mut resource, "performer", performer.into_iter().collect::<Vec<_>>());
        if let Some(reference) = self.first(&format!("need/{need}")) {
            resource.insert("reasonReference".into(), json!([reference]));
        }
        let said: Vec<&str> = [&kind, &frequency, &term]
            .into_iter()
            .map(String::as_str)
            .filter(|text| !text.is_empty())
            .collect();
        if !said.is_empty() {
            resource.insert("note".into(), json!([{"text": said.join("、")}]));
        }
        self.records.push(self.sheet.stated(&key, resource, record));
        Some(json!({"reference": self.sheet.reference(&key)}))
    }
}

/// Both days of a term written freely (`令和6年4月1日～令和6年9月30日`), as far as they are dates.
pub(super) fn dates(term: &str) -> [Option<String>; 2] {
    let Some((from, until)) = term.split_once(['～', '〜', '~', '―']) else { return [None, None] };
    [from, until].map(|text| wareki::parse(text.trim()).ok().map(|read| read.date.fhir()))
}
