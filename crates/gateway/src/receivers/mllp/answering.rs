//! What is answered to a message (HL7 v2.5 §2.9.2 original mode, §2.9.3 enhanced mode): whether it may be taken at all,
//! in which mode it is answered, and the answer itself. Pure. Wire syntax is the business of `formats::hl7`.
//!
//! | outcome | original mode | enhanced mode |
//! |---|---|---|
//! | durable in the spool | AA | CA |
//! | cannot be stored now: send it again | AE | CE |
//! | no message of HL7 v2, a query, a version or processing id that is not ours, too large | AR | CR |
//! | an acknowledgement | nothing | nothing |
//!
//! One answer per message: a sender that asks for an accept acknowledgement gets that, not an application
//! acknowledgement beside it on the same line, which it would take for the answer to its next message.

use crate::receivers::desk::NotKept;
use crate::receivers::{mark, path_part};
use formats::hl7::{Answer, ErrorCode, Fault, Flaw, Header, acknowledge, header};

/// A message as far as the receiver looks at it.
pub(crate) struct Letter {
    header: Header,
    /// Why it is not taken.
    pub refusal: Option<Refusal>,
}

/// Why a message is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Word for status and heartbeat.
    pub trouble: &'static str,
    code: ErrorCode,
    location: &'static str,
    text: &'static str,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate<'a> {
    Kept,
    NotNow(NotKept),
    Refused(&'a Refusal),
}

/// Which kind of answer the sender waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// AA, AE, AR.
    Application,
    /// CA, CE, CR.
    Accept,
}

const NOT_HL7: Refusal = Refusal {
    trouble: "not-hl7",
    code: ErrorCode::SegmentSequence,
    location: "",
    text: "not a message of HL7 version 2",
};
const TOO_LARGE: Refusal = Refusal {
    trouble: "too-large",
    code: ErrorCode::DataType,
    location: "",
    text: "the message is larger than this receiver takes",
};
const QUERY: Refusal = Refusal {
    trouble: "unsupported",
    code: ErrorCode::UnsupportedMessageType,
    location: "MSH^1^9",
    text: "this receiver takes what is sent, it answers no queries",
};
const NO_TYPE: Refusal = Refusal {
    trouble: "unsupported",
    code: ErrorCode::RequiredFieldMissing,
    location: "MSH^1^9",
    text: "no message type",
};
const NO_CONTROL_ID: Refusal = Refusal {
    trouble: "unsupported",
    code: ErrorCode::RequiredFieldMissing,
    location: "MSH^1^10",
    text: "no message control id",
};
const PROCESSING: Refusal = Refusal {
    trouble: "unsupported",
    code: ErrorCode::UnsupportedProcessingId,
    location: "MSH^1^11",
    text: "only production messages (P) are taken",
};
const VERSION: Refusal = Refusal {
    trouble: "unsupported",
    code: ErrorCode::UnsupportedVersion,
    location: "MSH^1^12",
    text: "only version 2 of HL7 is taken",
};

/// MSH-9.1 of messages whose sender waits for more than an acknowledgement (HL7 v2.5 §5).
const QUERIES: &[&str] = &["QBP", "QRY", "QCK", "QSB", "QVR", "SPQ", "VQQ", "EQQ", "RQQ"];

impl Letter {
    /// Looks at the header of a message. What has none is answered as well as can be.
    pub(crate) fn open(message: &[u8]) -> Option<Self> {
        match header(message) {
            Ok(header) => {
                let refusal = refusal(&header).cloned();
                Some(Self { header, refusal })
            }
            Err(_) => Some(Self { header: header(b"MSH|^~\\&|\r").ok()?, refusal: Some(NOT_HL7.clone()) }),
        }
    }

    /// The same for the beginning of a message that is too large.
    pub(crate) fn too_large(beginning: &[u8]) -> Option<Self> {
        let letter = Self::open(beginning)?;
        Some(Self { refusal: Some(TOO_LARGE.clone()), ..letter })
    }

    /// The path of the delivery, made of the message alone: `<day>/<MSH-10>-<hash>.hl7`. The same message sent again has
    /// the same; another one under a control id that was used before has another.
    pub(crate) fn path(&self, message: &[u8]) -> String {
        let day: String = self.header.time.chars().take(8).filter(char::is_ascii_digit).collect();
        let day = if day.len() == 8 { day } else { "undated".to_owned() };
        let control = path_part(&self.header.control_id, 64, "-");
        format!("{day}/{control}-{}.hl7", mark(message))
    }

    /// True if it is itself an answer, late or doubled: nothing to keep, and never answered (§2.9.2), or two systems
    /// would answer each other for ever.
    pub(crate) fn is_acknowledgement(&self) -> bool {
        matches!(self.header.message_code.trim(), "ACK" | "MCF")
    }

