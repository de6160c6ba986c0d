//! The check-up of the runtime's own rows: mail between slots, timers, calls, the feed, dead letters.
//!
//! What it finds pending in a slot it gives to those who check entities: a timer or a call that an
//! entity counts on must be there.

use std::collections::HashMap;

use cauce_model::{Slot, Timestamp};
use cauce_store::doctor::{Finding, Findings, Known, Walk, row, set};
use cauce_store::{Key, Store, StoreError, Write, encode};
use serde::Serialize;

use crate::entity::to_bytes;
use crate::feed::number_of;
use crate::tables::{
    CALLS, COMMANDS, DEAD, FEED, MAIL, READ, SEEN, SENT, TAKEN, TIMERS, TimerRow, due_of, mail_key,
    of_entity, pair_key, timer_key,
};
use crate::{Call, EntityAddress};

/// The runtime's tables.
pub const TABLES: [Known; 10] = [
    Known::new("timers", &TIMERS),
    Known::new("calls", &CALLS),
    Known::new("mail", &MAIL),
    Known::new("mail sent", &SENT),
    Known::new("mail taken", &TAKEN),
    Known::new("seen", &SEEN),
    Known::new("commands", &COMMANDS),
    Known::new("feed", &FEED),
    Known::new("feed read", &READ),
    Known::new("dead letters", &DEAD),
];

/// What is pending for the entities of a slot.
#[derive(Debug, Default)]
pub struct Pending {
    timers: HashMap<EntityAddress, Vec<Timer>>,
    calls: HashMap<EntityAddress, Vec<(String, Call)>>,
}

/// A timer that is set.
#[derive(Debug, Clone)]
pub struct Timer {
    /// When.
    pub due: Timestamp,
    /// What tells it apart from the entity's others.
    pub name: String,
    /// Its row.
    pub key: Key,
}

impl Pending {
    /// The timers of an entity.
    pub fn timers(&self, entity: &EntityAddress) -> &[Timer] {
        self.timers.get(entity).map_or(&[], Vec::as_slice)
    }

    /// Whether the entity has a timer of this name at that moment.
    pub fn has_timer(&self, entity: &EntityAddress, due: Timestamp, name: &str) -> bool {
        self.timers(entity).iter().any(|timer| timer.due == due && timer.name == name)
    }

    /// The calls of an entity that are not over, with their kind.
    pub fn calls(&self, entity: &EntityAddress) -> &[(String, Call)] {
        self.calls.get(entity).map_or(&[], Vec::as_slice)
    }

    /// Whether a call of the entity with this id is not over.
    pub fn has_call(&self, entity: &EntityAddress, id: &str) -> bool {
        self.calls(entity).iter().any(|(_, call)| call.id == id)
    }

    /// Everybody who has a timer here.
    pub fn entities(&self) -> impl Iterator<Item = &EntityAddress> {
        self.timers.keys()
    }
}

/// The writes that set a timer.
pub fn timer<E: Serialize>(entity: &EntityAddress, due: Timestamp, name: &str, event: &E) -> Vec<Write> {
    let row = TimerRow { entity: entity.clone(), event: to_bytes(event) };
    vec![(timer_key(entity, due, name), Some(encode(&row)))]
}

/// Checks a slot, and gives what is pending in it.
///
/// # Errors
/// What the store says, but for a row that cannot be read.
pub async fn check(store: &dyn Store, slot: Slot, findings: &mut Findings) -> Result<Pending, StoreError> {
    mail(store, slot, findings).await?;
    feed(store, slot, findings).await?;
    dead_letters(store, slot, findings).await?;
    let mut pending = Pending::default();
    timers(store, slot, findings, &mut pending).await?;
    let mut walk = Walk::of(store, &CALLS, slot);
    while let Some((key, row)) = walk.next(&CALLS).await? {
        if key != of_entity(&CALLS, &row.entity).text(&row.id) {
            let what = format!("the call {} of {} stands under another key", row.id, row.entity);
            findings.add(Finding::broken("call_misplaced", &key, what, MISPLACED));
            continue;
        }
        let call = Call { id: row.id, payload: row.payload, resumed: true };
        pending.calls.entry(row.entity).or_default().push((row.kind, call));
    }
    Ok(pending)
}

/// What helps a row under a key that is not its own.
const MISPLACED: &str = "nothing that Cauce does writes it so: the file was damaged; restore a backup";

