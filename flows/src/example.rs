//! Examples: small flows with a conversation, declared beside a kind. They are documentation that is run.

use std::sync::Arc;

use cauce_model::{
    ContactCard, Content, Duration, Effect, FileId, FlowId, HttpOutcome, InboundContent, Location, MediaKind,
    MediaSource, MediaState, NodeId, ReceivedMedia, StoredFile, Timestamp,
};

use serde_json::Value;

use crate::run::{ContactFacts, Event, Facts, Outcome, Run, Visited};
use crate::{Catalogue, Problem, Program, limits, start, step};

/// The step that an example is about.
pub const SHOWN: &str = "paso";

/// What stands between a flow and those that it calls.
const NEXT: &str = "\n---\n";

/// When an example begins: Friday, 20 November 2026, 10:00 in Lima.
const BEGINS: Timestamp = Timestamp(1_795_186_800_000);

/// A small flow and what is said in it, from 10:00 on Friday, 20 November 2026, in Lima.
#[derive(Debug, Clone)]
pub struct Example {
    /// What it shows (Spanish).
    pub title: &'static str,
    /// The flow, as YAML. The step shown has the id `paso`. The flows that it calls follow it, each after a
    /// line `---`.
    pub flow: &'static str,
    /// The conversation, from the message that starts it.
    pub turns: Vec<Turn>,
}

/// Something happens, and what follows.
#[derive(Debug, Clone)]
pub struct Turn {
    /// What happens.
    pub happens: Happens,
    /// What is said, a line a message, as [`transcript`] writes it.
    pub says: &'static [&'static str],
    /// By which exit the step shown is left; `None` when it is not.
    pub takes: Option<&'static str>,
}

/// What can happen in an example.
#[derive(Debug, Clone)]
pub enum Happens {
    /// The customer writes.
    Writes(&'static str),
    /// The customer taps the option with this title on the last message.
    Taps(&'static str),
    /// The customer sends something else than words.
    Sends(InboundContent),
    /// The customer sends a file without words; its id is `archivo`.
    SendsFile(MediaKind),
    /// A server outside answers, or does not.
    Answered(HttpOutcome),
    /// All that was said has left for the customer.
    Sent,
    /// Something that was said will not arrive, for this code.
    Unsent(&'static str),
    /// The time of the wait passes, all of it.
    TimePasses,
    /// A person takes the case and ends it.
    PersonEnds,
    /// Nobody takes the case in time.
    NobodyTakes,
    /// Another system tells of something: its name, and what it tells, as JSON.
    Told(&'static str, &'static str),
}

impl Turn {
    /// The step shown is left by this exit.
    pub fn leaves(happens: Happens, says: &'static [&'static str], exit: &'static str) -> Self {
        Self { happens, says, takes: Some(exit) }
    }

    /// The step shown is not left.
    pub fn stays(happens: Happens, says: &'static [&'static str]) -> Self {
        Self { happens, says, takes: None }
    }
}

/// How an effect is written in an example: `text`, `text [A] [B]` (buttons), `text (label) [A] [B]`
/// (list), `(Foto) <link or file> caption`, `→ queue` (handoff), and other things with their name in
/// parentheses.
pub fn transcript(effect: &Effect) -> String {
    let titles = |titles: Vec<&str>| titles.iter().map(|title| format!(" [{title}]")).collect::<String>();
    match effect {
        Effect::Send { content, .. } => match content {
            Content::Text { body } => body.clone(),
            Content::Media { media, source, caption, .. } => {
                let at = match source {
                    MediaSource::Link(link) => link,
                    MediaSource::Stored(file) => &file.name,
                };
                let caption = caption.as_deref().unwrap_or_default();
                format!("({}) <{at}> {caption}", media.name()).trim_end().to_owned()
            }
            Content::Location(Location { latitude, longitude, .. }) => {
                format!("(Ubicación) {latitude}, {longitude} {}", content.words()).trim_end().to_owned()
            }
            Content::Contacts { cards } => {
                let card = |card: &ContactCard| format!("{} {}", card.name, card.phones.join(", "));
                format!("(Contacto) {}", cards.iter().map(card).collect::<Vec<_>>().join("; "))
            }
            Content::Link { body, title, url, .. } => format!("{body} [{title}] <{url}>"),
            Content::LocationRequest { body } => format!("{body} [Enviar ubicación]"),
            Content::Reaction { emoji, .. } => format!("(Reacción) {emoji}"),
            Content::Buttons { body, buttons, .. } => {
                format!("{body}{}", titles(buttons.iter().map(|button| button.title.as_str()).collect()))
            }
            Content::List { body, button, sections, .. } => {
                let rows = sections.iter().flat_map(|section| &section.rows);
                format!("{body} ({button}){}", titles(rows.map(|row| row.title.as_str()).collect()))
            }
        },
        Effect::Handoff { queue, .. } => format!("→ {queue}"),
        Effect::React { emoji, .. } => format!("(Reacción) {emoji}"),
        Effect::Typing => "(Escribiendo…)".to_owned(),
        Effect::Http { request, .. } => format!("(Llamada) {:?} {}", request.method, request.url),
        Effect::Language { language } => format!("(Idioma) {language}"),
        Effect::Tag { add, remove } => {
            let add = add.iter().map(|tag| format!("+{tag}"));
            let tags: Vec<String> = add.chain(remove.iter().map(|tag| format!("-{tag}"))).collect();
            format!("(Etiquetas) {}", tags.join(" "))
        }
        Effect::Score { add } => format!("(Puntos) {add:+}"),
        Effect::Goal { goal, value, currency, .. } => {
            let value = value.map(|value| format!(" {value}")).unwrap_or_default();
            let currency = currency.as_ref().map(|currency| format!(" {currency}")).unwrap_or_default();
            format!("(Meta) {goal}{value}{currency}")
        }
        Effect::Rating { metric, mark, best, .. } => format!("(Calificación) {metric} {mark}/{best}"),
        Effect::Consent { purpose, granted, version, .. } => {
            format!("(Permiso) {}{purpose} {version}", if *granted { '+' } else { '-' })
        }
    }
}

impl Example {
    /// The flow that it shows, without those that it calls.
    pub fn shown(&self) -> &'static str {
        self.flow.split(NEXT).next().unwrap_or_default()
    }

