//! The operator's first screen: every facility with its feeds, what is behind, what waits.

use crate::Hub;
use crate::feeds::FeedState;
use model::clock::jst;
use model::{FacilityId, SourceName};
use store::{Facility, FeedFigures, RegionCounts, Source};

const DAY_SECONDS: i64 = 86_400;

/// How a feed stands, for a traffic light. The worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Light {
    /// As expected.
    Good,
    /// Has never delivered.
    Never,
    /// Later than usual.
    Late,
    /// No sign of life.
    Silent,
}

/// A feed with its figures.
#[derive(Debug, Clone)]
pub struct Feed {
    /// The feed.
    pub source: Source,
    /// How it stands.
    pub light: Light,
    /// Its last 24 hours, and its day in Japan.
    pub figures: FeedFigures,
    /// Usual time from the source's time to receipt, seconds; only of what a gateway sends.
    pub lag_seconds: Option<i64>,
}

/// The region as the operator sees it.
#[derive(Debug, Clone)]
pub struct Overview {
    /// Counts.
    pub counts: RegionCounts,
    /// Facilities with their feeds, the worst first.
    pub facilities: Vec<(Facility, Vec<Feed>)>,
}

impl Hub {
    /// Facilities, feeds and counts.
    pub async fn overview(&self) -> anyhow::Result<Overview> {
        let sources = self.store.sources().await?;
        let now = self.clock.now();
        let since = stamp(now.as_second() - DAY_SECONDS)?;
        let midnight = now.to_zoned_datetime(jst()).start_of_day()?.timestamp();
        let names: Vec<(FacilityId, SourceName)> =
            sources.iter().map(|each| (each.facility.clone(), each.name.clone())).collect();
        let figures = self.store.feed_figures(&names, &since, &format!("{midnight:.6}")).await?;
        let mut feeds: Vec<Feed> =
            sources.into_iter().zip(figures).map(|(source, figures)| self.feed(source, figures)).collect();
        let mut facilities = Vec::new();
        for facility in self.store.facilities().await? {
            let (own, rest): (Vec<Feed>, Vec<Feed>) =
                feeds.into_iter().partition(|feed| feed.source.facility == facility.id);
            feeds = rest;
            facilities.push((facility, own));
        }
        let worst = |feeds: &[Feed]| {
            let light = feeds.iter().map(|feed| feed.light).max();
            (light, feeds.iter().map(|feed| feed.figures.problems).sum::<i64>())
        };
        facilities.sort_by(|a, b| worst(&b.1).cmp(&worst(&a.1)).then_with(|| a.0.id.cmp(&b.0.id)));
        Ok(Overview { counts: self.store.region_counts().await?, facilities })
    }

    fn feed(&self, source: Source, figures: FeedFigures) -> Feed {
        let light = match self.feed_state(&source) {
            FeedState::Silent { .. } => Light::Silent,
            FeedState::Late { .. } => Light::Late,
            FeedState::Current if source.delivery_at.is_empty() => Light::Never,
            FeedState::Current => Light::Good,
        };
        let lag_seconds = source.via_gateway.then(|| usual_lag(&figures.latest)).flatten();
        Feed { source, light, figures, lag_seconds }
    }
}

fn stamp(second: i64) -> anyhow::Result<String> {
    Ok(format!("{:.6}", jiff::Timestamp::from_second(second)?))
}

/// The median of the lags that can be told, seconds.
fn usual_lag(latest: &[(String, String)]) -> Option<i64> {
    let mut lags: Vec<i64> = latest
        .iter()
        .filter_map(|(source, received)| {
            let made = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", source.get(..14)?).ok()?;
            let made = jst().to_timestamp(made).ok()?;
            let received: jiff::Timestamp = received.parse().ok()?;
            Some((received.as_second() - made.as_second()).max(0))
        })
        .collect();
    lags.sort_unstable();
    lags.get(lags.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_lag_is_the_median_of_what_can_be_told() {
        let at = |source: &str| (source.to_owned(), "2026-11-24T03:00:00.000000Z".to_owned());
        assert_eq!(
            usual_lag(&[at("20261124115956000"), at(""), at("20261124113000000"), at("20261124115950000")]),
            Some(10)
        );
        assert_eq!(usual_lag(&[at("不明"), at("2026")]), None);
    }
}
