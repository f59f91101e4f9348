//! JAHIS 院外処方箋2次元シンボル記録条件規約, versions JAHIS1 to JAHIS10: the text of the code on a prescription. The CSV of
//! the national service (電子処方箋管理サービス 記録条件仕様, `SJ1`) has the same records and is read by the same rules.
//!
//! A file is one or more prescriptions ([`prescription`]); each becomes a set of MedicationRequest ([`request`]) and
//! Communication ([`remark`]), the person and the insurance are sets of their own ([`person`]). Every field is taken or
//! named. Mapping, sets and limits: `docs/formats/rx-2d.md`. Not here: finding codes in pictures ([`crate::image`]), the
//! signed XML around `SJ1`.

mod code;
mod dosage;
mod party;
mod person;
mod prescription;
mod remark;
mod request;

use crate::detect::Head;
use crate::okusuri::patient::{People, fingerprint};
use crate::okusuri::{Source, prune};
use crate::text_file::{decode, fold, lines, narrow};
use model::reading::{Effect, Input, PATIENT_KEY, PatientKey, Problem, Reading, Refused};
use model::reading::{SourceOrder, StatedRecord, Statement};
use prescription::Prescription;
use serde_json::json;
use std::collections::HashMap;

/// Highest version this reader was written for (Ver.1.10).
const NEWEST: u8 = 10;
/// Header of the CSV of 電子処方箋管理サービス.
const NATIONAL: &str = "SJ1";

/// Whether a file is of this format, by its beginning.
pub fn is_it(head: &Head<'_>) -> bool {
    is_header(head.first_line())
}

/// Whether the first line is a header of the format.
pub fn is_header(first_line: &str) -> bool {
    first_line.split(',').next().is_some_and(|kind| is_version(kind.trim()))
}

/// `JAHIS` and one or two digits, or `SJ1`.
fn is_version(kind: &str) -> bool {
    let digits = kind.get(5..).unwrap_or_default();
    let jahis = kind.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("JAHIS"));
    kind.eq_ignore_ascii_case(NATIONAL)
        || (jahis && matches!(digits.len(), 1 | 2) && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let mut problems = Vec::new();
    let text = decode(input.bytes, &mut problems);
    if !lines(&text).next().is_some_and(|(_, line)| is_header(line)) {
        let text = "the first line is neither JAHIS and a number nor SJ1".to_owned();
        return Err(Refused { code: "not-rx-2d", text });
    }
    let prescriptions = prescription::group(lines(&text), &mut problems);
    let mut reading = Reading { problems, ..Reading::default() };
    let mut people = People::default();
    let mut stated = HashMap::new();
    for (index, prescription) in prescriptions.iter().enumerate() {
        version(prescription, &mut reading.problems);
        let who = person::description(prescription);
        let at = prescription.at.clone();
        let key = person::key(prescription);
        let key = people.place(key, who.identity(), input.bytes, at, &mut reading.problems);
        Writer { prescription, index, input, key, reading: &mut reading, stated: &mut stated }.write();
        prescription.report_untaken(&mut reading.problems);
    }
    Ok(reading)
}

fn version(of: &Prescription<'_>, problems: &mut Vec<Problem>) {
    let number = of.version.get(5..).and_then(|digits| digits.parse::<u8>().ok());
    if number.is_some_and(|number| !(1..=NEWEST).contains(&number)) {
        let text = format!("{} is read by the rules of JAHIS{NEWEST}", of.version);
        problems.push(Problem::new("unknown-version", of.at.clone(), text));
    }
}

struct Writer<'a> {
    prescription: &'a Prescription<'a>,
    index: usize,
    input: &'a Input<'a>,
    key: PatientKey,
    reading: &'a mut Reading,
    /// How often each set of a prescription was stated by this file.
    stated: &'a mut HashMap<(PatientKey, String), usize>,
}

