//! One segment, its fields, and which of their leaves were read.

use super::Delimiters;
use super::escape::{escape, unescape};
use std::cell::Cell;

/// A subcomponent: the smallest thing that holds text.
#[derive(Debug)]
struct Leaf {
    text: String,
    read: Cell<bool>,
}

impl Leaf {
    fn open(&self) -> bool {
        !self.text.is_empty() && !self.read.get()
    }
}

type ComponentLeaves = Vec<Leaf>;
type RepetitionLeaves = Vec<ComponentLeaves>;
type FieldLeaves = Vec<RepetitionLeaves>;

/// A segment. Fields, repetitions, components and subcomponents count from 1, as the standard writes them.
#[derive(Debug)]
pub struct Segment {
    name: String,
    /// Line it begins on, from 0.
    pub(super) line: usize,
    /// Which of its name it is, from 1.
    pub number: usize,
    alone: bool,
    delimiters: Delimiters,
    fields: Vec<FieldLeaves>,
}

impl Segment {
    /// Splits the text of a segment. In MSH the first field is the delimiter itself.
    pub(super) fn parse(text: &str, line: usize, number: usize, delimiters: Delimiters) -> Self {
        let whole = |text: &str| vec![vec![vec![Leaf { text: text.to_owned(), read: Cell::new(false) }]]];
        let mut parts = text.split(delimiters.field);
        let name = parts.next().unwrap_or_default().to_owned();
        let mut fields = Vec::new();
        if name == "MSH" && text.len() > 3 {
            fields.push(whole(&delimiters.field.to_string()));
            fields.extend(parts.next().map(whole));
        }
        fields.extend(parts.map(|field| split_field(field, &delimiters)));
        Self { name, line, number, alone: true, delimiters, fields }
    }

    pub(super) fn set_alone(&mut self, alone: bool) {
        self.alone = alone;
    }

    /// `PID`, `OBX`, `ZPR`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it stands: `PID` if there is one, `OBX[3]` if there are more.
    pub fn place(&self) -> String {
        if self.alone { self.name.clone() } else { format!("{}[{}]", self.name, self.number) }
    }

    /// The field with this number; beyond the end it is empty.
    pub fn field(&self, number: usize) -> Field<'_> {
        Field { segment: self, number }
    }

    /// Text of the first component of a field: `segment.field(number).text()`.
    pub fn text(&self, number: usize) -> Option<String> {
        self.field(number).text()
    }

    /// True if it has nothing but its name.
    pub fn is_empty(&self) -> bool {
        self.account().0 == 0
    }

    fn leaves(&self, number: usize) -> &[RepetitionLeaves] {
        number.checked_sub(1).and_then(|index| self.fields.get(index)).map_or(&[], Vec::as_slice)
    }

    /// How many leaves hold something, and how many of them nobody has read.
    pub fn account(&self) -> (usize, usize) {
        let leaves = || self.fields.iter().flatten().flatten().flatten();
        let filled = leaves().filter(|leaf| !leaf.text.is_empty()).count();
        (filled, leaves().filter(|leaf| leaf.open()).count())
    }

    /// What nobody has read, by place within the message and raw text: whole fields, repetitions or
    /// components where nothing of them was read, else their parts.
    pub fn unread(&self) -> Vec<(String, String)> {
        self.open_parts(&self.place())
    }

    /// What nobody has read, by name without segment number (`PID-11.4`), and marks it as read: for carrying
    /// it along as it is.
    pub fn rest(&self) -> Vec<(String, String)> {
        let parts = self.open_parts(&self.name);
        for leaf in self.fields.iter().flatten().flatten().flatten() {
            leaf.read.set(true);
        }
        parts
    }

    fn open_parts(&self, place: &str) -> Vec<(String, String)> {
        let mut parts = Vec::new();
        for (index, field) in self.fields.iter().enumerate() {
            let at = format!("{place}-{}", index + 1);
            if !field.iter().flatten().flatten().any(Leaf::open) {
                continue;
            }
            if untouched(field.iter().flatten().flatten()) {
                parts.push((at, self.field(index + 1).peek_raw()));
                continue;
            }
            for (number, repetition) in field.iter().enumerate() {
                let at = if field.len() > 1 { format!("{at}[{}]", number + 1) } else { at.clone() };
                self.open_of_repetition(&at, repetition, &mut parts);
            }
        }
        parts
    }

    fn open_of_repetition(&self, at: &str, repetition: &RepetitionLeaves, parts: &mut Vec<(String, String)>) {
        if untouched(repetition.iter().flatten()) {
            parts.extend(join_repetition(repetition, &self.delimiters).map(|text| (at.to_owned(), text)));
            return;
        }
        for (index, component) in repetition.iter().enumerate() {
            let at = format!("{at}.{}", index + 1);
            if untouched(component.iter()) {
                parts.extend(join_component(component, &self.delimiters).map(|text| (at, text)));
                continue;
            }
            for (index, leaf) in component.iter().enumerate() {
                if leaf.open() {
                    parts.push((format!("{at}.{}", index + 1), leaf.text.clone()));
                }
            }
        }
    }
}

