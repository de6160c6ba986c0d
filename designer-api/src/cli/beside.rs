//! The files that a flow sends, as they stand beside its document.

use std::path::{Component, Path, PathBuf};

use cauce_flows::{Files, Program};
use cauce_model::{FileId, StoredFile};

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

/// What the file store would say of these bytes.
pub fn describe(bytes: &[u8], path: &str) -> StoredFile {
    let name = file_type::clean_name(path);
    let mime = file_type::of(&bytes[..bytes.len().min(HEAD)], &name);
    StoredFile { id: FileId::of(bytes), mime, size: bytes.len() as u64, name }
}
