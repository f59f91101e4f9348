//! What operators and reception desks look for: figures of feeds, deliveries by what is known of them, the inbox.
//!
//! No clinical content leaves here, and nothing is decided here.

use crate::deliveries::{self, COLUMNS, Delivery};
use crate::persons::{Registered, registered};
use crate::query::{Row, sql};
use crate::set_state::SetId;
use crate::{Store, StoreError, Tx};
use model::{CompartmentId, DeliveryId, FacilityId, LocalId, PersonId, SourceName};

/// How many of the last deliveries the usual lag is taken from.
const LATEST: i64 = 15;

/// What waits and what there is, for the whole region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RegionCounts {
    /// Persons with a registration that nobody has to assign.
    pub people: i64,
    /// Compartments in the inbox.
    pub inbox: i64,
    /// Pairs of registrations that nobody has decided on.
    pub reviews: i64,
}

/// One feed's last hours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedFigures {
    /// Deliveries since the first moment asked for.
    pub deliveries: i64,
    /// Of those, with a problem.
    pub problems: i64,
    /// Deliveries since the second moment.
    pub today: i64,
    /// Of those, with a problem.
    pub problems_today: i64,
    /// The last deliveries: the source's time (up to 17 digits, JST, or empty) and the receipt (RFC 3339, UTC).
    pub latest: Vec<(String, String)>,
}

/// What waits in the inbox.
#[derive(Clone)]
pub struct InboxEntry {
    /// The compartment.
    pub compartment: CompartmentId,
    /// The person it has for itself until it is assigned.
    pub person: PersonId,
    /// Whose facility's.
    pub facility: FacilityId,
    /// Why it is apart: `disputed:<length>:<message's number>:<path's number>` or `delivery:<source>:<delivery>`.
    pub key: LocalId,
    /// Since when, RFC 3339.
    pub created_at: String,
    /// Records inside.
    pub records: i64,
    /// The deliveries that say something of it, oldest first.
    pub deliveries: Vec<Delivery>,
    /// What it says of the person, if anything.
    pub registered: Option<Registered>,
}

const WAITS: &str = "c.inbox = 1 AND EXISTS (SELECT 1 FROM record r WHERE r.bucket = c.bucket \
     AND r.compartment = c.id AND r.state <> 'r')";

impl Store {
    /// Counts for the operator's first screen.
    pub async fn region_counts(&self) -> Result<RegionCounts, StoreError> {
        let mut tx = self.snapshot("count what waits").await?;
        let people = "SELECT COUNT(DISTINCT person) FROM compartment WHERE inbox = 0";
        let people = tx.one(sql(people)).await?.int(0)?;
        let inbox = tx.one(sql(format!("SELECT COUNT(*) FROM compartment c WHERE {WAITS}"))).await?.int(0)?;
        tx.commit().await?;
        Ok(RegionCounts { people, inbox, reviews: self.reviews_waiting(None).await? })
    }

    /// Figures of feeds since two moments (RFC 3339, UTC), in the order asked.
    pub async fn feed_figures(
        &self,
        feeds: &[(FacilityId, SourceName)],
        since: &str,
        today: &str,
    ) -> Result<Vec<FeedFigures>, StoreError> {
        const COUNTS: &str = "SELECT COUNT(CASE WHEN received_at >= $1 THEN 1 END), \
             COUNT(CASE WHEN received_at >= $2 AND problem_count > 0 THEN 1 END), \
             COUNT(CASE WHEN received_at >= $3 THEN 1 END), \
             COUNT(CASE WHEN received_at >= $4 AND problem_count > 0 THEN 1 END) FROM delivery \
             WHERE facility = $5 AND source = $6 AND received_at >= $7";
        const LAST: &str = "SELECT source_time, received_at FROM delivery WHERE facility = $1 AND source = $2 \
             ORDER BY received_at DESC LIMIT $3";
        let mut tx = self.snapshot("read the figures of feeds").await?;
        let mut figures = Vec::with_capacity(feeds.len());
        for (facility, source) in feeds {
            let query = sql(COUNTS).text(since).text(since).text(today).text(today);
            let query = query.text(facility.as_str()).text(source.as_str()).text(since.min(today));
            let row = tx.one(query).await?;
            let last = sql(LAST).text(facility.as_str()).text(source.as_str()).int(LATEST);
            let latest = tx.all(last).await?;
            figures.push(FeedFigures {
                deliveries: row.int(0)?,
                problems: row.int(1)?,
                today: row.int(2)?,
                problems_today: row.int(3)?,
                latest: latest
                    .iter()
                    .map(|row| Ok((row.text(0)?, row.text(1)?)))
                    .collect::<Result<_, StoreError>>()?,
            });
        }
        tx.commit().await?;
        Ok(figures)
    }

