//! What was recorded, gone through again over HTTP: why each step went its way, and what a draft makes of it.

use cauce_tests::house::House;
use serde_json::{Value, json};

const RULES: &str = r#"
id: reglas
name: Reglas
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: edad } }
  edad: { kind: question, config: { text: ¿Edad?, answer: { type: number }, save_to: edad }, exits: { ok: rama, no_match: persona } }
  rama:
    kind: decision
    config: { rules: [{ id: nino, when: edad < 12 }, { id: adulto, when: edad >= 18 }] }
    exits: { nino: fin, adulto: persona, else: fin }
  persona: { kind: handoff, config: { queue: ventas, text: "Te atienden, {{ contact.name }}." }, exits: { resolved: fin } }
  fin: { kind: end, config: { text: Listo. } }
"#;

/// Where a customer's last run is shown again.
async fn place(customer: &cauce_tests::house::Customer) -> (String, String) {
    let (run, contact) = (customer.path().await["run"]["id"].clone(), customer.id().await.unwrap());
    (run.as_str().unwrap().to_owned(), contact.to_string())
}

#[tokio::test]
async fn a_run_is_shown_again_with_why_each_rule_was_true_or_false() {
    let house = House::with(RULES).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    ana.says("hola").await;
    ana.says("30").await;
    let case = ana.is_taken_by(&rosa).await;
    assert_eq!(rosa.end(&case).await.status, 200);
    house.settle().await;

    let (run, contact) = place(&ana).await;
    let shown = rosa.get(&format!("/api/runs/{run}/replay?contact={contact}")).await;
    assert_eq!(shown.status, 200, "{:#}", shown.body);
    let replay = shown.body;
    assert_eq!((&replay["same"], &replay["parted"]), (&json!(true), &Value::Null), "{replay:#}");
    let kinds: Vec<&str> = replay["turns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|turn| turn["event"]["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["began", "answered", "resolved"]);
    let steps = &replay["turns"][1]["steps"];
    assert_eq!(steps[0]["changes"], json!([{ "name": "edad", "before": null, "after": 30 }]));
    let read = json!([{ "name": "edad", "value": 30 }]);
    let rule = |source: &str, gave: bool| json!({ "what": "expression", "source": source, "reads": read, "gave": gave, "failure": null });
    let rules = json!([rule("edad < 12", false), rule("edad >= 18", true)]);
    assert_eq!((&steps[1]["node"], &steps[1]["exit"]), (&json!("rama"), &json!("adulto")));
    assert_eq!(steps[1]["evaluations"], rules);
    let said = &replay["turns"][1]["said"][0];
    assert_eq!((&said["node"], &said["text"]), (&json!("persona"), &json!("Te atienden, Ana.")));

    // After a restart all is read again from what is stored.
    house.restart().await;
    let screen = house.screen().await;
    let again = screen.get(&format!("/api/runs/{run}/replay?contact={contact}")).await;
    assert_eq!(again.body, replay);
    for unknown in
        [format!("/api/runs/x/replay?contact={contact}"), format!("/api/runs/{run}/replay?contact=x")]
    {
        assert_eq!(screen.get(&unknown).await.status, 404, "{unknown}");
    }
    assert_eq!(screen.get(&format!("/api/runs/{run}/replay")).await.code(), "body.invalid");
}

#[tokio::test]
async fn a_draft_is_laid_beside_what_was_recorded() {
    let house = House::with(RULES).await;
    let people = [("Ana", "30"), ("Beto", "9"), ("Caro", "15")];
    for (name, age) in people {
        let customer = house.customer(name);
        customer.says("hola").await;
        customer.says(age).await;
    }
    house.settle().await;
    let screen = house.screen().await;
    let (from, to) = ("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z");
    let ask = async |document: &str, from: &str, limit: usize, after: Value| {
        let request = json!({ "document": document, "from": from, "to": to, "limit": limit, "after": after });
        screen.post("/api/flows/reglas/what-if", &request).await
    };
    let same = ask(RULES, from, 100, Value::Null).await;
    assert_eq!(same.status, 200, "{:#}", same.body);
    let totals = |same, diverged, person| json!({ "same": same, "diverged": diverged, "not_understood": 0, "reached_person": person, "unknown": 0 });
    assert_eq!((&same.body["totals"], &same.body["next"]), (&totals(3, 0, 0), &Value::Null));

    // Who is fifteen is looked after by a person, a child goes another way.
    let draft = RULES.replace("edad >= 18", "edad >= 13").replace("nino: fin", "nino: adios")
        + "  adios: { kind: end }\n";
    let beside = ask(&draft, from, 100, Value::Null).await.body;
    assert_eq!(beside["totals"], totals(1, 1, 1), "{beside:#}");
    let runs = beside["runs"].as_array().unwrap();
    let person = runs.iter().find(|run| run["outcome"] == "reached_person").unwrap();
    assert_eq!((&person["node"], &person["turns"]), (&json!("rama"), &json!(2)));

    // Page by page, every run once.
    let (mut after, mut seen) = (Value::Null, 0);
    loop {
        let page = ask(&draft, from, 1, after).await.body;
        seen += page["runs"].as_array().unwrap().len();
        after = page["next"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(seen, 3);
    assert_eq!(ask(&draft, to, 100, Value::Null).await.body["runs"], json!([]), "nobody began then");
    assert_eq!(ask("id: x", from, 100, Value::Null).await.code(), "flow.invalid");
    assert_eq!(ask(RULES, "ayer", 100, Value::Null).await.code(), "body.invalid");
}