    /// True if the sender hears nothing of a message that could not be stored: it does not send it again.
    pub(crate) fn is_silent(&self) -> bool {
        self.mode(Fate::NotNow(NotKept::Failed)).is_none()
    }

    /// The answer, without the frame of MLLP; `None` if the sender wants none. `control_id` and `time` are the answer's.
    pub(crate) fn answer(&self, fate: Fate<'_>, control_id: &str, time: &str) -> Option<Vec<u8>> {
        let mode = self.mode(fate)?;
        let full = NotKept::Full.to_string();
        let failed = NotKept::Failed.to_string();
        let internal = |text| Fault { code: ErrorCode::Internal, location: "", text };
        let (answer, fault) = match fate {
            Fate::Kept => (Answer::Accept, None),
            Fate::NotNow(NotKept::Full) => (Answer::Error, Some(internal(full.as_str()))),
            Fate::NotNow(NotKept::Failed) => (Answer::Error, Some(internal(failed.as_str()))),
            Fate::Refused(Refusal { code, location, text, .. }) => {
                (Answer::Reject, Some(Fault { code: *code, location, text }))
            }
        };
        let written = acknowledge(&self.header, answer, control_id, time, fault);
        Some(match mode {
            Mode::Application => written,
            Mode::Accept => accept_code(written, answer.code().as_bytes()),
        })
    }

    /// HL7 table 0155: AL always, NE never, ER on error or reject, SU on success. Both fields empty: original mode.
    fn mode(&self, fate: Fate<'_>) -> Option<Mode> {
        let wants = |word: &str| match word {
            "AL" => true,
            "ER" => fate != Fate::Kept,
            "SU" => fate == Fate::Kept,
            _ => false,
        };
        let accept = self.header.accept_acknowledgement.trim();
        let application = self.header.application_acknowledgement.trim();
        let known = |word: &str| matches!(word, "AL" | "NE" | "ER" | "SU");
        if !known(accept) && !known(application) {
            Some(Mode::Application)
        } else if wants(accept) {
            Some(Mode::Accept)
        } else if wants(application) {
            Some(Mode::Application)
        } else {
            None
        }
    }
}

fn refusal(header: &Header) -> Option<&'static Refusal> {
    let missing = |field: &str| {
        let is = |flaw: &Flaw| flaw.code == ErrorCode::RequiredFieldMissing && flaw.location == field;
        header.flaws.iter().any(is)
    };
    let processing =
        header.processing_id.split(header.delimiters.component).next().unwrap_or_default().trim();
    if missing(NO_TYPE.location) {
        Some(&NO_TYPE)
    } else if QUERIES.contains(&header.message_code.trim()) {
        Some(&QUERY)
    } else if missing(NO_CONTROL_ID.location) {
        Some(&NO_CONTROL_ID)
    } else if !processing.is_empty() && !processing.eq_ignore_ascii_case("P") {
        Some(&PROCESSING)
    } else if header.flaws.iter().any(|flaw| flaw.code == ErrorCode::UnsupportedVersion) {
        Some(&VERSION)
    } else {
        None
    }
}

