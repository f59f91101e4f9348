//! The calls of the ORCA API that are made (日医標準レセプトソフト API, https://www.orca.med.or.jp/receipt/tec/api/), as
//! requests. Pure.

use jiff::civil::Date;
use serde_json::{Value, json};

/// A call and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    /// 患者番号一覧: who was registered or changed between these days, both inclusive.
    Changed(Date, Date),
    /// 来院患者一覧: who was seen on this day.
    Seen(Date),
    /// 受付一覧: who was received on this day.
    Received(Date),
    /// 患者基本情報.
    Patient(String),
    /// 患者病名情報 in the month of this day.
    Diseases(String, Date),
    /// 受診履歴: visits of so many months up to this day.
    Visits(String, Date, u32),
    /// 診療行為 of one visit.
    Acts(String, Visit),
}

/// One visit as the 受診履歴 names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Visit {
    pub day: String,
    pub department: String,
    pub number: String,
}

/// How a call is made.
#[derive(Debug, PartialEq)]
pub(crate) struct Request {
    /// Below the address of the ORCA.
    pub path: &'static str,
    pub query: Vec<(&'static str, String)>,
    /// JSON to be posted; `None`: GET.
    pub body: Option<Value>,
}

impl Call {
    pub(crate) fn request(&self) -> Request {
        let class = |number: &str| vec![("class", number.to_owned()), ("format", "json".to_owned())];
        let post = |path, query, body| Request { path, query, body: Some(body) };
        match self {
            Self::Changed(from, to) => post(
                "api01rv2/patientlst1v2",
                class("01"),
                json!({"patientlst1req": {"Base_StartDate": from.to_string(), "Base_EndDate": to.to_string(),
                    "Contain_TestPatient_Flag": "0"}}),
            ),
            Self::Seen(day) => post(
                "api01rv2/visitptlstv2",
                vec![("format", "json".to_owned())],
                json!({"visitptlstreq": {"Request_Number": "01", "Visit_Date": day.to_string()}}),
            ),
            Self::Received(day) => post(
                "api01rv2/acceptlstv2",
                class("03"),
                json!({"acceptlstreq": {"Acceptance_Date": day.to_string()}}),
            ),
            Self::Patient(id) => Request {
                path: "api01rv2/patientgetv2",
                query: vec![("id", id.clone()), ("format", "json".to_owned())],
                body: None,
            },
            Self::Diseases(id, day) => post(
                "api01rv2/diseasegetv2",
                class("01"),
                json!({"disease_inforeq": {"Patient_ID": id, "Base_Date": day.strftime("%Y-%m").to_string()}}),
            ),
            Self::Visits(id, day, months) => post(
                "api01rv2/medicalgetv2",
                class("01"),
                json!({"medicalgetreq": {"InOut": "O", "Patient_ID": id, "Perform_Date": day.to_string(),
                    "For_Months": months.to_string()}}),
            ),
            Self::Acts(id, visit) => post(
                "api01rv2/medicalgetv2",
                class("02"),
                json!({"medicalgetreq": {"InOut": "O", "Patient_ID": id, "Perform_Date": visit.day,
                    "Medical_Information": {"Department_Code": visit.department,
                        "Sequential_Number": visit.number}}}),
            ),
        }
    }

    /// Where its answers are filed: the call and its key. Those of one folder are one answer at different times.
    pub(crate) fn folder(&self) -> String {
        match self {
            Self::Changed(from, to) => format!("patientlst1v2/{from}_{to}"),
            Self::Seen(day) => format!("visitptlstv2/{day}"),
            Self::Received(day) => format!("acceptlstv2/{day}"),
            Self::Patient(id) => format!("patientgetv2/{id}"),
            Self::Diseases(id, day) => format!("diseasegetv2/{id}/{}", day.strftime("%Y-%m")),
            Self::Visits(id, ..) => format!("medicalgetv2-01/{id}"),
            Self::Acts(id, Visit { day, department, number }) => {
                format!("medicalgetv2-02/{id}/{day}_{department}_{number}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests() {
        let day = jiff::civil::date(2026, 4, 1);
        let Request { path, query, body } = Call::Diseases("00012".into(), day).request();
        assert_eq!(path, "api01rv2/diseasegetv2");
        assert_eq!(query, [("class", "01".to_owned()), ("format", "json".to_owned())]);
        assert_eq!(body, Some(json!({"disease_inforeq": {"Patient_ID": "00012", "Base_Date": "2026-04"}})));
        assert_eq!(Call::Patient("00012".into()).request().body, None);
        assert_eq!(Call::Changed(day, day).folder(), "patientlst1v2/2026-04-01_2026-04-01");
    }
}
