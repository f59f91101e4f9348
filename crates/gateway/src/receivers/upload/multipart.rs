//! Takes a form with files apart (RFC 7578 multipart/form-data, RFC 2046 §5.1.1). Pure.
//!
//! **Invariant**: a body that was cut off is malformed as a whole; half a file is never taken for a file.

/// One field of a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// Name of the field.
    pub name: String,
    /// Name of the file, if the field is one.
    pub file: Option<String>,
    pub bytes: &'a [u8],
}

/// The body is not what its header says, or was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Most fields of a form.
const MOST: usize = 100;

/// Longest header of a part.
const HEADER: usize = 16 * 1024;

/// The boundary that a `Content-Type` names.
pub(crate) fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary")?;
    (1..=70).contains(&boundary.len()).then_some(boundary)
}

/// The fields of a form, in their order.
pub(crate) fn parts<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<Part<'a>>, Malformed> {
    let opening = format!("--{boundary}");
    let delimiter = format!("\r\n--{boundary}");
    let delimiter = delimiter.as_bytes();
    // What stands before the first delimiter is for readers of old.
    let mut rest = match body.strip_prefix(opening.as_bytes()) {
        Some(rest) => rest,
        None => after(body, delimiter).ok_or(Malformed)?.1,
    };
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        let padding = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        rest = rest.get(padding..).and_then(|rest| rest.strip_prefix(b"\r\n")).ok_or(Malformed)?;
        let near = rest.get(..HEADER).unwrap_or(rest);
        // A part may have no header at all; it has no name then, and is passed over.
        let (head, content) = match rest.strip_prefix(b"\r\n") {
            Some(content) => (&[][..], content),
            None => {
                let (head, _) = after(near, b"\r\n\r\n").ok_or(Malformed)?;
                (head, rest.get(head.len() + 4..).ok_or(Malformed)?)
            }
        };
        let bytes;
        // A content of nothing ends with the line break that the header ends with.
        (bytes, rest) = match content.strip_prefix(opening.as_bytes()) {
            Some(rest) => (&[][..], rest),
            None => after(content, delimiter).ok_or(Malformed)?,
        };
        if parts.len() >= MOST {
            return Err(Malformed);
        }
        if let Some((name, file)) = disposition(head) {
            parts.push(Part { name, file, bytes });
        }
    }
}

/// What stands before the first `wanted`, and after it.
fn after<'a>(bytes: &'a [u8], wanted: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| *byte == b'\r')?;
        if let Some(rest) = bytes.get(at..).and_then(|rest| rest.strip_prefix(wanted)) {
            return Some((bytes.get(..at)?, rest));
        }
        from = at + 1;
    }
}

/// Name and file name of `Content-Disposition: form-data; name="…"; filename="…"`.
fn disposition(head: &[u8]) -> Option<(String, Option<String>)> {
    let head = String::from_utf8_lossy(head);
    let value = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let (kind, parameters) = value.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return None;
    }
    Some((parameter(parameters, "name")?, parameter(parameters, "filename")))
}

/// One of `a=b; c="d;e"`. In quotes `\"` and the `%22` of browsers are a quotation mark.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    let mut rest = text;
    loop {
        let (name, value) = rest.split_once('=')?;
        let name = name.trim_start_matches([';', ' ', '\t']).trim();
        let value = value.trim_start();
        let mut read = String::new();
        match value.strip_prefix('"') {
            Some(quoted) => {
                let mut characters = quoted.char_indices().peekable();
                let end = loop {
                    match characters.next()? {
                        (at, '"') => break at + 1,
                        (_, '\\') if characters.peek().is_some_and(|(_, next)| *next == '"') => {
                            read.push('"');
                            characters.next();
                        }
                        (_, character) => read.push(character),
                    }
                };
                rest = quoted.get(end..)?;
            }
            None => {
                let end = value.find(';').unwrap_or(value.len());
                read.push_str(value.get(..end)?.trim());
                rest = value.get(end..)?;
            }
        }
        if name.eq_ignore_ascii_case(wanted) {
            return Some(read.replace("%22", "\""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(fields: &[(String, Option<String>, Vec<u8>)], boundary: &str) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, file, bytes) in fields {
            body.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"").bytes());
            if let Some(file) = file {
                body.extend(format!("; filename=\"{file}\"\r\nContent-Type: image/jpeg").bytes());
            }
            body.extend(b"\r\n\r\n");
            body.extend(bytes);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{boundary}--\r\n").bytes());
        body
    }

    #[test]
    fn forms() {
        let body = "x\r\n--B \t\r\nContent-Disposition: form-data; name=\"number\"\r\n\r\n0000001\r\n\
                    --B\r\ncontent-disposition: form-data; filename=\"紹介状; \\\"1\\\" %222%22.jpg\"; name=file\r\n\
                    Content-Type: image/jpeg\r\n\r\n\r\n--A\r\n\r\n--B\r\n\r\nno name\r\n--B--\r\nend";
        let parts = parts(body.as_bytes(), "B").unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].name.as_str(), parts[0].file.as_deref()), ("number", None));
        assert_eq!(parts[0].bytes, b"0000001");
        assert_eq!(parts[1].file.as_deref(), Some("紹介状; \"1\" \"2\".jpg"));
        assert_eq!(parts[1].bytes, b"\r\n--A\r\n");
        assert_eq!(super::parts(b"--B--", "B"), Ok(vec![]));
        for cut in
            ["", "--B", "--B\r\n", "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nabc", "--A--"]
        {
            assert_eq!(super::parts(cut.as_bytes(), "B"), Err(Malformed), "{cut}");
        }
    }

    #[test]
    fn boundaries() {
        assert_eq!(boundary("multipart/form-data; boundary=----WebKit1").as_deref(), Some("----WebKit1"));
        assert_eq!(boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"").as_deref(), Some("a b"));
        for none in ["", "text/plain; boundary=x", "multipart/form-data", "multipart/form-data; boundary="] {
            assert_eq!(boundary(none), None, "{none}");
        }
    }

    fn content() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"\r\n--".to_vec()),
            Just(b"\r".to_vec()),
            Just(b"--b".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..9),
        ];
        proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn what_is_sent_comes_out_and_nothing_of_what_is_cut(
            fields in proptest::collection::vec(("[a-z]{1,8}", proptest::option::of("[^\"\\\\%\r\n]{0,12}"), content()), 0..5),
            cut in 1_usize..400,
        ) {
            let body = encode(&fields, "bOUNDARY-7");
            let read = parts(&body, "bOUNDARY-7").unwrap();
            let read: Vec<_> = read.into_iter().map(|part| (part.name, part.file, part.bytes.to_vec())).collect();
            prop_assert_eq!(read, fields);
            // The last line break is no part of the form.
            let short = &body[..body.len().saturating_sub(2 + cut)];
            prop_assert_eq!(parts(short, "bOUNDARY-7"), Err(Malformed));
        }

        #[test]
        fn arbitrary_bodies_do_no_harm(bytes: Vec<u8>, header in "\\PC{0,60}") {
            let _ = parts(&bytes, "B");
            let _ = parts(&[b"--B\r\n", bytes.as_slice()].concat(), "B");
            let _ = boundary(&header);
            let _ = parameter(&header, "name");
        }
    }
}
