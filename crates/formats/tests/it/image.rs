//! Pictures: codes drawn here, turned, tilted, blurred, in parts; and whatever bytes there are.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use encoding_rs::SHIFT_JIS;
use formats::image::read;
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use model::reading::{Input, PatientKey, Reading};
use proptest::prelude::*;
use qrcode::canvas::Canvas;
use qrcode::{Color, EcLevel, QrCode, Version, ec};
use serde_json::{Map, Value};
use std::io::Cursor;

pub const NOTEBOOK: &str = "JAHISTC08,1\r\n1,佐倉 花子,2,S150505,,北海道伊達市架空町1-2-3,,,,,サクラ ハナコ\r\n5,R080310,1\r\n11,架空薬局,01,4,1234567,,,,1\r\n51,架空総合病院,01,1,7654321,1\r\n55,医師 一郎,内科,1\r\n201,1,架空降圧錠２．５ｍｇ,1,錠,2,612170709,1\r\n301,1,【分１ 朝食後服用】,28,日分,1,1,,1\r\n";

pub fn bytes(text: &str) -> Vec<u8> {
    SHIFT_JIS.encode(text).0.into_owned()
}

/// A code as modules.
pub type Modules = (usize, Vec<bool>);

pub fn code(text: &[u8]) -> Modules {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
    (code.width(), code.to_colors().into_iter().map(|color| color == Color::Dark).collect())
}

/// A code of structured append (ISO/IEC 18004 §8): header, then the bytes.
pub fn part(text: &[u8], index: u8, total: u8, parity: u8) -> Modules {
    let mut bits: Vec<bool> = Vec::new();
    let mut push = |value: usize, count: usize| {
        bits.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
    };
    for (value, count) in [(3, 4), (index.into(), 4), (usize::from(total) - 1, 4), (parity.into(), 8), (4, 4)]
    {
        push(value, count);
    }
    push(text.len(), 16);
    text.iter().for_each(|byte| push((*byte).into(), 8));
    push(0, 4);
    let mut raw: Vec<u8> = bits
        .chunks(8)
        .map(|byte| (0..8).fold(0, |sum, bit| sum << 1 | u8::from(byte.get(bit) == Some(&true))))
        .collect();
    // The first version from 10 on (16 bits of length) that holds it.
    let mut version = 10;
    while {
        let capacity = qrcode::bits::Bits::new(Version::Normal(version)).max_len(EcLevel::M).unwrap() / 8;
        let fits = raw.len() <= capacity;
        if fits {
            let pad = [0xec, 0x11].into_iter().cycle().take(capacity - raw.len());
            raw.extend(pad);
        }
        !fits
    } {
        version += 1;
    }
    let version = Version::Normal(version);
    let (data, check) = ec::construct_codewords(&raw, version, EcLevel::M).unwrap();
    let mut canvas = Canvas::new(version, EcLevel::M);
    canvas.draw_all_functional_patterns();
    canvas.draw_data(&data, &check);
    let width = usize::try_from(version.width()).unwrap();
    let colors = canvas.apply_best_mask().into_colors();
    (width, colors.into_iter().map(|color| color == Color::Dark).collect())
}

/// A page with codes on it, `module` pixels each.
pub fn page(codes: &[Modules], module: u32) -> GrayImage {
    let each = |modules: &Modules| (modules.0 as u32 + 12) * module;
    let width = codes.iter().map(each).max().unwrap_or(40);
    let height = codes.iter().map(each).sum::<u32>().max(40);
    let mut page = GrayImage::from_pixel(width, height, Luma([235]));
    let mut top = 0;
    for modules in codes {
        for y in 0..modules.0 as u32 * module {
            for x in 0..modules.0 as u32 * module {
                if modules.1[(y / module) as usize * modules.0 + (x / module) as usize] {
                    page.put_pixel(x + 6 * module, top + y + 6 * module, Luma([30]));
                }
            }
        }
        top += each(modules);
    }
    page
}

