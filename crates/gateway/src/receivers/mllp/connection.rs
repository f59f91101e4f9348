//! One connection of a sender: messages in, answers out, in their order.
//!
//! **Invariants**: an answer is written only after the commit that has its message (or after it is certain that there is
//! none); nothing else is ever written. A connection that does not go on in time is closed, so that its sender notices.

use super::answering::{Fate, Letter};
use super::framer::{Found, Framer};
use super::{Shared, Traffic};
use model::clock::jst;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout, timeout_at};

/// After its 0x1C a message waits so long for its 0x0D.
const FINAL_BYTE: Duration = Duration::from_millis(100);

/// How long a sender may take to read an answer.
const ANSWER: Duration = Duration::from_secs(30);

/// Messages above this are received a few at a time: 1 MiB.
const LARGE: usize = 1024 * 1024;

/// Bytes without any message after which a connection is none of a sender's.
const STRAY: usize = 64 * 1024;

/// How often, a second apart, a message is tried to be stored whose sender hears nothing of a failure.
const SILENT_TRIES: usize = 30;

/// One connection.
pub(crate) struct Connection<S> {
    pub shared: Shared,
    pub traffic: Traffic,
    pub stream: S,
    pub framer: Framer,
    /// When the message under way began.
    began: Option<Instant>,
    /// Needed to go on with a large message.
    permit: Option<OwnedSemaphorePermit>,
    stray: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) fn new(shared: Shared, traffic: Traffic, stream: S) -> Self {
        let framer = Framer::new(shared.patience.largest);
        Self { shared, traffic, stream, framer, began: None, permit: None, stray: 0 }
    }

    /// Serves it until it ends.
    pub(crate) async fn serve(mut self) {
        let mut piece = vec![0; 64 * 1024];
        loop {
            let go_on = match self.read(&mut piece).await {
                Read::Bytes(count) => {
                    self.traffic.busy();
                    self.framer.push(piece.get(..count).unwrap_or_default());
                    true
                }
                Read::Silence => {
                    self.framer.silence();
                    true
                }
                Read::End => {
                    self.framer.end();
                    false
                }
            };
            while let Some(found) = self.framer.next() {
                if self.meet(found).await.is_break() {
                    return;
                }
            }
            self.permit = self.permit.take().filter(|_| self.framer.held().is_some());
            self.began = self.framer.held().map(|_| self.began.unwrap_or_else(Instant::now));
            if self.began.is_none() {
                self.traffic.rest();
            }
            let stray = self.framer.take_stray();
            if stray > 0 && self.stray == 0 {
                self.shared.desk.trouble("stray-bytes");
            }
            self.stray += stray;
            if !go_on || self.stray > STRAY {
                return;
            }
        }
    }

    /// The next bytes, as long as the sender may take for them.
    async fn read(&mut self, piece: &mut [u8]) -> Read {
        let patience = &self.shared.patience;
        let until = match (self.began, self.framer.held()) {
            (Some(_), Some(_)) if self.framer.is_ended() => {
                return match timeout(FINAL_BYTE, self.stream.read(piece)).await {
                    Ok(Ok(count)) if count > 0 => Read::Bytes(count),
                    Ok(_) => Read::End,
                    Err(_) => Read::Silence,
                };
            }
            (Some(began), Some(held)) => {
                began + patience.message + Duration::from_secs(held as u64 / (64 * 1024))
            }
            _ => Instant::now() + patience.idle,
        };
        if self.permit.is_none() && self.framer.held().is_some_and(|held| held > LARGE) {
            match timeout_at(until, self.shared.large.clone().acquire_owned()).await {
                Ok(Ok(permit)) => self.permit = Some(permit),
                _ => return Read::End,
            }
        }
        match timeout_at(until, self.stream.read(piece)).await {
            Ok(Ok(count)) if count > 0 => Read::Bytes(count),
            _ => Read::End,
        }
    }

    async fn meet(&mut self, found: Found) -> ControlFlow<()> {
        let desk = self.shared.desk.clone();
        match found {
            Found::Message(message) => {
                let Some(letter) = Letter::open(&message) else { return ControlFlow::Break(()) };
                if letter.is_acknowledgement() {
                    desk.trouble("acknowledgement");
                    return ControlFlow::Continue(());
                }
                if let Some(refusal) = &letter.refusal {
                    desk.trouble(refusal.trouble);
                    return self.answer(&letter, Fate::Refused(refusal)).await;
                }
                let fate = self.keep(&letter, message).await;
                if fate != Fate::Kept && letter.is_silent() {
                    desk.trouble("not-stored");
                    return ControlFlow::Break(());
                }
                self.answer(&letter, fate).await
            }
            Found::Unfinished => {
                desk.trouble("unfinished");
                ControlFlow::Continue(())
            }
            Found::TooLarge(beginning) => {
                desk.trouble("too-large");
                if let Some(letter) = Letter::too_large(&beginning)
                    && let Some(refusal) = &letter.refusal
                {
                    let _closed_anyway = self.answer(&letter, Fate::Refused(refusal)).await;
                }
                self.let_it_read().await;
                ControlFlow::Break(())
            }
        }
    }

    /// Until it is durable, or it is certain that it is not.
    async fn keep(&self, letter: &Letter, message: Vec<u8>) -> Fate<'static> {
        let path = letter.path(&message);
        let tries = if letter.is_silent() { SILENT_TRIES } else { 1 };
        for _ in 1..tries {
            if self.keep_now(path.clone(), message.clone()).await == Fate::Kept {
                return Fate::Kept;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        self.keep_now(path, message).await
    }

    async fn keep_now(&self, path: String, message: Vec<u8>) -> Fate<'static> {
        match self.shared.desk.hand_in(path, message).await {
            Ok(()) => Fate::Kept,
            Err(why) => Fate::NotNow(why),
        }
    }

    async fn answer(&mut self, letter: &Letter, fate: Fate<'_>) -> ControlFlow<()> {
        let now = self.shared.desk.clock.now();
        let time = now.to_zoned_datetime(jst()).strftime("%Y%m%d%H%M%S").to_string();
        let number = self.shared.answers.fetch_add(1, Ordering::Relaxed) % 1_000_000;
        let control_id = format!("{:013}{number:06}", now.as_millisecond().max(0));
        let Some(answer) = letter.answer(fate, &control_id, &time) else { return ControlFlow::Continue(()) };
        let framed = [b"\x0b", answer.as_slice(), b"\x1c\r"].concat();
        let written = async {
            self.stream.write_all(&framed).await?;
            self.stream.flush().await
        };
        match timeout(ANSWER, written).await {
            Ok(Ok(())) => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }

    /// A connection closed while its sender still sends is reset, and the sender never reads the answer: what comes is
    /// thrown away for a while.
    async fn let_it_read(&mut self) {
        let _ = self.stream.shutdown().await;
        let mut waste = vec![0; 64 * 1024];
        let drain = async { while self.stream.read(&mut waste).await.is_ok_and(|count| count > 0) {} };
        let _ = timeout(Duration::from_secs(5), drain).await;
    }
}

enum Read {
    Bytes(usize),
    /// Nothing came for a moment after a message's end.
    Silence,
    /// The connection ended, broke, or took too long.
    End,
}
