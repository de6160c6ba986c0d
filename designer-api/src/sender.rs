//! Carries out the sends that contacts decided.

use std::sync::Arc;

use cauce_conversation::SendOrder;
use cauce_model::{ContactEvent, SendFailure, SendOutcome};
use cauce_runtime::{Call, Executor, crash, from_bytes, to_bytes};
use cauce_whatsapp::{AccountCredentials, Graph};
use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::Semaphore;

/// How many requests to the Graph API are under way at one time: after an outage everybody has
/// something to say at once.
const AT_ONCE: usize = 256;

/// Sends over the Graph API.
pub struct Sender {
    /// The API.
    pub graph: Graph,
    /// The number to send from.
    pub credentials: AccountCredentials,
    places: Arc<Semaphore>,
}

impl Sender {
    /// Sends from this number.
    pub fn new(graph: Graph, credentials: AccountCredentials) -> Self {
        Self { graph, credentials, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Marks a customer's message as read, and shows that somebody is writing. Not durable: it is
    /// worth nothing a moment later, and left out when much is under way.
    pub async fn show(&self, provider_id: &str, typing: bool) {
        let Ok(_place) = self.places.try_acquire() else { return };
        if let Err(failure) = self.graph.mark_read(&self.credentials, provider_id, typing).await {
            tracing::debug!(code = failure.code, "a read mark was not taken");
        }
    }
}

impl Executor for Sender {
    fn execute(&self, call: Call) -> BoxFuture<'static, Vec<u8>> {
        let (graph, credentials, places) =
            (self.graph.clone(), self.credentials.clone(), self.places.clone());
        async move {
            let outcome = match from_bytes::<SendOrder>(&call.payload) {
                // It was under way when the process ended: only a status can tell what came of it.
                _ if call.resumed => SendOutcome::Uncertain {
                    failure: failure("interrupted", "Cauce se detuvo mientras enviaba el mensaje."),
                },
                Ok(order) => {
                    // The places are never closed.
                    let _place = places.acquire().await;
                    crash::point("send.before_post");
                    let outcome = graph.send(&credentials, &order.to, &order.content, &order.attempt).await;
                    crash::point("send.after_post");
                    outcome
                }
                Err(_) => SendOutcome::Failed {
                    failure: failure("unreadable", "El mensaje guardado no se puede leer."),
                },
            };
            to_bytes(&ContactEvent::SendAnswered { attempt: call.id, outcome })
        }
        .boxed()
    }
}

fn failure(code: &str, text: &str) -> SendFailure {
    SendFailure { code: code.into(), text: text.into() }
}
