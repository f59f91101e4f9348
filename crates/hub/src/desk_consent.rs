//! The reception: what a person agrees to or refuses, and who has a reason to see them, becomes a delivery.
//!
//! An entry is one line of the consent CSV (`docs/formats/consent-csv.md`), received through the feed `portal` of the
//! author's facility and filed under that facility's registration of the person. So it is stored, versioned and can be
//! withdrawn like everything else. A facility that does not know the person files it under a number of its own,
//! `hakucho:<person>`, which is no reason to see anything.

use crate::desk::{Desk, DeskError};
use crate::intake::Answer;
use crate::prepare::Arrival;
use crate::{Hub, consent};
use access::{Consent, ConsentKind, Decision, Facts, Purpose, Relationship, Viewer};
use bytes::Bytes;
use jiff::civil::Date;
use model::clock::jst;
use model::facility::Profession;
use model::reading::{ConsentEntry, Format, Input};
use model::{FacilityId, LocalId, PersonId, SourceName};
use store::{DESK_NUMBER, Entered, Evidence, Facility, PolicyEntry};

/// The feed of what is entered at the portal.
pub const PORTAL: &str = "portal";

/// How a consent stands today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In force.
    InForce,
    /// Begins later.
    Later,
    /// Its last day is over.
    Over,
    /// Taken back by the person.
    TakenBack,
    /// A refusal in force covers all of it.
    Overruled,
}

/// A consent or refusal as the reception sees it.
pub struct SaidConsent {
    /// What was said.
    pub consent: Consent,
    /// How it stands.
    pub standing: Standing,
    /// Facility that filed it.
    pub facility: FacilityId,
    /// Who stated its versions.
    pub entered: Vec<Entered>,
    /// Facilities that lose sight of the person if it ends now; for a refusal, that gain it.
    pub effect: Vec<Facility>,
}

/// Everything the reception shows of a person's consents.
pub struct Said {
    /// Consents and refusals, the latest first.
    pub consents: Vec<SaidConsent>,
    /// Relationships, the latest first.
    pub relationships: Vec<Relationship>,
}

/// First and last day as typed.
#[derive(Debug, Clone, Copy)]
pub struct Days<'a> {
    /// `YYYY-MM-DD`.
    pub from: &'a str,
    /// `YYYY-MM-DD`, or empty for no end.
    pub until: &'a str,
}

/// One line of the consent CSV.
struct Line<'a> {
    source: &'a str,
    number: LocalId,
    entry: &'a ConsentEntry,
    from: Date,
    until: Option<Date>,
}

impl Hub {
    /// What the person has said, with the effect of ending each. `None` if there is no such person.
    pub async fn said(&self, person: PersonId) -> anyhow::Result<Option<Said>> {
        let Some(policy) = self.store.policy_records(person).await? else { return Ok(None) };
        let facilities = self.store.facilities().await?;
        let entries = self.store.policy_entries(person).await?;
        let (all, relationships) = consent::facts(entries.iter().map(|entry| &entry.resource));
        let facts = |consents: Vec<Consent>| Facts {
            person,
            consents,
            relationships: relationships.clone(),
            registered_here: false,
            today: self.today(),
            consent_epoch: policy.consent_epoch,
        };
        let seeing = |consents: Vec<Consent>| -> Vec<&Facility> {
            let facts = facts(consents);
            facilities
                .iter()
                .filter(|each| sees(each, &facts, policy.facilities.contains(&each.id)))
                .collect()
        };
        let now = seeing(all.clone());
        let today = self.today();
        let mut consents = Vec::new();
        for entry in &entries {
            let (mut own, _) = consent::facts(std::iter::once(&entry.resource));
            let Some(consent) = own.pop() else { continue };
            let standing = standing(&consent, entry, &all, &today);
            let effect = if standing == Standing::InForce {
                let without = seeing(all.iter().filter(|each| each.id != consent.id).cloned().collect());
                let (more, less) =
                    if consent.kind == ConsentKind::Permit { (&now, &without) } else { (&without, &now) };
                more.iter().filter(|each| !less.contains(each)).map(|each| (*each).clone()).collect()
            } else {
                Vec::new()
            };
            let (facility, entered) = (entry.facility.clone(), entry.entered.clone());
            consents.push(SaidConsent { consent, standing, facility, entered, effect });
        }
        let last = |said: &SaidConsent| said.entered.last().map(|each| each.at.clone()).unwrap_or_default();
        consents.sort_by_key(|said| std::cmp::Reverse(last(said)));
        let mut relationships = relationships;
        relationships.sort_by(|a, b| b.from.cmp(&a.from).then_with(|| a.facility.cmp(&b.facility)));
        Ok(Some(Said { consents, relationships }))
    }

