//! Every word a person reads, by message id: Japanese, やさしい日本語, English. One file per language.
//!
//! No page writes a sentence of its own, and no error's `Display` is ever shown to a person.

mod easy;
mod en;
mod ids;
mod ja;
mod kinds;

pub use ids::Id;

/// A language of the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Japanese.
    Ja,
    /// Plain Japanese.
    Easy,
    /// English.
    En,
}

impl Lang {
    /// Every language, in the order of the switch.
    pub const ALL: &'static [Self] = &[Self::Ja, Self::Easy, Self::En];

    /// The word in addresses and cookies.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::Easy => "easy",
            Self::En => "en",
        }
    }

    /// Reads the word.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|each| each.code() == code)
    }

    /// BCP 47 tag for the `lang` attribute.
    pub fn html(self) -> &'static str {
        match self {
            Self::Ja | Self::Easy => "ja",
            Self::En => "en",
        }
    }

    /// What the language calls itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::Ja => "日本語",
            Self::Easy => "やさしい日本語",
            Self::En => "English",
        }
    }

    /// The message.
    pub fn t(self, id: Id) -> &'static str {
        match self {
            Self::Ja => ja::text(id),
            Self::Easy => easy::text(id),
            Self::En => en::text(id),
        }
    }

    /// The message with `{0}`, `{1}` … replaced. What is put in is not searched again.
    pub fn f(self, id: Id, parts: &[&str]) -> String {
        let mut out = String::new();
        let mut rest = self.t(id);
        while let Some(open) = rest.find('{') {
            let (before, tail) = rest.split_at(open);
            out.push_str(before);
            let close = tail.find('}').unwrap_or(tail.len() - 1);
            let number = tail.get(1..close).and_then(|digits| digits.parse::<usize>().ok());
            if let Some(part) = number.and_then(|number| parts.get(number)) {
                out.push_str(part);
            }
            rest = tail.get(close + 1..).unwrap_or_default();
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holes(text: &str) -> Vec<&str> {
        let mut list: Vec<&str> = text.split('{').skip(1).filter_map(|part| part.split('}').next()).collect();
        list.sort_unstable();
        list
    }

    #[test]
    fn every_message_has_the_same_holes_in_every_language() {
        for id in Id::ALL {
            for lang in Lang::ALL {
                assert!(!lang.t(*id).trim().is_empty(), "{id:?} {lang:?}");
                assert_eq!(holes(lang.t(*id)), holes(Lang::Ja.t(*id)), "{id:?} {lang:?}");
            }
        }
    }

    #[test]
    fn what_is_put_in_is_not_read_again() {
        assert_eq!(Lang::Ja.f(Id::StretchRecords, &["{1}", "b", "3"]), "{1} から b まで 記録 3件");
        assert_eq!(Lang::Ja.f(Id::Years, &[]), "歳");
    }
}
