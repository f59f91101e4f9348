//! Named values in a tree: what an answer in JSON and the same answer in XML have in common, and which of its
//! values have been read.
//!
//! Every value that is not empty must be taken by somebody, carried along as an extension ([`Node::carry`]), or
//! is named at the end ([`Node::report_untaken`]); so none is lost in silence, whatever version of an interface
//! it belongs to. What is empty is not in the tree: JSON pads its lists with `{}`, XML leaves them out, and both
//! give the same tree. In XML `type="array"` (xml2) makes a list; else a list is a name that stands several
//! times. A name given twice in one JSON object stands twice. Not here: what any name means.

use crate::text_file::narrow;
use crate::xml::Element;
use model::reading::Problem;
use model::wareki::{self, DateError};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value, json};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// What `serde_json` calls the one field of a number whose digits it keeps (feature `arbitrary_precision`).
const NUMBER: &str = "$serde_json::private::Number";

/// A value with its name and its place.
pub(crate) struct Node {
    name: Rc<str>,
    place: Rc<Place>,
    content: Content,
}

/// Where a value is: a step below another place. Written out only when it is asked for, so that a deep tree
/// with long names needs no more memory than its names.
#[derive(Default)]
struct Place {
    above: Option<Rc<Place>>,
    /// None for a member of a list: its number alone is its step.
    name: Option<Rc<str>>,
    index: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let above = self.above.as_ref().filter(|above| above.above.is_some());
        if let Some(above) = above {
            write!(out, "{above}")?;
        }
        if let Some(name) = &self.name {
            let dot = if above.is_some() { "." } else { "" };
            write!(out, "{dot}{}", safe(name))?;
        }
        self.index.map_or(Ok(()), |index| write!(out, "[{index}]"))
    }
}

enum Content {
    Text(String, Cell<bool>),
    Record(Vec<Node>),
    List(Vec<Node>),
}

/// Names only: values are personal.
impl fmt::Debug for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.place)
    }
}

impl Node {
    /// Reads JSON. The root has no name.
    pub fn json(text: &str) -> Result<Self, serde_json::Error> {
        let mut root: Self = serde_json::from_str(text)?;
        root.settle(Rc::default());
        Ok(root)
    }

    /// Reads what is in an XML element. The root has no name.
    pub fn xml(element: &Element) -> Self {
        let mut root = Self::element(element);
        root.settle(Rc::default());
        root
    }

    fn new(content: Content) -> Self {
        Self { name: Rc::from(""), place: Rc::default(), content }
    }

    fn text_of(text: &str) -> Self {
        Self::new(Content::Text(text.trim().to_owned(), Cell::new(false)))
    }

    fn element(element: &Element) -> Self {
        let members = || {
            element.children().map(|child| {
                let mut member = Self::element(child);
                member.name = Rc::from(child.local());
                member
            })
        };
        let is_list = element.attribute("type") == Some("array");
        if is_list {
            return Self::new(Content::List(members().collect()));
        }
        if element.children().next().is_some() {
            return Self::new(Content::Record(members().collect()));
        }
        Self::text_of(&element.own_text())
    }

    /// Drops what is empty, and says of each member where it is.
    fn settle(&mut self, place: Rc<Place>) {
        let above = || Some(Rc::clone(&place));
        match &mut self.content {
            Content::Text(..) => {}
            Content::List(members) => {
                members.retain(|member| !member.is_empty());
                for (index, member) in members.iter_mut().enumerate() {
                    member.name = Rc::clone(&self.name);
                    member.settle(Rc::new(Place { above: above(), name: None, index: Some(index) }));
                }
            }
            Content::Record(members) => {
                members.retain(|member| !member.is_empty());
                let mut counts: BTreeMap<Rc<str>, usize> = BTreeMap::new();
                for member in members.iter() {
                    *counts.entry(Rc::clone(&member.name)).or_default() += 1;
                }
                let mut seen: BTreeMap<Rc<str>, usize> = BTreeMap::new();
                for member in members.iter_mut() {
                    let name = Rc::clone(&member.name);
                    let several = counts.get(&name).is_some_and(|count| *count > 1);
                    let next = seen.entry(Rc::clone(&name)).or_default();
                    let index = several.then_some(*next);
                    *next += 1;
                    member.settle(Rc::new(Place { above: above(), name: Some(name), index }));
                }
            }
        }
        self.place = place;
    }

    fn is_empty(&self) -> bool {
        match &self.content {
            Content::Text(text, _) => text.is_empty(),
            Content::Record(members) | Content::List(members) => members.iter().all(Self::is_empty),
        }
    }

    /// Its name; a member of a list has the list's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is, in the words of a report: `acceptlstres.Acceptlst_Information[2]`.
    pub fn place(&self) -> String {
        self.place.to_string()
    }

    /// Where a value of this record is or would be.
    pub fn at(&self, name: &str) -> String {
        let place = self.place();
        if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
    }

