//! The steps of a flow and the ways between them, by number: what all proofs walk on.

use std::cell::OnceCell;
use std::collections::{HashMap, VecDeque};

use cauce_model::NodeId;
use fixedbitset::FixedBitSet;

use super::Use;
use crate::document::Node;
use crate::kind::{After, Behaviour, Chooses, Exit, Meta, Role, Write, all_exits};
use crate::step::WINDOW_CLOSED;
use crate::yaml::child;
use crate::{Document, Problem};

/// The most steps of a way that proves something: of a longer one the last ones are told.
const MAX_WITNESS: usize = 100;

/// What a step declares, asked once.
pub(crate) struct Declared {
    /// `None` when its config is not understood: then nothing is claimed about it.
    pub role: Option<Role>,
    pub exits: Vec<Exit>,
    waits: bool,
    /// Customers come here from anywhere, by a word, and in no other way.
    pub is_command: bool,
    /// The exits that lead here wherever they lead nowhere else.
    stands_for: Vec<String>,
    /// How many messages it says at most when somebody comes.
    pub sends: usize,
    /// How many it says at most until it is left.
    pub says: usize,
    pub writes: Vec<Write>,
    pub chooses: Option<Chooses>,
}

impl Declared {
    pub(crate) fn of(meta: Meta, behaviour: &dyn Behaviour) -> Self {
        Self {
            role: Some(meta.role),
            exits: all_exits(meta, behaviour),
            waits: meta.waits && !behaviour.goes_on(),
            is_command: behaviour.command().is_some(),
            stands_for: behaviour.stands_for(),
            sends: behaviour.sends(),
            says: behaviour.sends_in_all(),
            writes: behaviour.writes(),
            chooses: behaviour.chooses(),
        }
    }

    /// Nothing is known of it; it may wait.
    pub(crate) fn nothing() -> Self {
        Self {
            role: None,
            exits: Vec::new(),
            waits: true,
            is_command: false,
            stands_for: Vec::new(),
            sends: 0,
            says: 0,
            writes: Vec::new(),
            chooses: None,
        }
    }
}

/// A step as the proofs see it.
pub(crate) struct Spot<'a> {
    pub id: &'a NodeId,
    pub node: &'a Node,
    pub declared: &'a Declared,
}

impl std::ops::Deref for Spot<'_> {
    type Target = Declared;

    fn deref(&self) -> &Declared {
        self.declared
    }
}

impl Spot<'_> {
    /// Whether the run always waits here; a step that is not understood may.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    /// The exit of this key, connected or not.
    pub(crate) fn exit(&self, key: &str) -> Option<&Exit> {
        self.exits.iter().find(|exit| exit.key == key)
    }

    /// Whether this exit leads somewhere by itself.
    pub(crate) fn leads(&self, exit: &str) -> bool {
        self.node.exits.contains_key(exit)
    }

    /// How many things the customer is asked here.
    pub(crate) fn questions(&self) -> usize {
        let asks = self.waits && self.exits.iter().any(|exit| exit.after == After::Message);
        if asks { self.writes.len().max(1) } else { 0 }
    }

    /// Whether it may write this.
    pub(crate) fn may_write(&self, name: &str) -> bool {
        self.role.is_none() || self.writes.iter().any(|write| write.name == name)
    }
}

/// A way from one step to another.
pub(crate) struct Way<'a> {
    pub exit: &'a str,
    pub to: usize,
    pub after: After,
    /// It is taken at once where the window is closed: the step has done nothing.
    pub is_closed: bool,
}

impl<'a> Way<'a> {
    fn new(exit: &'a str, to: usize, after: After) -> Self {
        Self { exit, to, after, is_closed: exit == WINDOW_CLOSED }
    }
}

pub(crate) struct Graph<'a> {
    pub document: &'a Document,
    /// In the order of the document.
    pub spots: &'a [Spot<'a>],
    /// All data that is written or named, by number.
    pub names: HashMap<&'a str, usize>,
    /// The numbers of what each step may write, in its order.
    written: Vec<usize>,
    first_written: Vec<usize>,
    /// Where customers come in: the start, then the steps they come to from anywhere.
    pub entries: Vec<usize>,
    /// All ways, by the step they begin at.
    ways: Vec<Way<'a>>,
    /// Where the ways of each step begin in `ways`, and one more for the end.
    first: Vec<usize>,
    /// The steps from which ways lead to each, likewise.
    from: Vec<usize>,
    first_from: Vec<usize>,
    /// The steps that somebody can come to, every one before those it leads to, as far as ways do not go round.
    pub order: Vec<usize>,
    /// The same as a set.
    pub reached: FixedBitSet,
    shortest: OnceCell<Vec<usize>>,
}

