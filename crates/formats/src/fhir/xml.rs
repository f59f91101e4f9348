//! FHIR R4 XML as the JSON tree of the same resource (R4 §2.6.1 XML, §2.6.2 JSON).
//!
//! XML does not say what repeats, what is a number and what is a truth value: that is in `elements.txt`, made
//! from R4's own schema. What it does not know (another version, an element of the sender's own) is kept: as a
//! list where it repeats, as an object or a text. Not here: the tree of the XML itself ([`crate::xml`]), and
//! anything that is done with a resource: that is the same for both.

use crate::xml::{self, Element, Node};
use model::reading::{Problem, Resource};
use serde_json::{Map, Number, Value};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Namespace of FHIR.
const FHIR: &str = "http://hl7.org/fhir";

/// What an element is, beside a single text.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind {
    repeats: bool,
    shape: Shape,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    Number,
    Boolean,
    /// A type of the table.
    Complex(&'static str),
    Resource,
    Unknown,
}

type Elements = HashMap<&'static str, Kind>;

/// Elements by type.
static TYPES: LazyLock<HashMap<&'static str, Elements>> =
    LazyLock::new(|| include_str!("elements.txt").lines().filter_map(row).collect());

fn row(line: &'static str) -> Option<(&'static str, Elements)> {
    let (name, elements) = line.split_once(' ').filter(|(name, _)| *name != "#")?;
    let read = |text: &'static str| {
        let end = text.find(['*', '#', '?', '=', '+', '.']).unwrap_or(text.len());
        let (element, marks) = text.split_at_checked(end)?;
        let repeats = marks.starts_with('*');
        let marks = marks.trim_start_matches('*');
        let shape = match marks {
            "#" => Shape::Number,
            "?" => Shape::Boolean,
            "=" => Shape::Resource,
            "+" => Shape::Complex(""),
            _ => match marks.strip_prefix('=') {
                None => Shape::Text,
                Some("C") => Shape::Complex("CodeableConcept"),
                Some("R") => Shape::Complex("Reference"),
                Some("I") => Shape::Complex("Identifier"),
                Some("D") => Shape::Complex("Coding"),
                Some("P") => Shape::Complex("Period"),
                Some("Q") => Shape::Complex("Quantity"),
                Some(name) => Shape::Complex(name),
            },
        };
        Some((element, Kind { repeats, shape }))
    };
    Some((name, elements.split(' ').filter_map(read).collect()))
}

/// The name of a part of a type's own: `contact` of `Patient` is `Patient_Contact`.
fn part(of: &str, element: &str) -> String {
    let mut letters = element.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    format!("{of}_{}{}", first.map(String::from).unwrap_or_default(), letters.as_str())
}

/// What an element of a type is: as listed, as its name tells, else not known.
fn kind(of: &str, element: &str) -> Kind {
    let one = |shape| Kind { repeats: false, shape };
    match element {
        "extension" | "modifierExtension" => {
            return Kind { repeats: true, shape: Shape::Complex("Extension") };
        }
        "contained" => return Kind { repeats: true, shape: Shape::Resource },
        "meta" => return one(Shape::Complex("Meta")),
        _ => {}
    }
    if let Some(known) = TYPES.get(of).and_then(|elements| elements.get(element)) {
        return *known;
    }
    // valueQuantity, onsetAge: the longest type the name ends in.
    let mut end = element.char_indices().skip(1).filter(|(_, c)| c.is_ascii_uppercase());
    let told = end.find_map(|(at, _)| match element.get(at..)? {
        "Boolean" => Some(Shape::Boolean),
        "Integer" | "Decimal" | "PositiveInt" | "UnsignedInt" => Some(Shape::Number),
        name => TYPES.get_key_value(name).map(|(name, _)| Shape::Complex(name)),
    });
    one(told.unwrap_or(Shape::Unknown))
}

/// Whether a text begins like a resource in XML. It may be cut off.
pub(super) fn begins(text: &str) -> bool {
    let named = xml::root(text).is_some_and(|name| name.starts_with(|c: char| c.is_ascii_uppercase()));
    named && ['"', '\''].iter().any(|quote| text.contains(&format!("{quote}{FHIR}{quote}")))
}

/// The resource of a text in XML; `Err` says why it is none.
pub(super) fn resource(text: &str, problems: &mut Vec<Problem>) -> Result<Value, String> {
    let root = xml::parse_text(text, problems).map_err(|broken| format!("not XML ({broken})"))?;
    let is_fhir = |(name, value): &(String, String)| name.starts_with("xmlns") && value == FHIR;
    if !root.attributes.iter().any(is_fhir) {
        return Err("XML, but not of FHIR: the namespace is another".to_owned());
    }
    let mut reader = Reader { problems };
    Ok(Value::Object(reader.resource(&root, root.local())))
}

struct Reader<'p> {
    problems: &'p mut Vec<Problem>,
}

