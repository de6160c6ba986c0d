//! The search for conversations: from every state of a talk all that could happen next is tried, the nearest to
//! an exit that nobody took yet first.
//!
//! Two orders take turns: states at steps that were seldom waited at (wide), and those whose run has come by its
//! counting steps most often (deep). States that would go on the same way are looked at once, whoever the
//! customer is; where that hides a way, the conversation is had again with other customers and at other hours.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use cauce_model::{Duration, NodeId, Timestamp};
use fixedbitset::FixedBitSet;
use indexmap::{IndexMap, IndexSet};
use serde_json::{Value, json};

use super::values::{self, Values};
use super::{Effort, Stop};
use crate::Program;
use crate::run::{Facts, Run, RunState, Visited, WaitKind};
use crate::scenario::coverage::Coverage;
use crate::scenario::file::{Answers, Customer, Fails, Person, Scenario, Scenarios, Told};
use crate::scenario::probe::{Probe, Seen};
use crate::scenario::talk::{Act, Talk};

/// The most things that happen in one conversation.
const LONGEST: usize = 250;
/// What makes no sense as an answer to most questions, and what has no words at all.
const NONSENSE: &str = "¿Cómo dices?";
const WORDLESS: &str = "sticker";
/// The provider's code for a message that will not arrive.
const REFUSED: &str = "131026";
/// How many conversations are had again for a step with exits that nobody took, and how many other customers
/// are tried for one of chance.
const AGAIN: usize = 3;
const CUSTOMERS: u64 = 400;

/// A conversation that was had.
pub(super) struct Had {
    parent: Option<usize>,
    /// Who it is with and when it begins: a scenario without steps.
    base: usize,
    acts: Vec<Act>,
    length: usize,
    /// The exits it took, from its beginning.
    pub(super) taken: FixedBitSet,
}

pub(super) struct Search<'a> {
    program: &'a Arc<Program>,
    file: &'a Scenarios,
    values: Values,
    effort: Effort,
    /// The exits that count.
    pub(super) exits: IndexSet<(NodeId, String)>,
    taken: FixedBitSet,
    pub(super) had: Vec<Had>,
    talks: Vec<Option<Talk>>,
    bases: Vec<Scenario>,
    wide: BinaryHeap<Reverse<(u32, usize, usize)>>,
    deep: BinaryHeap<(Reverse<u32>, u32, usize)>,
    known: HashSet<u64>,
    waited: HashMap<NodeId, u32>,
    /// How many steps lie between a step and an exit that nobody took.
    distance: HashMap<NodeId, u32>,
    /// Conversations that came by a step.
    reached: HashMap<NodeId, Vec<usize>>,
    moments: IndexMap<NodeId, Vec<Timestamp>>,
    /// The steps to which a word of the customer leads from anywhere, and that word.
    commands: IndexMap<NodeId, String>,
    spent: usize,
    pub(super) stops: Vec<Stop>,
}

impl<'a> Search<'a> {
    pub(super) fn new(program: &'a Arc<Program>, file: &'a Scenarios, effort: Effort) -> Self {
        let exits: IndexSet<(NodeId, String)> = Coverage::new(program).ways().cloned().collect();
        let taken = FixedBitSet::with_capacity(exits.len());
        let mut search = Self {
            program,
            file,
            values: Values::of(program, &file.facts(&Scenario::default())),
            effort,
            exits,
            taken,
            had: Vec::new(),
            talks: Vec::new(),
            bases: Vec::new(),
            wide: BinaryHeap::new(),
            deep: BinaryHeap::new(),
            known: HashSet::new(),
            waited: HashMap::new(),
            distance: HashMap::new(),
            reached: HashMap::new(),
            moments: IndexMap::new(),
            commands: IndexMap::new(),
            spent: 0,
            stops: Vec::new(),
        };
        let facts = file.facts(&Scenario::default());
        for id in program.document().nodes.keys() {
            let command = program.node(id).and_then(|node| node.behaviour.command());
            if let Some(word) = command.and_then(|command| command.words.into_iter().next()) {
                search.commands.insert(id.clone(), word);
            }
            let moments =
                search.probes(program, id, &facts, &Value::Null).into_iter().filter_map(
                    |probe| match probe {
                        Probe::Moment(at) => Some(at),
                        _ => None,
                    },
                );
            let moments: Vec<Timestamp> = moments.collect();
            if !moments.is_empty() {
                search.moments.insert(id.clone(), moments);
            }
        }
        search.measure();
        search
    }

