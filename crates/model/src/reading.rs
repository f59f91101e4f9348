//! What a reader says about one delivery: statements and problems.
//!
//! A reader (crate `formats`) is a pure function from bytes to a [`Reading`]. It knows nothing of the store.
//! It names each record by a *key* that is stable at the source; [`Reading::resolve`] turns keys into ids.
//!
//! A **statement** says: "as of `order` (the source's own time), the set `set` of this patient consists of
//! exactly these records". A later statement of the same set replaces it: what it no longer names is gone.
//! How statements fold into versions, whatever order they arrive in, is the store's part.

use crate::ids::{CompartmentId, FacilityId, LocalId, RecordId, SourceName};
use crate::personal::Personal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A FHIR R4 resource, kept whole: unknown elements survive. Always has `resourceType`.
pub type Resource = Map<String, Value>;

/// Prefix of a reference from one record to another of the same reading: `urn:key:<record key>`.
/// [`Reading::resolve`] rewrites it to `<Type>/<record id>`.
pub const KEY_REFERENCE: &str = "urn:key:";

/// Key and set of the one Patient every registration has, whichever source states it.
pub const PATIENT_KEY: &str = "Patient";

/// The formats that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Format {
    /// SS-MIX2 standardised storage, HL7 v2.5 files.
    #[serde(rename = "ss-mix2")]
    SsMix2,
    /// JAHIS electronic medicine notebook CSV (電子版お薬手帳).
    #[serde(rename = "okusuri")]
    Okusuri,
    /// Resident register CSV of a town hall (our columns).
    #[serde(rename = "resident")]
    Resident,
    /// FHIR R4 JSON: single resources and Bundles.
    #[serde(rename = "fhir")]
    Fhir,
    /// Consents and relationships CSV (our columns).
    #[serde(rename = "consent")]
    Consent,
    /// LIFE (科学的介護情報システム) CSV interfaces.
    #[serde(rename = "life")]
    Life,
    /// JAHIS 院外処方箋2次元シンボル: the text of the code.
    #[serde(rename = "rx-2d")]
    Rx2d,
    /// オンライン資格確認 result, XML or JSON.
    #[serde(rename = "eligibility")]
    Eligibility,
    /// レセプト電算処理 (UKE): claims of medical, DPC, dental, pharmacy and home nursing.
    #[serde(rename = "uke")]
    Uke,
    /// Answers of the ORCA (日医標準レセプトソフト) API, JSON or XML.
    #[serde(rename = "orca")]
    Orca,
    /// 介護給付費請求 and 給付管理票 CSV.
    #[serde(rename = "care-claim")]
    CareClaim,
    /// ケアプランデータ連携 CSV.
    #[serde(rename = "care-plan")]
    CarePlan,
    /// 口腔診査情報標準コード仕様 records.
    #[serde(rename = "dental")]
    Dental,
    /// HL7 CDA R2 documents.
    #[serde(rename = "cda")]
    Cda,
    /// PDF documents.
    #[serde(rename = "pdf")]
    Pdf,
    /// DICOM objects: the header; the image is kept.
    #[serde(rename = "dicom")]
    Dicom,
    /// Photographs and scans (JPEG, PNG): a paper document, or a 2D code on it.
    #[serde(rename = "image")]
    Image,
    /// HL7 v2 messages as sent over MLLP, without a storage's file name.
    #[serde(rename = "hl7")]
    Hl7,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[
        Self::SsMix2,
        Self::Okusuri,
        Self::Resident,
        Self::Fhir,
        Self::Consent,
        Self::Life,
        Self::Rx2d,
        Self::Eligibility,
        Self::Uke,
        Self::Orca,
        Self::CareClaim,
        Self::CarePlan,
        Self::Dental,
        Self::Cda,
        Self::Pdf,
        Self::Dicom,
        Self::Image,
        Self::Hl7,
    ];
    /// The name used on the command line and in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::SsMix2 => "ss-mix2",
            Self::Okusuri => "okusuri",
            Self::Resident => "resident",
            Self::Fhir => "fhir",
            Self::Consent => "consent",
            Self::Life => "life",
            Self::Rx2d => "rx-2d",
            Self::Eligibility => "eligibility",
            Self::Uke => "uke",
            Self::Orca => "orca",
            Self::CareClaim => "care-claim",
            Self::CarePlan => "care-plan",
            Self::Dental => "dental",
            Self::Cda => "cda",
            Self::Pdf => "pdf",
            Self::Dicom => "dicom",
            Self::Image => "image",
            Self::Hl7 => "hl7",
        }
    }
    /// Reads the name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|each| each.word() == word)
    }
}

