//! The store's tests, each on SQLite and on PostgreSQL.

#[macro_use]
mod place;
mod arrival;
mod audit;
mod chart;
mod concurrency;
mod deliveries;
mod desk;
mod export;
mod failures;
mod large;
mod replay;
mod said;
mod sharing;
