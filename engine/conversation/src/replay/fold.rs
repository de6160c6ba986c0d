//! The journal, gone through from its beginning: who the customer was in every turn, and what the runs did.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use cauce_flows::migrate::{Move, back, land};
use cauce_flows::{
    ContactFacts, Event, Explained, Facts, Opening, Outcome, Program, Run, RunState, Visited,
    start_explained, step, step_explained,
};
use cauce_model::{
    AddressKind, Author, Consent, ContactEvent, Content, Delivery, Direction, Effect, InboundContent,
    InboundMessage, MediaState, NodeId, RunId, Sender, Timestamp, VersionId,
};
use cauce_runtime::{DROPPED, to_bytes};

use super::{Again, Given, Parting, Recording, Replayed, Said, Turn, Why};
use crate::consent;
use crate::contact::{Home, SEMANTICS};
use crate::history::is_kept;
use crate::tables::{Consented, JournalEntry, JournalEvent, Rated, Reached, WINDOW};
use crate::walk::change_tags;

/// Since which semantics the journal says where the installation is at home.
const HOME_NOTED: u32 = 3;

/// What was known of the customer, as far as it was read.
#[derive(Default)]
struct Person {
    name: Option<String>,
    phone: Option<String>,
    tags: BTreeSet<String>,
    score: i64,
    consents: BTreeMap<String, Consent>,
    language: Option<String>,
    /// The number of their last message.
    heard: u64,
    last_inbound_at: Timestamp,
    last_inbound_id: String,
    moved_at: Timestamp,
}

/// What the journal keeps of a turn beside its steps.
#[derive(Default)]
struct Kept {
    goals: Vec<Reached>,
    ratings: Vec<Rated>,
    consents: Vec<Consented>,
}

impl Kept {
    /// The step at which it is not what was recorded.
    fn parts(&self, entry: &JournalEntry) -> Option<Parts> {
        fn first<T: PartialEq>(again: &[T], was: &[T], node: impl Fn(&T) -> &NodeId) -> Option<NodeId> {
            (again != was).then(|| was.first().or(again.first()).map(|kept| node(kept).clone()))?
        }
        first(&self.goals, &entry.goals, |goal| &goal.node)
            .or_else(|| first(&self.ratings, &entry.ratings, |rated| &rated.node))
            .or_else(|| first(&self.consents, &entry.consents, |consented| &consented.node))
            .map(|node| (Some(node), Why::Goals))
    }
}

/// At which step a run parts from what was recorded, and in what.
type Parts = (Option<NodeId>, Why);

struct Fold<'a> {
    recording: &'a Recording,
    programs: &'a HashMap<VersionId, Arc<Program>>,
    person: Person,
    home: Home,
    /// The number of the message that comes next.
    next: u64,
    /// The run that waits, by its place.
    live: Option<(usize, Arc<Program>, Run)>,
    /// How runs stood before they were moved to the version on which they are.
    before_moves: HashMap<RunId, (Arc<Program>, Run)>,
    runs: Vec<Replayed>,
    /// The last run that moved, by its place, and in which entry.
    last: Option<(usize, u64)>,
    certain: bool,
}

pub(super) fn fold(
    recording: &Recording,
    programs: &HashMap<VersionId, Arc<Program>>,
    home: &Home,
) -> Vec<Replayed> {
    let noted = recording.journal.first().is_some_and(|entry| entry.semantics >= HOME_NOTED);
    let mut fold = Fold {
        recording,
        programs,
        person: Person::default(),
        home: if noted { Home::default() } else { home.clone() },
        next: 1,
        live: None,
        before_moves: HashMap::new(),
        runs: Vec::new(),
        last: None,
        certain: true,
    };
    for entry in &recording.journal {
        fold.entry(entry);
    }
    fold.nothing_more_said(u64::MAX);
    fold.ends()
}

