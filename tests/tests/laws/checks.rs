//! Checking flows: the API and the command line say the same, byte for byte, and what is wrong beside other flows
//! keeps a flow from being published.

use std::path::PathBuf;

use cauce_designer_api::cli::check_lines;
use cauce_tests::house::{Agent, House};
use reqwest::{Method, header};

use crate::journeys::PATIENT;

/// What the API answers, as it is on the wire.
async fn answered(screen: &Agent, document: &[u8]) -> String {
    let request = screen.request(Method::POST, "/api/flows/check");
    let request = request.header(header::CONTENT_TYPE, "application/yaml").body(document.to_vec());
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    response.text().await.unwrap()
}

/// Documents of every sort: good ones, good ones whose files are not there, with slips, with warnings, and hostile ones.
fn documents() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut documents: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        // Scenarios are no flows.
        .filter(|path| !path.to_string_lossy().ends_with(".test.yaml"))
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap())
        })
        .collect();
    assert!(documents.len() > 3);
    let good = "id: f\nname: F\nstart: inicio\nnodes:\n  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: dos } }\n  dos: { kind: question, config: { text: ¿Ñ «é» 🙂?, save_to: x }, exits: { ok: fin, no_match: fin } }\n  fin: { kind: end, config: { text: \"{{ x }}\" } }\n";
    let named = [
        ("warns", good.to_owned()),
        ("slips", good.replace("next: dos", "nxt: doz").replace("kind: end", "kind: ned")),
        ("newer", format!("format: 9\n{good}")),
        ("empty", String::new()),
        ("no-yaml", "id: [".to_owned()),
        (
            "json",
            r#"{"id": "j", "name": "J", "start": "a", "nodes": {"a": {"kind": "start", "v": 9}}}"#.to_owned(),
        ),
        ("script", good.replace("{{ x }}", "{{ while true { } }}")),
        ("deep", "[".repeat(100_000)),
        (
            "bomb",
            format!(
                "a: &a [{}]\nb: &b [{}]\nc: [{}]\n",
                "x,".repeat(200),
                "*a,".repeat(200),
                "*b,".repeat(200)
            ),
        ),
    ];
    documents.extend(named.map(|(name, text)| (format!("{name}.yaml"), text)));
    documents
}

#[tokio::test]
async fn the_command_line_says_what_the_api_says() {
    let house = House::open().await;
    let screen = house.screen().await;
    let folder = tempfile::tempdir().unwrap();
    for (name, document) in documents() {
        let file = folder.path().join(&name);
        std::fs::write(&file, &document).unwrap();
        let line = check_lines(std::slice::from_ref(&file)).remove(0);
        let own = format!("{{\"file\":{},", serde_json::to_string(&file).unwrap());
        let rest = line.strip_prefix(&own).unwrap_or_else(|| panic!("{name}: {line}"));
        assert_eq!(format!("{{{rest}"), answered(&screen, document.as_bytes()).await, "{name}");
        assert!(rest.contains("\"problems\":[") && rest.contains("\"facts\":"), "{name}: {rest}");
    }
}

#[tokio::test]
async fn a_flow_that_gets_in_the_way_of_another_is_not_published() {
    let house = House::with(PATIENT).await;
    let screen = house.screen().await;
    let other = PATIENT.replace("id: paciente", "id: otro");
    let refused = screen.publish(&other).await;
    assert_eq!((refused.status, refused.code()), (422, "flow.invalid"), "{}", refused.body);
    let problems = refused.body["problems"].as_array().unwrap().clone();
    let taken = problems.iter().find(|problem| problem["code"] == "flow.keyword_taken");
    let taken = taken.unwrap_or_else(|| panic!("{problems:#?}"));
    assert!(taken["message"].as_str().unwrap().contains("«paciente»"), "{taken}");
    let told: serde_json::Value = serde_json::from_str(&answered(&screen, other.as_bytes()).await).unwrap();
    assert_eq!(told["problems"], refused.body["problems"]);
    assert!(told["facts"]["steps"].as_u64().unwrap() > 2, "by itself it is fine: {told}");
    assert_eq!(screen.publish(PATIENT).await.status, 201, "the same flow again is not in its own way");

    let folder = tempfile::tempdir().unwrap();
    let files = ["a.yaml", "b.yaml"].map(|name| folder.path().join(name));
    std::fs::write(&files[0], PATIENT).unwrap();
    std::fs::write(&files[1], &other).unwrap();
    let lines = check_lines(&files);
    assert!(lines.iter().all(|line| line.contains("flow.keyword_taken")), "{lines:#?}");
}
