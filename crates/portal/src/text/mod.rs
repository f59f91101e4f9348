//! Every word a person reads, by message id: Japanese, やさしい日本語, English. What all pages say stands in one file per
//! language; an area with words of its own ([`messages!`]) has one file with all three side by side.
//!
//! No page writes a sentence of its own, and no error's `Display` is ever shown to a person.

mod easy;
mod en;
mod first_screen;
mod ids;
mod ja;
mod kinds;
mod quality;

pub use first_screen::FirstScreen;
pub use ids::Id;
pub use quality::Quality;

/// The name of a message, which has a text in each language.
pub trait Message: Copy {
    /// The text; `{0}`, `{1}` … are filled in by the caller.
    fn text(self, lang: Lang) -> &'static str;
}

impl Message for Id {
    fn text(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Ja => ja::text(self),
            Lang::Easy => easy::text(self),
            Lang::En => en::text(self),
        }
    }
}

/// The messages of one area: a name and its text in Japanese, やさしい日本語 and English.
macro_rules! messages {
    ($(#[$doc:meta])* $area:ident { $($name:ident: $ja:literal, $easy:literal, $en:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $area { $(#[doc = $en] $name,)+ }

        impl $area {
            /// Every message.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
        }

        impl $crate::text::Message for $area {
            fn text(self, lang: $crate::text::Lang) -> &'static str {
                let texts: (&str, &str, &str) = match self { $(Self::$name => ($ja, $easy, $en),)+ };
                match lang {
                    $crate::text::Lang::Ja => texts.0,
                    $crate::text::Lang::Easy => texts.1,
                    $crate::text::Lang::En => texts.2,
                }
            }
        }

        #[cfg(test)]
        #[test]
        fn every_message_is_there_in_every_language() {
            $crate::text::tests::whole($area::ALL);
        }
    };
}
pub(crate) use messages;

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
    pub fn t(self, id: impl Message) -> &'static str {
        id.text(self)
    }

    /// The message with `{0}`, `{1}` … replaced. What is put in is not searched again.
    pub fn f(self, id: impl Message, parts: &[&str]) -> String {
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

    /// Each message says something in each language, with the same holes.
    pub(super) fn whole<M: Message + std::fmt::Debug>(all: &[M]) {
        for id in all {
            for lang in Lang::ALL {
                assert!(!lang.t(*id).trim().is_empty(), "{id:?} {lang:?}");
                assert_eq!(holes(lang.t(*id)), holes(Lang::Ja.t(*id)), "{id:?} {lang:?}");
            }
        }
    }

    #[test]
    fn every_message_has_the_same_holes_in_every_language() {
        whole(Id::ALL);
    }

    #[test]
    fn what_is_put_in_is_not_read_again() {
        assert_eq!(Lang::Ja.f(Id::StretchRecords, &["{1}", "b", "3"]), "{1} から b まで 記録 3件");
        assert_eq!(Lang::Ja.f(Id::Years, &[]), "歳");
    }
}