    /// The members of a record or a list; none of a text.
    pub fn members(&self) -> &[Self] {
        match &self.content {
            Content::Text(..) => &[],
            Content::Record(members) | Content::List(members) => members,
        }
    }

    /// The first value of a name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        match &self.content {
            Content::Record(members) => members.iter().find(|member| &*member.name == name),
            Content::Text(..) | Content::List(_) => None,
        }
    }

    /// The records of a name, whether they stand in a list, one after the other, or alone.
    pub fn records<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Self> {
        let named = self.members().iter().filter(move |member| &*member.name == name);
        named.flat_map(|member| match &member.content {
            Content::List(members) => members.as_slice(),
            Content::Text(..) | Content::Record(_) => std::slice::from_ref(member),
        })
    }

    /// The text of a name without taking it; empty if there is none.
    pub fn look(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| match &child.content {
            Content::Text(text, _) => text,
            Content::Record(_) | Content::List(_) => "",
        })
    }

    /// The text of a name; the caller puts it into a record.
    pub fn take(&self, name: &str) -> &str {
        self.child(name).map_or("", Self::text)
    }

    /// The text of a node that is one; taken.
    pub fn text(&self) -> &str {
        match &self.content {
            Content::Text(text, taken) => {
                taken.set(true);
                text
            }
            Content::Record(_) | Content::List(_) => "",
        }
    }

    /// The texts of a list of texts (or of one); taken.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        self.records(name).map(Self::text).filter(|text| !text.is_empty()).collect()
    }

    /// A code: full-width forms made ASCII.
    pub fn code(&self, name: &str) -> String {
        narrow(self.take(name))
    }

    /// Whether another node holds the same names and texts.
    pub fn says_the_same(&self, other: &Self) -> bool {
        match (&self.content, &other.content) {
            (Content::Text(one, _), Content::Text(two, _)) => one == two,
            (Content::Record(one), Content::Record(two)) | (Content::List(one), Content::List(two)) => {
                one.len() == two.len()
                    && one.iter().zip(two).all(|(one, two)| one.name == two.name && one.says_the_same(two))
            }
            _ => false,
        }
    }

    /// Takes all of it: what it says is said elsewhere.
    pub fn take_all(&self) {
        self.text();
        self.members().iter().for_each(Self::take_all);
    }

    /// A date in FHIR's form; what is none is reported and stays to be carried along.
    pub fn date(&self, name: &str, problems: &mut Vec<Problem>) -> Option<String> {
        let (code, text) = match wareki::parse(self.look(name)) {
            Ok(read) => {
                self.take(name);
                return Some(read.date.fhir());
            }
            Err(DateError::Empty) => return None,
            Err(error @ DateError::Unreadable) => ("unreadable", error),
            Err(error) => ("impossible-date", error),
        };
        problems.push(Problem::new(code, self.at(name), text.to_string()));
        None
    }

    /// The last day of a period; 9999-12-31 and 99999999 say that there is none.
    pub fn end_date(&self, name: &str, problems: &mut Vec<Problem>) -> Option<String> {
        if matches!(narrow(self.look(name)).as_str(), "9999-12-31" | "99991231" | "99999999") {
            self.take(name);
            return None;
        }
        self.date(name, problems)
    }

    /// A decimal number with its digits; what is none is reported and stays to be carried along.
    pub fn decimal(&self, name: &str, problems: &mut Vec<Problem>) -> Option<Number> {
        let text = narrow(self.look(name));
        if text.is_empty() {
            return None;
        }
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let trimmed = match text.trim_start_matches('0') {
            rest if rest.is_empty() || rest.starts_with('.') => format!("0{rest}"),
            rest => rest.to_owned(),
        };
        let number = if plain { serde_json::from_str(&trimmed).ok() } else { None };
        if number.is_some() {
            self.take(name);
        } else {
            problems.push(Problem::new("unreadable", self.at(name), "not a decimal number"));
        }
        number
    }

    /// What nobody took, as extensions `<prefix><name>`: the source's own names and texts.
    pub fn carry(&self, prefix: &str) -> Vec<Value> {
        self.members().iter().filter_map(|member| member.carried(prefix)).collect()
    }

    fn carried(&self, prefix: &str) -> Option<Value> {
        let url = format!("{prefix}{}", safe(&self.name));
        if let Content::Text(text, taken) = &self.content {
            let free = !taken.replace(true) && !text.is_empty();
            return free.then(|| json!({"url": url, "valueString": text}));
        }
        let inside: Vec<Value> = self.members().iter().filter_map(|member| member.carried("")).collect();
        (!inside.is_empty()).then(|| json!({"url": url, "extension": inside}))
    }

    /// Names every value that nobody took, once per place in a list, with how often.
    pub fn report_untaken(&self, text: &str, problems: &mut Vec<Problem>) {
        let mut found = BTreeMap::new();
        self.untaken(&mut found);
        for (place, count) in found {
            let text = if count > 1 { format!("{text} ({count} times)") } else { text.to_owned() };
            problems.push(Problem::new("not-mapped", place, text));
        }
    }

    fn untaken(&self, found: &mut BTreeMap<String, usize>) {
        if let Content::Text(_, taken) = &self.content
            && !taken.get()
        {
            *found.entry(without_index(&self.place())).or_default() += 1;
        }
        self.members().iter().for_each(|member| member.untaken(found));
    }
}