    /// Looks for conversations until every exit is taken, nothing is left to try, or the effort is spent.
    pub(super) fn run(&mut self) {
        self.begin(self.first());
        self.go_on();
        for _ in 0..AGAIN {
            let before = self.taken.count_ones(..);
            if self.is_done() {
                return;
            }
            self.vary();
            self.go_on();
            if self.taken.count_ones(..) == before {
                return;
            }
        }
    }

    /// Everybody's customer; where a flow begins by itself, one with whom it does.
    fn first(&self) -> Scenario {
        let Some(schedule) = &self.program.triggers().schedule else { return Scenario::default() };
        let known = self.file.customer.as_ref().and_then(|customer| customer.tags.clone());
        let tags = known.into_iter().flatten().chain([schedule.tag().to_owned()]).collect();
        Scenario {
            customer: Some(Customer { tags: Some(tags), ..Customer::default() }),
            ..Scenario::default()
        }
    }

    fn is_done(&self) -> bool {
        self.taken.count_ones(..) == self.exits.len() || self.spent >= self.effort.acts
    }

    fn begin(&mut self, base: Scenario) {
        let talk = self.talk(&base);
        self.bases.push(base);
        let base = self.bases.len() - 1;
        let taken = FixedBitSet::with_capacity(self.exits.len());
        self.keep(Had { parent: None, base, acts: Vec::new(), length: 0, taken }, talk);
    }

    fn talk(&self, base: &Scenario) -> Talk {
        Talk::new(self.program, self.file.facts(base), Vec::new())
    }

    /// Keeps a conversation, and the state it is in for later.
    fn keep(&mut self, had: Had, talk: Talk) {
        let at = self.had.len();
        let rehearsal = talk.rehearsal();
        let node = rehearsal.run().and_then(Run::place).cloned();
        let over = rehearsal.state().is_some() && node.is_none();
        let length = had.length;
        self.had.push(had);
        if over || length >= LONGEST {
            self.talks.push(None);
            return;
        }
        let counts: u32 = rehearsal.run().map(|run| run.counts.values().sum()).unwrap_or_default();
        let node = node.unwrap_or_else(|| self.program.document().start.clone());
        let distance = self.distance.get(&node).copied().unwrap_or(u32::MAX / 8);
        let waited = self.waited.entry(node).or_default();
        *waited += 1;
        self.wide.push(Reverse((*waited * 2 + distance * 4, length, at)));
        self.deep.push((Reverse(distance), counts, at));
        self.talks.push(Some(talk));
    }

    fn next(&mut self, turn: usize) -> Option<(usize, Talk)> {
        loop {
            let at = match turn % 2 {
                0 => self.wide.pop().map(|Reverse((_, _, at))| at),
                _ => self.deep.pop().map(|(_, _, at)| at),
            }?;
            if let Some(talk) = self.talks[at].take() {
                return Some((at, talk));
            }
        }
    }

    fn go_on(&mut self) {
        let mut turn = 0;
        while !self.is_done() {
            let Some((at, talk)) = self.next(turn) else { return };
            turn += 1;
            let node = talk.rehearsal().run().and_then(Run::place).unwrap_or(&self.program.document().start);
            // From here nothing new can be reached.
            if !self.distance.contains_key(node) {
                continue;
            }
            for acts in self.moves(&talk) {
                if self.is_done() {
                    return;
                }
                self.attempt(at, &talk, acts);
            }
        }
    }

    /// Tries what could happen next, and once more with something that does not arrive where a step would
    /// want to know.
    fn attempt(&mut self, from: usize, talk: &Talk, acts: Vec<Act>) {
        let Some((mut after, trail)) = self.done(talk, &acts) else { return };
        let watched = after.take_watched();
        let is_new = self.note(from, acts.clone(), &trail, after);
        let open = |search: &Self| {
            trail.iter().any(|step| search.distance.get(&step.node).is_some_and(|distance| *distance == 0))
        };
        if watched && open(self) {
            let refused: Vec<Act> = std::iter::once(Act::Refuses(REFUSED.to_owned())).chain(acts).collect();
            if let Some((after, trail)) = self.done(talk, &refused) {
                self.note(from, refused, &trail, after);
            }
        }
        if is_new {
            self.measure();
        }
    }

