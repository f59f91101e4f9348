//! The bytes of a JPEG or PNG → a grey picture, upright and of bounded size.

use super::bitmap::Grey;
use ::image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// Most pixels that are opened.
const PIXELS: u64 = 40_000_000;
/// Most bytes of an opened picture (40 million pixels in colour and one byte each are 120).
const BYTES: u64 = 256 * 1024 * 1024;
/// Pixels above which the picture is made smaller before codes are looked for.
const LOOKED_AT: usize = 16_000_000;

/// Opens a picture; the error says why not.
pub(super) fn open(bytes: &[u8], format: ImageFormat) -> Result<Grey, &'static str> {
    const BROKEN: &str = "the picture cannot be opened: broken, or of a kind of this format that is not read";
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| BROKEN)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS || decoder.total_bytes() > BYTES {
        return Err("the picture has more pixels than are opened (40 million)");
    }
    let orientation = decoder.orientation().map_err(|_| BROKEN)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| BROKEN)?;
    picture.apply_orientation(orientation);
    let grey = picture.into_luma8();
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let grey = Grey { width, height, pixels: grey.into_raw() };
    let factor = (1..16).find(|factor| width * height / (factor * factor) <= LOOKED_AT).unwrap_or(16);
    Ok(if factor > 1 { grey.smaller(factor) } else { grey })
}
