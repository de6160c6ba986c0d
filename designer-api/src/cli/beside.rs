//! The files that a flow sends, as they stand beside its document.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use cauce_flows::{Files, Problem, Program};
use cauce_model::{FileId, FlowId, StoredFile};

use crate::file_type::{self, HEAD};

/// Where the files are that a flow sends, by the path that it gives them; without those that are not there.
pub fn found(document: &Path, program: &Program) -> Vec<(String, PathBuf)> {
    let folder = document.parent().unwrap_or(Path::new(""));
    let place = |path: String| {
        // Beside the document, and not elsewhere on this machine.
        let inside = Path::new(&path).components().all(|part| matches!(part, Component::Normal(_)));
        let place = folder.join(&path);
        (inside && place.is_file()).then_some((path, place))
    };
    program.needs().into_keys().filter_map(place).collect()
}

/// The files themselves. One that cannot be read is missing.
pub fn files(document: &Path, program: &Program) -> Files {
    let read = |(path, place): (String, PathBuf)| {
        let file = describe(&std::fs::read(place).ok()?, &path);
        Some((path, file))
    };
    found(document, program).into_iter().filter_map(read).collect()
}

/// A flow with the flows that it calls: those of the folder, by their ids.
///
/// # Errors
/// Its problems, when one of them is missing, calls it in turn, or does not fit.
pub fn with_subflows(document: &Path, program: Program) -> Result<Program, Vec<Problem>> {
    within(document, program, &mut Vec::new())
}

/// `open` are the flows whose calls are being looked for, so that a circle has an end.
fn within(document: &Path, program: Program, open: &mut Vec<FlowId>) -> Result<Program, Vec<Problem>> {
    let mut called = HashMap::new();
    open.push(program.document().id.clone());
    for flow in program.calls().map(|(_, call)| call.flow).collect::<Vec<_>>() {
        if let Some((place, found)) = neighbour(document, &flow).filter(|_| !open.contains(&flow)) {
            let files = files(&place, &found);
            let found = found.with_files(&files)?;
            called.insert(flow, Arc::new(within(&place, found, open)?));
        }
    }
    let own = open.pop();
    // A flow that is open already calls this one back.
    let circle =
        program.calls().find(|(_, call)| open.contains(&call.flow) || own.as_ref() == Some(&call.flow));
    if let Some((node, call)) = circle {
        let message = format!("«{}» llama de vuelta a este flujo: no terminaría nunca.", call.flow);
        let problem = Problem::error("flow.calls_itself", message, "Quita una de las dos llamadas.");
        return Err(vec![problem.of(node)]);
    }
    program.with_subflows(|flow| called.get(flow).cloned())
}

/// The flow of this id in the same folder.
fn neighbour(document: &Path, flow: &FlowId) -> Option<(PathBuf, Program)> {
    let folder = document.parent().unwrap_or(Path::new(""));
    ["yaml", "yml", "json"].into_iter().find_map(|ending| {
        let place = folder.join(format!("{flow}.{ending}"));
        let program =
            Program::read(&std::fs::read_to_string(&place).ok()?, &cauce_nodes::catalogue()).ok()?;
        (program.document().id == *flow).then_some((place, program))
    })
}

/// What the file store would say of these bytes.
pub fn describe(bytes: &[u8], path: &str) -> StoredFile {
    let name = file_type::clean_name(path);
    let mime = file_type::of(&bytes[..bytes.len().min(HEAD)], &name);
    StoredFile { id: FileId::of(bytes), mime, size: bytes.len() as u64, name }
}
