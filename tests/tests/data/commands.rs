//! `cauce doctor`, `backup`, `restore`, `resume`, `copy` as somebody types them.

use std::path::Path;
use std::process::Command;

use cauce_store::{DataFolder, Hold};
use cauce_tests::house::House;
use cauce_tests::process::program;
use cauce_tests::scene::Scene;
use serde_json::{Value, json};

/// Runs it: its exit code, what it prints, and what it complains of.
fn cauce(args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(program("cauce").unwrap());
    for name in ["CAUCE_DATA", "CAUCE_STORE", "CAUCE_URL", "CAUCE_TOKEN"] {
        command.env_remove(name);
    }
    let done = command.args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_is_backed_up_restored_copied_and_checked() {
    let scene = Scene::play().await;
    let data = text(scene.house.folder());
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (tar, restored, copied) = (path("backup.tar"), path("restored"), path("copied"));

    // While it runs.
    let (code, _, sorry) = cauce(&["doctor", "--data", data]);
    assert!(code == 2 && sorry.contains("in use by another process"), "{code}: {sorry}");
    let (code, said, _) = cauce(&["backup", "--data", data, "--to", &tar]);
    assert!(code == 0 && said.contains("commits"), "{code}: {said}");
    let (code, _, sorry) = cauce(&["backup", "--data", data, "--to", &tar]);
    assert!(code == 1 && sorry.contains("is not empty"), "{code}: {sorry}");

    let (code, said, _) = cauce(&["restore", "--from", &tar, "--data", &restored]);
    assert!(code == 0 && said.contains("cauce resume --send"), "{code}: {said}");
    let (code, said, sorry) = cauce(&["doctor", "--data", &restored]);
    assert!(code == 0 && said.contains("all is as it must be"), "{code}: {said}{sorry}");
    let (code, said, _) = cauce(&["resume", "--data", &restored, "--drop"]);
    assert!(code == 0 && said.contains("at the next start") && said.contains("dropped"), "{code}: {said}");
    assert_eq!(DataFolder::hold_of(restored.as_ref()).unwrap(), Some(Hold::Drop));

    let (code, said, sorry) = cauce(&["copy", "--from", &restored, "--to", &copied]);
    assert!(code == 0 && said.contains("read back"), "{code}: {said}{sorry}");
    assert_eq!(
        DataFolder::hold_of(copied.as_ref()).unwrap(),
        Some(Hold::Drop),
        "it is as held as what it is a copy of"
    );
    let (code, said, _) = cauce(&["doctor", "--data", &copied, "--json"]);
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &report["clean"], &report["report"]["findings"]), (0, &json!(true), &json!([])));

    // A fault, and nothing at all.
    std::fs::remove_dir_all(Path::new(&copied).join("files")).unwrap();
    std::fs::create_dir(Path::new(&copied).join("files")).unwrap();
    let (code, said, _) = cauce(&["doctor", "--data", &copied]);
    assert!(
        code == 1 && said.contains("BROKEN [file_missing]") && said.contains("copy it from a backup"),
        "{said}"
    );
    let nothing = path("nothing");
    for command in
        [["doctor", "--data", &nothing].as_slice(), &["backup", "--data", &nothing, "--to", &path("x")]]
    {
        let (code, _, sorry) = cauce(command);
        assert!(code > 0 && sorry.contains("there is no data of Cauce in"), "{code}: {sorry}");
    }
    assert!(!Path::new(&nothing).exists());

    // A server that runs is told.
    let (code, said, _) = cauce(&["restore", "--from", &tar, "--data", &path("again")]);
    assert!(code == 0, "{said}");
    let house = House::over(path("again").as_ref(), scene.house.now(), &["Rosa", "Pantalla"]).await;
    let admin = house.screen().await;
    assert_eq!(admin.get("/api/hold").await.body["held"], json!(true));
    let token = admin.cookie.strip_prefix("cauce_session=").unwrap();
    let (code, said, sorry) = cauce(&["resume", "--send", "--url", &house.base(), "--token", token]);
    assert!(
        code == 0 && said.contains("let go: calls: 1 http, 1 send; 0 overdue timers"),
        "{code}: {said}{sorry}"
    );
    assert_eq!(admin.get("/api/hold").await.body["held"], json!(false));
    let (code, _, sorry) = cauce(&["resume", "--send", "--url", &house.base(), "--token", "wrong"]);
    assert!(code == 1 && sorry.contains("Hay que ingresar"), "{code}: {sorry}");
    let (code, _, _) = cauce(&["resume"]);
    assert_eq!(code, 2, "which of the two?");
}
