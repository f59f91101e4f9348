//! Hospital stays, told from visits.

use super::Known;
use jiff::civil::Date;
use model::FacilityId;
use model::facility::RecordKind;
use std::collections::BTreeMap;

/// What an SS-MIX2 data type does to a stay.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Movement {
    Admission,
    Discharge,
    /// Transfer, leave, plans: something on a day of the stay.
    Within,
}

fn movement(known: &Known<'_>) -> Option<Movement> {
    let code = known.row().code.rsplit('|').next().unwrap_or_default();
    match code {
        "ADT-22" => Some(Movement::Admission),
        "ADT-52" => Some(Movement::Discharge),
        "ADT-01" | "ADT-21" | "ADT-31" | "ADT-32" | "ADT-41" | "ADT-42" | "ADT-51" => Some(Movement::Within),
        _ => None,
    }
}

/// Puts the movements of a hospital together: an admission whose end is not told ends with the next discharge from the
/// same facility; transfers, leaves and discharges are days, not stays of their own. `known` is in order of time.
pub(crate) fn settle(known: &mut [Known<'_>]) {
    let mut open: BTreeMap<&FacilityId, usize> = BTreeMap::new();
    for at in 0..known.len() {
        let Some(each) = known.get(at).copied().filter(|each| !each.flag("deleted")) else { continue };
        let day = each.day();
        match movement(&each) {
            Some(Movement::Admission) if each.end.is_none() => drop(open.insert(&each.entry.facility, at)),
            Some(Movement::Discharge) => {
                let admission = open.remove(&each.entry.facility).and_then(|place| known.get_mut(place));
                if let Some(admission) = admission {
                    admission.end = day;
                }
                known.get_mut(at).into_iter().for_each(|own| own.end = day);
            }
            Some(Movement::Within) => known.get_mut(at).into_iter().for_each(|own| own.end = day),
            _ => {}
        }
    }
}

/// True if the encounter is a stay: said so, or it ends on a later day. The month of a bill is none.
pub(crate) fn is_stay(known: &Known<'_>) -> bool {
    known.row().kind == RecordKind::Encounter
        && !known.flag("claims")
        && !matches!(movement(known), Some(Movement::Discharge | Movement::Within))
        && (known.flag("inpatient") || known.day().zip(known.end).is_some_and(|(from, to)| to > from))
}

/// Every stay; one without an end lasts until today.
pub(crate) fn of(known: &[Known<'_>], today: Date) -> Vec<(Date, Date)> {
    known
        .iter()
        .filter(|each| is_stay(each))
        .filter_map(|each| each.day().map(|from| (from, each.end.unwrap_or(today).max(from))))
        .collect()
}
