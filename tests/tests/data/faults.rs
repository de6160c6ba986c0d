//! Every kind of fault, planted in the rows of a house.

use std::collections::BTreeMap;

use cauce_conversation::{
    BINDINGS, CASES, CHUNKS, CONTACTS, Contact, HTTP_CALLS, RECENTS, TAILS, VERSIONS, of_contact,
};
use cauce_flows::{Run, RunState, WaitKind};
use cauce_inbox::DESK_CASES;
use cauce_model::{ContactEvent, ContactId, Slot, Timestamp};
use cauce_runtime::{EntityAddress, EntityKind};
use cauce_store::doctor::{Walk, whole_slot};
use cauce_store::{Key, MemoryStore, Store, Table, Value, encode};
use cauce_tests::house::House;
use cauce_tests::scene::Scene;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

// Tables that are their crates' own.
pub const TIMERS: u8 = 1;
const CALLS: u8 = 2;
pub const MAIL: u8 = 3;
const SENT: Table<u64> = Table::new(4);
const TAKEN: Table<u64> = Table::new(5);
const FEED: u8 = 8;
pub const READ: Table<u64> = Table::new(9);
const DEAD: u8 = 10;
pub const PLACED: u8 = 45;
const SHELVES: u8 = 46;
const COUNTS: Table<u64> = Table::new(47);
const INSIDE: u8 = 48;
const USERS: u8 = 50;
const EMAILS: u8 = 51;

/// Who is who in the rows.
pub struct Who {
    pub ana: ContactId,
    pub bea: ContactId,
    pub carla: ContactId,
    pub dora: ContactId,
    pub eva: ContactId,
    pub fabi: ContactId,
    pub gina: ContactId,
    pub hilda: ContactId,
    pub iris: ContactId,
    pub karla: ContactId,
}

impl Who {
    /// Of this scene.
    pub async fn of(scene: &Scene) -> Self {
        Self {
            ana: scene.ana.id().await.unwrap(),
            bea: scene.bea.id().await.unwrap(),
            carla: scene.carla.id().await.unwrap(),
            dora: scene.dora.id().await.unwrap(),
            eva: scene.eva.id().await.unwrap(),
            fabi: scene.fabi.id().await.unwrap(),
            gina: scene.gina.id().await.unwrap(),
            hilda: scene.hilda.id().await.unwrap(),
            iris: scene.iris.id().await.unwrap(),
            karla: scene.karla.id().await.unwrap(),
        }
    }
}

/// The rows of a house, to be changed.
#[derive(Clone)]
pub struct Rows(pub BTreeMap<Key, Value>);

impl Rows {
    /// All of them as they stand.
    pub async fn of_house(house: &House) -> Self {
        let mut rows = BTreeMap::new();
        for slot in Slot::all() {
            let app = house.app();
            let mut walk = Walk::over(app.store().as_ref(), whole_slot(slot));
            while let Some((key, row)) = walk.raw().await.unwrap() {
                rows.insert(key, row);
            }
        }
        Self(rows)
    }

    /// A store that has them.
    pub async fn store(&self) -> MemoryStore {
        let store = MemoryStore::new();
        let lease = store.acquire(0).await.unwrap();
        let writes = self.0.iter().map(|(key, row)| (key.clone(), Some(row.clone()))).collect();
        store.commit(lease, 1, writes).await.unwrap();
        store
    }

    /// The keys of a table of which this is so; there is one at least.
    pub fn of(&self, table: u8, so: impl Fn(&Key) -> bool) -> Vec<Key> {
        let found: Vec<Key> =
            self.0.keys().filter(|key| key.table() == Some(table) && so(key)).cloned().collect();
        assert!(!found.is_empty(), "table {table} has no such row");
        found
    }

    /// Those of a contact, or whatever else has this text in its key.
    pub fn with(&self, table: u8, text: impl ToString) -> Vec<Key> {
        let text = text.to_string();
        self.of(table, |key| key.as_bytes().windows(text.len()).any(|part| part == text.as_bytes()))
    }

    pub fn remove(&mut self, keys: &[Key]) -> Vec<Value> {
        keys.iter().map(|key| self.0.remove(key).unwrap()).collect()
    }