    /// The state after these things, and the way there; nothing when one of them cannot happen, or the run
    /// cannot go on.
    fn done(&mut self, talk: &Talk, acts: &[Act]) -> Option<(Talk, Vec<Visited>)> {
        let mut talk = talk.clone();
        talk.take_watched();
        let mut trail = Vec::new();
        for act in acts {
            self.spent += 1;
            trail.extend(talk.act(act).ok()?.trail);
        }
        if let Some(RunState::Failed { node, code, text }) = talk.rehearsal().state() {
            let stop = Stop { node: node.clone(), code: code.clone(), text: text.clone() };
            if !self.stops.contains(&stop) {
                self.stops.push(stop);
            }
            return None;
        }
        Some((talk, trail))
    }

    /// Keeps a conversation that leads somewhere new; whether it took an exit for the first time.
    fn note(&mut self, from: usize, acts: Vec<Act>, trail: &[Visited], after: Talk) -> bool {
        let Had { base, length, ref taken, .. } = self.had[from];
        let mut taken = taken.clone();
        self.count(trail, &mut taken);
        let had = Had { parent: Some(from), base, length: length + acts.len(), acts, taken };
        self.note_had(had, trail, after)
    }

    fn note_had(&mut self, had: Had, trail: &[Visited], after: Talk) -> bool {
        let is_new = !had.taken.is_subset(&self.taken);
        let is_known = !self.known.insert(self.signature(&after));
        if is_known && !is_new {
            return false;
        }
        self.taken.union_with(&had.taken);
        let at = self.had.len();
        for Visited { node, .. } in trail.iter().filter(|step| step.within.is_none()) {
            let reached = self.reached.entry(node.clone()).or_default();
            if reached.len() < AGAIN && reached.last() != Some(&at) {
                reached.push(at);
            }
        }
        self.keep(had, after);
        is_new
    }

    fn count(&self, trail: &[Visited], taken: &mut FixedBitSet) {
        for Visited { node, exit, within } in trail {
            let Some(exit) = exit.as_ref().filter(|_| within.is_none()) else { continue };
            if let Some(at) = self.exits.get_index_of(&(node.clone(), exit.clone())) {
                taken.insert(at);
            }
        }
    }

    /// What tells apart states that may go on differently.
    fn signature(&self, talk: &Talk) -> u64 {
        let rehearsal = talk.rehearsal();
        let facts = rehearsal.facts();
        let mut hasher = DefaultHasher::new();
        if let Some(run) = rehearsal.run() {
            let state = match &run.state {
                RunState::Waiting(wait) => json!([wait.node, wait.kind]),
                RunState::Ended { .. } => json!("ended"),
                RunState::Failed { .. } => json!("failed"),
            };
            let vars = run.vars.iter().filter(|(name, _)| self.values.deciding.contains(*name));
            let vars: Vec<_> = vars.collect();
            json!([state, run.memo, vars, run.counts, run.frames, run.fragments])
                .to_string()
                .hash(&mut hasher);
        }
        rehearsal.due().map(|due| (due - facts.now).0).hash(&mut hasher);
        facts.is_window_open().hash(&mut hasher);
        if self.values.contact.is_some() {
            facts.contact.tags.hash(&mut hasher);
            facts.contact.consents.hash(&mut hasher);
        }
        let begins_by_itself = rehearsal.run().is_none() && self.program.triggers().schedule.is_some();
        if self.values.is_timed || !self.moments.is_empty() || begins_by_itself {
            facts.now.hash(&mut hasher);
        }
        hasher.finish()
    }

    /// How far every step is from an exit that nobody took.
    fn measure(&mut self) {
        let mut before: HashMap<&NodeId, Vec<&NodeId>> = HashMap::new();
        for id in self.program.document().nodes.keys() {
            let exits = self.program.node(id).into_iter().flat_map(|node| node.exits.values());
            // The customer's own words lead there from everywhere.
            exits.chain(self.commands.keys()).for_each(|target| before.entry(target).or_default().push(id));
        }
        let open = self.exits.iter().enumerate().filter(|(at, _)| !self.taken.contains(*at));
        let mut distance: HashMap<NodeId, u32> = open.map(|(_, (node, _))| (node.clone(), 0)).collect();
        let mut next: VecDeque<NodeId> = distance.keys().cloned().collect();
        while let Some(id) = next.pop_front() {
            let far = distance[&id] + 1;
            for from in before.get(&id).into_iter().flatten() {
                if !distance.contains_key(*from) {
                    distance.insert((*from).clone(), far);
                    next.push_back((*from).clone());
                }
            }
        }
        self.distance = distance;
    }

