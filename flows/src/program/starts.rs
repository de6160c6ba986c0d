//! What brings customers to a flow, and to the steps that they call from anywhere.

use cauce_model::{InboundContent, NodeId};

use super::Program;
use crate::kind::{Command, Triggers};
use crate::run::Opening;
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

impl Program {
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

    /// Whether an event that another system tells of starts the flow, and with which priority.
    pub fn begins_by(&self, event: &str) -> Option<i32> {
        self.triggers.events.iter().any(|known| known == event).then_some(self.triggers.priority)
    }

    /// What starts it.
    pub fn triggers(&self) -> &Triggers {
        &self.triggers
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
