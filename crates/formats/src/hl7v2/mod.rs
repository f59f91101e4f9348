//! HL7 v2.5 messages: segments, fields, repetitions, components, subcomponents, and an account of which of
//! them were read.
//!
//! Text is decoded before it is split (in ISO-2022-JP the second byte of a kanji may equal a delimiter).
//! Every non-empty leaf remembers whether a reader has taken it; what nobody took can be carried along as it
//! is ([`Segment::rest`]) or reported ([`Message::unread`]), so that nothing is dropped in silence.
//! What the fields mean is not known here.

pub mod escape;
mod segment;
pub mod timestamp;

pub use segment::{Field, Repetition, Segment};

use crate::charset::{self, Charset, Decoded};
use model::reading::Problem;

/// The five delimiters of a message (MSH-1, MSH-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiters {
    /// Between fields.
    pub field: char,
    /// Between components.
    pub component: char,
    /// Between repetitions.
    pub repetition: char,
    /// Around escape sequences.
    pub escape: char,
    /// Between subcomponents.
    pub subcomponent: char,
}

impl Default for Delimiters {
    fn default() -> Self {
        Self { field: '|', component: '^', repetition: '~', escape: '\\', subcomponent: '&' }
    }
}

impl Delimiters {
    /// Reads them from the text of an MSH segment; what is missing or doubled is the recommended one.
    fn of(msh: &str) -> Self {
        let mut chars = msh.chars().skip(3).take_while(|c| !c.is_alphanumeric());
        let recommended = Self::default();
        let field = chars.next().unwrap_or(recommended.field);
        let rest: Vec<char> = chars.take_while(|c| *c != field).take(4).collect();
        let at = |index: usize, otherwise: char| rest.get(index).copied().unwrap_or(otherwise);
        let read = Self {
            field,
            component: at(0, recommended.component),
            repetition: at(1, recommended.repetition),
            escape: at(2, recommended.escape),
            subcomponent: at(3, recommended.subcomponent),
        };
        let all = [read.field, read.component, read.repetition, read.escape, read.subcomponent];
        let distinct =
            all.iter().enumerate().all(|(index, c)| !all.iter().skip(index + 1).any(|other| other == c));
        if distinct { read } else { Self { field, ..recommended } }
    }
}

/// A message as received.
#[derive(Debug)]
pub struct Message {
    /// Its segments in the order of the original.
    pub segments: Vec<Segment>,
    /// The delimiters it uses.
    pub delimiters: Delimiters,
    /// What its bytes were written in.
    pub charset: Charset,
}

/// Characters that frame a message or end a file and belong to nothing.
const FRAME: &[char] = &['\u{0B}', '\u{1C}', '\u{1A}', '\0', '\u{FEFF}'];

