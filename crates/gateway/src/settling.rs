//! Files that must first hold still. Pure: time is handed in.

use crate::completeness::Look;
use crate::config::Pace;
use crate::tree::Candidate;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// A file that keeps changing for longer than this is reported (`still-changing`), and waited for further.
const LONG: Duration = Duration::from_secs(60);

struct Entry {
    candidate: Candidate,
    first: Instant,
    still_since: Instant,
    due: Instant,
    reported: bool,
}

/// The waiting room.
pub(crate) struct Settling {
    entries: HashMap<String, Entry>,
    waits: [Duration; 3],
}

/// A file to be read now: it has waited long enough for this look and every quicker one.
pub(crate) struct Due {
    pub candidate: Candidate,
    pub waited_for: Look,
    first: Instant,
    still_since: Instant,
}

impl Settling {
    pub(crate) fn new(pace: &Pace) -> Self {
        let waits = [pace.settle, pace.settle_unfinished, pace.settle_unfinished * 10];
        Self { entries: HashMap::new(), waits }
    }

    fn wait(&self, look: Look) -> Duration {
        let [finished, unfinished, reserved] = self.waits;
        match look {
            Look::Finished => finished,
            Look::Unfinished => unfinished,
            Look::Reserved => reserved,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// A file was looked at. True if it has been changing for long and that was not said yet.
    pub(crate) fn note(&mut self, candidate: Candidate, now: Instant) -> bool {
        let due = now + self.wait(Look::Finished);
        let path = candidate.path.reveal().clone();
        match self.entries.get_mut(&path) {
            Some(entry) if entry.candidate.stamp == candidate.stamp => false,
            Some(entry) => {
                entry.candidate = candidate;
                entry.still_since = now;
                entry.due = due;
                let say = !entry.reported && now.duration_since(entry.first) > LONG;
                entry.reported |= say;
                say
            }
            None => {
                let entry = Entry { candidate, first: now, still_since: now, due, reported: false };
                self.entries.insert(path, entry);
                false
            }
        }
    }

    /// A file that was read came out changed: it waits anew, but is remembered as long in waiting.
    pub(crate) fn changed(&mut self, candidate: Candidate, before: &DueSince, now: Instant) -> bool {
        let path = candidate.path.reveal().clone();
        self.entries.entry(path).or_insert_with(|| Entry {
            candidate: candidate.clone(),
            first: before.first,
            still_since: now,
            due: now + self.waits.first().copied().unwrap_or_default(),
            reported: false,
        });
        self.note(candidate, now)
    }

    /// A file that was read does not look finished: it waits on until it has waited long enough for that look.
    pub(crate) fn early(&mut self, candidate: Candidate, look: Look, before: &DueSince) {
        let due = before.still_since + self.wait(look);
        let path = candidate.path.reveal().clone();
        let (first, still_since) = (before.first, before.still_since);
        self.entries.entry(path).or_insert(Entry { candidate, first, still_since, due, reported: false });
    }

    /// The file is gone or was renamed: no use in waiting. True if it was settling.
    pub(crate) fn expire(&mut self, path: &str, now: Instant) -> bool {
        self.entries.get_mut(path).map(|entry| entry.due = now).is_some()
    }

    /// When the next file is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.entries.values().map(|entry| entry.due).min()
    }

    /// Takes the files that are due, oldest first, at most `count`.
    pub(crate) fn take_due(&mut self, now: Instant, count: usize) -> Vec<Due> {
        let mut due: Vec<_> = self
            .entries
            .values()
            .filter(|entry| entry.due <= now)
            .map(|entry| (entry.candidate.stamp.mtime, entry.candidate.path.reveal().clone()))
            .collect();
        due.sort();
        due.truncate(count);
        let entries = due.into_iter().filter_map(|(_, path)| self.entries.remove(&path)).collect::<Vec<_>>();
        let still_for = |entry: &Entry| now.duration_since(entry.still_since);
        entries
            .into_iter()
            .map(|entry| {
                let looks = [Look::Reserved, Look::Unfinished];
                let waited_for = looks.into_iter().find(|&look| still_for(&entry) >= self.wait(look));
                Due {
                    waited_for: waited_for.unwrap_or(Look::Finished),
                    first: entry.first,
                    still_since: entry.still_since,
                    candidate: entry.candidate,
                }
            })
            .collect()
    }
}

/// How long a file has been waiting, kept while it is read.
#[derive(Clone, Copy)]
pub(crate) struct DueSince {
    first: Instant,
    still_since: Instant,
}

impl Due {
    pub(crate) fn since(&self) -> DueSince {
        DueSince { first: self.first, still_since: self.still_since }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Stamp;
    use model::Personal;

    fn file(path: &str, size: u64) -> Candidate {
        let stamp = Stamp { size, mtime: 1 };
        Candidate { path: path.into(), place: Personal::new(path.into()), stamp }
    }

    fn after(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn a_file_is_due_when_it_has_held_still() {
        let start = Instant::now();
        let mut settling = Settling::new(&Pace::default());
        settling.note(file("a", 1), start);
        assert!(settling.take_due(after(start, 99), 10).is_empty());
        settling.note(file("a", 2), after(start, 99));
        assert!(settling.take_due(after(start, 150), 10).is_empty());
        settling.note(file("a", 2), after(start, 150));
        let due = settling.take_due(after(start, 199), 10);
        assert_eq!((due.len(), due[0].candidate.stamp.size, due[0].waited_for), (1, 2, Look::Finished));
        assert_eq!((settling.len(), settling.next()), (0, None));
    }

    #[test]
    fn an_unfinished_one_waits_on_from_when_it_held_still() {
        let start = Instant::now();
        let mut settling = Settling::new(&Pace::default());
        settling.note(file("a", 1), start);
        let due = settling.take_due(after(start, 100), 10).remove(0);
        settling.early(due.candidate.clone(), Look::Unfinished, &due.since());
        assert!(settling.take_due(after(start, 1999), 10).is_empty());
        let due = settling.take_due(after(start, 2000), 10).remove(0);
        assert_eq!(due.waited_for, Look::Unfinished);
        settling.early(due.candidate.clone(), Look::Reserved, &due.since());
        assert!(settling.take_due(after(start, 19_999), 10).is_empty());
        assert_eq!(settling.take_due(after(start, 20_000), 10)[0].waited_for, Look::Reserved);
    }

    #[test]
    fn one_that_never_rests_is_said_once() {
        let start = Instant::now();
        let mut settling = Settling::new(&Pace::default());
        let said = (0..200).filter(|&second| settling.note(file("a", second), after(start, second * 1000)));
        assert_eq!(said.count(), 1);
    }

    #[test]
    fn oldest_first() {
        let start = Instant::now();
        let mut settling = Settling::new(&Pace::default());
        for (path, mtime) in [("c", 3), ("a", 5), ("b", 1)] {
            let stamp = Stamp { size: 1, mtime };
            settling.note(Candidate { stamp, ..file(path, 1) }, start);
        }
        let order =
            |due: Vec<Due>| due.into_iter().map(|due| due.candidate.path.into_inner()).collect::<Vec<_>>();
        assert_eq!(order(settling.take_due(after(start, 500), 2)), ["b", "c"]);
        assert_eq!(order(settling.take_due(after(start, 500), 2)), ["a"]);
    }
}
