//! The data folder: every change is one line of JSON, an array of facts that hold together or not at all.
//!
//! Each line is handed to the operating system before the change is answered, so it outlives a killed process.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use crate::state::{Fact, State};

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The operating system refused.
    #[error("The data folder {} cannot be used: {source}. Choose another with --data.", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another emulator holds it.
    #[error("The data folder {} is in use by another emulator. End that one or choose another with --data.", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A line before the last is not a list of facts.
    #[error("Line {line} of {} cannot be read ({source}). Move the file away to start anew.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// The open file of facts; without a folder it keeps nothing.
pub struct Journal {
    file: Option<File>,
}

impl Journal {
    /// A journal that keeps nothing.
    pub fn nowhere() -> Self {
        Self { file: None }
    }

    /// Opens the folder, replays what it holds and drops a half-written last line.
    ///
    /// # Errors
    /// When the folder is in use, cannot be read or written, or holds a line that is no list of facts.
    pub fn open(folder: &Path) -> Result<(Self, State), DataError> {
        let unusable = |source| DataError::Unusable { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(unusable)?;
        let path = folder.join("emulator.jsonl");
        let mut file = File::options().read(true).append(true).create(true).open(&path).map_err(unusable)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => DataError::InUse { path: folder.to_owned() },
            TryLockError::Error(source) => unusable(source),
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unusable)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64).map_err(unusable)?;
        }
        let mut state = State::default();
        for (index, line) in bytes[..whole].split_inclusive(|byte| *byte == b'\n').enumerate() {
            let facts: Vec<Fact> = serde_json::from_slice(line).map_err(|source| DataError::Unreadable {
                path: path.clone(),
                line: index + 1,
                source,
            })?;
            facts.into_iter().for_each(|fact| state.apply(fact));
        }
        Ok((Self { file: Some(file) }, state))
    }

    /// Writes one line. When it cannot be written whole, nothing of it stays.
    ///
    /// # Errors
    /// What the operating system said.
    pub fn append(&mut self, facts: &[Fact]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut line = serde_json::to_vec(facts)?;
        line.push(b'\n');
        let before = file.metadata()?.len();
        if let Err(error) = file.write_all(&line) {
            file.set_len(before)?;
            return Err(error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{codes::Failure, media::Media, message::Status, state::Kind};
    use serde_json::json;

    fn history() -> Vec<Vec<Fact>> {
        let (rosa, asked, wrote) = ("51987654321".to_owned(), "wamid.A".to_owned(), "wamid.B".to_owned());
        let buttons = json!({"to": rosa, "type": "interactive", "interactive": {"type": "button"}});
        let reply = json!({"type": "interactive", "context": {"id": asked},
            "interactive": {"type": "button_reply", "button_reply": {"id": "yes", "title": "Sí"}}});
        let queued = |kind, subject: &String| Fact::Queued {
            wa_id: rosa.clone(),
            kind,
            subject: subject.clone(),
            at: 9,
            body: "{}".into(),
            copies: 2,
            parallel: true,
        };
        let accepted = |id: &str, body, failure| Fact::Accepted {
            id: id.to_owned(),
            wa_id: rosa.clone(),
            at: 5,
            body,
            failure,
            reordered: false,
            told: crate::faults::Told::All,
        };
        let image = |link| json!({"type": "image", "image": {"link": link}});
        let (shown, lost) = ("wamid.C".to_owned(), "wamid.D".to_owned());
        let failure = Failure::media("It is gone.");
        let reaction = json!({"type": "reaction", "reaction": {"message_id": asked, "emoji": "👍"}});
        let photo = Media {
            mime: "image/png".into(),
            name: Some("x".into()),
            sha256: "00".into(),
            size: 3,
            expires_at: 99,
            deleted: false,
        };
        vec![
            vec![Fact::Customer { wa_id: rosa.clone(), name: "Rosa".into() }],
            vec![accepted(&asked, buttons, None)],
            vec![Fact::Reached { id: asked.clone(), status: Status::Sent }, queued(Kind::Status, &asked)],
            vec![Fact::Opened { wa_id: rosa.clone() }, Fact::ClockMoved { advance_ms: 1000 }],
            vec![
                Fact::Wrote { id: wrote.clone(), wa_id: rosa.clone(), at: 7, message: reply },
                queued(Kind::Message, &wrote),
            ],
            vec![Fact::Tried { webhook: 1, status: None }, Fact::Tried { webhook: 1, status: Some(200) }],
            vec![Fact::Taken { webhook: 1 }, Fact::Tried { webhook: 2, status: Some(200) }],
            vec![Fact::MarkedRead { id: wrote }, Fact::Typing { wa_id: rosa.clone(), until: 99 }],
            vec![Fact::Kept { id: "77".into(), media: photo }, Fact::Deleted { id: "77".into() }],
            vec![accepted(&shown, image("x"), None), Fact::Fetched { id: shown.clone(), media: "77".into() }],
            vec![accepted(&lost, image("y"), None), Fact::NotFetched { id: lost.clone(), failure }],
            vec![accepted("wamid.E", json!({"type": "text"}), Some(Failure::outside_window()))],
            vec![Fact::Wrote { id: "wamid.F".into(), wa_id: rosa, at: 8, message: reaction }],
        ]
    }

    #[test]
    fn a_replayed_state_equals_the_state_before() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, mut state) = Journal::open(folder.path()).unwrap();
        assert_eq!(state, State::default());
        for facts in history() {
            journal.append(&facts).unwrap();
            facts.into_iter().for_each(|fact| state.apply(fact));
        }
        drop(journal);
        let (_journal, replayed) = Journal::open(folder.path()).unwrap();
        assert_eq!(replayed, state);
        assert_eq!(replayed.messages["wamid.A"].replied.as_deref(), Some("yes"));
        assert_eq!(replayed.messages["wamid.B"].status, Status::Read);
        assert_eq!(replayed.customers["51987654321"].queue, [2]);
        assert!(replayed.media["77"].deleted);
        assert_eq!(replayed.messages["wamid.C"].media.as_deref(), Some("77"));
        assert_eq!(replayed.messages["wamid.D"].failure, Some(Failure::media("It is gone.")));
        assert_eq!(replayed.messages["wamid.E"].next_status(), Some(Status::Failed));
        assert_eq!(replayed.messages["wamid.A"].reactions[&crate::ids::Side::Customer], "👍");
    }

    #[test]
    fn a_half_written_last_line_is_dropped_and_the_next_one_stands_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("emulator.jsonl");
        let rosa = Fact::Customer { wa_id: "51911111111".into(), name: "Rosa".into() };
        let luis = Fact::Customer { wa_id: "51922222222".into(), name: "Luis".into() };
        Journal::open(folder.path()).unwrap().0.append(&[rosa]).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend(br#"[{"fact":"customer","wa_id":"519"#);
        fs::write(&path, bytes).unwrap();

        let (mut journal, state) = Journal::open(folder.path()).unwrap();
        assert_eq!(state.customers.len(), 1);
        journal.append(&[luis]).unwrap();
        drop(journal);
        let (_journal, state) = Journal::open(folder.path()).unwrap();
        assert_eq!(state.customers.keys().collect::<Vec<_>>(), ["51911111111", "51922222222"]);
    }

    #[test]
    fn a_broken_line_in_the_middle_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("emulator.jsonl"), "[]\nnonsense\n[]\n").unwrap();
        let error = Journal::open(folder.path()).err().unwrap().to_string();
        assert!(error.starts_with("Line 2 of "), "{error}");
    }

    #[test]
    fn a_folder_has_one_emulator() {
        let folder = tempfile::tempdir().unwrap();
        let _first = Journal::open(folder.path()).unwrap();
        assert!(matches!(Journal::open(folder.path()), Err(DataError::InUse { .. })));
    }
}
