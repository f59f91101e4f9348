//! One answer: its envelope (when it was given, whether it was a success) and what its records share.
//!
//! The words of the session (Reskey, Request_Number, Response_Number, Karte_Uid, Orca_Uid) say nothing about a
//! patient and stay in the original.

use crate::person::{self, Strangers};
use crate::tree::Node;
use model::Personal;
use model::reading::{Effect, Extent, Input, PATIENT_KEY, PatientKey, Problem, Reading};
use model::reading::{Resource, SourceOrder, StatedRecord, Statement};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Prefix of what is carried along under the API's own name.
pub(super) const CARRIED: &str = "urn:hakucho:orca:";

/// An answer being read.
pub(super) struct Answer<'a> {
    pub node: &'a Node,
    pub reading: &'a mut Reading,
    time: String,
    result: String,
    message: String,
    bytes: &'a [u8],
    strangers: &'a mut Strangers,
    /// How often each set was named, by the patient's number.
    named: HashMap<(String, String), usize>,
}

impl<'a> Answer<'a> {
    /// Reads the envelope. The answer holds since it was given (実施日, 実施時間), else since the file was written.
    pub fn open(
        node: &'a Node,
        input: &'a Input<'_>,
        strangers: &'a mut Strangers,
        reading: &'a mut Reading,
    ) -> Self {
        let given = format!("{}{}", node.take("Information_Date"), node.take("Information_Time"));
        let digits = given.chars().filter(char::is_ascii_digit).count();
        let time = if digits >= 8 { given } else { input.source_time.to_owned() };
        for word in ["Reskey", "Request_Number", "Response_Number", "Karte_Uid", "Orca_Uid"] {
            node.take(word);
        }
        for word in ["Target_Patient_Count", "No_Target_Patient_Count"] {
            node.take(word);
        }
        let result = node.take("Api_Result").to_owned();
        let message = node.take("Api_Result_Message").to_owned();
        Self { node, reading, time, result, message, bytes: input.bytes, strangers, named: HashMap::new() }
    }

    /// Zeros only (`00`, `0000`, `00000`, as the call has it), or a warning (`K…`, `W…`): read. Anything else is
    /// an error or a question (`S…`), and no statement about anybody.
    pub fn is_success(&mut self) -> bool {
        let result = self.result.as_str();
        let zeros = !result.is_empty() && result.bytes().all(|byte| byte == b'0');
        let warned = result.starts_with(['K', 'W']);
        let code: String = result.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        let at = self.node.at("Api_Result");
        if !zeros && !warned {
            let text = format!("the call was not a success (`{code}`); no record was made");
            self.reading.problems.push(Problem::new("api-error", at, text));
        } else if warned && !(result.starts_with('K') && self.says("終了")) {
            let text = format!("read, though with a warning (`{code}`); see the original");
            self.reading.problems.push(Problem::new("api-warning", at, text));
        }
        let warnings = self.node.records("Api_Warning_Message_Information").count();
        if warnings > 0 && (zeros || warned) {
            let at = self.node.at("Api_Warning_Message_Information");
            let text = format!("{warnings} warning(s) of the system; see the original");
            self.reading.problems.push(Problem::new("api-warning", at, text));
            self.node.child("Api_Warning_Message_Information").into_iter().for_each(Node::take_all);
        }
        zeros || warned
    }

    /// Whether the result's message has a word.
    pub fn says(&self, word: &str) -> bool {
        self.message.contains(word)
    }

    /// A dialogue of registration (patientmod…) says what is registered when it has searched or registered; its
    /// other steps are named and not read.
    pub fn is_registered(&mut self) -> bool {
        let done = ["検索処理終了", "登録処理終了", "更新処理終了", "登録終了", "更新終了"];
        if done.iter().any(|word| self.says(word)) {
            return true;
        }
        let text = "a step before registering, a deletion or the release of a lock; not what is registered";
        self.reading.problems.push(Problem::new("not-mapped", self.node.place(), text));
        self.node.take_all();
        false
    }

    /// Whose a record is: the number as sent, with its zeros.
    pub fn patient_key(&mut self, patient: &Node, name: &str) -> PatientKey {
        let number = patient.look(name);
        if number.is_empty() {
            let text = "no patient number; it could be anybody's";
            self.reading.problems.push(Problem::new("patient-id-missing", patient.at(name), text));
            let identity = ["WholeName", "Name", "BirthDate", "Sex"].map(|field| patient.look(field));
            return self.strangers.place(&identity, self.bytes);
        }
        PatientKey::Local(Personal::new(number.to_owned()))
    }

