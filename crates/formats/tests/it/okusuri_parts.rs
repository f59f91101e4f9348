//! Parts of one output (record 911), in one file or several.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use formats::okusuri::read;
use model::reading::{Input, Reading};

const HEAD: &str = "JAHISTC08,1\r\n1,佐倉 花子,2,S150505,,北海道伊達市架空町1-2-3,,,,,サクラ ハナコ\r\n";
const VISIT: &str = "5,R080310,1\r\n11,架空薬局,01,4,1234567,,,,1\r\n15,薬師 次郎,,1\r\n51,架空総合病院,01,1,7654321,1\r\n55,医師 一郎,内科,1\r\n";
const FIRST: &str = "201,1,架空降圧錠,1,錠,2,620000001,1\r\n";
const SECOND: &str = "201,1,架空利尿錠,2,錠,2,620000002,1\r\n301,1,朝食後,28,日分,1,1,,1\r\n";
const THIRD: &str = "55,医師 二郎,整形外科,1\r\n201,2,架空湿布,70,枚,2,620000003,1\r\n301,2,１日１回貼付,1,調剤,5,1,,1\r\n501,薬袋を参照,1\r\n";

fn reading(text: &str) -> Reading {
    read(&Input { path: "n.csv", bytes: text.as_bytes(), source_time: "20260312000000000" }).unwrap()
}

fn part(body: &str, number: usize, total: usize) -> String {
    format!("{HEAD}{VISIT}{body}911,12345678901234,{total},{number}\r\n")
}

/// Without the places in the file, which differ.
fn said(reading: &Reading) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = reading
        .statements
        .iter()
        .flat_map(|each| {
            each.records.iter().map(|record| {
                let resource = serde_json::to_string(&record.resource).unwrap();
                (format!("{} {}", each.set, record.key), resource)
            })
        })
        .collect();
    all.sort();
    all
}

#[test]
fn parts_in_one_file_are_the_whole_in_any_order() {
    let whole = reading(&format!("{HEAD}{VISIT}{FIRST}{SECOND}{THIRD}"));
    assert_eq!(whole.problems, vec![]);
    // The RP is cut between its drugs; the second doctor has a part of their own.
    let parts = [part(FIRST, 1, 3), part(SECOND, 2, 3), part(THIRD, 3, 3)];
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
        let text: String = order.iter().filter_map(|index| parts.get(*index)).map(String::as_str).collect();
        let joined = reading(&text);
        assert_eq!(joined.problems, vec![]);
        assert_eq!(said(&joined), said(&whole));
    }
}

#[test]
fn parts_that_lack_one_or_are_another_persons_stay_apart() {
    let two = reading(&format!("{}{}", part(FIRST, 1, 3), part(SECOND, 2, 3)));
    assert_eq!(two.problems.iter().filter(|problem| problem.code == "split-output").count(), 2);
    let other = part(SECOND, 2, 2).replace("佐倉 花子", "架空 太郎");
    let strangers = reading(&format!("{}{other}", part(FIRST, 1, 2)));
    assert!(strangers.problems.iter().any(|problem| problem.code == "split-output"));
    let people: std::collections::HashSet<_> =
        strangers.statements.iter().map(|each| &each.patient).collect();
    assert_eq!(people.len(), 2);
    // The same part twice is no whole.
    let twice = reading(&format!("{}{}", part(FIRST, 1, 2), part(SECOND, 1, 2)));
    assert!(twice.problems.iter().any(|problem| problem.code == "split-output"));
}

#[test]
fn what_a_later_part_says_otherwise_is_named() {
    let later = part(SECOND, 2, 2).replace("5,R080310,1", "5,R080310,2");
    let reading = reading(&format!("{}{later}", part(FIRST, 1, 2)));
    let named: Vec<&str> = reading.problems.iter().map(|problem| problem.at.as_str()).collect();
    assert_eq!(named, ["record 5 line 12 field 3"]);
}
