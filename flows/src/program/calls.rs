//! The flows that a flow calls: found, fitted to how they are called, and pinned.

use std::sync::Arc;

use cauce_model::{FlowId, NodeId, VersionId};
use indexmap::IndexMap;

use super::Program;
use crate::kind::{FlowUse, Role};
use crate::problem::sort;
use crate::run::{Frame, Visited};
use crate::words::{did_you_mean, list};
use crate::yaml::child;
use crate::{Document, Problem};

impl Program {
    /// The flows that its steps call, and how.
    pub fn calls(&self) -> impl Iterator<Item = (&NodeId, FlowUse)> {
        self.nodes.iter().filter_map(|(id, compiled)| Some((id, compiled.behaviour.calls()?)))
    }

    /// The flow that it calls by this id.
    pub(crate) fn subflow(&self, flow: &FlowId) -> Option<&Program> {
        self.subflows.get(flow).map(Arc::as_ref)
    }

    /// What part a step of a trail plays, in the flow in which it stands.
    pub fn role(&self, visited: &Visited) -> Option<Role> {
        let program = match &visited.within {
            Some(flow) => self.called(flow)?,
            None => self,
        };
        program.node(&visited.node).map(|node| node.meta.role)
    }

    /// A flow that it calls, itself or through others.
    fn called(&self, flow: &FlowId) -> Option<&Self> {
        let deeper = || self.subflows.values().find_map(|program| program.called(flow));
        self.subflow(flow).or_else(deeper)
    }

    /// The versions of the flows that it calls.
    pub fn subflows(&self) -> impl Iterator<Item = (&FlowId, &VersionId)> {
        self.subflows.iter().map(|(flow, program)| (flow, program.version()))
    }

    /// The flow at the end of these calls.
    pub(crate) fn within<'p>(&'p self, frames: &[Frame]) -> Option<&'p Program> {
        frames.iter().try_fold(self, |program, frame| program.subflow(&frame.called))
    }

    /// The same flow together with the flows that it calls: their versions are part of its version. `find`
    /// gives the current version of a flow.
    ///
    /// # Errors
    /// A problem for every flow that is missing, calls this one in turn, or does not fit how it is called.
    pub fn with_subflows(
        mut self,
        find: impl Fn(&FlowId) -> Option<Arc<Program>>,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut subflows: IndexMap<FlowId, Arc<Program>> = IndexMap::new();
        for (node, call) in self.calls() {
            let at = child(&child("/nodes", node), "config");
            let called = find(&call.flow);
            let mut wrong = |pointer: &str, problem: Problem| {
                let at = format!("{at}{pointer}");
                problems.push(problem.of(node).at(&self.document.places, &at));
            };
            match called {
                _ if call.flow == self.document.id => wrong("/flow", circle(&call.flow)),
                None => wrong(
                    "/flow",
                    Problem::error(
                        "flow.subflow_missing",
                        format!("No existe un flujo publicado «{}».", call.flow),
                        "Publica antes ese flujo, o corrige su identificador.",
                    ),
                ),
                Some(called) if called.reaches(&self.document.id) => wrong("/flow", circle(&call.flow)),
                Some(called) => {
                    misfits(&call, &called.document)
                        .into_iter()
                        .for_each(|(at, problem)| wrong(&at, problem));
                    subflows.insert(call.flow, called);
                }
            }
        }
        if !problems.is_empty() {
            sort(&mut problems);
            return Err(problems);
        }
        subflows.sort_keys();
        if !subflows.is_empty() {
            let versions = subflows.iter().map(|(flow, program)| (flow, program.version()));
            self.version = crate::version::with_subflows(&self.version, versions);
        }
        self.subflows = subflows;
        Ok(self)
    }

    /// Whether it calls this flow, itself or through others.
    fn reaches(&self, flow: &FlowId) -> bool {
        self.subflows.iter().any(|(id, program)| id == flow || program.reaches(flow))
    }
}

/// A call that goes round in a circle.
fn circle(flow: &FlowId) -> Problem {
    Problem::error(
        "flow.calls_itself",
        format!("«{flow}» llama de vuelta a este flujo: no terminaría nunca."),
        "Quita una de las dos llamadas.",
    )
}

/// How a call does not fit the flow that it calls.
fn misfits(call: &FlowUse, called: &Document) -> Vec<(String, Problem)> {
    let mut wrong = Vec::new();
    let params: Vec<&str> = called.params.keys().map(String::as_str).collect();
    for (i, name) in call.params.iter().enumerate().filter(|(_, name)| !called.params.contains_key(*name)) {
        let hint = did_you_mean(name, params.iter().copied());
        let message = format!("«{}» no recibe el dato «{name}».", called.id);
        let known = if params.is_empty() {
            "No recibe ninguno.".to_owned()
        } else {
            format!("Recibe {}.", list(params.clone()))
        };
        let problem = Problem::error("flow.param_unknown", message, format!("{hint}{known}"));
        wrong.push((format!("/params/{i}/name"), problem));
    }
    for (name, _) in
        called.params.iter().filter(|(name, param)| !param.optional && !call.params.contains(name))
    {
        let message = format!("Falta el dato «{name}», que «{}» necesita.", called.id);
        let problem = Problem::error("flow.param_missing", message, format!("Agrega «{name}» en «params:»."));
        wrong.push(("/params".to_owned(), problem));
    }
    for (i, name) in call.returns.iter().enumerate().filter(|(_, name)| !called.returns.contains(name)) {
        let hint = did_you_mean(name, called.returns.iter().map(String::as_str));
        let message = format!("«{}» no devuelve el dato «{name}».", called.id);
        let problem = Problem::error(
            "flow.return_unknown",
            message,
            format!("{hint}Devuelve lo que dice su «returns:»."),
        );
        wrong.push((format!("/save/{i}/name"), problem));
    }
    wrong
}
