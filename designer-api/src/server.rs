//! Listening, and ending in order.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;

/// How long requests under way may take once the end has begun.
const DRAIN: std::time::Duration = std::time::Duration::from_secs(5);

/// Opens the address; an address that is in use is one clear sentence.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            anyhow::anyhow!("the address {address} is in use: stop the other program, or choose another port")
        }
        io::ErrorKind::PermissionDenied => {
            anyhow::anyhow!("the address {address} may not be used: choose a port above 1023")
        }
        _ => anyhow::anyhow!("the address {address} cannot be used: {error}"),
    })
}

/// Serves until `end` comes true or the disk fails; then lets requests finish, commits, and returns.
pub async fn serve(app: Arc<App>, listener: TcpListener, end: watch::Receiver<bool>) -> anyhow::Result<()> {
    let router = crate::router(app.clone());
    let (ending, mut ended) = watch::channel(false);
    let mut asked = end;
    let runtime = app.clone();
    let failure = async move { runtime.runtime.failure().await };
    let serving = tokio::spawn(async move {
        axum::serve(listener, router)
            .with_graceful_shutdown(async move {
                // A sender that is gone ends the server as well.
                let _ = ended.wait_for(|end| *end).await;
            })
            .await
    });
    let failed = tokio::select! {
        _ = asked.wait_for(|end| *end) => None,
        error = failure => Some(error),
    };
    ending.send_replace(true);
    // Stopping first ends the event streams, which would otherwise never finish.
    app.runtime.stop().await;
    if tokio::time::timeout(DRAIN, serving).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    match failed {
        Some(error) => Err(anyhow::anyhow!("Cauce stopped because its data cannot be written: {error}")),
        None => Ok(()),
    }
}

/// Comes true at Ctrl-C or SIGTERM.
pub fn end_signal() -> watch::Receiver<bool> {
    let (tx, rx) = watch::channel(false);
    tokio::spawn(async move {
        let mut term = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(term) => term,
            Err(error) => {
                tracing::error!(%error, "signals cannot be received");
                return;
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = term.recv() => {}
        }
        tx.send_replace(true);
    });
    rx
}