    /// Deliveries whose path holds the text, or whose hash or id begins with it; newest first.
    pub async fn find_deliveries(
        &self,
        facility: Option<&FacilityId>,
        words: &str,
        most: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let words = words.trim();
        if words.is_empty() && facility.is_none() {
            return Ok(Vec::new());
        }
        let escaped: String = words
            .chars()
            .flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c]))
            .collect();
        let id = DeliveryId::parse(words).map(|id| id.0).unwrap_or_default();
        let place = facility.map_or(String::new(), |_| " AND facility = $5".to_owned());
        let text = format!(
            "SELECT {COLUMNS} FROM delivery WHERE (path LIKE $1 ESCAPE '\\' OR sha256 LIKE $2 ESCAPE '\\' OR id = $3){place} \
             ORDER BY received_at DESC, id LIMIT $4"
        );
        let query = sql(text)
            .text(format!("%{escaped}%"))
            .text(format!("{}%", escaped.to_lowercase()))
            .id(id)
            .int(most);
        let query = facility.into_iter().fold(query, |query, each| query.text(each.as_str()));
        self.rows("find deliveries", query).await?.iter().map(deliveries::read).collect()
    }

    /// What was withdrawn, newest first.
    pub async fn withdrawn_deliveries(&self, most: i64) -> Result<Vec<Delivery>, StoreError> {
        let text = format!(
            "SELECT {COLUMNS} FROM delivery WHERE state = 'withdrawn' ORDER BY withdrawn_at DESC, id LIMIT $1"
        );
        self.rows("list what was withdrawn", sql(text).int(most))
            .await?
            .iter()
            .map(deliveries::read)
            .collect()
    }

    /// Deliveries in which the reader found something, newest first; of one facility, of one code if it is not empty.
    pub async fn deliveries_with_problems(
        &self,
        facility: Option<&FacilityId>,
        code: &str,
        most: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut text = format!("SELECT {COLUMNS} FROM delivery WHERE problem_count > $1 AND state <> $2");
        let mut query = sql("").int(0).text("withdrawn");
        let mut number = 2;
        let code = if code.is_empty() { String::new() } else { format!("% {code} %") };
        let wishes = [
            ("facility =", facility.map(|each| each.as_str().to_owned())),
            ("problem_codes LIKE", Some(code).filter(|code| !code.is_empty())),
        ];
        for (condition, value) in
            wishes.into_iter().filter_map(|(condition, value)| Some((condition, value?)))
        {
            number += 1;
            text.push_str(&format!(" AND {condition} ${number}"));
            query = query.text(value);
        }
        text.push_str(&format!(" ORDER BY received_at DESC, id LIMIT ${}", number + 1));
        query.sql = text.into();
        self.rows("list problems", query.int(most)).await?.iter().map(deliveries::read).collect()
    }

    /// What waits in the inbox, oldest first, and how many wait in all; of one facility if it is named.
    pub async fn inbox_entries(
        &self,
        facility: Option<&FacilityId>,
        most: i64,
    ) -> Result<(Vec<InboxEntry>, i64), StoreError> {
        let place = if facility.is_some() { " AND c.facility = $1" } else { " AND $1 = ''" };
        let named = facility.map(FacilityId::as_str).unwrap_or_default();
        let mut tx = self.snapshot("read the inbox").await?;
        let count = format!("SELECT COUNT(*) FROM compartment c WHERE {WAITS}{place}");
        let waiting = tx.one(sql(count).text(named)).await?.int(0)?;
        let list = format!(
            "SELECT c.bucket, c.id, c.person, c.facility, c.compartment_key, c.created_at FROM compartment c \
             WHERE {WAITS}{place} ORDER BY c.created_at, c.id LIMIT $2"
        );
        let mut entries = Vec::new();
        for row in tx.all(sql(list).text(named).int(most)).await? {
            entries.push(entry(&mut tx, &row).await?);
        }
        tx.commit().await?;
        Ok((entries, waiting))
    }

    /// One entry of the inbox; `None` if it is not (or no longer) there.
    pub async fn inbox_entry(&self, compartment: CompartmentId) -> Result<Option<InboxEntry>, StoreError> {
        let mut tx = self.snapshot("read the inbox").await?;
        let text = format!(
            "SELECT c.bucket, c.id, c.person, c.facility, c.compartment_key, c.created_at FROM compartment c \
             WHERE {WAITS} AND c.id = $1"
        );
        let found = match tx.optional(sql(text).id(compartment.0)).await? {
            Some(row) => Some(entry(&mut tx, &row).await?),
            None => None,
        };
        tx.commit().await?;
        Ok(found)
    }

    /// How many other compartments a delivery speaks of.
    pub async fn others_in_delivery(
        &self,
        delivery: DeliveryId,
        compartment: CompartmentId,
    ) -> Result<i64, StoreError> {
        let text = "SELECT COUNT(DISTINCT compartment) FROM statement WHERE delivery = $1 AND state = 0 AND compartment <> $2";
        let rows = self.rows("look into a delivery", sql(text).id(delivery.0).id(compartment.0)).await?;
        rows.first().map_or(Ok(0), |row| row.int(0))
    }

    /// How many records a compartment holds that count today.
    pub async fn record_count(&self, compartment: CompartmentId) -> Result<i64, StoreError> {
        let mut tx = self.snapshot("count records").await?;
        let row = tx.one(sql("SELECT bucket FROM compartment WHERE id = $1").id(compartment.0)).await?;
        let count = records(&mut tx, row.int(0)?, compartment).await?;
        tx.commit().await?;
        Ok(count)
    }
}

