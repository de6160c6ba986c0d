//! Listening, and ending in order.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::app::App;

/// How long the engine may take to end: calls under way get eight seconds of it (`cauce_runtime`).
const STOP: Duration = Duration::from_secs(9);
/// How long answers may take after that.
const DRAIN: Duration = Duration::from_millis(500);

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

/// Serves until `end` comes true or the disk fails. Then nothing new is taken: whoever comes with an event
/// is told to come again, while what was taken is handled and committed; and it returns.
pub async fn serve(app: Arc<App>, listener: TcpListener, end: watch::Receiver<bool>) -> anyhow::Result<()> {
    let router = crate::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let (ending, mut ended) = watch::channel(false);
    let mut asked = end;
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
        error = app.runtime.failure() => Some(error),
    };
    tracing::info!("ending: nothing new is taken, and what was taken is finished");
    app.sender.close();
    if tokio::time::timeout(STOP, app.runtime.stop()).await.is_err() {
        tracing::warn!("not everything was finished in time; the next start goes on with it");
    }
    // Until here new connections were answered; the event streams have ended with the engine.
    ending.send_replace(true);
    if tokio::time::timeout(DRAIN, serving).await.is_err() {
        tracing::info!("some answers did not go out in time");
    }
    match failed {
        Some(error) => Err(anyhow::anyhow!("Cauce stopped because its data cannot be written: {error}")),
        None => Ok(()),
    }
}

/// Comes true at Ctrl-C or SIGTERM. A second one ends the process at once: what it acknowledged is durable.
///
/// # Errors
/// When the system lets no signals be received.
pub fn end_signal() -> io::Result<watch::Receiver<bool>> {
    let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (tx, rx) = watch::channel(false);
    tokio::spawn(async move {
        for code in [None, Some(1)] {
            tokio::select! {
                _ = term.recv() => {}
                _ = interrupt.recv() => {}
            }
            if let Some(code) = code {
                tracing::warn!("told to end a second time: ending at once");
                std::process::exit(code);
            }
            tx.send_replace(true);
        }
    });
    Ok(rx)
}