    fn put<V: Serialize>(&mut self, key: Key, value: &V) {
        self.0.insert(key, encode(value));
    }

    pub fn edit<V: Serialize + DeserializeOwned>(
        &mut self,
        table: &Table<V>,
        key: &Key,
        change: impl FnOnce(&mut V),
    ) {
        let mut value = table.read(key, &self.0[key]).unwrap();
        change(&mut value);
        self.put(key.clone(), &value);
    }

    pub fn contact(&mut self, id: ContactId, change: impl FnOnce(&mut Contact)) {
        self.edit(&CONTACTS, &of_contact(&CONTACTS, id), change);
    }

    pub fn live_run(&mut self, id: ContactId, change: impl FnOnce(&mut Run)) {
        let key = of_contact(&TAILS, id);
        self.edit(&TAILS, &key, |tail| {
            let mut run = tail.live_run(&key).unwrap().unwrap();
            change(&mut run);
            assert!(tail.set_live_run(Some(&run)));
        });
    }

    /// Has one slot mail another, as if the receiver had not taken it yet.
    pub fn mail(&mut self, from: Slot, to: &EntityAddress, event: &[u8]) {
        let counter =
            |here: Slot, table: &Table<u64>, there: Slot| table.key(here).number(there.number().into());
        let sent = counter(from, &SENT, to.slot);
        let number = self.0.get(&sent).map_or(0, |row| SENT.read(&sent, row).unwrap()) + 1;
        self.put(sent, &number);
        let key = Key::new(from, MAIL).number(to.slot.number().into()).number(number);
        self.put(key, &json!({ "to": to, "event": event }));
    }
}

/// The timers of entities of this kind.
fn of_kind(kind: u8) -> impl Fn(&Key) -> bool {
    move |key| key.fields().get(15) == Some(&kind)
}

fn elsewhere(key: &Key) -> Key {
    Key::new(key.slot().unwrap(), key.table().unwrap()).text("elsewhere")
}

fn nobody() -> ContactId {
    ContactId::new(Slot::new(9).unwrap(), 9)
}

