//! What happens in a scenario, one thing at a time, and what the flow does then.

use std::sync::Arc;

use cauce_model::{Effect, FlowId, HttpOutcome, InboundContent, Referral};

use super::file::{Answers, Code, Fails, Mock, Person, Step, Told};
use crate::run::{Facts, RunState, Visited, WaitKind};
use crate::{Program, Rehearsal, fold, transcript, typed};

/// The most calls that are answered by themselves in a row: a flow may ask for ever.
const MAX_CALLS: usize = 50;
/// Who takes cases here.
const AGENT: &str = "Rosa";
/// What an advertisement lets its readers send.
const PREPARED: &str = "¡Hola! Quiero más información.";

/// Something that happens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Act {
    Writes(String),
    Taps(String),
    Sends(String),
    Ad(String),
    Event(Told),
    Clock(String),
    Answers(Answers),
    Fails(Fails),
    Refuses(String),
    Person(Person),
}

impl Act {
    /// As a scenario writes it; nothing is expected yet.
    pub(crate) fn step(self) -> Step {
        let mut step = Step::default();
        match self {
            Self::Writes(text) => step.writes = Some(text),
            Self::Taps(title) => step.taps = Some(title),
            Self::Sends(what) => step.sends = Some(what),
            Self::Ad(id) => step.ad = Some(id),
            Self::Event(told) => step.event = Some(told),
            Self::Clock(by) => step.clock = Some(by),
            Self::Answers(answers) => step.answers = Some(answers),
            Self::Fails(fails) => step.fails = Some(fails),
            Self::Refuses(code) => step.refuses = Some(Code(code)),
            Self::Person(person) => step.person = Some(person),
        }
        step
    }
}

impl Step {
    /// What happens; the first thing of several.
    pub(crate) fn act(&self) -> Option<Act> {
        let texts = [
            (&self.writes, Act::Writes as fn(String) -> Act),
            (&self.taps, Act::Taps),
            (&self.sends, Act::Sends),
            (&self.ad, Act::Ad),
            (&self.clock, Act::Clock),
        ];
        let text = texts.into_iter().find_map(|(text, act)| text.clone().map(act));
        text.or_else(|| self.event.clone().map(Act::Event))
            .or_else(|| self.answers.clone().map(Act::Answers))
            .or_else(|| self.fails.map(Act::Fails))
            .or_else(|| self.refuses.clone().map(|Code(code)| Act::Refuses(code)))
            .or_else(|| self.person.map(Act::Person))
    }
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Happened {
    /// What was said and done, as [`transcript`] writes it.
    pub(crate) said: Vec<String>,
    /// The steps the runs were at.
    pub(crate) trail: Vec<Visited>,
    /// How many messages did not arrive, for the window was closed.
    pub(crate) too_late: usize,
}

/// Why something cannot happen (Spanish).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cannot {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) help: String,
}

