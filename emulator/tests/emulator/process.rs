//! The binary: its line, its end, a busy port, and a past that outlives a kill.

use std::{path::Path, process::Stdio};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::stage::{NUMBER, ROSA, Receiver, SECRET, Stage, TOKEN, VERIFY, WABA, buttons, soon, text};

fn command(listen: &str, webhook_url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cauce-emulator"));
    command
        .args(["--listen", listen, "--webhook-url", webhook_url])
        .args(["--phone-number-id", NUMBER, "--waba-id", WABA])
        .args(["--display-phone", "+51 1 555 0100", "--business-name", "Cauce"])
        .args(["--retry-base-ms", "1", "--status-delay-ms", "1"])
        .env("EMULATOR_APP_SECRET", SECRET)
        .env("EMULATOR_TOKEN", TOKEN)
        .env("EMULATOR_VERIFY_TOKEN", VERIFY)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Starts the binary and waits for its line; gives the address in it.
async fn started(mut command: Command) -> (Child, String) {
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = soon(lines.next_line()).await.unwrap().expect("a line on stdout");
    let address = line.strip_prefix("emulator listening on ").unwrap_or_else(|| panic!("{line}")).to_owned();
    (child, address)
}

async fn with_data(webhook_url: &str, folder: &Path) -> (Child, String) {
    let mut command = command("127.0.0.1:0", webhook_url);
    command.arg("--data").arg(folder);
    started(command).await
}

#[tokio::test]
async fn it_says_where_it_listens_and_ends_when_told() {
    for signal in ["-TERM", "-INT"] {
        let (mut child, address) = started(command("127.0.0.1:0", "http://127.0.0.1:9/")).await;
        let mut stage = Stage::at(Receiver::start().await.0);
        stage.base = address;
        assert_eq!(stage.get("/emulator/state").await["business"]["name"], "Cauce");
        // A page that listens for events does not keep it alive.
        let _events = stage.http.get(format!("{}/emulator/events", stage.base)).send().await.unwrap();
        let pid = child.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().await.unwrap().success());
        assert!(soon(child.wait()).await.unwrap().success(), "{signal}");
    }
}

#[tokio::test]
async fn a_busy_port_or_folder_is_one_sentence() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let refused = soon(command(&address, "http://127.0.0.1:9/").output()).await.unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(refused.stderr).unwrap(),
        format!("{address} is in use by another program. End that one or choose another address.\n")
    );
    assert!(refused.stdout.is_empty());

    let folder = tempfile::tempdir().unwrap();
    let _first = with_data("http://127.0.0.1:9/", folder.path()).await;
    let mut second = command("127.0.0.1:0", "http://127.0.0.1:9/");
    let refused = soon(second.arg("--data").arg(folder.path()).output()).await.unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let sentence = String::from_utf8(refused.stderr).unwrap();
    assert!(
        sentence.contains("is in use by another emulator") && sentence.lines().count() == 1,
        "{sentence}"
    );
}

