//! What must not pass.

use crate::samples::{TOKEN, batch, code, facility, framed, hex, opening};
use protocol::*;

fn encoded(change: impl Fn(&mut Batch<'_>)) -> Vec<u8> {
    let mut batch = batch();
    change(&mut batch);
    batch.encode()
}

#[test]
fn another_version_is_named_even_if_its_shape_differs() {
    let error = Batch::decode(b"{\"protocol\":2,\"whatever\":[]}\n").unwrap_err();
    assert_eq!(error, DecodeError::Version { found: 2 });
    let answer = ErrorAnswer::from(&error);
    assert_eq!((answer.code(), answer.supported), (Some(ErrorCode::UnsupportedVersion), vec![1]));
}

#[test]
fn fields_that_do_not_fit_are_named() {
    let field = |change: &dyn Fn(&mut DeliveryHead)| {
        let wire = encoded(|batch| change(&mut batch.deliveries[0].head));
        Batch::decode(&wire).unwrap_err()
    };
    for path in ["", "/etc/passwd", "a//b", "a/../b", "./a", "a\0", "a/"] {
        assert_eq!(field(&|head| head.path = path.into()), DecodeError::Field { what: "path" }, "{path:?}");
    }
    let long = "x".repeat(MAX_PATH + 1);
    assert_eq!(field(&|head| head.path = long.as_str().into()), DecodeError::Field { what: "path" });
    assert_eq!(field(&|head| head.path = "other".into()), DecodeError::Field { what: "key" });
    assert_eq!(field(&|head| head.sha256.make_ascii_uppercase()), DecodeError::Field { what: "sha256" });
    assert_eq!(field(&|head| head.source_time = "2026".into()), DecodeError::Field { what: "source_time" });
    assert_eq!(field(&|head| head.length = MAX_DELIVERY + 1), DecodeError::TooLarge);
    assert!(matches!(
        field(&|head| head.length += 1),
        DecodeError::Framing { .. } | DecodeError::Hash { .. }
    ));
}

#[test]
fn bytes_that_are_not_the_announced_ones_are_an_error() {
    let wire = encoded(|batch| batch.deliveries[2].bytes = b"{\"resourceType\":\"Bundle\"]");
    assert_eq!(Batch::decode(&wire).unwrap_err(), DecodeError::Hash { index: 2 });
}

#[test]
fn limits_hold() {
    let mut wire = batch().encode();
    wire.resize(MAX_BATCH_BYTES + 1, b' ');
    assert_eq!(Batch::decode(&wire).unwrap_err(), DecodeError::TooLarge);
    let many = serde_json::to_vec(&opening(MAX_BATCH_DELIVERIES + 1)).unwrap();
    assert_eq!(Batch::decode(&[&many[..], b"\n"].concat()).unwrap_err(), DecodeError::TooLarge);
    assert_eq!(Batch::decode(&vec![b'x'; MAX_LINE + 1]).unwrap_err(), DecodeError::Line);
}

#[test]
fn nothing_personal_is_printed() {
    let join = format!("{:?}", JoinRequest::new(&code(), "request"));
    assert!(!join.contains(&code().secret()), "{join}");
    let framed = framed("techo", "okusuri", "佐倉花子.csv", 1, b"secret");
    let printed = format!("{framed:?} {:?}", Token::new(TOKEN).unwrap());
    assert!(
        !printed.contains("佐倉") && !printed.contains("secret") && !printed.contains(TOKEN),
        "{printed}"
    );
    let error =
        Batch::decode("{\"protocol\":1,\"facility\":\"佐倉花子\"}\n".as_bytes()).unwrap_err().to_string();
    assert!(!error.contains("佐倉"), "{error}");
}

#[test]
fn tokens() {
    let token = bearer(&format!("bearer  {TOKEN}")).unwrap();
    assert_eq!(token.header(), format!("Bearer {TOKEN}"));
    assert_eq!(token.fingerprint().len(), 64);
    assert_eq!(hex(b"\x0f\xf0"), "0ff0");
    for bad in ["", "Bearer", "Bearer short", &format!("Basic {TOKEN}"), &format!("Bearer {TOKEN}é")] {
        assert!(bearer(bad).is_none(), "{bad}");
    }
}

#[test]
fn codes_and_words_agree() {
    for &code in ErrorCode::ALL {
        assert_eq!(ErrorCode::parse(code.word()), Some(code));
        assert!((400..600).contains(&code.status()));
    }
    let head = framed("x", "fhir", "a", 1, b"").head;
    assert_eq!(head.asked(), Asked::Format(model::reading::Format::Fhir));
    assert_eq!(framed("x", "auto", "a", 1, b"").head.asked(), Asked::ByContent);
    assert_eq!(framed("x", "fhir-r6", "a", 1, b"").head.asked(), Asked::Unknown);
    assert!(head.check(&facility()).is_ok());
}