fn cannot(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Cannot {
    Cannot { code, message: message.into(), help: help.into() }
}

/// A conversation under way.
#[derive(Clone)]
pub(crate) struct Talk {
    rehearsal: Rehearsal,
    mocks: Vec<Mock>,
    /// Which of them have answered.
    used: Vec<bool>,
}

impl Talk {
    /// Before anybody writes.
    pub(crate) fn new(program: &Arc<Program>, facts: Facts, mocks: Vec<Mock>) -> Self {
        let rehearsal = Rehearsal::new(Arc::clone(program), facts);
        Self { rehearsal, used: vec![false; mocks.len()], mocks }
    }

    pub(crate) fn rehearsal(&self) -> &Rehearsal {
        &self.rehearsal
    }

    /// Whether a step wanted to know, since this was last asked, if what it said left.
    pub(crate) fn take_watched(&mut self) -> bool {
        self.rehearsal.take_watched()
    }

    /// Something happens.
    ///
    /// # Errors
    /// When it cannot happen now.
    pub(crate) fn act(&mut self, act: &Act) -> Result<Happened, Cannot> {
        let before = self.rehearsal.walked().len();
        let mut effects = self.effects_of(act)?;
        let mut calls = 0;
        while let Some(outcome) = self.mocked().filter(|_| calls < MAX_CALLS) {
            effects.extend(self.rehearsal.answer(&outcome));
            calls += 1;
        }
        let said = effects.iter().filter(|effect| !matches!(effect, Effect::Typing)).map(transcript);
        Ok(Happened {
            said: said.collect(),
            trail: self.rehearsal.walked().get(before..).unwrap_or_default().to_vec(),
            too_late: self.rehearsal.take_too_late(),
        })
    }

    fn effects_of(&mut self, act: &Act) -> Result<Vec<Effect>, Cannot> {
        match act {
            Act::Writes(text) => self.hear(&InboundContent::Text { body: text.clone() }),
            Act::Taps(title) => {
                let choices = self.rehearsal.choices();
                let same = choices.iter().position(|choice| choice.title == *title);
                let at =
                    same.or_else(|| choices.iter().position(|choice| fold(&choice.title) == fold(title)));
                match at.and_then(|at| self.rehearsal.tap(at)) {
                    Some(tapped) => self.hear(&tapped),
                    None => {
                        let titles: Vec<&str> = choices.iter().map(|choice| choice.title.as_str()).collect();
                        let help = match titles[..] {
                            [] => "Lo último que dijo no tiene nada que tocar.".to_owned(),
                            _ => format!("Se puede tocar: {}.", titles.join(", ")),
                        };
                        Err(cannot("test.taps", format!("No hay nada que diga «{title}»."), help))
                    }
                }
            }
            Act::Sends(what) => match typed::content(what) {
                Some(content) => self.hear(&content),
                None => Err(cannot(
                    "test.sends",
                    format!("«{what}» no es algo que se pueda enviar."),
                    String::new(),
                )),
            },
            Act::Ad(id) => {
                let referral =
                    Referral { source_type: "ad".to_owned(), source_id: id.clone(), ..Referral::default() };
                let content = InboundContent::Text { body: PREPARED.to_owned() };
                self.rehearsal.hear_through(&content, Some(&referral)).ok_or_else(|| {
                    let message = format!("Con el anuncio «{id}» no empieza el flujo.");
                    cannot("test.no_start", message, "Agrégalo en «ads:» del inicio.")
                })
            }
            Act::Event(Told { name, json }) => self.rehearsal.tell(name, json).ok_or_else(|| {
                let message = format!("Nadie espera el evento «{name}».");
                cannot("test.no_event", message, self.stands())
            }),
            Act::Clock(by) => {
                let facts = self.rehearsal.facts();
                let Some(span) = typed::until(by, &facts.place()) else {
                    let help = "Escribe cuánto pasa (+30m) o hasta cuándo (mañana a las 9); no vuelve atrás.";
                    return Err(cannot("test.clock", format!("«{by}» no mueve el reloj."), help));
                };
                let until = facts.now + span;
                let effects = self.rehearsal.pass(span);
                if self.rehearsal.facts().now < until {
                    let message = "Pasan demasiadas cosas: el reloj se detuvo antes.";
                    return Err(cannot(
                        "test.clock",
                        message,
                        "Revisa si el flujo da vueltas con el tiempo.",
                    ));
                }
                Ok(effects)
            }
            Act::Answers(answers) => self.answer(&answers.outcome()),
            Act::Fails(fails) => self.answer(&fails.outcome()),
            Act::Refuses(code) => {
                self.rehearsal.refuse_next(code);
                Ok(Vec::new())
            }
            Act::Person(person) => self.person(*person),
        }
    }

    fn hear(&mut self, content: &InboundContent) -> Result<Vec<Effect>, Cannot> {
        let effects = self.rehearsal.hear(content);
        if self.rehearsal.begins_by_itself() {
            // Whoever writes before its hour can be written to.
            return Ok(effects.unwrap_or_default());
        }
        effects.ok_or_else(|| {
            let message = format!("Con «{}» no empieza el flujo.", content.preview());
            cannot("test.no_start", message, "Escribe una de sus palabras clave.")
        })
    }

    fn answer(&mut self, outcome: &HttpOutcome) -> Result<Vec<Effect>, Cannot> {
        self.expects(WaitKind::Call, "El flujo no espera a ningún servidor.")?;
        Ok(self.rehearsal.answer(outcome))
    }

    fn person(&mut self, person: Person) -> Result<Vec<Effect>, Cannot> {
        self.expects(WaitKind::Person, "Nadie espera a una persona.")?;
        match person {
            Person::Takes => {
                self.rehearsal.take_over();
                Ok(Vec::new())
            }
            Person::Ends => Ok(self.rehearsal.resolve(AGENT)),
            Person::Nobody => match self.rehearsal.due() {
                Some(due) => Ok(self.rehearsal.pass(due - self.rehearsal.facts().now)),
                None => {
                    let message = "Aquí se espera a una persona sin límite de tiempo.";
                    Err(cannot("test.person", message, "Ponle un tiempo al paso, o usa «person: ends»."))
                }
            },
        }
    }

    fn expects(&self, kind: WaitKind, message: &str) -> Result<(), Cannot> {
        match self.rehearsal.waiting() {
            Some(wait) if wait.kind == kind => Ok(()),
            _ => Err(cannot("test.not_now", message, self.stands())),
        }
    }

    /// The flow that was called in which the run waits.
    fn within(&self) -> Option<&FlowId> {
        self.rehearsal.run()?.frames.last().map(|frame| &frame.called)
    }

    /// Where the run stands, in words.
    pub(crate) fn stands(&self) -> String {
        match self.rehearsal.state() {
            None => "Todavía no empezó.".to_owned(),
            Some(RunState::Ended { outcome: None }) => "Ya terminó.".to_owned(),
            Some(RunState::Ended { outcome: Some(outcome) }) => format!("Ya terminó: {outcome}."),
            Some(RunState::Failed { node, code, text }) => format!("Se detuvo en «{node}»: {text} [{code}]"),
            Some(RunState::Waiting(wait)) => {
                let what = match wait.kind {
                    WaitKind::Answer => "al cliente",
                    WaitKind::Delay => "que pase el tiempo",
                    WaitKind::Person => "a una persona",
                    WaitKind::Call => "a un servidor",
                    WaitKind::Sent => "saber si llegó",
                    WaitKind::Event => "un evento",
                };
                let within = self.within().map(|flow| format!(" de «{flow}»")).unwrap_or_default();
                format!("Espera {what} en «{}»{within}.", wait.node)
            }
        }
    }

    /// What a server answers by itself to the call under way. Of those that fit each answers once, in their
    /// order, and the last one always.
    fn mocked(&mut self) -> Option<HttpOutcome> {
        let call = self.rehearsal.call()?;
        let fits = |mock: &Mock| {
            mock.method.is_none_or(|method| method == call.method) && is_like(&call.url, &mock.url)
        };
        let fitting: Vec<usize> =
            self.mocks.iter().enumerate().filter(|(_, mock)| fits(mock)).map(|(at, _)| at).collect();
        let fresh = fitting.iter().copied().find(|at| !self.used[*at]);
        let at = fresh.or_else(|| fitting.last().copied())?;
        self.used[at] = true;
        let mock = &self.mocks[at];
        mock.answers.as_ref().map(Answers::outcome).or_else(|| mock.fails.map(Fails::outcome))
    }
}

/// Whether an address is as a pattern says, in which `*` is any text.
fn is_like(url: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|begins| url.strip_prefix(begins)) else { return false };
    let Some(end) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn a_star_is_any_text() {
        for (url, pattern, fits) in [
            ("https://a.pe/x", "https://a.pe/x", true),
            ("https://a.pe/x", "https://a.pe/", false),
            ("https://a.pe/x/1?y=2", "https://a.pe/x/*", true),
            ("https://a.pe/x/1/fin", "*/x/*/fin", true),
            ("https://a.pe/x", "*", true),
            ("https://a.pe/x", "*a.pe", false),
            ("ab", "a*b*", true),
            ("a", "a*a", false),
        ] {
            assert_eq!(is_like(url, pattern), fits, "{url} {pattern}");
        }
    }
}