pub fn png(page: &GrayImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    page.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

pub fn jpeg(page: &GrayImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageLuma8(page.clone()).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

pub fn reading(bytes: &[u8]) -> Reading {
    read(&Input { path: "scan/photo.jpg", bytes, source_time: "20260312081500000" }).unwrap()
}

pub fn resources<'r>(reading: &'r Reading, kind: &str) -> Vec<&'r Map<String, Value>> {
    let records = reading.statements.iter().flat_map(|statement| &statement.records);
    records.map(|record| &record.resource).filter(|resource| resource["resourceType"] == kind).collect()
}

/// The page as seen through a map from the new picture to the old, with soft edges.
fn seen(page: &GrayImage, width: u32, height: u32, map: impl Fn(f64, f64) -> (f64, f64)) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        let mut sum = 0u32;
        for (right, down) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
            let (u, v) = map(f64::from(x) + right, f64::from(y) + down);
            let inside = u >= 0.0 && v >= 0.0 && (u as u32) < page.width() && (v as u32) < page.height();
            sum += u32::from(if inside { page.get_pixel(u as u32, v as u32).0[0] } else { 190 });
        }
        Luma([(sum / 4) as u8])
    })
}

#[test]
fn a_notebook_in_a_picture_is_that_notebook() {
    let text = bytes(NOTEBOOK);
    let expected =
        formats::okusuri::read(&Input { path: "x", bytes: &text, source_time: "20260312081500000" }).unwrap();
    for picture in [png(&page(&[code(&text)], 4)), jpeg(&page(&[code(&text)], 5))] {
        let reading = reading(&picture);
        assert_eq!(reading.problems, expected.problems);
        let [said @ .., document] = reading.statements.as_slice() else { panic!("nothing") };
        assert_eq!(said, expected.statements);
        // The picture is hers.
        assert_eq!(document.patient, expected.statements[0].patient);
        let document = &document.records[0].resource;
        let attachment = &document["content"][0]["attachment"];
        assert_eq!(attachment["size"], picture.len());
        assert_eq!(attachment["hash"].as_str().unwrap().len(), 28);
        assert_eq!(document["type"]["text"], "紙文書の画像");
        assert_eq!(document["date"], "2026-03-12T08:15:00+09:00");
    }
}

#[test]
fn turned_tilted_shaded_and_blurred_codes_are_read() {
    let text = bytes(NOTEBOOK);
    let page = page(&[code(&text)], 6);
    let (width, height) = page.dimensions();
    let middle = (f64::from(width) / 2.0, f64::from(height) / 2.0);
    let mut pictures: Vec<(String, GrayImage)> = Vec::new();
    for degrees in [0, 7, 33, 90, 135, 180, 250] {
        let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
        pictures.push((
            format!("turned {degrees}"),
            seen(&page, width + 100, height + 100, |x, y| {
                let (x, y) = (x - middle.0 - 50.0, y - middle.1 - 50.0);
                (x * cos - y * sin + middle.0, x * sin + y * cos + middle.1)
            }),
        ));
    }
    for tilt in [-0.0006, 0.0004, 0.0008] {
        pictures.push((
            format!("tilted {tilt}"),
            seen(&page, width + 60, height + 60, |x, y| {
                let (x, y) = (x - middle.0 - 30.0, y - middle.1 - 30.0);
                let depth = 1.0 + tilt * x + tilt * 0.7 * y;
                (x / depth + middle.0, y / depth + middle.1)
            }),
        ));
    }
    let shaded = GrayImage::from_fn(width, height, |x, y| {
        let light = 0.3 + 0.7 * f64::from(x + y) / f64::from(width + height);
        Luma([(f64::from(page.get_pixel(x, y).0[0]) * light) as u8])
    });
    pictures.push(("shaded".to_owned(), shaded));
    pictures.push(("blurred".to_owned(), image::imageops::blur(&page, 2.0)));
    pictures.push(("small".to_owned(), image::imageops::thumbnail(&page, width / 2, height / 2)));
    pictures.push(("mirrored".to_owned(), image::imageops::flip_horizontal(&page)));
    let lost: Vec<&str> = pictures
        .iter()
        .filter(|(_, picture)| resources(&reading(&jpeg(picture)), "MedicationDispense").len() != 1)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(lost, Vec::<&str>::new());
}