/// A fault, by the code of the finding that tells of it.
pub type Fault = (&'static str, fn(&mut Rows, &Who));

/// All of them.
pub const FAULTS: &[Fault] = &[
    ("unreadable", |rows, who| {
        let key = of_contact(&CONTACTS, who.bea);
        rows.0.insert(key, vec![1, 0xc1]);
    }),
    ("unreadable", |rows, who| {
        // A chunk with a message whose bytes are those of another thing.
        let key = rows.with(CHUNKS.number(), who.karla)[0].clone();
        let row = rows.0.get_mut(&key).unwrap();
        let inside = row.windows(6).position(|name| name == b"author").unwrap();
        row[inside..inside + 6].fill(0xc1);
    }),
    ("unknown_table", |rows, who| rows.put(Key::new(who.bea.slot(), 99).text("x"), &1)),
    ("piece_without_head", |rows, who| {
        rows.0.insert(Key::new(who.bea.slot(), 0xfe).bytes(&[21, 0, 0, 0, 0]), vec![0; 9]);
    }),
    ("call_misplaced", |rows, who| {
        let key = rows.with(CALLS, who.dora)[0].clone();
        let row = rows.0.remove(&key).unwrap();
        rows.0.insert(elsewhere(&key), row);
    }),
    ("timer_misplaced", |rows, who| {
        let key = rows.with(TIMERS, who.bea)[0].clone();
        let row = rows.0.remove(&key).unwrap();
        rows.0.insert(elsewhere(&key), row);
    }),
    ("mail_lost", |rows, _| {
        let key = rows.of(SENT.number(), |_| true)[0].clone();
        rows.edit(&SENT, &key, |sent| *sent += 2);
    }),
    ("mail_uncounted", |rows, who| {
        let to = EntityAddress { kind: EntityKind(1), slot: who.ana.slot(), key: who.ana.to_string() };
        rows.mail(who.bea.slot(), &to, b"x");
        let key = rows.of(SENT.number(), |key| {
            key.slot() == Some(who.bea.slot()) && key.fields() == u64::from(to.slot.number()).to_be_bytes()
        })[0]
            .clone();
        rows.edit(&SENT, &key, |sent| *sent -= 1);
    }),
    ("mail_uncounted", |rows, who| {
        let to = EntityAddress { kind: EntityKind(1), slot: Slot::new(77).unwrap(), key: "x".into() };
        rows.put(Key::new(who.bea.slot(), MAIL).number(77).number(1), &json!({ "to": to, "event": [1] }));
    }),
    ("mail_misplaced", |rows, who| {
        let to = EntityAddress { kind: EntityKind(1), slot: Slot::new(77).unwrap(), key: "x".into() };
        rows.put(Key::new(who.bea.slot(), MAIL).number(78).number(3), &json!({ "to": to, "event": [1] }));
    }),
    ("mail_unsent", |rows, _| {
        let taken = rows.of(TAKEN.number(), |_| true)[0].clone();
        let from = Slot::new(u16::from_be_bytes(*taken.fields().last_chunk().unwrap())).unwrap();
        rows.remove(&[SENT.key(from).number(taken.slot().unwrap().number().into())]);
    }),
    ("feed_gap", |rows, _| {
        let line = rows.of(FEED, |key| key.fields() == 2u64.to_be_bytes())[0].clone();
        rows.remove(&[line]);
    }),
    ("feed_ahead", |rows, _| {
        let read = rows.of(READ.number(), |_| true)[0].clone();
        rows.edit(&READ, &read, |read| *read += 1000);
    }),
    ("feed_unread", |rows, _| {
        let read = rows.of(READ.number(), |_| true)[0].clone();
        rows.edit(&READ, &read, |read| *read = 0);
        let first = Key::new(read.slot().unwrap(), FEED).number(1);
        rows.remove(&[first]);
    }),
    ("feed_behind", |rows, _| {
        let read = rows.of(READ.number(), |_| true)[0].clone();
        rows.edit(&READ, &read, |read| *read -= 1);
    }),
    ("dead_letter", |rows, who| {
        let entity = EntityAddress { kind: EntityKind(1), slot: who.ana.slot(), key: who.ana.to_string() };
        let letter = json!({ "entity": entity, "at": 5, "cause": "the handler panicked", "event": [1] });
        rows.put(Key::new(who.ana.slot(), DEAD).number(5).bytes(&[7; 16]), &letter);
    }),
    ("contact_misplaced", |rows, who| {
        let key = of_contact(&CONTACTS, who.bea);
        let row = rows.0.remove(&key).unwrap();
        rows.0.insert(elsewhere(&key), row);
    }),
    ("contact_missing", |rows, who| drop(rows.remove(&[of_contact(&CONTACTS, who.bea)]))),
    ("timer_stray", |rows, who| {
        let entity = cauce_conversation::contact_entity(who.bea);
        let event = ContactEvent::WaitOver { wait: 1 };
        for (key, row) in cauce_runtime::doctor::timer(&entity, Timestamp(5), "wait", &event) {
            rows.0.insert(key, row.unwrap());
        }
    }),
    ("timer_stray", |rows, who| {
        let call = rows.with(HTTP_CALLS.number(), who.gina);
        rows.remove(&call);
    }),
    ("timer_stray", |rows, who| {
        let case = rows.case_of(who.carla);
        rows.edit(&DESK_CASES, &case, |case| case.take_until = Some(Timestamp(7)));
    }),
    ("outbox_stuck", |rows, who| rows.contact(who.dora, |contact| contact.outbox.flight = None)),
    ("send_timer_missing", |rows, who| {
        let timer = rows.with(TIMERS, who.eva);
        rows.remove(&timer);
    }),
    ("send_call_missing", |rows, who| {
        let call = rows.with(CALLS, who.dora);
        rows.remove(&call);
    }),
    ("address_taken", |rows, who| {
        let mine = rows.contact_row(who.bea).addresses[0].clone();
        rows.contact(who.ana, |contact| contact.addresses.push(mine));
    }),
    ("address_unbound", |rows, who| {
        let address = rows.contact_row(who.bea).addresses[0].clone();
        rows.remove(&[BINDINGS.key(address.slot()).text(&address.key())]);
    }),
    ("address_of_nobody", |rows, _| {
        let key = rows.of(BINDINGS.number(), |_| true)[0].clone();
        rows.edit(&BINDINGS, &key, |binding| binding.contact = Some(nobody()));
    }),
    ("address_unknown", |rows, who| rows.contact(who.bea, |contact| contact.addresses.clear())),
    ("recent_missing", |rows, who| {
        let row = rows.with(RECENTS.number(), who.karla);
        rows.remove(&row);
    }),
    ("message_forgotten", |rows, who| rows.contact(who.dora, |contact| contact.outbox.waiting.clear())),
    ("message_again", |rows, who| rows.contact(who.bea, |contact| contact.outbox.waiting.push_back(2))),
    ("message_again", |rows, who| rows.contact(who.bea, |contact| contact.outbox.waiting.push_back(1))),
    ("fetch_forgotten", |rows, who| {
        let timer = rows.with(TIMERS, who.iris);
        rows.remove(&timer);
    }),
    ("outbox_double", |rows, who| {
        rows.contact(who.dora, |contact| contact.outbox.waiting.push_back(contact.outbox.waiting[0]));
    }),
    ("outbox_unknown", |rows, who| rows.contact(who.dora, |contact| contact.outbox.waiting.push_back(999))),
    ("history_gap", |rows, who| rows.contact(who.bea, |contact| contact.messages += 1)),
    ("history_gap", |rows, who| rows.contact(who.bea, |contact| contact.turns += 1)),
    ("history_gap", |rows, who| {
        let chunk = rows.with(CHUNKS.number(), who.karla)[1].clone();
        rows.remove(&[chunk]);
    }),
    ("history_beyond", |rows, who| rows.contact(who.bea, |contact| contact.messages -= 1)),
    ("history_double", |rows, who| {
        let chunk = rows.with(CHUNKS.number(), who.karla)[0].clone();
        let again = rows.0[&chunk].clone();
        rows.0.insert(of_contact(&CHUNKS, who.karla).number(999), again);
    }),
    ("version_unusable", |rows, _| {
        let version = rows.of(VERSIONS.number(), |_| true)[0].clone();
        rows.edit(&VERSIONS, &version, |version| version.document = "nodes: {}".into());
    }),
    ("version_missing", |rows, who| {
        let version = rows.contact_row(who.bea).run.unwrap().version;
        let row = rows.with(VERSIONS.number(), version);
        rows.remove(&row);
    }),
    ("run_missing", |rows, who| {
        let tail = of_contact(&TAILS, who.bea);
        rows.edit(&TAILS, &tail, |tail| assert!(!tail.set_live_run(None)));
    }),
    ("run_disagrees", |rows, who| {
        rows.live_run(who.bea, |run| run.state = RunState::Ended { outcome: None });
    }),
    ("wait_without_case", |rows, who| rows.contact(who.carla, |contact| contact.case = None)),
    ("wait_without_sends", |rows, who| {
        rows.live_run(who.bea, |run| {
            if let RunState::Waiting(wait) = &mut run.state {
                wait.kind = WaitKind::Sent;
            }
        });
    }),
    ("wait_without_call", |rows, who| {
        let call = rows.with(HTTP_CALLS.number(), who.fabi);
        rows.remove(&call);
    }),
    ("wait_without_call", |rows, who| {
        let call = rows.with(CALLS, who.fabi);
        rows.remove(&call);
    }),
    ("wait_timer_missing", |rows, who| {
        let timer = rows.with(TIMERS, who.bea);
        rows.remove(&timer);
    }),
    ("wait_without_time", |rows, who| rows.contact(who.bea, |contact| contact.wait_timer = None)),
    ("case_not_kept", |rows, who| {
        let case = rows.with(CASES.number(), who.ana);
        rows.remove(&case);
    }),
    ("case_lost", |rows, who| {
        let case = rows.case_of(who.carla);
        rows.remove(&[case]);
    }),
    ("case_disagrees", |rows, who| {
        let case = rows.case_of(who.carla);
        rows.edit(&DESK_CASES, &case, |known| known.case.version += 1);
    }),
    ("case_timer_missing", |rows, _| {
        let timers = rows.of(TIMERS, of_kind(2));
        rows.remove(&timers);
    }),
    ("case_stray", |rows, who| rows.contact(who.dora, |contact| contact.case = None)),
    ("list_wrong", |rows, who| {
        let place = rows.with(PLACED, who.bea);
        rows.remove(&place);
    }),
    ("list_wrong", |rows, who| {
        let entry = rows.with(SHELVES, who.bea);
        rows.remove(&entry);
    }),
    ("list_wrong", |rows, who| {
        let entry = rows.with(SHELVES, who.bea)[0].clone();
        let other = rows.with(SHELVES, who.bea)[0].slot().unwrap();
        rows.put(
            Key::new(other, SHELVES).text("demo").text("open").number(5).text(&who.bea.to_string()),
            &(),
        );
        assert!(rows.0.contains_key(&entry));
    }),
    ("list_wrong", |rows, who| rows.contact(who.bea, |contact| contact.updated_at = Timestamp(5))),
    ("list_wrong", |rows, _| {
        let place = rows.of(PLACED, |_| true)[0].clone();
        let row = rows.0[&place].clone();
        rows.0.insert(Key::new(place.slot().unwrap(), PLACED).text("demo").text(&nobody().to_string()), row);
    }),
    ("list_count", |rows, _| {
        let count = rows.of(COUNTS.number(), |_| true)[0].clone();
        rows.edit(&COUNTS, &count, |count| *count += 1);
    }),
    ("list_count", |rows, _| {
        let counts = rows.of(COUNTS.number(), |_| true);
        let used = counts.iter().find(|key| COUNTS.read(key, &rows.0[*key]).unwrap() > 0).unwrap().clone();
        rows.remove(&[used]);
    }),
    ("list_wrong", |rows, _| {
        let entry = rows.of(INSIDE, |_| true)[0].clone();
        rows.remove(&[entry]);
    }),
    ("list_wrong", |rows, _| {
        let entry = rows.of(INSIDE, |_| true)[0].clone();
        let inside = Key::new(entry.slot().unwrap(), INSIDE).text("demo").text("nada");
        rows.put(inside.text(&nobody().to_string()), &());
    }),
    ("inside_unknown", |rows, _| {
        // As an older build left it.
        let entry = rows.of(INSIDE, |_| true)[0].clone();
        let contact = entry.fields().split(|byte| *byte == 0).nth(2).unwrap().to_vec();
        rows.remove(&[entry]);
        let place = rows.with(PLACED, String::from_utf8(contact).unwrap())[0].clone();
        rows.edit(&Table::<serde_json::Value>::new(PLACED), &place, |placed| {
            placed.as_object_mut().unwrap().remove("inside").unwrap();
        });
    }),
    ("list_behind", |rows, who| {
        let place = rows.with(PLACED, who.bea);
        rows.remove(&place);
        let read = READ.key(place[0].slot().unwrap()).text("inbox lists");
        rows.edit(&READ, &read, |read| *read -= 1);
    }),
    ("email_unbound", |rows, _| {
        let email = rows.of(EMAILS, |_| true)[0].clone();
        rows.remove(&[email]);
    }),
    ("email_of_nobody", |rows, _| {
        let user = rows.of(USERS, |_| true)[0].clone();
        rows.remove(&[user]);
    }),
    ("session_timer_missing", |rows, _| {
        let timers = rows.of(TIMERS, of_kind(5));
        rows.remove(&timers);
    }),
];

impl Rows {
    pub fn contact_row(&self, id: ContactId) -> Contact {
        let key = of_contact(&CONTACTS, id);
        CONTACTS.read(&key, &self.0[&key]).unwrap()
    }

    /// The key of a contact's live case at the desk.
    pub fn case_of(&self, id: ContactId) -> Key {
        self.with(DESK_CASES.number(), self.contact_row(id).live_case().unwrap().id)[0].clone()
    }
}