    /// Runs the conversation.
    ///
    /// # Errors
    /// What is not as the example says, in English, for the one who writes a kind.
    pub fn run(&self, catalogue: &Catalogue) -> Result<(), String> {
        let told = |problems: Vec<Problem>| problems.iter().map(|p| format!("\n  {p}")).collect::<String>();
        let called = self.flow.split(NEXT).skip(1).map(|text| Program::read(text, catalogue).map(Arc::new));
        let called: Vec<Arc<Program>> = called.collect::<Result<_, _>>().map_err(told)?;
        let program = Program::read(self.shown(), catalogue).map_err(told)?;
        let find = |flow: &FlowId| called.iter().find(|program| program.document().id == *flow).cloned();
        let program = program.with_subflows(find).map_err(told)?;
        if !program.warnings().is_empty() {
            return Err(told(program.warnings().to_vec()));
        }
        let files =
            program.needs().into_iter().map(|(path, uses)| (path.clone(), made_up(&path, uses[0].1.media)));
        let program = program.with_files(&files.collect()).map_err(told)?;
        let contact = ContactFacts { name: Some("Ana".to_owned()), ..ContactFacts::default() };
        let mut facts = Facts { now: BEGINS, contact, ..Facts::default() };
        let mut run: Option<Run> = None;
        let mut options: Vec<(String, String)> = Vec::new();
        for (i, turn) in self.turns.iter().enumerate() {
            let fault = |what: String| format!("turn {}: {what}", i + 1);
            let content = turn.happens.content(&options).map_err(fault)?;
            if content.is_some() {
                facts.window_ends_at = facts.now + limits::WINDOW;
            } else if let (Happens::TimePasses, Some(wait)) =
                (&turn.happens, run.as_ref().and_then(Run::wait))
            {
                facts.now = wait.until.unwrap_or(facts.now + wait.timeout.unwrap_or(Duration::ZERO));
            }
            let told = match &turn.happens {
                Happens::Told(_, data) => {
                    serde_json::from_str(data).map_err(|error| fault(error.to_string()))?
                }
                _ => Value::Null,
            };
            let outcome = match &mut run {
                None => {
                    let id = "0123456789abcdef".parse().map_err(|_| fault("no run id".to_owned()))?;
                    let (started, outcome) = start(&program, id, &facts, content.as_ref());
                    run = Some(started);
                    outcome
                }
                Some(run) => step(&program, run, turn.happens.event(content.as_ref(), &told), &facts),
            };
            for effect in &outcome.effects {
                if let Effect::Language { language } = effect {
                    facts.contact.language = Some(language.clone());
                }
            }
            let said: Vec<String> = outcome.effects.iter().map(transcript).collect();
            if said != turn.says {
                return Err(fault(format!("expected {:?}, but it says {said:?} ({run:?})", turn.says)));
            }
            let taken = exit_of(&outcome);
            if taken != turn.takes {
                return Err(fault(format!(
                    "expected the exit {:?}, but it takes {taken:?} ({run:?})",
                    turn.takes
                )));
            }
            options.extend(outcome.effects.iter().flat_map(tappable));
        }
        Ok(())
    }
}

