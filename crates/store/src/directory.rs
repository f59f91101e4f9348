//! Facilities, their sources, and the tokens of their gateways.

use crate::query::{Row, sql};
use crate::{Store, StoreError};
use model::facility::FacilityKind;
use model::reading::Format;
use model::{FacilityId, SourceName};

/// A facility of the region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facility {
    /// Its id.
    pub id: FacilityId,
    /// What kind it is.
    pub kind: FacilityKind,
    /// Name for people.
    pub name: String,
    /// 10-digit facility number (医療機関等コード), or empty.
    pub number: String,
}

/// One feed of a facility, its figures and signs of life. Times are RFC 3339 in UTC, or empty for never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Whose.
    pub facility: FacilityId,
    /// Name at the facility.
    pub name: SourceName,
    /// Format of its files.
    pub format: Format,
    /// Last heartbeat of its gateway with the folder reachable.
    pub contact_at: String,
    /// Last delivery that was new.
    pub delivery_at: String,
    /// Deliveries kept.
    pub deliveries: i64,
    /// Problems found in them.
    pub problems: i64,
    /// Deliveries waiting in the gateway's spool, as it last said.
    pub spool_depth: i64,
    /// How far the gateway's clock is ahead of ours, milliseconds.
    pub clock_skew_ms: i64,
    /// True if a gateway feeds it: only then can it be silent.
    pub via_gateway: bool,
    /// When it was first heard of.
    pub created_at: String,
}

/// What a gateway says of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignOfLife {
    /// Deliveries waiting in its spool.
    pub spool_depth: i64,
    /// Its clock minus ours, milliseconds.
    pub clock_skew_ms: i64,
}

fn facility(row: &Row) -> Result<Facility, StoreError> {
    Ok(Facility { id: row.word(0)?, kind: row.word(1)?, name: row.text(2)?, number: row.text(3)? })
}

fn source(row: &Row) -> Result<Source, StoreError> {
    let format = row.text(2)?;
    Ok(Source {
        facility: row.word(0)?,
        name: row.word(1)?,
        format: Format::parse(&format).ok_or_else(|| StoreError::corrupt("read a source", "its format"))?,
        contact_at: row.text(3)?,
        delivery_at: row.text(4)?,
        deliveries: row.int(5)?,
        problems: row.int(6)?,
        spool_depth: row.int(7)?,
        clock_skew_ms: row.int(8)?,
        via_gateway: row.flag(9)?,
        created_at: row.text(10)?,
    })
}

impl Store {
    /// Adds a facility, or corrects what is known of it: an empty name or number changes nothing.
    pub async fn upsert_facility(&self, facility: &Facility) -> Result<(), StoreError> {
        self.run(
            "add a facility",
            sql("INSERT INTO facility (id, kind, name, number, created_at) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, \
                 name = CASE WHEN excluded.name = '' THEN facility.name ELSE excluded.name END, \
                 number = CASE WHEN excluded.number = '' THEN facility.number ELSE excluded.number END")
            .text(facility.id.as_str())
            .text(facility.kind.word())
            .text(&facility.name)
            .text(&facility.number)
            .text(self.now()),
        )
        .await?;
        Ok(())
    }

    /// Every facility, by id.
    pub async fn facilities(&self) -> Result<Vec<Facility>, StoreError> {
        let query = sql("SELECT id, kind, name, number FROM facility ORDER BY id");
        self.rows("list facilities", query).await?.iter().map(facility).collect()
    }

    /// One facility.
    pub async fn facility(&self, id: &FacilityId) -> Result<Option<Facility>, StoreError> {
        let query = sql("SELECT id, kind, name, number FROM facility WHERE id = $1").text(id.as_str());
        self.rows("find a facility", query).await?.first().map(facility).transpose()
    }

    /// Adds a source of a facility if it is new; its format is the latest one said.
    pub async fn upsert_source(
        &self,
        facility: &FacilityId,
        name: &SourceName,
        format: Format,
    ) -> Result<(), StoreError> {
        let known = sql("SELECT format FROM source WHERE facility = $1 AND name = $2")
            .text(facility.as_str())
            .text(name.as_str());
        let rows = self.rows("find a source", known).await?;
        if rows.first().map(|row| row.text(0)).transpose()?.as_deref() == Some(format.word()) {
            return Ok(());
        }
        self.run(
            "add a source",
            sql("INSERT INTO source (facility, name, format, contact_at, delivery_at, spool_depth, clock_skew_ms, via_gateway, created_at) \
                 VALUES ($1, $2, $3, '', '', 0, 0, 0, $4) ON CONFLICT (facility, name) DO UPDATE SET format = excluded.format")
            .text(facility.as_str())
            .text(name.as_str())
            .text(format.word())
            .text(self.now()),
        )
        .await?;
        Ok(())
    }

