//! What version 1 looks like on the wire, byte for byte. A change here is a change of the protocol.
//! `HAKUCHO_REWRITE=1 cargo test -p protocol` rewrites the files.

use crate::samples;
use model::SourceName;
use protocol::*;
use std::path::Path;

fn golden(name: &str, actual: &[u8]) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("HAKUCHO_REWRITE").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read(&path).unwrap();
    assert_eq!(String::from_utf8_lossy(actual), String::from_utf8_lossy(&expected), "{name}");
    assert_eq!(actual, expected, "{name}");
    expected
}

#[test]
fn batch() {
    let batch = samples::batch();
    let wire = golden("batch.v1.bin", &batch.encode());
    assert_eq!(Batch::decode(&wire).unwrap(), batch);
}

#[test]
fn single() {
    let framed = samples::framed("scans", "fhir", "large.json", 3, b"{\n}\n");
    let mut wire = encode_prefix(&samples::opening(9), &framed.head);
    wire.extend_from_slice(framed.bytes);
    wire.push(b'\n');
    let wire = golden("single.v1.bin", &wire);
    let mut decoder = SingleDecoder::new();
    assert_eq!(decoder.push(&wire).unwrap(), framed.bytes);
    assert_eq!(decoder.headers().unwrap().1, &framed.head);
    assert_eq!(decoder.finish().unwrap(), (samples::opening(1), framed.head));
}

/// The hub is to tell the format by content; a header like any other.
#[test]
fn format_by_content() {
    let bytes: &[u8] = b"\xff\xd8\xff\xd9";
    let deliveries = vec![framed_auto(bytes)];
    let batch = Batch { opening: samples::opening(deliveries.len()), deliveries };
    let wire = golden("auto.v1.bin", &batch.encode());
    let read = Batch::decode(&wire).unwrap();
    assert_eq!(read.deliveries[0].head.asked(), Asked::ByContent);
    assert_eq!(read, batch);
}

fn framed_auto(bytes: &[u8]) -> Framed<'_> {
    samples::framed("upload", AUTO, "0000001/image-0123456789abcdef.jpg", 1, bytes)
}

#[test]
fn answers() {
    let keys: Vec<_> = samples::batch().deliveries.iter().map(|each| each.head.key).collect();
    let refused =
        Outcome::Refused { code: "not-okusuri".into(), text: "the first line is not JAHISTC".into() };
    let answers = Answers::new(vec![
        Answer { key: keys[0], outcome: Outcome::Kept },
        Answer { key: keys[0], outcome: Outcome::Known },
        Answer { key: keys[1], outcome: refused },
        Answer { key: keys[2], outcome: Outcome::RetryLater { seconds: 30 } },
    ]);
    let wire = golden("answers.v1.json", &answers.encode());
    assert_eq!(Answers::decode(&wire).unwrap(), answers);
}

#[test]
fn error() {
    let mut error = ErrorAnswer::new(ErrorCode::Busy, "the database is away");
    error.retry_after = Some(5);
    let wire = golden("error.v1.json", &error.encode());
    assert_eq!(ErrorAnswer::decode(&wire).unwrap(), error);
    assert_eq!(error.code(), Some(ErrorCode::Busy));
}

#[test]
fn heartbeat() {
    let heartbeat = Heartbeat {
        protocol: VERSION,
        facility: samples::facility(),
        spool_id: "01964d5e-0000-7000-8000-000000000001".into(),
        software: "0.1.0".into(),
        now: "2026-04-01T00:30:00Z".into(),
        started: "2026-03-31T23:00:00Z".into(),
        next_in: 15,
        sources: vec![SourceReport {
            source: SourceName::new("ss-mix2").unwrap(),
            format: "ss-mix2".into(),
            reachable: true,
            events: true,
            last_scan: Some("2026-04-01T00:29:50Z".into()),
            last_found: None,
            files: 22,
            ignored: 1,
            last_sequence: 22,
            troubles: vec![TroubleCount { code: "unreadable".into(), count: 1 }],
        }],
        spool: SpoolReport {
            waiting: 2,
            waiting_bytes: 4096,
            oldest: None,
            refused: 1,
            full: false,
            error: Some("the disk is full".into()),
        },
    };
    let wire = golden("heartbeat.v1.json", &heartbeat.encode());
    assert_eq!(Heartbeat::decode(&wire).unwrap(), heartbeat);
    let answer = HeartbeatAnswer::new(samples::facility(), "2026-04-01T00:30:01Z");
    let wire = golden("heartbeat-answer.v1.json", &answer.encode());
    assert_eq!(HeartbeatAnswer::decode(&wire).unwrap(), answer);
}

#[test]
fn join() {
    let code = samples::code();
    let request = JoinRequest::new(&code, samples::PEM);
    let wire = golden("join.v1.json", &request.encode());
    assert_eq!(JoinRequest::decode(&wire).unwrap(), request);
    let renew = RenewRequest::new(samples::PEM);
    let wire = golden("renew.v1.json", &renew.encode());
    assert_eq!(RenewRequest::decode(&wire).unwrap(), renew);
    let answer = CertificateAnswer {
        protocol: VERSION,
        facility: samples::facility(),
        name: "架空病院".into(),
        certificate: samples::PEM.into(),
        authority: samples::PEM.into(),
        not_after: "2026-06-30T00:30:01Z".into(),
    };
    let wire = golden("certificate.v1.json", &answer.encode());
    assert_eq!(CertificateAnswer::decode(&wire).unwrap(), answer);
}
