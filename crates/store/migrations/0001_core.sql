-- Deliveries, compartments, statements, versions, records with their chart rows, the change feed, the audit.
-- BYTES, CLUSTERED and lines "-- sqlite:" / "-- postgres:" before a statement are resolved by migrations.rs.
-- All integers are 64 bits wide. Times are RFC 3339 in UTC with microseconds, so that text order is time order.

CREATE TABLE writer (
  id BIGINT NOT NULL PRIMARY KEY,
  turn BIGINT NOT NULL
);

INSERT INTO writer (id, turn) VALUES (1, 0);

-- What was received, exactly once for equal facility, source, path and bytes.
-- state: receiving, kept, withdrawn
CREATE TABLE delivery (
  bucket BIGINT NOT NULL,
  id BYTES NOT NULL,
  facility TEXT NOT NULL,
  source TEXT NOT NULL,
  path TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size BIGINT NOT NULL,
  source_time TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  format TEXT NOT NULL,
  reader_version BIGINT NOT NULL,
  edition BIGINT NOT NULL,
  received_at TEXT NOT NULL,
  kept_at TEXT NOT NULL,
  state TEXT NOT NULL,
  records BIGINT NOT NULL,
  problem_count BIGINT NOT NULL,
  problem_codes TEXT NOT NULL,
  problems BYTES NOT NULL,
  withdrawn_at TEXT NOT NULL,
  withdrawn_by TEXT NOT NULL,
  withdrawn_reason TEXT NOT NULL,
  PRIMARY KEY (id, bucket)
);

CREATE INDEX delivery_received ON delivery (facility, source, received_at);

CREATE INDEX delivery_withdrawn ON delivery (withdrawn_at) WHERE state = 'withdrawn';

CREATE INDEX delivery_unfinished ON delivery (received_at) WHERE state = 'receiving';

-- The bytes, once for equal bytes. place: 0 = zstd in body, 1 = as they are in body, 2 = a blob named by sha256
CREATE TABLE content (
  bucket BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  size BIGINT NOT NULL,
  place BIGINT NOT NULL,
  body BYTES NOT NULL,
  PRIMARY KEY (sha256, bucket)
);

CREATE TABLE person (
  bucket BIGINT NOT NULL,
  id BYTES NOT NULL,
  consent_epoch BIGINT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (id, bucket)
);

-- One source identity. person is the current link; the history of links is in compartment_link.
-- inbox: 1 = a human must say whose it is. registration_due: how often Patient or Coverage changed since it was
-- last registered; 0 = nothing to do.
CREATE TABLE compartment (
  bucket BIGINT NOT NULL,
  id BYTES NOT NULL,
  facility TEXT NOT NULL,
  compartment_key TEXT NOT NULL,
  local_id TEXT,
  inbox BIGINT NOT NULL,
  person BYTES NOT NULL,
  registration_due BIGINT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (id, bucket)
);

CREATE INDEX compartment_person ON compartment (person);

CREATE INDEX compartment_local ON compartment (facility, local_id);

CREATE INDEX compartment_due ON compartment (created_at) WHERE registration_due > 0;

CREATE INDEX compartment_inbox ON compartment (created_at) WHERE inbox = 1;

CREATE TABLE compartment_link (
  bucket BIGINT NOT NULL,
  compartment BYTES NOT NULL,
  number BIGINT NOT NULL,
  person BYTES NOT NULL,
  rule TEXT NOT NULL,
  evidence TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at TEXT NOT NULL,
  PRIMARY KEY (bucket, compartment, number)
);

-- What one delivery says about one set of one compartment. Never changed but for state:
-- 0 = counts, 1 = replaced by a later reading of the same delivery, 2 = its delivery was withdrawn.
-- set_id: compartment (16 bytes), then 8 bytes of the SHA-256 of set_key.
CREATE TABLE statement (
  bucket BIGINT NOT NULL,
  delivery BYTES NOT NULL,
  part BIGINT NOT NULL,
  edition BIGINT NOT NULL,
  compartment BYTES NOT NULL,
  set_id BYTES NOT NULL,
  set_key TEXT NOT NULL,
  order_time TEXT NOT NULL,
  order_sequence TEXT NOT NULL,
  effect TEXT NOT NULL,
  source TEXT NOT NULL,
  source_time TEXT NOT NULL,
  delivery_sequence BIGINT NOT NULL,
  received_at TEXT NOT NULL,
  state BIGINT NOT NULL,
  digest BYTES NOT NULL,
  dictionary BIGINT NOT NULL,
  members BYTES NOT NULL,
  PRIMARY KEY (delivery, part, edition, bucket)
);

