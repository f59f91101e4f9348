//! Inside the facility: watchers, spool, sender.