/// A file that stands beside an example's flow: what it is sent as says of which type it is.
fn made_up(path: &str, media: MediaKind) -> StoredFile {
    let mime = limits::types(media).0.first().unwrap_or(&"application/pdf");
    let name = path.rsplit('/').next().unwrap_or(path);
    StoredFile {
        id: FileId::of(path.as_bytes()),
        mime: (*mime).to_owned(),
        size: 1024,
        name: name.to_owned(),
    }
}

fn exit_of(outcome: &Outcome) -> Option<&str> {
    let shown: NodeId = SHOWN.parse().ok()?;
    let left = |visited: &&Visited| visited.node == shown && visited.exit.is_some();
    outcome.trail.iter().rfind(left)?.exit.as_deref()
}

/// The titles and ids that can be tapped in a message.
fn tappable(effect: &Effect) -> Vec<(String, String)> {
    match effect {
        Effect::Send { content: Content::Buttons { buttons, .. }, .. } => {
            buttons.iter().map(|button| (button.title.clone(), button.id.clone())).collect()
        }
        Effect::Send { content: Content::List { sections, .. }, .. } => {
            let rows = sections.iter().flat_map(|section| &section.rows);
            rows.map(|row| (row.title.clone(), row.id.clone())).collect()
        }
        _ => Vec::new(),
    }
}

impl Happens {
    /// What the customer sends; the newest message's options come last.
    fn content(&self, options: &[(String, String)]) -> Result<Option<InboundContent>, String> {
        Ok(match self {
            Self::Writes(body) => Some(InboundContent::Text { body: (*body).to_owned() }),
            Self::Taps(title) => {
                let option = options.iter().rfind(|option| option.0 == *title);
                let (title, id) = option.cloned().ok_or_else(|| format!("nothing reads «{title}»"))?;
                Some(InboundContent::Choice { id, title })
            }
            Self::Sends(content) => Some(content.clone()),
            Self::SendsFile(media) => {
                let mime = limits::types(*media).0.first().unwrap_or(&"application/pdf");
                let file = ReceivedMedia {
                    id: "archivo".to_owned(),
                    mime: (*mime).to_owned(),
                    filename: None,
                    sha256: None,
                    animated: false,
                    state: MediaState::Coming,
                };
                Some(InboundContent::Media { media: *media, file, caption: None })
            }
            _ => None,
        })
    }

    fn event<'a>(&'a self, content: Option<&'a InboundContent>, told: &'a Value) -> Event<'a> {
        match (self, content) {
            (_, Some(content)) => Event::Answer(content),
            (Self::Told(name, _), None) => Event::Happened { name, data: told },
            (Self::PersonEnds, None) => Event::HandoffResolved { agent: Some("Rosa") },
            (Self::NobodyTakes, None) => Event::HandoffTimedOut,
            (Self::Answered(outcome), None) => Event::Called(outcome),
            (Self::Sent, None) => Event::Sent,
            (Self::Unsent(code), None) => Event::Unsent { code },
            (_, None) => Event::TimedOut,
        }
    }
}
