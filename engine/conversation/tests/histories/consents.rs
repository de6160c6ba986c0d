//! What customers allow and how they rate: at the contact, in the journal, and when two contacts are one person.

use cauce_conversation::replay::{Recording, Why};
use cauce_conversation::{Home, JournalEntry, history};
use cauce_model::{ContactEvent, ContactId, Direction, Duration, Message, Sender};

use crate::once::{hidden, shown};
use crate::stage::{Stage, T0, phone, text};

const FLOW: &str = r#"
id: permisos
name: Permisos
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [ofertas, baja], save_to: dicho }, exits: { next: que } }
  que: { kind: decision, config: { rules: [{ id: baja, when: 'dicho == "baja"' }] }, exits: { baja: sale, else: pide } }
  pide:
    kind: consent
    config: { purpose: publicidad, label: Ofertas, version: "1", text: ¿Te enviamos ofertas? }
    exits: { "yes": nota, "no": fin, no_match: fin }
  nota: { kind: rating, config: { text: ¿Y cómo te atendimos?, metric: atencion }, exits: { low: fin, mid: fin, high: fin, no_match: fin } }
  sale: { kind: consent, config: { purpose: publicidad, label: Ofertas, version: "2", answer: "no" }, exits: { "no": fin } }
  fin: { kind: end, config: { text: "{{ contact.consents.publicidad ?? \"nada\" }}" } }
"#;

async fn says(stage: &Stage, sender: &Sender, id: &str, words: &str) -> ContactId {
    stage.clock.advance(Duration::minutes(1));
    stage.hears(sender, id, stage.runtime.now(), text(words)).await;
    let contact = stage.owner(sender).await.contact.unwrap();
    stage.sent(contact).await;
    contact
}

fn words(message: &Message) -> String {
    match &message.direction {
        Direction::In { content } => content.preview(),
        Direction::Out { content, .. } => content.preview(),
    }
}

async fn last(stage: &Stage, contact: ContactId) -> String {
    words(stage.messages(contact).await.last().unwrap())
}

#[tokio::test]
async fn a_consent_stands_at_the_contact_with_its_proof_and_every_answer_in_the_journal() {
    let stage = Stage::over(Vec::new()).await;
    stage.publish(FLOW).await;
    let ana = phone("51999888777");
    let contact = says(&stage, &ana, "a", "ofertas").await;
    assert!(stage.contact(contact).await.consents.is_empty());
    says(&stage, &ana, "b", "claro que sí").await;
    let given = stage.contact(contact).await.consents["publicidad"].clone();
    assert_eq!((given.granted, given.version.as_str(), given.label.as_str()), (true, "1", "Ofertas"));
    assert_eq!((given.at, given.contact), (stage.runtime.now(), None));
    let proof = &stage.messages(contact).await[usize::try_from(given.message).unwrap() - 1];
    assert_eq!(words(proof), "claro que sí");
    says(&stage, &ana, "c", "cinco estrellas").await;
    assert_eq!(last(&stage, contact).await, "true");
    says(&stage, &ana, "d", "baja").await;
    assert_eq!(last(&stage, contact).await, "false", "the step after it knows");
    let taken = stage.contact(contact).await.consents["publicidad"].clone();
    assert_eq!((taken.granted, taken.version.as_str()), (false, "2"));

    let journal = history::journal(stage.runtime.store().as_ref(), contact, 0, usize::MAX).await.unwrap();
    let answers: Vec<_> = journal.iter().flat_map(|entry| &entry.consents).collect();
    assert_eq!(answers.iter().map(|each| each.purpose.as_str()).collect::<Vec<_>>(), ["publicidad"; 2]);
    assert_eq!(answers.iter().map(|each| &each.consent).collect::<Vec<_>>(), [&given, &taken]);
    let ratings: Vec<_> = journal.iter().flat_map(|entry| &entry.ratings).collect();
    assert_eq!(ratings.len(), 1);
    assert_eq!((ratings[0].metric.as_str(), ratings[0].mark, ratings[0].best), ("atencion", 5, 5));
}

#[tokio::test]
async fn a_replay_that_rates_or_allows_otherwise_says_where() {
    let stage = Stage::over(Vec::new()).await;
    stage.publish(FLOW).await;
    let ana = phone("51999888777");
    let contact = says(&stage, &ana, "a", "ofertas").await;
    says(&stage, &ana, "b", "sí").await;
    says(&stage, &ana, "c", "4").await;
    let store = stage.runtime.store().as_ref();
    let recording = Recording::read(store, contact).await.unwrap().unwrap();
    let programs = recording.programs(store, &stage.programs).await.unwrap();
    let parting = |change: &dyn Fn(&mut Recording)| {
        let mut other = recording.clone();
        change(&mut other);
        let run = other.replay(&programs, &Home::default()).pop().unwrap();
        run.parted.map(|parted| (String::from(parted.node.unwrap()), parted.why))
    };
    let of = |other: &mut Recording, change: &dyn Fn(&mut JournalEntry)| {
        other.journal.iter_mut().for_each(change);
    };
    assert_eq!(parting(&|_| {}), None);
    let rated = |entry: &mut JournalEntry| entry.ratings.iter_mut().for_each(|rated| rated.mark = 1);
    assert_eq!(parting(&|other| of(other, &rated)), Some(("nota".to_owned(), Why::Goals)));
    let none = |entry: &mut JournalEntry| entry.consents.clear();
    assert_eq!(parting(&|other| of(other, &none)), Some(("pide".to_owned(), Why::Goals)));
}

#[tokio::test]
async fn of_two_contacts_of_one_person_the_later_answer_stands() {
    let stage = Stage::over(Vec::new()).await;
    stage.publish(FLOW).await;
    let (before, lonely, after) = (hidden("PE.1"), phone("51999888777"), shown("51999888777", "PE.1"));
    stage.hears(&before, "a", T0, text("ofertas")).await;
    let older = says(&stage, &before, "b", "sí").await;
    let younger = says(&stage, &lonely, "c", "baja").await;
    assert_ne!(older, younger);
    says(&stage, &after, "d", "hola").await;
    assert_eq!(stage.contact(younger).await.merged_into, Some(older));
    let merged = stage.contact(older).await.consents["publicidad"].clone();
    assert_eq!((merged.granted, merged.contact), (false, Some(younger)), "the proof is in that history");

    // They were two after all.
    stage.happens(younger, &ContactEvent::Split).await;
    assert!(stage.contact(older).await.consents.is_empty(), "nothing is allowed until they say so");
    assert!(!stage.contact(younger).await.consents["publicidad"].granted);
}
