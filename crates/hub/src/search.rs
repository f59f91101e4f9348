//! Finding a person by what somebody types: reading, name, birth date, number.

use crate::Hub;
use access::{Refusal, Viewer};
use model::text;
use model::wareki;
use std::collections::BTreeSet;
use store::Registered;

/// More persons than this cannot be told apart on a page.
pub const TOO_MANY: usize = 50;
/// Longest prefixes that are kept (see `link::search_keys`).
const READING_PREFIX: usize = 8;
const NAME_PREFIX: usize = 6;

/// What was typed, as keys of the search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Keys that a registration must have, all of them.
    pub keys: Vec<String>,
    /// Birth date as understood, `YYYY-MM-DD`.
    pub birth: Option<String>,
    whole: Vec<String>,
    short: bool,
}

impl Asked {
    /// Reads what was typed. Words of letters are one name or reading; a word that is a date is a birth date; other words
    /// with digits are numbers.
    pub fn read(words: &str, birth: &str) -> Self {
        let mut asked = Self { birth: date(birth), ..Self::default() };
        let mut letters = String::new();
        for word in words.split(|c: char| c.is_whitespace()).filter(|word| !word.is_empty()) {
            let narrow = text::one_width(word);
            if !narrow.chars().any(|c| c.is_ascii_digit()) {
                letters.push_str(word);
            } else if let Some(day) = date(word) {
                asked.birth = Some(day);
            } else {
                asked.keys.push(format!("i:{}", narrow.to_lowercase()));
            }
        }
        asked.keys.extend(asked.birth.iter().map(|day| format!("b:{day}")));
        let reading = text::kana(&letters);
        let (mark, folded, most) = if !reading.is_empty() && reading.chars().all(text::is_kana) {
            ('k', reading, READING_PREFIX)
        } else {
            ('n', text::name(&letters), NAME_PREFIX)
        };
        let count = folded.chars().count();
        if count > 0 {
            asked.short = asked.keys.is_empty() && count < 2;
            asked.keys.push(format!("{mark}:{}", folded.chars().take(most).collect::<String>()));
            if count > most {
                asked.whole.push(folded);
            }
        }
        asked
    }

    /// Nothing was typed.
    pub fn is_nothing(&self) -> bool {
        self.keys.is_empty()
    }

    /// Less than two letters and nothing else.
    pub fn is_too_short(&self) -> bool {
        self.short
    }

    /// The part of a long name that the keys do not hold.
    fn fits(&self, found: &Registered) -> bool {
        let name = text::name(found.registration.full_name.reveal());
        let kana = text::kana(found.registration.kana.reveal());
        self.whole.iter().all(|whole| name.starts_with(whole.as_str()) || kana.starts_with(whole.as_str()))
    }
}

/// A whole date in any style, `YYYY-MM-DD`.
fn date(word: &str) -> Option<String> {
    wareki::parse(word.trim()).ok()?.date.to_date().map(|date| date.to_string())
}

impl Hub {
    /// Persons with a registration that fits; all registrations of each. The search is in the audit before this returns.
    pub async fn search(
        &self,
        viewer: &Viewer,
        asked: &Asked,
    ) -> anyhow::Result<Result<Vec<Registered>, Refusal>> {
        let permit = match access::may_search(viewer) {
            Ok(permit) => permit,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let found = self.store.search_persons(&permit, &asked.keys, TOO_MANY * 4).await?;
        let fitting: BTreeSet<_> =
            found.iter().filter(|each| asked.fits(each)).map(|each| each.person).collect();
        let kinds: BTreeSet<&str> = asked.keys.iter().filter_map(|key| key.split(':').next()).collect();
        let detail =
            format!("{} persons by {}", fitting.len(), kinds.into_iter().collect::<Vec<_>>().join(" "));
        self.store.audit(self.entry(viewer, "search", "persons", &detail)).await?;
        Ok(Ok(found.into_iter().filter(|each| fitting.contains(&each.person)).collect()))
    }
}

impl Hub {
    /// Others of this surname at the viewer's own facility, for the warning on every page about a person.
    pub async fn same_surname(
        &self,
        viewer: &Viewer,
        person: model::PersonId,
        surname: &str,
    ) -> anyhow::Result<Vec<Registered>> {
        let folded = text::name(surname);
        let Ok(permit) = access::may_search(viewer) else { return Ok(Vec::new()) };
        if folded.is_empty() {
            return Ok(Vec::new());
        }
        let key = format!("n:{}", folded.chars().take(NAME_PREFIX).collect::<String>());
        let found = self.store.registered_at(&permit, &key, TOO_MANY).await?;
        let same = |each: &Registered| {
            each.person != person && text::name(each.registration.family.reveal()) == folded
        };
        Ok(found.into_iter().filter(same).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_names_dates_and_numbers_are_told_apart() {
        assert_eq!(Asked::read("さくら はなこ", "").keys, ["k:サクラハナコ"]);
        assert_eq!(Asked::read("佐倉", "").keys, ["n:佐倉"]);
        assert_eq!(Asked::read("昭和15年5月5日", "").keys, ["b:1940-05-05"]);
        assert_eq!(Asked::read("サクラ", "1940-05-05").keys, ["b:1940-05-05", "k:サクラ"]);
        assert_eq!(Asked::read("０００１２３A", "").keys, ["i:000123a"]);
        assert!(Asked::read("佐", "").is_too_short());
        assert!(Asked::read("  ", "").is_nothing());
    }
}
