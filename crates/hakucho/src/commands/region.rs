//! `hakucho region`: a synthetic region on disk.

use crate::cli::Region;
use crate::exit::Exit;
use crate::{out, progress, system};
use anyhow::{Context, bail};
use jiff::civil::Date;
use model::clock::jst;

/// The day the courses end on.
pub fn day(given: Option<&str>) -> anyhow::Result<Date> {
    match given {
        Some(text) => {
            text.parse().with_context(|| format!("--today {text} は YYYY-MM-DD の日付ではありません"))
        }
        None => Ok(system::clock().now().to_zoned_datetime(jst()).date()),
    }
}

/// Writes the region.
pub fn run(region: &Region) -> anyhow::Result<Exit> {
    if region.out.is_dir() && std::fs::read_dir(&region.out)?.next().is_some() {
        bail!("{} は空ではありません。新しい場所を指定してください", region.out.display());
    }
    let residents = u32::try_from(region.residents).context("--residents が大きすぎます")?;
    let plan = region::Plan::new(region.seed, residents, day(region.today.as_deref())?);
    std::fs::create_dir_all(&region.out)?;
    let bar = progress::bar(u64::from(residents), "住民");
    let summary = plan.region().write(&region.out, |done, _| bar.set_position(u64::from(done)))?;
    bar.finish_and_clear();
    out::line(format!(
        "住民 {}、登録 {}、データ源 {}、ファイル {} を {} に書きました。",
        summary.residents,
        summary.registrations,
        summary.sources,
        summary.files,
        region.out.display()
    ))?;
    Ok(Exit::Done)
}
