//! What a step sees and does during its moment.

use std::cell::RefCell;

use cauce_model::{
    Content, Delivery, Duration, Effect, HttpRequest, InboundContent, NodeId, QueueId, Referral, StoredFile,
};
use indexmap::IndexMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::trace::{Evaluated, Evaluation};
use super::{Failure, MAX_SENDS, Step};
use crate::document::Table;
use crate::fields::{Amount, Code, Expression, Key, Name, OfAnswer, Template, Tree};
use crate::program::Spoken;
use crate::run::{Facts, Opening, Run};
use crate::script::ANSWER;
use crate::text::{Scripts, shortened};
use crate::{Program, limits, words};

/// What a step sees and does during its moment. What it says and sets counts only if it succeeds.
pub struct Context<'a> {
    program: &'a Program,
    run: &'a Run,
    facts: &'a Facts,
    node: &'a NodeId,
    /// The step in the customer's language, when that is not the document's own.
    spoken: Option<&'a Spoken>,
    opening: Opening<'a>,
    effects: Vec<Effect>,
    /// How often something was said, in however many messages.
    says: usize,
    changes: IndexMap<String, Value>,
    local: Option<(&'static str, Value)>,
    memo: Value,
    count: Option<u32>,
    /// What was worked out, when somebody looks.
    pub(super) notes: Option<RefCell<Vec<Evaluation>>>,
}

/// What a step did and decided.
pub(super) struct Done {
    pub step: Step,
    pub effects: Vec<Effect>,
    pub says: usize,
    pub changes: IndexMap<String, Value>,
    pub memo: Value,
    pub count: Option<u32>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        program: &'a Program,
        run: &'a Run,
        facts: &'a Facts,
        node: &'a NodeId,
        spoken: Option<&'a Spoken>,
        opening: Opening<'a>,
        memo: Value,
    ) -> Self {
        let (effects, says, changes, local, count, notes) = Default::default();
        Self { program, run, facts, node, spoken, opening, effects, says, changes, local, memo, count, notes }
    }

    pub(super) fn done(self, step: Step) -> Done {
        let Self { effects, says, changes, memo, count, .. } = self;
        Done { step, effects, says, changes, memo, count }
    }
}