    /// Keeps what a person said at a viewer's desk.
    pub async fn enter(
        &self,
        viewer: &Viewer,
        person: PersonId,
        entry: &ConsentEntry,
        days: Days<'_>,
    ) -> Desk<()> {
        let Ok(from) = days.from.trim().parse::<Date>() else { return Ok(Err(DeskError::Day)) };
        let until = match days.until.trim() {
            "" => None,
            text => match text.parse::<Date>() {
                Ok(day) if day < from => return Ok(Err(DeskError::Order)),
                Ok(day) => Some(day),
                Err(_) => return Ok(Err(DeskError::Day)),
            },
        };
        let named = match entry {
            ConsentEntry::Permit(list) | ConsentEntry::Deny(list) => list.as_slice(),
            ConsentEntry::Relationship { facility, .. } => std::slice::from_ref(facility),
        };
        for facility in named {
            if self.store.facility(facility).await?.is_none() {
                return Ok(Err(DeskError::Facility));
            }
        }
        if let ConsentEntry::Relationship { facility, .. } = entry
            && facility != &viewer.facility
            && viewer.profession != Profession::Operator
        {
            return Ok(Err(DeskError::OtherFacility));
        }
        let Some(number) = self.number_for(viewer, person).await? else {
            return Ok(Err(DeskError::NotThere));
        };
        let line = Line { source: PORTAL, number, entry, from, until };
        self.write_down(viewer, person, &line).await
    }

    /// Ends a consent or refusal from today on, at the person's wish.
    ///
    /// An entry of the viewer's own desk is stated again with an end before today. An agreement that came another way
    /// (another facility, a file that may come again) is answered by a refusal of the same facilities, because that holds
    /// whatever arrives later. A refusal that came another way can only be taken back where it came from.
    pub async fn take_back(&self, viewer: &Viewer, person: PersonId, id: &str) -> Desk<()> {
        let entries = self.store.policy_entries(person).await?;
        let Some(found) = entries.iter().find(|entry| entry.id.to_string() == id) else {
            return Ok(Err(DeskError::NotThere));
        };
        let (mut own, _) = consent::facts(std::iter::once(&found.resource));
        let Some(said) = own.pop() else { return Ok(Err(DeskError::NotThere)) };
        let today: Date = self.today().parse()?;
        let ours = found.facility == viewer.facility
            && found.entered.last().is_some_and(|entered| entered.source.as_str() == PORTAL);
        let number = found.local_id.clone().filter(|_| ours);
        if let (Some(number), Ok(from)) = (number, said.from.parse::<Date>()) {
            let yesterday = today.yesterday()?;
            let until = if from > yesterday { from.yesterday()? } else { yesterday };
            let entry = match said.kind {
                ConsentKind::Permit => ConsentEntry::Permit(said.facilities.clone()),
                ConsentKind::Deny => ConsentEntry::Deny(said.facilities.clone()),
            };
            let line = Line { source: PORTAL, number, entry: &entry, from, until: Some(until) };
            if let Err(refused) = self.write_down(viewer, person, &line).await? {
                return Ok(Err(refused));
            }
            if said.kind == ConsentKind::Deny || !self.holds(person, id).await? {
                return Ok(Ok(()));
            }
        } else if said.kind == ConsentKind::Deny {
            return Ok(Err(DeskError::OtherRefusal));
        }
        let Some(number) = self.number_for(viewer, person).await? else {
            return Ok(Err(DeskError::NotThere));
        };
        let entry = ConsentEntry::Deny(said.facilities);
        let line = Line { source: PORTAL, number, entry: &entry, from: today, until: None };
        self.write_down(viewer, person, &line).await
    }

    /// Whether a consent is in force, e.g. because a clock that was set back put its end before its beginning.
    async fn holds(&self, person: PersonId, id: &str) -> anyhow::Result<bool> {
        let policy = self.store.policy_records(person).await?.unwrap_or_default();
        let (all, _) = consent::facts(policy.records.iter());
        Ok(all.iter().any(|each| each.id == id && each.is_effective(&self.today())))
    }

    /// The number of the viewer's facility under which things said of the person are filed.
    async fn number_for(&self, viewer: &Viewer, person: PersonId) -> anyhow::Result<Option<LocalId>> {
        if self.store.person_since(person).await?.is_none() {
            return Ok(None);
        }
        let known = self.store.local_ids(&viewer.facility, person).await?;
        if let Some(number) = known.into_iter().find(reads_back) {
            return Ok(Some(number));
        }
        let number = LocalId::new(format!("{DESK_NUMBER}{person}"));
        let by = Self::named(viewer);
        let evidence = Evidence { rule: "reception", why: "受付での登録", by: &by };
        self.store.open_registration(&viewer.facility, &number, person, &evidence).await?;
        Ok(Some(number))
    }

