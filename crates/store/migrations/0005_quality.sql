-- What a source's own codes mean by the national ones, as the region's operators say. Append-only: a row is ended, never
-- changed or removed. facility: empty = every facility. kind: laboratory, medication. target_system: JLAC10, YJ, HOT9
CREATE TABLE code_mapping (
  id BIGINT NOT NULL PRIMARY KEY,
  facility TEXT NOT NULL,
  kind TEXT NOT NULL,
  system TEXT NOT NULL,
  code TEXT NOT NULL,
  target_system TEXT NOT NULL,
  target_code TEXT NOT NULL,
  display TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at TEXT NOT NULL,
  ended_by TEXT NOT NULL,
  ended_at TEXT NOT NULL
);

-- Moves with every change of the mappings, so that they are read once per change. One row, none before the first change.
CREATE TABLE code_mapping_head (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL
);

-- What the last count of data quality found: numbers and code texts, no values and no persons.
-- kind: laboratory, medication (codes without a national one: records), problem (deliveries), duplicate (pairs),
-- counted (one row: the count itself)
CREATE TABLE quality_count (
  facility TEXT NOT NULL,
  source TEXT NOT NULL,
  kind TEXT NOT NULL,
  system TEXT NOT NULL,
  code TEXT NOT NULL,
  label TEXT NOT NULL,
  number BIGINT NOT NULL,
  last_day TEXT NOT NULL,
  counted_at TEXT NOT NULL,
  PRIMARY KEY (facility, source, kind, system, code)
) CLUSTERED;
