//! The hub's only SQL: deliveries, records, chart, links, consents, directory, audit, blobs.
