//! What the name of a file and its folders say (SS-MIX2 標準化ストレージ 構成の説明と構築のガイドライン
//! 1.2g §3): whose, which day, which data type and order, since when, and whether it still holds.
//!
//! `<patient>_<day|->_<data type>_<order number>_<transaction time>_<department|->_<condition flag>`, below
//! `<1-3>/<4-6>/<patient>/<day|->/<data type>/`.

use super::data_type::DataType;
use crate::hl7v2::timestamp;
use model::reading::{Effect, SourceOrder};

/// The condition flag at the end of the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// 1: holds.
    Valid,
    /// 2: replaced by a later file of the same patient, day, data type and order number.
    Superseded,
    /// 0: deleted.
    Deleted,
}

impl Flag {
    /// Reads the end of a name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "1" => Some(Self::Valid),
            "2" => Some(Self::Superseded),
            "0" => Some(Self::Deleted),
            _ => None,
        }
    }

    /// What the flag does to the set.
    pub fn effect(self) -> Effect {
        match self {
            Self::Valid => Effect::Stated,
            Self::Superseded => Effect::Superseded,
            Self::Deleted => Effect::Deleted,
        }
    }

    /// Later flags of the same file sort behind earlier ones: 1, then 2, then 0.
    fn rank(self) -> char {
        match self {
            Self::Valid => '1',
            Self::Superseded => '2',
            Self::Deleted => '3',
        }
    }
}

/// What the name of a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The patient's number; empty if the name is not one of the storage.
    pub patient: String,
    /// 診療日 `YYYYMMDD`; empty for data without a day.
    pub day: String,
    /// Data type.
    pub data_type: DataType,
    /// Order number, 15 digits as a rule; fifteen nines where the data type has no order.
    pub order_number: String,
    /// When the message was written, 17 digits as a rule.
    pub transaction_time: String,
    /// Department code; empty if none.
    pub department: String,
    /// Whether it still holds.
    pub flag: Flag,
    /// データ種別フォルダ of the extended storage, `local code^name^system^standard code^name^system`; empty in the
    /// standardised storage.
    pub folder: String,
    /// What tells messages of one moment apart (MSH-10), where no file name holds milliseconds; empty for files.
    pub tie: String,
}

impl Name {
    /// Reads the last part of a path. A patient's number or a department may hold underscores: the data
    /// type behind a day is what the rest is counted from.
    pub fn parse(path: &str) -> Option<Self> {
        let file = path.rsplit('/').next()?;
        let parts: Vec<&str> = file.split('_').collect();
        let at = parts.iter().enumerate().skip(2).find_map(|(index, part)| {
            let before = parts.get(index - 1)?;
            (DataType::parse(part).is_some() && is_day(before)).then_some(index)
        })?;
        let (head, tail) = (parts.get(..at - 1)?, parts.get(at + 1..)?);
        let [order_number, time, department @ .., flag] = tail else { return None };
        let flag = Flag::parse(flag)?;
        let patient = head.join("_");
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if patient.trim().is_empty() || order_number.is_empty() || !digits(time) || department.is_empty() {
            return None;
        }
        let blank = |text: &str| if text == "-" { String::new() } else { text.to_owned() };
        Some(Self {
            patient: patient.trim().to_owned(),
            day: blank(parts.get(at - 1)?),
            data_type: DataType::parse(parts.get(at)?)?,
            order_number: (*order_number).to_owned(),
            transaction_time: (*time).to_owned(),
            department: blank(&department.join("_")),
            flag,
            folder: String::new(),
            tie: String::new(),
        })
    }

    /// The set that a later file with the same patient, day, data type and order number replaces. The day is
    /// part of it: a result of another day under the same order does not replace the first.
    pub fn set(&self) -> String {
        let word = if self.folder.is_empty() { self.data_type.word() } else { &self.folder };
        match self.day.as_str() {
            "" => format!("{word}/{}", self.order_number),
            day => format!("{word}/{}/{day}", self.order_number),
        }
    }

