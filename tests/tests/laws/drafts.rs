//! Drafts: two people work on one flow at the same time, and nothing is overwritten in silence.

use cauce_conversation::drafts::{self, DraftCommand, DraftRefusal, Patched};
use cauce_conversation::{WorkspaceEvent, workspace_entity};
use cauce_flows::patch::Op;
use cauce_tests::house::{Agent, Answer, House};
use reqwest::Method;
use serde_json::{Value, json};

use crate::journeys::PATIENT;

const DRAFT: &str = "/api/flows/paciente/draft";

async fn patch(agent: &Agent, id: &str, base: u64, ops: Value) -> Answer {
    agent.post(&format!("{DRAFT}/patches"), &json!({ "id": id, "base": base, "ops": ops })).await
}

fn text(step: &str, text: &str) -> Value {
    json!([{ "op": "set", "at": format!("/nodes/{step}/config/text"), "value": text }])
}

async fn administrators(house: &House) -> (Agent, Agent) {
    (house.administrator("Lucia").await, house.administrator("Mario").await)
}

#[tokio::test]
async fn what_two_people_change_in_other_places_is_merged_and_the_same_place_is_a_conflict() {
    let house = House::with(PATIENT).await;
    let (lucia, mario) = administrators(&house).await;
    let draft = lucia.get(DRAFT).await.body;
    let seen = draft["revision"].as_u64().unwrap();
    assert_eq!((&draft["changed"], &draft["document"]["id"]), (&json!(false), &json!("paciente")));

    let first = patch(&lucia, "l1", seen, text("uno", "Uno de Lucía.")).await;
    assert_eq!((first.status, &first.body["revision"]), (200, &json!(seen + 1)), "{}", first.body);
    // Sent twice, as after a lost answer: once.
    assert_eq!(patch(&lucia, "l1", seen, text("uno", "Uno de Lucía.")).await.body, first.body);
    let merged = patch(&mario, "m1", seen, text("dos", "Dos de Mario.")).await;
    assert_eq!(merged.body["revision"], json!(seen + 2), "{}", merged.body);

    let conflict =
        patch(&mario, "m2", seen, json!([text("dos", "x")[0], text("uno", "Uno de Mario.")[0]])).await;
    assert_eq!((conflict.status, conflict.code()), (409, "draft.conflict"));
    // His own change is one of them: he did not say that he saw it.
    let places: Vec<_> = conflict.body["conflicts"].as_array().unwrap().clone();
    assert_eq!(places.len(), 2, "{}", conflict.body);
    let place = &places[1];
    assert_eq!(place["at"], "/nodes/uno/config/text");
    assert_eq!((&place["yours"], &place["theirs"]), (&json!("Uno de Mario."), &json!("Uno de Lucía.")));
    assert_eq!((&place["by"], &place["revision"]), (&json!("Lucia"), &json!(seen + 1)));

    house.restart().await;
    let (lucia, mario) = administrators(&house).await;
    let draft = mario.get(DRAFT).await.body;
    assert_eq!(draft["revision"], json!(seen + 2), "a conflict changes nothing");
    let nodes = &draft["document"]["nodes"];
    assert_eq!(nodes["uno"]["config"]["text"], "Uno de Lucía.");
    assert_eq!(nodes["dos"]["config"]["text"], "Dos de Mario.");
    let log = draft["patches"].as_array().unwrap();
    assert_eq!(log.iter().map(|patch| patch["by"].as_str().unwrap()).collect::<Vec<_>>(), ["Lucia", "Mario"]);

    // A step that is gone meanwhile, and what cannot be done at all.
    let gone = patch(&lucia, "l2", seen + 2, json!([{ "op": "remove_step", "step": "dos" }])).await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    assert_eq!(patch(&mario, "m3", seen + 2, text("dos", "y")).await.code(), "draft.conflict");
    assert_eq!(patch(&mario, "m4", seen + 3, text("dos", "y")).await.code(), "draft.unfit");
    assert_eq!(patch(&mario, "m5", seen + 99, text("uno", "y")).await.code(), "draft.stale");
    // What was done is taken back with what the answer said.
    let back = patch(&lucia, "l3", seen + 3, gone.body["inverse"].clone()).await;
    assert_eq!(back.status, 200, "{}", back.body);
    assert_eq!(lucia.get(DRAFT).await.body["document"], draft["document"]);

    let rosa = house.login("Rosa").await;
    assert_eq!(patch(&rosa, "r1", seen + 4, text("uno", "z")).await.code(), "auth.forbidden");
    assert_eq!(rosa.get(DRAFT).await.status, 200);
}

