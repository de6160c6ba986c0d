//! Backups of a house in which everything is under way, and what becomes of that where they are restored.

use std::path::{Path, PathBuf};

use cauce_designer_api::doctor::examine;
use cauce_model::{Duration, Timestamp};
use cauce_store::transfer::{backup, restore};
use cauce_store::{DataFolder, Files, Hold};
use cauce_tests::house::{Customer, GRACE, House};
use cauce_tests::scene::{SHOP, Scene};
use serde_json::{Value, json};

/// What is restored: when the backup was made, and where it lies.
struct Restored {
    scene: Scene,
    data: PathBuf,
    at: Timestamp,
    _folder: tempfile::TempDir,
}

impl Restored {
    /// Backs a house up while it is open, and restores it.
    async fn new() -> Self {
        let scene = Scene::play().await;
        let folder = tempfile::tempdir().unwrap();
        let (to, data) = (folder.path().join("backup.tar"), folder.path().join("data"));
        let made = backup(scene.house.folder(), &to).await.unwrap();
        // What happens after it is not in it.
        scene.bea.says("Ventas").await;
        assert_eq!(restore(&to, &data).unwrap(), made);
        let at = scene.house.now();
        Self { scene, data, at, _folder: folder }
    }

    /// Opens what was restored, three hours later: every wait of the scene is over then.
    async fn open(&self) -> House {
        House::over(&self.data, self.at + Duration::hours(3), &["Rosa", "Pantalla"]).await
    }

    /// Somebody of the scene, in the restored house.
    fn there(&self, house: &House, customer: &Customer) -> Customer {
        customer.in_house(house)
    }
}

async fn is_clean(house: &House) {
    house.settle().await;
    let app = house.app();
    app.runtime.read_until(&app.runtime.written()).await;
    let files = Files::look_at(&house.folder().join("files"));
    let report = examine(app.store().as_ref(), Some(&files)).await.unwrap();
    assert!(report.is_clean(), "{:#?}", report.findings);
}

fn hold_of(folder: &Path) -> Option<Hold> {
    DataFolder::hold_of(folder).unwrap()
}

#[tokio::test]
async fn a_restored_house_holds_what_was_under_way_until_somebody_lets_it_go() {
    let restored = Restored::new().await;
    let house = restored.open().await;
    let admin = house.screen().await;
    // A message of Dora's on its way, and a server that Fabi waits for; the times of Bea, Carla, Eva, Gina
    // and Iris are over.
    let waiting = json!({ "held": true, "calls": { "http": 1, "send": 1 }, "timers": 5 });
    assert_eq!(admin.get("/api/hold").await.body, waiting);
    let rosa = house.login("Rosa").await;
    assert_eq!(rosa.get("/api/hold").await.code(), "auth.forbidden");
    assert_eq!(rosa.post("/api/hold", &json!({ "resume": "send" })).await.code(), "auth.forbidden");
    assert_eq!(admin.post("/api/hold", &json!({ "resume": "perhaps" })).await.status, 400);
    is_clean(&house).await;

    // Life goes on meanwhile.
    let new = house.customer("Nora");
    new.says("hola").await;
    new.got(&["accepted"; 2]).await;
    house.advance(Duration::minutes(10));
    house.settle().await;
    assert_eq!(house.graph().posted().len(), 2, "nothing of what was under way");
    // Until a decision, every start is held.
    house.restart().await;
    let admin = house.screen().await;
    assert_eq!(admin.get("/api/hold").await.body, waiting);
    assert_eq!(hold_of(house.folder()), Some(Hold::Ask));

    let gone = admin.post("/api/hold", &json!({ "resume": "send" })).await;
    assert_eq!(
        (gone.status, &gone.body),
        (200, &json!({ "held": false, "calls": waiting["calls"], "timers": 5 }))
    );
    let there = |customer: &Customer| restored.there(&house, customer);
    let [bea, carla, dora, eva] =
        [&restored.scene.bea, &restored.scene.carla, &restored.scene.dora, &restored.scene.eva].map(there);
    let last = async |customer: &Customer, line: &str| {
        let look = async || match customer.transcript().await.last() {
            Some(last) if last == line => Ok(()),
            last => Err(format!("{last:?} and not {line}")),
        };
        house.until(look).await;
    };
    // As after any other start, what is overdue comes a moment later.
    house.advance(GRACE);
    last(&bea, "bot: Se hizo tarde.").await;
    last(&carla, "bot: No hay nadie.").await;
    // One that may have gone out is a matter for the hold time, as after any other start.
    house.graph().until_resumed(1).await;
    eva.got(&["accepted"; 2]).await;
    assert_eq!(hold_of(house.folder()), None);
    let again = admin.post("/api/hold", &json!({ "resume": "drop" })).await.body;
    assert_eq!(again, json!({ "held": false, "calls": {}, "timers": 0 }), "it was decided");
    assert_eq!(dora.delivery().await.len(), 5);
    is_clean(&house).await;
    house.restart().await;
    assert_eq!(house.screen().await.get("/api/hold").await.body, again);
}

