//! The fields of LIFE as the program knows them: `fields.txt`, read once.
//!
//! Facts of 「外部インターフェース項目一覧（LIFE）」Ver.1.00 (2021): columns in the order of the interface, their
//! names under the headings of the form, kinds, codes, and which column dates which fields. Values are
//! another room's ([`super::value`]).

use std::collections::HashMap;
use std::sync::LazyLock;

/// The table.
pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("fields.txt")));

/// All interfaces and lists of codes.
#[derive(Default)]
pub(super) struct Table {
    pub interfaces: Vec<Interface>,
    lists: Vec<List>,
}

/// One interface (a form).
pub(super) struct Interface {
    /// `FORM_0000_2021`.
    pub name: &'static str,
    /// Its Japanese name.
    pub title: &'static str,
    /// The columns in the order of the specification.
    pub fields: Vec<Field>,
    /// Column of the day of the form itself; empty if it has none.
    pub date: &'static str,
    by_id: HashMap<&'static str, usize>,
}

/// One column.
pub(super) struct Field {
    pub id: &'static str,
    /// Its name, behind the headings it stands under.
    pub label: String,
    pub kind: Kind,
    /// Column of the day its value is of.
    pub date: &'static str,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Says which row it is and whose.
    Key,
    /// Part of the person's registration.
    Person,
    Text,
    Day,
    /// HHmm.
    Clock,
    /// With its unit, or an empty one.
    Number(&'static str),
    /// Place of the list in the table.
    Coded(usize),
    /// A goal in words or by a list.
    Goal(Option<usize>),
    /// ICD-10, with the columns of the disease's name and its beginning (empty if there is none).
    Diagnosis {
        name: &'static str,
        onset: &'static str,
    },
    /// Drug code, with the columns of the drug's name and the beginning.
    Drug {
        name: &'static str,
        start: &'static str,
    },
}

/// A list of codes.
pub(super) struct List {
    /// Empty for a list that belongs to its column.
    pub name: &'static str,
    codes: Vec<(&'static str, &'static str)>,
}

impl List {
    /// What a code means; `method` is 評価方法 where a list is read by it.
    pub fn meaning(&self, code: &str, method: &str) -> Option<&'static str> {
        let holds = |key: &str| match key.split_once('/') {
            Some((methods, key)) => key == code && !method.is_empty() && methods.contains(method),
            None => key == code,
        };
        self.codes.iter().find(|(key, _)| holds(key)).map(|(_, meaning)| *meaning)
    }
}

impl Interface {
    /// The column of that name; vendors and drafts differ in capitals.
    pub fn field(&self, id: &str) -> Option<&Field> {
        let exact = self.by_id.get(id).and_then(|place| self.fields.get(*place));
        exact.or_else(|| self.fields.iter().find(|field| field.id.eq_ignore_ascii_case(id)))
    }
}

impl Table {
    pub fn interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces.iter().find(|each| each.name == name)
    }

    pub fn list(&self, place: usize) -> Option<&List> {
        self.lists.get(place)
    }

    /// The name of a column, without headings, where every interface that has it calls it the same.
    pub fn shared_label(&self, id: &str) -> Option<&str> {
        let mut names = self.interfaces.iter().filter_map(|interface| {
            let field = interface.by_id.get(id).and_then(|place| interface.fields.get(*place))?;
            let name = field.label.rsplit('：').next().unwrap_or_default();
            Some(name.split('（').next().filter(|name| !name.is_empty()).unwrap_or(name))
        });
        let first = names.next()?;
        names.all(|name| name == first).then_some(first)
    }

    fn read(text: &'static str) -> Self {
        let mut table = Self::default();
        let mut lists: HashMap<&str, usize> = HashMap::new();
        let mut headings: Vec<&str> = Vec::new();
        let mut date = "";
        for line in text.lines().filter(|line| !line.starts_with(';')) {
            let depth = line.len() - line.trim_start().len();
            let (first, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
            match first {
                "%" => {
                    let (name, codes) = rest.split_once(' ').unwrap_or_default();
                    lists.insert(name, table.lists.len());
                    let codes = codes.split('|').filter_map(|code| code.split_once('=')).collect();
                    let name = if name.starts_with('~') { "" } else { name };
                    table.lists.push(List { name, codes });
                }
                "#" => {
                    headings.truncate(depth);
                    headings.push(rest);
                }
                ">" => date = rest,
                _ if first.starts_with('@') => {
                    headings.clear();
                    let (own, title) = rest.split_once(' ').unwrap_or_default();
                    let own = if own == "-" { "" } else { own };
                    let name = first.trim_start_matches('@');
                    table.interfaces.push(Interface {
                        name,
                        title,
                        fields: Vec::new(),
                        date: own,
                        by_id: HashMap::new(),
                    });
                    date = own;
                }
                _ => {
                    let Some(interface) = table.interfaces.last_mut() else { continue };
                    let (word, name) = rest.split_once(' ').unwrap_or((rest, ""));
                    headings.truncate(depth);
                    let date = if date.is_empty() { interface.date } else { date };
                    let label = label(&headings, name);
                    interface.by_id.insert(first, interface.fields.len());
                    interface.fields.push(Field { id: first, label, kind: kind(word, &lists), date });
                }
            }
        }
        table
    }
}