CREATE INDEX statement_set ON statement (set_id, bucket);

-- Where the fold of a set stands: enough to append the next statement without reading the ones before.
CREATE TABLE set_state (
  set_id BYTES NOT NULL,
  bucket BIGINT NOT NULL,
  set_key TEXT NOT NULL,
  position BYTES NOT NULL,
  state BYTES NOT NULL,
  PRIMARY KEY (set_id, bucket)
) CLUSTERED;

-- Versions of a record; numbers only grow. op: put, delete (the source says so), remove (no longer named by
-- its set), retract (withdrawn or read differently). in_fold = 0: no longer part of the record's course.
-- body is empty where the statement's member is the body.
CREATE TABLE version (
  bucket BIGINT NOT NULL,
  compartment BYTES NOT NULL,
  record BYTES NOT NULL,
  number BIGINT NOT NULL,
  op TEXT NOT NULL,
  in_fold BIGINT NOT NULL,
  superseded BIGINT NOT NULL,
  position BYTES NOT NULL,
  delivery BYTES NOT NULL,
  part BIGINT NOT NULL,
  edition BIGINT NOT NULL,
  digest BYTES NOT NULL,
  recorded_at TEXT NOT NULL,
  body BYTES NOT NULL,
  PRIMARY KEY (bucket, compartment, record, number)
) CLUSTERED;

-- The current state of each record and its rows of the chart (see chart_line.rs).
-- state: c current, s superseded, d deleted, r retracted
CREATE TABLE record (
  bucket BIGINT NOT NULL,
  compartment BYTES NOT NULL,
  id BYTES NOT NULL,
  type TEXT NOT NULL,
  kind TEXT NOT NULL,
  sensitive BIGINT NOT NULL,
  state TEXT NOT NULL,
  version BIGINT NOT NULL,
  versions BIGINT NOT NULL,
  sets BYTES NOT NULL,
  delivery BYTES NOT NULL,
  seq BIGINT NOT NULL,
  chart TEXT NOT NULL,
  PRIMARY KEY (bucket, compartment, id)
) CLUSTERED;

-- Last sequence of each bucket's change feed; advanced in the transaction that writes the rows, so the feed
-- has no gaps and is in commit order.
CREATE TABLE bucket_head (
  bucket BIGINT NOT NULL PRIMARY KEY,
  seq BIGINT NOT NULL
);

-- Sequence of each compartment's latest row in the change feed of its bucket.
CREATE TABLE compartment_head (
  bucket BIGINT NOT NULL,
  compartment BYTES NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (bucket, compartment)
) CLUSTERED;

-- op: put, delete, mark (superseded or not), history (only the past changed), reread (a better reader), withdraw.
CREATE TABLE change (
  bucket BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  compartment BYTES NOT NULL,
  record BYTES NOT NULL,
  kind TEXT NOT NULL,
  source TEXT NOT NULL,
  op TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (bucket, seq)
) CLUSTERED;

CREATE INDEX change_compartment ON change (bucket, compartment, seq);

-- Insert-only. hash = SHA-256 over every other column; previous = hash of the row before in the bucket.
CREATE TABLE audit_event (
  bucket BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  at TEXT NOT NULL,
  event TEXT NOT NULL,
  outcome TEXT NOT NULL,
  actor TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  profession TEXT NOT NULL,
  facility TEXT NOT NULL,
  purpose TEXT NOT NULL,
  person BYTES NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  previous BYTES NOT NULL,
  hash BYTES NOT NULL,
  PRIMARY KEY (bucket, seq)
);

CREATE INDEX audit_event_person ON audit_event (person, at);

CREATE INDEX audit_event_at ON audit_event (at);

CREATE TABLE audit_head (
  bucket BIGINT NOT NULL PRIMARY KEY,
  seq BIGINT NOT NULL,
  hash BYTES NOT NULL
);

-- sqlite:
CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'audit_event is insert-only'); END;

-- sqlite:
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'audit_event is insert-only'); END;

-- postgres:
CREATE FUNCTION audit_event_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'audit_event is insert-only'; END $$;

-- postgres:
CREATE TRIGGER audit_event_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION audit_event_insert_only();