impl Reader<'_> {
    fn resource(&mut self, element: &Element, at: &str) -> Resource {
        let mut resource = Map::new();
        resource.insert("resourceType".to_owned(), element.local().into());
        self.fill(&mut resource, element, element.local(), at);
        resource
    }

    /// Puts attributes and children of an element into an object.
    fn fill(&mut self, object: &mut Map<String, Value>, element: &Element, of: &str, at: &str) {
        for (name, value) in &element.attributes {
            match name.as_str() {
                "id" | "url" => {
                    object.insert(name.clone(), value.as_str().into());
                }
                name if name.starts_with("xmlns") || name == "xsi:schemaLocation" => {}
                name => self.lost(at, &format!("@{name}"), "an attribute FHIR does not have here"),
            }
        }
        if !element.own_text().trim().is_empty() {
            self.lost(at, "text()", "text between elements, which FHIR does not have");
        }
        let mut groups: Vec<(&str, Vec<&Element>)> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for child in element.children() {
            let name = child.local();
            let place = *places.entry(name).or_insert(groups.len());
            match groups.get_mut(place) {
                Some((_, members)) => members.push(child),
                None => groups.push((name, vec![child])),
            }
        }
        for (name, members) in groups {
            let kind = kind(of, name);
            if name == "div" && members.len() == 1 {
                let text = members.first().map(|div| markup(div)).unwrap_or_default();
                object.insert(name.to_owned(), text.into());
                continue;
            }
            let as_list = kind.repeats || members.len() > 1;
            if !kind.repeats && members.len() > 1 && TYPES.contains_key(of) {
                let text = "stands more than once, which R4 does not have here; all are kept as a list";
                self.problems.push(Problem::new("repeated", format!("{at}.{name}"), text));
            }
            if members.iter().all(|member| is_primitive(member, kind.shape)) {
                self.primitives(object, name, &members, kind.shape, as_list, at);
                continue;
            }
            let mut list = Vec::with_capacity(members.len());
            for (index, member) in members.iter().enumerate() {
                let place = if as_list { format!("{at}.{name}[{index}]") } else { format!("{at}.{name}") };
                list.push(self.complex(member, kind.shape, of, &place));
            }
            let value = if as_list { list.into() } else { list.pop().unwrap_or_default() };
            object.insert(name.to_owned(), value);
        }
    }

    fn complex(&mut self, element: &Element, shape: Shape, of: &str, at: &str) -> Value {
        let own = match shape {
            Shape::Complex("") => part(of, element.local()),
            Shape::Complex(name) => name.to_owned(),
            _ => String::new(),
        };
        let inner: Vec<&Element> = element.children().collect();
        let holds_resource = shape == Shape::Resource
            || shape == Shape::Unknown
                && inner.iter().all(|each| each.local().starts_with(|c: char| c.is_ascii_uppercase()));
        if let (true, [resource]) = (holds_resource, inner.as_slice()) {
            return Value::Object(self.resource(resource, at));
        }
        let mut object = Map::new();
        self.fill(&mut object, element, &own, at);
        Value::Object(object)
    }

    /// A primitive or a list of them: values under the name, what extends them under `_name` (R4 §2.6.2.2).
    fn primitives(
        &mut self,
        object: &mut Map<String, Value>,
        name: &str,
        members: &[&Element],
        shape: Shape,
        as_list: bool,
        at: &str,
    ) {
        let (mut values, mut beside) = (Vec::new(), Vec::new());
        for (index, member) in members.iter().enumerate() {
            let place = if as_list { format!("{at}.{name}[{index}]") } else { format!("{at}.{name}") };
            let value = member.attribute("value");
            values.push(value.map_or(Value::Null, |text| self.primitive(text, shape, &place)));
            let mut rest = (*member).clone();
            rest.attributes.retain(|(name, _)| name != "value");
            let mut more = Map::new();
            self.fill(&mut more, &rest, "Element", &place);
            beside.push(if more.is_empty() { Value::Null } else { Value::Object(more) });
        }
        for (name, mut list) in [(name.to_owned(), values), (format!("_{name}"), beside)] {
            if list.iter().any(|each| !each.is_null()) {
                let value = if as_list { list.into() } else { list.pop().unwrap_or_default() };
                object.insert(name, value);
            }
        }
    }

    fn primitive(&mut self, text: &str, shape: Shape, at: &str) -> Value {
        let read = match shape {
            Shape::Number => serde_json::from_str::<Number>(text.trim()).ok().map(Value::Number),
            Shape::Boolean => text.trim().parse::<bool>().ok().map(Value::Bool),
            _ => Some(text.into()),
        };
        read.unwrap_or_else(|| {
            let word = if shape == Shape::Boolean { "truth value" } else { "number" };
            let told = format!("not a {word}, as FHIR wants it here; kept as text");
            self.problems.push(Problem::new("unreadable", at, told));
            text.into()
        })
    }

    fn lost(&mut self, at: &str, what: &str, text: &str) {
        self.problems.push(Problem::new("not-mapped", format!("{at}.{what}"), text));
    }
}

/// A value, or nothing but what extends one.
fn is_primitive(element: &Element, shape: Shape) -> bool {
    let extends = || element.children().all(|each| each.local() == "extension");
    match shape {
        Shape::Text | Shape::Number | Shape::Boolean => extends(),
        Shape::Complex(_) | Shape::Resource => false,
        Shape::Unknown => element.attribute("value").is_some() && extends(),
    }
}

/// An element as the text of its markup (R4 §2.4.0 `Narrative.div`).
fn markup(element: &Element) -> String {
    let mut text = String::new();
    write(element, &mut text);
    text
}

fn write(element: &Element, text: &mut String) {
    text.push('<');
    text.push_str(&element.name);
    for (name, value) in &element.attributes {
        text.push(' ');
        text.push_str(name);
        text.push_str("=\"");
        escaped(value, text);
        text.push('"');
    }
    if element.content.is_empty() {
        text.push_str("/>");
        return;
    }
    text.push('>');
    for node in &element.content {
        match node {
            Node::Element(inner) => write(inner, text),
            Node::Text(inner) => escaped(inner, text),
        }
    }
    text.push_str("</");
    text.push_str(&element.name);
    text.push('>');
}

fn escaped(plain: &str, text: &mut String) {
    for c in plain.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            c => text.push(c),
        }
    }
}
