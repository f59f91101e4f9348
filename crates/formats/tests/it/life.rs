//! LIFE CSV: all 22 interfaces with all 1,941 fields, there and back; empty, null and value; people; 2024.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use formats::life::{TextCharset, read, write};
use model::reading::{Extent, Format, Input, PatientKey, Reading, Resource, Statement};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

pub const USER: &str = "SERVICE_USER_INFO";
const FORM: &str = "FORM_0000_2021";
/// The keys of a form's row, of an invented person.
pub const KEYS: [(&str, &str); 5] = [
    ("care_facility_id", "9970000001"),
    ("service_code", "51"),
    ("insurer_no", "990001"),
    ("insured_no", "0000000042"),
    ("external_system_management_number", "A-1/2026"),
];

/// A column of the table: its name, and a value of its kind.
pub struct Column {
    pub id: &'static str,
    pub kind: char,
    pub value: String,
}

/// The interfaces of the table with their columns in order.
pub fn interfaces() -> Vec<(&'static str, Vec<Column>)> {
    let mut lists = HashMap::new();
    let mut all: Vec<(&str, Vec<Column>)> = Vec::new();
    for line in include_str!("../../src/life/fields.txt").lines() {
        let mut words = line.split_whitespace();
        match words.next().unwrap_or_default() {
            "%" => {
                let (name, codes) = (words.next().unwrap(), words.next().unwrap());
                let code = codes.split('=').next().unwrap();
                lists.insert(name, code.rsplit('/').next().unwrap().to_owned());
            }
            "" | "#" | ">" => {}
            first if first.starts_with(';') => {}
            first if first.starts_with('@') => all.push((first.trim_start_matches('@'), Vec::new())),
            id => {
                let word = words.next().unwrap();
                let list = word.split(':').nth(1).unwrap_or_default();
                let value = match (word.chars().next().unwrap(), id) {
                    (_, "evaluate_method") => "3".to_owned(),
                    ('c' | 'g', _) if lists.contains_key(list) => lists[list].clone(),
                    ('k', "external_system_management_detail_number") => "D,\"1\"".to_owned(),
                    ('k', _) => KEYS.iter().find(|(key, _)| *key == id).unwrap().1.to_owned(),
                    ('d', _) | (_, "birthday" | "death_date") => "20260401".to_owned(),
                    ('h', _) => "0930".to_owned(),
                    ('n', _) => "12.50".to_owned(),
                    ('i', _) => "I63.9".to_owned(),
                    ('m', _) => "620000000".to_owned(),
                    (_, "gender") => "2".to_owned(),
                    (_, id) => format!("{id}の値, \"引用\"\n二行目"),
                };
                let value = if id.ends_with("name") { format!("架空{}", id.len()) } else { value };
                all.last_mut().unwrap().1.push(Column { id, kind: word.chars().next().unwrap(), value });
            }
        }
    }
    all
}

/// A file of rows, every value in quotation marks.
pub fn file(interface: &str, columns: &[&str], rows: &[Vec<String>]) -> String {
    let quoted = |row: &Vec<String>| {
        let fields = row.iter().map(|value| match value.as_str() {
            "" => String::new(),
            value => format!("\"{}\"", value.replace('"', "\"\"")),
        });
        fields.collect::<Vec<_>>().join(",")
    };
    let rows: Vec<String> = rows.iter().map(quoted).collect();
    format!("{interface}\r\n{}\r\n{}\r\n", columns.join(","), rows.join("\r\n"))
}

/// A row of a form: the keys and what is given.
fn form(interface: &str, given: &[(&str, &str)]) -> Reading {
    let all: Vec<(&str, &str)> = KEYS.iter().chain(given).copied().collect();
    let columns: Vec<&str> = all.iter().map(|(column, _)| *column).collect();
    reading(&file(interface, &columns, &[all.iter().map(|(_, value)| (*value).to_owned()).collect()]))
}

pub fn input(bytes: &[u8]) -> Input<'_> {
    Input { path: "life.csv", bytes, source_time: "20260402093000000" }
}

pub fn reading(text: &str) -> Reading {
    read(&input(text.as_bytes())).unwrap()
}

