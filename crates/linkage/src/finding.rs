//! What a comparison found, field by field, in words for the review desk. No value of any person is in it.

use crate::placeholder::Placeholder;

/// The fields that are compared, in the order they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// 氏名 as written.
    Name,
    /// 姓, written or read.
    Family,
    /// 名, written or read.
    Given,
    /// カナ
    Kana,
    /// 生年月日
    BirthDate,
    /// 性別
    Sex,
    /// 住所
    Address,
    /// 電話
    Phone,
    /// 保険者番号・記号・番号
    Insurance,
    /// 枝番
    Branch,
}

impl Field {
    /// The Japanese word.
    pub fn ja(self) -> &'static str {
        match self {
            Self::Name => "氏名",
            Self::Family => "姓",
            Self::Given => "名",
            Self::Kana => "カナ",
            Self::BirthDate => "生年月日",
            Self::Sex => "性別",
            Self::Address => "住所",
            Self::Phone => "電話",
            Self::Insurance => "保険（保険者・記号・番号）",
            Self::Branch => "枝番",
        }
    }
}

/// How far two values agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Equal after folding.
    Same,
    /// Unequal in a way that happens to one person; the note says which.
    Close,
    /// Unequal.
    Different,
    /// At least one is not known.
    Missing,
}

/// What is special about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Note {
    /// Nothing.
    Plain,
    /// One character differs.
    OneCharacter,
    /// Equal but for long vowels (ユウキ, ユキ).
    LongVowel,
    /// Read the same, written differently.
    SameReading,
    /// Written the same, read differently.
    SameWriting,
    /// Family and given name exchanged.
    Exchanged,
    /// Equal to a 旧氏, 通称 or other name.
    OtherName,
    /// One digit, or two exchanged.
    OneDigit,
    /// Month and day exchanged.
    MonthAndDayExchanged,
    /// One era taken for another.
    EraMistaken,
    /// The same town, another or no block.
    SameTown,
    /// Insurer and number are equal, one symbol is not known.
    SymbolMissing,
}

impl Note {
    /// The Japanese words; empty for nothing special.
    pub fn ja(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::OneCharacter => "1文字違い",
            Self::LongVowel => "長音の違い",
            Self::SameReading => "読みは同じ、表記が違う",
            Self::SameWriting => "表記は同じ、読みが違う",
            Self::Exchanged => "姓と名が逆",
            Self::OtherName => "旧氏・通称と同じ",
            Self::OneDigit => "数字1つの違い",
            Self::MonthAndDayExchanged => "月と日が逆",
            Self::EraMistaken => "元号の取り違え",
            Self::SameTown => "町は同じ、番地が違う",
            Self::SymbolMissing => "記号が片方にない",
        }
    }
}

/// The result for one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Finding {
    /// How far the values agree.
    pub level: Level,
    /// What is special.
    pub note: Note,
}

impl Finding {
    pub(crate) const SAME: Self = Self { level: Level::Same, note: Note::Plain };
    pub(crate) const DIFFERENT: Self = Self { level: Level::Different, note: Note::Plain };
    pub(crate) const MISSING: Self = Self { level: Level::Missing, note: Note::Plain };

    pub(crate) fn close(note: Note) -> Self {
        Self { level: Level::Close, note }
    }

    /// Equal.
    pub fn is_same(self) -> bool {
        self.level == Level::Same
    }
    /// Unequal, and not by a slip.
    pub fn is_different(self) -> bool {
        self.level == Level::Different
    }
    /// Not comparable.
    pub fn is_missing(self) -> bool {
        self.level == Level::Missing
    }
    /// Nearly equal.
    pub fn is_close(self) -> bool {
        self.level == Level::Close
    }

    /// The Japanese words: 同じ, 近い（1文字違い）, 違う, 不明.
    pub fn ja(self) -> String {
        let level = match self.level {
            Level::Same => "同じ",
            Level::Close => "近い",
            Level::Different => "違う",
            Level::Missing => "片方または両方が不明",
        };
        if self.note == Note::Plain { level.to_owned() } else { format!("{level}（{}）", self.note.ja()) }
    }
}

/// Two registrations side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// 氏名 as written.
    pub name: Finding,
    /// 姓
    pub family: Finding,
    /// 名
    pub given: Finding,
    /// カナ
    pub kana: Finding,
    /// 生年月日
    pub birth_date: Finding,
    /// 性別
    pub sex: Finding,
    /// 住所
    pub address: Finding,
    /// 電話
    pub phone: Finding,
    /// 保険者番号・記号・番号
    pub insurance: Finding,
    /// 枝番 of the insurances that are the same.
    pub branch: Finding,
    /// What in either of the two stands for "not known".
    pub placeholders: Vec<Placeholder>,
}

impl Comparison {
    /// Every field with its finding, in the order they are shown.
    pub fn findings(&self) -> [(Field, Finding); 10] {
        [
            (Field::Name, self.name),
            (Field::Family, self.family),
            (Field::Given, self.given),
            (Field::Kana, self.kana),
            (Field::BirthDate, self.birth_date),
            (Field::Sex, self.sex),
            (Field::Address, self.address),
            (Field::Phone, self.phone),
            (Field::Insurance, self.insurance),
            (Field::Branch, self.branch),
        ]
    }
}
