//! Pulling from a receipt computer, against a small one of our own.

use crate::facility::{Facility, until};
use crate::fake_hub::FakeHub;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use gateway::{Credentials, Orca};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Default)]
struct Clinic {
    /// Names of patients by number.
    patients: BTreeMap<String, String>,
    /// Answers so far; stands in for the time in each.
    asked: u32,
    /// Requests as they came: call, query, body.
    requests: Vec<(String, String, Value)>,
    /// This status from so many requests on.
    fails: Option<(u32, u16)>,
}

type Shared = Arc<Mutex<Clinic>>;

/// `orca:secret` in base 64.
const AUTHORIZATION: &str = "Basic b3JjYTpzZWNyZXQ=";

async fn start(clinic: &Shared) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/api", listener.local_addr().unwrap());
    let routes = Router::new().route("/api/api01rv2/{call}", any(answer)).with_state(clinic.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

async fn answer(
    State(clinic): State<Shared>,
    Path(call): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut clinic = clinic.lock().unwrap();
    clinic.asked += 1;
    if headers.get("authorization").is_none_or(|value| value != AUTHORIZATION) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if let Some((_, status)) = clinic.fails.filter(|(from, _)| clinic.asked >= *from) {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    let query = query.unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    clinic.requests.push((call.clone(), query.clone(), body.clone()));
    let time = format!("09:00:{}", clinic.asked);
    let success = |wrapper: &str, name: &str, content: Value| json!({wrapper: {"Information_Date": "2100-01-01", "Information_Time": time, "Api_Result": "00", name: content}});
    let list: Vec<Value> = clinic.patients.keys().map(|id| json!({"Patient_ID": id})).collect();
    let answer = match call.as_str() {
        "patientlst1v2" => {
            // Everybody changed on the first of January; more than a thousand never come in one answer.
            let request = &body["patientlst1req"];
            let within = request["Base_StartDate"].as_str().unwrap() <= "2100-01-01"
                && request["Base_EndDate"].as_str().unwrap() >= "2100-01-01";
            let list: Vec<Value> = list.into_iter().filter(|_| within).take(1000).collect();
            success("patientlst1res", "Patient_Information", list.into())
        }
        "visitptlstv2" => json!({"visitptlst01res": {"Api_Result": "21"}}),
        "acceptlstv2" => success("acceptlstres", "Acceptlst_Information", json!([])),
        "patientgetv2" => {
            let id = query.split('&').find_map(|pair| pair.strip_prefix("id=")).unwrap();
            let name = &clinic.patients[id];
            success("patientinfores", "Patient_Information", json!({"Patient_ID": id, "WholeName": name}))
        }
        "diseasegetv2" => success(
            "disease_infores",
            "Disease_Infores",
            json!({"Patient_ID": body["disease_inforeq"]["Patient_ID"]}),
        ),
        "medicalgetv2" if query.contains("class=01") => {
            let visit =
                |day: &str| json!({"Perform_Date": day, "Department_Code": "01", "Sequential_Number": "1"});
            let visits = json!([visit("2099-06-01"), visit("2099-12-31")]);
            success("medicalget01res", "Medical_List_Information", visits)
        }
        _ => success("medicalget02res", "Patient_ID", body["medicalgetreq"]["Patient_ID"].clone()),
    };
    answer.to_string().into_response()
}

async fn clinic(patients: usize) -> (Shared, FakeHub, Facility) {
    let clinic = Shared::default();
    clinic.lock().unwrap().patients =
        (1..=patients).map(|number| (format!("{number:05}"), "架空 太郎".to_owned())).collect();
    let address = start(&clinic).await;
    let hub = FakeHub::start().await;
    let mut facility = Facility::new(&hub);
    facility.config.watches.clear();
    let credentials = Credentials { user: "orca".into(), password: "secret".into(), certificate: None };
    let mut orca = Orca::new(&address, "", credentials).unwrap();
    orca.interval = Duration::from_millis(300);
    facility.config.orca = Some(orca);
    (clinic, hub, facility)
}

fn folders(hub: &FakeHub) -> Vec<String> {
    let mut folders: Vec<String> =
        hub.paths().iter().map(|path| path.rsplit_once('/').unwrap().0.to_owned()).collect();
    folders.sort();
    folders
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_new_is_pulled_and_what_is_not_is_not_sent_again() {
    let (clinic, hub, facility) = clinic(2).await;
    let running = facility.start().await;
    running.reaches(|status| status.sources[0].last_scan.is_some()).await;
    let mut expected: Vec<String> = ["00001", "00002"]
        .iter()
        .flat_map(|id| {
            [
                format!("patientgetv2/{id}"),
                format!("diseasegetv2/{id}/2100-01"),
                format!("medicalgetv2-01/{id}"),
                format!("medicalgetv2-02/{id}/2099-12-31_01_1"),
            ]
        })
        .collect();
    expected.extend((29..=31).map(|day| format!("acceptlstv2/2099-12-{day}")));
    expected.push("acceptlstv2/2100-01-01".into());
    expected.sort();
    until("all of it", || hub.paths().len() >= expected.len()).await;
    assert_eq!(folders(&hub), expected);
    let (head, bytes) = hub.look(|kept| kept.deliveries.last().unwrap().clone());
    assert_eq!((head.source.as_str(), head.format.as_str()), ("orca-api", "orca"));
    assert!(serde_json::from_slice::<Value>(&bytes).is_ok());
    // More rounds: nothing has changed but the time in each answer.
    let asked = clinic.lock().unwrap().asked;
    until("two more rounds", || clinic.lock().unwrap().asked > asked + 60).await;
    assert_eq!(hub.paths().len(), expected.len());
    // A change, and back again: each is news.
    for (round, name) in ["架空 次郎", "架空 太郎"].into_iter().enumerate() {
        clinic.lock().unwrap().patients.insert("00001".into(), name.into());
        until("the change", || hub.paths().len() == expected.len() + round + 1).await;
        let bytes = hub.look(|kept| kept.deliveries.last().unwrap().1.clone());
        assert!(String::from_utf8(bytes).unwrap().contains(name));
    }
    assert!(running.troubles().is_empty(), "{:?}", running.troubles());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_that_broke_off_is_made_again_from_the_same_day() {
    let (clinic, hub, mut facility) = clinic(3).await;
    facility.config.orca.as_mut().unwrap().since = Some("2099-12-01".parse().unwrap());
    clinic.lock().unwrap().fails = Some((30, 503));
    let running = facility.start().await;
    running.reaches(|status| !status.sources[0].troubles.is_empty() && !status.sources[0].reachable).await;
    assert_eq!(running.troubles(), ["1 orca-not-reached"]);
    running.stop().await;
    clinic.lock().unwrap().fails = None;
    clinic.lock().unwrap().requests.clear();
    let running = facility.start().await;
    running.reaches(|status| status.sources[0].last_scan.is_some()).await;
    let first = clinic.lock().unwrap().requests[0].2["patientlst1req"]["Base_StartDate"].clone();
    assert_eq!(first, "2099-11-28");
    until("all of them", || (1..=3).all(|id| folders(&hub).contains(&format!("patientgetv2/{id:05}")))).await;
    running.stop().await;
    // After a whole round the next begins near the day of the last.
    clinic.lock().unwrap().requests.clear();
    let running = facility.start().await;
    running.reaches(|status| status.sources[0].last_scan.is_some()).await;
    let first = clinic.lock().unwrap().requests[0].2["patientlst1req"]["Base_StartDate"].clone();
    assert_eq!(first, "2099-12-29");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said() {
    let (_, hub, mut facility) = clinic(1).await;
    facility.config.orca.as_mut().unwrap().credentials.password = "wrong".into();
    let running = facility.start().await;
    running.reaches(|status| !status.sources[0].troubles.is_empty()).await;
    assert_eq!(running.troubles(), ["1 orca-not-let-in"]);
    assert!(running.status.borrow().to_string().contains("orca-api NOT REACHABLE"));
    assert!(hub.paths().is_empty());
    running.stop().await;
}

/// The list names at most a thousand: its days are halved; those of one day that is still full are said.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_cut_off_is_asked_for_in_parts() {
    let (clinic, _hub, mut facility) = clinic(1200).await;
    facility.config.orca.as_mut().unwrap().interval = crate::facility::NEVER;
    clinic.lock().unwrap().fails = Some((12, 503));
    let running = facility.start().await;
    running.reaches(|status| !status.sources[0].troubles.is_empty()).await;
    assert_eq!(running.troubles(), ["1 orca-list-full", "1 orca-not-reached"]);
    let spans: Vec<(String, String)> = clinic
        .lock()
        .unwrap()
        .requests
        .iter()
        .filter(|(call, ..)| call == "patientlst1v2")
        .map(|(_, _, body)| &body["patientlst1req"])
        .map(|request| {
            (
                request["Base_StartDate"].as_str().unwrap().to_owned(),
                request["Base_EndDate"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let span = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    assert_eq!(
        spans,
        [
            span("2099-12-29", "2100-01-01"),
            span("2099-12-31", "2100-01-01"),
            span("2100-01-01", "2100-01-01"),
            span("2099-12-31", "2099-12-31"),
            span("2099-12-29", "2099-12-30"),
        ]
    );
    running.stop().await;
}
