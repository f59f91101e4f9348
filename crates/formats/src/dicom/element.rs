//! Data elements of DICOM (PS3.5 §7) as a bounded tree over the bytes: nothing is copied.
//!
//! Implicit and explicit VR little endian, explicit VR big endian. Reading ends before pixel data; what they
//! hold is never looked at. A length that goes past the end ends the reading there and is reported, what was
//! read before stays. Not here: text ([`super::charset`]), what an element means.

use super::charset::CharacterSet;
use model::reading::Problem;
use std::cell::Cell;
use std::rc::Rc;

/// Deepest nesting of sequences read.
const MAX_DEPTH: usize = 16;
/// Most data elements of a file.
const MAX_ELEMENTS: usize = 200_000;
const UNDEFINED: u32 = u32::MAX;

/// Group and element number: `0x0010_0020`.
pub(super) type Tag = u32;

const ITEM: Tag = 0xfffe_e000;
const ITEM_END: Tag = 0xfffe_e00d;
const SEQUENCE_END: Tag = 0xfffe_e0dd;
const CHARACTER_SET: Tag = 0x0008_0005;
/// Pixel Data, Float and Double Float Pixel Data.
const PIXEL_DATA: [Tag; 3] = [0x7fe0_0008, 0x7fe0_0009, 0x7fe0_0010];

/// `(0010,0020)`.
pub(super) fn place(tag: Tag) -> String {
    format!("({:04X},{:04X})", tag >> 16, tag & 0xffff)
}

/// A data set with the character set its texts are in.
pub(super) struct Dataset<'a> {
    pub elements: Vec<Element<'a>>,
    pub charset: Rc<CharacterSet>,
    /// Where it is: empty, or `(0040,A730)[0].`.
    pub at: String,
    /// Of its numbers.
    pub big_endian: bool,
}

/// One data element.
pub(super) struct Element<'a> {
    pub tag: Tag,
    /// Two letters; `UN` where the file does not say and the tag is not known.
    pub vr: [u8; 2],
    pub value: Content<'a>,
    /// Whether somebody has put it into a record.
    pub taken: Cell<bool>,
}

pub(super) enum Content<'a> {
    Bytes(&'a [u8]),
    Items(Vec<Dataset<'a>>),
    /// Pixel data: never looked at.
    Pixels,
}

/// How the data set of a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Syntax {
    pub explicit: bool,
    pub big_endian: bool,
}

pub(super) const EXPLICIT: Syntax = Syntax { explicit: true, big_endian: false };
pub(super) const IMPLICIT: Syntax = Syntax { explicit: false, big_endian: false };
pub(super) const BIG_ENDIAN: Syntax = Syntax { explicit: true, big_endian: true };

impl<'a> Dataset<'a> {
    /// An element, if it is there.
    pub fn get(&self, tag: Tag) -> Option<&Element<'a>> {
        self.elements.iter().find(|element| element.tag == tag)
    }

    /// The items of a sequence; what is in them is taken one by one.
    pub fn items(&self, tag: Tag) -> &[Self] {
        match self.get(tag).map(|element| &element.value) {
            Some(Content::Items(items)) => items,
            _ => &[],
        }
    }
}

/// A reader over the bytes of a file.
pub(super) struct Elements<'a, 'p> {
    bytes: &'a [u8],
    at: usize,
    count: usize,
    problems: &'p mut Vec<Problem>,
    /// Set where nothing after can be trusted.
    broken: bool,
}

struct Header {
    tag: Tag,
    vr: [u8; 2],
    length: u32,
}

impl<'a, 'p> Elements<'a, 'p> {
    pub fn new(bytes: &'a [u8], at: usize, problems: &'p mut Vec<Problem>) -> Self {
        Self { bytes, at, count: 0, problems, broken: false }
    }

