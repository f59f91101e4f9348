//! Whatever comes in, decoding returns; whatever was encoded comes back.

use crate::samples::{framed, opening};
use proptest::collection::vec;
use proptest::prelude::*;
use protocol::*;

fn pieces(wire: &[u8], size: usize) -> impl Iterator<Item = &[u8]> {
    wire.chunks(size.max(1))
}

fn stream(wire: &[u8], size: usize) -> Result<(Vec<u8>, DeliveryHead), DecodeError> {
    let mut decoder = SingleDecoder::new();
    let mut body = Vec::new();
    for piece in pieces(wire, size) {
        body.extend(decoder.push(piece)?);
    }
    decoder.finish().map(|(_, head)| (body, head))
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..2000), size in 1usize..50) {
        let _ = Batch::decode(&bytes);
        let _ = Answers::decode(&bytes);
        let _ = ErrorAnswer::decode(&bytes);
        let _ = Heartbeat::decode(&bytes);
        let _ = HeartbeatAnswer::decode(&bytes);
        let _ = JoinRequest::decode(&bytes);
        let _ = RenewRequest::decode(&bytes);
        let _ = CertificateAnswer::decode(&bytes);
        let _ = stream(&bytes, size);
        let _ = bearer(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_damaged_batch_is_never_read_as_another(at in 0usize..2000, with in any::<u8>()) {
        let batch = crate::samples::batch();
        let mut wire = batch.encode();
        let at = at % wire.len();
        wire[at] = with;
        if let Ok(read) = Batch::decode(&wire) {
            let bytes: Vec<_> = read.deliveries.iter().map(|each| (each.head.key, each.bytes)).collect();
            let sent: Vec<_> = batch.deliveries.iter().map(|each| (each.head.key, each.bytes)).collect();
            prop_assert_eq!(bytes, sent);
        }
    }

    #[test]
    fn batches_come_back(files in vec(("[^/\0.]{1,20}(/[^/\0.]{1,20}){0,3}", vec(any::<u8>(), 0..300)), 0..8)) {
        let deliveries = files.iter().enumerate()
            .map(|(at, (path, bytes))| framed("ss-mix2", "ss-mix2", path, at as u64, bytes)).collect::<Vec<_>>();
        let batch = Batch { opening: opening(deliveries.len()), deliveries };
        let wire = batch.encode();
        prop_assert_eq!(Batch::decode(&wire).unwrap(), batch);
    }

    #[test]
    fn a_cut_batch_is_an_error(cut in 0usize..2000) {
        let wire = crate::samples::batch().encode();
        let cut = cut % wire.len();
        prop_assert!(Batch::decode(&wire[..cut]).is_err());
    }

    #[test]
    fn a_single_delivery_comes_back_in_any_pieces(bytes in vec(any::<u8>(), 0..5000), size in 1usize..700) {
        let framed = framed("scans", "fhir", "a/b.json", 1, &bytes);
        let mut wire = encode_prefix(&opening(1), &framed.head);
        wire.extend_from_slice(&bytes);
        wire.push(b'\n');
        let (body, head) = stream(&wire, size).unwrap();
        prop_assert_eq!(&body, &bytes);
        prop_assert_eq!(head, framed.head);
        prop_assert!(stream(&wire[..wire.len() - 1], size).is_err());
        wire.push(b'x');
        prop_assert!(stream(&wire, size).is_err());
    }
}
