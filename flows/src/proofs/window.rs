//! Where the 24-hour window may be closed when a step says something freely (WhatsApp then takes templates
//! alone). Each step is given the most time that may have passed since the customer's last message.

use std::collections::VecDeque;

use super::graph::{Graph, Way};
use super::reach::connections;
use crate::Problem;
use crate::kind::After;
use crate::limits::WINDOW;
use crate::step::WINDOW_CLOSED;

/// In milliseconds. From here on the window is closed, and it does not matter for how long.
const CLOSED: i64 = WINDOW.0;

pub(super) fn check(graph: &Graph<'_>, problems: &mut Vec<Problem>) {
    let silence = Silence::of(graph);
    for (at, spot) in graph.spots.iter().enumerate() {
        if silence.most[at] != CLOSED || silence.leaves[at] || spot.exit(WINDOW_CLOSED).is_none() {
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
        let problem = problem.with_witness(graph.along(&silence.from, at));
        problems.push(graph.at(at, problem.with_fixes(connections(graph, at, WINDOW_CLOSED))));
    }
}

/// For how long the customer may have been silent at most when the run comes to a step.
struct Silence {
    /// Who finds the window closed leaves at once.
    leaves: Vec<bool>,
    /// In milliseconds, at most [`CLOSED`]; [`NEVER`] where nobody comes.
    most: Vec<i64>,
    /// From where that much came; no step where it begins.
    from: Vec<usize>,
}

/// Nobody comes here.
const NEVER: i64 = -1;

impl Silence {
    fn of(graph: &Graph<'_>) -> Self {
        let count = graph.spots.len();
        let leaves = (0..count).map(|at| graph.ways(at).iter().any(|way| way.is_closed)).collect();
        let mut this = Self { leaves, most: vec![NEVER; count], from: vec![usize::MAX; count] };
        graph.entries.iter().for_each(|entry| this.most[*entry] = 0);
        // Ways on which time may add up; all others begin to count anew, whatever was before.
        let adds = |way: &Way<'_>| {
            !way.is_closed && matches!(way.after, After::Nothing | After::Time(_) | After::OpenWindow)
        };
        for at in graph.order.iter().copied() {
            for way in graph.ways(at).iter().filter(|way| !adds(way)) {
                this.raise(at, way.to, if way.after == After::Message { 0 } else { CLOSED });
            }
        }
        let groups = graph.groups(|_, way| adds(way));
        let numbers = groups.numbers();
        for group in groups.iter().rev() {
            let inside = |at: usize, way: &Way<'_>| adds(way) && numbers[way.to] == numbers[at];
            if group.len() > 1 || graph.ways(group[0]).iter().any(|way| inside(group[0], way)) {
                this.circle(graph, group, inside);
            }
            for at in group {
                for way in graph.ways(*at).iter().filter(|way| adds(way) && !inside(*at, way)) {
                    this.go(*at, way);
                }
            }
        }
        this
    }

    /// Within a group of steps that ways lead round: whoever comes may come by all of them, and time that
    /// passes on the way round passes again and again.
    fn circle(&mut self, graph: &Graph<'_>, group: &[usize], inside: impl Fn(usize, &Way<'_>) -> bool) {
        let Some(longest) = group.iter().copied().max_by_key(|at| self.most[*at]) else { return };
        if self.most[longest] == NEVER {
            return;
        }
        let takes_time = |at: &usize| {
            let mut ways = graph.ways(*at).iter().filter(|way| inside(*at, way));
            ways.any(|way| matches!(way.after, After::Time(time) if time.0 > 0))
        };
        // What goes round grows to the brim; whether it runs over, the ways from there tell.
        let base = if group.iter().any(takes_time) { CLOSED - 1 } else { self.most[longest].min(CLOSED - 1) };
        self.most[longest] = self.most[longest].max(base);
        let mut left = VecDeque::from([longest]);
        while let Some(at) = left.pop_front() {
            for way in graph.ways(at).iter().filter(|way| inside(at, way)) {
                if self.raise(at, way.to, base) {
                    left.push_back(way.to);
                }
            }
        }
        left.extend(group);
        while let Some(at) = left.pop_front() {
            for way in graph.ways(at).iter().filter(|way| inside(at, way)) {
                if self.go(at, way) {
                    left.push_back(way.to);
                }
            }
        }
    }

    /// Follows a way on which time may add up; whether more came by it.
    fn go(&mut self, at: usize, way: &Way<'_>) -> bool {
        let come = self.most[at];
        if come == NEVER {
            return false;
        }
        let here = if self.leaves[at] { come.min(CLOSED - 1) } else { come };
        let there = match way.after {
            After::Time(time) => here.saturating_add(time.0).min(CLOSED),
            After::OpenWindow => here.min(CLOSED - 1),
            _ => here,
        };
        self.raise(at, way.to, there)
    }

    fn raise(&mut self, at: usize, to: usize, time: i64) -> bool {
        let more = time > self.most[to];
        if more {
            self.most[to] = time;
            self.from[to] = at;
        }
        more
    }
}