async fn records(tx: &mut Tx, bucket: i64, compartment: CompartmentId) -> Result<i64, StoreError> {
    let count = "SELECT COUNT(*) FROM record WHERE bucket = $1 AND compartment = $2 AND state IN ('c', 's')";
    tx.one(sql(count).int(bucket).id(compartment.0)).await?.int(0)
}

async fn entry(tx: &mut Tx, row: &Row) -> Result<InboxEntry, StoreError> {
    let (bucket, compartment) = (row.int(0)?, CompartmentId(row.id(1)?));
    let sets = SetId::span(compartment);
    let named = format!(
        "SELECT {COLUMNS} FROM delivery WHERE state <> 'withdrawn' AND id IN (SELECT delivery FROM statement \
         WHERE set_id >= $1 AND set_id <= $2 AND state = 0) ORDER BY received_at, id"
    );
    let query = sql(named).bytes(sets.start().0).bytes(sets.end().0);
    let said = format!("{} WHERE c.id = $1", crate::persons::REGISTERED);
    Ok(InboxEntry {
        compartment,
        person: PersonId(row.id(2)?),
        facility: row.word(3)?,
        key: LocalId::new(row.text(4)?),
        created_at: row.text(5)?,
        records: records(tx, bucket, compartment).await?,
        deliveries: tx.all(query).await?.iter().map(deliveries::read).collect::<Result<_, _>>()?,
        registered: tx.optional(sql(said).id(compartment.0)).await?.as_ref().map(registered).transpose()?,
    })
}