#[test]
fn several_codes_of_a_page_are_all_read() {
    let text = bytes(NOTEBOOK);
    let prescription = bytes(crate::rx_2d::FULL);
    let reading = reading(&png(&page(&[code(b"https://example.jp/"), code(&text), code(&prescription)], 4)));
    assert_eq!(resources(&reading, "MedicationDispense").len(), 1);
    assert_eq!(resources(&reading, "MedicationRequest").len(), 4);
    // The other code's text is kept with the picture and named.
    let document = resources(&reading, "DocumentReference")[0];
    assert_eq!(document["content"][1]["attachment"]["data"], "aHR0cHM6Ly9leGFtcGxlLmpwLw==");
    assert!(reading.problems.iter().any(|problem| problem.code == "not-mapped"));
    // Two people by description (the prescription also says a telephone): the picture is nobody's yet.
    assert_eq!(reading.statements.last().unwrap().patient, PatientKey::Nobody);
}

#[test]
fn parts_of_one_text_are_joined_in_order() {
    let text = bytes(crate::rx_2d::FULL);
    let expected =
        formats::rx_2d::read(&Input { path: "x", bytes: &text, source_time: "20260312081500000" }).unwrap();
    let parity = text.iter().fold(0, |sum, byte| sum ^ byte);
    let size = text.len().div_ceil(3);
    let parts: Vec<Modules> =
        (0u8..).zip(text.chunks(size)).map(|(index, chunk)| part(chunk, index, 3, parity)).collect();
    let mixed = [parts[2].clone(), parts[0].clone(), parts[1].clone()];
    let whole = reading(&png(&page(&mixed, 3)));
    assert_eq!(whole.problems, expected.problems);
    assert_eq!(whole.statements[..whole.statements.len() - 1], expected.statements);

    // Without the last: what can be read is another set, cut at a line, and the gap is named.
    let some = reading(&png(&page(&mixed[1..], 3)));
    let named = some.problems.iter().find(|problem| problem.code == "incomplete-code").unwrap();
    assert_eq!(named.text, "part 3 is not in the picture");
    let sets = |reading: &Reading| -> Vec<String> {
        let all = reading.statements.iter().map(|each| each.set.clone());
        all.filter(|set| set.starts_with("rx-2d/p/")).collect()
    };
    assert!(sets(&some)[0].ends_with("/1-2of3"), "{:?}", sets(&some));
    // The line that was cut is not read: every drug is one of the whole, but not all of them.
    let drugs = |reading: &Reading| -> Vec<String> {
        let all = resources(reading, "MedicationRequest").into_iter();
        all.map(|each| format!("{} {}", each["medicationCodeableConcept"], each["identifier"])).collect()
    };
    let (whole_drugs, some_drugs) = (drugs(&whole), drugs(&some));
    assert!(some_drugs.len() < whole_drugs.len());
    assert!(some_drugs.iter().all(|drug| whole_drugs.contains(drug)), "{some_drugs:?}");
    let documents = resources(&some, "DocumentReference");
    assert_eq!(documents[0]["content"].as_array().unwrap().len(), 3, "the parts' texts are kept");

    // Without the first nothing can be read, and nothing is lost.
    let rest = reading(&png(&page(&[parts[1].clone(), parts[2].clone()], 3)));
    assert_eq!(sets(&rest), Vec::<String>::new());
    assert!(rest.problems.iter().any(|problem| problem.text == "part 1 is not in the picture"));
    assert_eq!(resources(&rest, "DocumentReference")[0]["content"].as_array().unwrap().len(), 3);

    // The same number twice with other bytes: not joined.
    let twice = reading(&png(&page(
        &[parts[0].clone(), part(b"x", 1, 3, parity), parts[1].clone(), parts[2].clone()],
        3,
    )));
    assert!(twice.problems.iter().any(|problem| problem.code == "ambiguous-code"));
    assert_eq!(sets(&twice), Vec::<String>::new());
    // A wrong check is said.
    let odd = reading(&png(&page(&[part(&text[..size], 0, 2, 1), part(&text[size..], 1, 2, 1)], 3)));
    assert!(odd.problems.iter().any(|problem| problem.code == "code-parity"));
    assert_eq!(sets(&odd), sets(&whole));
}

