//! What a kind of step declares, and the catalogue of kinds.
//!
//! A kind is its config type: serde and JSON Schema give its form, [`Behaviour`] its exits, checks
//! and conduct, [`NodeKind`] its name, looks, examples and the way older configs become today's.

use cauce_model::{Duration, FlowId, HttpOutcome, InboundContent, MediaKind, QueueId};
use indexmap::IndexMap;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::example::Example;
use crate::fields::Name;
use crate::program::Check;
use crate::scenario::{Probe, Seen};
use crate::step::{Context, Failure, Step, WINDOW_CLOSED};
use crate::timetable::Timetable;

/// What part a kind plays in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Where a flow starts.
    Start,
    /// Anything between.
    Step,
    /// Hands the customer to a person: nobody is lost here.
    Person,
    /// Where a flow ends.
    End,
    /// A way on that the canvas draws as a name, not as a line.
    Jump,
    /// Where a customer's word, or exits that lead nowhere by themselves, lead from anywhere.
    Handler,
    /// Words for colleagues on the canvas: nobody comes here.
    Note,
}

/// What screens and checks know of a kind.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Meta {
    /// Short stable id, as documents write it.
    pub kind: &'static str,
    /// Version of the config type; grows when older configs need [`NodeKind::migrate`].
    pub v: u16,
    /// Name in the palette (Spanish).
    pub name: &'static str,
    /// One sentence that says what it does (Spanish).
    pub description: &'static str,
    /// Group in the palette (Spanish).
    pub group: &'static str,
    /// Icon, a name of the Tabler set.
    pub icon: &'static str,
    /// Colour token: `green`, `blue`, `violet`, `amber`, `teal`, `slate`, `rose`.
    pub color: &'static str,
    /// Its part in the graph.
    pub role: Role,
    /// Whether the run always waits here: for an answer, a time or a person.
    pub waits: bool,
}

/// A way out of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// Stable key, never a label.
    pub key: String,
    /// What screens show (Spanish).
    pub label: String,
    /// Whether it may stay unconnected.
    pub optional: bool,
    /// What has happened when it is taken.
    pub after: After,
}

/// What has happened since the run came to a step when it leaves by an exit. The proof of the 24-hour window
/// adds it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum After {
    /// Nothing that takes time.
    #[default]
    Nothing,
    /// The customer has written just now.
    Message,
    /// At most so much time has passed.
    Time(Duration),
    /// Nobody knows how much time has passed.
    AnyTime,
    /// The window is open, whatever has happened.
    OpenWindow,
}

impl Exit {
    /// An exit with this key and label.
    pub fn new(key: impl Into<String>, label: impl Into<String>) -> Self {
        Self { key: key.into(), label: label.into(), optional: false, after: After::Nothing }
    }
    /// The same, but this has happened when it is taken.
    pub fn after(self, after: After) -> Self {
        Self { after, ..self }
    }
    /// The same, but it may stay unconnected.
    pub fn or_not(self) -> Self {
        Self { optional: true, ..self }
    }
    /// The only exit of a step that simply goes on.
    pub fn next() -> Self {
        Self::new("next", "Sigue")
    }
    /// Nothing that was answered fits.
    pub fn no_match() -> Self {
        Self::new("no_match", "No se entendió").after(After::Message)
    }
    /// Nothing came in this time.
    pub fn timeout(time: Duration) -> Self {
        Self::new("timeout", "Sin respuesta").after(After::Time(time))
    }
    /// The 24-hour window was closed when the run came.
    pub(crate) fn window_closed() -> Self {
        Self::new(WINDOW_CLOSED, "Pasaron 24 horas").or_not()
    }
}

/// What starts a flow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Triggers {
    /// Words or phrases: the whole message, or whole words in it.
    pub keywords: Vec<String>,
    /// The keywords must be the whole message.
    pub exact: bool,
    /// As the whole message, the keywords start it also from within another flow.
    pub everywhere: bool,
    /// Codes of links and printed codes: the message that they prepare has one.
    pub links: Vec<String>,
    /// Advertisements and posts, by the provider's id.
    pub ads: Vec<String>,
    /// Any advertisement or post.
    pub any_ad: bool,
    /// The first message that the customer ever wrote.
    pub first_contact: bool,
    /// Any message starts it when nothing else of any flow does.
    pub any_message: bool,
    /// What other systems tell of.
    pub events: Vec<String>,
    /// Its own hour.
    pub schedule: Option<Timetable>,
    /// Of several flows that fit a message, the one with the greatest comes first.
    pub priority: i32,
}

