//! The physical limit: a bare axum that does what every answer costs at least. It checks the same signature,
//! takes the body apart with the same code, and answers when the body is in a file and synced, together with
//! all the others that wait.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use cauce_whatsapp::{AccountRef, MAX_WEBHOOK_BYTES, decode, signature};
use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::messages::{self, PHONE_NUMBER_ID, SECRET};

#[derive(Debug, Clone, Args)]
pub struct Bare {
    /// The file to append to.
    #[arg(long)]
    file: PathBuf,
}

/// A body that is to be made durable, and who waits for it.
type Append = (Bytes, oneshot::Sender<()>);

impl Bare {
    /// Listens until the process is ended, and says where on the first line of its output.
    pub async fn run(&self) -> anyhow::Result<()> {
        let mut file = File::options().append(true).create(true).open(&self.file)?;
        let (appends, inbox) = mpsc::channel::<Append>();
        std::thread::spawn(move || {
            let mut buffer = Vec::new();
            while let Ok(first) = inbox.recv() {
                let mut waiting = Vec::new();
                buffer.clear();
                for (body, done) in std::iter::once(first).chain(inbox.try_iter()) {
                    buffer.extend_from_slice(&body);
                    waiting.push(done);
                }
                if file.write_all(&buffer).and_then(|()| file.sync_data()).is_err() {
                    return;
                }
                for done in waiting {
                    let _ = done.send(());
                }
            }
        });
        let router = Router::new()
            .route("/webhooks/whatsapp", post(receive))
            .layer(DefaultBodyLimit::max(MAX_WEBHOOK_BYTES))
            .with_state((appends, Arc::new(messages::account())));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        crate::say(&listener.local_addr()?.to_string());
        Ok(axum::serve(listener, router).await?)
    }
}

type Shared = (mpsc::Sender<Append>, Arc<AccountRef>);

async fn receive(State((appends, account)): State<Shared>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signed = headers.get(signature::HEADER).and_then(|value| value.to_str().ok());
    if signature::verify(&[SECRET], signed, &body).is_err() {
        return StatusCode::FORBIDDEN;
    }
    let known = |number: &str| (number == PHONE_NUMBER_ID).then(|| AccountRef::clone(&account));
    match decode(&body, &known) {
        Ok(elements) if !elements.is_empty() => {}
        _ => return StatusCode::BAD_REQUEST,
    }
    let (done, durable) = oneshot::channel();
    if appends.send((body, done)).is_err() || durable.await.is_err() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::OK
}
