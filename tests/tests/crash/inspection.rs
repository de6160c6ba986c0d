//! What a killed Cauce left is looked into before the next one sees it: what WhatsApp has seen must stand
//! there, once, and the doctor must find nothing.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use cauce_conversation::{Attempt, CONTACTS, history};
use cauce_designer_api::doctor::{Report, examine};
use cauce_model::{ContactId, Direction, Message, MessageStatus, SLOTS, Slot};
use cauce_store::doctor::{Severity, Walk, whole_slot};
use cauce_store::transfer::{Home, Place};
use cauce_store::{Files, KeyRange, MemoryStore, Store};
use serde_json::Value;
use tokio::runtime::Handle;

/// How many rows, or messages of a contact, are taken at one time.
const PAGE: usize = 100;

/// Who sees a violation. It stands at the beginning of the sentence, so that a test of the tests can ask.
pub const LEDGER: &str = "seen by the ledger: ";
/// See [`LEDGER`].
pub const START: &str = "seen by the start: ";
/// See [`LEDGER`].
pub const SERVER: &str = "seen by the server that flows ask: ";
/// See [`LEDGER`]; what the doctor found follows, by its code.
pub const DOCTOR: &str = "seen by the doctor: ";

/// Looks into rows and files that nobody has open: into those of a data folder it writes what a start writes.
///
/// # Errors
/// When it cannot be read, and when something is lost, double or wrong.
pub async fn inspect(rows: Place, files: PathBuf, ledger: Value) -> Result<()> {
    let handle = Handle::current();
    // The embedded home reads without ever waiting: it must not hold up the others.
    tokio::task::spawn_blocking(move || handle.block_on(look(&rows, &files, &ledger))).await?
}

async fn look(rows: &Place, files: &Path, ledger: &Value) -> Result<()> {
    let home = Home::open(rows).await.map_err(|error| anyhow!("{START}{error}"))?;
    let rows = in_memory(home.store()).await?;
    drop(home);
    compare(&rows, ledger).await?;
    let files = files.is_dir().then(|| Files::look_at(files));
    let report = examine(&rows, files.as_ref()).await?;
    ensure!(report.is_clean(), "{DOCTOR}{}", findings(&report));
    Ok(())
}

/// Its rows, where thousands of questions take no time.
async fn in_memory(store: &dyn Store) -> Result<MemoryStore> {
    let copy = MemoryStore::new();
    let lease = copy.acquire(0).await?;
    let [first, last] = [0, SLOTS - 1].map(|slot| whole_slot(Slot::new(slot).expect("a slot")));
    let mut all = Walk::over(store, KeyRange { from: first.from, to: last.to });
    let mut rows = Vec::new();
    while let Some((key, value)) = all.raw().await? {
        rows.push((key, Some(value)));
    }
    for (number, page) in (lease.last + 1..).zip(rows.chunks(PAGE)) {
        copy.commit(lease, number, page.to_vec()).await?;
    }
    Ok(copy)
}

fn findings(report: &Report) -> String {
    let worse = report.findings.iter().filter(|finding| finding.severity != Severity::Lagging);
    let lines = worse.map(|finding| format!("{}: {}: {}", finding.code, finding.place, finding.what));
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether everything that WhatsApp saw is known here, once and in its order.
async fn compare(store: &dyn Store, ledger: &Value) -> Result<()> {
    let mut sent = HashMap::new();
    let mut received = HashMap::<String, usize>::new();
    for (contact, message) in messages(store).await? {
        match &message.direction {
            Direction::Out { status, .. } => drop(sent.insert((contact, message.seq), *status)),
            Direction::In { .. } => {
                *received.entry(message.provider_id.unwrap_or_default()).or_default() += 1;
            }
        }
    }
    if let Some((id, times)) = received.iter().find(|(_, times)| **times > 1) {
        return Err(seen(format!("the customer wrote {id} once, and it stands there {times} times")));
    }

    let mut last = BTreeMap::<ContactId, u64>::new();
    let mut by_id = HashMap::new();
    for send in list(ledger, "sends")? {
        let attempt = text(send, "opaque")?;
        let Attempt { contact, seq, .. } =
            attempt.parse().map_err(|()| anyhow!("«{attempt}» is no attempt"))?;
        if !sent.contains_key(&(contact, seq)) {
            return Err(seen(format!("{attempt} was sent, and nothing says that it was decided: {send}")));
        }
        match last.insert(contact, seq) {
            Some(before) if before == seq => return Err(seen(format!("{attempt} was sent twice: {send}"))),
            Some(before) if before > seq => {
                return Err(seen(format!("{attempt} was sent after message {before}: {send}")));
            }
            _ => by_id.insert(text(send, "wamid")?, (contact, seq)),
        };
    }

    let mut statuses = HashMap::<&str, usize>::new();
    for webhook in list(ledger, "webhooks")?.iter().filter(|webhook| webhook["status"] == 200) {
        let subject = text(webhook, "subject")?;
        if webhook["kind"] == "status" {
            *statuses.entry(subject).or_default() += 1;
        } else if !received.contains_key(subject) {
            return Err(seen(format!("{subject} was taken in and is not there")));
        }
    }
    for (id, taken) in statuses {
        let status = by_id.get(id).and_then(|message| sent.get(message));
        // Each message is told of as sent, delivered and read, one after the other.
        let known = match status {
            Some(MessageStatus::Read | MessageStatus::Failed) => 3,
            Some(MessageStatus::Delivered) => 2,
            Some(MessageStatus::Sent) => 1,
            _ => 0,
        };
        if known < taken {
            return Err(seen(format!("{taken} statuses of {id} were taken in, and it is {status:?}")));
        }
    }
    Ok(())
}

/// Every message of every contact.
async fn messages(store: &dyn Store) -> Result<Vec<(ContactId, Message)>> {
    let mut all = Vec::new();
    for slot in Slot::all() {
        let mut contacts = Walk::of(store, &CONTACTS, slot);
        while let Some((_, contact)) = contacts.next(&CONTACTS).await? {
            let mut before = None;
            loop {
                let page = history::messages(store, contact.id, before, PAGE).await?;
                before = page.last().map(|message| message.seq);
                all.extend(page.into_iter().map(|message| (contact.id, message)));
                if before.is_none() {
                    break;
                }
            }
        }
    }
    Ok(all)
}

fn seen(what: String) -> anyhow::Error {
    anyhow!("{LEDGER}{what}")
}

fn list<'a>(ledger: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    ledger[key].as_array().with_context(|| format!("a ledger without {key}"))
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key].as_str().with_context(|| format!("an entry of the ledger without {key}: {value}"))
}
