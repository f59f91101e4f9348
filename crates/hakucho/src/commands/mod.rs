//! One file per command.

use crate::cli::{Arguments, Command};
use crate::config::Config;
use crate::exit::Exit;
use std::io::IsTerminal;
use std::path::Path;

mod audit;
mod backup;
mod check;
mod demo;
mod export;
mod gateway;
mod gateway_join;
mod hub;
mod hub_gateways;
mod import;
mod open;
mod read;
mod region;
mod replay;
mod shutdown;
mod spool;
mod write;

/// Runs the command that was asked for.
pub async fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let file = arguments.config.as_deref();
    let configured = |data: Option<&Path>| -> anyhow::Result<Config> {
        let config = Config::load(data, file)?;
        log(&config);
        Ok(config)
    };
    match arguments.command {
        Command::Demo(demo) => demo::run(&demo, configured(demo.data.as_deref())?).await,
        Command::Hub(command) => hub::run(&command, &configured(Some(command.data()))?).await,
        Command::Gateway(command) if spool::is_one(&command) => {
            configured(Some(command.data()))?;
            spool::run(&command).await
        }
        Command::Gateway(command) => gateway::run(&command, &configured(Some(command.data()))?).await,
        Command::Import(import) => import::run(&import, &configured(Some(&import.data.data))?).await,
        Command::Export(export) => export::run(&export, &configured(Some(&export.data.data))?).await,
        Command::Write(write) => write::run(&write, &configured(Some(&write.data.data))?).await,
        Command::Backup(command) => backup::backup(&command, &configured(Some(&command.data.data))?).await,
        Command::Restore(command) => backup::restore(&command, &configured(Some(&command.data.data))?).await,
        Command::Replay(replay) => replay::run(&replay, &configured(Some(&replay.data.data))?).await,
        Command::Audit(command) => audit::run(&command, &configured(Some(command.data()))?).await,
        Command::Check(data) => check::run(&data.data, file).await,
        Command::Read(read) => {
            configured(None)?;
            read::run(&read)
        }
        Command::Region(region) => {
            configured(None)?;
            region::run(&region)
        }
    }
}

/// Logs go to standard error, as much of them as the configuration says; coloured only for eyes.
fn log(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log).unwrap_or_default();
    // A second call in one process (tests) keeps the first.
    let format = tracing_subscriber::fmt().with_ansi(std::io::stderr().is_terminal());
    let _ = format.with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
