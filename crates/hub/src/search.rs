//! Finding a person by what somebody types: reading, name, birth date, number.

use crate::Hub;
use access::{Refusal, Viewer};
use model::regional_id::RegionalId;
use model::text;
use model::wareki;
use std::collections::BTreeSet;
use store::{Registered, SearchWord};

/// More persons than this cannot be told apart on a page.
pub const TOO_MANY: usize = 50;
/// What was typed, as keys of the search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// What a registration must have, all of it.
    pub words: Vec<SearchWord>,
    /// Birth date as understood, `YYYY-MM-DD`.
    pub birth: Option<String>,
    /// The number of the region, if that is all that was typed.
    pub number: Option<RegionalId>,
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
                asked.words.push(whole(format!("i:{}", narrow.to_lowercase())));
            }
        }
        asked.number = RegionalId::parse(text::one_width(words.trim()).as_str());
        asked.words.extend(asked.birth.iter().map(|day| whole(format!("b:{day}"))));
        let reading = text::kana(&letters);
        let (mark, folded) = if !reading.is_empty() && reading.chars().all(text::is_kana) {
            ('k', reading)
        } else {
            ('n', text::name(&letters))
        };
        if !folded.is_empty() {
            asked.short = asked.words.is_empty() && folded.chars().count() < 2;
            asked.words.push(SearchWord { text: format!("{mark}:{folded}"), whole: false });
        }
        asked
    }

    /// Nothing was typed.
    pub fn is_nothing(&self) -> bool {
        self.words.is_empty()
    }

    /// Less than two letters and nothing else.
    pub fn is_too_short(&self) -> bool {
        self.short
    }
}

fn whole(text: String) -> SearchWord {
    SearchWord { text, whole: true }
}

/// A whole date in any style, `YYYY-MM-DD`.
fn date(word: &str) -> Option<String> {
    wareki::parse(word.trim()).ok()?.date.to_date().map(|date| date.to_string())
}

impl Hub {
    /// Persons with a registration that fits, all registrations of each; `None` if they are too many to be told apart. The
    /// search is in the audit before this returns.
    pub async fn search(
        &self,
        viewer: &Viewer,
        asked: &Asked,
    ) -> anyhow::Result<Result<Option<Vec<Registered>>, Refusal>> {
        let permit = match access::may_search(viewer) {
            Ok(permit) => permit,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut found = self.store.search_persons(&permit, &asked.words, TOO_MANY).await?;
        if let (Some(found), Some(number)) = (&mut found, asked.number) {
            for each in self.store.persons_numbered(&permit, number).await? {
                if found.iter().all(|known| known.compartment != each.compartment) {
                    found.push(each);
                }
            }
        }
        let persons: Option<BTreeSet<_>> =
            found.as_ref().map(|found| found.iter().map(|each| each.person).collect());
        let kinds: BTreeSet<&str> =
            asked.words.iter().filter_map(|word| word.text.split(':').next()).collect();
        let kinds = kinds.into_iter().collect::<Vec<_>>().join(" ");
        let detail = match persons {
            Some(persons) => format!("{} persons by {kinds}", persons.len()),
            None => format!("more than {TOO_MANY} persons by {kinds}, none shown"),
        };
        self.store.audit(self.entry(viewer, "search", "persons", &detail)).await?;
        Ok(Ok(found))
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
        let key = format!("s:{}:{folded}", viewer.facility);
        let found = self.store.registered_at(&permit, &key, TOO_MANY).await?;
        let same = |each: &Registered| {
            each.person != person && text::name(each.registration.family.reveal()) == folded
        };
        Ok(found.into_iter().filter(same).collect())
    }

    /// How many others of the region are read the same in full; at most [`TOO_MANY`]. A count: nobody is named by it.
    pub async fn same_reading(
        &self,
        viewer: &Viewer,
        person: model::PersonId,
        kana: &str,
    ) -> anyhow::Result<usize> {
        let folded = text::kana(kana);
        let Ok(permit) = access::may_search(viewer) else { return Ok(0) };
        if folded.is_empty() {
            return Ok(0);
        }
        let words = [whole(format!("k:{folded}"))];
        let Some(found) = self.store.search_persons(&permit, &words, TOO_MANY).await? else {
            return Ok(TOO_MANY);
        };
        let others: BTreeSet<_> =
            found.iter().map(|each| each.person).filter(|each| *each != person).collect();
        Ok(others.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_names_dates_and_numbers_are_told_apart() {
        let texts = |words: &str, birth: &str| -> Vec<String> {
            let show = |word: SearchWord| if word.whole { word.text } else { format!("{}…", word.text) };
            Asked::read(words, birth).words.into_iter().map(show).collect()
        };
        assert_eq!(texts("さくら はなこ", ""), ["k:サクラハナコ…"]);
        assert_eq!(texts("佐倉", ""), ["n:佐倉…"]);
        assert_eq!(texts("昭和15年5月5日", ""), ["b:1940-05-05"]);
        assert_eq!(texts("サクラ", "1940-05-05"), ["b:1940-05-05", "k:サクラ…"]);
        assert_eq!(texts("０００１２３A", ""), ["i:000123a"]);
        assert!(Asked::read("佐", "").is_too_short());
        assert!(Asked::read("  ", "").is_nothing());
    }
}
