//! Fictitious messages used by all tests.

use model::{DeliveryId, FacilityId, SourceName};
use protocol::{Batch, CODE_RANDOM, DeliveryHead, Framed, JoinCode, Opening};
use sha2::{Digest, Sha256};

pub const TOKEN: &str = "hk_0123456789abcdefghijklmnopqrstuvwxyz";

pub fn facility() -> FacilityId {
    FacilityId::new("H01").unwrap()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn framed<'a>(source: &str, format: &str, path: &str, sequence: u64, bytes: &'a [u8]) -> Framed<'a> {
    let source = SourceName::new(source).unwrap();
    let sha256 = hex(&Sha256::digest(bytes));
    let key = DeliveryId::derive(&facility(), &source, path, &sha256);
    let head = DeliveryHead {
        source,
        format: format.to_owned(),
        path: path.into(),
        sequence,
        source_time: "20260401093000123".to_owned(),
        sha256,
        key,
        length: bytes.len() as u64,
    };
    Framed { head, bytes }
}

pub fn opening(deliveries: usize) -> Opening {
    Opening::new(facility(), "01964d5e-0000-7000-8000-000000000001", "0.1.0", deliveries)
}

pub fn batch() -> Batch<'static> {
    let name = "000/000/0001/20260401/OML-11/0001_20260401_OML-11_000000000000001_20260401093000123_01_1";
    let deliveries = vec![
        framed("ss-mix2", "ss-mix2", name, 7, b"MSH|^~\\&|\x1b$B:4AR\x1b(B\rPID|\n\r\x1c"),
        framed("techo", "okusuri", "お薬/佐倉\n花子.csv", 1, b""),
        framed("clins", "fhir", "bundle.json", 2, "{\"resourceType\":\"Bundle\"}".as_bytes()),
    ];
    Batch { opening: opening(deliveries.len()), deliveries }
}

/// Stands for a certificate or a request; the protocol does not look inside.
pub const PEM: &str = "-----BEGIN EXAMPLE-----\nAAEC\n-----END EXAMPLE-----\n";

pub fn code() -> JoinCode {
    let random: [u8; CODE_RANDOM] = std::array::from_fn(|at| u8::try_from(at * 37 % 256).unwrap());
    JoinCode::new(&random, b"a public key")
}
