//! What a machine can do about a problem, as a JSON Patch (RFC 6902) on the document.

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, Patch, PatchOperation, RemoveOperation, ReplaceOperation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::yaml::child;

/// A change of the document that takes a problem away. It is made for the document that was checked: after
/// another change the checks must look again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// What it does, in Spanish.
    pub title: String,
    /// It may be made without asking anybody: a slip of the pen that can only have meant this.
    pub safe: bool,
    /// The change.
    pub patch: Patch,
}

impl Fix {
    /// A fix that changes nothing yet.
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), safe: false, patch: Patch(Vec::new()) }
    }

    /// The same, but it may be made without asking.
    pub(crate) fn safe(self) -> Self {
        Self { safe: true, ..self }
    }

    /// With a value put at a JSON pointer, in the place of the one that may be there.
    pub(crate) fn add(self, pointer: &str, value: impl Into<Value>) -> Self {
        self.and(pointer, |path| PatchOperation::Add(AddOperation { path, value: value.into() }))
    }

    /// With another value at a JSON pointer.
    pub(crate) fn replace(self, pointer: &str, value: impl Into<Value>) -> Self {
        self.and(pointer, |path| PatchOperation::Replace(ReplaceOperation { path, value: value.into() }))
    }

    /// Without what is at a JSON pointer.
    pub(crate) fn remove(self, pointer: &str) -> Self {
        self.and(pointer, |path| PatchOperation::Remove(RemoveOperation { path }))
    }

    fn and(mut self, pointer: &str, operation: impl FnOnce(PointerBuf) -> PatchOperation) -> Self {
        let path = PointerBuf::parse(pointer).expect("every pointer of this crate is made by `child`");
        self.patch.0.push(operation(path));
        self
    }

    /// Another text in the place of a misspelt one: a fix for each that may have been meant, safe when there
    /// is only one.
    pub(crate) fn instead(pointer: &str, near: &[&str]) -> Vec<Self> {
        let fix = |name: &&str| Self::new(format!("Cambiarlo por «{name}»")).replace(pointer, *name);
        Self::of_several(near, fix)
    }

    /// Another key in the place of a misspelt one, likewise.
    pub(crate) fn renamed(map: &str, key: &str, value: &Value, near: &[&str]) -> Vec<Self> {
        let fix = |name: &&str| {
            let title = format!("Cambiar «{}» por «{name}»", crate::document::cut(key));
            Self::new(title).remove(&child(map, key)).add(&child(map, name), value.clone())
        };
        Self::of_several(near, fix)
    }

    fn of_several(near: &[&str], fix: impl Fn(&&str) -> Self) -> Vec<Self> {
        match near {
            [only] => vec![fix(only).safe()],
            several => several.iter().take(3).map(fix).collect(),
        }
    }

    /// The operations of its patch: what is done, where, and with which value.
    pub fn operations(&self) -> impl Iterator<Item = (&'static str, &str, Option<&Value>)> {
        self.patch.0.iter().filter_map(|operation| match operation {
            PatchOperation::Add(add) => Some(("add", add.path.as_str(), Some(&add.value))),
            PatchOperation::Remove(remove) => Some(("remove", remove.path.as_str(), None)),
            PatchOperation::Replace(replace) => {
                Some(("replace", replace.path.as_str(), Some(&replace.value)))
            }
            // No fix is made of others.
            _ => None,
        })
    }

    /// The document changed by it.
    ///
    /// # Errors
    /// When the document has changed since it was checked.
    pub fn apply(&self, document: &mut Value) -> Result<(), json_patch::PatchError> {
        json_patch::patch(document, &self.patch)
    }
}
