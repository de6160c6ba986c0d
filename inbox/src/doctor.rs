//! The check-up of the inbox: every live case is in one place, and the lists say what the contacts say.

use std::collections::{BTreeMap, HashMap};

use cauce_conversation::{CONTACTS, Contact, desk_entity, of_contact};
use cauce_model::{
    Case, CaseId, CaseState, ContactEvent, ContactId, DeskEvent, Slot, VersionId, WorkspaceId,
};
use cauce_runtime::doctor::{Pending, is_behind, timer, undelivered};
use cauce_runtime::{Reader, from_bytes};
use cauce_store::doctor::{Finding, Findings, Known, Walk, row, set};
use cauce_store::{Key, Store, StoreError};

use crate::desk::{DESK_CASES, DeskCase, desk_case_key};
use crate::lists::{
    COUNTS, INSIDE, Lists, PLACED, Placed, SHELVES, count_key, inside_key, place_key, placed_key,
};

/// The inbox's tables.
pub const TABLES: [Known; 5] = [
    Known::new("cases at the desk", &DESK_CASES),
    Known::new("places in lists", &PLACED),
    Known::new("lists", &SHELVES),
    Known::new("list counts", &COUNTS),
    Known::new("inside versions", &INSIDE),
];

/// What helps when desk and contact do not agree on a case.
const DISAGREE: &str = "when a dead letter tells why, replay it; else restore a backup";
/// What helps when a list is wrong.
const LISTS: &str = "--mend puts the list right";

/// Checks the contacts of a slot against desk and lists. `homes` are the slots under which lists are kept.
///
/// # Errors
/// What the store says, but for a row that cannot be read.
pub async fn contacts(
    store: &dyn Store,
    contacts: &HashMap<ContactId, Contact>,
    homes: &[Slot],
    findings: &mut Findings,
) -> Result<(), StoreError> {
    for contact in contacts.values() {
        if let Some(case) = contact.live_case() {
            live_case(store, contact, case, findings).await?;
        }
        if let Some(home) = homes.iter().rev().find(|home| **home <= contact.id.slot()) {
            place(store, contact, *home, findings).await?;
        }
    }
    Ok(())
}

/// A contact's live case is with the desk, as the contact knows it, or the news is on its way.
async fn live_case(
    store: &dyn Store,
    contact: &Contact,
    case: &Case,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let desk = desk_entity(&contact.workspace);
    let place = format!("{}, case {}", contact.id, case.id);
    let Some(DeskCase { case: known, .. }) =
        row(store, &DESK_CASES, &desk_case_key(&contact.workspace, case.id)).await?
    else {
        let mail = undelivered(store, contact.id.slot(), desk.slot).await?;
        let created = |event: &[u8]| matches!(from_bytes(event), Ok(DeskEvent::Created { case: id, .. }) if id == case.id);
        if !mail.iter().any(|(to, event)| *to == desk && created(event)) {
            let what = "the customer waits for a person, and no queue has the case";
            findings.add(Finding::broken("case_lost", place, what, DISAGREE));
        }
        return Ok(());
    };
    if known == *case {
        return Ok(());
    }
    let mail = undelivered(store, desk.slot, contact.id.slot()).await?;
    let told =
        |event: &[u8]| matches!(from_bytes(event), Ok(ContactEvent::CaseMoved(moved)) if moved == known);
    if known.version <= case.version || !mail.iter().any(|(_, event)| told(event)) {
        let what = format!(
            "the contact has it as {} (version {}), the desk as {} (version {})",
            name(&case.state),
            case.version,
            name(&known.state),
            known.version
        );
        findings.add(Finding::broken("case_disagrees", place, what, DISAGREE));
    }
    Ok(())
}

fn name(state: &CaseState) -> &'static str {
    match state {
        CaseState::Queued => "queued",
        CaseState::Open { .. } => "open",
        CaseState::Ended { .. } => "ended",
    }
}

/// Checks what a desk keeps in this slot: each live case is its contact's, and its time runs.
///
/// # Errors
/// What the store says, but for a row that cannot be read.
pub async fn desk(
    store: &dyn Store,
    slot: Slot,
    pending: &Pending,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut walk = Walk::of(store, &DESK_CASES, slot);
    while let Some((key, DeskCase { case, take_until })) = walk.next(&DESK_CASES).await? {
        let workspace = key.fields().split(|byte| *byte == 0).next();
        let workspace = workspace.and_then(|name| std::str::from_utf8(name).ok()?.parse().ok());
        let Some(workspace) = workspace else { continue };
        let entity = desk_entity(&workspace);
        let place = format!("case {} of {}", case.id, case.contact);
        let queued = case.state == CaseState::Queued;
        if let (true, Some(due)) = (queued, take_until)
            && !pending.has_timer(&entity, due, &case.id.to_string())
        {
            let event = DeskEvent::TakeTimeout { case: case.id };
            let set = timer(&entity, due, &case.id.to_string(), &event);
            let what = "it may wait until a moment for which no timer is set";
            findings.add(
                Finding::broken("case_timer_missing", &place, what, "--mend sets the timer").mended_by(set),
            );
        }
        if case.is_live() {
            desk_case(store, slot, &case, &place, findings).await?;
        }
    }
    for entity in pending.entities().filter(|entity| entity.kind == cauce_conversation::DESK) {
        for timer in pending.timers(entity) {
            let case = timer.name.parse::<CaseId>().ok();
            let known = match (entity.key.parse(), case) {
                (Ok(workspace), Some(case)) => {
                    row(store, &DESK_CASES, &desk_case_key(&workspace, case)).await?
                }
                _ => None,
            };
            let counted_on = known.is_some_and(|known| {
                known.case.state == CaseState::Queued && known.take_until == Some(timer.due)
            });
            if !counted_on {
                let what = format!("a timer of the desk for case {}, which does not wait for it", timer.name);
                let finding = Finding::broken(
                    "timer_stray",
                    &timer.key,
                    what,
                    "it would move nothing: --mend removes it",
                );
                findings.add(finding.mended_by([(timer.key.clone(), None)]));
            }
        }
    }
    Ok(())
}