    /// Notes that a gateway feeds this source, alive or not: from now on its silence counts.
    pub async fn note_gateway(&self, facility: &FacilityId, name: &SourceName) -> Result<(), StoreError> {
        let text = "UPDATE source SET via_gateway = 1 WHERE facility = $1 AND name = $2 AND via_gateway = 0";
        let query = sql(text).text(facility.as_str()).text(name.as_str());
        self.run("note a gateway", query).await?;
        Ok(())
    }

    /// Notes that a gateway is alive and feeds this source.
    pub async fn note_contact(
        &self,
        facility: &FacilityId,
        name: &SourceName,
        sign: SignOfLife,
    ) -> Result<(), StoreError> {
        self.run(
            "note a sign of life",
            sql("UPDATE source SET contact_at = $1, spool_depth = $2, clock_skew_ms = $3, via_gateway = 1 \
                 WHERE facility = $4 AND name = $5")
            .text(self.now())
            .int(sign.spool_depth)
            .int(sign.clock_skew_ms)
            .text(facility.as_str())
            .text(name.as_str()),
        )
        .await?;
        Ok(())
    }

    /// Every source with its figures.
    pub async fn sources(&self) -> Result<Vec<Source>, StoreError> {
        let query = sql(
            "SELECT s.facility, s.name, s.format, s.contact_at, s.delivery_at, CAST(COALESCE(d.kept, 0) AS BIGINT), \
             CAST(COALESCE(d.problems, 0) AS BIGINT), s.spool_depth, s.clock_skew_ms, s.via_gateway, s.created_at \
             FROM source s LEFT JOIN (SELECT facility, source, COUNT(*) AS kept, \
             SUM(problem_count) AS problems FROM delivery GROUP BY facility, source) d \
             ON d.facility = s.facility AND d.source = s.name ORDER BY s.facility, s.name",
        );
        self.rows("list sources", query).await?.iter().map(source).collect()
    }

    /// Every source fed by a gateway, with its signs of life; without the counts of [`Store::sources`], which take longer.
    pub async fn source_signs(&self) -> Result<Vec<Source>, StoreError> {
        let query = sql(
            "SELECT facility, name, format, contact_at, delivery_at, 0, 0, spool_depth, clock_skew_ms, via_gateway, created_at \
             FROM source WHERE via_gateway = 1",
        );
        self.rows("read signs of life", query).await?.iter().map(source).collect()
    }

    /// Notes that deliveries of a source were kept just now.
    pub async fn note_delivery(&self, facility: &FacilityId, name: &SourceName) -> Result<(), StoreError> {
        let query = sql("UPDATE source SET delivery_at = $1 WHERE facility = $2 AND name = $3");
        let query = query.text(self.now()).text(facility.as_str()).text(name.as_str());
        self.run("note a delivery", query).await?;
        Ok(())
    }

    /// Replaces the token of a facility's gateway by the one with this hash.
    pub async fn set_gateway_token(
        &self,
        facility: &FacilityId,
        token_hash: &[u8],
    ) -> Result<(), StoreError> {
        self.run(
            "set a gateway's token",
            sql("INSERT INTO gateway_token (facility, token_hash, created_at) VALUES ($1, $2, $3) ON CONFLICT (facility) \
                 DO UPDATE SET token_hash = excluded.token_hash, created_at = excluded.created_at")
            .text(facility.as_str())
            .bytes(token_hash)
            .text(self.now()),
        )
        .await?;
        Ok(())
    }

    /// Whose gateway holds the token with this hash.
    pub async fn facility_of_token(&self, token_hash: &[u8]) -> Result<Option<FacilityId>, StoreError> {
        let query = sql("SELECT facility FROM gateway_token WHERE token_hash = $1").bytes(token_hash);
        self.rows("find a gateway's token", query).await?.first().map(|row| row.word(0)).transpose()
    }
}
