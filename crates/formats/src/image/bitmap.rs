//! A grey picture and what is dark in it.
//!
//! Local means follow the light of a photograph; a code that fills the picture needs a wide window, a small one on a
//! shaded page a narrow one, so several are tried.

/// Luminance, row by row.
#[derive(Debug, Clone)]
pub(super) struct Grey {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width × height` values.
    pub pixels: Vec<u8>,
}

/// Dark or light, row by row; light outside.
pub(super) struct Bitmap {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    dark: Vec<bool>,
}

impl Grey {
    /// The picture smaller by a whole factor, each pixel the mean of a square.
    pub fn smaller(&self, factor: usize) -> Self {
        let factor = factor.max(1);
        let (width, height) = (self.width / factor, self.height / factor);
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let mut sum = 0usize;
                for row in 0..factor {
                    let start = (y * factor + row) * self.width + x * factor;
                    let line = self.pixels.get(start..start + factor).unwrap_or_default();
                    sum += line.iter().map(|pixel| usize::from(*pixel)).sum::<usize>();
                }
                pixels.push(u8::try_from(sum / (factor * factor)).unwrap_or(u8::MAX));
            }
        }
        Self { width, height, pixels }
    }

    /// Dark where a pixel is darker than the mean around it, in a square of twice `radius`.
    pub fn darker_than_around(&self, radius: usize) -> Bitmap {
        let (width, height) = (self.width, self.height);
        let stride = width + 1;
        // Sums of all pixels above and to the left, in 32 bits that may run over: a window's sum does not.
        let mut sums = vec![0u32; stride * (height + 1)];
        for (y, row) in self.pixels.chunks(width.max(1)).take(height).enumerate() {
            let mut along = 0u32;
            for (x, pixel) in row.iter().enumerate() {
                along = along.wrapping_add(u32::from(*pixel));
                let above = sums.get(y * stride + x + 1).copied().unwrap_or(0);
                if let Some(slot) = sums.get_mut((y + 1) * stride + x + 1) {
                    *slot = above.wrapping_add(along);
                }
            }
        }
        let sum = |x: usize, y: usize| sums.get(y * stride + x).copied().unwrap_or(0);
        let mut dark = Vec::with_capacity(width * height);
        for y in 0..height {
            let (top, bottom) = (y.saturating_sub(radius), (y + radius + 1).min(height));
            for x in 0..width {
                let (left, right) = (x.saturating_sub(radius), (x + radius + 1).min(width));
                let count = ((right - left) * (bottom - top)) as u64;
                let whole = sum(right, bottom).wrapping_add(sum(left, top));
                let whole = whole.wrapping_sub(sum(left, bottom)).wrapping_sub(sum(right, top));
                let pixel = u64::from(self.pixels.get(y * width + x).copied().unwrap_or(u8::MAX));
                dark.push(pixel * count * 100 < u64::from(whole) * 90);
            }
        }
        Bitmap { width, height, dark }
    }
}

impl Bitmap {
    /// True if the pixel is dark.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.width && self.dark.get(y * self.width + x).copied().unwrap_or(false)
    }

    /// True if the picture is dark at a point.
    pub fn is_dark_at(&self, x: f64, y: f64) -> bool {
        // A float becomes the nearest whole number of the type: what is outside is light.
        x >= 0.0 && y >= 0.0 && self.is_dark(x as usize, y as usize)
    }

    /// One row.
    pub fn row(&self, y: usize) -> &[bool] {
        self.dark.get(y * self.width..(y + 1) * self.width).unwrap_or_default()
    }
}
