//! A written notebook in parts that fit into a printed 2D code each (record 911).
//!
//! Header and record 1 stand in every part, and the head of a dispensing (records 5 to 55) in every part that has
//! something of it, so that each part can also be read by itself; an RP is never cut. [`super::read`] joins them again.
//! Not here: drawing the code.

use crate::text_file::lines;
use encoding_rs::SHIFT_JIS;

/// What is never cut, with what must stand before it.
struct Unit<'t> {
    /// Records 5, 11 and 15 of its dispensing; empty for what belongs to the person.
    visit: Vec<&'t str>,
    /// Records 51 and 55 in force.
    prescriber: [Option<&'t str>; 2],
    lines: Vec<&'t str>,
}

/// Splits a notebook of one person as [`super::write()`] gives it into parts of at most `limit` bytes; one part and no
/// record 911 where it fits. `id` names the output (14 digits). A single RP larger than `limit` makes a larger part.
pub fn split(bytes: &[u8], id: &str, limit: usize) -> Vec<Vec<u8>> {
    let text = SHIFT_JIS.decode_without_bom_handling(bytes).0;
    if bytes.len() <= limit {
        return vec![bytes.to_vec()];
    }
    let all: Vec<&str> = lines(&text).map(|(_, line)| line).collect();
    let is_head = |line: &&&str| super::is_header(line) || kind(line) == "1";
    let head: Vec<&str> = all.iter().filter(is_head).copied().collect();
    let body: Vec<&str> = all.iter().filter(|line| !is_head(line)).copied().collect();
    // The record 911 with numbers of two digits.
    let end = size(&head) + id.len() + "911,,99,99\r\n".len();
    let mut parts: Vec<Vec<&str>> = Vec::new();
    let mut room = 0;
    let mut now: (Vec<&str>, [Option<&str>; 2]) = (Vec::new(), [None; 2]);
    for unit in units(&body) {
        let again = now.0 == unit.visit;
        let of = |known: bool| -> Vec<&str> {
            let mut lines = if known { Vec::new() } else { unit.visit.clone() };
            let before = if known { now.1 } else { [None; 2] };
            let [place, doctor] = unit.prescriber;
            let moved = place != before[0];
            lines.extend(place.filter(|_| moved));
            lines.extend(doctor.filter(|_| moved || doctor != before[1]));
            lines.extend(&unit.lines);
            lines
        };
        let next = of(again);
        if room < size(&next) || parts.is_empty() {
            let first = of(false);
            room = limit.saturating_sub(end).saturating_sub(size(&first));
            parts.push(first);
        } else if let Some(last) = parts.last_mut() {
            room -= size(&next);
            last.extend(next);
        }
        // What belongs to a visit without a prescriber (remarks) leaves the prescriber in force.
        let prescriber = if again && unit.prescriber == [None; 2] { now.1 } else { unit.prescriber };
        now = (unit.visit, prescriber);
    }
    let total = parts.len();
    let parts = parts.into_iter().enumerate().map(|(index, part)| {
        let control = format!("911,{id},{total},{}", index + 1);
        let mut bytes = Vec::new();
        for line in head.iter().copied().chain(part).chain([control.as_str()]) {
            bytes.extend_from_slice(&SHIFT_JIS.encode(line).0);
            bytes.extend(b"\r\n");
        }
        bytes
    });
    parts.collect()
}

fn kind(line: &str) -> &str {
    line.split(',').next().unwrap_or_default()
}

fn size(lines: &[&str]) -> usize {
    lines.iter().map(|line| SHIFT_JIS.encode(line).0.len() + 2).sum()
}

fn units<'t>(body: &[&'t str]) -> Vec<Unit<'t>> {
    let mut units: Vec<Unit<'t>> = Vec::new();
    let mut visit: Vec<&'t str> = Vec::new();
    let mut prescriber = [None; 2];
    // True while the lines go on with the last unit.
    let mut open = false;
    let mut used = false;
    for line in body.iter().copied() {
        let same = match kind(line) {
            "5" => {
                (visit, prescriber, open) = (vec![line], [None; 2], false);
                continue;
            }
            "11" | "15" => {
                visit.push(line);
                continue;
            }
            "51" => {
                (prescriber, open) = ([Some(line), prescriber[1].filter(|_| prescriber[0].is_none())], false);
                continue;
            }
            "55" => {
                (prescriber[1], open) = (Some(line), false);
                continue;
            }
            "281" | "291" | "301" | "311" | "391" => true,
            "31" => true,
            // A drug after the usage of the RP before begins another.
            "201" => open && !used,
            _ => false,
        };
        let rp = matches!(kind(line), "201" | "281" | "291" | "301" | "311" | "391");
        used = rp && (kind(line) == "301" || (same && used));
        match units.last_mut().filter(|_| same) {
            Some(unit) => unit.lines.push(line),
            None => {
                let own = matches!(kind(line), "2" | "3" | "4" | "701");
                units.push(Unit {
                    visit: if own { Vec::new() } else { visit.clone() },
                    prescriber: if rp { prescriber } else { [None; 2] },
                    lines: vec![line],
                });
            }
        }
        open = rp;
    }
    units
}