/// True if nothing of it was read.
fn untouched<'a>(leaves: impl Iterator<Item = &'a Leaf>) -> bool {
    leaves.into_iter().all(|leaf| !leaf.read.get())
}

fn split_field(text: &str, delimiters: &Delimiters) -> FieldLeaves {
    if text.is_empty() {
        return Vec::new();
    }
    // Nothing but blanks, of either width, is nothing: forms of fixed width fill with them.
    let leaf = |text: &str| {
        let text = if text.trim().is_empty() { String::new() } else { unescape(text, delimiters) };
        Leaf { text, read: Cell::new(false) }
    };
    let component = |text: &str| text.split(delimiters.subcomponent).map(leaf).collect();
    let repetition = |text: &str| text.split(delimiters.component).map(component).collect();
    text.split(delimiters.repetition).map(repetition).collect()
}

/// The text of a component; its subcomponents joined by `&`. `None` if empty.
fn join_component(component: &[Leaf], delimiters: &Delimiters) -> Option<String> {
    match component {
        [] => None,
        [only] => Some(only.text.clone()).filter(|text| !text.is_empty()),
        several => {
            let parts: Vec<_> = several.iter().map(|leaf| escape(&leaf.text, delimiters)).collect();
            let joined = parts.join(&delimiters.subcomponent.to_string());
            let text = joined.trim_end_matches(delimiters.subcomponent);
            (!text.is_empty()).then(|| text.to_owned())
        }
    }
}

/// The text of a repetition as in the message, without empty components at its end. `None` if empty.
fn join_repetition(repetition: &RepetitionLeaves, delimiters: &Delimiters) -> Option<String> {
    let escaped = |component: &ComponentLeaves| match component.as_slice() {
        [only] if repetition.len() > 1 => escape(&only.text, delimiters),
        component => join_component(component, delimiters).unwrap_or_default(),
    };
    let parts: Vec<_> = repetition.iter().map(escaped).collect();
    let joined = parts.join(&delimiters.component.to_string());
    let text = joined.trim_end_matches(delimiters.component);
    (!text.is_empty()).then(|| text.to_owned())
}

/// HL7 `""`: the sender says that there is nothing. It stays unread, so that it is carried along.
const NULL: &str = "\"\"";

/// A field of a segment.
#[derive(Debug, Clone, Copy)]
pub struct Field<'m> {
    segment: &'m Segment,
    number: usize,
}

impl<'m> Field<'m> {
    /// Where it stands: `PID-11`, `OBX[3]-5`.
    pub fn at(self) -> String {
        format!("{}-{}", self.segment.place(), self.number)
    }

