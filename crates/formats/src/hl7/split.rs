//! The bytes of a delivery to its messages: one or several in a file, in frames of MLLP (0x0B … 0x1C 0x0D; HL7 v2.5
//! appendix C) or one after the other, perhaps between the headers of a batch (FHS, BHS, BTS, FTS; §2.10.3).
//!
//! Only control characters and the beginnings of lines are looked at: neither is half of a character in ISO-2022-JP,
//! Shift_JIS, EUC or UTF-8, so the bytes may be cut before they are decoded.

/// A delivery, cut.
#[derive(Debug, Default)]
pub struct Cut<'a> {
    /// Each message.
    pub messages: Vec<&'a [u8]>,
    /// Lines that belong to none, with their number from 1: batch headers and trailers, and what is before the first MSH.
    pub outside: Vec<(usize, &'a [u8])>,
}

/// Cuts a delivery at each MSH that begins a line or a frame.
pub fn cut(bytes: &[u8]) -> Cut<'_> {
    let mut found = Cut::default();
    let mut from: Option<usize> = None;
    let mut at = 0;
    let ends = |byte: &u8| matches!(byte, b'\r' | b'\n' | 0x0B | 0x1C);
    for (index, line) in bytes.split_inclusive(ends).enumerate() {
        let (start, end) = (at, at + line.len());
        at = end;
        let text = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        let text = text
            .iter()
            .position(|byte| *byte != b' ')
            .and_then(|first| text.get(first..))
            .unwrap_or_default();
        let batch = [b"FHS", b"BHS", b"BTS", b"FTS"].iter().any(|name| begins(text, name));
        let ended = from.is_some() && (begins(text, b"MSH") || batch);
        if ended {
            found.messages.extend(from.take().and_then(|from| bytes.get(from..start)));
        }
        if begins(text, b"MSH") {
            from = Some(start);
        } else if from.is_none() && text.iter().any(|byte| !ends(byte) && *byte != b' ' && *byte != 0) {
            found.outside.push((index + 1, line));
        }
        // The end of a frame ends its message.
        if line.last() == Some(&0x1C)
            && let Some(from) = from.take()
        {
            found.messages.extend(bytes.get(from..end));
        }
    }
    found.messages.extend(from.and_then(|from| bytes.get(from..)));
    found
}

/// A segment of this name.
fn begins(line: &[u8], name: &[u8; 3]) -> bool {
    line.strip_prefix(name).is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_punctuation))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_of(bytes: &[u8]) -> (Vec<&[u8]>, Vec<usize>) {
        let cut = cut(bytes);
        (cut.messages, cut.outside.iter().map(|(line, _)| *line).collect())
    }

    #[test]
    fn frames_files_and_batches() {
        let expected: Vec<&[u8]> = vec![b"MSH|^~\\&|A\rPID|1\r\x1c", b"MSH|^~\\&|B\r\x1c"];
        assert_eq!(cut_of(b"\x0bMSH|^~\\&|A\rPID|1\r\x1c\r\x0bMSH|^~\\&|B\r\x1c\r"), (expected, vec![]));
        let expected: Vec<&[u8]> = vec![b"MSH|^~\\&|A\nPID|1\n", b"MSH|^~\\&|B\n"];
        assert_eq!(cut_of(b"FHS|^~\\&|X\nMSH|^~\\&|A\nPID|1\nMSH|^~\\&|B\nFTS|2\n"), (expected, vec![1, 5]));
        assert_eq!(cut_of(b"noise\rMSH|^~\\&|A"), (vec![&b"MSH|^~\\&|A"[..]], vec![1]));
        assert_eq!(cut_of(b"\x0b\x1c\r").0.len(), 0);
    }
}
