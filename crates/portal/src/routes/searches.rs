//! What was searched for, kept in memory under a number: names and birth dates never stand in an address, yet Back,
//! a reload and the language links lead to the same results. Each search belongs to the session that made it.

use serde::Deserialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Searches that are remembered; older ones show the empty form.
const KEPT: usize = 2000;

/// What was typed.
#[derive(Clone, Default, Deserialize, PartialEq, Eq)]
pub struct Typed {
    /// Name, reading or number.
    #[serde(default)]
    pub q: String,
    /// Birth date in any style.
    #[serde(default)]
    pub birth: String,
}

impl Typed {
    /// True if nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.q.trim().is_empty() && self.birth.trim().is_empty()
    }
}

struct Search {
    session: String,
    number: i64,
    typed: Typed,
}

/// Every remembered search, oldest first.
#[derive(Clone, Default)]
pub struct Searches(Arc<Mutex<VecDeque<Search>>>);

impl Searches {
    /// Remembers a search of a session and gives its number: the time in milliseconds, or one more than the last, so
    /// that a number never comes back with another search, not even after a restart.
    pub fn keep(&self, session: &str, now: i64, typed: Typed) -> i64 {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = list.back().map_or(now, |last| now.max(last.number + 1));
        list.push_back(Search { session: session.to_owned(), number, typed });
        if list.len() > KEPT {
            list.pop_front();
        }
        number
    }

    /// The search with this number, if this session made it.
    pub fn find(&self, session: &str, number: i64) -> Option<Typed> {
        let list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = list.iter().rfind(|each| each.number == number && each.session == session);
        found.map(|search| search.typed.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(q: &str) -> Typed {
        Typed { q: q.to_owned(), birth: String::new() }
    }

    #[test]
    fn a_search_is_found_by_its_own_session_only() {
        let searches = Searches::default();
        let (a, b) = (searches.keep("a", 5, typed("x")), searches.keep("b", 5, typed("y")));
        assert_ne!(a, b);
        assert!(searches.find("a", a) == Some(typed("x")));
        assert!(searches.find("b", b) == Some(typed("y")));
        assert!(searches.find("b", a).is_none());
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let searches = Searches::default();
        let first = searches.keep("a", 1, typed("x"));
        for now in 0..i64::try_from(KEPT).unwrap() {
            searches.keep("a", now, typed("y"));
        }
        assert!(searches.find("a", first).is_none());
    }
}