async fn timers(
    store: &dyn Store,
    slot: Slot,
    findings: &mut Findings,
    pending: &mut Pending,
) -> Result<(), StoreError> {
    let mut walk = Walk::of(store, &TIMERS, slot);
    while let Some((key, row)) = walk.next(&TIMERS).await? {
        let due = due_of(&key);
        let beginning = timer_key(&row.entity, due, "");
        let beginning = &beginning.as_bytes()[..beginning.as_bytes().len() - 1];
        let name = key.as_bytes().strip_prefix(beginning).and_then(|name| name.strip_suffix(&[0]));
        let Some(name) = name.and_then(|name| std::str::from_utf8(name).ok()) else {
            let what = format!("a timer of {} stands under another key", row.entity);
            findings.add(Finding::broken("timer_misplaced", &key, what, MISPLACED));
            continue;
        };
        let timer = Timer { due, name: name.to_owned(), key };
        pending.timers.entry(row.entity).or_default().push(timer);
    }
    Ok(())
}

/// Mail is numbered per pair of slots: what was sent and is not known to be taken has its row, and nothing
/// is taken that was not sent.
async fn mail(store: &dyn Store, slot: Slot, findings: &mut Findings) -> Result<(), StoreError> {
    // What was sent from here.
    let mut walk = Walk::of(store, &SENT, slot);
    while let Some((key, sent)) = walk.next(&SENT).await? {
        let Some(to) = other_slot(&key) else { continue };
        let taken = row(store, &TAKEN, &pair_key(&TAKEN, to, slot)).await?.unwrap_or(0);
        // The lack of many is one finding.
        let mut present = 0;
        let mut mail = Walk::over(store, MAIL.key(slot).number(to.number().into()).prefix());
        while let Some((key, _)) = mail.raw().await? {
            let number = last_number(&key);
            present += u64::from(number > taken && number <= sent);
            if number > sent {
                let what = format!(
                    "mail {number} to slot {to} stands, and {sent} is the last that was sent",
                    to = to.number()
                );
                let counted = set(store, pair_key(&SENT, slot, to), Some(&number)).await?;
                findings.add(
                    Finding::broken("mail_uncounted", &key, what, "--mend counts it").mended_by(counted),
                );
            }
        }
        let missing = sent.saturating_sub(taken) - present;
        if missing > 0 {
            let what = format!(
                "{missing} of the mail {} to {sent} from slot {} to slot {} is neither taken nor there",
                taken + 1,
                slot.number(),
                to.number()
            );
            findings.add(Finding::broken(
                "mail_lost",
                &key,
                what,
                "what comes after it is not taken any more: restore a backup",
            ));
        }
    }
    // What was taken here.
    let mut walk = Walk::of(store, &TAKEN, slot);
    while let Some((key, taken)) = walk.next(&TAKEN).await? {
        let Some(from) = other_slot(&key) else { continue };
        let counter = pair_key(&SENT, from, slot);
        let sent = row(store, &SENT, &counter).await?.unwrap_or(0);
        if taken > sent {
            let what = format!(
                "slot {} has taken mail {taken} of slot {}, which has sent {sent}",
                slot.number(),
                from.number()
            );
            let counted = set(store, counter, Some(&taken)).await?;
            findings.add(
                Finding::broken(
                    "mail_unsent",
                    &key,
                    what,
                    "the next mail would be taken for a repetition: --mend counts on from there",
                )
                .mended_by(counted),
            );
        }
    }
    // Mail of which nothing was counted at all.
    let mut walk = Walk::of(store, &MAIL, slot);
    let mut uncounted = None;
    while let Some((key, mail)) = walk.next(&MAIL).await? {
        let to = mail.to.slot;
        if key != mail_key(slot, to, last_number(&key)) {
            let what = format!("mail to {} stands under another key", mail.to);
            findings.add(Finding::broken("mail_misplaced", &key, what, MISPLACED));
        } else if uncounted != Some(to) && row(store, &SENT, &pair_key(&SENT, slot, to)).await?.is_none() {
            uncounted = Some(to);
            let what = format!("mail to slot {} stands, and none was counted", to.number());
            // Rows are in the order of numbers: the last of them is the last sent.
            let newest = store.scan(&MAIL.key(slot).number(to.number().into()).prefix(), 1, true).await?;
            let last = newest.first().map_or(0, |(key, _)| last_number(key));
            let counted = set(store, pair_key(&SENT, slot, to), Some(&last)).await?;
            findings
                .add(Finding::broken("mail_uncounted", &key, what, "--mend counts it").mended_by(counted));
        }
    }
    Ok(())
}

/// What one slot has mailed to another that is not taken yet.
///
/// # Errors
/// What the store says, but for a row that cannot be read.
pub async fn undelivered(
    store: &dyn Store,
    from: Slot,
    to: Slot,
) -> Result<Vec<(EntityAddress, Vec<u8>)>, StoreError> {
    let taken = row(store, &TAKEN, &pair_key(&TAKEN, to, from)).await?.unwrap_or(0);
    let range = MAIL.key(from).number(to.number().into()).prefix().from(mail_key(from, to, taken + 1));
    let mut walk = Walk::over(store, range);
    let mut mail = Vec::new();
    while let Some((_, row)) = walk.next(&MAIL).await? {
        mail.push((row.to, row.event));
    }
    Ok(mail)
}