impl Message {
    /// Reads a message. `None` if nothing in it looks like HL7 v2: neither an MSH at the start nor any line
    /// that begins with a known form of segment. Problems name undecodable characters, a missing MSH and
    /// line breaks inside a field.
    pub fn parse(bytes: &[u8]) -> Option<(Self, Vec<Problem>)> {
        let decoded = charset::decode(bytes);
        let lines = numbered_lines(&decoded);
        let starts_with_header = lines.first().is_some_and(|(_, line)| line.starts_with("MSH"));
        let delimiters = match lines.iter().find(|(_, line)| line.starts_with("MSH")) {
            Some((_, line)) => Delimiters::of(line),
            None => Delimiters::default(),
        };
        let begins = |line: &str| is_segment(line, delimiters.field);
        if !starts_with_header
            && !lines.iter().any(|(_, line)| is_segment(line, delimiters.field) && line.len() > 4)
        {
            return None;
        }
        let mut problems = Vec::new();
        if !starts_with_header {
            problems.push(Problem::new("no-header", "MSH", "the message does not begin with an MSH segment"));
        }
        let mut texts: Vec<(usize, String)> = Vec::with_capacity(lines.len());
        let mut broken = 0;
        for (number, line) in lines {
            match texts.last_mut() {
                // A line that begins no segment continues the one before: a raw line break in a text.
                Some((_, last)) if !begins(line) => {
                    broken += 1;
                    last.push('\n');
                    last.push_str(line);
                }
                _ => texts.push((number, line.to_owned())),
            }
        }
        if broken > 0 {
            let text =
                format!("{broken} lines begin no segment: read as line breaks inside the field before");
            problems.push(Problem::new("line-break", "message", text));
        }
        let segments = number_segments(&texts, delimiters);
        for (index, segment) in segments.iter().enumerate() {
            let next = texts.get(index + 1).map_or(usize::MAX, |(line, _)| *line);
            let before = |line: usize| decoded.replaced.partition_point(|each| each.line < line);
            let lost = decoded.replaced.get(before(segment.line)..before(next)).unwrap_or_default();
            let lost: Vec<&str> = lost.iter().map(|each| each.code.as_str()).collect();
            if !lost.is_empty() {
                let text = format!(
                    "{} characters have no code in {:?}: {}",
                    lost.len(),
                    decoded.charset,
                    lost.join(", ")
                );
                problems.push(Problem::new("charset", segment.place(), text));
            }
        }
        Some((Self { segments, delimiters, charset: decoded.charset }, problems))
    }

    /// The first segment of this name.
    pub fn segment(&self, name: &str) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.name() == name)
    }

    /// All segments of this name.
    pub fn all<'m>(&'m self, name: &str) -> impl Iterator<Item = &'m Segment> {
        let name = name.to_owned();
        self.segments.iter().filter(move |segment| segment.name() == name)
    }

    /// Every place nobody has read, as `PID-11.4`, `OBX[3]-5`.
    pub fn unread(&self) -> Vec<String> {
        self.segments.iter().flat_map(|segment| segment.unread().into_iter().map(|(at, _)| at)).collect()
    }

    /// How many leaves hold something, and how many of them nobody has read.
    pub fn account(&self) -> (usize, usize) {
        self.segments.iter().map(Segment::account).fold((0, 0), |sum, each| (sum.0 + each.0, sum.1 + each.1))
    }
}

/// The lines that hold something, with their number in the original.
fn numbered_lines(decoded: &Decoded) -> Vec<(usize, &str)> {
    decoded
        .text
        .split_inclusive(['\r', '\n'])
        .map(|line| line.trim_end_matches(['\r', '\n']).trim_matches(FRAME))
        .enumerate()
        .map(|(number, line)| {
            (number, if is_segment(line.trim_start(), '|') { line.trim_start() } else { line })
        })
        .filter(|(_, line)| !line.trim().is_empty())
        .collect()
}

/// Three capitals or digits, the first a capital, followed by the field delimiter or nothing.
fn is_segment(line: &str, field: char) -> bool {
    let mut chars = line.chars();
    let name = [chars.next(), chars.next(), chars.next()];
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let [first, ..] = name;
    first.is_some_and(|c| c.is_ascii_uppercase())
        && name.into_iter().all(letter)
        && chars.next().is_none_or(|c| c == field)
}

/// Splits the lines and counts the segments of each name.
fn number_segments(texts: &[(usize, String)], delimiters: Delimiters) -> Vec<Segment> {
    let name = |text: &str| text.chars().take(3).collect::<String>();
    let mut seen: Vec<(String, usize)> = Vec::new();
    let mut segments = Vec::with_capacity(texts.len());
    for (line, text) in texts {
        let name = name(text);
        let count = match seen.iter_mut().find(|(each, _)| *each == name) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                seen.push((name, 1));
                1
            }
        };
        segments.push(Segment::parse(text, *line, count, delimiters));
    }
    for segment in &mut segments {
        let total = seen.iter().find(|(name, _)| name == segment.name()).map_or(1, |(_, count)| *count);
        segment.set_alone(total == 1);
    }
    segments
}
