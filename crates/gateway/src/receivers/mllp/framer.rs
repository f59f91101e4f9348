//! Finds messages in a stream of bytes (HL7 v2.5 Implementation Guide, appendix C; Minimal Lower Layer Protocol):
//! 0x0B, the message, 0x1C, 0x0D. Pure: no network, no time.
//!
//! Tolerant where nothing can be lost by it: the last 0x0D may be missing (0x0A, the next 0x0B, silence or the end of
//! the stream end a message as well), anything may stand between messages, a message broken off by the beginning of
//! the next is named. A 0x1C inside a message, which the standard forbids, does not cut it.
//!
//! **Invariant**: however the bytes are split into packets, the same messages come out.

use std::collections::VecDeque;

/// Begins a message.
const START: u8 = 0x0b;

/// Ends a message.
const END: u8 = 0x1c;

/// How much of a message that is too large is kept, for the header in it.
const BEGINNING: usize = 4096;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// A message, without its frame.
    Message(Vec<u8>),
    /// A message that never ended: nobody may believe that it was received.
    Unfinished,
    /// A message larger than allowed: its beginning. Nothing more is read.
    TooLarge(Vec<u8>),
}

/// Reads a stream.
pub(crate) struct Framer {
    largest: usize,
    found: VecDeque<Found>,
    /// The message under way; `None` between messages.
    current: Option<Vec<u8>>,
    /// Bytes between messages that are no white space, since they were last asked for.
    stray: usize,
    closed: bool,
}

impl Framer {
    /// For messages of at most `largest` bytes.
    pub(crate) fn new(largest: usize) -> Self {
        Self { largest, found: VecDeque::new(), current: None, stray: 0, closed: false }
    }

