//! The lists of the inbox: rows built from the feed, read by screens.
//!
//! Each partition has its own index: on which shelf a conversation lies, and where on it. A page of a
//! list is merged from all of them, and shows the contacts as they are when it is read. One message
//! moves one conversation on one shelf, so the index costs three small rows.

use std::cmp::Reverse;
use std::collections::HashSet;

use cauce_conversation::{CONTACTS, Contact, LastLine, RunHead, RunStage, of_contact};
use cauce_model::{
    Case, CaseState, Change, ContactId, Duration, Slot, Timestamp, UserId, VersionId, WorkspaceId,
};
use cauce_runtime::{Reader, View, from_bytes};
use cauce_store::{Key, SharedStore, StoreError, Table, rows};
use futures_util::future::{BoxFuture, FutureExt};
use serde::{Deserialize, Serialize};

/// (home, workspace, contact) → where it lies.
pub(crate) const PLACED: Table<Placed> = Table::new(45);
/// (home, workspace, shelf, order, contact) → nothing.
pub(crate) const SHELVES: Table<()> = Table::new(46);
/// (home, workspace, shelf) → how many conversations lie on it.
pub(crate) const COUNTS: Table<u64> = Table::new(47);

/// (home, workspace, version, contact) → nothing: who is inside a version of a flow.
pub(crate) const INSIDE: Table<()> = Table::new(48);

/// How far behind its last message the place of a conversation with a flow may be: the index is not written
/// at every word of it. What is on one page is in its exact order all the same.
const MOMENT: Duration = Duration::seconds(30);

/// A conversation as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Whose.
    pub contact: ContactId,
    /// What the customer calls themselves.
    pub name: Option<String>,
    /// What they are known by: a phone number, or a user id.
    pub address: String,
    /// Who speaks with them.
    pub stage: Stage,
    /// Messages no person has read.
    pub unread: u32,
    /// The last line.
    pub last: Option<LastLine>,
    /// Until when anything may be said freely.
    pub window_ends_at: Timestamp,
    /// The last case.
    pub case: Option<Case>,
    /// The last run of a flow.
    pub run: Option<RunHead>,
    /// When anything last happened.
    pub updated_at: Timestamp,
}

/// Who speaks with a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// A flow.
    Bot,
    /// Nobody yet: a person is needed.
    Queued,
    /// A person.
    Open,
    /// Nobody any more.
    Ended,
    /// Nobody ever did: no flow answered.
    Idle,
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tab {
    /// Who waits for a person, the longest wait first.
    Queued,
    /// Who this user looks after.
    Mine(String),
    /// Whom people look after.
    Open,
    /// Whom flows speak with.
    Bot,
    /// With whom nobody speaks now.
    Ended,
    /// Everybody.
    All,
}

/// An ordered part of the index. Every conversation lies on exactly one of those that make up [`Tab::All`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// Who waits for a person, the longest wait first.
    Queued,
    /// The same, the latest news first, as on all that follow.
    Waiting,
    /// Whom this user looks after.
    Mine(String),
    Open,
    Bot,
    Ended,
}

impl Shelf {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Queued => "queued".into(),
            Self::Waiting => "waiting".into(),
            Self::Mine(user) => format!("mine {user}"),
            Self::Open => "open".into(),
            Self::Bot => "bot".into(),
            Self::Ended => "ended".into(),
        }
    }
}

impl Tab {
    /// The shelves a list is merged from.
    fn shelves(&self) -> Vec<Shelf> {
        match self {
            Self::Queued => vec![Shelf::Queued],
            Self::Mine(user) => vec![Shelf::Mine(user.clone())],
            Self::Open => vec![Shelf::Open],
            Self::Bot => vec![Shelf::Bot],
            Self::Ended => vec![Shelf::Ended],
            Self::All => vec![Shelf::Waiting, Shelf::Open, Shelf::Bot, Shelf::Ended],
        }
    }
}

/// Where a conversation lies in the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Placed {
    stage: Stage,
    updated_at: Timestamp,
    /// Since when it waits for a person.
    #[serde(default)]
    since: Option<Timestamp>,
    /// Who looks after it.
    #[serde(default)]
    holder: Option<UserId>,
    /// The version of a flow that it is inside of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) inside: Option<VersionId>,
}

