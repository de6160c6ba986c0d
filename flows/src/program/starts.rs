//! What brings customers to a flow, and to the steps that they call from anywhere.

use cauce_model::{InboundContent, NodeId};
use serde::{Deserialize, Serialize};

use super::Program;
use crate::kind::{Command, Triggers};
use crate::run::{Frame, Opening, Run};
use crate::timetable::Timetable;
use crate::words::{contains_words, fold};

/// How well a message fits a flow's start; the greater one wins. What brings the customer counts first, then
/// the flow's priority; the whole message beats words in it, and more words beat fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fit {
    /// What brings the customer.
    pub by: Trigger,
    /// The flow's priority.
    pub priority: i32,
    /// Whether the message is the keyword and nothing else.
    pub whole: bool,
    /// How many words the keyword has.
    pub words: usize,
}

/// What brings a customer to a flow, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trigger {
    /// The flow takes any message.
    AnyMessage,
    /// It is the first message that they ever wrote.
    FirstContact,
    /// A word of the message.
    Keyword,
    /// An advertisement or post.
    Ad,
    /// A link or a printed code.
    Link,
}

/// What a workspace must know of a flow that begins otherwise than by a message or an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Starts {
    /// When it begins by itself, and for whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Timetable>,
    /// The words that start it also from within another flow, as texts are compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub everywhere: Vec<String>,
}

impl Starts {
    /// Whether there is nothing to know.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Program {
    /// What its workspace must know to begin it.
    pub fn starts(&self) -> Starts {
        let triggers = &self.folded;
        let everywhere = if triggers.everywhere { triggers.keywords.clone() } else { Vec::new() };
        Starts { schedule: triggers.schedule.clone(), everywhere }
    }

    /// What starts it, as texts are compared.
    pub(crate) fn folded(&self) -> &Triggers {
        &self.folded
    }

    /// Whether a message starts the flow, and how well it fits. Without words it is a picture or the like.
    /// `first` says that it is the first one of this customer.
    pub fn matches(&self, opening: Opening<'_>, first: bool) -> Option<Fit> {
        let triggers = &self.folded;
        let text = fold(opening.content.and_then(InboundContent::text).unwrap_or_default());
        let fit = |by, whole, words| Fit { by, priority: triggers.priority, whole, words };
        let ad =
            opening.referral.filter(|referral| triggers.any_ad || triggers.ads.contains(&referral.source_id));
        let has = |code: &&String| !text.is_empty() && contains_words(&text, code);
        let keywords = triggers.keywords.iter().filter(|_| !text.is_empty()).filter_map(|keyword| {
            let words = keyword.split(' ').count();
            let whole = text == *keyword;
            (whole || !triggers.exact && contains_words(&text, keyword))
                .then(|| fit(Trigger::Keyword, whole, words))
        });
        let link = triggers.links.iter().find(has).map(|_| fit(Trigger::Link, false, 0));
        let ad = ad.map(|_| fit(Trigger::Ad, false, 0));
        let first = (first && triggers.first_contact).then(|| fit(Trigger::FirstContact, false, 0));
        let any = triggers.any_message.then(|| fit(Trigger::AnyMessage, false, 0));
        keywords.chain(link).chain(ad).chain(first).chain(any).max()
    }

    /// Whether what somebody writes within another flow ends that one and starts this, and how well it fits: it
    /// must be a keyword and nothing else, for it may as well be an answer.
    pub fn breaks_in(&self, content: &InboundContent) -> Option<Fit> {
        let InboundContent::Text { body } = content else { return None };
        let text = fold(body);
        let Triggers { keywords, everywhere, priority, .. } = &self.folded;
        let words = text.split(' ').count();
        let fit = Fit { by: Trigger::Keyword, priority: *priority, whole: true, words };
        (*everywhere && !text.is_empty() && keywords.contains(&text)).then_some(fit)
    }

    /// Whether an event that another system tells of starts the flow, and with which priority.
    pub fn begins_by(&self, event: &str) -> Option<i32> {
        self.triggers.events.iter().any(|known| known == event).then_some(self.triggers.priority)
    }

    /// What starts it.
    pub fn triggers(&self) -> &Triggers {
        &self.triggers
    }

    /// Whether what the customer writes calls a step of the flows in which this run of it waits.
    pub fn is_command(&self, run: &Run, content: &InboundContent) -> bool {
        run.wait().is_some_and(|wait| wait.kind.hears_commands())
            && self.commanded_in(&run.frames, content).is_some()
    }

    /// The step that the customer's words call, and in which of the flows that called one another: the innermost
    /// that knows them.
    pub(crate) fn commanded_in(&self, frames: &[Frame], content: &InboundContent) -> Option<(usize, NodeId)> {
        // Who taps answers what was asked.
        let InboundContent::Text { body } = content else { return None };
        (0..=frames.len()).rev().find_map(|depth| {
            let node = self.within(&frames[..depth])?.commanded(body)?;
            Some((depth, node.clone()))
        })
    }

    /// The step that these words call, from wherever the flow waits.
    pub(crate) fn commanded(&self, text: &str) -> Option<&NodeId> {
        if self.commands.is_empty() {
            return None;
        }
        let text = fold(text);
        let calls = |command: &Command| {
            let inside = |word: &String| command.anywhere && contains_words(&text, word);
            !text.is_empty() && command.words.iter().any(|word| text == *word || inside(word))
        };
        self.commands.iter().find(|(_, command)| calls(command)).map(|(node, _)| node)
    }

    /// Whether a command of it leads back to earlier questions.
    pub(crate) fn goes_back(&self) -> bool {
        self.goes_back
    }
}

/// What starts the flow, as it is compared.
pub(super) fn folded(triggers: &Triggers) -> Triggers {
    let fold_all = |words: &[String]| words.iter().map(|word| fold(word)).collect();
    let (keywords, links) = (fold_all(&triggers.keywords), fold_all(&triggers.links));
    Triggers { keywords, links, ..triggers.clone() }
}
