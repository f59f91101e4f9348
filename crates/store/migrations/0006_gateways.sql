-- How facilities join: a code that works once, and the certificates that the hub's own authority gave.
-- Times that are compared are milliseconds since 1970. A new invitation of a facility replaces the one before.
CREATE TABLE gateway_invitation (
  facility TEXT NOT NULL PRIMARY KEY,
  id TEXT NOT NULL,
  secret_hash BYTES NOT NULL,
  expires_at BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  fingerprint BYTES NOT NULL
);

CREATE UNIQUE INDEX gateway_invitation_id ON gateway_invitation (id);

-- By the SHA-256 of the certificate. revoked_at: empty while it holds.
CREATE TABLE gateway_certificate (
  fingerprint BYTES NOT NULL PRIMARY KEY,
  facility TEXT NOT NULL,
  serial TEXT NOT NULL,
  key_hash BYTES NOT NULL,
  pem TEXT NOT NULL,
  issued_at TEXT NOT NULL,
  ends_at BIGINT NOT NULL,
  revoked_at TEXT NOT NULL
);

CREATE INDEX gateway_certificate_facility ON gateway_certificate (facility);
