-- The gateway's spool, version 1. Times are RFC 3339 UTC by the gateway's clock unless said otherwise.
BEGIN;
CREATE TABLE spool (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT NOT NULL
);
CREATE TABLE source (
    name TEXT PRIMARY KEY,
    root TEXT NOT NULL,
    format TEXT NOT NULL,
    sequence INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE seen (
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime INTEGER NOT NULL,         -- nanoseconds since 1970 UTC
    sha256 TEXT NOT NULL,
    sequence INTEGER NOT NULL,      -- of the delivery that carried these bytes
    state TEXT NOT NULL,            -- waiting, acknowledged, refused
    young INTEGER NOT NULL,         -- 1: read so soon after its mtime that a later change might not show
    PRIMARY KEY (source, path)
) WITHOUT ROWID;
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    source_time TEXT NOT NULL,      -- YYYYMMDDHHMMSSmmm JST
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    found TEXT NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0,
    code TEXT,                      -- the hub's reason
    text TEXT,
    blob TEXT,                      -- file in bodies/, or
    body BLOB                       -- the bytes
);
CREATE INDEX delivery_waiting ON delivery (id, size) WHERE refused = 0;
CREATE INDEX delivery_refused ON delivery (source, path) WHERE refused = 1;
CREATE TABLE trouble (
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    code TEXT NOT NULL,
    since TEXT NOT NULL,
    noted INTEGER NOT NULL,         -- scan in which it was last met
    PRIMARY KEY (source, path)
) WITHOUT ROWID;
PRAGMA user_version = 1;
COMMIT;