/// What is said of a column: `None` if nothing, else the records.
fn said<'r>(reading: &'r Reading, column: &str) -> Option<Vec<&'r Resource>> {
    let end = format!("/{column}");
    let statement = reading.statements.iter().find(|statement| statement.set.ends_with(&end))?;
    Some(statement.records.iter().map(|record| &record.resource).collect())
}

/// Everything of a reading as the writer wants it.
pub fn records(reading: &Reading) -> Vec<Resource> {
    let of = |statement: &Statement| match formats::life::write::emptied(statement) {
        Some(emptied) => vec![emptied],
        None => statement.records.iter().map(|record| record.resource.clone()).collect(),
    };
    reading.statements.iter().flat_map(of).collect()
}

/// Writes what was read and reads it again.
pub fn again(interface: &str, before: &Reading, charset: TextCharset) -> Reading {
    let written = write(interface, &records(before), charset);
    assert_eq!(written.problems, vec![]);
    read(&input(&written.bytes)).unwrap()
}

/// The statements in an order of their own, and the problems.
pub fn print(reading: &Reading) -> (Vec<String>, Vec<String>) {
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all
    };
    let person = |key: &PatientKey| key.local_id().map(|id| id.reveal().clone());
    let statements = reading.statements.iter().map(|each| format!("{:?} {each:?}", person(&each.patient)));
    let problems = reading.problems.iter().map(|each| format!("{} {}", each.code, each.at));
    (sorted(statements.collect()), sorted(problems.collect()))
}

#[test]
fn every_field_of_every_interface_arrives_and_goes_back() {
    let (mut fields, mut count) = (0, 0);
    for (interface, columns) in interfaces() {
        count += 1;
        fields += columns.len();
        let ids: Vec<&str> = columns.iter().map(|column| column.id).collect();
        let row: Vec<String> = columns.iter().map(|column| column.value.clone()).collect();
        let text = file(interface, &ids, &[row]);
        let before = reading(&text);
        // 評価方法 decides which of the lists of the others holds; no method has all of them.
        let odd = before
            .problems
            .iter()
            .filter(|each| interface != "FORM_8000_2021" || each.code != "unknown-code");
        assert_eq!(odd.collect::<Vec<_>>(), Vec::<&model::reading::Problem>::new(), "{interface}");
        let sets: HashSet<&str> = before.statements.iter().map(|each| each.set.as_str()).collect();
        assert_eq!(sets.len(), before.statements.len(), "{interface}: a set twice");
        let own = columns.iter().filter(|column| !matches!(column.kind, 'k' | 'p')).count();
        let person = if interface == USER { 2 } else { 1 };
        assert_eq!(before.statements.len(), own + person, "{interface}");
        valid(&before);
        for charset in [TextCharset::Utf8, TextCharset::Utf8WithMark, TextCharset::Ms932] {
            let after = again(interface, &before, charset);
            assert_eq!(print(&before), print(&after), "{interface} {charset:?}");
        }
        let written = write(interface, &records(&before), TextCharset::Utf8).bytes;
        let written = String::from_utf8(written).unwrap();
        let plain = |text: &str| text.replace('"', "");
        assert_eq!(plain(&written), plain(&text), "{interface}: what is written is what was read");
    }
    assert_eq!((count, fields), (22, 1941));
}

/// No resource lacks what R4 requires or has a day that never was; every record of the course has a row.
fn valid(reading: &Reading) {
    let records = || reading.statements.iter().flat_map(|statement| &statement.records);
    let entries: Vec<Value> = records().map(|record| json!({"resource": record.resource})).collect();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries}).to_string();
    let checked = formats::read(Format::Fhir, &input(bundle.as_bytes())).unwrap();
    let odd = checked.problems.iter().filter(|each| each.code == "missing" || each.code == "impossible-date");
    assert_eq!(odd.collect::<Vec<_>>(), Vec::<&model::reading::Problem>::new());
    for record in records().filter(|record| record.extent == Extent::Whole) {
        let rows = model::chart::rows(&record.resource);
        assert!(!rows.is_empty(), "{}", record.key);
        for row in rows {
            assert!(!row.label.is_empty(), "{}", record.key);
            let valued = record.resource["resourceType"] == "Observation";
            assert!(!valued || !row.value.is_empty(), "{}", record.key);
        }
    }
}

