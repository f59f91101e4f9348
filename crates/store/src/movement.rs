//! Movements: admitted, discharged, seen, planned; read off the rows of visits and stays that are new.
//!
//! What kind of movement, when and by which record, no clinical value. A claim's month is no movement, nor is anything
//! cancelled, merely mentioned or deleted: those stay counted as records of their kind.

use crate::chart_line::{self, RecordState};
use crate::error::StoreError;
use model::chart::ChartRow;
use model::{CompartmentId, RecordId};
use std::collections::BTreeMap;

/// What happened, or will.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// 入院予定
    AdmissionPlanned,
    /// 入院
    Admitted,
    /// 転科・転棟
    Transferred,
    /// 外出・外泊
    Left,
    /// 帰院
    Returned,
    /// 退院予定
    DischargePlanned,
    /// 退院
    Discharged,
    /// 救急受診
    Emergency,
    /// 訪問
    HomeVisit,
    /// 受診
    Visited,
}

impl Step {
    /// Every step.
    pub const ALL: &'static [Self] = &[
        Self::AdmissionPlanned,
        Self::Admitted,
        Self::Transferred,
        Self::Left,
        Self::Returned,
        Self::DischargePlanned,
        Self::Discharged,
        Self::Emergency,
        Self::HomeVisit,
        Self::Visited,
    ];
}

/// One movement that is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// What.
    pub step: Step,
    /// When, as the record says (FHIR date or dateTime).
    pub time: String,
    /// By which record; a stay that is told at once gives two movements.
    pub record: RecordId,
    /// How many of the changes that are counted as news are this record's.
    pub changes: i64,
}

/// Flags of rows that tell of no movement: taken back, not certain to be one, or only mentioned beside something else.
const NONE: [&str; 6] = ["cancelled", "entered-in-error", "unknown", "not-done", "draft", "on-hold"];

/// The movements in chart lines, one line for each change.
pub(crate) fn of(lines: &str) -> Result<Vec<Movement>, StoreError> {
    let mut found: BTreeMap<(RecordId, Step), (String, i64)> = BTreeMap::new();
    chart_line::parse(CompartmentId(uuid::Uuid::nil()), lines, |entry| {
        if entry.state != RecordState::Current {
            return;
        }
        for (step, time) in steps(&entry.row) {
            found.entry((entry.record, step)).or_insert_with(|| (time.to_owned(), 0)).1 += 1;
        }
    })?;
    let movement = |((record, step), (time, changes))| Movement { step, time, record, changes };
    Ok(found.into_iter().map(movement).collect())
}

