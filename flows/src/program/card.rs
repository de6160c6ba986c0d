//! A flow as the graph screen shows it.

use cauce_model::NodeId;
use serde::Serialize;
use serde_json::Value;

use super::Program;
use crate::kind::{Role, all_exits};

/// A step as the graph screen shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// The step.
    pub id: NodeId,
    /// Its kind.
    pub kind: String,
    /// The kind's name (Spanish).
    pub kind_name: &'static str,
    /// Icon of the Tabler set.
    pub icon: &'static str,
    /// Colour token.
    pub color: &'static str,
    /// The author's name of the step, else the kind's.
    pub name: String,
    /// What it says or does, line by line.
    pub summary: Vec<String>,
    /// Its part in the graph.
    pub role: Role,
    /// Its ways out.
    pub exits: Vec<CardExit>,
    /// Pixels to the right, when the author placed it.
    pub x: Option<f64>,
    /// Pixels down.
    pub y: Option<f64>,
    /// The config as written.
    pub config: Value,
}

/// A way out of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardExit {
    /// Stable key.
    pub key: String,
    /// What is written at it.
    pub label: String,
    /// Where it leads.
    pub target: Option<NodeId>,
    /// Whether it may lead nowhere.
    pub optional: bool,
}

impl Program {
    /// The steps for the graph screen, in the document's order.
    pub fn cards(&self) -> Vec<Card> {
        self.nodes
            .iter()
            .filter_map(|(id, compiled)| {
                let node = self.document.nodes.get(id)?;
                let position = self.document.layout.get(id);
                let exits =
                    all_exits(compiled.meta, compiled.behaviour.as_ref()).into_iter().map(|exit| CardExit {
                        target: node.exits.get(&exit.key).cloned(),
                        // What leads to a handler by itself may stay unconnected.
                        optional: exit.optional
                            || compiled.exits.contains_key(&exit.key) && !node.exits.contains_key(&exit.key),
                        key: exit.key,
                        label: exit.label,
                    });
                Some(Card {
                    id: id.clone(),
                    kind: node.kind.clone(),
                    kind_name: compiled.meta.name,
                    icon: compiled.meta.icon,
                    color: compiled.meta.color,
                    name: node.name.clone().unwrap_or_else(|| compiled.meta.name.to_owned()),
                    summary: compiled.behaviour.summary(),
                    role: compiled.meta.role,
                    exits: exits.collect(),
                    x: position.map(|position| position.x),
                    y: position.map(|position| position.y),
                    config: Value::Object(node.config.clone()),
                })
            })
            .collect()
    }
}