#[test]
fn values_are_what_they_mean() {
    let days = [("evaluate_date", "20260401"), ("adl_evaluate", "R080320")];
    let reading = form(
        FORM,
        &[
            days[0],
            days[1],
            ("barthel_index_meal", "1"),
            ("weight", "058.50"),
            ("record_staff_job_category", "040"),
            ("diagnosis_of_dementia_other_name", " 未定 "),
        ],
    );
    assert_eq!(reading.problems, vec![]);
    let row = |column: &str| model::chart::rows(said(&reading, column).unwrap()[0]).remove(0);
    let meal = row("barthel_index_meal");
    assert_eq!(
        (meal.label.as_str(), meal.value.as_str(), meal.time.as_str()),
        ("総論：ADL：食事", "一部介助(5)", "2026-03-20")
    );
    assert_eq!(meal.kind, model::facility::RecordKind::Care);
    let coding = &said(&reading, "barthel_index_meal").unwrap()[0]["valueCodeableConcept"]["coding"][0];
    assert_eq!(coding["extension"][0]["valueDecimal"], 5);
    assert_eq!(coding["system"], "urn:hakucho:life:FORM_0000_2021.barthel_index_meal");
    let weight = row("weight");
    assert_eq!(
        (weight.code.as_str(), weight.value.as_str(), weight.unit.as_str(), weight.time.as_str()),
        ("http://loinc.org|29463-7", "58.50", "kg", "2026-04-01")
    );
    assert_eq!(row("record_staff_job_category").value, "看護師");
    assert_eq!(row("adl_evaluate").value, "2026-03-20");
    assert_eq!(row("diagnosis_of_dementia_other_name").value, " 未定 ");
    assert_eq!(
        reading.statements[0].patient.local_id().unwrap().reveal(),
        "990001-0000000042",
        "the text of every care format"
    );
    let set = &reading.statements[1].set;
    assert_eq!(set, "life/FORM_0000_2021/9970000001-51/A%2D1%2F2026/evaluate_date");
    assert_eq!(reading.statements[1].order.time, "20260402093000000");
}

#[test]
fn empty_says_nothing_a_space_empties_and_two_spaces_are_data() {
    let before = form(FORM, &[("height", ""), ("weight", " "), ("diagnosis_of_dementia_other_name", "  ")]);
    assert_eq!(said(&before, "height"), None);
    assert_eq!(said(&before, "weight"), Some(vec![]));
    assert_eq!(said(&before, "diagnosis_of_dementia_other_name").unwrap()[0]["valueString"], "  ");
    assert_eq!(print(&before), print(&again(FORM, &before, TextCharset::Utf8)));
    for value in ["\"始", "a\rb", "x\u{1a}", " 前", "後 ", "\"\"", "＝1+1"] {
        let before = form(FORM, &[("filing_staff", value)]);
        assert_eq!(said(&before, "filing_staff").unwrap()[0]["valueString"], value);
        assert_eq!(print(&before), print(&again(FORM, &before, TextCharset::Ms932)), "{value:?}");
    }
    // Sent again the sets are the same; under another number they are others.
    let sets = |reading: &Reading| reading.statements.iter().map(|each| each.set.clone()).collect::<Vec<_>>();
    let more = form(FORM, &[("height", "150"), ("weight", "50"), ("diagnosis_of_dementia_other_name", "x")]);
    assert!(sets(&before).iter().all(|set| sets(&more).contains(set)));
    let text = file(
        FORM,
        &["care_facility_id", "insured_no", "external_system_management_number", "weight"],
        &[
            ["9970000001", "42", "1", "50"].map(str::to_owned).to_vec(),
            ["9970000001", "42", "2", "51"].map(str::to_owned).to_vec(),
        ],
    );
    let two = reading(&text);
    let weights: HashSet<String> = sets(&two).into_iter().filter(|set| set.ends_with("weight")).collect();
    assert_eq!(weights.len(), 2);
    let codes: Vec<&str> = two.problems.iter().map(|each| each.code.as_str()).collect();
    assert_eq!(codes, ["missing", "missing"], "no insurer");
    assert_eq!(two.statements[0].patient.local_id().unwrap().reveal(), "0000000042");
}