#[test]
fn exif_orientation_decides_what_is_above() {
    // Two people's notebooks, one above the other, stored upside down.
    let other = bytes(&NOTEBOOK.replace("佐倉 花子", "架空 太郎"));
    let page = page(&[code(&bytes(NOTEBOOK)), code(&other)], 4);
    let stored = jpeg(&image::imageops::rotate180(&page));
    let first = |bytes: &[u8]| reading(bytes).statements[0].patient.clone();
    let upright = first(&jpeg(&page));
    assert_ne!(first(&stored), upright);
    // APP1 after the start: TIFF, one entry: orientation 3.
    let tiff = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0";
    let mut turned = stored[..2].to_vec();
    turned.extend([0xff, 0xe1]);
    turned.extend(u16::try_from(tiff.len() + 2).unwrap().to_be_bytes());
    turned.extend(tiff);
    turned.extend(&stored[2..]);
    assert_eq!(first(&turned), upright);
}

#[test]
fn a_picture_without_a_code_is_a_document_of_nobody() {
    let blank = png(&GrayImage::from_pixel(60, 40, Luma([200])));
    let first = reading(&blank);
    assert_eq!(first.problems, vec![]);
    assert_eq!(first.statements.len(), 1);
    assert_eq!(first.statements[0].patient, PatientKey::Nobody);
    assert_eq!(first, reading(&blank), "the same file is the same set");
    let other = reading(&png(&GrayImage::from_pixel(60, 40, Luma([201]))));
    assert_ne!(first.statements[0].set, other.statements[0].set);
}

#[test]
fn what_cannot_be_opened_is_said_and_kept() {
    for (bytes, code, media) in [
        (&b"\xff\xd8\xff\xe0rubbish"[..], "unreadable", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\nrubbish", "unreadable", "image/png"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "not-read", "image/heic"),
    ] {
        let reading = reading(bytes);
        assert_eq!(reading.problems[0].code, code);
        assert_eq!(
            resources(&reading, "DocumentReference")[0]["content"][0]["attachment"]["contentType"],
            media
        );
        assert_eq!(formats::detect("a.jpg", bytes), Some(model::reading::Format::Image));
    }
    // A header that claims 100,000 × 100,000 pixels.
    let mut huge = png(&GrayImage::from_pixel(8, 8, Luma([0])));
    huge[16..24].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
    assert_eq!(reading(&huge).problems[0].code, "unreadable");
    let input = Input { path: "a.png", bytes: b"GIF89a", source_time: "" };
    assert_eq!(read(&input).unwrap_err().code, "not-image");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn noise_never_panics(pixels in proptest::collection::vec(any::<u8>(), 1..3000), width in 1u32..60, block in 1u32..4) {
        let height = (pixels.len() as u32).div_ceil(width);
        let noise = GrayImage::from_fn(width * block, height * block, |x, y| {
            let index = (y / block * width + x / block) as usize;
            Luma([pixels.get(index).copied().unwrap_or(0)])
        });
        let _ = reading(&png(&noise));
    }

    #[test]
    fn mutated_files_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(), jpg in any::<bool>()) {
        let page = page(&[code(b"JAHISTC08,1\r\n2,1,x,1\r\n")], 2);
        let mut bytes = if jpg { jpeg(&page) } else { png(&page) };
        let place = at.index(bytes.len());
        bytes[place] = byte;
        bytes.truncate(cut.index(bytes.len()).max(bytes.len() / 2));
        let _ = read(&Input { path: "", bytes: &bytes, source_time: "" });
    }

    #[test]
    fn damaged_codes_never_panic_and_never_lie(spots in proptest::collection::vec((0u32..200, 0u32..200, 1u32..25), 0..8)) {
        let text = bytes(NOTEBOOK);
        let mut page = page(&[code(&text)], 3);
        for (left, top, size) in spots {
            for y in top..(top + size).min(page.height()) {
                for x in left..(left + size).min(page.width()) {
                    page.put_pixel(x, y, Luma([if (x + y) % 3 == 0 { 20 } else { 240 }]));
                }
            }
        }
        // Read whole or not at all.
        let reading = reading(&png(&page));
        let dispenses = resources(&reading, "MedicationDispense");
        prop_assert!(dispenses.is_empty() || dispenses[0]["medicationCodeableConcept"]["text"] == "架空降圧錠２．５ｍｇ");
    }
}