    /// Position of the file's statement in the source's own time.
    pub fn order(&self) -> SourceOrder {
        SourceOrder::new(&self.transaction_time, format!("{}{}", self.flag.rank(), self.tie))
    }

    /// Position of what the file says of the patient's registration: files of one moment are told apart.
    pub fn registration_order(&self) -> SourceOrder {
        let sequence = format!("{}/{}/{}{}", self.data_type, self.order_number, self.flag.rank(), self.tie);
        SourceOrder::new(&self.transaction_time, sequence)
    }

    /// 診療日 as FHIR date; for data without a day, and where the writer left it out, the day it was written.
    pub fn date(&self) -> Option<String> {
        let written = self.transaction_time.get(..8).unwrap_or_default();
        timestamp::date(&self.day).or_else(|_| timestamp::date(written)).ok()
    }
}

/// What the folders of a storage say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// The patient's number.
    pub patient: String,
    /// 診療日 `YYYYMMDD`; empty for data without a day.
    pub day: String,
    /// Data type, as written.
    pub data_type: String,
}

impl Folders {
    /// Reads the folders above a file, if they are those of a storage.
    pub fn parse(path: &str) -> Option<Self> {
        let mut parts = path.rsplit('/').skip(1);
        let (data_type, day, patient) = (parts.next()?, parts.next()?, parts.next()?);
        if DataType::parse(data_type).is_none() || !is_day(day) || patient.is_empty() {
            return None;
        }
        let day = if day == "-" { "" } else { day };
        Some(Self { patient: patient.to_owned(), day: day.to_owned(), data_type: data_type.to_owned() })
    }
}

/// `YYYYMMDD`, or `-` for data without a day.
pub fn is_day(text: &str) -> bool {
    text == "-" || (text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_the_storage() {
        let path =
            "999/901/9999013/20110701/OMP-01/9999013_20110701_OMP-01_000000011000185_20110701224603984_01_2";
        let name = Name::parse(path).unwrap();
        assert_eq!(
            (name.patient.as_str(), name.data_type, name.flag),
            ("9999013", DataType::Omp01, Flag::Superseded)
        );
        assert_eq!(name.set(), "OMP-01/000000011000185/20110701");
        assert_eq!(
            (name.order().time.as_str(), name.date().as_deref()),
            ("20110701224603984", Some("2011-07-01"))
        );
        let odd = Name::parse("A_1-x_-_ADT-00_999999999999999_20111220224447339_-_1").unwrap();
        assert_eq!((odd.patient.as_str(), odd.day.as_str(), odd.department.as_str()), ("A_1-x", "", ""));
        assert_eq!(odd.set(), "ADT-00/999999999999999");
        let folders = Folders::parse(path).unwrap();
        assert_eq!((folders.patient.as_str(), folders.data_type.as_str()), ("9999013", "OMP-01"));
    }

    #[test]
    fn other_names() {
        for path in [
            "",
            "a",
            "readme.txt",
            "9999013_20110701_OMX-01_1_20110701224603984_01_1",
            "9999013_20110701_OMP-01_1_20110701224603984_01_7",
            "_20110701_OMP-01_1_20110701224603984_01_1",
            "9999013_2011_OMP-01_1_20110701224603984_01_1",
            "9999013_20110701_OMP-01_1_20110701224603984_1",
            "OMP-01_20110701_OMP-01",
        ] {
            assert_eq!(Name::parse(path), None, "{path}");
        }
        assert_eq!(Folders::parse("in/9999013_1"), None);
    }

    proptest! {
        #[test]
        fn any_path_is_read(path in "[\\PC/_]{0,80}") {
            let _ = (Name::parse(&path), Folders::parse(&path));
        }

        #[test]
        fn any_patient_number_comes_back(patient in "[A-Za-z0-9_ -]{0,12}[A-Za-z0-9]", day in 20000101u32..20991231) {
            let name = Name::parse(&format!("{patient}_{day}_OMD_1_20110701224603984_01_0")).unwrap();
            prop_assert_eq!(name.patient.as_str(), patient.trim());
            prop_assert_eq!(name.flag, Flag::Deleted);
        }
    }
}
