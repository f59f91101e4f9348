//! One file per page: its typed context with a `sample()`, and how it is drawn. Nothing here reads the store.

pub mod error;
pub mod form;
pub mod inbox;
pub mod invitation;
pub mod locked;
pub mod login;
pub mod mapping_preview;
pub mod mappings;
pub mod operator;
pub mod original;
pub mod patient;
pub mod problems;
pub mod quality;
pub mod quality_source;
pub mod reception;
pub mod record;
pub mod replay;
pub mod review;
pub mod search;
pub mod staff;
pub mod withdrawals;
pub mod worklist;
