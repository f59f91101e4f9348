-- Facilities and their feeds, accounts, what registrations say, look-alikes for a human, what was seen.
-- Times of accounts are milliseconds since 1970, because they are compared and added to.

CREATE TABLE facility (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  number TEXT NOT NULL,
  created_at TEXT NOT NULL
);

-- A feed and its signs of life. via_gateway: 1 = a gateway feeds it, only then can it be silent.
CREATE TABLE source (
  facility TEXT NOT NULL,
  name TEXT NOT NULL,
  format TEXT NOT NULL,
  contact_at TEXT NOT NULL,
  delivery_at TEXT NOT NULL,
  spool_depth BIGINT NOT NULL,
  clock_skew_ms BIGINT NOT NULL,
  via_gateway BIGINT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (facility, name)
);

CREATE TABLE gateway_token (
  facility TEXT NOT NULL PRIMARY KEY,
  token_hash BYTES NOT NULL,
  created_at TEXT NOT NULL
);

CREATE UNIQUE INDEX gateway_token_hash ON gateway_token (token_hash);

CREATE TABLE staff (
  id BYTES NOT NULL PRIMARY KEY,
  login TEXT NOT NULL,
  name TEXT NOT NULL,
  profession TEXT NOT NULL,
  facility TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  totp_secret BYTES NOT NULL,
  totp_last_step BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  locked_until BIGINT NOT NULL,
  active BIGINT NOT NULL,
  last_login BIGINT NOT NULL,
  created_at TEXT NOT NULL
);

CREATE UNIQUE INDEX staff_login ON staff (login);

CREATE TABLE session (
  token_hash BYTES NOT NULL PRIMARY KEY,
  staff BYTES NOT NULL,
  opened_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  locked BIGINT NOT NULL
);

CREATE INDEX session_staff ON session (staff);

-- secret: of the second factor that the invited person will tie; gone with the invitation.
CREATE TABLE invitation (
  token_hash BYTES NOT NULL PRIMARY KEY,
  staff BYTES NOT NULL,
  secret BYTES NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE INDEX invitation_staff ON invitation (staff);

-- What a registration says of the person (zstd JSON), for search and comparison.
CREATE TABLE registration (
  bucket BIGINT NOT NULL,
  compartment BYTES NOT NULL,
  body BYTES NOT NULL,
  PRIMARY KEY (bucket, compartment)
);

-- Keys under which a registration is found: hashed block keys of the linkage, and words of the search.
CREATE TABLE registration_key (
  lookup TEXT NOT NULL,
  bucket BIGINT NOT NULL,
  compartment BYTES NOT NULL,
  PRIMARY KEY (lookup, bucket, compartment)
) CLUSTERED;

CREATE INDEX registration_key_compartment ON registration_key (bucket, compartment);

-- Two registrations that look alike. state: open, same, different, later
CREATE TABLE review (
  compartment_a BYTES NOT NULL,
  compartment_b BYTES NOT NULL,
  score BIGINT NOT NULL,
  why TEXT NOT NULL,
  state TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (compartment_a, compartment_b)
);

CREATE INDEX review_state ON review (state, score);

CREATE INDEX review_b ON review (compartment_b);

-- Up to which row of a compartment's change feed a member of staff has seen it.
CREATE TABLE seen (
  staff BYTES NOT NULL,
  bucket BIGINT NOT NULL,
  compartment BYTES NOT NULL,
  seq BIGINT NOT NULL,
  seen_at TEXT NOT NULL,
  PRIMARY KEY (staff, bucket, compartment)
) CLUSTERED;

-- Which facilities have a reason to see the person of a compartment: found again from the facility's side.
-- The records themselves (EpisodeOfCare) decide; this is only their index.
CREATE TABLE relationship (
  facility TEXT NOT NULL,
  bucket BIGINT NOT NULL,
  compartment BYTES NOT NULL,
  from_day TEXT NOT NULL,
  until_day TEXT NOT NULL,
  PRIMARY KEY (facility, bucket, compartment, from_day)
) CLUSTERED;

CREATE INDEX relationship_compartment ON relationship (bucket, compartment);