impl Fold<'_> {
    fn entry(&mut self, entry: &JournalEntry) {
        if let Some(home) = &entry.home {
            self.home = home.clone();
        }
        let given = self.happens(entry);
        if let Some(interrupted) = &entry.interrupts {
            self.interrupted(interrupted, entry);
        }
        let Some(id) = &entry.run else {
            // What moved nothing moves nothing.
            if let (Some(Given::Answer(content)), Some((place, program, run))) = (&given, &self.live)
                && !step(program, &mut run.clone(), Event::Answer(content), &self.facts(entry))
                    .trail
                    .is_empty()
            {
                let (place, node) = (*place, run.wait().map(|wait| wait.node.clone()));
                self.part(place, entry.number, node, Why::Stopped);
            }
            return;
        };
        let place = match self.runs.iter().rposition(|run| run.id == *id) {
            Some(place) => place,
            None => self.begin(id, entry),
        };
        let run = &mut self.runs[place];
        run.older |= entry.semantics != SEMANTICS;
        self.last = Some((place, entry.number));
        let mut turn =
            Turn { number: entry.number, at: entry.at, given, recorded: entry.steps.clone(), again: None };
        if run.parted.is_some() {
            run.turns.push(turn);
            return;
        }
        let mut steps = entry.steps.as_slice();
        let mut kept = Kept::default();
        let settled = entry.settled.iter().map(|code| match code {
            Some(code) => Given::Unsent { code: code.clone() },
            None => Given::Sent,
        });
        // What the first event did not move, what was settled did.
        let given = turn.given.take();
        if given.is_none() && entry.settled.is_empty() {
            self.runs[place].turns.push(turn);
            return self.part(place, entry.number, entry.steps.first().map(at), Why::EventMissing);
        }
        for given in given.into_iter().chain(settled) {
            turn.given = Some(given);
            let moved = self.moves(place, id, entry, &mut turn, &mut steps, &mut kept);
            if let Err((node, why)) = moved {
                self.runs[place].turns.push(turn);
                return self.part(place, entry.number, node, why);
            }
            let next =
                Turn { number: entry.number, at: entry.at, given: None, recorded: Vec::new(), again: None };
            let did = std::mem::replace(&mut turn, next);
            let quiet = matches!(did.given, Some(Given::Dropped | Given::Moved { .. } | Given::MovedBack));
            match quiet || did.again.as_ref().is_some_and(|again| !again.steps.is_empty()) {
                true => self.runs[place].turns.push(did),
                false => turn.recorded = did.recorded,
            }
        }
        if !steps.is_empty() {
            if !turn.recorded.is_empty() {
                self.runs[place].turns.push(turn);
            }
            return self.part(place, entry.number, steps.first().map(at), Why::Trail);
        }
        if let Some((node, why)) = kept.parts(entry) {
            self.part(place, entry.number, node, why);
        }
    }

    /// A run ends because the customer goes on in another flow.
    fn interrupted(&mut self, id: &RunId, entry: &JournalEntry) {
        let Some(place) = self.runs.iter().rposition(|run| run.id == *id) else { return };
        let live = self.live.take().filter(|(live, ..)| *live == place);
        let facts = self.facts(entry);
        let again = live.map(|(_, _, mut run)| {
            run.interrupt();
            Again { facts, steps: Vec::new(), effects: Vec::new(), said: Vec::new(), run }
        });
        let (number, at, given) = (entry.number, entry.at, Some(Given::Interrupted));
        self.runs[place].turns.push(Turn { number, at, given, recorded: Vec::new(), again });
    }

    /// A run that is not known yet.
    fn begin(&mut self, id: &RunId, entry: &JournalEntry) -> usize {
        // The one before was stopped from outside, if it still waited.
        self.live = None;
        let run = self.recording.runs.get(id);
        let of = run.map(|run| (run.flow.clone(), self.recording.began_on(run)));
        let place = self.runs.len();
        let version = of.as_ref().map(|(_, version)| version.clone());
        self.runs.push(Replayed {
            id: id.clone(),
            of,
            turns: Vec::new(),
            parted: None,
            older: false,
            certain: self.certain,
        });
        let node = entry.steps.first().map(at);
        match version {
            None => self.part(place, entry.number, node, Why::RunMissing),
            Some(version) if !self.programs.contains_key(&version) => {
                self.part(place, entry.number, node, Why::VersionMissing);
            }
            Some(_) => {}
        }
        place
    }

    /// Has a run move, and compares what it does with what is recorded next.
    fn moves(
        &mut self,
        place: usize,
        id: &RunId,
        entry: &JournalEntry,
        turn: &mut Turn,
        steps: &mut &[Visited],
        kept: &mut Kept,
    ) -> Result<(), Parts> {
        let facts = self.facts(entry);
        let live = self.live.take().filter(|(live, ..)| *live == place);
        let Some(given) = turn.given.clone() else { return Ok(()) };
        let (program, run, outcome, explained) = match (live, &given) {
            (Some((_, program, run)), Given::Moved { .. } | Given::MovedBack) => {
                self.changes_version(id, program, run, &given, &facts)?
            }
            (None, _) => {
                let missing = || (entry.steps.first().map(at), Why::EventMissing);
                let version = self.runs[place].of.as_ref().map(|(_, version)| version);
                let program =
                    version.and_then(|version| self.programs.get(version)).ok_or_else(missing)?.clone();
                let Some(given) = self.opening(given).filter(|_| self.runs[place].turns.is_empty()) else {
                    return Err(missing());
                };
                let (run, outcome, explained) = start_explained(&program, id.clone(), &facts, opens(&given));
                turn.given = Some(given);
                (program, run, outcome, explained)
            }
            (Some((_, program, mut run)), _) => {
                if given == Given::Dropped {
                    if let Some(node) = run.wait().map(|wait| wait.node.clone()) {
                        let text = self.recording.runs.get(id).and_then(|run| match &run.state {
                            RunState::Failed { text, .. } => Some(text.clone()),
                            _ => None,
                        });
                        let text = text.unwrap_or_default();
                        run.state = RunState::Failed { node, code: DROPPED.to_owned(), text };
                    }
                    turn.again = Some(Again {
                        facts,
                        steps: Vec::new(),
                        effects: Vec::new(),
                        said: Vec::new(),
                        run: run.clone(),
                    });
                    self.live = Some((place, program, run));
                    return Ok(());
                }
                let mut moved = run.clone();
                let (outcome, explained) = match happening(&given) {
                    Some(event) => step_explained(&program, &mut moved, event, &facts),
                    None => Default::default(),
                };
                if !outcome.trail.is_empty() {
                    run = moved;
                }
                (program, run, outcome, explained)
            }
        };
        let recorded = steps.get(..outcome.trail.len().min(steps.len())).unwrap_or_default();
        let other = outcome.trail.iter().zip(recorded).position(|(again, recorded)| again != recorded);
        let short = (outcome.trail.len() > recorded.len()).then_some(recorded.len());
        let parts = other.or(short).and_then(|place| outcome.trail.get(place)).map(at);
        *steps = &steps[recorded.len()..];
        let said = self.carry_out(entry, &outcome.effects, kept);
        self.live = Some((place, program, run.clone()));
        let visits: Vec<(Visited, Explained)> = outcome.trail.into_iter().zip(explained).collect();
        let wrong = said.iter().find(|said| !self.is_recorded(entry, said)).map(|said| said.node.clone());
        turn.again = Some(Again { facts, steps: visits, effects: outcome.effects, said, run });
        match (parts, wrong) {
            (Some(node), _) => Err((Some(node), Why::Trail)),
            (None, Some(node)) => Err((Some(node), Why::Said)),
            (None, None) => Ok(()),
        }
    }

    /// Moves a run to another version of its flow, or back.
    fn changes_version(
        &mut self,
        id: &RunId,
        program: Arc<Program>,
        run: Run,
        given: &Given,
        facts: &Facts,
    ) -> Result<(Arc<Program>, Run, Outcome, Vec<Explained>), Parts> {
        let fails = |run: &Run, why| (run.place().cloned(), why);
        let Given::Moved { to, landing } = given else {
            let (program, before) =
                self.before_moves.remove(id).ok_or_else(|| fails(&run, Why::EventMissing))?;
            return Ok((program, back(&before, &run), Outcome::default(), Vec::new()));
        };
        let to = self.programs.get(to).ok_or_else(|| fails(&run, Why::VersionMissing))?.clone();
        match land(&to, &run, landing, facts) {
            Move::To { run: moved, outcome, explained } => {
                self.before_moves.insert(id.clone(), (program, run));
                Ok((to, *moved, outcome, explained))
            }
            Move::Not(_) => Err(fails(&run, Why::Trail)),
        }
    }

    /// A run begins with what was heard.
    fn opening(&self, given: Given) -> Option<Given> {
        let last = |seq: u64| self.recording.messages.get(usize::try_from(seq).ok()?.checked_sub(1)?);
        Some(match given {
            Given::Answer(content) => {
                let referral = last(self.person.heard).and_then(|message| message.context.referral.clone());
                let earlier = &self.recording.messages[..usize::try_from(self.person.heard - 1).unwrap_or(0)];
                let first = !earlier.iter().any(|message| message.author == Author::Contact);
                Given::Opening { content: Some(content), referral, event: None, first, by_itself: false }
            }
            Given::Happened { name, data } => {
                let event = Some((name, data));
                Given::Opening { content: None, referral: None, event, first: false, by_itself: false }
            }
            begins @ Given::Opening { .. } => begins,
            _ => return None,
        })
    }

    /// Does what a turn decided, as far as later turns read it.
    fn carry_out(&mut self, entry: &JournalEntry, effects: &[Effect], kept: &mut Kept) -> Vec<Said> {
        let mut said = Vec::new();
        for effect in effects {
            match effect.clone() {
                Effect::Send { node, content, delivery } => {
                    said.push(Said { node, content, delivery, seq: self.bot() });
                }
                Effect::React { node, emoji } if !self.person.last_inbound_id.is_empty() => {
                    let message_id = self.person.last_inbound_id.clone();
                    let content = Content::Reaction { message_id, emoji };
                    said.push(Said { node, content, delivery: Delivery::default(), seq: self.bot() });
                }
                Effect::Tag { add, remove } => drop(change_tags(&mut self.person.tags, add, &remove)),
                Effect::Score { add } => self.person.score = self.person.score.saturating_add(add),
                Effect::Language { language } => self.person.language = Some(language),
                Effect::Goal { node, goal, value, currency } => {
                    kept.goals.push(Reached { node, goal, value, currency });
                }
                Effect::Rating { node, metric, mark, best } => {
                    kept.ratings.push(Rated { node, metric, mark, best });
                }
                Effect::Consent { node, purpose, label, granted, version } => {
                    let (at, message) = (entry.at, self.person.heard);
                    let consent = Consent { label, granted, at, version, message, contact: None };
                    consent::keep(&mut self.person.consents, &purpose, consent.clone());
                    kept.consents.push(Consented { node, purpose, consent });
                }
                Effect::React { .. } | Effect::Typing | Effect::Http { .. } | Effect::Handoff { .. } => {}
            }
        }
        said
    }

    /// The number of the next message that a flow wrote.
    fn bot(&mut self) -> u64 {
        while self.message(self.next).is_some_and(|message| !matches!(message.author, Author::Bot { .. })) {
            self.next += 1;
        }
        self.next += 1;
        self.next - 1
    }

    /// Whether a message stands in the history, byte for byte as it is said again.
    fn is_recorded(&self, entry: &JournalEntry, said: &Said) -> bool {
        let Some(message) = self.message(said.seq) else { return false };
        let Direction::Out { content, delivery, .. } = &message.direction else { return false };
        message.at == entry.at
            && message.author == Author::Bot { node: said.node.clone() }
            && *delivery == said.delivery
            && to_bytes(content) == to_bytes(&said.content)
    }

    fn message(&self, seq: u64) -> Option<&cauce_model::Message> {
        self.recording.messages.get(usize::try_from(seq).ok()?.checked_sub(1)?)
    }

    /// What a flow said before this message was said again; else the run that moved last says less now.
    fn nothing_more_said(&mut self, before: u64) {
        let upto = before.min(self.recording.messages.len() as u64 + 1);
        let left = (self.next..upto).filter_map(|seq| self.message(seq));
        let more = left.into_iter().find_map(|message| match &message.author {
            Author::Bot { node } => Some(node.clone()),
            _ => None,
        });
        self.next = self.next.max(upto);
        if let (Some(node), Some((place, number))) = (more, self.last)
            && self.runs[place].parted.is_none()
        {
            self.part(place, number, Some(node), Why::Said);
        }
    }

    fn part(&mut self, place: usize, number: u64, node: Option<NodeId>, why: Why) {
        self.runs[place].parted.get_or_insert(Parting { number, node, why });
        self.live.take_if(|(live, ..)| *live == place);
        self.certain = false;
    }

    /// The runs, each compared with how it stands.
    fn ends(mut self) -> Vec<Replayed> {
        for place in 0..self.runs.len() {
            let run = &self.runs[place];
            let again =
                run.turns.iter().rev().find_map(|turn| Some((turn.number, &turn.again.as_ref()?.run)));
            if let (None, Some((number, again)), Some(kept)) =
                (&run.parted, again, self.recording.runs.get(&run.id))
                && to_bytes(again) != to_bytes(kept)
            {
                self.runs[place].parted = Some(Parting { number, node: None, why: Why::Run });
            }
        }
        self.runs
    }

    fn facts(&self, entry: &JournalEntry) -> Facts {
        let person = &self.person;
        Facts {
            now: entry.at,
            seed: entry.seed,
            message: person.heard,
            zone: self.home.zone.clone(),
            country: self.home.country,
            window_ends_at: person.last_inbound_at + WINDOW,
            contact: ContactFacts {
                id: self.recording.contact.to_string(),
                name: person.name.clone(),
                phone: person.phone.clone(),
                language: person.language.clone(),
                tags: person.tags.clone(),
                score: person.score,
                consents: consent::known(&person.consents),
            },
        }
    }

    /// What happened, for the customer and for the run that waits.
    fn happens(&mut self, entry: &JournalEntry) -> Option<Given> {
        let moved = entry.run.is_some();
        let event = match &entry.event {
            JournalEvent::Wrote { wrote, at, sender } => {
                self.nothing_more_said(*wrote);
                return self.wrote(entry, *wrote, *at, sender.as_deref());
            }
            JournalEvent::Other(event) => event.as_ref(),
        };
        let wait = self.live.as_ref().and_then(|(_, _, run)| Some((&run.id, run.wait()?.number)));
        match event {
            ContactEvent::Inbound(message) if !is_kept(&message.content) => {
                self.known_as(&message.sender, message.at);
                None
            }
            // An older build kept all of it here; who gave way to another contact only passes it on.
            ContactEvent::Inbound(InboundMessage { provider_id, sender, at, .. }) if moved => {
                let named =
                    |message: &&cauce_model::Message| message.provider_id.as_ref() == Some(provider_id);
                let seq = self.recording.messages.iter().find(named)?.seq;
                self.wrote(entry, seq, *at, Some(sender))
            }
            ContactEvent::WaitOver { wait: number } => {
                wait.is_some_and(|(_, waits)| waits == *number).then_some(Given::TimedOut)
            }
            ContactEvent::WaitDropped { .. } if moved => Some(Given::Dropped),
            ContactEvent::Migrate(order) if moved => {
                Some(Given::Moved { to: order.to.clone(), landing: order.landing.clone() })
            }
            ContactEvent::MigrateBack { .. } if moved => Some(Given::MovedBack),
            ContactEvent::HttpAnswered { call, outcome } => {
                let waits = wait.is_some_and(|(run, wait)| *call == format!("{run}.{wait}"));
                (waits && moved).then(|| Given::Called(outcome.clone()))
            }
            ContactEvent::CaseMoved(case) if moved && !case.is_live() => Some(Given::NotTaken),
            ContactEvent::End { agent, .. } if moved => Some(Given::Resolved { agent: agent.name.clone() }),
            ContactEvent::Happened { name, data } if moved => {
                Some(Given::Happened { name: name.clone(), data: data.clone() })
            }
            ContactEvent::Scheduled { .. } if moved => Some(Given::Opening {
                content: None,
                referral: None,
                event: None,
                first: false,
                by_itself: true,
            }),
            // It was with another contact until now.
            ContactEvent::Split => {
                self.live = None;
                None
            }
            ContactEvent::Absorb { younger, last_inbound_at, consents, .. } => {
                self.person.last_inbound_at = self.person.last_inbound_at.max(*last_inbound_at);
                consent::take_over(&mut self.person.consents, *younger, consents.clone());
                None
            }
            ContactEvent::SplitOff { younger, .. } => {
                consent::give_back(&mut self.person.consents, *younger);
                None
            }
            _ => None,
        }
    }

    /// A message was written to the contact, or by the business's own phone.
    fn wrote(
        &mut self,
        entry: &JournalEntry,
        seq: u64,
        at: Timestamp,
        sender: Option<&Sender>,
    ) -> Option<Given> {
        let message = self.message(seq)?;
        let (is_customer, id) = (message.author == Author::Contact, message.provider_id.clone());
        let content = self.as_it_came(entry, seq)?;
        if let Some(sender) = sender.filter(|_| entry.number == 1) {
            self.person.name = sender.profile.name.clone();
        }
        if !is_customer {
            return None;
        }
        if let Some(sender) = sender {
            self.known_as(sender, at);
        }
        self.person.heard = seq;
        if let InboundContent::Notice { addresses, reply_to, .. } = content {
            if addresses.iter().any(|address| address.kind == AddressKind::Phone) {
                self.person.moved_at = at;
                self.person.phone = reply_to.or(self.person.phone.take());
            }
            return None;
        }
        self.person.last_inbound_at = self.person.last_inbound_at.max(at.min(entry.at));
        self.person.last_inbound_id = id.unwrap_or_default();
        Some(Given::Answer(content))
    }

    fn known_as(&mut self, sender: &Sender, at: Timestamp) {
        if at < self.person.moved_at {
            return;
        }
        if sender.has_phone() {
            self.person.phone = Some(sender.reply_to.clone());
        }
        if sender.profile.name.is_some() {
            self.person.name = sender.profile.name.clone();
        }
    }

    /// What a message said when it came: before it was corrected, and before its file was fetched.
    fn as_it_came(&self, entry: &JournalEntry, seq: u64) -> Option<InboundContent> {
        let message = self.message(seq)?;
        let mut content = match (&message.direction, message.edits.first()) {
            (_, Some(edit)) => edit.was.clone(),
            (Direction::In { content }, None) => content.clone(),
            (Direction::Out { .. }, None) => return None,
        };
        if let InboundContent::Media { file, .. } = &mut content {
            let fetched = |event: &JournalEvent| matches!(event.other(), Some(ContactEvent::MediaFetched { seq: of, .. }) if *of == seq);
            let later = self.recording.journal.iter().filter(|later| later.number > entry.number);
            if later.into_iter().any(|later| fetched(&later.event)) {
                file.state = MediaState::Coming;
            }
        }
        Some(content)
    }
}

fn at(visited: &Visited) -> NodeId {
    visited.node.clone()
}

/// What begins a run.
pub(super) fn opens(given: &Given) -> Opening<'_> {
    match given {
        Given::Opening { content, referral, event, .. } => Opening {
            content: content.as_ref(),
            referral: referral.as_deref(),
            data: event.as_ref().map(|(_, data)| data),
        },
        _ => Opening::default(),
    }
}

/// What happens to a run that waits.
pub(super) fn happening(given: &Given) -> Option<Event<'_>> {
    Some(match given {
        Given::Answer(content) => Event::Answer(content),
        Given::TimedOut => Event::TimedOut,
        Given::Resolved { agent } => Event::HandoffResolved { agent: Some(agent) },
        Given::NotTaken => Event::HandoffTimedOut,
        Given::Called(outcome) => Event::Called(outcome),
        Given::Sent => Event::Sent,
        Given::Unsent { code } => Event::Unsent { code },
        Given::Happened { name, data } => Event::Happened { name, data },
        Given::Opening { .. }
        | Given::Dropped
        | Given::Moved { .. }
        | Given::MovedBack
        | Given::Interrupted => return None,
    })
}
