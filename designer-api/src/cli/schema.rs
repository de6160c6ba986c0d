//! `cauce schema`: the JSON Schema of a flow, for editors.

use cauce_flows::document_schema;

/// The schema as it is published.
pub fn text() -> String {
    // Plain data: it can be written.
    serde_json::to_string_pretty(&document_schema(&cauce_nodes::catalogue())).unwrap_or_default() + "\n"
}