const PEOPLE: &str = "SERVICE_USER_INFO,,,\ncare_facility_id,service_code,external_system_management_number,insurer_no,insured_no,last_name,first_name,last_name_kana,first_name_kana,gender,birthday,care_period_start,care_period_end,care_level,death_date,remarks\n\
9970000001,51,7,990001,42,佐倉,花子,ｻｸﾗ,ﾊﾅｺ,2,19400505,20251001,20280930,23,,\n\
9970000001,51,8,990001,H000000001,架空 太郎,００,ｶｸｳ ﾀﾛｳ,,1,S130102,,,99, ,\"一人,暮らし\"\n\
9970000001,51,9,990001,4.2E+09,架空,三郎,,,3,20260231,,,21,,\n";

#[test]
fn a_user_is_a_person_with_insurance_and_level() {
    let reading = reading(PEOPLE);
    let codes: Vec<(&str, &str)> =
        reading.problems.iter().map(|each| (each.code.as_str(), each.at.as_str())).collect();
    assert_eq!(codes, [("unknown-code", "line 4 care_level"), ("unreadable", "line 5 insured_no")]);
    let woman = &reading.statements[0].records[0];
    assert_eq!((woman.key.as_str(), woman.extent), ("Patient", Extent::Supplement));
    let patient = &woman.resource;
    assert_eq!(patient["name"][0]["text"], "佐倉 花子");
    assert_eq!(patient["name"][1]["family"], "ｻｸﾗ");
    assert_eq!((&patient["gender"], &patient["birthDate"]), (&json!("female"), &json!("1940-05-05")));
    let other_service = crate::life::reading(&PEOPLE.replace("9970000001,51,7", "9970000001,76,7"));
    assert_eq!(
        &other_service.statements[0].records[0].resource, patient,
        "two services tell of one person alike"
    );
    let coverage = &reading.statements[1].records[0].resource;
    assert_eq!(coverage["period"], json!({"start": "2025-10-01", "end": "2028-09-30"}));
    let view = model::registration::Registration::new(patient, &[coverage]);
    let care: Vec<_> =
        view.insurances.iter().map(|each| (each.scheme, each.number.reveal().as_str())).collect();
    assert_eq!(care, [(model::registration::Scheme::Care, "0000000042")], "said once");
    let level = said(&reading, "care_level").unwrap()[0];
    assert_eq!(level["valueCodeableConcept"]["text"], "要介護３");
    assert_eq!(level["effectivePeriod"], coverage["period"]);
    // Name and first name kept as one; the birth in 和暦; a death taken back ends the Patient and begins it again.
    let man: Vec<_> = reading
        .statements
        .iter()
        .filter(|each| {
            each.patient.local_id().unwrap().reveal() == "990001-H000000001" && each.set == "Patient"
        })
        .collect();
    assert_eq!((man[0].records.len(), man[1].records.len()), (0, 1));
    assert!(man[0].order < man[1].order);
    let name = &man[1].records[0].resource["name"][0];
    assert_eq!(
        (&name["text"], &name["family"], &name["given"][0]),
        (&json!("架空 太郎"), &json!("架空"), &json!("太郎"))
    );
    assert_eq!(man[1].records[0].resource["birthDate"], "1938-01-02");
    assert_eq!(said(&reading, "remarks").unwrap()[0]["valueString"], "一人,暮らし");
    assert_eq!(print(&reading).0, print(&again(USER, &reading, TextCharset::Utf8WithMark)).0);
}

