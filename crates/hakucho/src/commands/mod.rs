//! One file per command.

use crate::cli::{Arguments, Command};
use crate::exit::Exit;

mod read;

/// Runs the command that was asked for.
pub async fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    match arguments.command {
        Command::Read(read) => read::run(&read),
        _ => anyhow::bail!("not yet"),
    }
}