    fn probes(&self, program: &Program, id: &NodeId, facts: &Facts, memo: &Value) -> Vec<Probe> {
        let seen = Seen { document: program.document(), facts, memo, values: &|name| self.values.get(name) };
        program.node(id).map(|node| node.behaviour.probes(&seen)).unwrap_or_default()
    }

    /// All that could happen next.
    fn moves(&self, talk: &Talk) -> Vec<Vec<Act>> {
        let rehearsal = talk.rehearsal();
        let facts = rehearsal.facts();
        let null = Value::Null;
        let memo = rehearsal.run().map_or(&null, |run| &run.memo);
        let Some(wait) = rehearsal.waiting() else {
            let probes = self.probes(self.program, &self.program.document().start, facts, memo);
            let mut acts: Vec<Act> = probes.into_iter().filter_map(|probe| act(probe, facts.now)).collect();
            acts.extend([Act::Writes("Hola".to_owned()), Act::Sends(WORDLESS.to_owned())]);
            return alone(acts);
        };
        let within = rehearsal.run().and_then(|run| self.program.within(&run.frames));
        let within = within.unwrap_or(self.program);
        let probes = self.probes(within, &wait.node, facts, memo).into_iter();
        let probes = probes.filter_map(|probe| act(probe, facts.now));
        let until_due = rehearsal.due().and_then(|due| values::span(due - facts.now)).map(Act::Clock);
        match wait.kind {
            WaitKind::Answer => {
                let taps = rehearsal.choices().iter().map(|choice| Act::Taps(choice.title.clone()));
                let mut acts: Vec<Act> = taps.chain(probes).collect();
                acts.extend([Act::Writes(NONSENSE.to_owned()), Act::Sends(WORDLESS.to_owned())]);
                let words = self.commands.iter().filter(|(node, _)| self.distance.contains_key(*node));
                acts.extend(words.map(|(_, word)| Act::Writes(word.clone())));
                acts.extend(until_due);
                acts.extend(self.later(facts.now, rehearsal.due()));
                alone(acts)
            }
            WaitKind::Delay => alone(until_due),
            WaitKind::Event => alone(probes.chain(until_due)),
            WaitKind::Person => {
                let day =
                    [Act::Person(Person::Takes), Act::Clock("+1d".to_owned()), Act::Person(Person::Ends)];
                let nobody = until_due.map(|_| vec![Act::Person(Person::Nobody)]);
                [vec![Act::Person(Person::Ends)]].into_iter().chain(nobody).chain([day.to_vec()]).collect()
            }
            WaitKind::Call => {
                let answers = |status| Act::Answers(Answers { status, json: json!({}), text: None });
                alone(probes.chain([answers(200), answers(404), Act::Fails(Fails::Timeout)]))
            }
            WaitKind::Sent => Vec::new(),
        }
    }

    /// The customer takes their time: until the moments that some step tells apart.
    fn later(&self, now: Timestamp, due: Option<Timestamp>) -> Vec<Act> {
        let open = self.moments.iter().filter(|(node, _)| self.distance.get(*node) == Some(&0));
        let ahead = open.flat_map(|(_, moments)| moments);
        let ahead = ahead.filter(|at| **at > now && due.is_none_or(|due| **at < due));
        ahead.filter_map(|at| values::span(*at - now)).map(Act::Clock).collect()
    }

    /// Has conversations again that came by steps with exits that nobody took, with other customers and at
    /// other hours.
    fn vary(&mut self) {
        let mut open: Vec<NodeId> = Vec::new();
        for (at, (node, _)) in self.exits.iter().enumerate() {
            if !self.taken.contains(at) && !open.contains(node) {
                open.push(node.clone());
            }
        }
        for node in open {
            let ways = self.reached.get(&node).cloned().unwrap_or_default();
            let others = self.others(&node);
            for (way, other) in ways.iter().flat_map(|way| others.iter().map(move |other| (*way, other))) {
                if self.is_done() || self.distance.get(&node) != Some(&0) {
                    break;
                }
                self.again(way, other);
            }
        }
    }