impl Placed {
    pub(crate) fn of(contact: &Contact) -> Self {
        let stage = Stage::of(contact);
        let case = contact.case.as_ref();
        Self {
            stage,
            updated_at: contact.updated_at,
            since: case.filter(|_| stage == Stage::Queued).map(|case| case.queued_at),
            holder: case
                .filter(|_| stage == Stage::Open)
                .and_then(Case::holder)
                .map(|holder| holder.id.clone()),
            inside: contact.live_run().map(|run| run.version.clone()),
        }
    }

    /// Whether it may lie where this says: there, or a moment behind while a flow speaks.
    pub(crate) fn may_stay(&self, placed: &Self) -> bool {
        let behind = self.updated_at - placed.updated_at;
        let talk = self.stage == Stage::Bot && placed.stage == Stage::Bot && self.inside == placed.inside;
        self == placed || (talk && (Duration::ZERO..MOMENT).contains(&behind))
    }

    /// The shelves it lies on, each with its place there: the smallest first.
    pub(crate) fn places(&self) -> Vec<(Shelf, u64)> {
        let at = |moment: Timestamp| u64::try_from(moment.0).unwrap_or(0);
        let latest_first = u64::MAX - at(self.updated_at);
        match self.stage {
            Stage::Queued => {
                let since = self.since.unwrap_or(self.updated_at);
                vec![(Shelf::Queued, at(since)), (Shelf::Waiting, latest_first)]
            }
            Stage::Open => {
                let mine = self.holder.iter().map(|holder| (Shelf::Mine(holder.to_string()), latest_first));
                mine.chain([(Shelf::Open, latest_first)]).collect()
            }
            Stage::Bot => vec![(Shelf::Bot, latest_first)],
            Stage::Ended | Stage::Idle => vec![(Shelf::Ended, latest_first)],
        }
    }
}

impl Stage {
    fn of(contact: &Contact) -> Self {
        match (contact.case.as_ref().map(|case| &case.state), contact.run.as_ref().map(|run| &run.stage)) {
            (Some(CaseState::Queued), _) => Self::Queued,
            (Some(CaseState::Open { .. }), _) => Self::Open,
            (_, Some(RunStage::Waiting { .. })) => Self::Bot,
            (None, None) => Self::Idle,
            _ => Self::Ended,
        }
    }
}

impl Summary {
    /// The summary of a contact.
    pub fn of(contact: &Contact) -> Self {
        Self {
            contact: contact.id,
            name: contact.profile.name.clone(),
            address: contact.display_address().to_owned(),
            stage: Stage::of(contact),
            unread: contact.unread,
            last: contact.last.clone(),
            window_ends_at: contact.window_ends_at(),
            case: contact.case.clone(),
            run: contact.run.clone(),
            updated_at: contact.updated_at,
        }
    }
}

/// Builds the lists.
pub struct Lists;

impl Reader for Lists {
    fn name(&self) -> &'static str {
        "inbox lists"
    }

    fn read<'a>(&'a self, view: &'a mut View<'_>, change: &'a [u8]) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            let Ok(Change::Conversation { workspace, contact }) = from_bytes(change) else { return Ok(()) };
            let key = of_contact(&CONTACTS, contact);
            let Some(contact) = view.get(&CONTACTS, &key).await? else { return Ok(()) };
            // A contact that gave way to an older one is shown with that one.
            let now = contact.merged_into.is_none().then(|| Placed::of(&contact));
            take_in(view, &workspace, contact.id, now.as_ref()).await
        }
        .boxed()
    }
}