/// What a row says happened. SS-MIX2 names it by the data type; elsewhere class and period tell.
fn steps(row: &ChartRow) -> Vec<(Step, &str)> {
    // A cancellation that keeps the stay going (A12, A13, A25 …) is told by its word.
    if NONE.iter().any(|flag| row.has_flag(flag)) || row.label.ends_with("取消") {
        return Vec::new();
    }
    let (time, end) = (row.time.as_str(), row.end.as_deref());
    let seen = match () {
        () if row.has_flag("EMER") => Step::Emergency,
        () if row.has_flag("HH") => Step::HomeVisit,
        () => Step::Visited,
    };
    let found = match row.code.rsplit('|').next().unwrap_or_default() {
        "ADT-12" => vec![(seen, time)],
        "ADT-21" => vec![(Step::AdmissionPlanned, time)],
        "ADT-22" => vec![(Step::Admitted, time)],
        "ADT-31" => vec![(Step::Left, time)],
        "ADT-32" => vec![(Step::Returned, time)],
        "ADT-42" => vec![(Step::Transferred, time)],
        "ADT-51" => vec![(Step::DischargePlanned, time)],
        "ADT-52" => vec![(Step::Discharged, end.unwrap_or(time))],
        "ADT-01" | "ADT-41" => Vec::new(),
        _ if row.has_flag("planned") && row.has_flag("inpatient") => vec![(Step::AdmissionPlanned, time)],
        _ if row.has_flag("planned") => Vec::new(),
        _ if row.has_flag("inpatient") => {
            let discharged = end.map(|end| (Step::Discharged, end));
            std::iter::once((Step::Admitted, time)).chain(discharged).collect()
        }
        _ if ["outpatient", "EMER", "HH"].iter().any(|flag| row.has_flag(flag)) => vec![(seen, time)],
        _ => Vec::new(),
    };
    found.into_iter().filter(|(_, time)| !time.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart_line::{Head, line, rows};
    use serde_json::{Value, json};

    fn lines(number: u128, state: RecordState, resource: &Value) -> String {
        let id = RecordId(uuid::Uuid::from_u128(number));
        let head = Head {
            record: id,
            state,
            version: 1,
            seq: 1,
            received: "2026-11-22T00:00:00.000000Z",
            source: "ehr",
        };
        line(&head, &rows(resource.as_object().unwrap()))
    }

    fn encounter(status: &str, class: &str, period: Value, data_type: &str, word: &str) -> Value {
        json!({"resourceType": "Encounter", "status": status, "class": {"code": class}, "period": period,
               "type": [{"coding": [{"system": "urn:x", "code": data_type}], "text": word}]})
    }

    fn told(resource: &Value) -> Vec<(Step, String)> {
        let found = of(&lines(1, RecordState::Current, resource)).unwrap();
        found.into_iter().map(|each| (each.step, each.time)).collect()
    }

    #[test]
    fn the_data_type_tells_the_movement() {
        let stay = json!({"start": "2026-11-02", "end": "2026-11-22"});
        for (data_type, step, day) in [
            ("ADT-12", Step::Visited, "2026-11-02"),
            ("ADT-21", Step::AdmissionPlanned, "2026-11-02"),
            ("ADT-22", Step::Admitted, "2026-11-02"),
            ("ADT-52", Step::Discharged, "2026-11-22"),
        ] {
            let said = encounter("in-progress", "IMP", stay.clone(), data_type, "x");
            assert_eq!(told(&said), [(step, day.to_owned())], "{data_type}");
        }
        let mut plan = encounter("in-progress", "IMP", json!({"start": "2026-11-02"}), "ADT-51", "退院予定");
        plan["location"] = json!([{"period": {"end": "2026-11-29"}}]);
        assert_eq!(told(&plan), [(Step::DischargePlanned, "2026-11-29".to_owned())]);
    }

    #[test]
    fn elsewhere_class_and_period_tell_it() {
        let both =
            told(&encounter("finished", "IMP", json!({"start": "2026-11-02", "end": "2026-11-22"}), "", ""));
        assert_eq!(
            both,
            [(Step::Admitted, "2026-11-02".to_owned()), (Step::Discharged, "2026-11-22".to_owned())]
        );
        let day = json!({"start": "2026-11-20"});
        assert_eq!(told(&encounter("planned", "IMP", day.clone(), "", ""))[0].0, Step::AdmissionPlanned);
        assert_eq!(told(&encounter("finished", "AMB", day.clone(), "", ""))[0].0, Step::Visited);
        assert_eq!(told(&encounter("finished", "HH", day.clone(), "", ""))[0].0, Step::HomeVisit);
        assert_eq!(told(&encounter("finished", "EMER", day, "", ""))[0].0, Step::Emergency);
    }

    #[test]
    fn what_is_taken_back_or_only_mentioned_is_no_movement() {
        let day = json!({"start": "2026-11-20"});
        for (status, class, data_type, word) in [
            ("cancelled", "IMP", "ADT-22", "入院の取消"),
            ("in-progress", "IMP", "ADT-52", "退院の取消"),
            ("entered-in-error", "IMP", "", ""),
            ("unknown", "IMP", "", "入院"),
            ("planned", "AMB", "", ""),
            ("finished", "VIRTUAL", "", ""),
            ("in-progress", "IMP", "ADT-01", "担当医の変更"),
        ] {
            assert_eq!(told(&encounter(status, class, day.clone(), data_type, word)), [], "{status} {word}");
        }
        assert_eq!(told(&encounter("finished", "IMP", json!({}), "", "")), [], "no day");
        let gone = lines(1, RecordState::Deleted, &encounter("finished", "AMB", day, "", ""));
        assert_eq!(of(&gone).unwrap(), []);
    }

    #[test]
    fn each_change_of_a_record_is_counted_once() {
        let visit = encounter("finished", "AMB", json!({"start": "2026-11-20"}), "", "");
        let twice =
            lines(1, RecordState::Current, &visit).repeat(2) + &lines(2, RecordState::Current, &visit);
        let counts: Vec<i64> = of(&twice).unwrap().iter().map(|each| each.changes).collect();
        assert_eq!(counts, [2, 1]);
    }
}
