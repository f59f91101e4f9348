//! The one binary: gateway, hub, portal and tools.

use clap::Parser;

mod cli;
mod commands;
mod config;
mod exit;
mod out;
mod progress;
mod system;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let arguments = cli::Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::Exit::Broken.say(&format!("非同期ランタイムを開始できません: {error}")),
    };
    exit::code(runtime.block_on(commands::run(arguments)))
}
