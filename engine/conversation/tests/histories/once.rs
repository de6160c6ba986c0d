//! Once: what comes again is recognised for eight days of the provider's time, however much else came, and
//! whoever it comes to.

use cauce_conversation::RECENTS;
use cauce_model::{Address, ContactEvent, ContactId, Duration, InboundContent, Sender, Timestamp};

use crate::stage::{Stage, T0, phone, text, workspace};

/// What a contact was told, as many lines.
async fn heard(stage: &Stage, contact: ContactId) -> usize {
    stage.messages(contact).await.len()
}

/// Whether it is as it was.
async fn turns(stage: &Stage, contact: ContactId) -> u64 {
    stage.contact(contact).await.turns
}

#[tokio::test]
async fn who_writes_very_much_is_heard_once_for_eight_days() {
    let stage = Stage::over(Vec::new()).await;
    let ana = phone("51999888777");
    let mut came: Vec<(String, Timestamp)> = Vec::new();
    let mut contact = None;
    for day in 0..14 {
        for n in 0..50 {
            let (id, at) = (format!("wamid.{day}.{n}"), stage.runtime.now());
            stage.hears(&ana, &id, at, text("hola")).await;
            came.push((id, at));
            if n % 25 == 1 {
                // Of every day, some come again: those that are remembered, and those that are too old.
                let contact = *contact.get_or_insert(stage.owner(&ana).await.contact.unwrap());
                let before = turns(&stage, contact).await;
                for (id, at) in came.iter().step_by(7) {
                    stage.hears(&ana, id, *at, text("hola")).await;
                }
                assert_eq!(turns(&stage, contact).await, before, "day {day}");
                assert_eq!(heard(&stage, contact).await, came.len());
                assert!(stage.count(&RECENTS, contact).await <= 10, "what is old has gone");
            }
            stage.clock.advance(Duration::minutes(5));
        }
        stage.clock.advance(Duration::minutes(24 * 60 - 5 * 50));
    }
    assert!(stage.count(&RECENTS, contact.unwrap()).await >= 7, "so many do not fit in the tail");
}

/// A contact that writes without showing its number.
pub fn hidden(id: &str) -> Sender {
    let addresses = vec![Address::bsuid(workspace(), "1000", id)];
    Sender { addresses, reply_to: id.to_owned(), ..phone("") }
}

/// The same person, whose number shows.
pub fn shown(digits: &str, id: &str) -> Sender {
    let mut sender = phone(digits);
    sender.addresses.extend(hidden(id).addresses);
    sender
}

#[tokio::test]
async fn what_a_younger_contact_took_in_does_not_come_in_at_the_older_one() {
    let stage = Stage::over(Vec::new()).await;
    let (before, after) = (hidden("PE.1"), shown("51999888777", "PE.1"));
    stage.hears(&before, "a", T0, text("hola")).await;
    let older = stage.owner(&before).await.contact.unwrap();
    stage.clock.advance(Duration::minutes(1));
    // A contact of its own for a moment, then the same person. It wrote very much in that moment.
    let at = stage.runtime.now();
    let lonely = phone("51999888777");
    for n in 0..100 {
        stage.hears(&lonely, &format!("b{n}"), at, text("soy yo")).await;
    }
    let younger = stage.owner(&lonely).await.contact.unwrap();
    assert_ne!(older, younger);
    stage.hears(&after, "c", at, text("mi número")).await;
    assert_eq!(stage.contact(younger).await.merged_into, Some(older));

    let so_far = (turns(&stage, older).await, turns(&stage, younger).await);
    for sender in [&lonely, &after, &before] {
        for n in 0..100 {
            stage.hears(sender, &format!("b{n}"), at, text("soy yo")).await;
        }
        stage.hears(sender, "c", at, text("mi número")).await;
    }
    assert_eq!((turns(&stage, older).await, turns(&stage, younger).await), so_far);

    // What is new is forwarded, once.
    for _ in 0..3 {
        stage.hears(&lonely, "d", at, text("¿sigues?")).await;
    }
    assert_eq!(stage.messages(older).await.len(), 2);
    // And each by itself again knows what it had.
    stage.happens(younger, &ContactEvent::Split).await;
    for id in ["b3", "c", "d"] {
        stage.hears(&lonely, id, at, text("otra vez")).await;
    }
    assert_eq!(heard(&stage, younger).await, 101);
}

