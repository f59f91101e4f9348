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
