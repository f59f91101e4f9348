//! Resident register CSV: every column, bad rows, hidden addresses, a whole town.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use formats::resident::{COLUMNS, read};
use model::reading::{Input, Reading};
use proptest::prelude::*;

const ROWS: &str = "宛名番号,世帯番号,氏名,氏名カナ,旧氏,通称,生年月日,性別,続柄,郵便番号,住所,方書,電話番号,異動事由,異動日,転出先住所,死亡日,支援措置,国保保険者番号,国保記号,国保番号,国保枝番,介護保険者番号,介護被保険者番号,要介護度,認定有効開始日,認定有効終了日,更新日時\r
0001,501,佐倉　花子,サクラ ハナコ,梅田,,S150505,女,世帯主,052-0000,伊達市架空町1-2-3,コーポ白鳥101,0142-00-0000,転入,H100401,,,0,00010001,伊達,123,01,012345,0000000123,要介護２,R071001,R080930,20260401\r
0002,501,佐倉　太郎,サクラ タロウ,,,昭和13年1月2日,1,夫,052-0000,伊達市架空町1-2-3,,,死亡,R080320,,,,,,,,,,,,,20260401\r
0003,502,梅田　次郎,ウメダ ジロウ,,,1970-02-30,男,世帯主,052-0001,伊達市架空町9,,,転出,R080325,札幌市架空区1,,1,,,,,,,,,,20260401\r
,503,架空　三郎,,,,1970-02-03,男,,,,,,,,,,,,,,,,,,,,\r
0004,503,架空　四郎,,,,\"1970-02-03,男\r
0005,504,架空　五郎,,,,1970-02-03,男,,,,,,,,,,,,,,,,,,,,20260401\r
";

fn input(bytes: &[u8]) -> Input<'_> {
    Input { path: "residents.csv", bytes, source_time: "20260402000000000" }
}

fn reading(text: &str) -> Reading {
    read(&input(text.as_bytes())).unwrap()
}

fn patient<'r>(reading: &'r Reading, number: &str) -> &'r serde_json::Map<String, serde_json::Value> {
    let statement = reading.statements.iter().find(|each| {
        each.set == "Patient" && each.patient.local_id().is_some_and(|id| id.reveal() == number)
    });
    &statement.unwrap().records[0].resource
}

#[test]
fn rows_become_patients_and_coverages() {
    let reading = reading(ROWS);
    let kinds = reading.key_types();
    assert!(kinds.contains_key("Coverage/nhi") && kinds.contains_key("Coverage/care"));
    let woman = patient(&reading, "0001");
    assert_eq!(woman["birthDate"], "1940-05-05");
    assert_eq!(woman["gender"], "female");
    assert_eq!(woman["identifier"][1]["value"], "00010001:伊達:123:01");
    assert_eq!(woman["address"][0]["text"], "伊達市架空町1-2-3　コーポ白鳥101");
    assert_eq!(woman["address"][0]["period"]["start"], "1998-04-01");
    assert_eq!(woman["name"][2]["use"], "maiden");
    assert!(woman["meta"].get("security").is_none());
    assert_eq!(patient(&reading, "0002")["deceasedDateTime"], "2026-03-20");
    let moved = patient(&reading, "0003");
    assert_eq!(moved["active"], false);
    assert_eq!(moved["meta"]["security"][0]["code"], "R");
    assert_eq!(moved["address"][1]["extension"][0]["valueBoolean"], true);
    assert!(moved.get("birthDate").is_none());
    patient(&reading, "0005");
}

#[test]
fn bad_rows_are_named_and_stop_nothing() {
    let reading = reading(ROWS);
    let at: Vec<_> = reading.problems.iter().map(|each| (each.code.as_str(), each.at.as_str())).collect();
    assert_eq!(
        at,
        [("impossible-date", "line 4 生年月日"), ("unreadable", "line 5 宛名番号"), ("unreadable", "line 6"),]
    );
    assert_eq!(read(&input(b"a,b\r\n1,2\r\n")).unwrap_err().code, "not-resident");
}