impl Triggers {
    /// Whether nothing but another flow starts it.
    pub fn is_empty(&self) -> bool {
        let (exact, everywhere, priority) = (self.exact, self.everywhere, self.priority);
        *self == Self { exact, everywhere, priority, ..Self::default() }
    }
}

/// Words with which a customer comes to a step from wherever a flow waits for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The words or phrases.
    pub words: Vec<String>,
    /// They count also inside a longer message.
    pub anywhere: bool,
    /// They lead back to what was asked before.
    pub goes_back: bool,
}

/// A flow that a step calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowUse {
    /// Which.
    pub flow: FlowId,
    /// The data that it is given, by name.
    pub params: Vec<String>,
    /// The data that is wanted of it, by name.
    pub returns: Vec<String>,
    /// The outcomes that have an exit of their own.
    pub outcomes: Vec<String>,
}

/// A variable that a step writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Its name.
    pub name: String,
    /// How screens call it, when the step knows (Spanish).
    pub label: Option<String>,
    /// The exits by which the step may be left without having written it.
    pub unless: &'static [&'static str],
    /// All that it may write there; empty when that may be anything.
    pub values: Vec<Value>,
}

/// How a step chooses its way by what is known, for the checks to look into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chooses {
    /// The first rule that holds leads on.
    Rules(Vec<Condition>),
    /// What a value reads like leads on; accents and case do not count.
    Cases {
        /// The expression that gives the value.
        value: String,
        /// The cases.
        cases: Vec<Match>,
    },
}

/// A rule of [`Chooses::Rules`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The exit it leads to.
    pub exit: String,
    /// The expression that must hold.
    pub when: String,
    /// Where that stands in the config, within its rule, as a JSON pointer.
    pub pointer: String,
}

/// A case of [`Chooses::Cases`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The exit it leads to.
    pub exit: String,
    /// What the value must read like.
    pub reads: String,
    /// Where that stands in the config, as a JSON pointer.
    pub pointer: String,
}

impl Write {
    /// A variable without a label of its own, written whichever way the step is left.
    pub fn new(name: &Name) -> Self {
        Self { name: name.0.clone(), label: None, unless: &[], values: Vec::new() }
    }

    /// The same, but by these exits the step may be left without having written it.
    pub fn unless(self, unless: &'static [&'static str]) -> Self {
        Self { unless, ..self }
    }

    /// The same, but it writes nothing else than one of these.
    pub fn among(self, values: Vec<Value>) -> Self {
        Self { values, ..self }
    }
}