/// Meta tells that somebody has another number now.
async fn moves(stage: &Stage, from: &Sender, to: &Sender) {
    let notice = InboundContent::Notice {
        body: "cambió de número".into(),
        addresses: vec![to.addresses[0].clone()],
        reply_to: Some(to.reply_to.clone()),
    };
    stage.hears(from, "notice", stage.runtime.now(), notice).await;
}

#[tokio::test]
async fn what_was_written_before_a_number_changed_hands_is_not_its_new_owner_s() {
    let stage = Stage::over(Vec::new()).await;
    let (old, new) = (phone("51999888777"), phone("51999888778"));
    stage.hears(&old, "a", T0, text("hola")).await;
    let ana = stage.owner(&old).await.contact.unwrap();
    stage.clock.advance(Duration::minutes(1));
    moves(&stage, &old, &new).await;
    assert_eq!((stage.owner(&old).await.contact, stage.owner(&new).await.contact), (None, Some(ana)));

    // Before anybody has the number, and after: again it moves nothing, and what was late is hers.
    let so_far = turns(&stage, ana).await;
    stage.hears(&old, "a", T0, text("hola")).await;
    assert_eq!((turns(&stage, ana).await, stage.owner(&old).await.contact), (so_far, None));
    stage.clock.advance(Duration::minutes(1));
    stage.hears(&old, "e", stage.runtime.now(), text("¿quién es?")).await;
    let eva = stage.owner(&old).await.contact.unwrap();
    assert_ne!(eva, ana);
    stage.hears(&old, "a", T0, text("hola")).await;
    stage.hears(&old, "late", T0 + Duration::seconds(5), text("¿están?")).await;
    assert_eq!((heard(&stage, eva).await, heard(&stage, ana).await), (1, 3));
    assert_eq!(stage.contact(ana).await.reply_to, new.reply_to, "answers go where she is");
    stage.hears(&old, "f", stage.runtime.now(), text("yo")).await;
    assert_eq!((heard(&stage, eva).await, heard(&stage, ana).await), (2, 3));
}

#[tokio::test]
async fn the_number_of_a_contact_that_gave_way_is_let_go_as_well() {
    let stage = Stage::over(Vec::new()).await;
    let (lonely, before, after) = (phone("51999888777"), hidden("PE.1"), shown("51999888777", "PE.1"));
    stage.hears(&before, "a", T0, text("hola")).await;
    let older = stage.owner(&before).await.contact.unwrap();
    stage.clock.advance(Duration::minutes(1));
    stage.hears(&after, "b", stage.runtime.now(), text("mi número")).await;
    let younger = stage.owner(&lonely).await.contact.unwrap();
    assert_eq!(stage.contact(younger).await.merged_into, Some(older));
    stage.clock.advance(Duration::minutes(1));
    moves(&stage, &lonely, &phone("51999888778")).await;
    assert_eq!(stage.owner(&lonely).await.contact, None);
    stage.clock.advance(Duration::minutes(1));
    stage.hears(&lonely, "e", stage.runtime.now(), text("¿quién es?")).await;
    let eva = stage.owner(&lonely).await.contact.unwrap();
    assert!(eva != older && eva != younger, "whoever gets the number is somebody else");
}

#[tokio::test]
async fn what_the_business_says_by_phone_is_said_once() {
    let stage = Stage::over(Vec::new()).await;
    let ana = phone("51999888777");
    for _ in 0..3 {
        stage.echoes(&ana, "a", T0, text("buenas")).await;
    }
    let contact = stage.owner(&ana).await.contact.unwrap();
    assert_eq!(heard(&stage, contact).await, 1);
}
