//! The world that takes messages: it writes down what was posted, and reacts as the test says.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use cauce_conversation::{Presence, SEND, SHOW, SendOrder};
use cauce_designer_api::executors::Executors;
use cauce_model::{ContactEvent, Content, Duration, FailureClass, SendFailure, SendOutcome, Timestamp};
use cauce_runtime::{Call, Clock, DROPPED, Executor, ManualClock, from_bytes, to_bytes};
use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::watch;

use super::within;

/// See the module. Clones are the same world.
#[derive(Clone)]
pub struct Graph {
    state: watch::Sender<State>,
    clock: ManualClock,
}

#[derive(Default)]
struct State {
    orders: Vec<Order>,
    script: HashMap<String, VecDeque<Reaction>>,
    released: HashMap<String, Reaction>,
    resumed: Vec<String>,
    shown: Vec<Presence>,
}

/// A message that was posted.
#[derive(Debug, Clone)]
pub struct Order {
    /// To whom.
    pub to: String,
    /// What.
    pub content: Content,
    /// The attempt's id.
    pub attempt: String,
    /// When.
    pub at: Timestamp,
    /// The id it has, if it was taken.
    pub wamid: String,
}

/// What happens to a message that is posted.
#[derive(Debug, Clone)]
pub enum Reaction {
    /// It is taken.
    Accept,
    /// It is refused, and may be tried again; the pause asked for.
    Refuse(Option<Duration>),
    /// There is nobody to take it; it may be tried again.
    NoConnection,
    /// It is refused for good.
    Fail,
    /// Nobody can say.
    Uncertain,
    /// Nothing, until [`Graph::release`].
    Hang,
}

impl Order {
    /// Its text, with what can be tapped in brackets.
    pub fn text(&self) -> String {
        let titles = options(&self.content).into_iter().map(|(title, _)| format!(" [{title}]"));
        format!("{}{}", self.content.preview(), titles.collect::<String>())
    }
}

/// What can be tapped in a message: titles and ids.
fn options(content: &Content) -> Vec<(String, String)> {
    match content {
        Content::Buttons { buttons, .. } => buttons.iter().map(|b| (b.title.clone(), b.id.clone())).collect(),
        Content::List { sections, .. } => {
            sections.iter().flat_map(|s| &s.rows).map(|r| (r.title.clone(), r.id.clone())).collect()
        }
        _ => Vec::new(),
    }
}

impl Graph {
    pub(super) fn new(clock: ManualClock) -> Self {
        Self { state: watch::Sender::default(), clock }
    }

    /// The next messages to this phone meet these reactions; those after them are taken.
    pub fn script(&self, phone: &str, reactions: impl IntoIterator<Item = Reaction>) {
        self.state.send_modify(|state| state.script.entry(phone.to_owned()).or_default().extend(reactions));
    }

    /// Ends the hanging of an attempt.
    pub fn release(&self, attempt: &str, reaction: Reaction) {
        self.state.send_modify(|state| {
            state.released.insert(attempt.to_owned(), reaction);
        });
    }

