//! Connections of the page: so many at a time, none that is silent for long or stays for ever.

use axum::serve::Listener;
use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// How long a connection may say nothing.
const SILENT: Duration = Duration::from_secs(60);

/// How long it may stay at all.
const STAY: Duration = Duration::from_secs(1800);

/// A listener that lets in only so many.
pub(crate) struct Bounded {
    pub listener: TcpListener,
    pub room: Arc<Semaphore>,
}

/// A connection that was let in.
pub(crate) struct Guest {
    stream: TcpStream,
    silent: Pin<Box<Sleep>>,
    until: Instant,
    _room: Option<OwnedSemaphorePermit>,
}

impl Listener for Bounded {
    type Io = Guest;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guest, SocketAddr) {
        let room = self.room.clone().acquire_owned().await.ok();
        loop {
            match self.listener.accept().await {
                Ok((stream, from)) => {
                    let silent = Box::pin(sleep(SILENT));
                    return (Guest { stream, silent, until: Instant::now() + STAY, _room: room }, from);
                }
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Guest {
    /// After something happened the silence begins anew, but not beyond the end of the stay.
    fn heard<T>(
        &mut self,
        context: &mut Context<'_>,
        done: Poll<std::io::Result<T>>,
    ) -> Poll<std::io::Result<T>> {
        if done.is_ready() {
            self.silent = Box::pin(sleep_until(self.until.min(Instant::now() + SILENT)));
            return done;
        }
        match self.silent.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Guest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_read(context, into);
        self.heard(context, done)
    }
}

impl AsyncWrite for Guest {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.heard(context, done)
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
