//! Random histories against a plain list.

use cauce_conversation::{Attempt, CHUNKS, JournalEntry, RECENTS, history};
use cauce_model::{
    Content, DeliveryStatus, Direction, Duration, InboundContent, Message, MessageStatus, Timestamp,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::stage::{Stage, T0, phone, text};

/// Something that happens.
#[derive(Debug, Clone)]
enum Step {
    /// The customer writes so many letters, perhaps in answer to a message; the flow answers.
    Say(usize, Option<Index>),
    /// The customer corrects one of theirs.
    Edit(Index, usize),
    /// The customer takes one of theirs back.
    Revoke(Index),
    /// The customer puts an emoji under any message, by the last of its names, or takes it away.
    React(Index, bool),
    /// News of one of ours, of the first attempt to send it or of another.
    News(Index, u32, DeliveryStatus),
    /// Meta sends something again.
    Again(Index),
    /// Time passes, in hours.
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    use DeliveryStatus::{Delivered, Read, Sent};
    let index = any::<Index>;
    let status = prop_oneof![Just(Sent), Just(Delivered), Just(Read)];
    prop_oneof![
        6 => (1..900usize, proptest::option::weighted(0.2, index())).prop_map(|(n, quoted)| Step::Say(n, quoted)),
        1 => (index(), 1..600usize).prop_map(|(of, n)| Step::Edit(of, n)),
        1 => index().prop_map(Step::Revoke),
        2 => (index(), any::<bool>()).prop_map(|(of, there)| Step::React(of, there)),
        3 => (index(), 1..4u32, status).prop_map(|(of, attempt, status)| Step::News(of, attempt, status)),
        2 => index().prop_map(Step::Again),
        1 => (1..5i64).prop_map(Step::Pass),
    ]
}

/// A message as the plain list has it.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    words: String,
    before: Vec<String>,
    revoked: bool,
    liked: bool,
    status: Option<MessageStatus>,
    quotes: Option<u64>,
    /// By what the provider knows it.
    names: Vec<String>,
}

impl Line {
    fn new(words: &str, status: Option<MessageStatus>, quotes: Option<u64>, name: String) -> Self {
        let (words, names) = (words.to_owned(), vec![name]);
        Self { words, before: Vec::new(), revoked: false, liked: false, status, quotes, names }
    }

    /// The same of a message that was kept; it has one name.
    fn of(message: &Message) -> Self {
        let said = |content: &InboundContent| content.text().unwrap_or_default().to_owned();
        let (words, status) = match &message.direction {
            Direction::In { content } => (said(content), None),
            Direction::Out { content: Content::Text { body }, status, .. } => (body.clone(), Some(*status)),
            other => panic!("{other:?} was not said"),
        };
        Self {
            words,
            before: message.edits.iter().map(|edit| said(&edit.was)).collect(),
            revoked: message.revoked_at.is_some(),
            liked: !message.reactions.is_empty(),
            status,
            quotes: message.quotes,
            names: message.provider_id.iter().cloned().collect(),
        }
    }
}

/// A history that is lived through, and the plain list.
struct Lived {
    stage: Stage,
    list: Vec<Line>,
    /// What came in, as it came.
    came: Vec<(String, Timestamp, InboundContent)>,
}

impl Lived {
    async fn hears(&mut self, content: InboundContent, quoted: Option<String>) -> String {
        let (id, at) = (format!("wamid.in.{}", self.came.len()), self.stage.runtime.now());
        self.came.push((id.clone(), at, content.clone()));
        self.stage.hears_quoting(&phone("51999888777"), &id, at, content, quoted).await;
        id
    }

    /// One of the customer's messages, or one of ours; the first is theirs, the second ours.
    fn pick(&self, of: &Index, ours: bool) -> usize {
        let side: Vec<usize> =
            (0..self.list.len()).filter(|i| self.list[*i].status.is_some() == ours).collect();
        *of.get(&side)
    }

