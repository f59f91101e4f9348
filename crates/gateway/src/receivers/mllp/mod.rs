//! Receives HL7 v2 messages (ADT, OML, ORU, RDE…) as interface engines send them: Minimal Lower Layer Protocol over
//! TCP. Each message becomes one delivery of format `hl7`, and is acknowledged after it is durable in the spool.
//!
//! | file | what |
//! |---|---|
//! | `framer` | bytes to messages, pure |
//! | `answering` | what is answered, pure |
//! | `connection` | one sender |
//!
//! Not in here: what a message says. Its MSH is read for the answer and for the name of the delivery, no more.

mod answering;
mod connection;
mod framer;

use super::desk::Desk;
use crate::listen::Patience;
use connection::Connection;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

/// Large messages that are received at a time: together they may hold this many times the largest.
const LARGE_AT_A_TIME: usize = 4;

/// A connection that has rested for this long may be closed to make room for another one.
const RESTED: Duration = Duration::from_secs(5);

/// What all connections of a receiver have in common.
#[derive(Clone)]
pub(crate) struct Shared {
    pub desk: Desk,
    pub patience: Arc<Patience>,
    pub large: Arc<Semaphore>,
    pub answers: Arc<AtomicU64>,
}

/// Since when a connection rests: no message is under way on it.
#[derive(Clone, Default)]
pub(crate) struct Traffic(Arc<Mutex<Option<Instant>>>);

impl Traffic {
    fn set(&self, rests: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = rests;
    }
    pub(crate) fn busy(&self) {
        self.set(None);
    }
    pub(crate) fn rest(&self) {
        self.set(Some(Instant::now()));
    }
    fn rests_since(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A receiver of messages; bound, not yet serving.
pub(crate) struct Mllp {
    pub listener: TcpListener,
    pub desk: Desk,
    pub patience: Patience,
}

impl Mllp {
    /// Receives for ever.
    pub(crate) async fn run(self) {
        let shared = Shared {
            desk: self.desk,
            patience: Arc::new(self.patience),
            large: Arc::new(Semaphore::new(LARGE_AT_A_TIME)),
            answers: Arc::new(AtomicU64::new(0)),
        };
        let mut connections = JoinSet::new();
        let mut open: HashMap<u64, (AbortHandle, Traffic)> = HashMap::new();
        let number = AtomicU64::new(0);
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                Some(ended) = connections.join_next_with_id() => {
                    let id = match ended { Ok((id, ())) => id, Err(error) => error.id() };
                    open.retain(|_, (handle, _)| handle.id() != id);
                    continue;
                }
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file handles, or the sender was gone already.
                    tracing::warn!(source = %shared.desk.source, kind = %error.kind(), "a connection failed");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            if open.len() >= shared.patience.connections && !make_room(&mut open) {
                shared.desk.trouble("connections");
                continue;
            }
            let traffic = Traffic::default();
            traffic.rest();
            let handle = connections.spawn(serve(shared.clone(), traffic.clone(), stream));
            open.insert(number.fetch_add(1, Ordering::Relaxed), (handle, traffic));
        }
    }
}

async fn serve(shared: Shared, traffic: Traffic, stream: TcpStream) {
    let _an_answer_is_small_and_waited_for = stream.set_nodelay(true);
    Connection::new(shared, traffic, stream).serve().await;
}

/// Closes the connection that has rested longest, if it has rested long enough: senders that open a new one for each
/// message and forget the old ones do not shut the others out.
fn make_room(open: &mut HashMap<u64, (AbortHandle, Traffic)>) -> bool {
    let rested = open.iter().filter_map(|(number, (_, traffic))| Some((traffic.rests_since()?, *number)));
    match rested.min().filter(|(since, _)| since.elapsed() >= RESTED) {
        Some((_, number)) => {
            if let Some((handle, _)) = open.remove(&number) {
                handle.abort();
            }
            true
        }
        None => false,
    }
}
