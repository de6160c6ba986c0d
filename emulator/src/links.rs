//! Links in messages: Meta fetches what they name after it has accepted the message.

use std::time::Duration;

use reqwest::{Client, header::CONTENT_TYPE, redirect};

use crate::{formats::Kind, media::File};

/// How long the whole fetch may take.
const PATIENCE: Duration = Duration::from_secs(10);
const MOST_REDIRECTS: usize = 5;

/// The client of all fetches. The emulator is a program for tests: it fetches from any address, also its own machine's.
pub fn client() -> Client {
    Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::limited(MOST_REDIRECTS))
        .timeout(PATIENCE)
        .user_agent("facebookexternalua")
        .build()
        .expect("a client with these settings can be built")
}

/// Fetches a file and checks that a message of this kind may hold it.
///
/// # Errors
/// A sentence for the details of 131053.
pub async fn fetch(client: &Client, kind: Kind, link: &str, voice: bool) -> Result<File, String> {
    let lost = |error: reqwest::Error| {
        let reason = if error.is_timeout() {
            "it took too long"
        } else if error.is_redirect() {
            "it redirects too often"
        } else if error.is_connect() {
            "no connection could be made"
        } else {
            "the answer broke off"
        };
        format!("The file could not be downloaded from {link}: {reason}.")
    };
    let mut answer = client.get(link).send().await.map_err(lost)?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!("The file could not be downloaded from {link}: HTTP {status}."));
    }
    let mime = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mime = mime.unwrap_or("application/octet-stream").to_owned();
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(lost)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > kind.largest() {
            return Err(format!("The file at {link} has more than {} bytes.", kind.largest()));
        }
    }
    kind.check(&mime, &bytes, voice)?;
    let name = answer.url().path_segments().and_then(|mut parts| parts.next_back());
    let name = name.filter(|name| !name.is_empty()).map(str::to_owned);
    Ok(File::new(mime, name, bytes.into()))
}
