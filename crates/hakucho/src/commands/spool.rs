//! `hakucho gateway status|stop|start|refused|resend|discard|again`: the spool as a person at the facility handles it, also
//! while the gateway runs.

use crate::cli::{Chosen, Gateway};
use crate::exit::Exit;
use crate::{out, system};
use anyhow::Context;
use gateway::{Desk, Which};
use std::path::Path;

/// Runs the command.
pub async fn run(command: &Gateway) -> anyhow::Result<Exit> {
    let data = command.data();
    let desk = Desk::open(data)
        .await
        .with_context(|| format!("{} にゲートウェイの保管庫がありません", data.display()))?;
    match command {
        Gateway::Status(_) => status(&desk).await?,
        Gateway::Stop(_) => {
            desk.stop(&system::clock().now().to_string()).await?;
            out::line("送信を止めました。新しいものは保管庫に残り、hakucho gateway start で送られます。")?;
        }
        Gateway::Start(_) => {
            desk.go().await?;
            out::line("送信を再開します。")?;
        }
        Gateway::Refused(chosen) => refused(&desk, &which(chosen)).await?,
        Gateway::Resend(chosen) if chosen.dry_run => {
            let count = desk.refused(&which(chosen)).await?.len();
            out::line(format!("送り直す対象は {count} 件です。"))?;
        }
        Gateway::Resend(chosen) => {
            let count = desk.resend(&which(chosen)).await?;
            out::line(format!("{count} 件を古いものから送り直します。"))?;
        }
        Gateway::Discard(chosen) if chosen.dry_run => {
            let count = desk.refused(&which(chosen)).await?.len();
            out::line(format!("手放す対象は {count} 件です。"))?;
        }
        Gateway::Discard(chosen) => {
            let count = desk.discard(&which(chosen)).await?;
            out::line(format!(
                "受け取られなかった {count} 件の控えを手放しました。もとのファイルはそのままです。"
            ))?;
        }
        Gateway::Again(chosen) if chosen.dry_run => {
            let count = desk.seen(&which(chosen)).await?;
            out::line(format!("もう一度読んで送る対象は {count} 件です。"))?;
        }
        Gateway::Again(chosen) => {
            let count = desk.again(&which(chosen)).await?;
            out::line(format!(
                "{count} 件を、次の走査でもう一度読んで送ります。ハブにあるものは二重になりません。"
            ))?;
        }
        Gateway::Run { .. } | Gateway::Join { .. } => {}
    }
    Ok(Exit::Done)
}

/// True for the commands of this room.
pub fn is_one(command: &Gateway) -> bool {
    !matches!(command, Gateway::Run { .. } | Gateway::Join { .. })
}

fn which(chosen: &Chosen) -> Which {
    let source = chosen.source.as_ref().map(ToString::to_string);
    Which { source, code: chosen.code.clone(), since: chosen.since.map(|moment| moment.to_string()) }
}

async fn status(desk: &Desk) -> anyhow::Result<()> {
    if let Some(since) = desk.stopped().await? {
        out::line(format!("送信は {since} から手で止められています (hakucho gateway start で再開)"))?;
    }
    let waiting = desk.waiting().await?;
    if waiting.is_empty() {
        out::line("送信待ちはありません。")?;
    }
    for (source, count, bytes, oldest, reason) in waiting {
        let why = if reason.is_empty() { String::new() } else { format!("、最後の理由: {reason}") };
        out::line(format!("{source}: 送信待ち {count} 件 ({bytes} バイト)、最も古いもの {oldest}{why}"))?;
    }
    let refused = desk.refused(&Which::default()).await?.len();
    if refused > 0 {
        out::line(format!("受け取られなかったもの {refused} 件 (hakucho gateway refused で一覧)"))?;
    }
    Ok(())
}

/// Paths carry patients' numbers: they are shown here, on the facility's own machine, and nowhere else.
async fn refused(desk: &Desk, which: &Which) -> anyhow::Result<()> {
    for each in desk.refused(which).await? {
        out::line(format!(
            "{}\t{}\t{}\t{}",
            each.source,
            each.code,
            Path::new(each.path.reveal()).display(),
            each.text
        ))?;
    }
    Ok(())
}