    /// Takes the next bytes of the stream.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.closed {
            bytes = match &mut self.current {
                None => self.between(bytes),
                Some(current) if current.last() == Some(&END) => self.after_end(bytes),
                Some(current) => {
                    let end = bytes.iter().position(|byte| *byte == END).map_or(bytes.len(), |at| at + 1);
                    let (part, rest) = bytes.split_at(end);
                    // No more than shows that it is too large.
                    let room = (self.largest + 2).saturating_sub(current.len());
                    current.extend_from_slice(part.get(..room).unwrap_or(part));
                    self.measure();
                    rest
                }
            };
        }
    }

    /// Ends the stream if the message under way has become too large.
    fn measure(&mut self) {
        let Some(mut beginning) = self.current.take_if(|current| current.len() > self.largest + 1) else {
            return;
        };
        beginning.truncate(BEGINNING.min(self.largest));
        beginning.shrink_to_fit();
        self.found.push_back(Found::TooLarge(beginning));
        self.closed = true;
    }

    /// Skips what stands between messages.
    fn between<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let start = bytes.iter().position(|byte| *byte == START);
        let skipped = bytes.get(..start.unwrap_or(bytes.len())).unwrap_or_default();
        self.stray += skipped.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != END).count();
        match start {
            Some(start) => {
                self.current = Some(Vec::new());
                bytes.get(start + 1..).unwrap_or_default()
            }
            None => &[],
        }
    }

    /// The byte after a 0x1C says whether it was the end.
    fn after_end<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        match bytes.split_first() {
            Some((b'\r' | b'\n', rest)) => {
                self.complete();
                rest
            }
            Some((&START, _)) => {
                self.complete();
                bytes
            }
            // A second one: the first belongs to the message.
            Some((&next, rest)) => {
                if let Some(current) = &mut self.current {
                    current.push(next);
                }
                self.measure();
                rest
            }
            None => bytes,
        }
    }

    /// The current message has ended with its 0x1C.
    fn complete(&mut self) {
        let Some(mut message) = self.current.take() else { return };
        message.pop();
        // Another message begins inside: the one before broke off, or ended in 0x1C and something else.
        while let Some(at) = find(&message, b"\x0bMSH") {
            let rest = message.split_off(at + 1);
            message.pop();
            self.broken_off(message);
            message = rest;
        }
        self.found.push_back(Found::Message(message));
    }

    fn broken_off(&mut self, mut message: Vec<u8>) {
        match message.iter().rposition(|byte| *byte == END) {
            Some(end) => {
                self.stray += message.len() - end - 1;
                message.truncate(end);
                self.found.push_back(Found::Message(message));
            }
            None => self.found.push_back(Found::Unfinished),
        }
    }

    /// Nothing more has come for a while: a message that has its 0x1C is whole.
    pub(crate) fn silence(&mut self) {
        if self.is_ended() {
            self.complete();
        }
    }

    /// The stream has ended.
    pub(crate) fn end(&mut self) {
        self.silence();
        if self.current.take().is_some_and(|message| !message.is_empty()) {
            self.found.push_back(Found::Unfinished);
        }
        self.closed = true;
    }

    /// True if the message under way has its 0x1C and only the byte after it is missing.
    pub(crate) fn is_ended(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.last() == Some(&END))
    }

    /// Bytes of the message under way; `None` between messages.
    pub(crate) fn held(&self) -> Option<usize> {
        self.current.as_ref().map(Vec::len)
    }

    /// Number of stray bytes since the last call.
    pub(crate) fn take_stray(&mut self) -> usize {
        std::mem::take(&mut self.stray)
    }

    /// The next of what was found.
    pub(crate) fn next(&mut self) -> Option<Found> {
        self.found.pop_front()
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LARGEST: usize = 40;

    fn all(packets: &[&[u8]]) -> (Vec<Found>, usize) {
        let mut framer = Framer::new(LARGEST);
        let mut found = Vec::new();
        for packet in packets {
            framer.push(packet);
            found.extend(std::iter::from_fn(|| framer.next()));
        }
        framer.end();
        found.extend(std::iter::from_fn(|| framer.next()));
        (found, framer.take_stray())
    }

    fn found(bytes: &[u8]) -> Vec<Found> {
        all(&[bytes]).0
    }

    fn message(text: &str) -> Found {
        Found::Message(text.as_bytes().to_vec())
    }

    #[test]
    fn frames() {
        assert_eq!(found(b"\x0bMSH|a\r\x1c\r"), [message("MSH|a\r")]);
        assert_eq!(found(b"\x0bMSH|a\x1c\r\x0bMSH|b\x1c\r"), [message("MSH|a"), message("MSH|b")]);
        // No final CR: the next message, another line end, or the end of the stream.
        assert_eq!(
            found(b"\x0bMSH|a\x1c\x0bMSH|b\x1c\nx\x0bMSH|c\x1c"),
            [message("MSH|a"), message("MSH|b"), message("MSH|c")]
        );
        assert_eq!(found(b"\x0b\x1c\r"), [message("")]);
        assert_eq!(all(&[b"GET / HTTP/1.1\r\n\r\n"]), (vec![], 12));
        assert_eq!(all(&[b"\r\n \x1c\r\x0ba\x1c\r\r\n"]), (vec![message("a")], 0));
    }

    #[test]
    fn what_is_forbidden_inside_does_not_cut_a_message() {
        // A vertical tab as word processors write it, an end block character in the middle.
        assert_eq!(found(b"\x0bMSH|a\x0bb\x1cc\x1c\x1c\r"), [message("MSH|a\x0bb\x1cc\x1c")]);
        // Broken off, and then the next one.
        assert_eq!(found(b"\x0bMSH|a\x0bMSH|b\x1c\r"), [Found::Unfinished, message("MSH|b")]);
        assert_eq!(all(&[b"\x0bMSH|a\x1cxyz\x0bMSH|b\x1c\r"]), (vec![message("MSH|a"), message("MSH|b")], 3));
        assert_eq!(found(b"\x0bMSH|a"), [Found::Unfinished]);
    }

    #[test]
    fn too_large_ends_it_without_growing() {
        let mut framer = Framer::new(LARGEST);
        framer.push(b"\x0b");
        framer.push(&[b'x'; LARGEST]);
        framer.push(b"\x1c\r");
        assert_eq!(framer.next(), Some(Found::Message(vec![b'x'; LARGEST])));
        framer.push(b"\x0bMSH|^~\\&|");
        for _ in 0..1000 {
            framer.push(&[b'x'; 1000]);
        }
        let Some(Found::TooLarge(beginning)) = framer.next() else { panic!("not too large") };
        assert!(beginning.starts_with(b"MSH|^~\\&|xxx") && beginning.len() <= BEGINNING);
        framer.push(b"\x1c\r\x0bMSH\x1c\r");
        assert_eq!((framer.next(), framer.held()), (None, None));
    }

    #[test]
    fn silence_ends_a_message_that_has_its_end() {
        let mut framer = Framer::new(LARGEST);
        framer.push(b"\x0bMSH|a");
        framer.silence();
        assert_eq!(framer.next(), None);
        framer.push(b"\x1c");
        assert!(framer.is_ended());
        framer.silence();
        assert_eq!(framer.next(), Some(message("MSH|a")));
        framer.push(b"\r\x0bMSH|b\x1c\r");
        assert_eq!((framer.next(), framer.take_stray()), (Some(message("MSH|b")), 0));
    }

    fn stream() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            4 => Just(vec![START]),
            4 => Just(vec![END, b'\r']),
            2 => Just(vec![END]),
            2 => Just(b"MSH|x\r".to_vec()),
            1 => Just(vec![b'\r']),
            2 => proptest::collection::vec(any::<u8>(), 0..12),
            // 表 and ソ of Shift_JIS end in the delimiters \ and |.
            1 => Just(vec![0x95, 0x5c, 0x83, 0x7c, 0x83, 0x5c]),
        ];
        proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn packets_do_not_matter(bytes in stream(), cuts in proptest::collection::vec(0_usize..200, 0..40)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.push(0);
            cuts.push(bytes.len());
            cuts.sort_unstable();
            let packets: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
            prop_assert_eq!(all(&packets), all(&[&bytes]));
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(all(&single), all(&[&bytes]));
        }

        #[test]
        fn what_is_framed_comes_out(
            messages in proptest::collection::vec("[ -~\r]{0,30}", 0..8),
            between in "[a-z\r\n]{0,9}",
            end in prop_oneof![Just("\u{1c}\r"), Just("\u{1c}"), Just("\u{1c}\n"), Just("\u{1c}\r\n")],
        ) {
            let ends_safely = end.len() > 1;
            let between = if ends_safely { between } else { String::new() };
            let framed: Vec<String> =
                messages.iter().map(|each| format!("\u{b}{each}{end}{between}")).collect();
            let expected: Vec<Found> = messages.iter().map(|each| message(each)).collect();
            prop_assert_eq!(found(framed.concat().as_bytes()), expected);
        }
    }
}