#[tokio::test]
async fn a_draft_is_published_as_it_was_seen_and_not_over_what_others_published() {
    let house = House::open().await;
    let old = house.publish(PATIENT).await;
    let (lucia, mario) = administrators(&house).await;
    let publish = async |agent: &Agent, body: Value| agent.post(&format!("{DRAFT}/publish"), &body).await;
    let seen = lucia.get(DRAFT).await.body["revision"].as_u64().unwrap();
    patch(&lucia, "a", seen, text("uno", "Uno nuevo.")).await;

    // Somebody changed it since.
    patch(&mario, "b", seen, text("dos", "Dos nuevo.")).await;
    assert_eq!(publish(&lucia, json!({ "revision": seen + 1 })).await.code(), "draft.stale");
    // With errors it is not published, and their places are paths.
    let broken = json!([{ "op": "connect", "step": "uno", "exit": "next", "to": null }]);
    let broken = patch(&mario, "c", seen + 2, broken).await;
    let refused = publish(&lucia, json!({ "revision": seen + 3 })).await;
    assert_eq!((refused.status, refused.code()), (422, "flow.invalid"));
    let problem = &refused.body["problems"][0];
    assert_eq!((&problem["code"], &problem["line"]), (&json!("flow.exit_missing"), &Value::Null));
    patch(&mario, "d", seen + 3, broken.body["inverse"].clone()).await;
    // Another way to publish was faster.
    let elsewhere = house.publish(&PATIENT.replace("text: Fin.", "text: Final.")).await;
    let outrun = publish(&lucia, json!({ "revision": seen + 4 })).await;
    assert_eq!((outrun.status, outrun.code()), (409, "draft.outrun"));
    let draft = lucia.get(DRAFT).await.body;
    assert_eq!((&draft["base"], &draft["outrun_by"]), (&json!(old), &json!(elsewhere)));
    assert_eq!(
        draft["document"]["nodes"]["fin"]["config"]["text"], "Fin.",
        "nobody's work is mixed in silence"
    );

    let published = publish(&lucia, json!({ "revision": seen + 4, "over": elsewhere })).await;
    assert_eq!(published.status, 201, "{}", published.body);
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.reads(&["cliente: hola", "bot: Uno nuevo.", "bot: Dos nuevo.", "bot: ¿Tres?"]).await;
    let versions = lucia.get("/api/flows/paciente/versions").await.body;
    assert_eq!((&versions[0]["version"], &versions[0]["by"]), (&published.body["version"], &json!("Lucia")));

    // The next draft begins there, and the numbers go on.
    let next = lucia.get(DRAFT).await.body;
    let revision = next["revision"].as_u64().unwrap();
    assert!(revision > seen + 4);
    assert_eq!((&next["changed"], &next["base"]), (&json!(false), &published.body["version"]));
    assert_eq!(patch(&mario, "e", seen + 4, text("uno", "Tarde.")).await.code(), "draft.stale");
}