/// One delivery as a reader sees it.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Path below the root that was watched or imported, `/` between parts, with the file name.
    pub path: &'a str,
    /// The bytes as received.
    pub bytes: &'a [u8],
    /// When the source last changed the file (`YYYYMMDDHHMMSSmmm`, JST), for formats that carry no time
    /// of their own. Empty if unknown.
    pub source_time: &'a str,
}

/// Not a file of the asked format: nothing is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {text}")]
pub struct Refused {
    /// Short machine word, e.g. `not-ss-mix2`.
    pub code: &'static str,
    /// What is wrong, for the person who sent it. No personal data.
    pub text: String,
}

/// Something a reader could not do, did not map, or found odd. Never stops the reading.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// Short machine word: `not-mapped`, `patient-id-mismatch`, `impossible-date`, `charset`, `unreadable`…
    pub code: String,
    /// Where in the original, in the format's own terms: `PID-11.4`, `record 201 line 7 field 4`,
    /// `Bundle.entry[3].resource.code`.
    pub at: String,
    /// What it is, in a sentence. May name the field, never a person's data.
    pub text: String,
}

impl Problem {
    /// Makes a problem.
    pub fn new(code: &str, at: impl Into<String>, text: impl Into<String>) -> Self {
        Self { code: code.to_owned(), at: at.into(), text: text.into() }
    }
}

/// Whom a statement is about, in the sender's words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PatientKey {
    /// The facility's own patient number.
    Local(LocalId),
    /// The message says one number, the place it was found says another. Kept apart until a human confirms.
    Disputed {
        /// What the message says (PID-3): decides where the records belong.
        message: LocalId,
        /// What the path says.
        path: LocalId,
    },
    /// No number, but a full description (name, kana, birth date, sex, address or phone) that is the same
    /// each time: a fingerprint of it. Used by medicine notebooks.
    Described(Personal<String>),
    /// Nobody is named, or too little to tell: a compartment of its own until a human assigns it.
    Nobody,
}

impl PatientKey {
    /// The key text of the compartment; `delivery` is used where nobody is named.
    pub fn compartment_key(&self, source: &SourceName, delivery: &str) -> String {
        match self {
            Self::Local(id) => format!("id:{}", id.reveal()),
            Self::Disputed { message, path } => {
                format!("disputed:{}:{}:{}", message.reveal().len(), message.reveal(), path.reveal())
            }
            Self::Described(print) => format!("described:{}:{}", source.as_str(), print.reveal()),
            Self::Nobody => format!("delivery:{}:{}", source.as_str(), delivery),
        }
    }

    /// True if a human must say whose it is before it may be shown under anybody.
    pub fn needs_assignment(&self) -> bool {
        matches!(self, Self::Disputed { .. } | Self::Nobody)
    }

    /// The facility's number for the patient, if there is one.
    pub fn local_id(&self) -> Option<&LocalId> {
        match self {
            Self::Local(id) | Self::Disputed { message: id, .. } => Some(id),
            Self::Described(_) | Self::Nobody => None,
        }
    }
}

/// Position in the source's own time; compares as text. `time` is `YYYYMMDDHHMMSSmmm` in JST (17 digits,
/// padded with zeros), `sequence` breaks ties within the source (a serial, an index; never arrival).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceOrder {
    /// Time of the statement at the source, 17 digits.
    pub time: String,
    /// Tie-breaker.
    pub sequence: String,
}

impl SourceOrder {
    /// Makes a position from any number of leading digits of a time; other characters are dropped.
    pub fn new(time: &str, sequence: impl Into<String>) -> Self {
        let mut digits: String = time.chars().filter(char::is_ascii_digit).take(17).collect();
        while digits.len() < 17 {
            digits.push('0');
        }
        Self { time: digits, sequence: sequence.into() }
    }
}

/// What a statement does to its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// The set consists of these records.
    #[serde(rename = "stated")]
    Stated,
    /// It did (SS-MIX2 condition flag 2): the source has replaced it by a statement we may not have yet.
    #[serde(rename = "superseded")]
    Superseded,
    /// The source has deleted the set (flag 0): its records are what was deleted.
    #[serde(rename = "deleted")]
    Deleted,
}

/// How much of a record a statement says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Extent {
    /// The whole record.
    #[serde(rename = "whole")]
    Whole,
    /// Only what this message happened to carry (the PID of an order): fills elements that no whole
    /// statement of the record gives, never overrides one. Newest first.
    #[serde(rename = "supplement")]
    Supplement,
}

/// One record as stated.
#[derive(Debug, Clone, PartialEq)]
pub struct StatedRecord {
    /// Stable key within patient and source: `OMP-01/000000011000185/2/1`. [`PATIENT_KEY`] for the Patient.
    pub key: String,
    /// The resource without `id`; references to other records of this reading as `urn:key:<key>`.
    pub resource: Resource,
    /// Whole or supplement.
    pub extent: Extent,
    /// Where in the original the record starts: `RXE[2]`, `line 7`, `Bundle.entry[3]`.
    pub at: String,
}

