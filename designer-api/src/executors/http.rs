//! Asks the servers that flows call.

use std::collections::HashMap;
use std::sync::Arc;

use cauce_conversation::HttpOrder;
use cauce_http::{Guarded, Policy, Secrets};
use cauce_model::{ContactEvent, HttpFailure, HttpOutcome};
use cauce_runtime::{Call, DROPPED, Executor, crash, from_bytes, to_bytes};
use futures_util::future::{BoxFuture, FutureExt};
use secrecy::SecretString;

use crate::config::Config;

/// How much of an answer is read, in bytes: it is kept with the journal of who asked.
const MAX_ANSWER: usize = 128 * 1024;

/// Calls servers through the guard. A call that was under way when the process ended is made again, under
/// the same idempotency key.
pub struct Outgoing {
    guarded: Arc<Guarded>,
    secrets: Arc<Kept>,
}

/// The secrets of an installation, each with the hosts that may get it.
struct Kept(HashMap<String, (SecretString, Vec<String>)>);

impl Secrets for Kept {
    fn get(&self, name: &str, host: &str) -> Option<SecretString> {
        let (secret, hosts) = self.0.get(name)?;
        hosts.iter().any(|allowed| allowed == host).then(|| secret.clone())
    }
}

impl Outgoing {
    /// Calls what the configuration allows, with its secrets.
    ///
    /// # Errors
    /// When a target is none, or a secret is not there.
    pub fn of(config: &Config) -> anyhow::Result<Self> {
        let allow = config.outgoing.allow.iter().map(|target| target.parse()).collect::<Result<_, _>>()?;
        let guarded = Guarded::new(Policy { allow, max_answer_bytes: MAX_ANSWER, ..Policy::default() })?;
        let mut secrets = HashMap::new();
        for (name, secret) in &config.secrets {
            let hosts = secret.hosts.iter().map(|host| host.trim().to_ascii_lowercase()).collect();
            secrets.insert(name.clone(), (secret.reveal(name)?, hosts));
        }
        Ok(Self { guarded: Arc::new(guarded), secrets: Arc::new(Kept(secrets)) })
    }
}

impl Executor for Outgoing {
    fn execute(&self, call: Call) -> BoxFuture<'static, Vec<u8>> {
        let (guarded, secrets) = (self.guarded.clone(), self.secrets.clone());
        async move {
            let answered = match from_bytes::<HttpOrder>(&call.payload) {
                Ok(HttpOrder { call, request }) => {
                    crash::point("http.before_call");
                    let outcome = guarded.call(&request, secrets.as_ref()).await;
                    crash::point("http.after_call");
                    ContactEvent::HttpAnswered { call, outcome }
                }
                Err(_) => {
                    let text = "La llamada guardada no se puede leer.".to_owned();
                    let outcome = HttpOutcome::Unusable(HttpFailure { code: "bad_request".to_owned(), text });
                    ContactEvent::HttpAnswered { call: call_of(&call.id), outcome }
                }
            };
            to_bytes(&answered)
        }
        .boxed()
    }

    fn dropped(&self, call: Call) -> Vec<u8> {
        let text = "La llamada quedó pendiente en la copia restaurada y no se hizo.".to_owned();
        let outcome = HttpOutcome::Unusable(HttpFailure { code: DROPPED.to_owned(), text });
        to_bytes(&ContactEvent::HttpAnswered { call: call_of(&call.id), outcome })
    }
}

/// The call of a try: the try's number follows the call's id.
fn call_of(id: &str) -> String {
    id.rsplit_once('.').map_or("", |(call, _)| call).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_secret_goes_to_its_hosts_only() {
        let hosts = vec!["api.crm.com".to_owned()];
        let kept = Kept([("crm".to_owned(), (SecretString::from("s3cret"), hosts))].into());
        assert_eq!(kept.get("crm", "api.crm.com").unwrap().expose_secret(), "s3cret");
        for (name, host) in
            [("crm", "crm.com"), ("crm", "api.crm.com.evil.example"), ("other", "api.crm.com")]
        {
            assert!(kept.get(name, host).is_none(), "{name} {host}");
        }
    }
}
