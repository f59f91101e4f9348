//! Medicine notebooks: JAHIS 電子版お薬手帳データフォーマット (JAHISTC07/08), CP932, CRLF.

use super::{Desk, RegionFile, cp932, digits, minutes, month, number};
use crate::dice::Dice;
use crate::facilities::{Facility, NOTEBOOK};
use crate::registration::{Registration, narrow};
use crate::story::{Entry, Group, What};
use jiff::civil::Date;
use model::facility::FacilityKind;

/// Every dispensing of one person at one pharmacy.
pub(super) fn files(
    desk: &Desk<'_>,
    pharmacy: &Facility,
    registration: &Registration,
    entries: &[&Entry],
) -> Vec<RegionFile> {
    let mut files = Vec::new();
    for (serial, entry) in entries.iter().enumerate() {
        let What::Dispensed { prescriber, groups, information } = &entry.what else { continue };
        let text = notebook(desk, pharmacy, registration, entry, *prescriber, groups, information);
        let folder = month(entry.at);
        let path = format!("{folder}/{}_{:07}_{serial:03}.csv", minutes(entry.at), desk.person.number);
        files.push(RegionFile {
            facility: pharmacy.id.clone(),
            source: NOTEBOOK.source,
            format: NOTEBOOK.format,
            path,
            bytes: cp932(&text),
            at: entry.at,
            was: None,
        });
    }
    files
}

/// One field: what separates fields or lines becomes its full-width form.
fn field(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            ',' => '，',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}

/// `S150505`, as many pharmacy systems still write birth dates.
pub(super) fn era(day: Date) -> String {
    let value = (day.year(), day.month(), day.day());
    let (letter, first) = match value {
        (2019.., 5.., _) | (2020.., _, _) => ('R', 2019),
        (1990.., _, _) | (1989, 2.., _) | (1989, 1, 8..) => ('H', 1989),
        (1927.., _, _) | (1926, 12, 25..) => ('S', 1926),
        _ => ('T', 1912),
    };
    format!("{letter}{:02}{:02}{:02}", day.year() - first + 1, day.month(), day.day())
}

fn notebook(
    desk: &Desk<'_>,
    pharmacy: &Facility,
    registration: &Registration,
    entry: &Entry,
    (from, author): (usize, usize),
    groups: &[Group],
    information: &str,
) -> String {
    let mut habit = Dice::new(&[11, pharmacy.place as u64]);
    let (old, half) = (habit.chance(40), habit.chance(40));
    let kana_names = |name: &str| if half { narrow(name) } else { name.to_owned() };
    let birth = if old { era(registration.birth) } else { digits(registration.birth) };
    let mut lines = vec![if old { "JAHISTC07,1".to_owned() } else { "JAHISTC08,1".to_owned() }];
    lines.push(format!(
        "1,{},{},{birth},{},{},{},,,,{}",
        field(&registration.name()),
        registration.sex.digit(),
        registration.postal,
        field(&registration.address),
        registration.phone,
        field(&registration.kana()),
    ));
    lines.push(format!("5,{},1", digits(entry.at.date())));
    let institution = |number: &str| number.get(3..).unwrap_or_default().to_owned();
    let address = pharmacy.written_address();
    lines.push(format!(
        "11,{},01,4,{},{},{},{},1",
        field(&pharmacy.name),
        institution(&pharmacy.number),
        pharmacy.address.postal_hyphen(),
        field(&address),
        pharmacy.phone,
    ));
    lines.push(format!("15,{},,1", pharmacy.staff(entry.author).name()));
    if let Some(clinic) = desk.facility(from) {
        let table = if clinic.kind == FacilityKind::Dental { 3 } else { 1 };
        lines.push(format!("51,{},01,{table},{},1", field(&clinic.name), institution(&clinic.number)));
        let department = if table == 3 { "歯科" } else { "内科" };
        lines.push(format!("55,{},{department},1", clinic.staff(author).name()));
    }
    for (place, group) in groups.iter().enumerate() {
        let rp = place + 1;
        for (drug, amount) in &group.drugs {
            let general = match (old, drug.general) {
                (true, _) | (_, "") => String::new(),
                (false, code) => format!(",【般】{},2,{code}", field(drug.name)),
            };
            lines.push(format!(
                "201,{rp},{},{},{},1,,1{general}",
                field(&kana_names(drug.name)),
                number(*amount),
                drug.unit.1
            ));
        }
        let form = group.drugs.first().map_or(1, |(drug, _)| drug.form);
        let (form, unit) = match (form, group.usage.times) {
            (5, _) => (5, "調剤"),
            (_, 0) => (3, "回分"),
            (form, _) => (form, "日分"),
        };
        let count = if form == 5 { 1 } else { group.days };
        let (kind, code) =
            if group.usage.jami.is_empty() || old { ("1", "") } else { ("2", group.usage.jami) };
        lines.push(format!("301,{rp},{},{count},{unit},{form},{kind},{code},1", group.usage.text));
    }
    if !information.is_empty() {
        lines.push(format!("411,{},99,1", field(information)));
    }
    lines.join("\r\n") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn eras_turn_on_their_days() {
        assert_eq!(era(date(1940, 5, 5)), "S150505");
        assert_eq!(era(date(1989, 1, 7)), "S640107");
        assert_eq!(era(date(1989, 1, 8)), "H010108");
        assert_eq!(era(date(2019, 4, 30)), "H310430");
        assert_eq!(era(date(2019, 5, 1)), "R010501");
        assert_eq!(era(date(1926, 12, 24)), "T151224");
        assert_eq!(era(date(2026, 1, 1)), "R080101");
    }
}
