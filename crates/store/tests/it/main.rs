//! The store's tests, each on SQLite and on PostgreSQL.

#[macro_use]
#[cfg(test)]
mod place;
#[cfg(test)]
mod arrival;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod chart;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod deliveries;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod export;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod large;
#[cfg(test)]
mod permutation;
#[cfg(test)]
mod quality;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod said;
#[cfg(test)]
mod sharing;
#[cfg(test)]
mod worklist;
