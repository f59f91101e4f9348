//! From three corner squares to the modules of a code: size, fourth point, perspective, sampling.

use super::bitmap::Bitmap;
use super::finder::Corner;
use super::segment::{self, Code};
use super::symbol::{Symbol, version_of};

/// A point of the picture, or of the code in modules.
#[derive(Debug, Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
}

/// A corner of the code: where its square's centre is and how large a module is there.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: Point,
    module: f64,
}

/// Tries to read the code between three corners.
pub(super) fn decode(bitmap: &Bitmap, three: [&Corner; 3]) -> Option<Code> {
    let [top, right, _] = three;
    // A module was measured along rows and columns; through a turned square they are longer than its side.
    let (across, down) = ((right.x - top.x).abs(), (right.y - top.y).abs());
    let share = across.max(down) / across.hypot(down);
    let places =
        three.map(|corner| Place { at: Point { x: corner.x, y: corner.y }, module: corner.module * share });
    let [top, right, down] = places;
    let module = (top.module + right.module + down.module) / 3.0;
    let mean = (length(top.at, right.at) + length(top.at, down.at)) / 2.0;
    for size in sizes(bitmap, places, mean / module + 7.0) {
        for view in views(bitmap, places, size) {
            if !view.has_timing(bitmap, size) {
                continue;
            }
            let symbol = Symbol::new(size, |x, y| view.module(bitmap, x, y));
            let mirrored = || Symbol::new(size, |x, y| view.module(bitmap, y, x)).data();
            if let Some(code) = symbol.data().or_else(mirrored).and_then(|data| segment::read(&data)) {
                return Some(code);
            }
        }
    }
    None
}

fn length(a: Point, b: Point) -> f64 {
    (a.x - b.x).hypot(a.y - b.y)
}

/// The sizes that the two timing patterns say: dark and light modules between the corner squares, counted along a
/// line. None where they are far from what the modules' size says.
fn sizes(bitmap: &Bitmap, [top, right, down]: [Place; 3], guess: f64) -> Vec<usize> {
    let unit = |to: Point| {
        let far = length(top.at, to).max(1.0);
        Point { x: (to.x - top.at.x) / far, y: (to.y - top.at.y) / far }
    };
    let (along, below) = (unit(right.at), unit(down.at));
    // From the middle of module (6, 6) to the middle of the last dark one before the other square.
    let at = |from: Place, u: f64, v: f64| {
        let (u, v) = (u * from.module, v * from.module);
        Point { x: from.at.x + u * along.x + v * below.x, y: from.at.y + u * along.y + v * below.y }
    };
    let counts = [
        changes(bitmap, at(top, 3.0, 3.0), at(right, -3.0, 3.0)),
        changes(bitmap, at(top, 3.0, 3.0), at(down, 3.0, -3.0)),
    ];
    let mut all: Vec<usize> = Vec::new();
    for count in counts {
        let size = (count + 13).saturating_sub(15) / 4 * 4 + 17;
        let near = (size as f64 - guess).abs() <= (guess * 0.2).max(5.0);
        if near && version_of(size).is_some() && !all.contains(&size) {
            all.push(size);
        }
    }
    all
}

/// How often dark and light change along a line.
fn changes(bitmap: &Bitmap, from: Point, to: Point) -> usize {
    let steps = length(from, to).ceil().clamp(1.0, 10_000.0) as usize;
    let dark = |step: usize| {
        let share = step as f64 / steps as f64;
        bitmap.is_dark_at(from.x + share * (to.x - from.x), from.y + share * (to.y - from.y))
    };
    (0..steps).filter(|step| dark(*step) != dark(step + 1)).count()
}

/// How the plane of the code lies in the picture.
struct View {
    /// Projective map, row by row, of which the last number is 1.
    map: [f64; 8],
}

/// Ways to lay the plane through the corners: over the alignment pattern if there is one, and as if seen from above.
fn views(bitmap: &Bitmap, places: [Place; 3], size: usize) -> Vec<View> {
    let [top, right, down] = places.map(|place| place.at);
    let far = size as f64 - 3.5;
    let (step, last) = (far - 3.5, size as f64 - 6.5);
    let from_above = Point { x: right.x + down.x - top.x, y: right.y + down.y - top.y };
    // How far away each corner is follows from its modules; what is farther away is smaller. Depth times place is
    // linear in the plane of the code.
    let depth = places.map(|place| place.module.max(0.1).powf(-2.0 / 3.0));
    let there = depth[1] + depth[2] - depth[0];
    let leaning = |pick: fn(Point) -> f64| {
        (pick(right) * depth[1] + pick(down) * depth[2] - pick(top) * depth[0]) / there
    };
    let leaning = Point { x: leaning(|point| point.x), y: leaning(|point| point.y) };
    let plane = |fourth: Point, at: f64| {
        let code = [(3.5, 3.5), (far, 3.5), (3.5, far), (at, at)].map(|(x, y)| Point { x, y });
        View::through(code, [top, right, down, fourth])
    };
    let flat = plane(from_above, far);
    let mut all = Vec::new();
    if size > 21 {
        let along = Point { x: (right.x - top.x) / step, y: (right.y - top.y) / step };
        let below = Point { x: (down.x - top.x) / step, y: (down.y - top.y) / step };
        let share = (last - 3.5) / step;
        let guess =
            Point { x: top.x + share * (from_above.x - top.x), y: top.y + share * (from_above.y - top.y) };
        let places = alignments(bitmap, guess, along, below);
        all.extend(places.into_iter().filter_map(|place| plane(place, last)));
    }
    all.extend(flat);
    all.extend(plane(leaning, far));
    all
}