/// A case that the desk has as live is its contact's live case, or the contact's news is on its way.
async fn desk_case(
    store: &dyn Store,
    slot: Slot,
    case: &Case,
    place: &str,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let contact = row(store, &CONTACTS, &of_contact(&CONTACTS, case.contact)).await?;
    if contact.as_ref().and_then(Contact::live_case).is_some_and(|live| live.id == case.id) {
        return Ok(()); // whether they agree is asked from the contact's side
    }
    let mail = undelivered(store, case.contact.slot(), slot).await?;
    let ended = |event: &[u8]| matches!(from_bytes(event), Ok(DeskEvent::Ended { case: ended }) if ended.id == case.id);
    if !mail.iter().any(|(_, event)| ended(event)) {
        let what = match contact {
            Some(_) => "the desk has it, and for its contact it is over, or was never there",
            None => "the desk has it, and there is no such contact",
        };
        findings.add(Finding::broken("case_stray", place, what, DISAGREE));
    }
    Ok(())
}

/// A contact lies in the lists where it belongs.
async fn place(
    store: &dyn Store,
    contact: &Contact,
    home: Slot,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let key = placed_key(home, &contact.workspace, contact.id);
    let placed = row(store, &PLACED, &key).await?;
    let now = contact.merged_into.is_none().then(|| Placed::of(contact));
    let there = match (&placed, &now) {
        (Some(placed), Some(now)) => now.may_stay(placed),
        (placed, now) => placed == now,
    };
    if there {
        return Ok(());
    }
    let what = match (&placed, &now) {
        (None, _) => "the lists do not have it",
        (Some(_), None) => "the lists have it, and it gave way to another contact",
        (Some(_), Some(_)) => "the lists have it where it was",
    };
    if is_behind(store, home, Lists.name()).await? {
        findings.add(Finding::lagging("list_behind", contact.id, what));
        return Ok(());
    }
    let mut writes = Vec::new();
    for (shelf, order) in placed.iter().flat_map(Placed::places) {
        writes.push((place_key(home, &contact.workspace, &shelf, order, contact.id), None));
    }
    for (shelf, order) in now.iter().flat_map(Placed::places) {
        writes.extend(
            set(store, place_key(home, &contact.workspace, &shelf, order, contact.id), Some(&())).await?,
        );
    }
    let entry = |version| inside_key(home, &contact.workspace, version, contact.id);
    let [was, is] = [&placed, &now].map(|placed| placed.as_ref().and_then(|placed| placed.inside.as_ref()));
    writes.extend(was.map(|version| (entry(version), None)));
    if let Some(version) = is {
        writes.extend(set(store, entry(version), Some(&())).await?);
    }
    writes.extend(set(store, key, now.as_ref()).await?);
    let older = placed.as_ref().zip(now.as_ref()).is_some_and(|(placed, now)| {
        let mut known = placed.clone();
        known.inside.clone_from(&now.inside);
        placed.inside.is_none() && now.may_stay(&known)
    });
    let finding = if older {
        Finding::lagging("inside_unknown", contact.id, "an older build did not note in which version it is")
    } else {
        Finding::broken("list_wrong", contact.id, what, LISTS)
    };
    findings.add(finding.mended_by(writes));
    Ok(())
}