#[tokio::test]
async fn what_was_under_way_is_dropped_when_somebody_says_so() {
    let restored = Restored::new().await;
    for before_the_start in [false, true] {
        if before_the_start {
            DataFolder::set_hold(&restored.data, Some(Hold::Drop)).unwrap();
        }
        let house = restored.open().await;
        let admin = house.screen().await;
        if before_the_start {
            assert_eq!(admin.get("/api/hold").await.body["held"], json!(false));
        } else {
            let gone = admin.post("/api/hold", &json!({ "resume": "drop" })).await;
            assert_eq!(gone.body["timers"], json!(5), "{}", gone.body);
        }
        assert_eq!(hold_of(house.folder()), None);
        let there = |customer: &Customer| restored.there(&house, customer);
        let [bea, carla, dora, eva, gina, iris] = [
            &restored.scene.bea,
            &restored.scene.carla,
            &restored.scene.dora,
            &restored.scene.eva,
            &restored.scene.gina,
            &restored.scene.iris,
        ]
        .map(there);
        house.settle().await;
        let failed = |code: &str| ("failed".to_owned(), code.to_owned());
        assert_eq!(dora.delivery().await[3..], [failed("dropped"), failed("dropped")]);
        assert_eq!(eva.delivery().await, [failed("dropped"), failed("dropped")]);
        assert_eq!(bea.path().await["run"]["state"], json!("failed"), "it waited for a time that is over");
        assert_eq!(carla.conversation().await["summary"]["case"]["state"], json!("queued"));
        assert_eq!(state_of_file(&iris).await, json!("lost"));
        for customer in [&bea, &carla, &dora, &eva] {
            assert!(house.graph().posted_to(&customer.phone).is_empty());
        }
        // The flow learned that its server will not answer, and says so: that is not of before.
        gina.reads(&["cliente: precio", "bot: Hoy no se puede."]).await;
        is_clean(&house).await;
        // And the customer can go on.
        bea.says("hola").await;
        bea.got(&["accepted", "accepted", "accepted", "accepted"]).await;
        is_clean(&house).await;
    }
}

async fn state_of_file(customer: &Customer) -> Value {
    customer.conversation().await["messages"][0]["content"]["state"].clone()
}

#[tokio::test]
async fn where_nothing_was_under_way_nobody_is_asked() {
    let house = House::with(SHOP).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.got(&["accepted"; 2]).await;
    let folder = tempfile::tempdir().unwrap();
    let (to, data) = (folder.path().join("backup"), folder.path().join("data"));
    backup(house.folder(), &to).await.unwrap();
    restore(&to, &data).unwrap();
    let other = House::over(&data, house.now(), &["Pantalla"]).await;
    assert_eq!(other.screen().await.get("/api/hold").await.body["held"], json!(false));
    assert_eq!(hold_of(other.folder()), None);
    let ana = ana.in_house(&other);
    assert_eq!(ana.transcript().await.len(), 3);
    ana.says("Nada").await;
    ana.got(&["accepted"; 3]).await;
}
