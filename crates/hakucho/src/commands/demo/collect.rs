//! Receiving the files of the region through the same intake as everybody's.

use bytes::Bytes;
use hub::Hub;
use hub::prepare::Arrival;
use model::{FacilityId, SourceName};
use region::RegionFile;

const BATCH: usize = 64;

/// One file as it arrives.
pub fn arrival(file: &RegionFile) -> anyhow::Result<Arrival> {
    Ok(Arrival {
        facility: FacilityId::new(file.facility.clone())?,
        source: SourceName::new(file.source)?,
        path: file.path.clone(),
        bytes: Bytes::from(file.bytes.clone()),
        source_time: file.at.strftime("%Y%m%d%H%M%S000").to_string(),
        sequence: 0,
        again: false,
    })
}

/// Receives the files in order.
pub async fn receive(
    hub: &Hub,
    files: Vec<RegionFile>,
    progress: &(dyn Fn(usize) + Sync),
) -> anyhow::Result<()> {
    let mut done = 0;
    for some in files.chunks(BATCH) {
        let mut arrivals = Vec::with_capacity(some.len());
        for file in some {
            arrivals.push((arrival(file)?, Some(file.format)));
        }
        hub.receive(arrivals).await?;
        done += some.len();
        progress(done);
    }
    Ok(())
}
