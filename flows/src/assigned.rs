//! What data is surely there where a text names it: otherwise a customer would read a sentence with a hole.
//!
//! A piece of data is there when every way from the start to the step leads through an exit that writes it.
//! Only texts are asked about: a condition may well ask whether something is known, and data for a server may
//! have gaps. An expression that deals with it itself (`nombre ?? "cliente"`, `if`) is not asked about either,
//! nor is what the step writes itself, as a form whose second question names the first answer.

use std::collections::{HashMap, VecDeque};

use cauce_model::NodeId;
use fixedbitset::FixedBitSet;

use crate::graph::Spot;
use crate::{Document, Problem};

/// A text names a piece of data.
pub(crate) struct Read {
    pub node: NodeId,
    pub name: String,
    /// The text, as a JSON pointer.
    pub pointer: String,
    /// Line and column of the name, when they are known.
    pub mark: Option<(u32, u32)>,
}

pub(crate) fn check(document: &Document, spots: &[Spot<'_>], reads: &[Read], problems: &mut Vec<Problem>) {
    let mut names: HashMap<&str, usize> = HashMap::new();
    for read in reads {
        let next = names.len();
        names.entry(&read.name).or_insert(next);
    }
    let Some(ways) = Ways::new(document, spots, &names) else { return };
    let sure = ways.sure(names.len());
    let mut told = std::collections::HashSet::new();
    for read in reads {
        let (Some(&at), Some(&name)) = (ways.index.get(&read.node), names.get(read.name.as_str())) else {
            continue;
        };
        let missing = sure[at].as_ref().is_some_and(|sure| !sure.contains(name));
        if !missing || spots[at].writes(&read.name) || !told.insert((at, name)) {
            continue;
        }
        let witness: Vec<NodeId> =
            ways.without(at, name).into_iter().map(|at| spots[at].id().clone()).collect();
        let problem = Problem::warning(
            "var.maybe_unset",
            format!("«{}» puede estar vacío aquí: por este camino nadie lo guarda.", read.name),
            format!(
                "Guárdalo antes en todos los caminos, o di qué poner si falta: {{{{ {} ?? \"…\" }}}}.",
                read.name
            ),
        );
        let problem = problem.of(&read.node).at(&document.places, &read.pointer);
        let problem = if read.mark.is_some() { problem.at_mark(read.mark) } else { problem };
        problems.push(problem.with_witness(witness));
    }
}

/// The ways from step to step, each with what is surely written on it.
struct Ways<'a> {
    index: HashMap<&'a NodeId, usize>,
    /// Where a run or the customer comes in.
    entries: Vec<usize>,
    to: Vec<Vec<(usize, FixedBitSet)>>,
}

impl<'a> Ways<'a> {
    /// `None` when there is no start.
    fn new(document: &Document, spots: &'a [Spot<'_>], names: &HashMap<&str, usize>) -> Option<Self> {
        let index: HashMap<&NodeId, usize> =
            spots.iter().enumerate().map(|(i, spot)| (spot.id(), i)).collect();
        let way = |spot: &Spot<'_>, exit: &str| {
            let mut written = FixedBitSet::with_capacity(names.len());
            for (name, bit) in names {
                written.set(*bit, spot.surely_writes(name, exit));
            }
            written
        };
        let to = spots
            .iter()
            .map(|spot| {
                let targets = spot.targets().filter_map(|(exit, target)| Some((exit, *index.get(target)?)));
                targets.map(|(exit, target)| (target, way(spot, exit))).collect()
            })
            .collect();
        let called = spots.iter().enumerate().filter(|(_, spot)| spot.is_called()).map(|(i, _)| i);
        let entries = std::iter::once(*index.get(&document.start)?).chain(called).collect();
        Some(Self { entries, to, index })
    }

    /// What is surely there at each step; `None` where nobody comes.
    fn sure(&self, names: usize) -> Vec<Option<FixedBitSet>> {
        let mut sure: Vec<Option<FixedBitSet>> = vec![None; self.to.len()];
        for entry in &self.entries {
            sure[*entry] = Some(FixedBitSet::with_capacity(names));
        }
        let mut waiting = VecDeque::from(self.entries.clone());
        while let Some(at) = waiting.pop_front() {
            let Some(here) = sure[at].clone() else { continue };
            for (target, written) in &self.to[at] {
                let mut there = here.clone();
                there.union_with(written);
                let changed = match &mut sure[*target] {
                    Some(known) => {
                        let before = known.count_ones(..);
                        known.intersect_with(&there);
                        known.count_ones(..) != before
                    }
                    unknown => {
                        *unknown = Some(there);
                        true
                    }
                };
                if changed {
                    waiting.push_back(*target);
                }
            }
        }
        sure
    }

    /// The shortest way from where one comes in to a step on which this is never written.
    fn without(&self, to: usize, name: usize) -> Vec<usize> {
        let mut before: HashMap<usize, usize> = HashMap::new();
        let mut waiting = VecDeque::from(self.entries.clone());
        while let Some(at) = waiting.pop_front().filter(|at| *at != to) {
            for (target, written) in &self.to[at] {
                if !self.entries.contains(target) && !written.contains(name) && !before.contains_key(target) {
                    before.insert(*target, at);
                    waiting.push_back(*target);
                }
            }
        }
        let mut way = vec![to];
        while let Some(at) = way.last().filter(|at| !self.entries.contains(at)).and_then(|at| before.get(at))
        {
            way.push(*at);
        }
        way.reverse();
        way
    }
}
