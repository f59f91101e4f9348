//! What is looked at: person, range, grouping, picture or table, chosen day. All of it lives in the address,
//! so that Back, bookmarks within a session and a reload work, with and without scripts.

use crate::when;
use jiff::civil::Date;
use model::PersonId;
use serde::Deserialize;

/// How much time is on the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// 31 days.
    Month,
    /// 92 days.
    Quarter,
    /// 366 days.
    Year,
    /// From the first record to the last.
    All,
}

/// What a row of the matrix stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// One row per facility.
    Facility,
    /// One row per kind of record.
    Kind,
    /// One row per problem, then everything else.
    Problem,
}

/// Picture or table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// 図
    Chart,
    /// 表
    Table,
}

/// The query of the patient page as it arrives. Words that are not known fall back to the default.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Query {
    /// `1m`, `3m`, `1y`, `all`.
    pub range: Option<String>,
    /// `facility`, `kind`, `problem`.
    pub group: Option<String>,
    /// `chart`, `table`.
    pub view: Option<String>,
    /// Chosen day, `YYYY-MM-DD`.
    pub day: Option<String>,
    /// Last day of the axis, `YYYY-MM-DD`; today where absent.
    pub end: Option<String>,
    /// Page of the table, from 1.
    pub page: Option<usize>,
    /// `all` shows every laboratory item as a trend.
    pub labs: Option<String>,
}

/// The state of the patient page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Whose page.
    pub person: PersonId,
    /// Range.
    pub range: Range,
    /// Grouping.
    pub group: Group,
    /// Picture or table.
    pub mode: Mode,
    /// The chosen day, if one was chosen.
    pub day: Option<Date>,
    /// The last day of the axis, if it is not today.
    pub end: Option<Date>,
    /// Page of the table, from 1.
    pub page: usize,
    /// True if every laboratory item is drawn.
    pub all_labs: bool,
}

impl Range {
    /// Every range, in the order of the switch.
    pub const ALL: [Self; 4] = [Self::Month, Self::Quarter, Self::Year, Self::All];

    /// The word in the address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Month => "1m",
            Self::Quarter => "3m",
            Self::Year => "1y",
            Self::All => "all",
        }
    }

    /// Days on the axis; `None` = as many as there are.
    pub fn days(self) -> Option<i32> {
        match self {
            Self::Month => Some(31),
            Self::Quarter => Some(92),
            Self::Year => Some(366),
            Self::All => None,
        }
    }
}

impl Group {
    /// Every grouping, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::Facility, Self::Kind, Self::Problem];

    /// The word in the address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Facility => "facility",
            Self::Kind => "kind",
            Self::Problem => "problem",
        }
    }
}

impl Mode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Chart, Self::Table];

    /// The word in the address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Chart => "chart",
            Self::Table => "table",
        }
    }
}

impl View {
    /// Three months by facility, as a picture, up to today.
    pub fn of(person: PersonId) -> Self {
        Self {
            person,
            range: Range::Quarter,
            group: Group::Facility,
            mode: Mode::Chart,
            day: None,
            end: None,
            page: 1,
            all_labs: false,
        }
    }

    /// Reads the query. Never fails: what is not understood is the default.
    pub fn read(person: PersonId, query: &Query) -> Self {
        let is = |given: &Option<String>, word: &str| given.as_deref() == Some(word);
        let plain = Self::of(person);
        Self {
            range: Range::ALL.into_iter().find(|each| is(&query.range, each.word())).unwrap_or(plain.range),
            group: Group::ALL.into_iter().find(|each| is(&query.group, each.word())).unwrap_or(plain.group),
            mode: Mode::ALL.into_iter().find(|each| is(&query.view, each.word())).unwrap_or(plain.mode),
            day: query.day.as_deref().and_then(when::day),
            end: query.end.as_deref().and_then(when::day),
            page: query.page.unwrap_or(1).max(1),
            all_labs: is(&query.labs, "all"),
            ..plain
        }
    }

    /// The address of this state.
    pub fn href(&self) -> String {
        let mut href = format!(
            "/person/{}?range={}&group={}&view={}",
            self.person,
            self.range.word(),
            self.group.word(),
            self.mode.word()
        );
        if let Some(end) = self.end {
            href.push_str(&format!("&end={end}"));
        }
        if self.all_labs {
            href.push_str("&labs=all");
        }
        if self.page > 1 {
            href.push_str(&format!("&page={}", self.page));
        }
        if let Some(day) = self.day {
            href.push_str(&format!("&day={day}#day"));
        }
        href
    }

    /// The same state with another day chosen. A short relative address: a page holds hundreds of these.
    pub fn on(&self, day: Date) -> String {
        let href = Self { day: Some(day), ..*self }.href();
        href.find('?').map_or(href.clone(), |at| href.get(at..).unwrap_or_default().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_as_what_it_says() {
        let person = PersonId(uuid::Uuid::nil());
        for range in Range::ALL {
            for group in Group::ALL {
                for mode in Mode::ALL {
                    let view = View {
                        range,
                        group,
                        mode,
                        day: when::day("2026-11-20"),
                        end: when::day("2026-10-31"),
                        page: 3,
                        all_labs: true,
                        ..View::of(person)
                    };
                    let href = view.href();
                    let pairs = href.split_once('?').unwrap().1.split_once('#').unwrap().0;
                    let map: serde_json::Map<String, serde_json::Value> = pairs
                        .split('&')
                        .map(|pair| pair.split_once('=').unwrap())
                        .map(|(name, value)| {
                            let number = value.parse::<u64>().ok().filter(|_| name == "page");
                            (name.to_owned(), number.map_or_else(|| value.into(), Into::into))
                        })
                        .collect();
                    let query: Query = serde_json::from_value(map.into()).unwrap();
                    assert_eq!(View::read(person, &query), view);
                }
            }
        }
    }

    #[test]
    fn nonsense_is_the_default() {
        let person = PersonId(uuid::Uuid::nil());
        let query = Query {
            range: Some("7w".into()),
            day: Some("2026-02-30".into()),
            page: Some(0),
            ..Query::default()
        };
        assert_eq!(View::read(person, &query), View::of(person));
    }
}