/// No step.
const NONE: usize = usize::MAX;

impl<'a> Graph<'a> {
    pub(crate) fn new(document: &'a Document, spots: &'a [Spot<'a>], uses: &'a [Use]) -> Self {
        let index = |id: &NodeId| document.nodes.get_index_of(id);
        let stand_ins: Vec<(&str, usize)> = spots
            .iter()
            .enumerate()
            .flat_map(|(at, spot)| spot.stands_for.iter().map(move |exit| (exit.as_str(), at)))
            .collect();
        let mut ways = Vec::with_capacity(2 * spots.len());
        let mut first = Vec::with_capacity(spots.len() + 1);
        for (at, spot) in spots.iter().enumerate() {
            first.push(ways.len());
            for (exit, target) in &spot.node.exits {
                let Some(to) = index(target) else { continue };
                let after = spot.exit(exit).map(|exit| exit.after).unwrap_or_default();
                ways.push(Way::new(exit, to, after));
            }
            if stand_ins.is_empty() {
                continue;
            }
            for exit in spot.exits.iter().filter(|exit| !spot.leads(&exit.key)) {
                if let Some((_, to)) = stand_ins.iter().find(|(key, to)| *key == exit.key && *to != at) {
                    ways.push(Way::new(&exit.key, *to, exit.after));
                }
            }
        }
        first.push(ways.len());
        let (from, first_from) = turned(&ways, &first);
        let (mut names, mut written) = (HashMap::new(), Vec::new());
        let mut first_written = Vec::with_capacity(spots.len() + 1);
        for spot in spots {
            first_written.push(written.len());
            for write in &spot.writes {
                let next = names.len();
                written.push(*names.entry(write.name.as_str()).or_insert(next));
            }
        }
        first_written.push(written.len());
        for used in uses {
            let next = names.len();
            names.entry(used.name.as_str()).or_insert(next);
        }
        let start = index(&document.start).filter(|at| matches!(spots[*at].role, None | Some(Role::Start)));
        let anywhere = spots.iter().enumerate().filter(|(_, spot)| spot.is_command).map(|(at, _)| at);
        let mut graph = Self {
            document,
            spots,
            names,
            written,
            first_written,
            entries: start.into_iter().chain(anywhere).collect(),
            ways,
            first,
            from,
            first_from,
            order: Vec::new(),
            reached: FixedBitSet::with_capacity(spots.len()),
            shortest: OnceCell::new(),
        };
        graph.walk();
        graph
    }

    /// The number of a step.
    pub(crate) fn index(&self, id: &NodeId) -> Option<usize> {
        self.document.nodes.get_index_of(id)
    }

    /// The start, when there is one.
    pub(crate) fn start(&self) -> Option<usize> {
        self.entries.first().copied().filter(|at| *self.spots[*at].id == self.document.start)
    }

    /// The ways from a step.
    pub(crate) fn ways(&self, at: usize) -> &[Way<'a>] {
        &self.ways[self.first[at]..self.first[at + 1]]
    }

    /// What a step may write, by number.
    pub(crate) fn writes(&self, at: usize) -> impl Iterator<Item = (usize, &'a Write)> {
        let numbers = &self.written[self.first_written[at]..self.first_written[at + 1]];
        numbers.iter().copied().zip(&self.spots[at].declared.writes)
    }

    /// What a step has written whenever it is left by this way, by number.
    pub(crate) fn surely_writes(&self, at: usize, way: &Way<'_>) -> impl Iterator<Item = usize> {
        let sure = self.writes(at).filter(|(_, write)| !way.is_closed && !write.unless.contains(&way.exit));
        sure.map(|(name, _)| name)
    }

    /// The steps from which ways lead here.
    pub(crate) fn before(&self, at: usize) -> &[usize] {
        &self.from[self.first_from[at]..self.first_from[at + 1]]
    }

    /// Whether this exit of a step leads somewhere, also by a step that stands for it.
    pub(crate) fn leads(&self, at: usize, exit: &str) -> bool {
        self.ways(at).iter().any(|way| way.exit == exit)
    }

    fn walk(&mut self) {
        let mut left: Vec<(usize, usize)> = Vec::new();
        let mut order = Vec::with_capacity(self.spots.len());
        // The entries backwards, and all turned round: the start comes first.
        for entry in self.entries.iter().rev() {
            if self.reached.put(*entry) {
                continue;
            }
            left.push((*entry, self.first[*entry]));
            while let Some((at, next)) = left.last_mut() {
                if *next == self.first[*at + 1] {
                    order.push(*at);
                    left.pop();
                    continue;
                }
                let to = self.ways[*next].to;
                *next += 1;
                if !self.reached.put(to) {
                    left.push((to, self.first[to]));
                }
            }
        }
        order.reverse();
        self.order = order;
    }

    /// All steps from which one of these can be come to, those included.
    pub(crate) fn leading_to(&self, goals: impl IntoIterator<Item = usize>) -> FixedBitSet {
        let mut seen = FixedBitSet::with_capacity(self.spots.len());
        let mut left: Vec<usize> = goals.into_iter().filter(|at| !seen.put(*at)).collect();
        while let Some(at) = left.pop() {
            left.extend(self.before(at).iter().filter(|before| !seen.put(**before)));
        }
        seen
    }

    /// From where each step is come to first by the ways that are followed, for [`Graph::along`].
    pub(crate) fn tree(&self, follows: impl Fn(usize, &Way<'a>) -> bool) -> Vec<usize> {
        let mut tree = vec![NONE; self.spots.len()];
        let mut seen = FixedBitSet::with_capacity(self.spots.len());
        self.entries.iter().for_each(|entry| seen.insert(*entry));
        let mut left: VecDeque<usize> = self.entries.iter().copied().collect();
        while let Some(at) = left.pop_front() {
            for way in self.ways(at).iter().filter(|way| follows(at, way)) {
                if !seen.put(way.to) {
                    tree[way.to] = at;
                    left.push_back(way.to);
                }
            }
        }
        tree
    }

    /// The shortest way by which somebody comes to a step.
    pub(crate) fn path(&self, to: usize) -> Vec<NodeId> {
        self.along(self.shortest.get_or_init(|| self.tree(|_, _| true)), to)
    }

    /// The way that leads to a step, given from where each step is come to: at most the last steps of it.
    pub(crate) fn along(&self, tree: &[usize], to: usize) -> Vec<NodeId> {
        let mut way = vec![to];
        while let Some(from) = way.last().map(|at| tree[*at]).filter(|from| *from != NONE) {
            if way.len() == MAX_WITNESS || way.contains(&from) {
                break;
            }
            way.push(from);
        }
        way.iter().rev().map(|at| self.spots[*at].id.clone()).collect()
    }

    /// A shortest circle from a step back to it over the ways that are followed: its steps in order, ending
    /// where it began.
    pub(crate) fn circle(&self, at: usize, follows: impl Fn(usize, &Way<'a>) -> bool) -> Vec<NodeId> {
        let mut from = vec![NONE; self.spots.len()];
        let mut left = VecDeque::from([at]);
        while let Some(here) = left.pop_front().filter(|_| from[at] == NONE) {
            for way in self.ways(here).iter().filter(|way| follows(here, way)) {
                if from[way.to] == NONE {
                    from[way.to] = here;
                    left.push_back(way.to);
                }
            }
        }
        let mut circle = vec![at];
        let mut here = from[at];
        while here != NONE && here != at && circle.len() < MAX_WITNESS {
            circle.push(here);
            here = from[here];
        }
        circle.push(at);
        circle.iter().rev().map(|at| self.spots[*at].id.clone()).collect()
    }

    /// The steps in groups: of one group are those between which the followed ways go round. A group comes
    /// after all the groups that it leads to.
    pub(crate) fn groups(&self, follows: impl Fn(usize, &Way<'a>) -> bool) -> Groups {
        let count = self.spots.len();
        let mut groups = Groups { steps: Vec::with_capacity(count), ends: Vec::with_capacity(count) };
        // Tarjan's algorithm, with a stack of its own: a flow may be a chain of thousands.
        let (mut number, mut low, mut numbered) = (vec![0; count], vec![0; count], 0);
        let mut is_open = FixedBitSet::with_capacity(count);
        let (mut open, mut left): (Vec<usize>, Vec<(usize, usize)>) = (Vec::new(), Vec::new());
        for root in 0..count {
            if number[root] == 0 {
                left.push((root, self.first[root]));
            }
            while let Some((at, next)) = left.last_mut() {
                let at = *at;
                if number[at] == 0 {
                    numbered += 1;
                    (number[at], low[at]) = (numbered, numbered);
                    is_open.insert(at);
                    open.push(at);
                }
                if *next < self.first[at + 1] {
                    let way = &self.ways[*next];
                    *next += 1;
                    if !follows(at, way) {
                    } else if number[way.to] == 0 {
                        left.push((way.to, self.first[way.to]));
                    } else if is_open.contains(way.to) {
                        low[at] = low[at].min(number[way.to]);
                    }
                    continue;
                }
                left.pop();
                if let Some((before, _)) = left.last() {
                    low[*before] = low[*before].min(low[at]);
                }
                if low[at] == number[at] {
                    while let Some(step) = open.pop() {
                        is_open.set(step, false);
                        groups.steps.push(step);
                        if step == at {
                            break;
                        }
                    }
                    groups.ends.push(groups.steps.len());
                }
            }
        }
        groups
    }

    /// Which data may be missing when somebody comes to a step. At the entries all are; a way leads on with what
    /// `changes` makes of those that are missing where it begins.
    pub(crate) fn missing(&self, changes: impl Fn(usize, &Way<'a>, &mut Bits<'_>)) -> Missing {
        let size = self.names.len().div_ceil(Bits::SIZE);
        let mut missing = Missing { bits: vec![0; size * self.spots.len()], size };
        self.entries.iter().for_each(|entry| missing.of(*entry).fill(u64::MAX));
        let mut changed = self.reached.clone();
        let mut there = vec![0; size];
        while !changed.is_clear() {
            for at in &self.order {
                if !changed.contains(*at) {
                    continue;
                }
                changed.set(*at, false);
                for way in self.ways(*at) {
                    there.copy_from_slice(missing.of(*at));
                    changes(*at, way, &mut Bits(&mut there));
                    let mut more = 0;
                    for (known, new) in missing.of(way.to).iter_mut().zip(&there) {
                        more |= new & !*known;
                        *known |= new;
                    }
                    if more != 0 {
                        changed.insert(way.to);
                    }
                }
            }
        }
        missing
    }

    /// Which data nobody may have written when somebody comes to a step.
    pub(crate) fn unwritten(&self) -> Missing {
        self.missing(|at, way, missing| self.surely_writes(at, way).for_each(|name| missing.remove(name)))
    }

    /// A problem at a step.
    pub(crate) fn at(&self, at: usize, problem: Problem) -> Problem {
        let id = self.spots[at].id;
        problem.of(id).at_key(&self.document.places, &child("/nodes", id))
    }
}

/// Data by number, a bit each.
pub(crate) struct Bits<'b>(&'b mut [u64]);

impl Bits<'_> {
    const SIZE: usize = u64::BITS as usize;

    pub(crate) fn insert(&mut self, name: usize) {
        self.0[name / Self::SIZE] |= 1 << (name % Self::SIZE);
    }

    pub(crate) fn remove(&mut self, name: usize) {
        self.0[name / Self::SIZE] &= !(1 << (name % Self::SIZE));
    }
}

/// Data that may be missing at each step; see [`Graph::missing`].
pub(crate) struct Missing {
    bits: Vec<u64>,
    /// For one step.
    size: usize,
}

impl Missing {
    fn of(&mut self, at: usize) -> &mut [u64] {
        &mut self.bits[at * self.size..(at + 1) * self.size]
    }

    pub(crate) fn has(&self, at: usize, name: usize) -> bool {
        self.bits[at * self.size + name / Bits::SIZE] >> (name % Bits::SIZE) & 1 == 1
    }
}

/// The ways the other way round.
fn turned(ways: &[Way<'_>], first: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let count = first.len() - 1;
    let mut first_from = vec![0; count + 1];
    ways.iter().for_each(|way| first_from[way.to + 1] += 1);
    for at in 0..count {
        first_from[at + 1] += first_from[at];
    }
    let mut next = first_from.clone();
    let mut from = vec![0; ways.len()];
    for at in 0..count {
        for way in &ways[first[at]..first[at + 1]] {
            from[next[way.to]] = at;
            next[way.to] += 1;
        }
    }
    (from, first_from)
}

/// Steps in groups; see [`Graph::groups`].
pub(crate) struct Groups {
    steps: Vec<usize>,
    ends: Vec<usize>,
}

impl Groups {
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &[usize]> {
        let begins = |i: usize| if i == 0 { 0 } else { self.ends[i - 1] };
        (0..self.ends.len()).map(move |i| &self.steps[begins(i)..self.ends[i]])
    }

    /// The number of the group of each step.
    pub(crate) fn numbers(&self) -> Vec<usize> {
        let mut numbers = vec![0; self.steps.len()];
        for (number, group) in self.iter().enumerate() {
            group.iter().for_each(|at| numbers[*at] = number);
        }
        numbers
    }
}