impl Writer<'_> {
    fn write(mut self) {
        let of = self.prescription;
        if of.heads.is_empty() && of.notes.is_empty() && !of.has_drugs() {
            let text = "a header and nothing else that could be read";
            self.reading.problems.push(Problem::new("empty", of.at.clone(), text));
            return;
        }
        let tag = json!({"system": "urn:hakucho:jahis:prescription-version", "code": of.version});
        let source = Source { tags: vec![tag] };
        let day = of.heads.get("51").and_then(|line| line.peek_date(2)).map(|date| date.fhir());
        let order = self.order(day);
        let problems = &mut self.reading.problems;
        if ["11", "12", "13"].iter().any(|record| !of.look(record, 2).is_empty())
            || [3, 4].iter().any(|field| !of.look("11", *field).is_empty())
        {
            let patient = person::patient(of, &source, problems);
            let coverages = person::coverages(of, &source, problems);
            self.state(PATIENT_KEY.to_owned(), order.clone(), vec![patient]);
            for coverage in coverages {
                self.state(coverage.key.clone(), order.clone(), vec![coverage]);
            }
        } else {
            let text = "no record 11, 12 or 13: whose prescription it is is not said";
            problems.push(Problem::new("missing", of.at.clone(), text));
        }
        let mut set = self.set();
        let count = self.stated.entry((self.key.clone(), set.clone())).or_insert(0_usize);
        *count += 1;
        if *count > 1 {
            set = format!("{set}/{count}");
            let text = "a second prescription of the same day, doctor and drugs";
            self.reading.problems.push(Problem::new("duplicate", of.at.clone(), text));
        }
        let problems = &mut self.reading.problems;
        let mut records = Vec::new();
        if of.has_drugs() {
            let prescriber = party::prescriber(of, problems);
            let common = request::Common::read(of, &set, prescriber, problems);
            records = request::records(of, &set, &common, &source, problems);
        } else {
            problems.push(Problem::new("missing", of.at.clone(), "no drug (record 201)"));
        }
        records.extend(remark::records(of, &set, &source, problems));
        if !records.is_empty() {
            self.state(set, order, records);
        }
    }

    /// The name of the set: institution, day and the prescription's own number; without one the department, the
    /// doctor and which drugs it lists. The same paper read twice, or with a corrected amount, is the same set;
    /// another paper of the same doctor and day is another.
    fn set(&self) -> String {
        let of = self.prescription;
        let whole = party::institution(of).whole();
        let place = whole
            .unwrap_or_else(|| format!("{}-{}-{}", of.look("1", 4), of.look("1", 3), fold(of.look("1", 5))));
        let day = of.heads.get("51").and_then(|line| line.peek_date(2)).map(|date| date.fhir());
        let day = day.unwrap_or_else(|| of.look("51", 2).to_owned());
        let part = format!("{}/{}", narrow(of.look("63", 3)), narrow(of.look("63", 2)));
        let number = narrow(of.look("82", 3));
        let (department, doctor, drugs);
        let mut parts = vec![place.as_str(), day.as_str(), part.as_str()];
        if number.is_empty() {
            department = format!("{}\u{1e}{}", narrow(of.look("4", 3)), fold(of.look("4", 4)));
            doctor = [of.look("5", 4), of.look("5", 3), of.look("5", 2)]
                .into_iter()
                .find(|text| !text.is_empty())
                .unwrap_or_default();
            drugs = self.drugs();
            parts.extend([department.as_str(), doctor, drugs.as_str()]);
        } else {
            parts.extend(["number", number.as_str()]);
        }
        let print: String = fingerprint(&parts).chars().take(24).collect();
        format!("rx-2d/p/{print}")
    }

    /// Which drugs, in no order: by code, else by name.
    fn drugs(&self) -> String {
        let groups = self.prescription.groups.iter();
        let mut drugs: Vec<String> = groups
            .flat_map(|group| &group.drugs)
            .map(|drug| match narrow(drug.line.look(6)) {
                code if code.is_empty() => fold(drug.line.look(7)),
                code => code,
            })
            .collect();
        drugs.sort();
        drugs.join("\u{1d}")
    }

    /// The day of issue, then when the file was written.
    fn order(&self, day: Option<String>) -> SourceOrder {
        let written = self.input.source_time;
        let sequence = format!("{written:0>17}-{:03}", self.index);
        SourceOrder::new(day.as_deref().unwrap_or(written), sequence)
    }

    fn state(&mut self, set: String, order: SourceOrder, mut records: Vec<StatedRecord>) {
        for record in &mut records {
            record.resource.retain(|_, value| !prune(value));
        }
        let patient = self.key.clone();
        self.reading.statements.push(Statement { patient, set, order, effect: Effect::Stated, records });
    }
}
