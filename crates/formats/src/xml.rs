//! XML as a small tree: elements, attributes, text, in the order of the original.
//!
//! The encoding is decided by the bytes ([`crate::text_file`]); what the XML declaration claims is not
//! believed. No document type is read: entities are the five of XML 1.0 §4.6 and characters by number, any other
//! stays as it is written and is reported; nothing outside the file is ever looked at. Depth and number of nodes
//! are bounded. What is not well-formed is no tree at all ([`Broken`]): half a document must not look like a
//! whole one. Comments and processing instructions are left out. Not here: namespaces (a name keeps its prefix,
//! [`Element::local`] is without), schemas, any format's meaning.

use crate::text_file::decode;
use model::reading::Problem;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::fmt;

/// Deepest nesting read: readers may walk a tree by recursion.
const MAX_DEPTH: usize = 128;
/// Most elements and texts of a document.
const MAX_NODES: usize = 1_000_000;
/// Most attributes of an element.
const MAX_ATTRIBUTES: usize = 256;

/// An element with all that is in it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// Its name as written, with a prefix if it has one.
    pub name: String,
    /// Attributes in their order, names as written (`xmlns`, `xsi:type`).
    pub attributes: Vec<(String, String)>,
    /// Elements and texts in their order.
    pub content: Vec<Node>,
}

/// What is in an element.
#[derive(Clone, PartialEq, Eq)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text, entities resolved, line ends as LF; white space is kept.
    Text(String),
}

/// Not well-formed, or more than is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Broken {
    /// Line of the text, from 1.
    pub line: usize,
    /// What is wrong.
    pub why: &'static str,
}

/// Names only: texts are personal.
impl fmt::Debug for Element {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "<{}>", self.name)
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(element) => element.fmt(out),
            Self::Text(text) => write!(out, "text({})", text.chars().count()),
        }
    }
}

impl Element {
    /// The name without its prefix.
    pub fn local(&self) -> &str {
        local(&self.name)
    }

    /// The value of an attribute by its name as written.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(each, _)| each == name).map(|(_, value)| value.as_str())
    }

    /// The elements directly in this one.
    pub fn children(&self) -> impl DoubleEndedIterator<Item = &Self> {
        self.content.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first child of a name without prefix.
    pub fn child(&self, local: &str) -> Option<&Self> {
        self.children().find(|each| each.local() == local)
    }

    /// All children of a name without prefix.
    pub fn all<'a>(&'a self, local: &'a str) -> impl DoubleEndedIterator<Item = &'a Self> {
        self.children().filter(move |each| each.local() == local)
    }

    /// The text directly in this element, white space kept.
    pub fn own_text(&self) -> String {
        let texts = self.content.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_str()),
            Node::Element(_) => None,
        });
        texts.collect()
    }

    /// The text of this element and everything in it, white space kept.
    pub fn whole_text(&self) -> String {
        let mut text = String::new();
        self.add_text(&mut text);
        text
    }

    fn add_text(&self, text: &mut String) {
        for node in &self.content {
            match node {
                Node::Text(own) => text.push_str(own),
                Node::Element(element) => element.add_text(text),
            }
        }
    }

    fn push_text(&mut self, text: &str) -> bool {
        if let Some(Node::Text(before)) = self.content.last_mut() {
            before.push_str(text);
            return false;
        }
        self.content.push(Node::Text(text.to_owned()));
        true
    }
}

/// A name without its prefix.
pub fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Name of the first element of a text that may be cut off, without prefix; to tell what a file is.
pub fn root(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches(is_padding);
    loop {
        let after = rest.strip_prefix('<')?;
        let end = if after.starts_with('?') {
            "?>"
        } else if after.starts_with("!--") {
            "-->"
        } else if let Some(declared) = after.strip_prefix("!DOCTYPE") {
            let close = declared.find('>')?;
            if declared.get(..close)?.contains('[') { "]>" } else { ">" }
        } else {
            let length = after.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
            return after.get(..length).filter(|name| !name.is_empty()).map(local);
        };
        let (_, following) = rest.split_once(end)?;
        rest = following.trim_start_matches(is_padding);
    }
}

/// What may stand around a document without being of it.
fn is_padding(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\0' | '\u{1a}')
}

/// The root element of a file.
pub fn parse(bytes: &[u8], problems: &mut Vec<Problem>) -> Result<Element, Broken> {
    let text = decode(bytes, problems);
    parse_text(&text, problems)
}