#[test]
fn codes_of_diseases_and_drugs_are_conditions_and_medications() {
    let stroke = form(
        "FORM_0001_2021",
        &[
            ("external_system_management_detail_number", "3"),
            ("injury_code", "I63.9"),
            ("disease_name", "架空脳梗塞"),
            ("symptoms_appearance_date", "20240115"),
        ],
    );
    assert_eq!(stroke.problems, vec![]);
    let condition = said(&stroke, "injury_code").unwrap()[0];
    assert_eq!(condition["resourceType"], "Condition");
    assert_eq!(condition["code"]["text"], "架空脳梗塞");
    assert_eq!(condition["code"]["coding"][0]["system"], "http://hl7.org/fhir/sid/icd-10");
    assert_eq!(condition["onsetDateTime"], "2024-01-15");
    assert_eq!(said(&stroke, "disease_name").unwrap().len(), 1);
    assert!(stroke.statements[1].set.contains("/A%2D1%2F2026/3/"));
    // A name alone is a Condition too; a protected code also protects the words beside it.
    let named = form("FORM_0001_2021", &[("injury_code", ""), ("disease_name", "架空病")]);
    assert_eq!(said(&named, "disease_name").unwrap()[1]["resourceType"], "Condition");
    let protected = form("FORM_0001_2021", &[("injury_code", "F20.0"), ("disease_name", "架空病")]);
    let sensitive = |column: &str| model::chart::sensitive(said(&protected, column).unwrap()[0]);
    assert_eq!([sensitive("injury_code"), sensitive("disease_name")], [true, true]);
    assert!(!model::chart::sensitive(said(&stroke, "disease_name").unwrap()[0]));

    let drug = form(
        "FORM_0002_2021",
        &[
            ("dispensing_date", "20260310"),
            ("chemical_code_type", "2"),
            ("chemical_code", "620000000"),
            ("drug_name", "架空降圧錠"),
            ("dose", "1.5"),
            ("unit_name", "錠"),
            ("dosage_form_code", "1"),
            ("dispensing_quantity", "28"),
            ("method_name", "毎朝食後"),
        ],
    );
    let statement = said(&drug, "chemical_code").unwrap()[0];
    assert_eq!(
        statement["medicationCodeableConcept"]["coding"][0]["system"],
        "urn:oid:1.2.392.100495.20.1.71"
    );
    assert_eq!(statement["dosage"][0]["doseAndRate"][0]["doseQuantity"]["unit"], "錠");
    let bar = model::chart::rows(statement).remove(0);
    assert_eq!((bar.time.as_str(), bar.end.as_deref()), ("2026-03-10", Some("2026-04-06")));
    let stopped = form("FORM_0800_2021", &[("drug_code", "620000000"), ("change_status", "41")]);
    assert_eq!(said(&stopped, "drug_code").unwrap()[0]["status"], "stopped");
    let goal = form("FORM_0450_2021", &[("create_date", "20260401"), ("self_target", "一人で買い物に行く")]);
    assert_eq!(said(&goal, "self_target").unwrap()[0]["description"]["text"], "一人で買い物に行く");
}

#[test]
fn what_is_odd_is_kept_and_said() {
    for (column, value, code) in [
        ("weight", "五十", "unreadable"),
        ("adl_evaluate", "20260231", "impossible-date"),
        ("barthel_index_meal", "9", "unknown-code"),
        ("barthel_index_meal", "一 部", "unknown-code"),
        ("favourite_colour", "青", "unknown-column"),
    ] {
        let before = form(FORM, &[(column, value)]);
        assert_eq!(
            before.problems.iter().map(|each| each.code.as_str()).collect::<Vec<_>>(),
            [code],
            "{column}"
        );
        assert!(print(&before).0.join("").contains(value), "{value} is kept");
        assert_eq!(print(&before), print(&again(FORM, &before, TextCharset::Utf8)), "{value}");
    }
    let lost = write(FORM, &records(&form(FORM, &[("filing_staff", "𠮷田〜")])), TextCharset::Ms932);
    assert_eq!(lost.problems[0].at, "row 1 filing_staff");
    assert!(formats::text_file::decode(&lost.bytes, &mut Vec::new()).contains("〓田～"));
}