    /// The segment it belongs to.
    pub fn segment(self) -> &'m Segment {
        self.segment
    }

    /// True if nothing stands in it.
    pub fn is_empty(self) -> bool {
        self.segment.leaves(self.number).iter().flatten().flatten().all(|leaf| leaf.text.is_empty())
    }

    /// Its first repetition; empty if there is none.
    pub fn first(self) -> Repetition<'m> {
        self.repetition(1)
    }

    /// The repetition with this number, from 1.
    pub fn repetition(self, number: usize) -> Repetition<'m> {
        Repetition { field: self, number }
    }

    /// Its repetitions that hold something.
    pub fn repetitions(self) -> impl Iterator<Item = Repetition<'m>> {
        let count = self.segment.leaves(self.number).len();
        (1..=count).map(move |number| self.repetition(number)).filter(|repetition| !repetition.is_empty())
    }

    /// Text of the first component of the first repetition; marks it as read. `None` if empty or `""`.
    pub fn text(self) -> Option<String> {
        self.first().get(1)
    }

    /// As [`Field::text`], without marking it as read.
    pub fn peek(self) -> Option<String> {
        self.first().peek(1)
    }

    /// The text, if `read` can make something of it; only then it is marked as read.
    pub fn read_as<T>(self, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        self.first().read_as(1, read)
    }

    /// All of it as it stands in the message; marks it as read. `None` if empty or `""`.
    pub fn raw(self) -> Option<String> {
        let text = self.peek_raw();
        if text == NULL {
            return None;
        }
        for leaf in self.segment.leaves(self.number).iter().flatten().flatten() {
            leaf.read.set(true);
        }
        (!text.is_empty()).then_some(text)
    }

    /// All of it as it stands in the message, without marking it as read.
    pub fn peek_raw(self) -> String {
        if self.is_empty() {
            return String::new();
        }
        let delimiters = &self.segment.delimiters;
        let repetitions = self.segment.leaves(self.number);
        let parts: Vec<_> =
            repetitions.iter().map(|each| join_repetition(each, delimiters).unwrap_or_default()).collect();
        parts.join(&delimiters.repetition.to_string())
    }
}

/// One repetition of a field.
#[derive(Debug, Clone, Copy)]
pub struct Repetition<'m> {
    field: Field<'m>,
    number: usize,
}

impl<'m> Repetition<'m> {
    /// Where it stands: `PID-5`, `PID-5[2]`.
    pub fn at(self) -> String {
        let several = self.field.segment.leaves(self.field.number).len() > 1;
        if several { format!("{}[{}]", self.field.at(), self.number) } else { self.field.at() }
    }

    /// Which repetition of its field it is, from 1.
    pub fn place(self) -> usize {
        self.number
    }

    fn components(self) -> &'m [ComponentLeaves] {
        let repetitions = self.field.segment.leaves(self.field.number);
        self.number.checked_sub(1).and_then(|index| repetitions.get(index)).map_or(&[], Vec::as_slice)
    }

    fn component(self, number: usize) -> &'m [Leaf] {
        number.checked_sub(1).and_then(|index| self.components().get(index)).map_or(&[], Vec::as_slice)
    }

    /// True if nothing stands in it.
    pub fn is_empty(self) -> bool {
        self.components().iter().flatten().all(|leaf| leaf.text.is_empty())
    }

    /// Number of components, empty ones included.
    pub fn len(self) -> usize {
        self.components().len()
    }

    /// Text of a component (subcomponents joined by `&`); marks it as read. `None` if empty or `""`.
    pub fn get(self, component: usize) -> Option<String> {
        self.read_as(component, |text| Some(text.to_owned()))
    }

    /// As [`Repetition::get`], without marking it as read.
    pub fn peek(self, component: usize) -> Option<String> {
        join_component(self.component(component), &self.field.segment.delimiters).filter(|text| text != NULL)
    }

    /// What `read` makes of a component; only where it makes something, the component is marked as read.
    pub fn read_as<T>(self, component: usize, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let found = read(&self.peek(component)?)?;
        for leaf in self.component(component) {
            leaf.read.set(true);
        }
        Some(found)
    }

    /// Text of a subcomponent; marks it as read. `None` if empty or `""`.
    pub fn subcomponent(self, component: usize, number: usize) -> Option<String> {
        let leaf = number.checked_sub(1).and_then(|index| self.component(component).get(index))?;
        if leaf.text.is_empty() || leaf.text == NULL {
            return None;
        }
        leaf.read.set(true);
        Some(leaf.text.clone())
    }

    /// All of it as it stands in the message; marks it as read. `None` if empty or `""`.
    pub fn raw(self) -> Option<String> {
        let text = self.peek_raw().filter(|text| text != NULL)?;
        for leaf in self.components().iter().flatten() {
            leaf.read.set(true);
        }
        Some(text)
    }

    /// All of it as it stands in the message, without marking it as read. `None` if empty.
    pub fn peek_raw(self) -> Option<String> {
        let repetitions = self.field.segment.leaves(self.field.number);
        let repetition = self.number.checked_sub(1).and_then(|index| repetitions.get(index))?;
        join_repetition(repetition, &self.field.segment.delimiters)
    }

    /// True if some of it has text nobody has read.
    pub fn has_unread(self) -> bool {
        self.components().iter().flatten().any(Leaf::open)
    }
}