/// The root element of a text that is decoded already.
pub fn parse_text(text: &str, problems: &mut Vec<Problem>) -> Result<Element, Broken> {
    let text = text.trim_matches(|c| matches!(c, '\u{feff}' | '\0' | '\u{1a}'));
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut builder = Builder { problems, open: Vec::new(), root: None, nodes: 0 };
    loop {
        let event = reader.read_event();
        let position = match event {
            Ok(_) => reader.buffer_position(),
            Err(_) => reader.error_position(),
        };
        let step = match event {
            Ok(Event::Eof) => break,
            Ok(event) => builder.take(event),
            Err(_) => Err("not well-formed XML"),
        };
        if let Err(why) = step {
            return Err(Broken { line: line(text, position), why });
        }
    }
    let end = || line(text, u64::MAX);
    if !builder.open.is_empty() {
        return Err(Broken { line: end(), why: "the file ends inside an element" });
    }
    builder.root.ok_or_else(|| Broken { line: end(), why: "no element" })
}

/// The line a position is in.
fn line(text: &str, position: u64) -> usize {
    let position = usize::try_from(position).unwrap_or(usize::MAX);
    1 + text.bytes().take(position).filter(|byte| *byte == b'\n').count()
}

struct Builder<'p> {
    problems: &'p mut Vec<Problem>,
    open: Vec<Element>,
    root: Option<Element>,
    nodes: usize,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>) -> Result<(), &'static str> {
        match event {
            Event::Start(start) => {
                let element = self.element(&start)?;
                self.open.push(element);
            }
            Event::Empty(start) => {
                let element = self.element(&start)?;
                self.close(element);
            }
            Event::End(_) => {
                if let Some(element) = self.open.pop() {
                    self.close(element);
                }
            }
            Event::Text(text) => self.text(&text.xml10_content())?,
            Event::CData(text) => self.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => match character(&reference) {
                Some(c) => self.text(c.encode_utf8(&mut [0; 4]))?,
                None => {
                    self.unknown_entity();
                    self.text(&format!("&{};", &*reference))?;
                }
            },
            Event::DocType(_) => {
                let text = "a document type is not read; what it declares is not known";
                self.problems.push(Problem::new("dtd", "DOCTYPE", text));
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn element(&mut self, start: &BytesStart<'_>) -> Result<Element, &'static str> {
        if self.open.len() >= MAX_DEPTH {
            return Err("elements are nested deeper than is read");
        }
        if self.root.is_some() {
            return Err("more than one root element");
        }
        self.count()?;
        let mut element = Element { name: start.name().0.to_owned(), ..Element::default() };
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| "an attribute is not well-formed")?;
            let name = attribute.key.0;
            if element.attributes.len() >= MAX_ATTRIBUTES {
                return Err("an element has more attributes than are read");
            }
            if element.attribute(name).is_some() {
                return Err("an attribute stands twice in one element");
            }
            let value = self.value(&attribute.value);
            element.attributes.push((name.to_owned(), value));
        }
        element.attributes.shrink_to_fit();
        Ok(element)
    }

    fn close(&mut self, mut element: Element) {
        element.content.shrink_to_fit();
        match self.open.last_mut() {
            Some(parent) => parent.content.push(Node::Element(element)),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), &'static str> {
        let Some(element) = self.open.last_mut() else {
            let outside = "text outside the root element";
            return if text.chars().all(is_padding) { Ok(()) } else { Err(outside) };
        };
        if element.push_text(text) { self.count() } else { Ok(()) }
    }

    fn count(&mut self) -> Result<(), &'static str> {
        self.nodes += 1;
        if self.nodes > MAX_NODES { Err("more elements than are read") } else { Ok(()) }
    }

    /// The value of an attribute: entities resolved, line ends and tabs a blank (XML 1.0 §3.3.3).
    fn value(&mut self, raw: &str) -> String {
        let mut value = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((before, after)) = rest.split_once('&') {
            blanks(before, &mut value);
            let reference = after.split_once(';').filter(|(name, _)| is_reference(name));
            match reference.map(|(name, following)| (character(name), following)) {
                Some((Some(c), following)) => {
                    value.push(c);
                    rest = following;
                }
                known => {
                    if known.is_some() {
                        self.unknown_entity();
                    }
                    value.push('&');
                    rest = after;
                }
            }
        }
        blanks(rest, &mut value);
        value
    }

    fn unknown_entity(&mut self) {
        let path: Vec<&str> = self.open.iter().map(|element| element.name.as_str()).collect();
        let text = "an entity XML does not know; it stays as it is written";
        self.problems.push(Problem::new("unknown-entity", path.join("/"), text));
    }
}