    /// The name of a set, numbered where this answer names one of the patient again: two things that the API does
    /// not tell apart are both kept, the second never replaces the first.
    pub fn distinct(&mut self, patient: &str, set: String) -> String {
        let count = self.named.entry((patient.to_owned(), set.clone())).or_default();
        *count += 1;
        if *count > 1 { format!("{set}/{count}") } else { set }
    }

    /// An empty resource with type, profile and where it comes from.
    pub fn resource(&self, kind: &str, profile: &str) -> Resource {
        let mut meta = Map::new();
        if !profile.is_empty() {
            let profile = format!("http://jpfhir.jp/fhir/core/StructureDefinition/{profile}");
            meta.insert("profile".into(), json!([profile]));
        }
        let tag =
            json!({"system": "urn:hakucho:source", "code": "orca", "display": "日医標準レセプトソフト"});
        meta.insert("tag".into(), json!([tag]));
        let mut resource = Map::new();
        resource.insert("resourceType".into(), kind.into());
        resource.insert("meta".into(), meta.into());
        resource
    }

    /// States a set as of this answer.
    pub fn state(&mut self, patient: &PatientKey, set: String, effect: Effect, records: Vec<StatedRecord>) {
        let sequence = format!("{:06}", self.reading.statements.len());
        let order = SourceOrder::new(&self.time, sequence);
        self.reading.statements.push(Statement { patient: patient.clone(), set, order, effect, records });
    }

    /// States the Patient alone.
    pub fn state_patient(&mut self, key: &PatientKey, resource: Resource, extent: Extent, at: String) {
        let record = StatedRecord { key: PATIENT_KEY.to_owned(), resource, extent, at };
        self.state(key, PATIENT_KEY.to_owned(), Effect::Stated, vec![record]);
    }
}

/// The person.
pub(super) fn subject() -> Value {
    json!({"reference": "urn:key:Patient"})
}

/// A whole record that began at a node.
pub(super) fn record(key: String, resource: Resource, node: &Node) -> StatedRecord {
    StatedRecord { key, resource, extent: Extent::Whole, at: node.place() }
}

/// Carries what nobody took of a node along in the resource.
pub(super) fn carry(resource: &mut Resource, node: &Node) {
    person::put(resource, "extension", node.carry(CARRIED));
}

/// A code of ORCA's or the facility's own lists, with its name.
pub(super) fn coding(list: &str, code: &str, display: &str) -> Option<Value> {
    if code.is_empty() && display.is_empty() {
        return None;
    }
    let mut coding = Map::new();
    if !code.is_empty() {
        coding.insert("system".into(), format!("{CARRIED}{list}").into());
        coding.insert("code".into(), code.into());
    }
    if !display.is_empty() {
        coding.insert("display".into(), display.into());
    }
    Some(coding.into())
}

/// The same as CodeableConcept; its text is the name, else the code.
pub(super) fn concept(list: &str, code: &str, display: &str) -> Option<Value> {
    let text = if display.is_empty() { code } else { display };
    coding(list, code, display).map(|coding| json!({"coding": [coding], "text": text}))
}

/// A department (診療科コード of the system's 管理マスタ: the two digits of the claims).
pub(super) fn department(code: &str, name: &str) -> Option<Value> {
    let known = model::codes::department(code).unwrap_or_default();
    let name = if name.is_empty() { known } else { name };
    if code.is_empty() {
        return (!name.is_empty()).then(|| json!({"text": name}));
    }
    let mut coding = json!({"system": model::codes::DEPARTMENT, "code": code});
    let text = if name.is_empty() { code } else { name };
    if let (false, Some(coding)) = (name.is_empty(), coding.as_object_mut()) {
        coding.insert("display".into(), name.into());
    }
    Some(json!({"coding": [coding], "text": text}))
}

/// A moment in FHIR's form: a day, with the time of day where there is one that can be.
pub(super) fn moment(day: &str, time: &str) -> String {
    let part = |range: std::ops::Range<usize>, most: u8| {
        time.get(range).and_then(|digits| digits.parse::<u8>().ok()).filter(|number| *number <= most)
    };
    match (day.len(), part(0..2, 23), part(3..5, 59)) {
        (10, Some(hour), Some(minute)) => {
            let second = part(6..8, 59).unwrap_or(0);
            format!("{day}T{hour:02}:{minute:02}:{second:02}+09:00")
        }
        _ => day.to_owned(),
    }
}
