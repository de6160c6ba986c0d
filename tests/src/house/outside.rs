//! The servers that flows call, when the test says what becomes of every try.

use std::collections::{HashMap, VecDeque};

use cauce_conversation::HttpOrder;
use cauce_model::{ContactEvent, Duration, HttpAnswer, HttpFailure, HttpOutcome, HttpRequest, Timestamp};
use cauce_runtime::{Call, Clock, DROPPED, Executor, ManualClock, from_bytes, to_bytes};
use futures_util::future::{BoxFuture, FutureExt};
use serde_json::Value;
use tokio::sync::watch;

use super::within;

/// See the module. Clones are the same world.
#[derive(Clone)]
pub struct Outside {
    state: watch::Sender<State>,
    clock: ManualClock,
}

#[derive(Default)]
struct State {
    tries: Vec<Try>,
    script: HashMap<String, VecDeque<Says>>,
    released: HashMap<String, Says>,
}

/// A try of a call.
#[derive(Debug, Clone)]
pub struct Try {
    /// Its id: the call's, and which try.
    pub id: String,
    /// The call's id, by which the run knows the answer.
    pub call: String,
    /// What was asked.
    pub request: HttpRequest,
    /// Whether it was under way when the house died.
    pub resumed: bool,
    /// When.
    pub at: Timestamp,
}

/// What a server does about a try.
#[derive(Debug, Clone)]
pub enum Says {
    /// This comes of it.
    This(HttpOutcome),
    /// Nothing, until [`Outside::release`].
    Hang,
}

impl Says {
    /// It answers with this status and body.
    pub fn answer(status: u16, body: Value) -> Self {
        Self::This(HttpOutcome::Answered(HttpAnswer { status, body, retry_after: None }))
    }

    /// It asks to be left alone for so long.
    pub fn later(status: u16, pause: Duration) -> Self {
        let retry_after = Some(pause);
        Self::This(HttpOutcome::Answered(HttpAnswer { status, body: Value::Null, retry_after }))
    }

    /// No answer comes, for this reason.
    pub fn silent(code: &str) -> Self {
        Self::This(HttpOutcome::Unavailable(failure(code)))
    }

    /// It answers something that is of no use.
    pub fn useless(code: &str) -> Self {
        Self::This(HttpOutcome::Unusable(failure(code)))
    }
}

fn failure(code: &str) -> HttpFailure {
    HttpFailure { code: code.to_owned(), text: "Así lo quiso la prueba.".to_owned() }
}

impl Outside {
    pub(super) fn new(clock: ManualClock) -> Self {
        Self { state: watch::Sender::default(), clock }
    }

    /// From now on the tries of this address meet these, in order; the last stays for all that follow.
    /// At an address of which nothing was said there is no server.
    pub fn script(&self, url: &str, says: impl IntoIterator<Item = Says>) {
        self.state.send_modify(|state| drop(state.script.insert(url.to_owned(), says.into_iter().collect())));
    }

    /// Ends the hanging of a try.
    pub fn release(&self, id: &str, says: Says) {
        self.state.send_modify(|state| drop(state.released.insert(id.to_owned(), says)));
    }

    /// The tries of this address, in order.
    pub fn tries(&self, url: &str) -> Vec<Try> {
        self.state.borrow().tries.iter().filter(|tried| tried.request.url == url).cloned().collect()
    }

    /// Waits until this address was tried so often.
    pub async fn until_tried(&self, url: &str, count: usize) -> Vec<Try> {
        let mut state = self.state.subscribe();
        let tried = |state: &State| state.tries.iter().filter(|t| t.request.url == url).count() >= count;
        within("a server is asked", state.wait_for(tried)).await.unwrap();
        self.tries(url)
    }

    fn take(&self, call: &Call) -> (Try, Says) {
        let order: HttpOrder = from_bytes(&call.payload).unwrap();
        let (id, resumed, at) = (call.id.clone(), call.resumed, self.clock.now());
        let tried = Try { id, call: order.call, request: order.request, resumed, at };
        let mut says = Says::silent("unreachable");
        self.state.send_modify(|state| {
            if let Some(script) = state.script.get_mut(&tried.request.url) {
                let next = if script.len() > 1 { script.pop_front() } else { script.front().cloned() };
                says = next.unwrap_or(Says::Hang);
            }
            state.tries.push(tried.clone());
        });
        (tried, says)
    }

    async fn released(&self, id: &str) -> Says {
        let mut state = self.state.subscribe();
        let released = state.wait_for(|state| state.released.contains_key(id)).await;
        released.map_or(Says::Hang, |state| state.released[id].clone())
    }
}

impl Executor for Outside {
    fn execute(&self, call: Call) -> BoxFuture<'static, Vec<u8>> {
        let outside = self.clone();
        async move {
            let (tried, mut says) = outside.take(&call);
            loop {
                match says {
                    Says::This(outcome) => {
                        return to_bytes(&ContactEvent::HttpAnswered { call: tried.call, outcome });
                    }
                    Says::Hang => says = outside.released(&tried.id).await,
                }
            }
        }
        .boxed()
    }

    fn dropped(&self, call: Call) -> Vec<u8> {
        let order: HttpOrder = from_bytes(&call.payload).unwrap();
        let failure = HttpFailure { code: DROPPED.into(), text: "No se hizo.".into() };
        to_bytes(&ContactEvent::HttpAnswered { call: order.call, outcome: HttpOutcome::Unusable(failure) })
    }
}