fn blanks(text: &str, value: &mut String) {
    let text = text.replace("\r\n", " ");
    value.extend(text.chars().map(|c| if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c }));
}

fn is_reference(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
}

/// The character of a reference: one of the five (XML 1.0 §4.6), or by number (§4.1).
fn character(name: &str) -> Option<char> {
    let number = match name {
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "amp" => return Some('&'),
        "apos" => return Some('\''),
        "quot" => return Some('"'),
        _ => name.strip_prefix('#')?,
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let code = if plain { u32::from_str_radix(digits, radix).ok()? } else { return None };
    char::from_u32(code).filter(|c| *c != '\0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> (Result<Element, Broken>, Vec<Problem>) {
        let mut problems = Vec::new();
        (parse(text.as_bytes(), &mut problems), problems)
    }

    #[test]
    fn order_text_and_attributes_are_kept() {
        let (root, problems) = read(
            "<?xml version=\"1.0\"?>\n<!-- x -->\n<a:r q='1&lt;&#x4f50;\n'>x<b/>y &amp; <![CDATA[<z>]]>&#20493;</a:r>\n",
        );
        let root = root.unwrap();
        assert!(problems.is_empty());
        assert_eq!((root.local(), root.attribute("q")), ("r", Some("1<佐 ")));
        assert_eq!(root.content.len(), 3);
        assert_eq!(root.own_text(), "xy & <z>倍");
        assert_eq!(root.child("b").map(|b| b.whole_text()).as_deref(), Some(""));
    }

    #[test]
    fn the_bytes_say_the_encoding_and_not_the_declaration() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><r>佐倉ｱ</r>";
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(text);
        assert_eq!(parse(&bytes, &mut Vec::new()).unwrap().own_text(), "佐倉ｱ");
        let marked = format!("\u{feff}{}", text.replace("UTF-8", "Shift_JIS"));
        assert_eq!(parse(marked.as_bytes(), &mut Vec::new()).unwrap().own_text(), "佐倉ｱ");
    }

    #[test]
    fn no_entity_of_a_document_type_is_expanded() {
        let (root, problems) =
            read("<!DOCTYPE r [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><r q='&e;'>&e;&nbsp; &#0; & x</r>");
        let root = root.unwrap();
        assert_eq!(root.own_text(), "&e;&nbsp; &#0; & x");
        assert_eq!(root.attribute("q"), Some("&e;"));
        let codes: Vec<&str> = problems.iter().map(|each| each.code.as_str()).collect();
        assert_eq!(codes, ["dtd", "unknown-entity", "unknown-entity", "unknown-entity", "unknown-entity"]);
    }

    #[test]
    fn half_a_document_is_none() {
        for text in
            ["", "x", "<r>", "<r><a></r>", "<r/><r/>", "<r/>x", "<r a=1/>", "<r a='1' a='2'/>", "</r>"]
        {
            assert!(read(text).0.is_err(), "{text}");
        }
        let deep = "<a>".repeat(200) + &"</a>".repeat(200);
        assert!(read(&deep).0.is_err());
        assert_eq!(read("<r>\n<a>\n").0.unwrap_err().line, 3);
    }

    #[test]
    fn the_root_is_seen_without_reading_on() {
        let name = |text| root(text);
        assert_eq!(name("\u{feff}<?xml version='1.0'?>\n<!-- <x> -->\n<a:r q="), Some("r"));
        assert_eq!(name("<!DOCTYPE r [<!ENTITY e 'x'>]>\n<r>"), Some("r"));
        assert_eq!(name("<r/>"), Some("r"));
        for none in ["", "r", "<", "<r", "< r>", "<?xml"] {
            assert_eq!(name(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_broken(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
            let _ = parse(&bytes, &mut Vec::new());
        }

        #[test]
        fn any_text_of_marks_is_read_or_broken(text in "(<|>|/|&|;|a|\"|'|=| |!|\\?|\\[|\\]|-|CDATA|#x1|DOCTYPE){0,24}") {
            let _ = (read(&text), root(&text));
        }
    }
}
