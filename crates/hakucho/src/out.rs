//! What is printed for people and pipes: a reader that went away is no error, a full disk is one.

use anyhow::Context;
use std::fmt::Display;
use std::io::{ErrorKind, Write};

/// Prints a line to standard output.
pub fn line(text: impl Display) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("標準出力に書けません"),
        _ => Ok(()),
    }
}

/// A text of somebody else's (a file's name) for a terminal: what would move the cursor, colour or turn the line
/// around is written as an escape.
pub fn printable(text: &str) -> String {
    let acts = |c: char| {
        c.is_control()
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    };
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}
