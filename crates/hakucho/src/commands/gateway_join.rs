//! `hakucho gateway join`: a facility gets its certificate.

use crate::config::Config;
use crate::exit::Exit;
use crate::{out, system};
use anyhow::Context;
use gateway::{Identity, Standing};
use protocol::JoinCode;
use std::path::Path;

/// Joins and says what to do next.
pub async fn run(data: &Path, url: &str, code: &[String], config: &Config) -> anyhow::Result<Exit> {
    let code = JoinCode::parse(&code.concat()).context("招待コードを読めません")?;
    super::open::folder(data)?;
    let identity =
        gateway::join(data, url, &code, system::clock()).await.context("ハブに入れませんでした")?;
    let (id, name) = (&identity.facility, out::printable(&identity.name));
    out::line(format!(
        "{name} ({id}) としてハブに入りました。証明書は {} までで、自動で更新されます。",
        identity.ends()
    ))?;
    out::line(format!(
        "次は、監視する場所を指定して動かしてください (例): hakucho gateway run --data {} --watch ss-mix2=/mnt/ssmix2",
        data.display()
    ))?;
    // What was configured for another way would go on deciding.
    for (key, value) in [("token", &config.gateway.token), ("hub", &config.gateway.hub)] {
        if !value.is_empty() {
            out::line(format!(
                "設定の gateway.{key} を消してください。残っていると、証明書やハブの場所より優先されます。"
            ))?;
        }
    }
    Ok(Exit::Done)
}

/// Says how the certificate in a data directory stands, if a facility has joined there.
pub fn check(data: &Path, exit: Exit) -> anyhow::Result<Exit> {
    let identity = match Identity::load(data) {
        Ok(None) => return Ok(exit),
        Ok(Some(identity)) => identity,
        Err(error) => {
            out::line(format!("✗ ハブの証明書: {error}"))?;
            out::line(format!("  直し方: {AGAIN}"))?;
            return Ok(Exit::FoundWrong);
        }
    };
    let now = system::clock().now();
    let (facility, ends, left) = (&identity.facility, identity.ends(), identity.days_left(now));
    let (line, mend) = match identity.standing(now) {
        Standing::Good => {
            out::line(format!("✓ 施設 {facility} の証明書: {ends} まで (あと {left} 日、自動で更新)"))?;
            return Ok(exit);
        }
        Standing::Ended => (format!("✗ 施設 {facility} の証明書は {ends} に切れました"), AGAIN),
        Standing::NotRenewed(days @ ..7) => {
            (format!("✗ 施設 {facility} の証明書はあと {days} 日で切れます。更新できていません"), AGAIN)
        }
        Standing::NotRenewed(days @ ..30) => {
            (format!("✗ 施設 {facility} の証明書はあと {days} 日です。30 日以上、更新できていません"), RUN)
        }
        Standing::NotRenewed(days) => (
            format!("✗ 施設 {facility} の証明書はあと {days} 日です (残り 60 日までに更新されるはずです)"),
            RUN,
        ),
    };
    out::line(line)?;
    out::line(format!("  直し方: {mend}"))?;
    Ok(Exit::FoundWrong)
}

const AGAIN: &str =
    "ハブで hakucho hub invite を実行し、そのコードで hakucho gateway join をやり直してください。";
const RUN: &str = "hakucho gateway run が動いていて、ハブの TLS ポートに届くかを確かめてください。動いていれば自動で更新します。";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_given_in_one_piece_or_in_many() {
        let code = JoinCode::new(&[7; protocol::CODE_RANDOM], b"key");
        let pieces = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>().concat();
        for text in [code.reveal(), code.reveal().replace('-', " ")] {
            assert_eq!(JoinCode::parse(&pieces(&text)), Ok(code.clone()));
        }
    }
}
