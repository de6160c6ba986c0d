//! The lists of the inbox: rows built from the feed, read by screens.
//!
//! Each partition has its own rows (a summary of every conversation, and an index of tabs); a page
//! of a list is merged from all of them.

use cauce_conversation::{CONTACTS, Contact, LastLine, RunHead, RunStage, of_contact};
use cauce_model::{Case, CaseState, Change, ContactId, Slot, Timestamp, WorkspaceId};
use cauce_runtime::{Reader, View, from_bytes};
use cauce_store::{Key, SharedStore, StoreError, Table, rows};
use futures_util::future::{BoxFuture, FutureExt};
use serde::{Deserialize, Serialize};

/// (home, workspace, contact) → summary.
const SUMMARIES: Table<Summary> = Table::new(45);
/// (home, workspace, tab, order, contact) → nothing.
const TABS: Table<()> = Table::new(46);
/// (home, workspace, tab) → how many conversations are in it.
const COUNTS: Table<u64> = Table::new(47);

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

impl Tab {
    fn name(&self) -> String {
        match self {
            Self::Queued => "queued".into(),
            Self::Mine(user) => format!("mine {user}"),
            Self::Open => "open".into(),
            Self::Bot => "bot".into(),
            Self::Ended => "ended".into(),
            Self::All => "all".into(),
        }
    }
}

impl Summary {
    /// The summary of a contact.
    pub fn of(contact: &Contact) -> Self {
        let stage =
            match (contact.case.as_ref().map(|case| &case.state), contact.run.as_ref().map(|run| &run.stage))
            {
                (Some(CaseState::Queued), _) => Stage::Queued,
                (Some(CaseState::Open { .. }), _) => Stage::Open,
                (_, Some(RunStage::Waiting { .. })) => Stage::Bot,
                (None, None) => Stage::Idle,
                _ => Stage::Ended,
            };
        Self {
            contact: contact.id,
            name: contact.profile.name.clone(),
            address: contact.display_address().to_owned(),
            stage,
            unread: contact.unread,
            last: contact.last.clone(),
            window_ends_at: contact.window_ends_at(),
            case: contact.case.clone(),
            run: contact.run.clone(),
            updated_at: contact.updated_at,
        }
    }

    /// The lists it is in, each with its place there: the smallest first.
    fn places(&self) -> Vec<(Tab, u64)> {
        let at = |moment: Timestamp| u64::try_from(moment.0).unwrap_or(0);
        let latest_first = u64::MAX - at(self.updated_at);
        let mut places = vec![(Tab::All, latest_first)];
        match self.stage {
            Stage::Queued => {
                let since = self.case.as_ref().map_or(self.updated_at, |case| case.queued_at);
                places.push((Tab::Queued, at(since)));
            }
            Stage::Open => {
                places.push((Tab::Open, latest_first));
                if let Some(holder) = self.case.as_ref().and_then(Case::holder) {
                    places.push((Tab::Mine(holder.id.to_string()), latest_first));
                }
            }
            Stage::Bot => places.push((Tab::Bot, latest_first)),
            Stage::Ended | Stage::Idle => places.push((Tab::Ended, latest_first)),
        }
        places
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
            let summary = contact.merged_into.is_none().then(|| Summary::of(&contact));
            take_in(view, &workspace, contact.id, summary.as_ref()).await
        }
        .boxed()
    }
}

async fn take_in(
    view: &mut View<'_>,
    workspace: &WorkspaceId,
    contact: ContactId,
    summary: Option<&Summary>,
) -> Result<(), StoreError> {
    let home = view.home();
    let key = summary_key(home, workspace, contact);
    let before = view.get(&SUMMARIES, &key).await?;
    if before.as_ref() == summary {
        return Ok(());
    }
    let old = before.as_ref().map(Summary::places).unwrap_or_default();
    let new = summary.map(Summary::places).unwrap_or_default();
    for (tab, order) in &old {
        view.delete(place_key(home, workspace, tab, *order, contact));
    }
    for (tab, order) in &new {
        view.put(&TABS, place_key(home, workspace, tab, *order, contact), &());
    }
    for (tab, _) in &new {
        if !old.iter().any(|(other, _)| other == tab) {
            count(view, workspace, tab, 1).await?;
        }
    }
    for (tab, _) in &old {
        if !new.iter().any(|(other, _)| other == tab) {
            count(view, workspace, tab, -1).await?;
        }
    }
    match summary {
        Some(summary) => view.put(&SUMMARIES, key, summary),
        None => view.delete(key),
    }
    Ok(())
}

async fn count(view: &mut View<'_>, workspace: &WorkspaceId, tab: &Tab, by: i64) -> Result<(), StoreError> {
    let key = COUNTS.key(view.home()).text(workspace.as_str()).text(&tab.name());
    let now = view.get(&COUNTS, &key).await?.unwrap_or(0);
    view.put(&COUNTS, key, &now.saturating_add_signed(by));
    Ok(())
}

fn summary_key(home: Slot, workspace: &WorkspaceId, contact: ContactId) -> Key {
    SUMMARIES.key(home).text(workspace.as_str()).text(&contact.to_string())
}

fn place_key(home: Slot, workspace: &WorkspaceId, tab: &Tab, order: u64, contact: ContactId) -> Key {
    tab_key(home, workspace, tab).number(order).text(&contact.to_string())
}

fn tab_key(home: Slot, workspace: &WorkspaceId, tab: &Tab) -> Key {
    TABS.key(home).text(workspace.as_str()).text(&tab.name())
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
    let mut found: Vec<(Place, Slot)> = Vec::new();
    for &home in homes {
        let beginning = tab_key(home, workspace, tab);
        let mut range = beginning.prefix();
        if let Some(Place { order, contact }) = after {
            // The first key after the place itself.
            range = range.from(beginning.clone().number(*order).text(contact).bytes(&[0]));
        }
        for (key, _) in store.scan(&range, limit + 1, false).await? {
            let fields = &key.as_bytes()[beginning.as_bytes().len()..];
            let Some((order, contact)) = fields.split_first_chunk::<8>() else { continue };
            let contact = String::from_utf8_lossy(contact.strip_suffix(&[0]).unwrap_or(contact)).into_owned();
            found.push((Place { order: u64::from_be_bytes(*order), contact }, home));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let more = found.len() > limit;
    found.truncate(limit);
    let keys: Vec<Key> = found
        .iter()
        .map(|(place, home)| SUMMARIES.key(*home).text(workspace.as_str()).text(&place.contact))
        .collect();
    let mut items = Vec::with_capacity(keys.len());
    for (key, row) in keys.iter().zip(rows::get(store.as_ref(), &keys).await?) {
        // A row that left between the two reads is on its way to its new place.
        if let Some(row) = row {
            items.push(SUMMARIES.read(key, &row)?);
        }
    }
    let next = if more { found.pop().map(|(place, _)| place) } else { None };
    Ok((items, next))
}

/// How many conversations a list has.
pub async fn size(
    store: &SharedStore,
    homes: &[Slot],
    workspace: &WorkspaceId,
    tab: &Tab,
) -> Result<u64, StoreError> {
    let keys: Vec<Key> =
        homes.iter().map(|home| COUNTS.key(*home).text(workspace.as_str()).text(&tab.name())).collect();
    let mut sum = 0;
    for (key, row) in keys.iter().zip(rows::get(store.as_ref(), &keys).await?) {
        sum += row.map(|row| COUNTS.read(key, &row)).transpose()?.unwrap_or(0);
    }
    Ok(sum)
}
