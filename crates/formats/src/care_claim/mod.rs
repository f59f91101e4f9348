//! 介護給付費請求 and 給付管理票 CSV, as care offices send them to the federation of insurers (国保連合会).
//!
//! A control line, data lines, an end line (インタフェース仕様書 共通編 1.2.1). Data lines of one insured person, office,
//! service month and form are one claim and one set: sent again, it replaces. Nobody is named in the file: the
//! person is insurer and insured number. What the records mean is in `claim`, `care_management` and
//! `plan_sheet`; their layouts in `layout`.
//!
//! Not read: totals of the office (7111, 7112, 7113, 7121, 8211), which are about nobody; answers of the federation.

mod care_management;
mod claim;
pub(crate) mod code;
mod layout;
pub(crate) mod person;
mod plan_sheet;
pub(crate) mod record;

use crate::detect::Head;
use crate::text_file::{decode, lines, narrow, split_quoted};
use model::reading::{
    Effect, Input, PATIENT_KEY, PatientKey, Problem, Reading, Refused, SourceOrder, StatedRecord, Statement,
};
use model::wareki::PartialDate;
use person::Insured;
use record::Record;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Whether a file is of this format, by its beginning.
pub fn is_it(head: &Head<'_>) -> bool {
    let mut rows = lines(head.text).map(|(_, line)| split_quoted(line, ',').unwrap_or_default());
    let Some(control) = rows.next() else { return false };
    is_control(&control)
        && rows.next().is_none_or(|row| match (row.first().map(String::as_str), row.get(2)) {
            (Some("3"), _) => true,
            (Some("2"), Some(exchange)) => is_exchange(&narrow(exchange)),
            _ => false,
        })
}

/// A control record of claims (711, 712) or plan sheets and care management (81x, 82x).
fn is_control(fields: &[String]) -> bool {
    let field = |number: usize| fields.get(number).map(|text| narrow(text)).unwrap_or_default();
    let digits = |text: String| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    fields.len() >= 11
        && field(0) == "1"
        && [1, 2, 3].into_iter().all(|number| digits(field(number)))
        && matches!(field(4).as_str(), "711" | "712" | "713" | "811" | "812" | "821" | "822")
}

fn is_exchange(text: &str) -> bool {
    text.len() == 4
        && (text.starts_with("71") || text.starts_with("81") || text.starts_with("82"))
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Whose and which claim a data line belongs to: the lines of one such key are one set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Sheet {
    insured: Insured,
    form: String,
    office: String,
    month: String,
    /// Day and kind of making (作成年月日, 作成区分) of a 給付管理票: each is a statement of the same set.
    edition: String,
}

/// Where the parts of a sheet stand in a line: 証記載保険者番号, 被保険者番号, 事業所番号, 年月.
struct Places(usize, usize, usize, usize);

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let mut problems = Vec::new();
    let text = decode(input.bytes, &mut problems);
    let mut rows = lines(&text);
    let control = rows.next().and_then(|(_, line)| split_quoted(line, ',')).filter(|row| is_control(row));
    let Some(control) = control.map(|fields| Record::new(1, "control", fields)) else {
        let text = "the first line is no control record of care claims (711, 812, 821)".to_owned();
        return Err(Refused { code: "not-care-claim", text });
    };
    let mut sheets: BTreeMap<Sheet, Vec<Record>> = BTreeMap::new();
    let (mut data, mut ended) = (0usize, false);
    for (number, line) in rows {
        let Some(mut fields) = split_quoted(line, ',') else {
            let text = "a quotation mark is opened and not closed; the line was not read";
            problems.push(Problem::new("unreadable", format!("line {number}"), text));
            data += 1;
            continue;
        };
        match fields.first().map(|kind| narrow(kind)).unwrap_or_default().as_str() {
            "2" => {
                data += 1;
                let record = fields.split_off(fields.len().min(2));
                place(number, record, &mut sheets, &mut problems);
            }
            "3" => ended = true,
            _ => {
                let text = "neither a data record (2) nor the end record (3); not read";
                problems.push(Problem::new("unreadable", format!("line {number}"), text));
            }
        }
    }
    check_counts(&control, data, ended, &mut problems);
    let mut reading = Reading::default();
    let processed = control.look_code(11);
    for (index, (sheet, records)) in sheets.iter().enumerate() {
        let sequence = format!("{processed:0>6}-{:0>17}-{index:06}", input.source_time);
        let patient = sheet.insured.key(input.bytes);
        state(&patient, sheet, records, &sequence, &mut reading.statements, &mut problems);
        for record in records {
            record.report_untaken("the record it belongs to has no place for it", &mut problems);
        }
    }
    reading.problems = problems;
    Ok(reading)
}