/// What one delivery says about one set of one patient.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Whom it is about.
    pub patient: PatientKey,
    /// The set that is replaced: `OMP-01/000000011000185`. [`PATIENT_KEY`] for the registration itself.
    pub set: String,
    /// Since when it holds, at the source.
    pub order: SourceOrder,
    /// Stated, superseded or deleted.
    pub effect: Effect,
    /// The members.
    pub records: Vec<StatedRecord>,
}

/// Everything a reader got out of one delivery.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// What is said, in the order of the original.
    pub statements: Vec<Statement>,
    /// What could not be read or mapped.
    pub problems: Vec<Problem>,
    /// Consents and relationships, for the format that carries them (not clinical; see [`ConsentRow`]).
    pub consents: Vec<ConsentRow>,
}

/// One line of a consent file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRow {
    /// The facility's number for the patient.
    pub local_id: LocalId,
    /// What the line says.
    pub entry: ConsentEntry,
    /// First day (`YYYY-MM-DD`, JST).
    pub from: String,
    /// Last day, inclusive, if there is an end.
    pub until: Option<String>,
    /// Line number in the file.
    pub line: usize,
}

/// What a consent line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsentEntry {
    /// The person agrees that these facilities share and see; empty = every facility of the region.
    Permit(Vec<FacilityId>),
    /// The person refuses these facilities; empty = withdraws everything.
    Deny(Vec<FacilityId>),
    /// A facility has a reason to see this person: `visit`, `referral`, `care-contract`, `team`.
    Relationship {
        /// The facility that may look.
        facility: FacilityId,
        /// Why.
        reason: String,
    },
}

impl Reading {
    /// Number of records stated (put, patched or removed).
    pub fn record_count(&self) -> usize {
        self.statements.iter().map(|statement| statement.records.len()).sum::<usize>() + self.consents.len()
    }

    /// A reading that only says why nothing could be read.
    pub fn unreadable(problem: Problem) -> Self {
        Self { problems: vec![problem], ..Self::default() }
    }
}

impl Statement {
    /// The id of the record under `key` in `compartment`, as stated by `source`. The Patient of a
    /// registration is one record whichever source states it.
    pub fn record_id(compartment: CompartmentId, source: &SourceName, key: &str) -> RecordId {
        let source = if key == PATIENT_KEY { "" } else { source.as_str() };
        RecordId::derive(compartment, source, key)
    }

    /// The records with their ids set and `urn:key:` references rewritten to `<Type>/<id>`.
    pub fn resolve(
        &self,
        compartment: CompartmentId,
        source: &SourceName,
        types: &KeyTypes,
    ) -> Vec<(RecordId, Resource)> {
        self.records
            .iter()
            .map(|record| {
                let id = Self::record_id(compartment, source, &record.key);
                let mut resolved = Map::with_capacity(record.resource.len() + 1);
                if let Some(kind) = record.resource.get("resourceType") {
                    resolved.insert("resourceType".into(), kind.clone());
                }
                resolved.insert("id".into(), Value::String(id.to_string()));
                for (name, value) in &record.resource {
                    if name != "resourceType" && name != "id" {
                        let mut value = value.clone();
                        rewrite(&mut value, compartment, source, types);
                        resolved.insert(name.clone(), value);
                    }
                }
                (id, resolved)
            })
            .collect()
    }
}

/// Resource type of each record key of a reading, for references.
pub type KeyTypes = std::collections::HashMap<String, String>;

impl Reading {
    /// Resource type of every record key, to resolve references between statements.
    pub fn key_types(&self) -> KeyTypes {
        let mut types = KeyTypes::new();
        types.insert(PATIENT_KEY.to_owned(), "Patient".to_owned());
        for record in self.statements.iter().flat_map(|statement| &statement.records) {
            if let Some(kind) = record.resource.get("resourceType").and_then(Value::as_str) {
                types.insert(record.key.clone(), kind.to_owned());
            }
        }
        types
    }
}

fn rewrite(value: &mut Value, compartment: CompartmentId, source: &SourceName, types: &KeyTypes) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map.iter_mut() {
                if let ("reference", Value::String(text)) = (name.as_str(), &mut *inner) {
                    if let Some(key) = text.strip_prefix(KEY_REFERENCE) {
                        let id = Statement::record_id(compartment, source, key);
                        let kind = types.get(key).map_or("Resource", String::as_str);
                        *text = format!("{kind}/{id}");
                    }
                } else {
                    rewrite(inner, compartment, source, types);
                }
            }
        }
        Value::Array(list) => {
            for inner in list {
                rewrite(inner, compartment, source, types);
            }
        }
        _ => {}
    }
}
