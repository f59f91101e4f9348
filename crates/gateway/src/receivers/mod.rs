//! The doors of a gateway through which others hand something over, besides the watched folders.
//!
//! | door | who comes | answer |
//! |---|---|---|
//! | [`mllp`] | systems that send HL7 v2 messages | an acknowledgement |
//! | [`upload`] | people with a photograph or a document, scanners | a page |
//!
//! What the gateway fetches itself ([`crate::orca`]) comes in by a desk, too. All of them give what they got to the [`desk::Desk`], and say "received" only after it has said "kept".

pub(crate) mod desk;
pub(crate) mod mllp;
pub(crate) mod upload;

use crate::GatewayError;
use crate::config::GatewayConfig;
use crate::orca::Puller;
use crate::spool::{Spool, SpoolError};
use crate::status::Board;
use desk::{Desk, DeskWork};
use mllp::Mllp;
use model::SourceName;
use model::clock::SharedClock;
use model::reading::Format;
use protocol::SourceReport;
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use upload::UploadPage;

/// The doors of one gateway, bound but not yet open.
pub(crate) struct Receivers {
    desks: Vec<DeskWork>,
    mllp: Vec<Mllp>,
    upload: Option<UploadPage>,
    puller: Option<Puller>,
}

impl Receivers {
    /// Makes the sources known and binds every address.
    pub(crate) async fn open(
        config: &GatewayConfig,
        spool: &Arc<Spool>,
        board: &Board,
        clock: &SharedClock,
    ) -> Result<Self, GatewayError> {
        let mut desks = Vec::new();
        let mut mllp = Vec::new();
        for listen in &config.listens {
            let listener = bind(listen.address).await?;
            let (desk, work) = desk(&listen.source, Format::Hl7.word(), spool, board, clock).await?;
            desks.push(work);
            mllp.push(Mllp { listener, desk, patience: config.patience.clone() });
        }
        let mut upload = None;
        if let Some(told) = &config.upload {
            let listener = bind(told.address).await?;
            let (desk, work) = desk(&told.source, protocol::AUTO, spool, board, clock).await?;
            desks.push(work);
            let (pin, patience) = (told.pin.clone(), config.patience.clone());
            upload = Some(UploadPage { listener, desk, spool: spool.clone(), pin, patience });
        }
        let mut puller = None;
        if let Some(orca) = &config.orca {
            let (desk, work) = desk(&orca.source, Format::Orca.word(), spool, board, clock).await?;
            desks.push(work);
            board.source(&orca.source, |report| report.reachable = false);
            puller = Some(Puller::new(orca, desk, spool.clone(), &config.patience)?);
        }
        Ok(Self { desks, mllp, upload, puller })
    }

    /// Where they listen.
    pub(crate) fn addresses(&self) -> Vec<(SourceName, SocketAddr)> {
        let mllp = self.mllp.iter().map(|each| (&each.desk.source, &each.listener));
        let all = mllp.chain(self.upload.iter().map(|each| (&each.desk.source, &each.listener)));
        all.filter_map(|(source, listener)| Some((source.clone(), listener.local_addr().ok()?))).collect()
    }

    /// Opens the doors.
    pub(crate) fn spawn(self, parts: &mut JoinSet<()>) {
        for desk in self.desks {
            parts.spawn(desk.run());
        }
        for mllp in self.mllp {
            parts.spawn(mllp.run());
        }
        if let Some(upload) = self.upload {
            parts.spawn(upload.run());
        }
        if let Some(puller) = self.puller {
            parts.spawn(puller.run());
        }
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, GatewayError> {
    TcpListener::bind(address).await.map_err(|error| GatewayError::Listen { address, error })
}

async fn desk(
    source: &SourceName,
    format: &str,
    spool: &Arc<Spool>,
    board: &Board,
    clock: &SharedClock,
) -> Result<(Desk, DeskWork), SpoolError> {
    let root = format!("receiver:{}", source.as_str());
    let known = spool.source(Path::new(&root), format, Some(source)).await?;
    let report = SourceReport {
        source: known.name.clone(),
        format: format.to_owned(),
        reachable: true,
        events: true,
        last_scan: None,
        last_found: None,
        files: 0,
        ignored: 0,
        last_sequence: known.last_sequence,
        troubles: Vec::new(),
    };
    board.change(|status| status.sources.push(report));
    Ok(Desk::new(known.name, spool.clone(), board.clone(), clock.clone()))
}

/// The first characters of the SHA-256 of these bytes: what keeps two different ones of one name apart in paths.
fn mark(bytes: &[u8]) -> String {
    let mut mark = protocol::hex(&Sha256::digest(bytes));
    mark.truncate(16);
    mark
}

/// A part of a path: what could be mistaken for structure becomes `_`; `fallback` if nothing is left. At most
/// `longest` characters.
fn path_part(text: &str, longest: usize, fallback: &str) -> String {
    let plain = |c: char| if c.is_control() || matches!(c, '/' | '\\') { '_' } else { c };
    let part: String = text.trim().chars().map(plain).take(longest).collect();
    let part = part.trim_start_matches('.').trim();
    if part.is_empty() { fallback.to_owned() } else { part.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_paths_stay_parts() {
        for (text, part) in [
            ("000012", "000012"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..", "-"),
            ("", "-"),
            (" 紹介状 .pdf ", "紹介状 .pdf"),
            ("a\0b\nc", "a_b_c"),
            ("C:\\scan\\1.jpg", "C:_scan_1.jpg"),
        ] {
            assert_eq!(path_part(text, 64, "-"), part, "{text:?}");
        }
        assert_eq!(path_part("1234567890123", 10, "-"), "1234567890");
        assert_eq!(mark(b"").len(), 16);
        assert_ne!(mark(b"a"), mark(b"b"));
    }
}
