//! The life of a business message: its file fetched where it links to one; then sent, delivered, read once the phone
//! shows it; or failed.

use std::{io, sync::Arc, time::Duration};

use tokio::sync::broadcast::error::RecvError;

use crate::{
    codes::Failure,
    emulator::{Core, Emulator},
    faults::Told,
    links,
    media::RECEIVED_DAYS,
    message::{self, Message, Status},
    payload,
    state::Fact,
};

/// Moves one message on until nothing more can come without the customer.
pub async fn advance(emulator: Arc<Emulator>, epoch: u64, wamid: String) {
    let stays = |error: io::Error| {
        tracing::error!(%error, wamid, "the data folder cannot be written; the message stays where it is");
    };
    if let Err(error) = fetch_link(&emulator, epoch, &wamid).await {
        return stays(error);
    }
    loop {
        tokio::time::sleep(Duration::from_millis(emulator.config.status_delay_ms)).await;
        let Some(mut core) = emulator.lock_in(epoch) else { return };
        match step(&emulator, &mut core, &wamid) {
            Ok(false) => {}
            Ok(true) => return,
            Err(error) => return stays(error),
        }
    }
}

/// Fetches the file the message links to, if it does; without it the message fails.
async fn fetch_link(emulator: &Arc<Emulator>, epoch: u64, wamid: &str) -> io::Result<()> {
    let (kind, link, voice) = {
        let Some(core) = emulator.lock_in(epoch) else { return Ok(()) };
        let message = core.state.messages.get(wamid);
        let Some((kind, link)) = message.and_then(|message| message.link_to_fetch()) else { return Ok(()) };
        (kind, link.to_owned(), message.is_some_and(|message| message::is_voice(&message.json)))
    };
    let fetched = links::fetch(&emulator.links, kind, &link, voice).await;
    let Some(mut core) = emulator.lock_in(epoch) else { return Ok(()) };
    let id = wamid.to_owned();
    let fact = match fetched {
        Ok(file) => Fact::Fetched { id, media: emulator.keep(&mut core, file, RECEIVED_DAYS)? },
        Err(details) => Fact::NotFetched { id, failure: Failure::media(details) },
    };
    emulator.commit(&mut core, vec![fact])
}

/// One step of one message; true when no further one follows by itself.
fn step(emulator: &Arc<Emulator>, core: &mut Core, wamid: &str) -> io::Result<bool> {
    let Some(message) = core.state.messages.get(wamid) else { return Ok(true) };
    let Some(next) = message.next_status() else { return Ok(true) };
    let reversed = [Status::Read, Status::Delivered, Status::Sent];
    let statuses = if message.reordered && next == Status::Sent { &reversed[..] } else { &[next] };
    let facts = reach(emulator, core, wamid, statuses);
    emulator.commit(core, facts)?;
    Ok(core.state.messages.get(wamid).is_none_or(|message| message.next_status().is_none()))
}

/// Returns when everything that comes by itself after acceptance has been told.
pub async fn all_told(emulator: &Emulator, epoch: u64, wamid: &str) {
    let mut changes = emulator.changes();
    loop {
        {
            let Some(core) = emulator.lock_in(epoch) else { return };
            let to_come = core.state.messages.get(wamid).map_or(0, Message::statuses_to_come);
            let waits =
                core.state.webhooks.values().any(|webhook| webhook.subject == wamid && !webhook.taken);
            if to_come == 0 && !waits {
                return;
            }
        }
        if let Err(RecvError::Closed) = changes.recv().await {
            return;
        }
    }
}

/// The chat is on screen: what arrived is read, what is still on its way will be when it arrives.
///
/// # Errors
/// When the facts could not be written.
pub fn open_chat(emulator: &Arc<Emulator>, core: &mut Core, wa_id: &str) -> io::Result<()> {
    let unread: Vec<String> = core
        .state
        .customers
        .get(wa_id)
        .map(|customer| &customer.messages)
        .into_iter()
        .flatten()
        .filter(|id| core.state.messages.get(*id).is_some_and(|message| message.is_unread()))
        .cloned()
        .collect();
    if unread.is_empty() {
        return Ok(());
    }
    let mut facts = vec![Fact::Opened { wa_id: wa_id.to_owned() }];
    for wamid in unread {
        if core.state.messages.get(&wamid).is_some_and(|message| message.status == Status::Delivered) {
            facts.extend(reach(emulator, core, &wamid, &[Status::Read]));
        }
    }
    emulator.commit(core, facts)
}

/// The facts that the message reached these statuses, and their webhooks in this order.
fn reach(emulator: &Emulator, core: &mut Core, wamid: &str, statuses: &[Status]) -> Vec<Fact> {
    let at = core.now();
    let mut facts = Vec::new();
    for status in statuses {
        facts.push(Fact::Reached { id: wamid.to_owned(), status: *status });
        if let Some(message) = core.state.messages.get(wamid)
            && match message.told {
                Told::All => true,
                Told::Read => *status == Status::Read,
                Told::Nothing => false,
            }
        {
            let webhook = payload::status(&emulator.config, &core.state, wamid, message, *status, at);
            facts.push(core.queued(webhook, 1, false));
        }
    }
    facts
}