#[tokio::test]
async fn a_draft_that_is_thrown_away_leaves_the_published_flow() {
    let house = House::with(PATIENT).await;
    let screen = house.screen().await;
    let seen = screen.get(DRAFT).await.body["revision"].as_u64().unwrap();
    patch(&screen, "a", seen, text("uno", "Otro.")).await;
    let discard = async |revision: u64| {
        let request = screen.request(Method::DELETE, &format!("{DRAFT}?revision={revision}"));
        Answer::of(request.send().await.unwrap()).await
    };
    assert_eq!(discard(seen).await.code(), "draft.stale", "it was changed since");
    let discarded = discard(seen + 1).await;
    assert_eq!((discarded.status, &discarded.body["revision"]), (200, &json!(seen + 2)));
    let draft = screen.get(DRAFT).await.body;
    assert_eq!((&draft["changed"], &draft["patches"]), (&json!(false), &json!([])));
    assert_eq!(draft["document"]["nodes"]["uno"]["config"]["text"], "Uno.");
    assert_eq!(screen.get("/api/flows/nada/draft").await.code(), "not_found");
}

#[tokio::test]
async fn a_new_flow_begins_as_a_draft() {
    let house = House::open().await;
    let screen = house.screen().await;
    let ops = json!([
        { "op": "set", "at": "/name", "value": "Nuevo" },
        { "op": "add_step", "step": "inicio", "value": { "kind": "start", "config": { "keywords": ["hey"] }, "exits": { "next": "fin" } } },
        { "op": "add_step", "step": "fin", "value": { "kind": "end", "config": { "text": "Chau." } } },
        { "op": "move", "step": "fin", "to": { "x": 10, "y": 20.5 } },
    ]);
    let begun =
        screen.post("/api/flows/nuevo/draft/patches", &json!({ "id": "a", "base": 0, "ops": ops })).await;
    assert_eq!((begun.status, &begun.body["revision"]), (200, &json!(1)), "{}", begun.body);
    let published = screen.post("/api/flows/nuevo/draft/publish", &json!({ "revision": 1 })).await;
    assert_eq!(published.status, 201, "{}", published.body);
    let ana = house.customer("Ana");
    ana.says("hey").await;
    ana.reads(&["cliente: hey", "bot: Chau."]).await;
}

#[tokio::test]
async fn a_long_log_is_folded_and_loses_nothing() {
    let house = House::with(PATIENT).await;
    let (app, flow) = (house.app(), "paciente".parse().unwrap());
    let send = async |base: u64, value: u64| -> Result<Patched, DraftRefusal> {
        let at = format!("/nodes/uno/config/n{}", value % 7);
        let ops = vec![Op::Set { at, value: value.into() }];
        let command = DraftCommand::Patch { id: value.to_string(), base, ops };
        let event = WorkspaceEvent::Draft { flow: "paciente".parse().unwrap(), by: "Ana".into(), command };
        app.ask(workspace_entity(app.workspace_id()), &event, None).await.unwrap()
    };
    let read = async || drafts::read(app.store().as_ref(), app.workspace_id(), &flow).await.unwrap().unwrap();
    let begin = read().await.head.revision;
    for value in 1..=260 {
        assert_eq!(send(begin + value - 1, value).await.unwrap().revision, begin + value);
    }
    let draft = read().await;
    assert_eq!((draft.head.revision, draft.patches.len()), (begin + 260, 200));
    assert_eq!(draft.patches.last().unwrap().revision, begin + 260);
    for value in 254..=260_u64 {
        assert_eq!(draft.document["nodes"]["uno"]["config"][format!("n{}", value % 7)], value);
    }
    // What is still kept can be merged with, and repeated; what is not, is told.
    assert_eq!(send(begin + 100, 150).await.unwrap().revision, begin + 150);
    assert!(matches!(send(begin + 100, 999).await, Err(DraftRefusal::Conflict { .. })));
    assert!(matches!(send(begin + 10, 999).await, Err(DraftRefusal::Stale { .. })));
    let report = cauce_designer_api::doctor::examine(app.store().as_ref(), None).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}
