//! The 26 data types of the standardised storage and the messages they hold (SS-MIX2 1.2g, table 1).

use std::fmt;

/// Folder of the vital signs in the extended storage (National Hospital Organization, バイタルデータ).
const OBSERVATIONS: &str = "L-OBSERVATIONS^OBSERVATIONS^99ZL01";

macro_rules! data_types {
    ($($(#[$doc:meta])* $name:ident = $word:literal, [$($message:literal),+];)+) => {
        /// What a file of the standardised storage is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum DataType {
            $($(#[$doc])* $name,)+
            /// Vital signs in the extended storage, and ORU^R30 without any: none of the 26.
            Observations,
        }

        impl DataType {
            /// Every data type of the standardised storage.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
            /// Name of the folder and in the file name.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ Self::Observations => OBSERVATIONS }
            }
            /// MSH-9 of the messages it holds, `code^event`; a second one takes the first back.
            pub fn messages(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($message),+],)+ Self::Observations => &["ORU^R30"] }
            }
            /// Reads the name.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

data_types!(
    /// 患者基本情報
    Adt00 = "ADT-00", ["ADT^A08", "ADT^A23"];
    /// 担当医の変更
    Adt01 = "ADT-01", ["ADT^A54", "ADT^A55"];
    /// 外来診察の受付
    Adt12 = "ADT-12", ["ADT^A04"];
    /// 入院予定
    Adt21 = "ADT-21", ["ADT^A14", "ADT^A27"];
    /// 入院実施
    Adt22 = "ADT-22", ["ADT^A01", "ADT^A11"];
    /// 外出泊実施
    Adt31 = "ADT-31", ["ADT^A21", "ADT^A52"];
    /// 外出泊帰院実施
    Adt32 = "ADT-32", ["ADT^A22", "ADT^A53"];
    /// 転科・転棟(転室・転床)予定
    Adt41 = "ADT-41", ["ADT^A15", "ADT^A26"];
    /// 転科・転棟(転室・転床)実施
    Adt42 = "ADT-42", ["ADT^A02", "ADT^A12"];
    /// 退院予定
    Adt51 = "ADT-51", ["ADT^A16", "ADT^A25"];
    /// 退院実施
    Adt52 = "ADT-52", ["ADT^A03", "ADT^A13"];
    /// アレルギー情報
    Adt61 = "ADT-61", ["ADT^A60"];
    /// 病名(歴)情報
    Ppr01 = "PPR-01", ["PPR^ZD1"];
    /// 食事オーダ
    Omd = "OMD", ["OMD^O03"];
    /// 処方オーダ
    Omp01 = "OMP-01", ["RDE^O11"];
    /// 処方実施通知
    Omp11 = "OMP-11", ["RAS^O17"];
    /// 注射オーダ
    Omp02 = "OMP-02", ["RDE^O11"];
    /// 注射実施通知
    Omp12 = "OMP-12", ["RAS^O17"];
    /// 検体検査オーダ
    Oml01 = "OML-01", ["OML^O33"];
    /// 検体検査結果通知
    Oml11 = "OML-11", ["OUL^R22"];
    /// 放射線検査オーダ
    Omg01 = "OMG-01", ["OMG^O19"];
    /// 放射線検査の実施通知
    Omg11 = "OMG-11", ["OMI^Z23"];
    /// 内視鏡検査オーダ
    Omg02 = "OMG-02", ["OMG^O19"];
    /// 内視鏡検査の実施通知
    Omg12 = "OMG-12", ["OMI^Z23"];
    /// 生理検査オーダ
    Omg03 = "OMG-03", ["OMG^O19"];
    /// 生理検査結果通知
    Omg13 = "OMG-13", ["ORU^R01"];
);

impl DataType {
    /// True if the message type takes back what the data type's first message says.
    pub fn cancels(self, message_type: &str) -> bool {
        self.messages().iter().skip(1).any(|each| *each == message_type)
    }

    /// Data types that hold messages of a type (`code^event`).
    pub fn of_message(message_type: &str) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |each| each.messages().contains(&message_type))
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_twenty_six() {
        assert_eq!(DataType::ALL.len(), 26);
        assert!(DataType::ALL.iter().all(|each| DataType::parse(each.word()) == Some(*each)));
        assert!(DataType::Adt22.cancels("ADT^A11") && !DataType::Adt22.cancels("ADT^A01"));
        assert_eq!(DataType::of_message("RDE^O11").count(), 2);
    }
}