#[tokio::test]
async fn conversations_and_unfinished_work_outlive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (receiver, url) = Receiver::start().await;
    let mut stage = Stage::at(receiver);
    let (mut child, address) = with_data(&url, folder.path()).await;
    stage.base = address;
    stage.post("/emulator/customers", json!({"name": "Rosa", "wa_id": ROSA})).await;
    stage.write(ROSA, json!({"type": "text", "text": {"body": "hola"}})).await;
    let asked = stage.send("interactive", buttons()).await;
    stage.quiet().await;
    stage.write(ROSA, json!({"type": "button_reply", "message_id": asked, "id": "yes"})).await;
    stage.open(ROSA).await;
    stage.post("/emulator/clock", json!({"advance_ms": 3_600_000})).await;
    stage.quiet().await;
    let seen = (
        stage.get("/emulator/state").await,
        stage.conversation(ROSA).await,
        stage.ledger().await,
        stage.receiver.deliveries().len(),
    );
    soon(child.kill()).await.unwrap();

    let (mut child, address) = with_data(&url, folder.path()).await;
    stage.base = address;
    let again = (
        stage.get("/emulator/state").await,
        stage.conversation(ROSA).await,
        stage.ledger().await,
        stage.receiver.deliveries().len(),
    );
    assert_eq!(seen, again, "nothing is lost and nothing is delivered again");

    // Killed while a webhook is unanswered: after the restart it is delivered.
    stage.receiver.wait_for_together(2);
    let wamid = stage.write(ROSA, json!({"type": "text", "text": {"body": "¿siguen ahí?"}})).await;
    stage.send("text", text("sí")).await;
    assert_eq!(stage.bubble(&wamid).await["status"], "sending");
    soon(child.kill()).await.unwrap();
    stage.receiver.wait_for_together(1);
    let (_child, address) = with_data(&url, folder.path()).await;
    stage.base = address;
    stage.quiet().await;
    assert_eq!(stage.bubble(&wamid).await["status"], "delivered");
    let sent = stage.ledger().await["sends"][1]["wamid"].as_str().unwrap().to_owned();
    assert_eq!(stage.status_words(&sent), ["sent", "delivered"]);
}

#[tokio::test]
async fn files_outlive_a_kill_and_end_with_a_reset() {
    let folder = tempfile::tempdir().unwrap();
    let (receiver, url) = Receiver::start().await;
    let mut stage = Stage::at(receiver);
    let (mut child, address) = with_data(&url, folder.path()).await;
    stage.base = address;
    stage.post("/emulator/customers", json!({"name": "Rosa", "wa_id": ROSA})).await;
    let photo = stage.sample("foto.jpg", "image/jpeg").await;
    let theirs = stage.write(ROSA, json!({"type": "image", "media": {"id": photo}})).await;
    let pdf = stage.upload("application/pdf", b"%PDF").await;
    let ours = stage.send("document", json!({"id": pdf})).await;
    stage.write(ROSA, json!({"type": "reaction", "message_id": ours, "emoji": "👍"})).await;
    let gone = stage.upload("text/plain", b"x").await;
    stage.graph_call(Method::DELETE, &gone).await;
    stage.quiet().await;
    let before = stage.conversation(ROSA).await;
    soon(child.kill()).await.unwrap();
    // Bytes whose fact was never written: the process ended between the two.
    let half = folder.path().join("media/1234");
    std::fs::write(&half, "half").unwrap();

    let (mut child, address) = with_data(&url, folder.path()).await;
    stage.base = address;
    assert!(!half.exists());
    assert_eq!(stage.conversation(ROSA).await, before);
    assert_eq!(stage.bubble(&ours).await["reactions"], json!([{"from": "customer", "emoji": "👍"}]));
    let sample = stage.bytes("/emulator/samples/foto.jpg").await;
    assert_eq!(stage.bytes(stage.bubble(&theirs).await["media"].as_str().unwrap()).await, sample);
    for (id, bytes) in [(&photo, &sample[..]), (&pdf, b"%PDF")] {
        let (_, about) = stage.graph_call(Method::GET, id).await;
        assert_eq!(stage.download(about["url"].as_str().unwrap()).await.bytes().await.unwrap(), bytes);
    }
    assert_eq!(stage.graph_call(Method::GET, &gone).await.0, 400, "deleted stays deleted");
    let new = stage.upload("text/plain", b"y").await;
    assert!(![&photo, &pdf, &gone].contains(&&new));

    let answer: Value = stage.post("/emulator/reset", json!({})).await.1;
    assert_eq!(answer, "");
    assert_eq!(stage.graph_call(Method::GET, &pdf).await.0, 400);
    assert_eq!(std::fs::read_dir(folder.path().join("media")).unwrap().count(), 0);
    soon(child.kill()).await.unwrap();
}