/// The name behind the last two headings, unless it says them itself.
fn label(headings: &[&str], name: &str) -> String {
    let mut label = String::new();
    for heading in headings.iter().skip(headings.len().saturating_sub(2)) {
        if !name.contains(heading) && !heading.contains(name) {
            label.push_str(heading);
            label.push('：');
        }
    }
    label.push_str(name);
    label
}

fn kind(word: &'static str, lists: &HashMap<&str, usize>) -> Kind {
    let (letter, rest) = word.split_once(':').unwrap_or((word, ""));
    let (first, second) = rest.split_once(':').unwrap_or((rest, ""));
    match letter {
        "k" => Kind::Key,
        "p" => Kind::Person,
        "d" => Kind::Day,
        "h" => Kind::Clock,
        "n" => Kind::Number(rest),
        "c" => lists.get(rest).map_or(Kind::Text, |place| Kind::Coded(*place)),
        "g" => Kind::Goal(lists.get(rest).copied()),
        "i" => Kind::Diagnosis { name: first, onset: second },
        "m" => Kind::Drug { name: first, start: second },
        _ => Kind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(TABLE.interfaces.len(), 22);
        assert_eq!(TABLE.interfaces.iter().map(|each| each.fields.len()).sum::<usize>(), 1941);
        let mut texts = 0;
        for interface in &TABLE.interfaces {
            assert_eq!(interface.by_id.len(), interface.fields.len(), "{}: a column twice", interface.name);
            let known = |id: &str| id.is_empty() || interface.field(id).is_some();
            assert!(known(interface.date) && !interface.title.is_empty(), "{}", interface.name);
            for field in &interface.fields {
                assert!(known(field.date) && !field.label.is_empty(), "{}", field.id);
                texts += usize::from(field.kind == Kind::Text);
                match field.kind {
                    Kind::Diagnosis { name, onset: other } | Kind::Drug { name, start: other } => {
                        assert!(known(name) && known(other), "{}", field.id);
                    }
                    _ => {}
                }
            }
        }
        assert_eq!(texts, 269, "a list or kind that is not known is text");
    }

    #[test]
    fn fields_know_their_headings_days_and_codes() {
        let form = TABLE.interface("FORM_0000_2021").unwrap();
        let meal = form.field("barthel_index_meal").unwrap();
        assert_eq!((meal.label.as_str(), meal.date), ("総論：ADL：食事", "adl_evaluate"));
        let Kind::Coded(list) = meal.kind else { panic!("{:?}", meal.kind) };
        assert_eq!(TABLE.list(list).unwrap().meaning("1", ""), Some("一部介助(5)"));
        assert_eq!(form.field("remote_working").unwrap().date, "evaluate_date");
        let bath = TABLE.interface("FORM_8000_2021").unwrap().field("bath").unwrap();
        let Kind::Coded(list) = bath.kind else { panic!("{:?}", bath.kind) };
        let meaning = |method| TABLE.list(list).unwrap().meaning("1", method);
        assert_eq!(
            [meaning("2"), meaning("3"), meaning("6"), meaning("")],
            [Some("介助されていない"), Some("準備のみ"), Some("入浴の実施以下"), None]
        );
        let reading = TABLE.interface("FORM_0310_2021").unwrap().field("reading_doing").unwrap();
        assert_eq!(reading.label, "読書：している");
    }
}
