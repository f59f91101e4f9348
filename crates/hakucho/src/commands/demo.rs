//! `hakucho demo` (being written)
use crate::{cli::Demo, config::Config, exit::Exit};
/// Runs the demo.
pub async fn run(_demo: &Demo, _config: Config) -> anyhow::Result<Exit> {
    anyhow::bail!("being written")
}
