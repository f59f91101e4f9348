//! Linking on arrival: whose registration is this? Linked, for a human to review, or new; never a guess.
//!
//! Runs after the commit, for every compartment whose Patient, Coverage, Consent or EpisodeOfCare changed; the store
//! remembers which are due, also across a crash. Linking never touches a record.

use crate::{Hub, consent};
use access::Job;
use model::reading::Resource;
use model::registration::Registration;
use model::text;
use model::{CompartmentId, PersonId};
use std::collections::{BTreeMap, BTreeSet};
use store::{Evidence, Registered};

/// Compartments handled before the list of what is due is read again.
const AT_ONCE: u32 = 200;
/// Longest prefix of a reading that is kept for search.
const READING_PREFIX: usize = 8;
/// Longest prefix of a name in kanji that is kept for search.
const NAME_PREFIX: usize = 6;

/// Why a rule's link is shown to a human instead.
const ALREADY_PLACED: &str = "規則に合いますが、すでに人が結び付けたか、別の登録とまとまっています";

/// Words under which a registration is found by a person search. Prefixes of name and reading, whole numbers and dates.
pub fn search_keys(registration: &Registration) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut prefixes = |mark: char, word: &str, least: usize, most: usize| {
        let letters: Vec<char> = word.chars().collect();
        for length in least..=letters.len().min(most) {
            keys.insert(format!("{mark}:{}", letters.iter().take(length).collect::<String>()));
        }
    };
    prefixes('n', &text::name(registration.full_name.reveal()), 1, NAME_PREFIX);
    prefixes('k', &text::kana(registration.kana.reveal()), 2, READING_PREFIX);
    for other in &registration.other_names {
        prefixes('n', &text::name(other.text.reveal()), 1, NAME_PREFIX);
    }
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
            for (compartment, count) in due {
                self.register(compartment).await?;
                self.store.registered(compartment, count).await?;
                handled += 1;
            }
        }
    }

    /// Reads what a compartment's registration says now, keeps it for search, and links it.
    async fn register(&self, compartment: CompartmentId) -> anyhow::Result<()> {
        let permit = access::job(Job::Link, "linkage");
        let kinds = ["Patient", "Coverage", "Organization", "Consent", "EpisodeOfCare"];
        let resources = self.store.current_of(&permit, compartment, &kinds).await?;
        let of = |kind: &'static str| {
            resources.iter().filter(move |resource| model::fhir::resource_type(resource) == kind)
        };
        let (_, relationships) = consent::facts(of("EpisodeOfCare"));
        self.store.put_relationships(compartment, &relationships).await?;
        let Some(patient) = of("Patient").next() else {
            // Withdrawn or deleted: nobody is found by it any more.
            return Ok(self.store.forget_registration(compartment).await?);
        };
        let others: Vec<&Resource> = of("Coverage").chain(of("Organization")).collect();
        let registration = Registration::new(patient, &others);
        let normalised = linkage::normalise(&registration);
        let blocks: BTreeSet<String> = linkage::block_keys(&normalised).into_iter().collect();
        let keys = search_keys(&registration).union(&blocks).cloned().collect();
        self.store.put_registration(compartment, &registration, &keys).await?;
        let Some(own) = self.store.registration(compartment).await? else { return Ok(()) };
        self.place(&own, &normalised, &blocks).await
    }

    /// Compares with everybody found under the same keys. A registration that stands alone and that no human has placed
    /// is linked by rule; persons that the same rules join are joined; all else that looks alike goes to the list.
    async fn place(
        &self,
        own: &Registered,
        normalised: &linkage::Normalised,
        blocks: &BTreeSet<String>,
    ) -> anyhow::Result<()> {
        let different: BTreeSet<CompartmentId> =
            self.store.different_from(own.compartment).await?.into_iter().collect();
        let mut persons: BTreeMap<PersonId, Vec<Registered>> = BTreeMap::new();
        for found in self.store.registered_under(blocks).await? {
            if found.person != own.person && !found.inbox && !persons.contains_key(&found.person) {
                let members = self.store.registrations_of(found.person).await?;
                // A human has said that somebody among them is somebody else.
                if members.iter().all(|member| !different.contains(&member.compartment)) {
                    persons.insert(found.person, members);
                }
            }
        }
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
            self.review(own, &persons, *person, i64::from(review.score) * 10, &why.join("、")).await?;
        }
        let Some((person, rule)) = placement.linked else { return Ok(()) };
        let alone = self.store.registrations_of(own.person).await?.len() <= 1;
        if own.inbox || !alone || self.placed_by_human(own.compartment).await? {
            return self.review(own, &persons, person, 990, ALREADY_PLACED).await;
        }
        let evidence = |rule| Evidence { rule, why: "規則による自動の結び付け", by: "linkage" };
        self.store.link(own.compartment, person, &evidence(rule.id())).await?;
        for (other, rule) in placement.joined {
            for member in persons.get(&other).into_iter().flatten() {
                if self.placed_by_human(member.compartment).await? {
                    self.review(own, &persons, other, 990, ALREADY_PLACED).await?;
                    break;
                }
                self.store.link(member.compartment, person, &evidence(rule.id())).await?;
            }
        }
        Ok(())
    }

    /// Puts a registration and somebody's first registration on the list for a human.
    async fn review(
        &self,
        own: &Registered,
        persons: &BTreeMap<PersonId, Vec<Registered>>,
        person: PersonId,
        score: i64,
        why: &str,
    ) -> anyhow::Result<()> {
        if let Some(other) = persons.get(&person).and_then(|members| members.first()) {
            self.store.add_review(own.compartment, other.compartment, score, why).await?;
        }
        Ok(())
    }

    /// True if a human has linked or un-linked it: no rule moves it any more.
    async fn placed_by_human(&self, compartment: CompartmentId) -> anyhow::Result<bool> {
        let links = self.store.links(compartment).await?;
        Ok(links.iter().any(|link| matches!(link.rule.as_str(), "human" | "unlinked")))
    }
}