    /// Receives one line, if it reads as it is meant.
    async fn write_down(&self, viewer: &Viewer, person: PersonId, line: &Line<'_>) -> Desk<()> {
        let bytes = Bytes::from(csv(line));
        let stamp = self.clock.now().to_zoned_datetime(jst()).strftime("%Y%m%d%H%M%S%3f").to_string();
        let path = format!("reception/{}/{stamp}.csv", viewer.staff);
        if !reads_as(line, &path, &bytes, &stamp) {
            return Ok(Err(DeskError::Unreadable));
        }
        let (word, facilities) = words(line.entry);
        let until = line.until.map_or(String::new(), |day| day.to_string());
        let detail = format!("{word} {facilities} {} {until}", line.from);
        let event = if word == "relationship" { "relationship" } else { "consent" };
        let entry = self.entry_of(viewer, event, person, &path, detail.trim());
        let arrival = Arrival {
            facility: viewer.facility.clone(),
            source: SourceName::new(line.source)?,
            path,
            bytes,
            source_time: stamp,
            sequence: 0,
            again: false,
        };
        self.acting(entry, async {
            let received = self.receive(vec![(arrival, Some(Format::Consent))]).await?;
            match received.into_iter().next().map(|each| each.answer) {
                Some(Answer::Kept | Answer::Known) => Ok(()),
                Some(Answer::Later(why)) => anyhow::bail!("what was entered could not be kept: {why}"),
                Some(Answer::Refused { code, .. }) => anyhow::bail!("what was entered was refused: {code}"),
                None => anyhow::bail!("what was entered was not received"),
            }
        })
        .await?;
        Ok(Ok(()))
    }
}

fn words(entry: &ConsentEntry) -> (&'static str, String) {
    let joined = |list: &[FacilityId]| list.iter().map(FacilityId::as_str).collect::<Vec<_>>().join(" ");
    match entry {
        ConsentEntry::Permit(list) => ("permit", joined(list)),
        ConsentEntry::Deny(list) => ("deny", joined(list)),
        ConsentEntry::Relationship { facility, .. } => ("relationship", facility.to_string()),
    }
}

fn csv(line: &Line<'_>) -> String {
    let (word, facilities) = words(line.entry);
    let reason = match line.entry {
        ConsentEntry::Relationship { reason, .. } => reason.as_str(),
        _ => "",
    };
    let number = line.number.reveal().replace('"', "\"\"");
    let until = line.until.map_or(String::new(), |day| day.to_string());
    format!(
        "local_id,entry,facilities,reason,from,until\r\n\"{number}\",{word},{facilities},{reason},{},{until}\r\n",
        line.from
    )
}

/// True if the reader of the format gets out of the line exactly what was meant.
fn reads_as(line: &Line<'_>, path: &str, bytes: &[u8], source_time: &str) -> bool {
    let Ok(reading) = formats::read(Format::Consent, &Input { path, bytes, source_time }) else {
        return false;
    };
    let mut rows = reading.consents.iter();
    let (Some(row), None) = (rows.next(), rows.next()) else { return false };
    reading.problems.is_empty()
        && row.local_id == line.number
        && row.entry == *line.entry
        && row.from == line.from.to_string()
        && row.until == line.until.map(|day| day.to_string())
}

/// True if a number comes out of the format as it went in.
fn reads_back(number: &LocalId) -> bool {
    let entry = ConsentEntry::Permit(Vec::new());
    let day = Date::constant(2000, 1, 1);
    let line = Line { source: PORTAL, number: number.clone(), entry: &entry, from: day, until: None };
    reads_as(&line, "x.csv", csv(&line).as_bytes(), "")
}

/// True if staff of this facility see what others know of the person.
fn sees(facility: &Facility, facts: &Facts, registered_here: bool) -> bool {
    let viewer = Viewer {
        staff: model::StaffId(uuid::Uuid::nil()),
        name: facility.id.to_string(),
        profession: Profession::Physician,
        facility: facility.id.clone(),
        facility_name: facility.name.clone(),
        facility_kind: facility.kind,
    };
    let purpose = Purpose::usual(viewer.profession, viewer.facility_kind);
    let facts = Facts { registered_here, ..facts.clone() };
    matches!(access::decide(&viewer, purpose, &facts), Decision::Permit(permit) if permit.sees_others())
}

fn standing(consent: &Consent, entry: &PolicyEntry, all: &[Consent], today: &str) -> Standing {
    let holds = consent.is_effective(today);
    let over = consent.until.as_deref().is_some_and(|until| until < today);
    let refused = |facility: &FacilityId| {
        let denials = all.iter().filter(|each| each.kind == ConsentKind::Deny && each.is_effective(today));
        denials.into_iter().any(|denial| denial.covers(facility))
    };
    let everybody = || {
        all.iter().any(|each| {
            each.kind == ConsentKind::Deny && each.is_effective(today) && each.facilities.is_empty()
        })
    };
    let overruled = || match consent.facilities.as_slice() {
        [] => everybody(),
        some => some.iter().all(refused),
    };
    if consent.withdrawn || (over && entry.entered.len() > 1) {
        Standing::TakenBack
    } else if over {
        Standing::Over
    } else if consent.kind == ConsentKind::Permit && overruled() {
        Standing::Overruled
    } else if holds {
        Standing::InForce
    } else {
        Standing::Later
    }
}