/// Why a step that waits goes on.
#[derive(Debug, Clone, Copy)]
pub enum Resume<'a> {
    /// The customer answered.
    Answer(&'a InboundContent),
    /// The time is over: of an answer, of a delay, or to be taken by a person.
    TimedOut,
    /// The person is done.
    Resolved,
    /// A server outside answered, or did not.
    Called(&'a HttpOutcome),
    /// All that the step said has left for the customer.
    Sent,
    /// Something that the step said will not arrive. The code says why.
    Unsent(&'a str),
    /// Another system told of something.
    Happened {
        /// What.
        name: &'a str,
        /// What it told of it.
        data: &'a Value,
    },
    /// The flow that the step called came to its end.
    Returned {
        /// What its end says of it.
        outcome: Option<&'a str>,
        /// What it gives back.
        data: &'a IndexMap<String, Value>,
    },
    /// The flow that the step called was stopped. The code says why.
    NotReturned(&'a str),
}

/// All the ways out of a step: its own, and, when it says something on the way, the one for a closed window. An
/// end and a person have none: they are where the way leads, said or not.
pub(crate) fn all_exits(meta: Meta, behaviour: &dyn Behaviour) -> Vec<Exit> {
    let window_closed = (meta.role == Role::Step && behaviour.sends() > 0).then(Exit::window_closed);
    behaviour.exits().into_iter().chain(window_closed).collect()
}

/// A file that a step sends, by the name it has beside the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileUse {
    /// Its path beside the document, with `/`.
    pub path: String,
    /// As what it is sent.
    pub media: MediaKind,
    /// Where in the config it is named, as a JSON pointer.
    pub pointer: String,
}

/// What a step with a given config is and does. Pure: the same input gives the same answer.
pub trait Behaviour: Send + Sync {
    /// The ways out, in the order of the screen. Every one must be connected, unless it is optional.
    fn exits(&self) -> Vec<Exit>;

    /// What the JSON Schema cannot say about the config.
    fn check(&self, _check: &mut Check<'_>) {}

    /// The variables it writes.
    fn writes(&self) -> Vec<Write> {
        Vec::new()
    }

    /// How many messages it says at most when the run arrives. One that says any gets the exit
    /// `window_closed` beside its own.
    fn sends(&self) -> usize {
        0
    }

    /// Whether the run does not wait here, as it does at the other steps of this kind.
    fn goes_on(&self) -> bool {
        false
    }

    /// The files it sends.
    fn files(&self) -> Vec<FileUse> {
        Vec::new()
    }

    /// What starts the flow here; only for [`Role::Start`].
    fn triggers(&self) -> Triggers {
        Triggers::default()
    }

    /// The words that lead here from wherever the flow waits; only for [`Role::Handler`].
    fn command(&self) -> Option<Command> {
        None
    }

    /// The exits that lead here wherever they lead nowhere else; only for [`Role::Handler`].
    fn stands_for(&self) -> Vec<String> {
        Vec::new()
    }

    /// The flow it calls.
    fn calls(&self) -> Option<FlowUse> {
        None
    }

    /// For how long, after each piece of an answer, it waits for the next: then all pieces are one answer.
    fn collects(&self) -> Option<Duration> {
        None
    }

    /// The lines of its card (Spanish and the author's own texts).
    fn summary(&self) -> Vec<String>;

    /// The run arrives.
    ///
    /// # Errors
    /// A [`Failure`] stops the run; nothing that this step said or set remains.
    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure>;

    /// What the run waited for is here. Only for steps that wait.
    ///
    /// # Errors
    /// As for [`Behaviour::enter`].
    fn resume(&self, _cx: &mut Context<'_>, _why: Resume<'_>) -> Result<Step, Failure> {
        Ok(Step::Stay)
    }

    /// The run waits here for an answer, and is to ask once more: the customer wanted something else in
    /// between. What the step kept is there.
    ///
    /// # Errors
    /// As for [`Behaviour::enter`].
    fn ask_again(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        self.enter(cx)
    }

    /// The run waits here for an answer, and the customer wants to go back: asks what this step asked before
    /// that. `None` when it had asked nothing before.
    ///
    /// # Errors
    /// As for [`Behaviour::enter`].
    fn ask_before(&self, _cx: &mut Context<'_>) -> Result<Option<Step>, Failure> {
        Ok(None)
    }

    /// How many messages it says at most from when the run arrives until it leaves, those that ask again
    /// included.
    fn sends_in_all(&self) -> usize {
        self.sends()
    }

    /// How it chooses its way, when the checks may look into that.
    fn chooses(&self) -> Option<Chooses> {
        None
    }

    /// The queues to which it hands customers, each with where it stands in the config, as a JSON pointer.
    fn queues(&self) -> Vec<(QueueId, &'static str)> {
        Vec::new()
    }

    /// What could happen at this step that leads different ways, beside what can be seen from outside (a tap
    /// on each option, silence, an answer that makes no sense): scenarios are made up with it.
    fn probes(&self, _seen: &Seen<'_>) -> Vec<Probe> {
        Vec::new()
    }
}

/// A kind, declared once: on its config type.
pub trait NodeKind: Behaviour + Serialize + DeserializeOwned + JsonSchema + Sized + 'static {
    /// Name, looks and part.
    const META: Meta;

    /// Small flows that show it, which are run as tests. The step shown has the id `paso`.
    fn examples() -> Vec<Example>;

    /// Turns a config of an older version into one of today's.
    ///
    /// # Errors
    /// A Spanish sentence when it cannot.
    fn migrate(_from: u16, config: Value) -> Result<Value, String> {
        Ok(config)
    }
}

/// A kind as the catalogue keeps it.
pub struct Kind {
    /// Name, looks and part.
    pub meta: Meta,
    /// JSON Schema (draft-07, without references) of the config; titles in Spanish.
    pub config_schema: Value,
    pub(crate) bind: fn(Value) -> Result<Box<dyn Behaviour>, String>,
    pub(crate) migrate: fn(u16, Value) -> Result<Value, String>,
    examples: fn() -> Vec<Example>,
}

impl Kind {
    fn of<K: NodeKind>() -> Self {
        let settings = SchemaSettings::draft07().with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        });
        let schema: Schema = settings.into_generator().into_root_schema_for::<K>();
        Self {
            meta: K::META,
            config_schema: tidy(schema.to_value()),
            bind: |config| match serde_json::from_value::<K>(config) {
                Ok(behaviour) => Ok(Box::new(behaviour)),
                Err(error) => Err(error.to_string()),
            },
            migrate: K::migrate,
            examples: K::examples,
        }
    }

    /// Its examples.
    pub fn examples(&self) -> Vec<Example> {
        (self.examples)()
    }
}