    /// The file meta information (PS3.10 §7.1): group 0002, always explicit VR little endian.
    pub fn meta(&mut self) -> Dataset<'a> {
        let (charset, at) = (Rc::default(), String::new());
        let mut meta = Dataset { elements: Vec::new(), charset, at, big_endian: false };
        while !self.broken && self.peek_group() == Some(0x0002) {
            let Some(header) = self.header(EXPLICIT) else { break };
            let Some(value) = self.value(&header, EXPLICIT, &meta, 0) else { break };
            meta.elements.push(Element::new(header.tag, header.vr, value));
        }
        meta
    }

    /// How the next element is really written, whatever the file says: two letters behind the tag or not.
    pub fn seen(&mut self, said: Syntax) -> Syntax {
        let letters = self.at.checked_add(4).and_then(|at| self.bytes.get(at..at + 2));
        let explicit = letters.is_none_or(|letters| letters.iter().all(u8::is_ascii_uppercase));
        if explicit == said.explicit {
            return said;
        }
        let text = "written in another transfer syntax than the file says; read as it is written";
        self.problems.push(Problem::new("transfer-syntax", "(0002,0010)", text));
        if explicit { EXPLICIT } else { IMPLICIT }
    }

    fn peek_group(&self) -> Option<u16> {
        let two = self.bytes.get(self.at..self.at.checked_add(2)?)?;
        Some(u16::from_le_bytes(two.try_into().ok()?))
    }

    /// The data set from here to the end of the file.
    pub fn dataset(&mut self, syntax: Syntax) -> Dataset<'a> {
        self.read(syntax, self.bytes.len(), Rc::default(), String::new(), 0)
    }

    /// A data set up to `end`, or to its delimiter.
    fn read(
        &mut self,
        syntax: Syntax,
        end: usize,
        charset: Rc<CharacterSet>,
        at: String,
        depth: usize,
    ) -> Dataset<'a> {
        let mut dataset = Dataset { elements: Vec::new(), charset, at, big_endian: syntax.big_endian };
        let (mut last, mut in_order) = (0, true);
        while !self.broken && self.at < end {
            let start = self.at;
            let Some(header) = self.header(syntax) else {
                self.cut(&format!("{}byte {start}", dataset.at), "the file ends inside a data element");
                break;
            };
            if matches!(header.tag, ITEM_END | SEQUENCE_END) {
                break;
            }
            if header.tag <= last && in_order {
                in_order = false;
                let text = "a data element out of order (PS3.5 §7.1); read all the same";
                let at = format!("{}{}", dataset.at, place(header.tag));
                self.problems.push(Problem::new("out-of-order", at, text));
            }
            last = header.tag;
            self.count += 1;
            if self.count > MAX_ELEMENTS {
                self.cut(&format!("{}{}", dataset.at, place(header.tag)), "more data elements than are read");
                break;
            }
            let Some(value) = self.value(&header, syntax, &dataset, depth) else { break };
            if let (CHARACTER_SET, Content::Bytes(bytes)) = (header.tag, &value) {
                dataset.charset = Rc::new(CharacterSet::new(bytes));
            }
            dataset.elements.push(Element::new(header.tag, header.vr, value));
        }
        dataset
    }

    fn cut(&mut self, at: &str, text: &str) {
        self.broken = true;
        self.problems.push(Problem::new("truncated", at, text));
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let bytes = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    fn u16(&mut self, syntax: Syntax) -> Option<u16> {
        let two = self.take(2)?.try_into().ok()?;
        Some(if syntax.big_endian { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) })
    }

    fn u32(&mut self, syntax: Syntax) -> Option<u32> {
        let four = self.take(4)?.try_into().ok()?;
        Some(if syntax.big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    }

    fn header(&mut self, syntax: Syntax) -> Option<Header> {
        let (group, element) = (self.u16(syntax)?, self.u16(syntax)?);
        let tag = Tag::from(group) << 16 | Tag::from(element);
        if group == 0xfffe {
            return Some(Header { tag, vr: *b"  ", length: self.u32(syntax)? });
        }
        if !syntax.explicit {
            return Some(Header { tag, vr: super::dictionary::vr(tag), length: self.u32(syntax)? });
        }
        let vr: [u8; 2] = self.take(2)?.try_into().ok()?;
        // PS3.5 §7.1.2: these have two reserved bytes and a length of four.
        let long =
            [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];
        let length = if long.contains(&&vr) {
            self.u16(syntax)?;
            self.u32(syntax)?
        } else {
            u32::from(self.u16(syntax)?)
        };
        Some(Header { tag, vr, length })
    }

    /// The value of an element; `None` if it is not there whole.
    fn value(
        &mut self,
        header: &Header,
        syntax: Syntax,
        dataset: &Dataset<'a>,
        depth: usize,
    ) -> Option<Content<'a>> {
        let at = format!("{}{}", dataset.at, place(header.tag));
        if !header.vr.iter().all(u8::is_ascii_uppercase) {
            self.cut(&at, "no value representation of DICOM; the rest is not read");
            return None;
        }
        if PIXEL_DATA.contains(&header.tag) {
            return Some(self.pixels(header.length, syntax, &at));
        }
        let length = usize::try_from(header.length).unwrap_or(usize::MAX);
        let defined = (header.length != UNDEFINED).then_some(length);
        if defined.is_some_and(|length| self.bytes.len() - self.at < length) {
            self.cut(&at, "longer than what is left of the file");
            return None;
        }
        // What is UN of undefined length is a sequence in implicit VR (PS3.5 §6.2.2 note 2); in implicit VR a
        // sequence that is not known shows by its first item.
        let unknown = header.vr == *b"UN";
        let begins_with_item =
            || self.bytes.get(self.at..self.at + 4).is_some_and(|four| four == b"\xfe\xff\x00\xe0");
        let is_sequence = header.vr == *b"SQ"
            || defined.is_none()
            || unknown && !syntax.explicit && length >= 8 && begins_with_item();
        if !is_sequence {
            return self.take(length).map(Content::Bytes);
        }
        let inner = if unknown && syntax.explicit { IMPLICIT } else { syntax };
        if depth >= MAX_DEPTH {
            self.cut(&at, "nested deeper than is read");
            return None;
        }
        let end = defined.map_or(self.bytes.len(), |length| self.at + length);
        let items = self.sequence(inner, end, &dataset.charset, &at, depth);
        if defined.is_some() && !self.broken {
            self.at = end;
        }
        Some(Content::Items(items))
    }

    fn sequence(
        &mut self,
        syntax: Syntax,
        end: usize,
        charset: &Rc<CharacterSet>,
        at: &str,
        depth: usize,
    ) -> Vec<Dataset<'a>> {
        let mut items = Vec::new();
        while !self.broken && self.at < end {
            let Some(header) = self.header(syntax) else {
                self.cut(at, "the file ends inside a sequence");
                break;
            };
            if header.tag == SEQUENCE_END {
                break;
            }
            self.count += 1;
            if header.tag != ITEM || self.count > MAX_ELEMENTS {
                self.cut(at, "not an item of a sequence; the rest is not read");
                break;
            }
            let place = format!("{at}[{}].", items.len());
            let length = usize::try_from(header.length).unwrap_or(usize::MAX);
            let defined = header.length != UNDEFINED;
            let stop = if defined { self.at.saturating_add(length) } else { end };
            if stop > end {
                self.cut(at, "an item longer than its sequence");
                break;
            }
            items.push(self.read(syntax, stop, Rc::clone(charset), place, depth + 1));
            if defined && !self.broken {
                self.at = stop;
            }
        }
        items
    }

    /// Goes past pixel data without looking at them: of a given length, or fragments up to the delimiter.
    fn pixels(&mut self, length: u32, syntax: Syntax, at: &str) -> Content<'a> {
        if length != UNDEFINED {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            if self.take(length).is_none() {
                self.cut(at, "the pixel data are cut off");
            }
            return Content::Pixels;
        }
        loop {
            let fragment = self.header(syntax);
            let skipped = match fragment {
                Some(Header { tag: SEQUENCE_END, .. }) => break,
                Some(Header { tag: ITEM, length, .. }) if length != UNDEFINED => {
                    usize::try_from(length).ok().and_then(|length| self.take(length))
                }
                _ => None,
            };
            if skipped.is_none() {
                self.cut(at, "the pixel data are cut off");
                break;
            }
        }
        Content::Pixels
    }
}

impl<'a> Element<'a> {
    fn new(tag: Tag, vr: [u8; 2], value: Content<'a>) -> Self {
        Self { tag, vr, value, taken: Cell::new(false) }
    }
}

/// Whether bytes begin with data elements of the group of identification, as a data set without a file's
/// preamble does: the first three as the dictionary has them, in order, short and whole.
pub(super) fn begins(bytes: &[u8], syntax: Syntax) -> bool {
    let mut problems = Vec::new();
    let mut elements = Elements::new(bytes, 0, &mut problems);
    let mut last = 0;
    for index in 0..3 {
        let Some(header) = elements.header(syntax) else { return false };
        let first = index > 0 || matches!(header.tag, 0x0008_0000..=0x0008_0018);
        let known = super::dictionary::vr(header.tag);
        let fits = known != *b"UN" && (header.vr == known || header.vr == *b"UN") && header.length <= 1024;
        let in_order = header.tag > last && header.tag >> 16 == 0x0008 && header.length % 2 == 0;
        last = header.tag;
        let length = usize::try_from(header.length).unwrap_or(usize::MAX);
        if !(first && fits && in_order) || elements.take(length).is_none() {
            return false;
        }
    }
    true
}