    async fn live(&mut self, step: Step) {
        let sender = phone("51999888777");
        let contact = self.stage.owner(&sender).await.contact;
        match step {
            Step::Say(length, quoted) => {
                let quoted = quoted.filter(|_| !self.list.is_empty()).map(|of| of.index(self.list.len()));
                let name = quoted.map(|index| self.list[index].names.last().unwrap().clone());
                let words = format!("{} {}", self.list.len(), "x".repeat(length));
                let id = self.hears(text(&words), name).await;
                let contact = self.stage.owner(&sender).await.contact.unwrap();
                self.stage.sent(contact).await;
                let quotes = quoted.map(|index| index as u64 + 1);
                self.list.push(Line::new(&words, None, quotes, id));
                let seq = self.list.len() as u64 + 1;
                let name = format!("wamid.{}", Attempt { contact, seq, attempt: 1 });
                self.list.push(Line::new("Dime.", Some(MessageStatus::Accepted), None, name));
            }
            Step::Pass(hours) => self.stage.clock.advance(Duration::hours(hours)),
            _ if self.list.is_empty() => {}
            Step::Edit(of, length) => {
                let index = self.pick(&of, false);
                let words = "y".repeat(length);
                let target = self.list[index].names[0].clone();
                self.hears(InboundContent::Edit { target, content: Box::new(text(&words)) }, None).await;
                let line = &mut self.list[index];
                if !line.revoked {
                    line.before.push(std::mem::replace(&mut line.words, words));
                    line.before.drain(..line.before.len().saturating_sub(20));
                }
            }
            Step::Revoke(of) => {
                let index = self.pick(&of, false);
                let target = self.list[index].names[0].clone();
                self.hears(InboundContent::Revoke { target }, None).await;
                self.list[index].revoked = true;
            }
            Step::React(of, there) => {
                let index = of.index(self.list.len());
                let target = self.list[index].names.last().unwrap().clone();
                let emoji = there.then(|| "👍".to_owned());
                self.hears(InboundContent::Reaction { target, emoji }, None).await;
                self.list[index].liked = there;
            }
            Step::News(of, attempt, status) => {
                let index = self.pick(&of, true);
                let contact = contact.unwrap();
                let attempt = Attempt { contact, seq: index as u64 + 1, attempt }.to_string();
                let name = format!("wamid.{attempt}");
                self.stage.news(contact, &attempt, &name, status).await;
                let line = &mut self.list[index];
                if !line.names.contains(&name) {
                    line.names.push(name);
                }
                let status = match status {
                    DeliveryStatus::Sent => MessageStatus::Sent,
                    DeliveryStatus::Delivered => MessageStatus::Delivered,
                    _ => MessageStatus::Read,
                };
                line.status = line.status.max(Some(status));
            }
            Step::Again(of) => {
                let (id, at, content) = of.get(&self.came).clone();
                let before = self.stage.contact(contact.unwrap()).await.turns;
                self.stage.hears(&sender, &id, at, content).await;
                let after = self.stage.contact(contact.unwrap()).await.turns;
                assert_eq!(before, after, "{id} came again and something happened");
            }
        }
    }

    /// It reads as the list does, whole and in parts.
    async fn check(&self, parts: &[(Index, usize)]) {
        let contact = self.stage.owner(&phone("51999888777")).await.contact.unwrap();
        let store = self.stage.runtime.store().as_ref();
        let first_names =
            self.list.iter().map(|line| Line { names: vec![line.names[0].clone()], ..line.clone() });
        let list: Vec<Line> = first_names.collect();
        let kept = self.stage.messages(contact).await;
        assert!(kept.iter().map(|message| message.seq).eq(1..=list.len() as u64));
        assert_eq!(kept.iter().map(Line::of).collect::<Vec<_>>(), list);

        let turns = self.stage.contact(contact).await.turns;
        let number = |entry: &JournalEntry| entry.number;
        for (index, limit) in parts {
            let before = index.index(list.len() + 3) as u64;
            let page = history::messages(store, contact, Some(before), *limit).await.unwrap();
            let expected = kept.iter().rev().filter(|message| message.seq < before).take(*limit);
            assert!(page.iter().eq(expected), "{limit} before {before}");
            let one = history::message(store, contact, before).await.unwrap();
            assert_eq!(one.as_ref(), kept.iter().find(|message| message.seq == before));
            let from = index.index(turns as usize + 3) as u64;
            let entries = history::journal(store, contact, from, *limit).await.unwrap();
            assert!(entries.iter().map(number).eq((from.max(1)..=turns).take(*limit)), "{limit} from {from}");
        }
        let journal = history::journal(store, contact, 0, usize::MAX).await.unwrap();
        assert!(journal.iter().map(number).eq(1..=turns));
        assert!(self.stage.count(&RECENTS, contact).await <= 9, "a row for each day, and none for long");
    }
}

proptest! {
    // Usually 256, or what PROPTEST_CASES says.
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases / 20,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_history_reads_as_a_plain_list(
        steps in proptest::collection::vec(step(), 60..400),
        parts in proptest::collection::vec((any::<Index>(), 1..80usize), 20),
    ) {
        let threads = tokio::runtime::Builder::new_current_thread().build().unwrap();
        threads.block_on(async {
            let stage = Stage::open().await;
            let mut lived = Lived { stage, list: Vec::new(), came: Vec::new() };
            lived.live(Step::Say(5, None)).await;
            for step in steps {
                lived.live(step).await;
            }
            lived.check(&parts).await;
        });
    }
}

#[tokio::test]
async fn a_long_history_has_chunks_that_fit_in_a_row() {
    let stage = Stage::open().await;
    let mut lived = Lived { stage, list: Vec::new(), came: Vec::new() };
    for n in 0..150 {
        lived.live(Step::Say(40 + n % 60, None)).await;
    }
    lived.check(&[]).await;
    let contact = lived.stage.owner(&phone("51999888777")).await.contact.unwrap();
    let chunks = lived.stage.count(&CHUNKS, contact).await;
    assert!((20..=100).contains(&chunks), "{chunks} chunks for 300 messages");
    assert!(lived.stage.runtime.now() == T0, "all of it is taken within a moment");
}
