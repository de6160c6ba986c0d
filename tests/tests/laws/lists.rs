//! The lists of the inbox against the truth, after histories that nobody planned.

use std::collections::{BTreeMap, BTreeSet};

use cauce_conversation::CONTACTS;
use cauce_inbox::lists::{Stage, Summary};
use cauce_model::{Case, Duration, Slot};
use cauce_store::rows;
use cauce_tests::house::{Agent, Customer, House};
use serde_json::Value;

use crate::journeys::SHOP;

const TABS: [&str; 6] = ["queued", "mine", "open", "bot", "ended", "all"];

/// Numbers that are the same at every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

/// Who is in which list, by the contacts' own rows.
async fn truth(house: &House, user: &str) -> BTreeMap<&'static str, BTreeSet<String>> {
    let app = house.app();
    let mut lists: BTreeMap<_, BTreeSet<_>> = TABS.into_iter().map(|tab| (tab, BTreeSet::new())).collect();
    let mut put = |tab, contact: &Summary| {
        lists.entry(tab).or_default().insert(contact.contact.to_string());
    };
    for slot in Slot::all() {
        for (key, row) in
            rows::scan(app.store().as_ref(), &CONTACTS.key(slot).prefix(), 999, false).await.unwrap()
        {
            let contact = CONTACTS.read(&key, &row).unwrap();
            if contact.merged_into.is_some() {
                continue;
            }
            let contact = Summary::of(&contact);
            put("all", &contact);
            match contact.stage {
                Stage::Queued => put("queued", &contact),
                Stage::Bot => put("bot", &contact),
                Stage::Ended | Stage::Idle => put("ended", &contact),
                Stage::Open => {
                    put("open", &contact);
                    if contact
                        .case
                        .as_ref()
                        .and_then(Case::holder)
                        .is_some_and(|holder| holder.id.as_str() == user)
                    {
                        put("mine", &contact);
                    }
                }
            }
        }
    }
    lists
}

/// Every list as it is shown, page by page.
async fn shown(agent: &Agent, counts: &mut Value) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut lists = BTreeMap::new();
    for tab in TABS {
        let mut found = BTreeSet::new();
        let mut path = format!("/api/conversations?tab={tab}&limit=3");
        loop {
            let page = agent.get(&path).await.body;
            for item in page["items"].as_array().unwrap() {
                assert!(found.insert(item["contact"].as_str().unwrap().to_owned()), "twice in {tab}");
            }
            *counts = page["counts"].clone();
            match page["next"].as_str() {
                Some(next) => path = format!("/api/conversations?tab={tab}&limit=3&before={next}"),
                None => break,
            }
        }
        lists.insert(tab, found);
    }
    lists
}

async fn check(house: &House, agent: &Agent, history: &[String]) {
    house.app().runtime.read_until(&house.app().runtime.written()).await;
    let mut counts = Value::Null;
    let shown = shown(agent, &mut counts).await;
    assert_eq!(shown, truth(house, &agent.name.to_lowercase()).await, "{history:#?}");
    for (tab, list) in &shown {
        assert_eq!(counts[tab], Value::from(list.len()), "the count of {tab} after {history:#?}");
    }
}

async fn something(house: &House, customers: &[Customer], team: &[Agent], dice: &mut Dice) -> String {
    let customer = &customers[dice.roll(customers.len())];
    let agent = &team[dice.roll(team.len())];
    let known = customer.id().await.is_some();
    let summary = if known { customer.conversation().await["summary"].clone() } else { Value::Null };
    let case = summary["case"]["id"].as_str().map(str::to_owned);
    let name = &customer.name;
    match (dice.roll(10), case) {
        (0..=2, _) | (_, None) => {
            let words = match summary["stage"].as_str() {
                Some("bot") => ["Ventas", "Ventas", "Ventas", "Nada", "qué"][dice.roll(5)],
                _ => "hola",
            };
            customer.says(words).await;
            format!("{name} says {words}")
        }
        (3..=4, Some(case)) => format!("{} takes {name}: {}", agent.name, agent.take(&case).await.status),
        (5, Some(case)) => {
            format!("{} answers {name}: {}", agent.name, agent.reply(&case, "Buenas").await.status)
        }
        (6..=7, Some(case)) => format!("{} ends {name}: {}", agent.name, agent.end(&case).await.status),
        (8, _) => {
            let minutes = [1, 5, 10, 31, 121][dice.roll(5)];
            house.advance(Duration::minutes(minutes));
            format!("{minutes} minutes")
        }
        _ => {
            house.restart().await;
            "a restart".to_owned()
        }
    }
}

#[tokio::test]
async fn after_any_history_the_lists_and_their_counts_are_the_truth() {
    for seed in [0x2545_f491_4f6c_dd1d, 0x9e37_79b9_7f4a_7c15] {
        let mut dice = Dice(seed);
        let house = House::with(SHOP).await;
        let customers: Vec<_> = (0..6).map(|n| house.customer(&format!("C{n}"))).collect();
        let mut history = Vec::new();
        let mut moved = BTreeSet::new();
        let team = [house.login("Rosa").await, house.login("Luis").await];
        for n in 0..60 {
            history.push(something(&house, &customers, &team, &mut dice).await);
            if n % 3 == 2 {
                house.settle().await;
                check(&house, &team[0], &history).await;
                let lists = truth(&house, "rosa").await;
                moved.extend(lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(tab, _)| tab));
            }
        }
        assert_eq!(moved.len(), TABS.len(), "a history that never came to {moved:?} proves little");
    }
}

#[tokio::test]
async fn who_waits_longest_comes_first_and_elsewhere_who_moved_last() {
    let house = House::with(SHOP).await;
    let rosa = house.login("Rosa").await;
    let customers: Vec<_> = (0..5).map(|n| house.customer(&format!("C{n}"))).collect();
    for customer in &customers {
        customer.says("hola").await;
        customer.says("Ventas").await;
        customer.waits_for_a_person().await;
        house.advance(Duration::minutes(1));
    }
    // Writing again makes nobody's wait shorter or longer.
    customers[1].says("¿hola?").await;
    house.settle().await;
    house.app().runtime.read_until(&house.app().runtime.written()).await;
    let names = async |tab: &str| -> Vec<String> {
        let page = rosa.list(tab).await.body;
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("queued").await, ["C0", "C1", "C2", "C3", "C4"]);
    assert_eq!(names("all").await, ["C1", "C4", "C3", "C2", "C0"]);
}

#[tokio::test]
async fn talks_with_a_flow_stand_in_their_order_though_the_index_is_a_moment_behind() {
    let house = House::with(SHOP).await;
    let rosa = house.login("Rosa").await;
    let customers: Vec<_> = (0..3).map(|n| house.customer(&format!("C{n}"))).collect();
    let names = async |limit: usize| -> Vec<String> {
        house.settle().await;
        house.app().runtime.read_until(&house.app().runtime.written()).await;
        let page = rosa.get(&format!("/api/conversations?tab=bot&limit={limit}")).await.body;
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    for customer in &customers {
        customer.says("hola").await;
        house.advance(Duration::seconds(5));
    }
    assert_eq!(names(10).await, ["C2", "C1", "C0"]);
    customers[0].says("qué").await;
    assert_eq!(names(10).await, ["C0", "C2", "C1"], "a page is in the order of what was said");
    house.advance(Duration::seconds(31));
    customers[1].says("qué").await;
    assert_eq!(names(1).await, ["C1"], "and so are the pages, of what was said with time between");
}