async fn take_in(
    view: &mut View<'_>,
    workspace: &WorkspaceId,
    contact: ContactId,
    now: Option<&Placed>,
) -> Result<(), StoreError> {
    let home = view.home();
    let key = placed_key(home, workspace, contact);
    let before = view.get(&PLACED, &key).await?;
    if before.as_ref().zip(now).is_some_and(|(before, now)| now.may_stay(before)) {
        return Ok(());
    }
    let old = before.as_ref().map(Placed::places).unwrap_or_default();
    let new = now.map(Placed::places).unwrap_or_default();
    for (shelf, order) in &old {
        view.delete(place_key(home, workspace, shelf, *order, contact));
    }
    for (shelf, order) in &new {
        view.put(&SHELVES, place_key(home, workspace, shelf, *order, contact), &());
    }
    let missing = |shelf: &Shelf, from: &[(Shelf, u64)]| from.iter().all(|(other, _)| other != shelf);
    for (shelf, _) in new.iter().filter(|(shelf, _)| missing(shelf, &old)) {
        count(view, workspace, shelf, 1).await?;
    }
    for (shelf, _) in old.iter().filter(|(shelf, _)| missing(shelf, &new)) {
        count(view, workspace, shelf, -1).await?;
    }
    let [was, is] = [before.as_ref(), now].map(|placed| placed.and_then(|placed| placed.inside.as_ref()));
    if was != is {
        was.into_iter().for_each(|version| view.delete(inside_key(home, workspace, version, contact)));
        is.into_iter()
            .for_each(|version| view.put(&INSIDE, inside_key(home, workspace, version, contact), &()));
    }
    match now {
        Some(now) => view.put(&PLACED, key, now),
        None => view.delete(key),
    }
    Ok(())
}

async fn count(
    view: &mut View<'_>,
    workspace: &WorkspaceId,
    shelf: &Shelf,
    by: i64,
) -> Result<(), StoreError> {
    let key = count_key(view.home(), workspace, &shelf.name());
    let now = view.get(&COUNTS, &key).await?.unwrap_or(0);
    view.put(&COUNTS, key, &now.saturating_add_signed(by));
    Ok(())
}

/// The key of how many conversations lie on a shelf.
pub(crate) fn count_key(home: Slot, workspace: &WorkspaceId, shelf: &str) -> Key {
    COUNTS.key(home).text(workspace.as_str()).text(shelf)
}

/// The key of where a conversation lies.
pub(crate) fn placed_key(home: Slot, workspace: &WorkspaceId, contact: ContactId) -> Key {
    PLACED.key(home).text(workspace.as_str()).text(&contact.to_string())
}

/// The key of a place in a list.
pub(crate) fn place_key(
    home: Slot,
    workspace: &WorkspaceId,
    shelf: &Shelf,
    order: u64,
    contact: ContactId,
) -> Key {
    shelf_key(home, workspace, shelf).number(order).text(&contact.to_string())
}

fn shelf_key(home: Slot, workspace: &WorkspaceId, shelf: &Shelf) -> Key {
    SHELVES.key(home).text(workspace.as_str()).text(&shelf.name())
}

/// The key of an entry of who is inside a version.
pub(crate) fn inside_key(
    home: Slot,
    workspace: &WorkspaceId,
    version: &VersionId,
    contact: ContactId,
) -> Key {
    inside_of(home, workspace, version).text(&contact.to_string())
}

fn inside_of(home: Slot, workspace: &WorkspaceId, version: &VersionId) -> Key {
    INSIDE.key(home).text(workspace.as_str()).text(version.as_str())
}

/// The contacts that are inside a version of a flow, in the order of their ids after this one: at most `limit`
/// are looked at. Gives the last that was, when there may be more.
///
/// # Errors
/// What the store says.
pub async fn inside(
    store: &SharedStore,
    homes: &[Slot],
    workspace: &WorkspaceId,
    version: &VersionId,
    after: Option<ContactId>,
    limit: usize,
) -> Result<(Vec<Contact>, Option<ContactId>), StoreError> {
    let mut ids: Vec<ContactId> = Vec::new();
    for &home in homes {
        let beginning = inside_of(home, workspace, version);
        let mut range = beginning.prefix();
        if let Some(after) = after {
            range = range.from(beginning.clone().text(&after.to_string()).bytes(&[0]));
        }
        for (key, _) in store.scan(&range, limit, false).await? {
            let id = &key.as_bytes()[beginning.as_bytes().len()..];
            let id = std::str::from_utf8(id.strip_suffix(&[0]).unwrap_or(id)).ok();
            ids.extend(id.and_then(|id| id.parse::<ContactId>().ok()));
        }
    }
    ids.sort();
    ids.dedup();
    let more = ids.len() >= limit;
    ids.truncate(limit);
    let keys: Vec<Key> = ids.iter().map(|id| of_contact(&CONTACTS, *id)).collect();
    let mut contacts = Vec::with_capacity(keys.len());
    for (key, row) in keys.iter().zip(rows::get(store.as_ref(), &keys).await?) {
        let Some(row) = row else { continue };
        let contact = CONTACTS.read(key, &row)?;
        // The index may be behind by a moment.
        if contact.live_run().is_some_and(|run| run.version == *version) {
            contacts.push(contact);
        }
    }
    Ok((contacts, ids.last().copied().filter(|_| more)))
}