#[test]
fn files_in_every_shape() {
    let keys = KEYS.map(|(key, _)| key).join(",");
    let values = KEYS.map(|(_, value)| value).join(",");
    let at = |text: &str| -> Vec<(String, String)> {
        reading(text).problems.into_iter().map(|each| (each.code, each.at)).collect()
    };
    let one = print(&form(FORM, &[("weight", "50")]));
    for end in ["\r\n", "\n", "\r"] {
        let text = [FORM, &format!("{keys},WEIGHT"), &format!("{values},\"50\"")].join(end);
        assert_eq!(print(&reading(&text)), one, "no line end at the end, capitals");
    }
    let text = format!(
        "{FORM}\n{keys},filing_staff\n{values},\"open\n{values},\"a\n\nb\"\n事業所番号,,,,,\n{values}\n"
    );
    let codes = [
        ("unreadable", "line 3"),
        ("heading-row", "line 7"),
        ("short-row", "line 8"),
        ("not-mapped", "line 8"),
    ];
    assert_eq!(at(&text), codes.map(|(code, at)| (code.to_owned(), at.to_owned())));
    assert_eq!(said(&reading(&text), "filing_staff").unwrap()[0]["valueString"], "a\n\nb");
    let twice = format!("{FORM}\n{keys},weight,weight\n{values},50,51,x\n");
    let places: Vec<String> = at(&twice).into_iter().map(|(_, at)| at).collect();
    assert_eq!(places, ["line 2 weight", "line 3 field 7", "line 3 field 8"]);
    let nothing = format!("{FORM}\n{keys}\n");
    assert_eq!(at(&nothing), [("empty".to_owned(), "line 2".to_owned())]);
    assert_eq!(read(&input(b"FORM_0000_2021\na,b\n")).unwrap_err().code, "not-life");
    // The revision of 2024: no line of the interface, columns nobody told us of.
    let path = "b/26_ADL_MAINTENANCE_ADDITION_2024_9970000001.csv";
    let text = format!(
        "{keys},evaluate_date,weight,barthel_index_meal,sixth_month,version\n{values},20260401,48.5,1,1,3.10\n"
    );
    assert_eq!(formats::detect(path, text.as_bytes()), Some(Format::Life));
    let newer = read(&Input { path, bytes: text.as_bytes(), source_time: "" }).unwrap();
    assert_eq!(newer.problems.len(), 1);
    let month = said(&newer, "sixth_month").unwrap()[0];
    assert_eq!((&month["valueString"], &month["effectiveDateTime"]), (&json!("1"), &json!("2026-04-01")));
    let meal = said(&newer, "barthel_index_meal").unwrap()[0];
    assert_eq!(
        (&meal["valueString"], &meal["code"]["text"]),
        (&json!("1"), &json!("食事")),
        "codes have changed"
    );
    let weight = said(&newer, "weight").unwrap()[0];
    assert_eq!((&weight["valueQuantity"]["unit"], &weight["code"]["text"]), (&json!("kg"), &json!("体重")));
    assert_eq!(newer.statements[1].order.time, "20260401000000000");
    assert!(newer.statements[1].set.starts_with("life/ADL_MAINTENANCE_ADDITION_2024/"));
}

#[test]
fn parts_are_the_whole() {
    let columns = KEYS.map(|(key, _)| key);
    let row = |number: usize| {
        let mut row = KEYS.map(|(_, value)| value.to_owned()).to_vec();
        row[3] = number.to_string();
        row.push("50".to_owned());
        row
    };
    let all: Vec<&str> = columns.into_iter().chain(["weight"]).collect();
    let text = file(FORM, &all, &(1..=500).map(row).collect::<Vec<_>>());
    let (mut parts, mut statements) = (0, Vec::new());
    formats::read_parts(Format::Life, &input(text.as_bytes()), 100, &mut |part| {
        parts += 1;
        statements.extend(part.statements);
    })
    .unwrap();
    assert_eq!(parts, 10);
    assert_eq!(statements, reading(&text).statements);
}

#[test]
fn samples_lose_no_field_and_go_back() {
    let Some(files) = crate::outside::samples("life", &["csv"]) else { return };
    let (mut rows, mut fields) = (0, 0);
    for (name, bytes) in files {
        assert_eq!(formats::detect(&name, &bytes), Some(Format::Life), "{name}");
        let before = read(&input(&bytes)).unwrap();
        let text = formats::text_file::decode(&bytes, &mut Vec::new());
        let interface = text.lines().next().unwrap().trim();
        let (printed, named) = print(&before);
        let all = printed.join("");
        for line in text.lines().skip(2).filter(|line| !line.trim().is_empty()) {
            rows += 1;
            if named.iter().any(|each| each.starts_with("heading-row")) {
                continue;
            }
            for value in formats::text_file::split_quoted(line, ',').unwrap() {
                fields += 1;
                let day = model::wareki::parse(&value).map(|read| read.date.fhir()).unwrap_or_default();
                let there = all.contains(&value) || (!day.is_empty() && all.contains(&day));
                assert!(there, "{name}");
            }
        }
        assert_eq!(printed, print(&again(interface, &before, TextCharset::Ms932)).0, "{name}");
        println!("life sample: {} problem(s) {named:?}", before.problems.len());
    }
    println!("life samples: {rows} rows, {fields} fields, all read");
}
