//! Meta's WhatsApp servers, locally: Graph endpoints, signed webhooks, a phone to write on.
//!
//! It stands beside the house and imports no crate of it: what it accepts and what it sends is written from Meta's
//! documents alone, so that it can serve as the independent opinion of tests. Its ledger tells what was really
//! accepted; its faults make a good network bad on demand; its clock is its own.

mod codes;
mod config;
mod control;
mod control_media;
mod emulator;
mod faults;
mod formats;
mod graph;
mod graph_error;
mod graph_media;
mod ids;
mod inbound;
mod line;
mod links;
mod media;
mod message;
mod payload;
mod persist;
mod phone;
mod rate;
mod refusal;
mod samples;
mod signature;
mod state;
mod statuses;
mod validate;
mod views;
mod webhook;

use std::{io, net::SocketAddr};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::Uri,
    routing::{any, get, post},
};
use tokio::{net::TcpListener, task::JoinHandle};

pub use config::Config;
use emulator::Emulator;
use line::{Breaker, End, Line};
pub use persist::DataError;

/// Room for a webhook that is larger than a receiver may take (Meta's own stay under 3 MB).
const LARGEST_BODY: usize = 32 * 1024 * 1024;
/// Room for the largest file and the form around it.
const LARGEST_FILE_BODY: usize = formats::LARGEST + 64 * 1024;

/// Why the emulator did not start. Each is a sentence to act on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken.
    #[error("{0} is in use by another program. End that one or choose another address.")]
    Busy(SocketAddr),
    /// The address cannot be used.
    #[error("The emulator cannot listen on {0}: {1}.")]
    Listen(SocketAddr, io::Error),
    /// The data folder cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
}

/// An emulator that accepts connections. Dropping it ends that; deliveries under way end with the runtime.
pub struct Running {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Running {
    /// Where it listens; the real port when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Starts an emulator in this process.
///
/// # Errors
/// When the address is taken or the data folder cannot be used.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let asked = config.listen;
    let listen = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::Busy(asked),
        _ => StartError::Listen(asked, error),
    };
    let listener = TcpListener::bind(asked).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let breaker = Breaker::default();
    let line = Line::new(listener, breaker.clone()).map_err(listen)?;
    let router = router(config, address, breaker)?.into_make_service_with_connect_info::<End>();
    let server = tokio::spawn(async move {
        if let Err(error) = axum::serve(line, router).await {
            tracing::error!(%error, "the emulator no longer accepts connections");
        }
    });
    Ok(Running { address, server })
}

fn router(config: Config, address: SocketAddr, breaker: Breaker) -> Result<Router, DataError> {
    let file_room = || DefaultBodyLimit::max(LARGEST_FILE_BODY);
    let control = Router::new()
        .route("/state", get(control::state))
        .route("/customers", post(control::add_customer))
        .route("/customers/{wa_id}/messages", get(control::messages).post(control::write))
        .route("/customers/{wa_id}/open", post(control::open))
        .route("/customers/{wa_id}/media", post(control_media::add).layer(file_room()))
        .route("/media/{id}", get(control_media::file))
        .route("/samples", get(control_media::samples))
        .route("/samples/{name}", get(control_media::sample))
        .route("/webhook", post(control::post_webhook))
        .route("/handshake", post(control::handshake))
        .route("/ledger", get(control::ledger))
        .route("/faults", get(control::faults).post(control::add_fault).delete(control::clear_faults))
        .route("/down", post(control::go_down))
        .route("/rate", get(control::rate))
        .route("/clock", post(control::move_clock))
        .route("/reset", post(control::reset))
        .route("/events", get(control::events))
        .route("/{*other}", any(control::unknown));
    Ok(Router::new()
        .nest("/emulator", control)
        .route("/media/{id}", get(graph_media::download))
        .route("/{version}/{object}", get(graph::get_object).delete(graph_media::delete))
        .route("/{version}/{object}/media", post(graph_media::upload).layer(file_room()))
        .route("/{version}/{object}/messages", post(graph::post_messages))
        .fallback(get(|uri: Uri| async move { phone::file(uri.path()) }))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(Emulator::open(config, address, breaker)?))
}