/// Puts a data record to its sheet; totals and unknown records are named.
fn place(
    line: usize,
    fields: Vec<String>,
    sheets: &mut BTreeMap<Sheet, Vec<Record>>,
    problems: &mut Vec<Problem>,
) {
    let exchange = fields.first().map(|text| narrow(text)).unwrap_or_default();
    let kind = fields.get(1).map(|text| narrow(text)).unwrap_or_default();
    let shown: String = exchange.chars().filter(char::is_ascii_alphanumeric).take(4).collect();
    let (places, name) = match exchange.as_str() {
        "7111" | "7112" | "7113" | "7121" | "8211" => {
            let text = format!("totals of the office ({} fields): they are about nobody", fields.len());
            problems.push(Problem::new("not-mapped", format!("record {shown} line {line}"), text));
            return;
        }
        "8122" | "8123" | "8124" | "8125" => (Places(5, 7, 2, 4), shown),
        "8221" | "8222" => (Places(3, 9, 4, 2), shown),
        _ if exchange.starts_with("71") && layout::detail(&kind).is_some() && !is_older(&kind, &fields) => {
            (Places(5, 6, 4, 3), format!("{shown}-{kind}"))
        }
        _ => {
            let text = "no record of the layouts known here; its fields were not read";
            let record = Record::new(line, format!("{shown} unknown"), fields);
            problems.push(Problem::new("unknown-record", record.place(), text));
            record.report_untaken(text, problems);
            return;
        }
    };
    let record = Record::new(line, name, fields);
    record.take(1);
    if exchange.starts_with("71") {
        record.take(2);
    }
    let insured = person::insured(&record, places.0, places.1);
    if insured.is_nobody() {
        // Two people without a number would become one.
        let text = "neither insurer nor insured number: whose it is cannot be told, the record was not read";
        problems.push(Problem::new("patient-id-missing", record.place(), text));
        record.report_untaken(text, problems);
        return;
    }
    let (office, month) = (record.code(places.2), record.code(places.3));
    if month_of(&month).is_none() {
        let text = "no month; kept as it is";
        problems.push(Problem::new("unreadable", record.at(places.3), text));
    }
    let edition = match exchange.starts_with("822") {
        true => format!("{:0>8}-{}", record.look_code(6), record.look_code(5)),
        false => String::new(),
    };
    sheets.entry(Sheet { insured, form: exchange, office, month, edition }).or_default().push(record);
}

/// 特定診療費情報 of service months to 平成15年3月 has another layout under the same kind.
fn is_older(kind: &str, fields: &[String]) -> bool {
    kind == "04" && fields.get(2).is_some_and(|month| narrow(month).as_str() < "200304")
}

/// The control record counts the data records; the end record closes them.
fn check_counts(control: &Record, data: usize, ended: bool, problems: &mut Vec<Problem>) {
    let said = control.look_code(4);
    if said.parse() != Ok(data) {
        let text = format!("the control record counts {said} data records, the file has {data}");
        problems.push(Problem::new("count-mismatch", "record control line 1 field 4", text));
    }
    if !ended {
        let text = "the end record is missing: the file may have been cut off";
        problems.push(Problem::new("truncated", "record end", text));
    }
}

/// The statements of one sheet: registration, insurance, and what was claimed or planned.
fn state(
    patient: &PatientKey,
    sheet: &Sheet,
    records: &[Record],
    sequence: &str,
    statements: &mut Vec<Statement>,
    problems: &mut Vec<Problem>,
) {
    let set = format!("care-claim/{}/{}/{}", sheet.form, sheet.office, sheet.month);
    let mut made = Made { patient: None, coverage: None, records: Vec::new(), effect: Effect::Stated };
    match sheet.form.as_str() {
        "8221" | "8222" => plan_sheet::read(sheet, records, &set, &mut made, problems),
        form if form.starts_with("81") => care_management::read(sheet, records, &set, &mut made, problems),
        _ => claim::read(sheet, records, &set, &mut made, problems),
    }
    let first = records.first().map(Record::place).unwrap_or_default();
    // Newest is what tells of the newest month; a month told again is ordered by when it was told.
    let order = SourceOrder::new(&sheet.month, format!("{}-{sequence}", sheet.edition));
    let mut add = |set: String, effect: Effect, records: Vec<StatedRecord>| {
        statements.push(Statement { patient: patient.clone(), set, order: order.clone(), effect, records });
    };
    if let Some(resource) = made.patient {
        let record = person::stated_patient(resource, first);
        add(PATIENT_KEY.to_owned(), Effect::Stated, vec![record]);
    }
    if let Some(record) = made.coverage {
        add("care-claim/coverage".to_owned(), Effect::Stated, vec![record]);
    }
    if !made.records.is_empty() || made.effect == Effect::Deleted {
        add(set, made.effect, made.records);
    }
}

/// What the records of a sheet say.
struct Made {
    patient: Option<model::reading::Resource>,
    coverage: Option<StatedRecord>,
    records: Vec<StatedRecord>,
    effect: Effect,
}

/// Every resource of a claim says that it is one: what was billed is not always what was done.
fn tag() -> Value {
    json!({"system": "urn:hakucho:claims", "code": "care-claim", "display": "介護給付費請求"})
}

/// A month of six digits.
fn month_of(text: &str) -> Option<PartialDate> {
    model::wareki::parse(text)
        .ok()
        .map(|read| read.date)
        .filter(|date| text.len() == 6 && date.month().is_some())
}

/// First and last day of a month, as FHIR dates.
fn month_edges(text: &str) -> [Option<String>; 2] {
    match month_of(text) {
        Some(month) => [Some(month.earliest().to_string()), Some(month.latest().to_string())],
        None => [None, None],
    }
}

/// `2026年4月`, or the text as it is.
fn month_words(text: &str) -> String {
    month_of(text).map_or_else(
        || text.to_owned(),
        |month| format!("{}年{}月", month.year(), month.month().unwrap_or_default()),
    )
}
