//! Where the three corner squares of a QR code may be (ISO/IEC 18004, 6.3.3: dark and light as 1:1:3:1:1).

use super::bitmap::Bitmap;

/// A corner square: its centre and the size of a module.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Corner {
    /// Centre.
    pub x: f64,
    /// Centre.
    pub y: f64,
    /// Pixels in a module.
    pub module: f64,
    /// Rows in which it was seen.
    seen: u32,
}

/// Three corners as they may belong to one code: top left, top right, bottom left.
pub(super) type Triple = [usize; 3];

/// Most corners that are looked at: a page of codes has a few dozen, a picture of noise thousands.
const CORNERS: usize = 60;
/// Most triples tried.
const TRIPLES: usize = 600;

/// Finds corner squares, those seen most often first.
pub(super) fn corners(bitmap: &Bitmap) -> Vec<Corner> {
    let mut found: Vec<Corner> = Vec::new();
    for y in 0..bitmap.height {
        let mut runs = [0usize; 5];
        let (mut colour, mut length) = (false, 0usize);
        for (x, dark) in bitmap.row(y).iter().copied().chain([false]).enumerate() {
            if dark == colour && x < bitmap.width {
                length += 1;
                continue;
            }
            runs.rotate_left(1);
            if let Some(last) = runs.last_mut() {
                *last = length;
            }
            if colour && is_corner(&runs) {
                candidate(bitmap, x, y, &runs, &mut found);
            }
            (colour, length) = (dark, 1);
        }
        if found.len() > 4 * CORNERS {
            found.sort_by_key(|corner| std::cmp::Reverse(corner.seen));
            found.truncate(2 * CORNERS);
        }
    }
    found.retain(|corner| corner.seen >= 2);
    found.sort_by_key(|corner| std::cmp::Reverse(corner.seen));
    found.truncate(CORNERS);
    found
}

/// 1:1:3:1:1, each within half a module.
fn is_corner(runs: &[usize; 5]) -> bool {
    let total: usize = runs.iter().sum();
    if total < 7 || runs.contains(&0) {
        return false;
    }
    let module = total as f64 / 7.0;
    let wanted = [1.0, 1.0, 3.0, 1.0, 1.0];
    runs.iter().zip(wanted).all(|(run, times)| {
        (*run as f64 - times * module).abs() < module * if times > 1.0 { 1.5 } else { 0.6 } + 0.51
    })
}

/// Looks across at a row's candidate that ends before `end`: the column and the row through its middle must agree.
fn candidate(bitmap: &Bitmap, end: usize, y: usize, runs: &[usize; 5], found: &mut Vec<Corner>) {
    let [.., inner, ring, outer] = runs;
    let middle = end as f64 - (*outer + *ring) as f64 - *inner as f64 / 2.0;
    let width = runs.iter().sum::<usize>();
    let Some((y, height)) = across(|at| bitmap.is_dark(middle as usize, at), y, bitmap.height) else {
        return;
    };
    let Some((x, width_again)) = across(|at| bitmap.is_dark(at, y as usize), middle as usize, bitmap.width)
    else {
        return;
    };
    let (shorter, longer) = (width.min(height), width.max(height));
    if longer > 2 * shorter {
        return;
    }
    let module = (width_again + height) as f64 / 14.0;
    for corner in found.iter_mut() {
        if (corner.x - x).abs() < module * 2.0
            && (corner.y - y).abs() < module * 2.0
            && (corner.module - module).abs() <= module.max(1.0)
        {
            let weight = f64::from(corner.seen);
            let mean = |old: f64, new: f64| (old * weight + new) / (weight + 1.0);
            corner.x = mean(corner.x, x);
            corner.y = mean(corner.y, y);
            corner.module = mean(corner.module, module);
            corner.seen += 1;
            return;
        }
    }
    found.push(Corner { x, y, module, seen: 1 });
}

/// The five runs around a dark place along a line: their middle and length, if they are those of a corner.
fn across(dark: impl Fn(usize) -> bool, at: usize, end: usize) -> Option<(f64, usize)> {
    if !dark(at) {
        return None;
    }
    let walk = |forward: bool| {
        let mut runs = [0usize; 3];
        let mut place = at;
        for (index, run) in runs.iter_mut().enumerate() {
            let wanted = index != 1;
            loop {
                let next = if forward { place + 1 } else { place.wrapping_sub(1) };
                if next >= end || dark(next) != wanted {
                    break;
                }
                *run += 1;
                place = next;
            }
        }
        runs
    };
    let [up, ring_up, outer_up] = walk(false);
    let [down, ring_down, outer_down] = walk(true);
    let runs = [outer_up, ring_up, up + 1 + down, ring_down, outer_down];
    let middle = (at + down + 1) as f64 - runs[2] as f64 / 2.0;
    is_corner(&runs).then(|| (middle, runs.iter().sum()))
}

/// Every three corners that may be those of one code, the most regular first.
pub(super) fn triples(corners: &[Corner]) -> Vec<Triple> {
    let mut found: Vec<(f64, Triple)> = Vec::new();
    for (first, a) in corners.iter().enumerate() {
        for (second, b) in corners.iter().enumerate().skip(first + 1) {
            if !alike(a, b) {
                continue;
            }
            for (third, c) in corners.iter().enumerate().skip(second + 1) {
                if alike(a, c)
                    && alike(b, c)
                    && let Some(scored) = regular([(first, a), (second, b), (third, c)])
                {
                    found.push(scored);
                }
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    found.truncate(TRIPLES);
    found.into_iter().map(|(_, triple)| triple).collect()
}

fn alike(a: &Corner, b: &Corner) -> bool {
    a.module < b.module * 1.7 && b.module < a.module * 1.7
}

/// The corner opposite the longest side is the top left one; the sides that meet in it are about as long and about
/// at right angles. Lower is more regular.
fn regular(three: [(usize, &Corner); 3]) -> Option<(f64, Triple)> {
    let distance = |a: &Corner, b: &Corner| (a.x - b.x).hypot(a.y - b.y);
    let [a, b, c] = three;
    let turns = [[a, b, c], [b, a, c], [c, a, b]];
    let [top, right, down] =
        turns.into_iter().max_by(|[_, a, b], [_, c, d]| distance(a.1, b.1).total_cmp(&distance(c.1, d.1)))?;
    let (across, along) = (distance(top.1, right.1), distance(top.1, down.1));
    let module = (top.1.module + right.1.module + down.1.module) / 3.0;
    // 14 modules from centre to centre in the smallest code, 170 in the largest.
    let modules = (across + along) / 2.0 / module;
    let ratio = (across - along).abs() / across.max(along);
    let hypotenuse = distance(right.1, down.1);
    let angle = (hypotenuse.powi(2) / (across.powi(2) + along.powi(2)) - 1.0).abs();
    if !(10.0..=230.0).contains(&modules) || ratio > 0.35 || angle > 0.35 {
        return None;
    }
    let turn = (right.1.x - top.1.x) * (down.1.y - top.1.y) - (right.1.y - top.1.y) * (down.1.x - top.1.x);
    let (right, down) = if turn >= 0.0 { (right, down) } else { (down, right) };
    Some((ratio + angle + modules / 1000.0, [top.0, right.0, down.0]))
}