/// The feed is numbered without a gap, and nobody has read what was not written, or lost what was not read.
async fn feed(store: &dyn Store, home: Slot, findings: &mut Findings) -> Result<(), StoreError> {
    let Feed { first, last } = ends(store, home).await?;
    let mut walk = Walk::of(store, &FEED, home);
    let mut next = first;
    while let Some((key, _)) = walk.raw().await? {
        let number = number_of(&key);
        if number != next {
            let what = format!("the feed's lines {next} to {} are not there", number - 1);
            findings.add(Finding::broken(
                "feed_gap",
                &key,
                what,
                "what lists show may be wrong: the other findings say where, and --mend puts it right",
            ));
        }
        next = number + 1;
    }
    let mut walk = Walk::of(store, &READ, home);
    while let Some((key, read)) = walk.next(&READ).await? {
        let reader =
            String::from_utf8_lossy(key.fields().strip_suffix(&[0]).unwrap_or(key.fields())).into_owned();
        let place = format!("{reader}, partition of slot {}", home.number());
        if read > last {
            let what = format!("it has read up to line {read}, and {last} is the last of the feed");
            let back = set(store, key, Some(&last)).await?;
            findings.add(
                Finding::broken(
                    "feed_ahead",
                    place,
                    what,
                    "it would pass over what comes next: --mend sets it back",
                )
                .mended_by(back),
            );
        } else if read < last && read + 1 < first {
            let what = format!("it has read up to line {read}, and the first that is kept is {first}");
            let on = set(store, key, Some(&(first - 1))).await?;
            findings.add(
                Finding::broken(
                    "feed_unread",
                    place,
                    what,
                    "--mend has it go on there; the other findings say what it missed",
                )
                .mended_by(on),
            );
        } else if read < last {
            findings.add(Finding::lagging(
                "feed_behind",
                place,
                format!("{} lines are still to be read", last - read),
            ));
        }
    }
    Ok(())
}

struct Feed {
    first: u64,
    last: u64,
}

/// The numbers of the first line kept and of the last line written; 1 and 0 when there is none yet.
async fn ends(store: &dyn Store, home: Slot) -> Result<Feed, StoreError> {
    let range = FEED.key(home).prefix();
    let end =
        async |reverse| Ok(store.scan(&range, 1, reverse).await?.first().map(|(key, _)| number_of(key)));
    Ok(Feed { first: end(false).await?.unwrap_or(1), last: end(true).await?.unwrap_or(0) })
}

/// The slots under which partitions keep their feed, in order: a slot belongs to the last that is not above
/// it. A partition in which nothing has happened yet has none.
///
/// # Errors
/// What the store says.
pub async fn homes(store: &dyn Store) -> Result<Vec<Slot>, StoreError> {
    let mut homes = Vec::new();
    for slot in Slot::all() {
        for table in [FEED.key(slot), READ.key(slot)] {
            if homes.last() != Some(&slot) && !store.scan(&table.prefix(), 1, false).await?.is_empty() {
                homes.push(slot);
            }
        }
    }
    Ok(homes)
}

/// Whether a reader has not read the whole feed of this home.
///
/// # Errors
/// What the store says.
pub async fn is_behind(store: &dyn Store, home: Slot, reader: &str) -> Result<bool, StoreError> {
    let read = row(store, &READ, &READ.key(home).text(reader)).await?.unwrap_or(0);
    Ok(read < ends(store, home).await?.last)
}

async fn dead_letters(store: &dyn Store, slot: Slot, findings: &mut Findings) -> Result<(), StoreError> {
    let mut walk = Walk::of(store, &DEAD, slot);
    while let Some((key, letter)) = walk.next(&DEAD).await? {
        let what = format!("an event of {} could not be handled: {}", letter.entity, letter.cause);
        findings.add(Finding::attention(
            "dead_letter",
            &key,
            what,
            "look at it with `cauce dead show`, then replay or drop it",
        ));
    }
    Ok(())
}

fn last_number(key: &Key) -> u64 {
    key.fields().last_chunk::<8>().map_or(0, |n| u64::from_be_bytes(*n))
}

/// The other slot of a counter between two.
fn other_slot(key: &Key) -> Option<Slot> {
    let number = u64::from_be_bytes(*key.fields().first_chunk::<8>()?);
    u16::try_from(number).ok().and_then(Slot::new)
}
