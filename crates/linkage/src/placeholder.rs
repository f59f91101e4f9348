//! Names and dates that stand for "not known": newborns without a name, test patients, the unidentified.
//!
//! They never link automatically. A person who really bears such a name only loses the automatic link.

/// What kind of stand-in it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Placeholder {
    /// ベビー, 新生児, 〇〇の子: a newborn without a name.
    Newborn,
    /// テスト, 練習: nobody at all.
    Test,
    /// 氏名不詳, 身元不明: somebody.
    Unidentified,
    /// 1900-01-01 and the like.
    BirthDate,
}

impl Placeholder {
    /// The words shown on the review desk.
    pub fn ja(self) -> &'static str {
        match self {
            Self::Newborn => "名前のない新生児の登録です",
            Self::Test => "練習用の登録のようです",
            Self::Unidentified => "氏名不詳の登録です",
            Self::BirthDate => "生年月日が仮の日付です",
        }
    }
}

/// Words that are a stand-in wherever they occur; folded as [`model::text::name`] folds.
const ANYWHERE: [(&str, Placeholder); 24] = [
    ("ベビー", Placeholder::Newborn),
    ("ベイビー", Placeholder::Newborn),
    ("ベビイ", Placeholder::Newborn),
    ("赤チヤン", Placeholder::Newborn),
    ("アカチヤン", Placeholder::Newborn),
    ("新生児", Placeholder::Newborn),
    ("シンセイジ", Placeholder::Newborn),
    ("テスト", Placeholder::Test),
    ("練習", Placeholder::Test),
    ("レンシユウ", Placeholder::Test),
    ("ダミー", Placeholder::Test),
    ("サンプル", Placeholder::Test),
    ("研修用", Placeholder::Test),
    ("試験用", Placeholder::Test),
    ("デモ患者", Placeholder::Test),
    ("不詳", Placeholder::Unidentified),
    ("不明", Placeholder::Unidentified),
    ("シメイフシヨウ", Placeholder::Unidentified),
    ("シメイフメイ", Placeholder::Unidentified),
    ("ミモトフメイ", Placeholder::Unidentified),
    ("名無シ", Placeholder::Unidentified),
    ("名ナシ", Placeholder::Unidentified),
    ("ナナシ", Placeholder::Unidentified),
    ("名前ナシ", Placeholder::Unidentified),
];

/// Words that are a stand-in only where they are a whole part of the name.
const WHOLE: [(&str, Placeholder); 25] = [
    ("児", Placeholder::Newborn),
    ("子", Placeholder::Newborn),
    ("男児", Placeholder::Newborn),
    ("女児", Placeholder::Newborn),
    ("男", Placeholder::Newborn),
    ("女", Placeholder::Newborn),
    ("長男", Placeholder::Newborn),
    ("長女", Placeholder::Newborn),
    ("第一子", Placeholder::Newborn),
    ("第二子", Placeholder::Newborn),
    ("第三子", Placeholder::Newborn),
    ("双子", Placeholder::Newborn),
    ("胎児", Placeholder::Newborn),
    ("baby", Placeholder::Newborn),
    ("babyboy", Placeholder::Newborn),
    ("babygirl", Placeholder::Newborn),
    ("test", Placeholder::Test),
    ("dummy", Placeholder::Test),
    ("demo", Placeholder::Test),
    ("デモ", Placeholder::Test),
    ("フシヨウ", Placeholder::Unidentified),
    ("フメイ", Placeholder::Unidentified),
    ("unknown", Placeholder::Unidentified),
    ("noname", Placeholder::Unidentified),
    ("xxx", Placeholder::Unidentified),
];

/// What a folded name, given whole and in its parts, stands for if it is no name.
pub(crate) fn of_name(whole: &str, parts: &[&str]) -> Option<Placeholder> {
    if let Some((_, found)) = ANYWHERE.iter().find(|(word, _)| whole.contains(word)) {
        return Some(*found);
    }
    let is_part = |word: &str| whole == word || parts.contains(&word);
    if let Some((_, found)) = WHOLE.iter().find(|(word, _)| is_part(word)) {
        return Some(*found);
    }
    let child_of =
        whole.chars().count() >= 5 && ["ノ子", "ノコドモ", "ベビ"].iter().any(|end| whole.ends_with(end));
    if child_of {
        return Some(Placeholder::Newborn);
    }
    // People are not numbered.
    let numbered = whole.chars().any(|c| c.is_numeric() && c.is_ascii());
    numbered.then_some(Placeholder::Test)
}

/// Dates that forms are left at. `1900-01-01` has no bearer any more; a whole date that is impossible was dropped before.
pub(crate) fn is_date(date: &str) -> bool {
    date < "1901-01-01" || date.starts_with("9999") || date == "2099-12-31" || date == "2999-12-31"
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::text::name as folded;

    #[test]
    fn the_tables_are_written_as_names_are_folded() {
        for (word, _) in ANYWHERE.iter().chain(&WHOLE) {
            assert_eq!(&folded(word), word);
        }
    }

    #[test]
    fn stand_ins_are_told_from_names() {
        let of = |family: &str, given: &str| {
            let (family, given) = (folded(family), folded(given));
            of_name(&format!("{family}{given}"), &[&family, &given])
        };
        assert_eq!(of("佐倉", "ベビー"), Some(Placeholder::Newborn));
        assert_eq!(of("佐倉", "花子ﾍﾞﾋﾞｰ"), Some(Placeholder::Newborn));
        assert_eq!(of("佐倉", "花子の子"), Some(Placeholder::Newborn));
        assert_eq!(of("ﾃｽﾄ", "患者"), Some(Placeholder::Test));
        assert_eq!(of("練習", "太郎"), Some(Placeholder::Test));
        assert_eq!(of("患者", "００１"), Some(Placeholder::Test));
        assert_eq!(of("氏名", "不詳"), Some(Placeholder::Unidentified));
        assert_eq!(of("シメイ", "フショウ"), Some(Placeholder::Unidentified));
        for (family, given) in [("佐倉", "花子"), ("マリア", "サントス"), ("金子", "実"), ("井出", "桃太")]
        {
            assert_eq!(of(family, given), None, "{family} {given}");
        }
    }

    #[test]
    fn filled_in_dates_are_told_from_birthdays() {
        for date in ["1900-01-01", "1868-01-01", "9999-12-31", "0001-01-01"] {
            assert!(is_date(date), "{date}");
        }
        assert!(!is_date("1912-07-30") && !is_date("1970-01-01"));
    }
}
