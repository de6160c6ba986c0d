//! Delivery of webhooks: in order per customer, signed, and again until the receiver answers 200.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use reqwest::{
    Client, Url,
    header::{CONTENT_TYPE, HeaderValue},
};

use crate::{emulator::Emulator, signature, state::Fact};

/// The longest wait between two tries.
const LONGEST_WAIT_MS: u64 = 5_000;

/// Delivers what waits for one customer, oldest first, until nothing does. One such worker runs per customer.
pub async fn empty_queue(emulator: Arc<Emulator>, epoch: u64, wa_id: String) {
    loop {
        let (number, body, copies, parallel) = {
            let Some(mut core) = emulator.lock_in(epoch) else { return };
            let front = core.state.customers.get(&wa_id).and_then(|customer| customer.queue.front());
            let Some((number, webhook)) =
                front.and_then(|number| Some((*number, core.state.webhooks.get(number)?)))
            else {
                core.rest(&wa_id);
                return;
            };
            (number, webhook.body.clone(), webhook.copies, webhook.parallel)
        };
        if parallel {
            join_all((0..copies).map(|_| until_taken(&emulator, epoch, number, &body))).await;
        } else {
            for _ in 0..copies {
                until_taken(&emulator, epoch, number, &body).await;
            }
        }
        if !note(&emulator, epoch, Fact::Taken { webhook: number }) {
            return;
        }
    }
}

/// Posts one copy until it is answered with 200, or until a reset.
async fn until_taken(emulator: &Arc<Emulator>, epoch: u64, number: u64, body: &str) {
    for attempt in 0.. {
        tokio::time::sleep(wait_before(attempt, emulator.config.retry_base_ms)).await;
        if emulator.lock_in(epoch).is_none() {
            return;
        }
        let signature = signature::sign(&emulator.config.app_secret, body.as_bytes());
        let answer =
            post(&emulator.http, &emulator.config.webhook_url, body.to_owned(), Some(&signature)).await;
        let status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
        let noted = note(emulator, epoch, Fact::Tried { webhook: number, status });
        if status == Some(200) || !noted {
            return;
        }
        tracing::debug!(number, attempt, ?status, "webhook not taken");
    }
}

/// One post. No signature header when there is none.
///
/// # Errors
/// When no answer came within the client's time limit.
pub async fn post(
    client: &Client,
    url: &Url,
    body: String,
    signature: Option<&str>,
) -> reqwest::Result<reqwest::Response> {
    let mut request = client
        .post(url.clone())
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .body(body);
    if let Some(signature) = signature {
        request = request.header("X-Hub-Signature-256", signature);
    }
    request.send().await
}

/// None before the first try and the second, then `base`, doubling, never over five seconds.
fn wait_before(attempt: u32, base_ms: u64) -> Duration {
    let wait = match attempt {
        0 | 1 => 0,
        attempt => base_ms.saturating_mul(1 << (attempt - 2).min(20)).min(LONGEST_WAIT_MS),
    };
    Duration::from_millis(wait)
}

/// Commits one fact; false when it did not happen, because of a reset or because it could not be written.
fn note(emulator: &Arc<Emulator>, epoch: u64, fact: Fact) -> bool {
    let Some(mut core) = emulator.lock_in(epoch) else { return false };
    match emulator.commit(&mut core, vec![fact]) {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(%error, "the data folder cannot be written");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_try_comes_at_once_and_the_waits_double_up_to_five_seconds() {
        let waits: Vec<u128> = (0..10).map(|attempt| wait_before(attempt, 200).as_millis()).collect();
        assert_eq!(waits, [0, 0, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
        assert_eq!(wait_before(u32::MAX, 200).as_millis(), 5000);
    }
}