/// Checks the lists kept under a home against each other: every entry is of a conversation that lies there,
/// every conversation has its entries, and the counts count them.
///
/// # Errors
/// What the store says, but for a row that cannot be read.
pub async fn lists(store: &dyn Store, home: Slot, findings: &mut Findings) -> Result<(), StoreError> {
    let mut walk = Walk::of(store, &PLACED, home);
    while let Some((key, placed)) = walk.next(&PLACED).await? {
        let Some((workspace, contact)) = placed_of(&key) else { continue };
        let entry = |shelf: &_, order| place_key(home, &workspace, shelf, order, contact);
        if row(store, &CONTACTS, &of_contact(&CONTACTS, contact)).await?.is_none() {
            let entries = placed.places().into_iter().map(|(shelf, order)| (entry(&shelf, order), None));
            let writes: Vec<_> = entries.chain([(key, None)]).collect();
            let what = "the lists have it, and there is no such contact";
            findings.add(Finding::broken("list_wrong", contact, what, LISTS).mended_by(writes));
            continue;
        }
        for (shelf, order) in placed.places() {
            let entry = entry(&shelf, order);
            if store.get(std::slice::from_ref(&entry)).await?.pop().flatten().is_none() {
                let what = format!("it is not in the list «{}», where it belongs", shelf.name());
                let put = set(store, entry, Some(&())).await?;
                findings.add(Finding::broken("list_wrong", contact, what, LISTS).mended_by(put));
            }
        }
        if let Some(version) = &placed.inside {
            let entry = inside_key(home, &workspace, version, contact);
            if store.get(std::slice::from_ref(&entry)).await?.pop().flatten().is_none() {
                let what = format!("it is not among those inside version {version}");
                let put = set(store, entry, Some(&())).await?;
                findings.add(Finding::broken("list_wrong", contact, what, LISTS).mended_by(put));
            }
        }
    }
    insiders(store, home, findings).await?;
    let mut counted: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut walk = Walk::of(store, &SHELVES, home);
    while let Some((key, _)) = walk.raw().await? {
        let entry = entry_of(&key);
        let placed = match &entry {
            Some((workspace, _, _, contact)) => {
                row(store, &PLACED, &placed_key(home, workspace, *contact)).await?
            }
            None => None,
        };
        match (entry, placed) {
            (Some((workspace, shelf, order, _)), Some(placed))
                if placed.places().iter().any(|(other, place)| other.name() == shelf && *place == order) =>
            {
                *counted.entry((workspace.to_string(), shelf)).or_default() += 1;
            }
            (entry, _) => {
                let shelf = entry.map_or_else(String::new, |(_, shelf, ..)| shelf);
                let what = format!("an entry of the list «{shelf}» is of nobody who belongs there");
                findings
                    .add(Finding::broken("list_wrong", key.clone(), what, LISTS).mended_by([(key, None)]));
            }
        }
    }
    let mut walk = Walk::of(store, &COUNTS, home);
    while let Some((key, count)) = walk.next(&COUNTS).await? {
        let mut names = key.fields().split(|byte| *byte == 0);
        let mut name =
            || names.next().map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default();
        let list = (name(), name());
        let real = counted.remove(&list).unwrap_or(0);
        if real != count {
            wrong_count(store, key, &list, count, real, findings).await?;
        }
    }
    for (list, real) in counted {
        let Ok(workspace) = list.0.parse() else { continue };
        wrong_count(store, count_key(home, &workspace, &list.1), &list, 0, real, findings).await?;
    }
    Ok(())
}

/// Every entry of who is inside a version is of somebody who is.
async fn insiders(store: &dyn Store, home: Slot, findings: &mut Findings) -> Result<(), StoreError> {
    let mut walk = Walk::of(store, &INSIDE, home);
    while let Some((key, _)) = walk.raw().await? {
        let mut parts = key.fields().split(|byte| *byte == 0).map(text);
        let mut part = || parts.next().flatten();
        let (workspace, version, contact) = (part(), part(), part());
        let workspace = workspace.and_then(|workspace| workspace.parse::<WorkspaceId>().ok());
        let placed = match (&workspace, contact.and_then(|contact| contact.parse::<ContactId>().ok())) {
            (Some(workspace), Some(contact)) => {
                row(store, &PLACED, &placed_key(home, workspace, contact)).await?
            }
            _ => None,
        };
        let inside = placed.and_then(|placed| placed.inside);
        if inside.is_none() || inside.as_ref().map(VersionId::as_str) != version {
            let what = "an entry of those inside a version is of nobody who is";
            findings.add(Finding::broken("list_wrong", &key, what, LISTS).mended_by([(key.clone(), None)]));
        }
    }
    Ok(())
}

async fn wrong_count(
    store: &dyn Store,
    key: Key,
    (workspace, tab): &(String, String),
    count: u64,
    real: u64,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let what = format!("the list «{tab}» of {workspace} counts {count}, and has {real}");
    let put = set(store, key.clone(), Some(&real)).await?;
    findings.add(Finding::broken("list_count", key, what, LISTS).mended_by(put));
    Ok(())
}

/// Workspace and contact of a place.
fn placed_of(key: &Key) -> Option<(WorkspaceId, ContactId)> {
    let mut parts = key.fields().split(|byte| *byte == 0);
    Some((text(parts.next()?)?.parse().ok()?, text(parts.next()?)?.parse().ok()?))
}

/// Workspace, shelf, order and contact of an entry of a list.
fn entry_of(key: &Key) -> Option<(WorkspaceId, String, u64, ContactId)> {
    let mut parts = key.fields().splitn(3, |byte| *byte == 0);
    let (workspace, shelf, rest) = (text(parts.next()?)?, text(parts.next()?)?, parts.next()?);
    let (order, contact) = rest.split_first_chunk::<8>()?;
    let contact = text(contact.strip_suffix(&[0])?)?;
    Some((workspace.parse().ok()?, shelf.to_owned(), u64::from_be_bytes(*order), contact.parse().ok()?))
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
