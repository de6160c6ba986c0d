//! Where the 24-hour window may be closed when a step says something freely (WhatsApp then takes templates
//! alone). Each step is given the most time that may have passed since the customer's last message.

use std::collections::{HashMap, VecDeque};

use cauce_model::NodeId;

use crate::graph::Spot;
use crate::kind::After;
use crate::limits::WINDOW;
use crate::step::WINDOW_CLOSED;
use crate::yaml::child;
use crate::{Document, Problem};

/// In milliseconds. From here on the window is closed, and it does not matter for how long.
const CLOSED: i64 = WINDOW.0;

pub(crate) fn check(document: &Document, spots: &[Spot<'_>], problems: &mut Vec<Problem>) {
    let index: HashMap<&NodeId, usize> = spots.iter().enumerate().map(|(i, spot)| (spot.id(), i)).collect();
    let Some(&start) = index.get(&document.start) else { return };
    let silence = Silence::of(spots, &index, start);
    for (at, spot) in spots.iter().enumerate() {
        if silence.most[at] != Some(CLOSED) || !spot.has(WINDOW_CLOSED) || spot.leads(WINDOW_CLOSED) {
            continue;
        }
        let problem = Problem::warning(
            "wa.window",
            "Aquí pueden haber pasado 24 horas desde el último mensaje del cliente: entonces WhatsApp no acepta \
             este mensaje y no llega.",
            format!(
                "Conecta su salida «{WINDOW_CLOSED}» con lo que deba pasar entonces, o acorta las esperas."
            ),
        );
        let witness = silence.way(at).into_iter().map(|at| spots[at].id().clone()).collect();
        let problem = problem.of(spot.id()).at_key(&document.places, &child("/nodes", spot.id()));
        problems.push(problem.with_witness(witness));
    }
}

/// For how long the customer may have been silent at most when the run comes to a step.
struct Silence {
    /// In milliseconds, at most [`CLOSED`]; `None` where nobody comes.
    most: Vec<Option<i64>>,
    /// From where that much came.
    from: Vec<Option<usize>>,
}

impl Silence {
    fn of(spots: &[Spot<'_>], index: &HashMap<&NodeId, usize>, start: usize) -> Self {
        let mut this = Self { most: vec![None; spots.len()], from: vec![None; spots.len()] };
        let mut raised = vec![0; spots.len()];
        let called = spots.iter().enumerate().filter(|(_, spot)| spot.is_called()).map(|(at, _)| at);
        let mut waiting: VecDeque<usize> = std::iter::once(start).chain(called).collect();
        for entry in &waiting {
            this.most[*entry] = Some(0);
        }
        while let Some(at) = waiting.pop_front() {
            let Some(come) = this.most[at] else { continue };
            // Who finds the window closed leaves at once where there is a way for that.
            let stayed = if spots[at].leads(WINDOW_CLOSED) { come.min(CLOSED - 1) } else { come };
            for (exit, target) in spots[at].targets() {
                let Some(&target) = index.get(target) else { continue };
                let here = if exit == WINDOW_CLOSED { CLOSED } else { stayed };
                let mut there = match spots[at].after(exit) {
                    After::Nothing => here,
                    After::Message => 0,
                    After::Time(time) => here.saturating_add(time.0),
                    After::AnyTime => CLOSED,
                    After::OpenWindow => here.min(CLOSED - 1),
                };
                if this.most[target].is_some_and(|known| known >= there.min(CLOSED)) {
                    continue;
                }
                raised[target] += 1;
                // What grows again after every step had its turn grows in a circle, for ever.
                if raised[target] > spots.len() {
                    there = CLOSED;
                }
                this.most[target] = Some(there.min(CLOSED));
                this.from[target] = Some(at);
                waiting.push_back(target);
            }
        }
        this
    }

    /// A way on which so much time passes; its first step may be one of a circle.
    fn way(&self, to: usize) -> Vec<usize> {
        let mut way = vec![to];
        while let Some(from) = way.last().and_then(|at| self.from[*at]).filter(|from| !way.contains(from)) {
            way.push(from);
        }
        way.reverse();
        way
    }
}
