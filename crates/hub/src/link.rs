//! Linking on arrival: whose registration is this? Linked, for a human to review, or new; never a guess.
//!
//! Runs after the commit, for every compartment whose Patient, Coverage, Consent or EpisodeOfCare changed; the store
//! remembers which are due, also across a crash. Several are linked in one turn of the writer, so that two hubs on one
//! database never pass each other. Linking never touches a record.

use crate::{Hub, consent};
use access::{Job, Relationship};
use model::reading::Resource;
use model::registration::Registration;
use model::text;
use model::{CompartmentId, FacilityId, PersonId};
use std::collections::{BTreeMap, BTreeSet};
use store::{ErrorKind, Evidence, Registered, StoreError, Turn};

/// Compartments handled before the list of what is due is read again.
const AT_ONCE: u32 = 200;
/// Milliseconds after which a turn of the linking is committed: whoever looks at a page waits for its audit meanwhile.
const TURN_MS: i64 = 10;
/// Why a rule's link is shown to a human instead.
const ALREADY_PLACED: &str = "規則に合いますが、すでに人が結び付けたか、別の登録とまとまっています";

/// Words under which a registration is found by a person search: names and readings (by their beginning), dates and numbers,
/// and the surname at its own facility.
pub fn search_keys(facility: &FacilityId, registration: &Registration) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut word = |mark: &str, word: String| {
        if !word.is_empty() {
            keys.insert(format!("{mark}:{word}"));
        }
    };
    word("n", text::name(registration.full_name.reveal()));
    word("k", text::kana(registration.kana.reveal()));
    for other in &registration.other_names {
        word("n", text::name(other.text.reveal()));
    }
    word(&format!("s:{facility}"), text::name(registration.family.reveal()));
    if !registration.birth_date.reveal().is_empty() {
        keys.insert(format!("b:{}", registration.birth_date.reveal()));
    }
    if let Some(id) = &registration.local_id {
        keys.insert(format!("i:{}", id.reveal().to_lowercase()));
    }
    for insurance in &registration.insurances {
        keys.extend(text::insured_number(insurance.number.reveal()).map(|number| format!("i:{number}")));
    }
    keys
}

/// What the registration of one compartment says now.
struct Due {
    compartment: CompartmentId,
    facility: FacilityId,
    /// How often it had become due when this was read.
    count: i64,
    relationships: Vec<Relationship>,
    /// Nothing: withdrawn or deleted, nobody is found by it any more.
    registration: Option<Registration>,
}

impl Hub {
    /// Registers and links everything that is due. Returns how many compartments were handled.
    pub async fn register_due(&self) -> anyhow::Result<usize> {
        let _one_at_a_time = self.linking.lock().await;
        let mut handled = 0;
        loop {
            let due = self.store.registrations_due(AT_ONCE).await?;
            if due.is_empty() {
                return Ok(handled);
            }
            let mut waiting = Vec::with_capacity(due.len());
            for (compartment, facility, count) in due {
                waiting.push(self.due_registration(compartment, facility, count).await?);
            }
            handled += waiting.len();
            let mut waiting = waiting.into_iter().peekable();
            while waiting.peek().is_some() {
                let mut turn = self.store.linking_turn().await?;
                let begun = self.clock.now().as_millisecond();
                for due in waiting.by_ref() {
                    register(&mut turn, due).await?;
                    if self.clock.now().as_millisecond() - begun >= TURN_MS {
                        break;
                    }
                }
                turn.commit().await?;
            }
        }
    }

    /// Reads what a compartment's registration says. One that cannot be read hinders only itself: nobody is found by it,
    /// and it is told.
    async fn due_registration(
        &self,
        compartment: CompartmentId,
        facility: FacilityId,
        count: i64,
    ) -> anyhow::Result<Due> {
        let permit = access::job(Job::Link, "linkage");
        let kinds = ["Patient", "Coverage", "Organization", "Consent", "EpisodeOfCare"];
        let resources = match self.store.current_of(&permit, compartment, &kinds).await {
            Err(error) if error.kind == ErrorKind::Corrupt => {
                tracing::error!(%error, %compartment, "a registration cannot be read: it is left out of the linking");
                Vec::new()
            }
            read => read?,
        };
        let of = |kind: &'static str| {
            resources.iter().filter(move |resource| model::fhir::resource_type(resource) == kind)
        };
        let (_, relationships) = consent::facts(of("EpisodeOfCare"));
        let others: Vec<&Resource> = of("Coverage").chain(of("Organization")).collect();
        let registration = of("Patient").next().map(|patient| Registration::new(patient, &others));
        Ok(Due { compartment, facility, count, relationships, registration })
    }
}