    /// Who else could come by a step, and when.
    fn others(&self, node: &NodeId) -> Vec<Scenario> {
        // What comes of a wait is tried where it waits.
        if self.waited.contains_key(node) {
            return Vec::new();
        }
        let zone = self.file.zone();
        let begins = self.file.facts(&Scenario::default()).now;
        let at = |now: Timestamp| Scenario { now: values::moment(now, &zone), ..Scenario::default() };
        let is = |customer: Customer| Scenario { customer: Some(customer), ..Scenario::default() };
        let mut others = Vec::new();
        if let Some(moments) = self.moments.get(node) {
            others.extend(moments.iter().map(|moment| at(*moment)));
        }
        if let Some(texts) = &self.values.contact {
            others.push(is(Customer { name: Some(String::new()), ..Customer::default() }));
            others.push(is(Customer { phone: Some(String::new()), ..Customer::default() }));
            for text in texts {
                let some = Some(text.clone());
                others.push(is(Customer { tags: Some(vec![text.clone()]), ..Customer::default() }));
                others.push(is(Customer { name: some.clone(), ..Customer::default() }));
                others.push(is(Customer { language: some.clone(), ..Customer::default() }));
                others.push(is(Customer { phone: some, ..Customer::default() }));
                for granted in [true, false] {
                    let consents = Some([(text.clone(), granted)].into());
                    others.push(is(Customer { consents, ..Customer::default() }));
                }
            }
        }
        if self.values.is_timed || !self.moments.is_empty() {
            others.extend((1..=56).map(|turn| at(begins + Duration::hours(3 * turn))));
        }
        if !self.values.reading.contains(node) {
            let phone = |n: u64| {
                format!("519{:08}", (self.effort.seed.wrapping_mul(7919) + n * 104_729) % 100_000_000)
            };
            others.extend(
                (1..=CUSTOMERS).map(|n| is(Customer { phone: Some(phone(n)), ..Customer::default() })),
            );
        }
        others
    }

    /// Has a conversation again from its beginning.
    fn again(&mut self, way: usize, other: &Scenario) {
        let (mut acts, mut trail) = (Vec::new(), Vec::new());
        let mut after = self.talk(other);
        for act in self.acts(way) {
            let rehearsal = after.rehearsal();
            let delay = rehearsal.waiting().is_some_and(|wait| wait.kind == WaitKind::Delay);
            let left = rehearsal.due().filter(|_| delay).map(|due| due - rehearsal.facts().now);
            // At another hour it may take another time.
            let act = match (act, left.and_then(values::span)) {
                (Act::Clock(_), Some(left)) => Act::Clock(left),
                (act, _) => act,
            };
            let Some((then, passed)) = self.done(&after, std::slice::from_ref(&act)) else { return };
            after = then;
            trail.extend(passed);
            acts.push(act);
        }
        let mut taken = FixedBitSet::with_capacity(self.exits.len());
        self.count(&trail, &mut taken);
        if taken.is_subset(&self.taken) {
            return;
        }
        self.bases.push(other.clone());
        let had = Had { parent: None, base: self.bases.len() - 1, length: acts.len(), acts, taken };
        self.note_had(had, &trail, after);
        self.measure();
    }

    /// All that happened in a conversation.
    pub(super) fn acts(&self, at: usize) -> Vec<Act> {
        let ways = std::iter::successors(Some(at), |at| self.had[*at].parent);
        let mut pieces: Vec<&Vec<Act>> = ways.map(|at| &self.had[at].acts).collect();
        pieces.reverse();
        pieces.into_iter().flatten().cloned().collect()
    }

    /// Who a conversation is with, and when it begins.
    pub(super) fn base(&self, at: usize) -> Scenario {
        self.bases[self.had[at].base].clone()
    }

    /// How much happened in it.
    pub(super) fn length(&self, at: usize) -> usize {
        self.had[at].length
    }

    /// How much was tried.
    pub(super) fn spent(&self) -> usize {
        self.spent
    }
}

/// What a probe lets happen now; a moment and a value are no acts.
fn act(probe: Probe, now: Timestamp) -> Option<Act> {
    Some(match probe {
        Probe::Writes(text) => Act::Writes(text),
        Probe::Sends(what) => Act::Sends(what),
        Probe::Ad(id) => Act::Ad(id),
        Probe::Event { name, data } => Act::Event(Told { name, json: data }),
        Probe::Answers { status, body } => Act::Answers(Answers { status, json: body, text: None }),
        Probe::Passes(until) => Act::Clock(values::span(until - now)?),
        Probe::Moment(_) | Probe::Value { .. } => return None,
    })
}

fn alone(acts: impl IntoIterator<Item = Act>) -> Vec<Vec<Act>> {
    acts.into_iter().map(|act| vec![act]).collect()
}
