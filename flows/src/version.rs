//! Versions: what a flow says, written one way, and the name that follows from it.

use cauce_model::{FlowId, VersionId};
use serde::Serialize;
use serde_json::Value;

use crate::Document;
use crate::program::Files;

/// The canonical YAML of a document, of a flow or of its scenarios.
pub(crate) fn to_yaml(document: &impl Serialize) -> String {
    // Texts of several lines as blocks, none folded: a line of the file is a line of the message.
    let options = serde_yaml::ser_options! {
        compact_list_indent: false,
        folded_wrap_chars: usize::MAX,
        yaml_12: true,
        no_lang_directive: true,
    };
    serde_yaml::to_string_with_options(document, options)
        .expect("a document is maps with text keys, lists and scalars: YAML writes all of them")
}

/// The version of a document: the first 16 bytes of the BLAKE3 hash of its canonical JSON (keys
/// sorted, without layout), as hexadecimal digits. JSON and not YAML, so that a version keeps its
/// name whatever a YAML library does next.
pub(crate) fn name(document: &Document) -> VersionId {
    let mut value = serde_json::to_value(document).expect("a document is plain data");
    if let Value::Object(map) = &mut value {
        map.remove("layout");
    }
    value.sort_all_objects();
    let hash = blake3::hash(value.to_string().as_bytes());
    hex::encode(&hash.as_bytes()[..16]).parse().expect("hexadecimal digits are an id")
}

/// The version of a document together with the files it sends, by their content and type.
pub(crate) fn with_files(document: &VersionId, files: &Files) -> VersionId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(document.as_str().as_bytes());
    for (path, file) in files {
        for part in [path.as_str(), file.id.as_str(), &file.mime] {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
    }
    hex::encode(&hasher.finalize().as_bytes()[..16]).parse().expect("hexadecimal digits are an id")
}

/// The version of a flow together with those of the flows that it calls.
pub(crate) fn with_subflows<'a>(
    version: &VersionId,
    subflows: impl Iterator<Item = (&'a FlowId, &'a VersionId)>,
) -> VersionId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(version.as_str().as_bytes());
    for (flow, version) in subflows {
        for part in [flow.as_str(), version.as_str()] {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
    }
    hex::encode(&hasher.finalize().as_bytes()[..16]).parse().expect("hexadecimal digits are an id")
}
