//! Ending in order: Ctrl-C and SIGTERM.

use tokio::signal::unix::{SignalKind, signal};

/// Done when the process is asked to end.
pub async fn asked() {
    let interrupt = tokio::signal::ctrl_c();
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = interrupt.await;
        return;
    };
    tokio::select! {
        _ = interrupt => {}
        _ = terminate.recv() => {}
    }
}
