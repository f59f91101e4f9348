//! Consent, roles, purposes, relationships: Permit or Refusal. Pure.