#[test]
fn a_field_over_two_lines_is_one_row_and_a_forgotten_quote_takes_no_other() {
    let head = "宛名番号,氏名,住所,支援措置,要介護度\r\n";
    let whole =
        reading(&format!("{head}1,架空 花子,\"架空市1\r\n甲号室\",0,要介護2\r\n2,架空 次郎,架空市2,0,\r\n"));
    let unread = |reading: &Reading| {
        let unread = reading.problems.iter().filter(|each| each.code != "missing");
        unread.map(|each| (each.code.clone(), each.at.clone())).collect::<Vec<_>>()
    };
    assert_eq!(unread(&whole), vec![]);
    assert_eq!(patient(&whole, "1")["address"][0]["text"], "架空市1\n甲号室");
    assert_eq!(patient(&whole, "2")["address"][0]["text"], "架空市2");
    // A column of an insurance alone still says something.
    assert!(print(&whole).contains("要介護2"));

    let broken = reading(&format!("{head}1,架空 花子,\"架空市1,0,\r\n2,架空 次郎,\"架空市2\",0,\r\n"));
    assert_eq!(patient(&broken, "2")["address"][0]["text"], "架空市2");
    assert_eq!(unread(&broken), [("unreadable".to_owned(), "line 2".to_owned())]);
}

fn print(reading: &Reading) -> String {
    format!("{:?}", reading.statements)
}

#[test]
fn unknown_columns_and_double_numbers_are_named() {
    let reading = reading("住所,宛名番号,支援措置,好きな色\n伊達市,1,0,青\n室蘭市,1,たぶん,赤\n");
    let at: Vec<_> = reading.problems.iter().map(|each| (each.code.as_str(), each.at.as_str())).collect();
    assert!(at.contains(&("not-mapped", "好きな色")));
    assert!(at.contains(&("duplicate", "line 3 宛名番号")));
    assert!(at.contains(&("unknown-code", "line 3 支援措置")));
    let [first, last] = [&reading.statements[0], &reading.statements[1]];
    assert!(first.order < last.order && first.set == last.set);
}

#[test]
fn every_column_arrives() {
    let header: Vec<&str> = COLUMNS.iter().map(|(_, names)| names[0]).collect();
    let value = |word: &str, second: bool| match word {
        "birth" | "event_date" | "death" | "support_until" | "nhi_from" | "nhi_until" | "elderly_from"
        | "elderly_until" | "care_from" | "care_until" | "updated" => {
            if second {
                "20200102"
            } else {
                "20200101"
            }
        }
        "support" | "sex" => {
            if second {
                "1"
            } else {
                "2"
            }
        }
        _ => {
            if second {
                "８９"
            } else {
                "７"
            }
        }
    };
    let table = |altered: usize| {
        let row = COLUMNS.iter().enumerate().map(|(index, (word, _))| value(word, index == altered));
        reading(&format!("{}\n{}\n", header.join(","), row.collect::<Vec<_>>().join(",")))
    };
    let before = format!("{:?}", table(usize::MAX));
    for (index, name) in header.iter().enumerate() {
        // The patient number itself is personal and prints as dots; its record tells it.
        assert_ne!(format!("{:?}", table(index)), before, "{name}");
    }
}

#[test]
fn a_whole_town_is_read() {
    let mut text = String::from("宛名番号,氏名,生年月日,性別,住所,支援措置\r\n");
    for number in 0..20_000 {
        text.push_str(&format!("{number:08},架空　{number}郎,S150505,男,伊達市架空町{number},0\r\n"));
    }
    let reading = reading(&text);
    assert_eq!((reading.record_count(), reading.problems.len()), (20_000, 0));
    let (mut parts, mut statements) = (0, Vec::new());
    let whole = input(text.as_bytes());
    formats::read_parts(model::reading::Format::Resident, &whole, 1000, &mut |part| {
        assert!(part.statements.len() <= 1001);
        parts += 1;
        statements.extend(part.statements);
    })
    .unwrap();
    assert_eq!(parts, 20);
    assert!(statements == reading.statements, "the parts are the whole");
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&input(&["宛名番号,氏名,生年月日,支援措置\n".as_bytes(), bytes.as_slice()].concat()));
    }

    #[test]
    fn never_panics_on_mutated_text(at in 0..ROWS.len(), byte in any::<u8>()) {
        let mut bytes = ROWS.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = read(&input(&bytes));
    }
}