/// In enhanced mode the code begins with C (HL7 table 0008).
fn accept_code(mut answer: Vec<u8>, code: &[u8]) -> Vec<u8> {
    let msa = answer.windows(4).position(|window| window == b"\rMSA");
    let at = msa.and_then(|msa| {
        let rest = answer.get(msa + 4..)?;
        rest.windows(code.len()).position(|window| window == code).map(|code| msa + 4 + code)
    });
    if let Some(letter) = at.and_then(|at| answer.get_mut(at)) {
        *letter = b'C';
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(msh: &str, fate: impl Fn(&Letter) -> Fate<'_>) -> String {
        let letter = Letter::open(msh.as_bytes()).unwrap();
        let answer = letter.answer(fate(&letter), "A1", "20260401093000");
        answer.map_or_else(|| "-".to_owned(), |answer| String::from_utf8(answer).unwrap())
    }

    fn msa(msh: &str, fate: impl Fn(&Letter) -> Fate<'_>) -> String {
        let answer = answered(msh, fate);
        let line = answer.split('\r').find(|line| line.starts_with("MSA")).unwrap_or("-");
        line.split('|').take(3).collect::<Vec<_>>().join("|")
    }

    fn message(accept: &str, application: &str) -> String {
        format!("MSH|^~\\&|HIS|H01|GW|HUB|20260401||ADT^A08|M1|P|2.5|||{accept}|{application}\rPID|1\r")
    }

    #[test]
    fn modes() {
        for (accept, application, kept, not_now) in [
            ("", "", "MSA|AA|M1", "MSA|AE|M1"),
            ("AL", "", "MSA|CA|M1", "MSA|CE|M1"),
            ("AL", "AL", "MSA|CA|M1", "MSA|CE|M1"),
            ("AL", "NE", "MSA|CA|M1", "MSA|CE|M1"),
            ("NE", "AL", "MSA|AA|M1", "MSA|AE|M1"),
            ("", "AL", "MSA|AA|M1", "MSA|AE|M1"),
            ("ER", "", "-", "MSA|CE|M1"),
            ("ER", "AL", "MSA|AA|M1", "MSA|CE|M1"),
            ("SU", "", "MSA|CA|M1", "-"),
            ("NE", "NE", "-", "-"),
            ("NE", "", "-", "-"),
            ("", "ER", "-", "MSA|AE|M1"),
            ("??", "", "MSA|AA|M1", "MSA|AE|M1"),
        ] {
            let message = message(accept, application);
            assert_eq!(msa(&message, |_| Fate::Kept), kept, "{accept}/{application}");
            assert_eq!(msa(&message, |_| Fate::NotNow(NotKept::Full)), not_now, "{accept}/{application}");
            let silent = Letter::open(message.as_bytes()).unwrap().is_silent();
            assert_eq!(silent, not_now == "-", "{accept}/{application}");
        }
    }

    #[test]
    fn what_is_refused() {
        let refused = |message: &str| {
            let letter = Letter::open(message.as_bytes()).unwrap();
            let Some(refusal) = letter.refusal.clone() else { return "taken".to_owned() };
            let answer = letter.answer(Fate::Refused(&refusal), "A1", "20260401093000").unwrap();
            let answer = String::from_utf8(answer).unwrap();
            let lines: Vec<&str> = answer.split('\r').skip(1).collect();
            let field = |line: &str, at: usize| line.split('|').nth(at).unwrap_or_default().to_owned();
            format!("{} {} {}", field(lines[0], 1), field(lines[0], 2), field(lines[1], 3))
        };
        let with = |from: &str, to: &str| message("", "").replace(from, to);
        assert_eq!(refused(&message("", "")), "taken");
        assert_eq!(refused("hello"), "AR  100^Segment sequence error^HL70357");
        assert_eq!(refused(""), "AR  100^Segment sequence error^HL70357");
        assert_eq!(refused(&with("|P|", "|T|")), "AR M1 202^Unsupported processing id^HL70357");
        assert_eq!(refused(&with("|P|", "|D^T|")), "AR M1 202^Unsupported processing id^HL70357");
        assert_eq!(refused(&with("|2.5|", "|3.0|")), "AR M1 203^Unsupported version id^HL70357");
        assert_eq!(refused(&with("|M1|", "||")), "AR  101^Required field missing^HL70357");
        assert_eq!(refused(&with("|ADT^A08|", "|QBP^Q23|")), "AR M1 200^Unsupported message type^HL70357");
        assert_eq!(refused(&with("|ADT^A08|", "||")), "AR M1 101^Required field missing^HL70357");
        // What others do without.
        for (from, to) in
            [("|P|", "||"), ("|P|", "|p^I|"), ("|2.5|", "||"), ("|2.5|", "|2.3.1|"), ("|20260401|", "||")]
        {
            assert_eq!(refused(&with(from, to)), "taken", "{to}");
        }
        // In enhanced mode.
        let enhanced = message("AL", "NE").replace("|P|", "|T|");
        assert_eq!(msa(&enhanced, |letter| Fate::Refused(letter.refusal.as_ref().unwrap())), "MSA|CR|M1");
        let large = Letter::too_large(message("", "").as_bytes()).unwrap();
        assert_eq!(large.refusal.unwrap().trouble, "too-large");
    }

    #[test]
    fn paths_follow_from_the_message_alone() {
        let path = |message: &str| Letter::open(message.as_bytes()).unwrap().path(message.as_bytes());
        let (one, other) = (message("", ""), message("", "").replace("PID|1", "PID|2"));
        assert_eq!(path(&one), path(&one));
        assert_ne!(path(&one), path(&other));
        assert!(path(&one).starts_with("20260401/M1-") && path(&one).ends_with(".hl7"), "{}", path(&one));
        let odd = path(&one.replace("|M1|", "|../a/b|").replace("|20260401|", "|2026|"));
        assert!(
            odd.starts_with("undated/_a_b-")
                || odd.starts_with("undated/_.._")
                || odd.starts_with("undated/_"),
            "{odd}"
        );
        assert_eq!(odd.split('/').count(), 2, "{odd}");
    }
}