/// A place in a list, after which the next page begins. Opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    order: u64,
    contact: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}-{}", self.order, self.contact)
    }
}

impl std::str::FromStr for Place {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (order, contact) = text.split_once('-').ok_or(())?;
        let contact: ContactId = contact.parse().map_err(drop)?;
        Ok(Self { order: u64::from_str_radix(order, 16).map_err(drop)?, contact: contact.to_string() })
    }
}

/// A page of a list, and the place after which the next one begins.
pub async fn page(
    store: &SharedStore,
    homes: &[Slot],
    workspace: &WorkspaceId,
    tab: &Tab,
    after: Option<&Place>,
    limit: usize,
) -> Result<(Vec<Summary>, Option<Place>), StoreError> {
    let mut found: Vec<Place> = Vec::new();
    for &home in homes {
        for shelf in tab.shelves() {
            let beginning = shelf_key(home, workspace, &shelf);
            let mut range = beginning.prefix();
            if let Some(Place { order, contact }) = after {
                // The first key after the place itself.
                range = range.from(beginning.clone().number(*order).text(contact).bytes(&[0]));
            }
            for (key, _) in store.scan(&range, limit + 1, false).await? {
                let fields = &key.as_bytes()[beginning.as_bytes().len()..];
                let Some((order, contact)) = fields.split_first_chunk::<8>() else { continue };
                let contact =
                    String::from_utf8_lossy(contact.strip_suffix(&[0]).unwrap_or(contact)).into_owned();
                found.push(Place { order: u64::from_be_bytes(*order), contact });
            }
        }
    }
    found.sort();
    // One that moved from shelf to shelf while they were read was met twice.
    let mut met = HashSet::new();
    found.retain(|place| met.insert(place.contact.clone()));
    let more = found.len() > limit;
    found.truncate(limit);
    let ids = found.iter().filter_map(|place| place.contact.parse::<ContactId>().ok());
    let keys: Vec<Key> = ids.map(|id| of_contact(&CONTACTS, id)).collect();
    let mut items = Vec::with_capacity(keys.len());
    for (key, row) in keys.iter().zip(rows::get(store.as_ref(), &keys).await?) {
        let Some(row) = row else { continue };
        let contact = CONTACTS.read(key, &row)?;
        // One that moved to another list meanwhile is shown there.
        let places = Placed::of(&contact).places();
        if tab.shelves().iter().any(|shelf| places.iter().any(|(place, _)| place == shelf)) {
            items.push(Summary::of(&contact));
        }
    }
    if *tab != Tab::Queued {
        items.sort_by_key(|item| Reverse(item.updated_at));
    }
    let next = if more { found.pop() } else { None };
    Ok((items, next))
}

/// How many conversations a list has.
pub async fn size(
    store: &SharedStore,
    homes: &[Slot],
    workspace: &WorkspaceId,
    tab: &Tab,
) -> Result<u64, StoreError> {
    let names: Vec<String> = tab.shelves().iter().map(Shelf::name).collect();
    let key = |home: &Slot, shelf: &String| count_key(*home, workspace, shelf);
    let keys: Vec<Key> =
        homes.iter().flat_map(|home| names.iter().map(move |shelf| key(home, shelf))).collect();
    let mut sum = 0;
    for (key, row) in keys.iter().zip(rows::get(store.as_ref(), &keys).await?) {
        sum += row.map(|row| COUNTS.read(key, &row)).transpose()?.unwrap_or(0);
    }
    Ok(sum)
}