/// Where an alignment pattern (dark centre, light ring, dark ring) may be near a guess, best first.
fn alignments(bitmap: &Bitmap, guess: Point, along: Point, below: Point) -> Vec<Point> {
    let pattern = |centre: Point| {
        let cells = (-2..=2i32).flat_map(|y| (-2..=2i32).map(move |x| (x, y)));
        let fitting = cells.filter(|(x, y)| {
            let (u, v) = (f64::from(*x), f64::from(*y));
            let wanted = x.abs().max(y.abs()) != 1;
            let point = (centre.x + u * along.x + v * below.x, centre.y + u * along.y + v * below.y);
            bitmap.is_dark_at(point.0, point.1) == wanted
        });
        fitting.count()
    };
    let mut found: Vec<(usize, f64, Point)> = Vec::new();
    // Half modules, five each way, then closer around what fits best.
    let reach = 10i32;
    for v in -reach..=reach {
        for u in -reach..=reach {
            let (right, down) = (f64::from(u) / 2.0, f64::from(v) / 2.0);
            let centre = Point {
                x: guess.x + right * along.x + down * below.x,
                y: guess.y + right * along.y + down * below.y,
            };
            let fitting = pattern(centre);
            if fitting >= 21 {
                found.push((fitting, right.hypot(down), centre));
            }
        }
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.total_cmp(&b.1)));
    // Neighbours that fit as well are one place: their mean.
    let mut places: Vec<Point> = Vec::new();
    let module = along.x.hypot(along.y);
    while let (Some((best, _, centre)), true) = (found.first().copied(), places.len() < 3) {
        let near = |each: &(usize, f64, Point)| length(each.2, centre) < module * 1.6;
        let mut close: Vec<(usize, Point)> = Vec::new();
        for (u, v) in (-4..=4i32).flat_map(|v| (-4..=4i32).map(move |u| (u, v))) {
            let (right, down) = (f64::from(u) / 8.0, f64::from(v) / 8.0);
            let place = Point {
                x: centre.x + right * along.x + down * below.x,
                y: centre.y + right * along.y + down * below.y,
            };
            close.push((pattern(place), place));
        }
        let best = close.iter().map(|(fitting, _)| *fitting).max().unwrap_or(best);
        let same: Vec<Point> =
            close.iter().filter(|(fitting, _)| *fitting == best).map(|(_, place)| *place).collect();
        let count = same.len().max(1) as f64;
        let sum = same.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.x, sum.1 + point.y));
        places.push(Point { x: sum.0 / count, y: sum.1 / count });
        found.retain(|each| !near(each));
    }
    places
}

impl View {
    /// The projective map that takes four points of the code to four of the picture; `None` if they lie on a line.
    fn through(code: [Point; 4], picture: [Point; 4]) -> Option<Self> {
        let mut rows: Vec<[f64; 9]> = Vec::with_capacity(8);
        for (from, to) in code.into_iter().zip(picture) {
            rows.push([from.x, from.y, 1.0, 0.0, 0.0, 0.0, -from.x * to.x, -from.y * to.x, to.x]);
            rows.push([0.0, 0.0, 0.0, from.x, from.y, 1.0, -from.x * to.y, -from.y * to.y, to.y]);
        }
        for column in 0..8 {
            let size = |row: &[f64; 9]| row.get(column).copied().unwrap_or(0.0).abs();
            let best = (column..8)
                .max_by(|a, b| rows.get(*a).map_or(0.0, size).total_cmp(&rows.get(*b).map_or(0.0, size)))?;
            rows.swap(column, best);
            let pivot = *rows.get(column)?;
            let head = pivot.get(column).copied().filter(|head| head.abs() > 1e-9)?;
            for (index, row) in rows.iter_mut().enumerate() {
                if index == column {
                    row.iter_mut().for_each(|value| *value /= head);
                } else {
                    let factor = row.get(column).copied().unwrap_or(0.0) / head;
                    row.iter_mut().zip(pivot).for_each(|(value, of)| *value -= factor * of);
                }
            }
        }
        let mut map = [0.0; 8];
        for (slot, row) in map.iter_mut().zip(&rows) {
            *slot = row[8];
        }
        map.iter().all(|value| value.is_finite()).then_some(Self { map })
    }

    fn point(&self, x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, e, f, g, h] = self.map;
        let depth = g * x + h * y + 1.0;
        ((a * x + b * y + c) / depth, (d * x + e * y + f) / depth)
    }

    /// Dark or light by most of five points around the middle of a module.
    fn module(&self, bitmap: &Bitmap, x: usize, y: usize) -> bool {
        let (x, y) = (x as f64 + 0.5, y as f64 + 0.5);
        let around = [(0.0, 0.0), (0.2, 0.0), (-0.2, 0.0), (0.0, 0.2), (0.0, -0.2)];
        let dark = around.iter().filter(|(right, down)| {
            let (x, y) = self.point(x + right, y + down);
            bitmap.is_dark_at(x, y)
        });
        dark.count() >= 3
    }

    /// Most of both timing patterns are where this view and size put them.
    fn has_timing(&self, bitmap: &Bitmap, size: usize) -> bool {
        let fitting = (8..size - 8)
            .flat_map(|at| [(at, 6), (6, at)])
            .filter(|(x, y)| self.module(bitmap, *x, *y) == ((x + y) % 2 == 0));
        fitting.count() * 100 >= (size - 16) * 2 * 78
    }
}
