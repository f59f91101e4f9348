//! オンライン資格確認: the answer about a person's insurance, one person (顔認証, 被保険者証) or many (一括照会), XML or
//! JSON (外部インターフェイス仕様書 別紙3-1 XML レイアウト仕様).
//!
//! A person is one Patient, each result a Coverage, keyed by what the insurance is; so the same insurance confirmed
//! again is the same record, and an older one stays beside the new. The encoding is decided by the bytes, whatever
//! CharacterCodeIdentifier says. What has no place is carried along as `urn:hakucho:eligibility:<name>`. Not here:
//! 薬剤情報, 特定健診 and other answers under the same root (`unknown-message`), requests.

mod confirmed;
mod who;

use crate::detect::Head;
use crate::person::Strangers;
use crate::text_file::{decode, narrow};
use crate::tree::Node;
use crate::xml;
use model::reading::{Input, Problem, Reading, Refused};

/// Prefix of what is carried along under its own name.
const CARRIED: &str = "urn:hakucho:eligibility:";

/// Whether a file is such a message, by its beginning.
pub fn is_it(head: &Head<'_>) -> bool {
    let text = head.text.trim_start_matches(is_padding);
    let xml = text.starts_with('<') && xml::root(text) == Some("XmlMsg");
    let named = |name: &str| text.contains(&format!("\"{name}\""));
    xml || (text.starts_with('{') && (named("XmlMsg") || (named("MessageHeader") && named("MessageBody"))))
}

fn is_padding(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\0' | '\u{1a}')
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let refused = |text: String| Refused { code: "not-eligibility", text };
    let mut reading = Reading::default();
    let text = decode(input.bytes, &mut reading.problems);
    let text = text.trim_matches(is_padding);
    let root = if text.starts_with('<') {
        let root = xml::parse_text(text, &mut reading.problems)
            .map_err(|broken| refused(format!("not XML of the interface: {broken}")))?;
        if root.local() != "XmlMsg" {
            return Err(refused("XML, but its root is not XmlMsg".to_owned()));
        }
        Node::xml(&root)
    } else {
        Node::json(text).map_err(|error| {
            refused(format!("neither XML nor JSON (line {} column {})", error.line(), error.column()))
        })?
    };
    let message = root.child("XmlMsg").unwrap_or(&root);
    if message.child("MessageHeader").is_none() && message.child("MessageBody").is_none() {
        return Err(refused("neither MessageHeader nor MessageBody".to_owned()));
    }
    let header = Header::read(message.child("MessageHeader"), input, &mut reading.problems);
    if let Some(body) = message.child("MessageBody") {
        let mut units: Vec<&Node> = body.records("BulkConfirmUnit").collect();
        if units.is_empty() {
            units.push(body);
        }
        let mut strangers = Strangers::default();
        for unit in units {
            confirmed::read(unit, &header, input, &mut strangers, &mut reading);
        }
    }
    root.report_untaken("the reader has no place for it", &mut reading.problems);
    Ok(reading)
}

/// MessageHeader: when it was asked, about which day, by whom.
struct Header {
    /// ProcessExecutionTime, else when the file was written.
    time: String,
    /// QualificationConfirmationDate: the day the answer is about.
    day: Option<String>,
    /// MedicalInstitutionCode, 10 digits.
    institution: String,
    /// ReferenceClassification: 1 マイナンバーカード, 2 被保険者証情報.
    reference: String,
}

impl Header {
    fn read(node: Option<&Node>, input: &Input<'_>, problems: &mut Vec<Problem>) -> Self {
        let source_time = input.source_time.to_owned();
        let Some(node) = node else {
            let text = "no MessageHeader: when this was asked is not said";
            problems.push(Problem::new("missing", "MessageHeader", text));
            return Self {
                time: source_time,
                day: None,
                institution: String::new(),
                reference: String::new(),
            };
        };
        let executed = narrow(node.take("ProcessExecutionTime"));
        let usable = executed.len() >= 8 && executed.bytes().all(|byte| byte.is_ascii_digit());
        if !usable && !executed.is_empty() {
            let text = "not YYYYMMDDHHMMSS; the file's own time was used";
            problems.push(Problem::new("unreadable", node.at("ProcessExecutionTime"), text));
        }
        // Which file and which encoding: said by the delivery and by the bytes.
        for word in ["CharacterCodeIdentifier", "ArbitraryFileIdentifier", "ReceptionNumber"] {
            node.take(word);
        }
        for word in ["NumberOfProcessingResult", "NumberOfNormalProcessing", "NumberOfError"] {
            node.take(word);
        }
        let segment = node.code("SegmentOfResult");
        let error = node.code("ErrorCode");
        node.take("ErrorMessage");
        if !matches!(segment.as_str(), "" | "1") {
            let text = match segment.as_str() {
                "2" => format!("still being processed (処理中) {}", code(&error)),
                _ => format!("the request failed (処理結果区分 {}) {}", code(&segment), code(&error)),
            };
            problems.push(Problem::new("result-error", node.at("SegmentOfResult"), text.trim_end()));
        }
        Self {
            time: if usable { executed } else { source_time },
            day: node.date("QualificationConfirmationDate", problems),
            institution: node.code("MedicalInstitutionCode"),
            reference: node.code("ReferenceClassification"),
        }
    }
}

/// A code as it may be shown in a report.
fn code(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).take(16).collect()
}
