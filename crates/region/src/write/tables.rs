//! Tables of many people: resident registers and consents, row by row.
//!
//! Columns: `docs/formats/resident-csv.md`, `docs/formats/consent-csv.md`.

use super::{Desk, RegionFile, cp932, digits};
use crate::course::Told;
use crate::facilities::{CONSENTS, Facility, REGISTER};
use crate::people::Person;
use crate::registration::Registration;
use crate::story::What;
use jiff::ToSpan;
use jiff::civil::Date;
use model::facility::FacilityKind;

/// Which table of a facility a row belongs to; the day names the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RowFile {
    /// Resident register as of the evening of the day.
    Register(Date),
    /// Consents noted on the day.
    Consents(Date),
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Place of the facility.
    pub facility: usize,
    /// Which table.
    pub file: RowFile,
    /// Fields, in the order of the header.
    pub fields: Vec<String>,
}

impl Row {
    /// The row as a CSV line.
    pub(crate) fn line(&self) -> String {
        let fields: Vec<String> = self.fields.iter().map(|field| quoted(field)).collect();
        fields.join(",") + "\r\n"
    }
}

const REGISTER_HEADER: &[&str] = &[
    "宛名番号",
    "世帯番号",
    "氏名",
    "氏名カナ",
    "旧氏",
    "旧氏カナ",
    "通称",
    "生年月日",
    "性別",
    "郵便番号",
    "住所",
    "電話番号",
    "異動事由",
    "異動日",
    "支援措置",
    "国保保険者番号",
    "国保記号",
    "国保番号",
    "国保枝番",
    "後期保険者番号",
    "後期被保険者番号",
    "更新日時",
];

const CONSENT_HEADER: &[&str] = &["local_id", "entry", "facilities", "reason", "from", "until"];

/// The rows of one person in the resident register.
pub(crate) fn register_rows(desk: &Desk<'_>, told: &Told) -> Vec<Row> {
    let mut rows = Vec::new();
    for entry in &told.entries {
        let (What::Register(reason), Some(town), Some(known)) =
            (&entry.what, desk.facility(entry.facility), desk.registrations.get(&entry.facility))
        else {
            continue;
        };
        let day = entry.at.date();
        rows.push(Row {
            facility: entry.facility,
            file: RowFile::Register(day),
            fields: resident(desk.person, town, known, day, reason, told.died),
        });
    }
    rows
}

fn resident(
    person: &Person,
    town: &Facility,
    known: &Registration,
    day: Date,
    reason: &str,
    died: Option<Date>,
) -> Vec<String> {
    let family = person.family_on(day);
    let former = match &person.maiden {
        Some((changed, former)) if day >= *changed => Some(former),
        _ => None,
    };
    let address = person.address_on(day);
    let (old, new_born) = (reason == "現存", person.birth >= day);
    let event = match reason {
        "現存" if new_born => ("出生", person.birth),
        "現存" => ("", day),
        "死亡" => ("死亡", died.unwrap_or(day)),
        other => (other, day),
    };
    let card = &person.insurance;
    let elderly = card.insurer.starts_with("39");
    let municipal = card.insurer.len() == 6;
    let only = |wanted: bool, text: &str| if wanted { text.to_owned() } else { String::new() };
    let era = town.place % 2 == 1;
    let written = |day: Date| if era { super::notebook::era(day) } else { digits(day) };
    let event_day = if old && !new_born { String::new() } else { written(event.1) };
    vec![
        known.local_id.clone(),
        format!("{:07}", person.household + 1),
        format!("{}　{}", family.kanji, person.given.0),
        format!("{}　{}", family.kana, person.given.1),
        former.map(|former| former.kanji.to_owned()).unwrap_or_default(),
        former.map(|former| former.kana.to_owned()).unwrap_or_default(),
        String::new(),
        written(person.birth),
        if era {
            person.sex.digit().to_owned()
        } else {
            only(true, if person.sex.digit() == "1" { "男" } else { "女" })
        },
        address.postal_hyphen(),
        address.written(crate::places::AddressStyle::Kanji),
        person.phone.clone(),
        event.0.to_owned(),
        event_day,
        if person.protected { "1".to_owned() } else { "0".to_owned() },
        only(municipal, &card.insurer),
        only(municipal, &card.symbol),
        only(municipal, &card.number),
        only(municipal, &card.branch),
        only(elderly, &card.insurer),
        only(elderly, &card.number),
        format!("{}180000", digits(day)),
    ]
}

/// The consents of one person, noted where the story says.
pub(crate) fn consent_rows(desk: &Desk<'_>, told: &Told) -> Vec<Row> {
    let mut rows = Vec::new();
    for entry in told.entries.iter().filter(|entry| entry.what == What::Consent) {
        let Some(known) = desk.registrations.get(&entry.facility).filter(|known| !known.local_id.is_empty())
        else {
            continue;
        };
        let day = entry.at.date();
        let from = super::fhir::day(day);
        let until = super::fhir::day(desk.today.saturating_add(1.years()));
        let mut add = |day: Date, fields: [&str; 5]| {
            let mut row = vec![known.local_id.clone()];
            row.extend(fields.map(str::to_owned));
            rows.push(Row { facility: entry.facility, file: RowFile::Consents(day), fields: row });
        };
        add(day, ["permit", "", "", &from, ""]);
        let of_kind = |wanted: &dyn Fn(FacilityKind) -> bool| -> String {
            let ids: Vec<&str> = desk
                .registrations
                .keys()
                .filter_map(|place| desk.facility(*place))
                .filter(|facility| wanted(facility.kind))
                .map(|facility| facility.id.as_str())
                .collect();
            ids.join(" ")
        };
        let care = |kind| matches!(kind, FacilityKind::Care | FacilityKind::VisitingNurse);
        let treated = of_kind(&|kind| !care(kind) && kind != FacilityKind::TownHall);
        let cared = of_kind(&care);
        if !treated.is_empty() {
            add(day, ["relationship", &treated, "visit", &from, &until]);
        }
        if !cared.is_empty() {
            add(day, ["relationship", &cared, "care-contract", &from, &until]);
        }
        // Two in a hundred take it back later.
        let later = day.saturating_add(60.days());
        if desk.person.cast.is_none() && desk.person.number % 50 == 7 && later < desk.today {
            add(later, ["deny", "", "", &super::fhir::day(later), ""]);
        }
    }
    rows
}

/// A table as a file.
pub(crate) fn table(facility: &Facility, file: RowFile, rows: &str) -> RegionFile {
    let (feed, name, header, at) = match file {
        RowFile::Register(day) => {
            (REGISTER, format!("residents-{}.csv", digits(day)), REGISTER_HEADER, day.at(18, 10, 0, 0))
        }
        RowFile::Consents(day) => {
            (CONSENTS, format!("consents-{}.csv", digits(day)), CONSENT_HEADER, day.at(17, 40, 0, 0))
        }
    };
    let mut text = header.join(",");
    text.push_str("\r\n");
    text.push_str(rows);
    // Every second town still writes CP932.
    let bytes = if feed == REGISTER && facility.place % 2 == 1 { cp932(&text) } else { text.into_bytes() };
    RegionFile {
        facility: facility.id.clone(),
        source: feed.source,
        format: feed.format,
        path: name,
        bytes,
        at,
        was: None,
    }
}

/// A CSV field, quoted where needed (RFC 4180).
pub(crate) fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