/// Keeps what a registration says for search, and links it.
async fn register(turn: &mut Turn, due: Due) -> Result<(), StoreError> {
    let Due { compartment, facility, count, relationships, registration } = due;
    turn.put_relationships(compartment, &relationships).await?;
    match registration {
        None => turn.forget_registration(compartment).await?,
        Some(registration) => {
            let normalised = linkage::normalise(&registration);
            let blocks: BTreeSet<String> = linkage::block_keys(&normalised).into_iter().collect();
            let keys = search_keys(&facility, &registration).union(&blocks).cloned().collect();
            turn.put_registration(compartment, &registration, &keys).await?;
            if let Some(own) = turn.registration(compartment).await? {
                place(turn, &own, &normalised, &blocks).await?;
            }
        }
    }
    turn.registered(compartment, count).await
}

/// Compares with everybody found under the same keys. A registration that stands alone and that no human has placed
/// is linked by rule; persons that the same rules join are joined; all else that looks alike goes to the list.
async fn place(
    turn: &mut Turn,
    own: &Registered,
    normalised: &linkage::Normalised,
    blocks: &BTreeSet<String>,
) -> Result<(), StoreError> {
    let alike = turn.registered_under(blocks).await?;
    let others: BTreeSet<PersonId> = alike
        .iter()
        .filter(|found| found.person != own.person && !found.inbox)
        .map(|found| found.person)
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    let different = turn.different_from(own.compartment).await?;
    let mut persons = turn.registrations_of(&others).await?;
    // A human has said that somebody among them is somebody else.
    persons.retain(|_, members| members.iter().all(|member| !different.contains(&member.compartment)));
    let folded: Vec<(PersonId, Vec<linkage::Normalised>)> = persons
        .iter()
        .map(|(person, members)| {
            (*person, members.iter().map(|member| linkage::normalise(&member.registration)).collect())
        })
        .collect();
    let candidates: Vec<(PersonId, Vec<&linkage::Normalised>)> =
        folded.iter().map(|(person, members)| (*person, members.iter().collect())).collect();
    let placement = linkage::place(normalised, &candidates);
    for (person, review) in &placement.reviews {
        let why: Vec<&str> = review.why.iter().map(|why| why.ja()).collect();
        self::review(turn, own, &persons, *person, i64::from(review.score) * 10, &why.join("、")).await?;
    }
    let Some((person, rule)) = placement.linked else { return Ok(()) };
    let owned = turn.registrations_of(&BTreeSet::from([own.person])).await?;
    let alone = owned.get(&own.person).is_none_or(|members| members.len() <= 1);
    if own.inbox || !alone || turn.placed_by_human(own.compartment).await? {
        return self::review(turn, own, &persons, person, 990, ALREADY_PLACED).await;
    }
    let evidence = |rule| Evidence { rule, why: "規則による自動の結び付け", by: "linkage" };
    turn.link(own.compartment, person, &evidence(rule.id())).await?;
    for (other, rule) in placement.joined {
        for member in persons.get(&other).into_iter().flatten() {
            if turn.placed_by_human(member.compartment).await? {
                self::review(turn, own, &persons, other, 990, ALREADY_PLACED).await?;
                break;
            }
            turn.link(member.compartment, person, &evidence(rule.id())).await?;
        }
    }
    Ok(())
}

/// Puts a registration and somebody's first registration on the list for a human.
async fn review(
    turn: &mut Turn,
    own: &Registered,
    persons: &BTreeMap<PersonId, Vec<Registered>>,
    person: PersonId,
    score: i64,
    why: &str,
) -> Result<(), StoreError> {
    match persons.get(&person).and_then(|members| members.first()) {
        Some(other) => turn.add_review(own.compartment, other.compartment, score, why).await,
        None => Ok(()),
    }
}