/// A place is never personal: a name that is not of an interface is not shown.
fn safe(name: &str) -> &str {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if plain && (1..=60).contains(&name.len()) { name } else { "?" }
}

/// `a[3].b` as `a[].b`.
fn without_index(place: &str) -> String {
    place.split('[').enumerate().fold(String::new(), |mut whole, (index, part)| {
        if index > 0 {
            whole.push('[');
            whole.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
        } else {
            whole.push_str(part);
        }
        whole
    })
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::text_of(text))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::text_of(if value { "True" } else { "False" }))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::text_of(&value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::text_of(&value.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::text_of(""))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = list.next_element()? {
            members.push(member);
        }
        Ok(Node::new(Content::List(members)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == NUMBER {
                return Ok(Node::text_of(&map.next_value::<String>()?));
            }
            let mut member: Node = map.next_value()?;
            member.name = Rc::from(name);
            members.push(member);
        }
        Ok(Node::new(Content::Record(members)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml;

    const JSON: &str = r#"{"a": {"Id": "00012", "n": 1.50, "l": [{"x": " 1 "}, {}, {"x": ""}, {"x": "2"}], "t": ["p", "", "q"], "e": {}, "z": null}}"#;
    const XML: &str = r#"<o><a type="record"><Id type="string">00012</Id><n type="string">1.50</n><l type="array"><l_child type="record"><x type="string">1</x></l_child><l_child type="record"><x type="string">2</x></l_child></l><t type="array"><t_child type="string">p</t_child><t_child type="string">q</t_child></t><e type="record"></e><z/></a></o>"#;

    fn all(node: &Node) -> Vec<(String, String)> {
        match &node.content {
            Content::Text(text, _) => vec![(node.place(), text.clone())],
            _ => node.members().iter().flat_map(all).collect(),
        }
    }

    #[test]
    fn json_and_xml_give_the_same_tree() {
        let json = Node::json(JSON).unwrap();
        let root = xml::parse(XML.as_bytes(), &mut Vec::new()).unwrap();
        let xml = Node::xml(&root);
        assert_eq!(all(&json), all(&xml));
        let places: Vec<String> = all(&json).into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, ["a.Id", "a.n", "a.l[0].x", "a.l[1].x", "a.t[0]", "a.t[1]"]);
    }

    #[test]
    fn what_nobody_takes_is_carried_or_named() {
        let root = Node::json(JSON).unwrap();
        let a = root.child("a").unwrap();
        assert_eq!(a.take("Id"), "00012");
        assert_eq!(a.decimal("n", &mut Vec::new()).unwrap().to_string(), "1.50");
        let mut problems = Vec::new();
        root.report_untaken("said by nobody", &mut problems);
        let at: Vec<&str> = problems.iter().map(|problem| problem.at.as_str()).collect();
        assert_eq!(at, ["a.l[].x", "a.t[]"]);
        assert!(problems[0].text.contains("2 times"));
        let carried = Value::Array(a.carry("urn:x:"));
        assert_eq!(
            carried[0],
            json!({"url": "urn:x:l", "extension": [{"url": "l", "extension": [{"url": "x", "valueString": "1"}]}, {"url": "l", "extension": [{"url": "x", "valueString": "2"}]}]})
        );
        problems.clear();
        root.report_untaken("", &mut problems);
        assert_eq!(problems, []);
    }

    #[test]
    fn a_name_given_twice_stands_twice() {
        let root = Node::json(r#"{"a": "1", "a": "2", "佐倉": "3"}"#).unwrap();
        assert_eq!(root.take("a"), "1");
        let mut problems = Vec::new();
        root.report_untaken("", &mut problems);
        let at: Vec<&str> = problems.iter().map(|problem| problem.at.as_str()).collect();
        assert_eq!(at, ["?", "a[]"]);
    }

    #[test]
    fn days_without_end_are_no_day_and_odd_ones_stay() {
        let root = Node::json(r#"{"s": "2026-02-30", "e": "9999-12-31", "m": "2026-05"}"#).unwrap();
        let mut problems = Vec::new();
        assert_eq!(root.end_date("e", &mut problems), None);
        assert_eq!(root.date("m", &mut problems).as_deref(), Some("2026-05"));
        assert_eq!(problems, []);
        assert_eq!(root.date("s", &mut problems), None);
        assert_eq!(problems[0].code, "impossible-date");
        assert_eq!(root.carry("").len(), 1);
    }
}
