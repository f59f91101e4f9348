//! A delivery's bytes as text, for the page of the original.

use formats::charset;

/// What a browser can show of an original besides text: its media type, by its first bytes.
pub fn media(bytes: &[u8]) -> Option<&'static str> {
    const SHOWN: &[(&[u8], &str)] = &[
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"%PDF-", "application/pdf"),
    ];
    SHOWN.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, media)| *media)
}

/// Longest original that is shown as text; larger ones are downloaded.
const LONGEST: usize = 2 << 20;

/// Decoded text.
pub struct Text {
    /// The charset recognised, by its usual name.
    pub charset: &'static str,
    /// Line by line; separators of HL7 files (CR, 0x1C) end lines too.
    pub lines: Vec<String>,
}

/// The bytes as text, if they are text.
pub fn text(bytes: &[u8]) -> Option<Text> {
    let binary = bytes.iter().take(4096).any(|byte| matches!(byte, 0..=8 | 14..=26));
    if binary || bytes.len() > LONGEST {
        return None;
    }
    let decoded = charset::decode(bytes);
    let name = match decoded.charset {
        charset::Charset::Ascii => "ASCII",
        charset::Charset::Iso2022Jp => "ISO-2022-JP",
        charset::Charset::ShiftJis => "Shift_JIS",
        charset::Charset::Utf8 => "UTF-8",
        charset::Charset::Utf16 => "UTF-16",
    };
    let whole = decoded.text.replace("\r\n", "\n").replace(['\r', '\u{1c}'], "\n");
    Some(Text { charset: name, lines: whole.lines().map(str::to_owned).collect() })
}