impl Context<'_> {
    /// What the turn knows of the world.
    pub fn facts(&self) -> &Facts {
        self.facts
    }

    /// The language that this step is said in.
    pub fn language(&self) -> &str {
        let spoken = self.spoken.and_then(|_| self.program.spoken(self.facts.contact.language.as_deref()));
        spoken.unwrap_or(&self.program.document().language)
    }

    /// The message that started the run, in the turn that starts it.
    pub fn opening(&self) -> Option<&InboundContent> {
        self.opening.content
    }

    /// The advertisement or post that led to that message.
    pub fn referral(&self) -> Option<&Referral> {
        self.opening.referral
    }

    /// What is known of the event that started the run, in the turn that starts it.
    pub fn event_data(&self) -> Option<&Value> {
        self.opening.data
    }

    /// A table of the flow.
    pub fn table(&self, name: &Key) -> Option<&Table> {
        self.program.document().tables.get(name.source())
    }

    /// Runs a script: what it leaves in these variables.
    ///
    /// # Errors
    /// When it fails, works too much, or leaves more than [`crate::MAX_VALUE`] in one.
    pub fn run_code(&self, code: &Code, outputs: &[Name]) -> Result<Vec<(Name, Value)>, Failure> {
        let left = self.scripts().run(code.source(), outputs, self);
        let shown = |left: &Vec<(Name, Value)>| {
            let fields = left.iter().map(|(name, value)| (name.source().to_owned(), value.clone()));
            Value::Object(fields.collect())
        };
        self.note(Evaluated::Script, code.source(), left, shown)
    }

    /// A variable, as this step left it.
    pub fn var(&self, name: &str) -> Option<&Value> {
        let local = self.local.as_ref().filter(|(local, _)| *local == name).map(|(_, value)| value);
        local.or_else(|| self.changes.get(name)).or_else(|| self.run.vars.get(name))
    }

    /// Lets the [`crate::fields::OfAnswer`] expressions of this step read a server's answer.
    pub fn set_answer(&mut self, answer: Value) {
        self.local = Some((ANSWER, answer));
    }

    /// Whether an exit of this step leads somewhere.
    pub fn is_connected(&self, exit: &str) -> bool {
        self.program.node(self.node).is_some_and(|node| node.exits.contains_key(exit))
    }

    /// A file that stands beside the document.
    ///
    /// # Errors
    /// When the version was published without it.
    pub fn file(&self, path: &str) -> Result<StoredFile, Failure> {
        let missing =
            || Failure::new("file.missing", format!("El archivo «{path}» no está en esta versión."));
        self.program.files().get(path).cloned().ok_or_else(missing)
    }

    /// Counts that the run came by; how often that was by now, this time included.
    pub fn count(&mut self) -> u32 {
        let before = self.run.counts.get(self.node).copied().unwrap_or(0);
        *self.count.insert(before.saturating_add(1))
    }

    /// Writes a variable.
    pub fn set(&mut self, name: &Name, value: Value) {
        self.changes.insert(name.0.clone(), value);
    }

    /// The text with its expressions worked out, however long it gets: [`Context::say`] makes it fit.
    ///
    /// # Errors
    /// When an expression fails: a text is never said in part.
    pub fn text(&self, template: &Template) -> Result<String, Failure> {
        let source = template.source();
        let text = self.scripts().text(source, self);
        self.note(Evaluated::Text, source, text, |text| text.as_str().into())
    }

    /// The web address. What an expression gives is encoded, so that it stays a piece of the path or the
    /// query; only at the very beginning it is taken as it is.
    ///
    /// # Errors
    /// When an expression fails; [`crate::BAD_URL`] when it gives `.` or `..`.
    pub fn url(&self, template: &Template) -> Result<String, Failure> {
        let url = self.scripts().url(template.source(), self);
        self.note(Evaluated::Text, template.source(), url, |url| url.as_str().into())
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// When it fails, or gives more than [`crate::MAX_VALUE`].
    pub fn value(&self, expression: &Expression) -> Result<Value, Failure> {
        let value = self.scripts().value(expression.source(), self);
        self.note(Evaluated::Expression, expression.source(), value, Value::clone)
    }

    /// The value of an expression over the answer given to [`Context::set_answer`].
    ///
    /// # Errors
    /// As for [`Context::value`].
    pub fn of_answer(&self, expression: &OfAnswer) -> Result<Value, Failure> {
        let value = self.scripts().value(expression.source(), self);
        self.note(Evaluated::Expression, expression.source(), value, Value::clone)
    }

    /// The data with its expressions worked out.
    ///
    /// # Errors
    /// When an expression fails.
    pub fn data(&self, tree: &Tree) -> Result<Value, Failure> {
        self.branch(&tree.0)
    }

    fn branch(&self, value: &Value) -> Result<Value, Failure> {
        Ok(match value {
            Value::String(source) => {
                let leaf = self.scripts().leaf(source, self);
                self.note(Evaluated::Text, source, leaf, Value::clone)?
            }
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.branch(item)).collect::<Result<_, _>>()?)
            }
            Value::Object(map) => {
                let fields = map.iter().map(|(key, value)| Ok((key.clone(), self.branch(value)?)));
                Value::Object(fields.collect::<Result<_, Failure>>()?)
            }
            scalar => scalar.clone(),
        })
    }

    /// The number.
    ///
    /// # Errors
    /// When an expression fails, or gives no number.
    pub fn amount(&self, amount: &Amount) -> Result<f64, Failure> {
        let value = self.branch(&amount.0)?;
        let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
        number.filter(|n| n.is_finite()).ok_or_else(|| {
            let source = shortened(&amount.0.to_string());
            Failure::new("expr.not_a_number", format!("{source} no dio un número."))
        })
    }

    /// Whether a condition holds; nothing (an unset variable) counts as false.
    ///
    /// # Errors
    /// When it fails, or is neither true nor false.
    pub fn holds(&self, condition: &Expression) -> Result<bool, Failure> {
        match self.value(condition)? {
            Value::Bool(holds) => Ok(holds),
            Value::Null => Ok(false),
            _ => Err(Failure::new(
                "expr.not_a_condition",
                format!("La condición «{}» no dio verdadero ni falso.", condition.source()),
            )),
        }
    }

    /// Says something, in as many messages as its texts need ([`limits::fit`]).
    ///
    /// # Errors
    /// When WhatsApp would refuse it, as an empty text.
    pub fn say(&mut self, content: Content) -> Result<(), Failure> {
        self.say_as(content, Delivery::default())
    }

    /// Says something, and how sure it is to be sent.
    ///
    /// # Errors
    /// When WhatsApp would refuse it, as an empty text.
    pub fn say_as(&mut self, content: Content, delivery: Delivery) -> Result<(), Failure> {
        let needs_words = !matches!(content, Content::Media { .. } | Content::Location(_));
        if needs_words && content.words().trim().is_empty() {
            return Err(Failure::new("limit.empty_text", "El texto del mensaje quedó vacío."));
        }
        let contents = limits::fit(content);
        if contents.len() > MAX_SENDS {
            let text =
                format!("El texto es tan largo que haría falta enviarlo en {} mensajes.", contents.len());
            return Err(Failure::new("limit.text_body", text));
        }
        self.says += 1;
        if let Some(broken) = contents.iter().find_map(|content| limits::check(content).err()) {
            let text = format!(
                "WhatsApp no acepta este mensaje: hay {} y se permite de {} a {} ({}).",
                broken.actual, broken.min, broken.max, broken.what
            );
            return Err(Failure::new(broken.what, text));
        }
        let node = self.node;
        self.effects.extend(contents.into_iter().map(|content| Effect::Send {
            node: node.clone(),
            content,
            delivery,
        }));
        Ok(())
    }

    /// Puts an emoji under the customer's last message; an empty one takes it back.
    pub fn react(&mut self, emoji: String) {
        self.effects.push(Effect::React { node: self.node.clone(), emoji });
    }

    /// Shows the customer that somebody is writing.
    pub fn show_typing(&mut self) {
        self.effects.push(Effect::Typing);
    }

    /// Asks a server outside, at most `tries` times while there is no answer. The step waits for
    /// [`WaitKind::Call`] next. The request's idempotency key is set here: it is the same for every try
    /// and different for every call.
    pub fn call(&mut self, request: HttpRequest, tries: u32) {
        let wait = self.run.waits + 1;
        let request = HttpRequest { idempotency_key: format!("{}.{wait}", self.run.id), ..request };
        self.effects.push(Effect::Http { node: self.node.clone(), wait, request, tries });
    }

    /// Changes the customer's tags. What the same turn reads of them is as before.
    pub fn tag(&mut self, add: Vec<String>, remove: Vec<String>) {
        self.effects.push(Effect::Tag { add, remove });
    }

    /// Speaks another language to the customer (BCP 47), from the next step on.
    pub fn speak(&mut self, language: String) {
        self.effects.push(Effect::Language { language });
    }

    /// Adds to the customer's score; a negative number takes away.
    pub fn score_by(&mut self, add: i64) {
        self.effects.push(Effect::Score { add });
    }

    /// Notes that the customer reached a goal.
    pub fn reach(&mut self, goal: &Key, value: Option<f64>, currency: Option<String>) {
        let goal = goal.source().to_owned();
        self.effects.push(Effect::Goal { node: self.node.clone(), goal, value, currency });
    }

    /// Notes how good the customer finds something, of a scale that ends with the best.
    pub fn rate(&mut self, metric: &Key, mark: u8, best: u8) {
        let metric = metric.source().to_owned();
        self.effects.push(Effect::Rating { node: self.node.clone(), metric, mark, best });
    }

    /// Notes what the customer allowed, or did not, and to which version of the legal text; the steps that
    /// come next know it.
    pub fn consent(&mut self, purpose: &Key, label: String, granted: bool, version: String) {
        let (node, purpose) = (self.node.clone(), purpose.source().to_owned());
        self.effects.push(Effect::Consent { node, purpose, label, granted, version });
    }

    /// A number from 0 up to, but not including, `below` (at least 1): the same for this customer at this
    /// step whenever they come by.
    pub fn sticky(&self, below: u64) -> u64 {
        self.draw(below, self.facts.contact.id.as_bytes())
    }

    /// As [`Context::sticky`], but drawn anew in every turn.
    pub fn chance(&self, below: u64) -> u64 {
        self.draw(below, &self.facts.seed.to_be_bytes())
    }

    pub(super) fn scripts(&self) -> &Scripts {
        self.program.scripts()
    }

    fn draw(&self, below: u64, by: &[u8]) -> u64 {
        let mut hasher = blake3::Hasher::new();
        for part in [self.run.flow.as_str().as_bytes(), self.node.as_str().as_bytes(), by] {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let hash = hasher.finalize();
        let number = hash.as_bytes().first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        // Scaled, not the rest of a division: when weights change, only those near a border move.
        let scaled = (u128::from(number) * u128::from(below.max(1))) >> 64;
        let drawn = u64::try_from(scaled).unwrap_or_default();
        if self.notes.is_some() {
            // A draw cannot fail.
            let _ = self.note(Evaluated::Draw, &below.to_string(), Ok(drawn), |drawn| (*drawn).into());
        }
        drawn
    }

    /// Asks for a person.
    pub fn hand_off(&mut self, queue: QueueId, timeout: Option<Duration>) {
        self.effects.push(Effect::Handoff { node: self.node.clone(), queue, timeout });
    }

    /// The id to send out with an option of the question that this step is about to ask.
    pub fn option_id(&self, option: &str) -> String {
        format!("{}.{}.{option}", self.run.id, self.run.waits + 1)
    }

    /// Which option an answer means, of options given by id, title and synonyms. A tap counts by id only
    /// when it is on the question now open; any other (an old button, another run's) is read by its
    /// title, as typed text is.
    pub fn chosen(&self, answer: &InboundContent, options: &[(&str, &str, &[String])]) -> Option<usize> {
        if let InboundContent::Choice { id, .. } = answer {
            let prefix = format!("{}.{}.", self.run.id, self.run.waits);
            let option = id.strip_prefix(&prefix);
            let known = option.and_then(|id| options.iter().position(|option| option.0 == id));
            if known.is_some() {
                return known;
            }
        }
        let text = answer.text()?;
        // Who is spoken to in a translation may answer in the language of the document.
        let synonyms: Vec<Vec<String>> = options
            .iter()
            .map(|(id, title, synonyms)| {
                let untranslated =
                    self.spoken.map(|spoken| spoken.untranslated(id, title)).unwrap_or_default();
                let of_another = |name: &String| {
                    options.iter().any(|(_, title, synonyms)| words::reads_as(name, title, synonyms))
                };
                let untranslated = untranslated.iter().filter(|name| !of_another(name));
                synonyms.iter().chain(untranslated).cloned().collect()
            })
            .collect();
        let named = options.iter().zip(&synonyms);
        words::choose_among(text, named.map(|((_, title, _), synonyms)| words::Named { title, synonyms }))
    }

    /// What this step kept at its last wait; the default when it enters.
    pub fn memo<T: DeserializeOwned + Default>(&self) -> T {
        serde_json::from_value(self.memo.clone()).unwrap_or_default()
    }

    /// Keeps something until this wait is over.
    pub fn keep<T: Serialize>(&mut self, memo: &T) {
        self.memo = serde_json::to_value(memo).unwrap_or_default();
    }
}