    /// What takes the place of the real sender.
    pub(super) fn executors(&self) -> Executors {
        let executors: [(&'static str, Arc<dyn Executor>); 2] =
            [(SEND, Arc::new(self.clone())), (SHOW, Arc::new(Shown(self.clone())))];
        executors.into_iter().collect()
    }

    /// The read marks and typing signs that flows gave, in order.
    pub fn shown(&self) -> Vec<Presence> {
        self.state.borrow().shown.clone()
    }

    /// Waits until this many of them were given.
    pub async fn until_shown(&self, count: usize) -> Vec<Presence> {
        let mut state = self.state.subscribe();
        within("signs are shown", state.wait_for(|state| state.shown.len() >= count)).await.unwrap();
        self.shown()
    }

    /// Everything that was posted, in order.
    pub fn posted(&self) -> Vec<Order> {
        self.state.borrow().orders.clone()
    }

    /// What was posted to this phone, in order.
    pub fn posted_to(&self, phone: &str) -> Vec<Order> {
        self.state.borrow().orders.iter().filter(|order| order.to == phone).cloned().collect()
    }

    /// Attempts that came back after the house had died, and were therefore not posted.
    pub fn resumed(&self) -> Vec<String> {
        self.state.borrow().resumed.clone()
    }

    /// Waits until this many messages were posted to this phone.
    pub async fn until_posted(&self, phone: &str, count: usize) -> Vec<Order> {
        let mut state = self.state.subscribe();
        let posted = |state: &State| state.orders.iter().filter(|order| order.to == phone).count() >= count;
        within("messages are posted", state.wait_for(posted)).await.unwrap();
        self.posted_to(phone)
    }

    /// Waits until this many attempts came back after the house had died.
    pub async fn until_resumed(&self, count: usize) -> Vec<String> {
        let mut state = self.state.subscribe();
        within("attempts come back", state.wait_for(|state| state.resumed.len() >= count)).await.unwrap();
        self.resumed()
    }

    /// The id under this title in the last message to this phone that has it; waits for one.
    pub async fn option(&self, phone: &str, title: &str) -> String {
        let find = |state: &State| {
            let to_them = state.orders.iter().rev().filter(|order| order.to == phone);
            to_them
                .flat_map(|order| options(&order.content))
                .find(|(found, _)| found == title)
                .map(|(_, id)| id)
        };
        let mut state = self.state.subscribe();
        let found = within(title, state.wait_for(|state| find(state).is_some()));
        let id = find(&found.await.unwrap());
        id.unwrap()
    }

    fn take(&self, order: SendOrder) -> (Order, Reaction) {
        let mut reaction = Reaction::Accept;
        let order = Order {
            wamid: format!("wamid.OUT.{}", order.attempt),
            at: self.clock.now(),
            to: order.to,
            content: order.content,
            attempt: order.attempt,
        };
        self.state.send_modify(|state| {
            state.orders.push(order.clone());
            if let Some(next) = state.script.get_mut(&order.to).and_then(VecDeque::pop_front) {
                reaction = next;
            }
        });
        (order, reaction)
    }

    async fn released(&self, attempt: &str) -> Reaction {
        let mut state = self.state.subscribe();
        let released = state.wait_for(|state| state.released.contains_key(attempt)).await;
        released.map_or(Reaction::Uncertain, |state| state.released[attempt].clone())
    }
}

/// Takes down what is shown.
struct Shown(Graph);

impl Executor for Shown {
    fn execute(&self, call: Call) -> BoxFuture<'static, Vec<u8>> {
        let presence = from_bytes(&call.payload).unwrap();
        self.0.state.send_modify(|state| state.shown.push(presence));
        async { Vec::new() }.boxed()
    }

    fn dropped(&self, _: Call) -> Vec<u8> {
        Vec::new()
    }
}

impl Executor for Graph {
    fn execute(&self, call: Call) -> BoxFuture<'static, Vec<u8>> {
        let graph = self.clone();
        async move {
            // What may have been posted already is not posted again: the rule of the real sender.
            if call.resumed {
                graph.state.send_modify(|state| state.resumed.push(call.id.clone()));
                let failure =
                    SendFailure::new(FailureClass::Unconfirmed, "interrupted", "Se detuvo a medio enviar.");
                let outcome = SendOutcome::Uncertain { failure };
                return to_bytes(&ContactEvent::SendAnswered { attempt: call.id, outcome });
            }
            let (order, mut reaction) = graph.take(from_bytes(&call.payload).unwrap());
            if matches!(reaction, Reaction::Hang) {
                reaction = graph.released(&order.attempt).await;
            }
            let outcome = match reaction {
                Reaction::Accept => {
                    SendOutcome::Accepted { provider_id: order.wamid, recipient: Some(order.to) }
                }
                Reaction::Refuse(retry_after) => SendOutcome::Refused {
                    failure: SendFailure::new(FailureClass::NumberLimit, "130429", "Demasiados mensajes."),
                    retry_after,
                },
                Reaction::NoConnection => SendOutcome::Refused {
                    failure: SendFailure::new(FailureClass::Connection, "connection", "No hay conexión."),
                    retry_after: None,
                },
                Reaction::Fail => SendOutcome::Failed {
                    failure: SendFailure::new(FailureClass::Unreachable, "131026", "No se puede entregar."),
                },
                Reaction::Uncertain | Reaction::Hang => SendOutcome::Uncertain {
                    failure: SendFailure::new(FailureClass::Unconfirmed, "timeout", "WhatsApp no contestó."),
                },
            };
            to_bytes(&ContactEvent::SendAnswered { attempt: call.id, outcome })
        }
        .boxed()
    }

    fn dropped(&self, call: Call) -> Vec<u8> {
        let failure = SendFailure::new(FailureClass::NotSent, DROPPED, "No se envió.");
        to_bytes(&ContactEvent::SendAnswered { attempt: call.id, outcome: SendOutcome::Failed { failure } })
    }
}
