//! What is wrong with a flow: a code, a place, a sentence and what to do about it.

use std::fmt;

use cauce_model::NodeId;
use serde::{Deserialize, Serialize};

use crate::fix::Fix;
use crate::yaml::Places;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The flow cannot be published.
    Error,
    /// It can, but somebody should look.
    Warning,
}

/// One problem of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable: `doc.unknown_field`, `flow.trapped`, `limit.button_title` …
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// Line in the text that was parsed, from 1. `None` for a document that came as JSON values.
    pub line: Option<u32>,
    /// Column in Unicode characters, from 1.
    pub column: Option<u32>,
    /// The step it belongs to.
    pub node: Option<NodeId>,
    /// JSON pointer (RFC 6901) into the document.
    pub path: Option<String>,
    /// What is wrong, in Spanish.
    pub message: String,
    /// What to do about it, in Spanish.
    pub help: String,
    /// Steps that prove it, in order: a path that is trapped, a cycle.
    #[serde(default)]
    pub witness: Vec<NodeId>,
    /// What a machine can do about it, the likeliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<Fix>,
}

impl Problem {
    /// An error without a place yet.
    pub fn error(code: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            severity: Severity::Error,
            line: None,
            column: None,
            node: None,
            path: None,
            message: message.into(),
            help: help.into(),
            witness: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// A warning without a place yet.
    pub fn warning(code: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message, help) }
    }

    /// The step it belongs to.
    pub fn of(mut self, node: &NodeId) -> Self {
        self.node = Some(node.clone());
        self
    }

    /// At the value under this JSON pointer.
    pub fn at(mut self, places: &Places, pointer: &str) -> Self {
        self.place(places.value(pointer));
        self.path = Some(pointer.to_owned());
        self
    }

    /// At the key that leads to this JSON pointer.
    pub fn at_key(mut self, places: &Places, pointer: &str) -> Self {
        self.place(places.key(pointer));
        self.path = Some(pointer.to_owned());
        self
    }

    /// At this line and column.
    pub(crate) fn at_mark(mut self, mark: Option<(u32, u32)>) -> Self {
        self.place(mark);
        self
    }

    /// With the steps that prove it.
    pub fn with_witness(mut self, witness: Vec<NodeId>) -> Self {
        self.witness = witness;
        self
    }

    /// With what a machine can do about it.
    pub fn with_fixes(mut self, fixes: impl IntoIterator<Item = Fix>) -> Self {
        self.fixes.extend(fixes);
        self
    }

    /// The fix that may be made without asking anybody.
    pub fn safe_fix(&self) -> Option<&Fix> {
        match &self.fixes[..] {
            [only] if only.safe => Some(only),
            _ => None,
        }
    }

    /// Whether it keeps the flow from being published.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    fn place(&mut self, mark: Option<(u32, u32)>) {
        self.line = mark.map(|m| m.0);
        self.column = mark.map(|m| m.1);
    }
}

/// `12:8: [flow.exit_to_nowhere] message. help`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, "{line}:{column}: ")?;
        }
        write!(f, "[{}] {} {}", self.code, self.message, self.help)
    }
}

/// Puts problems in the order a reader meets them, without repeats.
pub(crate) fn sort(problems: &mut Vec<Problem>) {
    problems.sort_by_key(|p| (p.line.unwrap_or(u32::MAX), p.column.unwrap_or(0), !p.is_error()));
    problems.dedup();
}
