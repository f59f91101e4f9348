//! What is new for a facility's people: person, kind, source and count, movements with their day; no clinical value.

use crate::movement::{self, Movement};
use crate::query::{Row, placeholders, sql};
use crate::{Store, StoreError};
use access::{Permit, SearchPermit};
use model::facility::RecordKind;
use model::{CompartmentId, FacilityId, PersonId, StaffId};

/// Persons asked about at once.
pub(crate) const PERSONS_AT_ONCE: usize = 50;

/// Types that are no news by themselves: registrations, containers, policy.
const SILENT_TYPES: &str = "'Patient', 'RelatedPerson', 'Coverage', 'Provenance', 'Bundle', 'Organization', 'Practitioner', \
     'PractitionerRole', 'Location', 'Specimen', 'Consent', 'EpisodeOfCare'";

/// Formats whose visits and stays are months of a claim: records that count, no movements.
const CLAIMS: &str = "'care-claim', 'uke'";

/// Something new about a person that a member of staff has not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// About whom.
    pub person: PersonId,
    /// From which facility.
    pub facility: FacilityId,
    /// What kind of record.
    pub kind: RecordKind,
    /// How many changes.
    pub count: i64,
    /// How many of them are plans and goals.
    pub plans: i64,
    /// The latest, RFC 3339.
    pub at: String,
    /// Admissions, discharges, visits among them.
    pub movements: Vec<Movement>,
}

impl News {
    /// True if the holder of this permit could open what is new: else it is not even counted.
    pub fn shown_by(&self, permit: &Permit) -> bool {
        self.person == permit.person() && permit.visibility(&self.facility, self.kind, false).is_shown()
    }
}

impl Store {
    /// Persons a facility has to do with: registered there, or with a relationship on this day.
    pub async fn persons_of_facility(
        &self,
        permit: &SearchPermit,
        today: &str,
        most: i64,
    ) -> Result<Vec<PersonId>, StoreError> {
        let facility = permit.viewer().facility.as_str();
        let query = sql("SELECT DISTINCT x.person FROM ( \
             SELECT c.person AS person FROM compartment c WHERE c.facility = $1 AND c.inbox = 0 \
             AND c.compartment_key NOT LIKE 'id:hakucho:%' \
             UNION ALL \
             SELECT c.person AS person FROM relationship r \
             JOIN compartment c ON c.bucket = r.bucket AND c.id = r.compartment \
             WHERE r.facility = $2 AND r.from_day <= $3 AND r.until_day >= $4 AND c.inbox = 0) x \
             ORDER BY x.person LIMIT $5");
        let query = query.text(facility).text(facility).text(today).text(today).int(most);
        self.rows("find a facility's persons", query)
            .await?
            .iter()
            .map(|row| row.id(0).map(PersonId))
            .collect()
    }

    /// What this member of staff has not seen of these persons. Sensitive records are not counted.
    pub async fn news(&self, permit: &SearchPermit, persons: &[PersonId]) -> Result<Vec<News>, StoreError> {
        let mut found = Vec::new();
        for some in persons.chunks(PERSONS_AT_ONCE) {
            let text = format!(
                "SELECT c.person, c.facility, ch.kind, COUNT(*), COUNT(CASE WHEN rec.type IN ('CarePlan', 'Goal') THEN 1 END), \
                 MAX(ch.at), string_agg(CASE WHEN rec.type = 'Encounter' AND (SELECT d.format FROM delivery d \
                 WHERE d.id = rec.delivery) NOT IN ({CLAIMS}) THEN rec.chart END, '') FROM compartment c \
                 JOIN change ch ON ch.bucket = c.bucket AND ch.compartment = c.id \
                 JOIN record rec ON rec.bucket = ch.bucket AND rec.compartment = ch.compartment AND rec.id = ch.record \
                 LEFT JOIN seen s ON s.staff = $1 AND s.bucket = c.bucket AND s.compartment = c.id \
                 WHERE c.person IN ({}) AND c.inbox = 0 AND ch.op IN ('put', 'delete') AND rec.sensitive = 0 \
                 AND rec.type NOT IN ({SILENT_TYPES}) \
                 AND (s.seq IS NOT NULL OR ch.at > (SELECT created_at FROM staff WHERE staff.id = $1)) \
                 AND ch.seq > COALESCE(s.seq, 0) AND c.facility <> ${} GROUP BY c.person, c.facility, ch.kind",
                placeholders(2, some.len()),
                some.len() + 2
            );
            let query = sql(text).id(permit.viewer().staff.0).ids(some.iter().map(|person| person.0));
            let news = |row: &Row| {
                Ok(News {
                    person: PersonId(row.id(0)?),
                    facility: row.word(1)?,
                    kind: row.word(2)?,
                    count: row.int(3)?,
                    plans: row.int(4)?,
                    at: row.text(5)?,
                    movements: movement::of(&row.text_or_null(6)?.unwrap_or_default())?,
                })
            };
            let rows = self.rows("find what is new", query.text(permit.viewer().facility.as_str())).await?;
            for row in &rows {
                found.push(news(row)?);
            }
        }
        Ok(found)
    }

    /// What this member of staff has seen of a person: per compartment, up to which row of its feed.
    pub async fn seen(
        &self,
        staff: StaffId,
        person: PersonId,
    ) -> Result<Vec<(CompartmentId, i64)>, StoreError> {
        let query = sql(
            "SELECT s.compartment, s.seq FROM seen s JOIN compartment c ON c.bucket = s.bucket AND c.id = s.compartment \
             WHERE s.staff = $1 AND c.person = $2",
        );
        let rows = self.rows("find what was seen", query.id(staff.0).id(person.0)).await?;
        rows.iter().map(|row| Ok((CompartmentId(row.id(0)?), row.int(1)?))).collect()
    }

    /// Notes that the holder of this permit has seen the person's compartments up to their latest change.
    pub async fn mark_seen(&self, permit: &Permit) -> Result<(), StoreError> {
        self.run(
            "note what was seen",
            sql("INSERT INTO seen (staff, bucket, compartment, seq, seen_at) \
                 SELECT $1, c.bucket, c.id, h.seq, $2 FROM compartment c \
                 JOIN compartment_head h ON h.bucket = c.bucket AND h.compartment = c.id WHERE c.person = $3 AND c.inbox = 0 \
                 ON CONFLICT (staff, bucket, compartment) DO UPDATE SET seq = excluded.seq, seen_at = excluded.seen_at")
            .id(permit.viewer().staff.0)
            .text(self.now())
            .id(permit.person().0),
        )
        .await?;
        Ok(())
    }
}