/// A schema for screens and checks: the Spanish help (`x-help`) in the place of the doc comments, no
/// `null` (an optional field is left out) and no formats that only Rust knows.
pub(crate) fn tidy(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(map) => {
            if let Some(Value::Array(several)) = map.remove("anyOf") {
                // Something or null; what is said around it counts more than what it says itself.
                let some = several.into_iter().find(|one| one.get("type").is_none_or(|name| name != "null"));
                if let Some(Value::Object(some)) = some {
                    for (key, value) in some {
                        map.entry(key).or_insert(value);
                    }
                }
            }
            // A property may have this name too: then it is no text.
            if map.get("description").is_some_and(Value::is_string) {
                map.remove("description");
            }
            if let Some(help) = map.remove("x-help") {
                map.insert("description".to_owned(), help);
            }
            let format = map.get("format").and_then(Value::as_str).unwrap_or_default();
            if format.trim_start_matches('u').starts_with("int") || ["double", "float"].contains(&format) {
                map.remove("format");
            }
            spread(map);
            if let Some(Value::Array(types)) = map.get("type") {
                let some = types.iter().find(|name| *name != "null").cloned();
                map.extend(some.map(|some| ("type".to_owned(), some)));
            }
            for value in map.values_mut() {
                *value = tidy(value.take());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = tidy(item.take())),
        _ => {}
    }
    schema
}

/// An object of several forms that share fields: every form gets them, in front of its own.
fn spread(map: &mut serde_json::Map<String, Value>) {
    let (Some(Value::Object(shared)), Some(Value::Array(_))) = (map.get("properties"), map.get("oneOf"))
    else {
        return;
    };
    let shared = shared.clone();
    let required = map.remove("required");
    map.retain(|key, _| !["properties", "type", "additionalProperties"].contains(&key.as_str()));
    let Some(Value::Array(forms)) = map.get_mut("oneOf") else { return };
    for form in forms.iter_mut().filter_map(Value::as_object_mut) {
        let mut properties = shared.clone();
        if let Some(Value::Object(own)) = form.remove("properties") {
            properties.extend(own);
        }
        form.insert("properties".to_owned(), properties.into());
        let mut needed: Vec<Value> = required.iter().filter_map(Value::as_array).flatten().cloned().collect();
        needed.extend(form.get("required").and_then(Value::as_array).into_iter().flatten().cloned());
        form.insert("required".to_owned(), needed.into());
        form.insert("additionalProperties".to_owned(), false.into());
    }
}

/// The kinds that flows may use, by id, in the order of the palette.
#[derive(Default)]
pub struct Catalogue {
    kinds: IndexMap<&'static str, Kind>,
}

impl Catalogue {
    /// An empty catalogue.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more kind. A kind of the same id is replaced.
    pub fn with<K: NodeKind>(mut self) -> Self {
        self.kinds.insert(K::META.kind, Kind::of::<K>());
        self
    }

    /// The kind with this id.
    pub fn get(&self, kind: &str) -> Option<&Kind> {
        self.kinds.get(kind)
    }

    /// All kinds, in the order of the palette.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.values()
    }
}

/// For screens: the meta and the schema side by side.
impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct View<'a> {
            #[serde(flatten)]
            meta: Meta,
            config_schema: &'a Value,
        }
        View { meta: self.meta, config_schema: &self.config_schema }.serialize(serializer)
    }
}
