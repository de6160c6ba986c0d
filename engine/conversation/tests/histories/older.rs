//! Histories that a build of format 1 wrote: a row for each message, journal entry, provider's name, and for
//! what came in. They are read, changed and gone on with.

use cauce_conversation::{
    Attempt, BINDINGS, CONTACTS, JOURNAL, MESSAGES, PROVIDER_IDS, TAILS, history, of_contact,
};
use cauce_model::{
    Address, ContactId, DeliveryStatus, Direction, Duration, InboundContent, Message, MessageStatus, Slot,
};
use cauce_store::{Key, Table, Write, encode};
use serde_json::{Value, json};

use crate::stage::{Stage, T0, account, phone, text, workspace};

/// How many messages, half of them the customer's, and as many turns.
const BEFORE: u64 = 60;
/// Before the upgrade.
const THEN: i64 = T0.0 - 3_600_000;

/// The row of something that came in, as the runtime of that build wrote it in the slot of the address.
fn came_in(address: &Address, provider_id: &str) -> Write {
    let mut hasher = blake3::Hasher::new();
    for part in [account().as_str().as_bytes(), provider_id.as_bytes()] {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let day = u64::try_from(THEN / 86_400_000).unwrap();
    let seen: Table<()> = Table::new(6);
    (seen.key(address.slot()).number(day).bytes(&hasher.finalize().as_bytes()[..16]), Some(encode(&())))
}

/// A contact in an open conversation, with `address`, and the rows of its history.
fn rows_of(id: ContactId, address: &Address) -> Vec<Write> {
    let row = |key: Key, value: Value| (key, Some(encode(&value)));
    let contact = json!({
        "id": id, "workspace": workspace(), "account": account(), "reply_to": "51999888777",
        "phone": "51999888777", "last_inbound_id": format!("wamid.{}", BEFORE - 1), "addresses": [address],
        "claims": [], "profile": { "name": "Ana" }, "created_at": THEN, "last_inbound_at": THEN,
        "moved_at": 0, "updated_at": THEN, "messages": BEFORE, "heard": BEFORE - 1, "turns": BEFORE,
        "unread": 0, "tags": [], "last": null, "run": null, "case": null,
        "outbox": { "waiting": [], "flight": null, "arming": null, "step": null }, "wait_timer": null,
        "merged_into": null, "merge_after_case": null, "absorbed": [], "apart": [],
    });
    let mut rows = vec![
        row(of_contact(&CONTACTS, id), contact),
        row(BINDINGS.key(address.slot()).text(&address.key()), json!(id)),
    ];
    for seq in 1..=BEFORE {
        let name = format!("wamid.{seq}");
        let inbound = seq % 2 == 1;
        let said = json!({ "type": "text", "body": format!("línea {seq}") });
        let message = match inbound {
            true => json!({ "seq": seq, "at": THEN, "author": { "kind": "contact" }, "direction": "in",
                "content": said, "provider_id": name }),
            false => json!({ "seq": seq, "at": THEN, "author": { "kind": "bot", "node": "fin" },
                "direction": "out", "content": said, "status": "accepted", "provider_id": name }),
        };
        rows.push(row(of_contact(&MESSAGES, id).number(seq), message));
        rows.push(row(of_contact(&PROVIDER_IDS, id).text(&name), json!(seq)));
        let event = json!({ "event": "inbound", "account": account(), "sender": phone("51999888777"),
            "provider_id": name, "at": THEN, "content": said });
        let entry = json!({ "number": seq, "at": THEN, "seed": seq, "semantics": 2, "revision": null,
            "event": event, "run": null, "steps": [] });
        rows.push(row(of_contact(&JOURNAL, id).number(seq), entry));
        if inbound {
            rows.push(came_in(address, &name));
        }
    }
    rows
}

fn words(message: &Message) -> String {
    match &message.direction {
        Direction::In { content } => content.preview(),
        Direction::Out { content, .. } => content.preview(),
    }
}

#[tokio::test]
async fn a_history_in_rows_is_read_changed_and_gone_on_with() {
    let ana = phone("51999888777");
    let address = ana.addresses[0].clone();
    let id = ContactId::new(address.slot(), 7);
    let stage = Stage::over(rows_of(id, &address)).await;
    let store = stage.runtime.store().as_ref();
    let lines = async || stage.messages(id).await.iter().map(words).collect::<Vec<_>>();
    let before: Vec<String> = (1..=BEFORE).map(|seq| format!("línea {seq}")).collect();
    assert_eq!(lines().await, before, "before anything happens");

    // What came in then does not come in again, and what is new does.
    for seq in (1..BEFORE).step_by(2) {
        stage.hears(&ana, &format!("wamid.{seq}"), T0 - Duration::hours(1), text("otra vez")).await;
    }
    assert_eq!(stage.contact(id).await.turns, BEFORE);
    assert!(stage.row(&TAILS, &of_contact(&TAILS, id)).await.is_none());
    for n in 0..40 {
        let quoted = Some("wamid.5".to_owned());
        stage.hears_quoting(&ana, &format!("new.{n}"), T0, text(&format!("nueva {n}")), quoted).await;
    }
    let all = [before, (0..40).map(|n| format!("nueva {n}")).collect()].concat();
    assert_eq!(lines().await, all);
    assert_eq!(stage.messages(id).await[70].quotes, Some(5));

    // What stands in a row of its own changes there.
    let attempt = Attempt { contact: id, seq: 2, attempt: 2 }.to_string();
    stage.news(id, &attempt, "wamid.second", DeliveryStatus::Read).await;
    let revoke = InboundContent::Revoke { target: "wamid.3".into() };
    stage.hears(&ana, "revoke", T0, revoke).await;
    for (n, target) in ["wamid.2", "wamid.second", "new.1"].into_iter().enumerate() {
        let like = InboundContent::Reaction { target: target.into(), emoji: Some(format!("{n}")) };
        stage.hears(&ana, &format!("like.{n}"), T0, like).await;
    }
    let kept = stage.messages(id).await;
    let Direction::Out { status, .. } = &kept[1].direction else { panic!("{:?}", kept[1]) };
    assert_eq!((*status, kept[1].reactions[0].emoji.as_str()), (MessageStatus::Read, "1"));
    assert!(kept[2].revoked_at.is_some());
    assert_eq!(kept[BEFORE as usize + 1].reactions[0].emoji, "2");

    // Pages and journal go over the border.
    for before in [1, 2, BEFORE, BEFORE + 1, BEFORE + 2, BEFORE + 20, BEFORE + 41] {
        let page = history::messages(store, id, Some(before), 15).await.unwrap();
        let expected = kept.iter().rev().filter(|message| message.seq < before).take(15);
        assert!(page.iter().eq(expected), "before {before}");
        let one = history::message(store, id, before).await.unwrap();
        assert_eq!(one.as_ref(), kept.get(before as usize - 1));
    }
    let turns = stage.contact(id).await.turns;
    for from in [0, 1, BEFORE, BEFORE + 1, BEFORE + 30, turns] {
        let entries = history::journal(store, id, from, 50).await.unwrap();
        assert!(entries.iter().map(|entry| entry.number).eq((from.max(1)..=turns).take(50)), "from {from}");
    }
}

#[tokio::test]
async fn what_came_in_to_an_older_build_does_not_come_in_elsewhere_either() {
    // The contact was born of another address, so that this one is in another slot.
    let ana = phone("51999888777");
    let address = ana.addresses[0].clone();
    let elsewhere = Slot::all().find(|slot| *slot != address.slot()).unwrap();
    let id = ContactId::new(elsewhere, 7);
    // And this number was let go of by that build, which left no row.
    let eva = phone("51999888778");
    let rows = [rows_of(id, &address), vec![came_in(&eva.addresses[0], "hers")]].concat();
    let stage = Stage::over(rows).await;
    for _ in 0..2 {
        stage.hears(&ana, "wamid.1", T0 - Duration::hours(1), text("otra vez")).await;
        stage.hears(&eva, "hers", T0 - Duration::hours(1), text("otra vez")).await;
        stage.hears(&ana, "new", T0, text("nueva")).await;
    }
    assert_eq!(stage.contact(id).await.messages, BEFORE + 1);
    assert_eq!(stage.owner(&eva).await.contact, None);
    stage.hears(&eva, "new", T0, text("nueva")).await;
    assert!(stage.owner(&eva).await.contact.is_some());
}
