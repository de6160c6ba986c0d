//! `cauce schema`: the JSON Schema of a flow, or of its scenarios, for editors.

use cauce_flows::document_schema;
use cauce_flows::scenario::scenario_schema;
use clap::Args;
use serde_json::Value;

use super::say;

#[derive(Args)]
pub struct Schema {
    /// That of scenario files (`name.test.yaml`)
    #[arg(long)]
    scenarios: bool,
}

impl Schema {
    pub fn run(self) {
        let text = if self.scenarios { written(&scenario_schema()) } else { text() };
        say(text.trim_end());
    }
}

/// The schema of flows as it is published.
pub fn text() -> String {
    written(&document_schema(&cauce_nodes::catalogue()))
}

fn written(schema: &Value) -> String {
    // Plain data: it can be written.
    serde_json::to_string_pretty(schema).unwrap_or_default() + "\n"
}
