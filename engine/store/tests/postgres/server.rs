//! The server that the tests run against, and a wire to it that can be cut.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cauce_model::Slot;
use cauce_store::Key;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::{Client, Config, NoTls};

/// No wait is longer: a test that gets here has failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause between two looks at the server.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Where the server is, as `scripts/with-postgres` says.
pub fn server() -> String {
    std::env::var("CAUCE_TEST_POSTGRES")
        .expect("no PostgreSQL server: run these tests with scripts/with-postgres")
}

/// Ends the server as a crash would (`stop`), or brings it back (`start`).
pub fn control(what: &str) {
    let control = std::env::var("CAUCE_TEST_POSTGRES_CONTROL").expect("set by scripts/with-postgres");
    assert!(Command::new(control).arg(what).status().unwrap().success(), "{what} failed");
}

/// An empty database for one test.
pub struct Database {
    name: String,
}

impl Database {
    /// A new one; what an earlier run left under its name goes.
    pub async fn new(name: &str) -> Self {
        let name = format!("cauce_test_{name}");
        let client = client(&server()).await;
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.unwrap();
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        Self { name }
    }

    /// Its address.
    pub fn address(&self) -> String {
        let server = server();
        let (server, _) = server.rsplit_once('/').unwrap();
        format!("{server}/{}", self.name)
    }

    /// Its address, with a setting of the server's for each connection.
    pub fn with(&self, setting: &str) -> String {
        format!("{}?options=-c%20{setting}", self.address())
    }

    /// A connection of the test's own.
    pub async fn client(&self) -> Client {
        client(&self.address()).await
    }
}

/// A connection to this address.
pub async fn client(address: &str) -> Client {
    let (client, work) = tokio_postgres::connect(address, NoTls).await.unwrap();
    tokio::spawn(work);
    client
}

/// Waits until a question is answered with yes.
pub async fn until(client: &Client, question: &str) {
    let asking = async {
        while !client.query_one(question, &[]).await.unwrap().get::<_, bool>(0) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("never: {question}"));
}

/// Waits until a commit of Cauce's waits for somebody's lock in this database, and gives its process.
pub async fn until_a_commit_waits(client: &Client) -> i32 {
    const WAITING: &str = "FROM pg_stat_activity WHERE datname = current_database()
        AND application_name = 'cauce' AND wait_event_type = 'Lock'";
    until(client, &format!("SELECT count(*) > 0 {WAITING}")).await;
    client.query_one(&format!("SELECT pid {WAITING}"), &[]).await.unwrap().get(0)
}

/// The slot of the tests' rows.
pub fn slot() -> Slot {
    Slot::new(7).unwrap()
}

/// A slot with no rows.
pub fn other_slot() -> Slot {
    Slot::new(9).unwrap()
}

/// A row's key.
pub fn row(n: u64) -> Key {
    Key::new(slot(), 1).number(n)
}

/// A way to the server on which an answer can be kept back and the connection cut instead.
pub struct Wire {
    address: SocketAddr,
    cut: Arc<AtomicBool>,
}

impl Wire {
    /// To the server of the tests.
    pub async fn new() -> Self {
        let config: Config = server().parse().unwrap();
        let port = config.get_ports()[0];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self { address: listener.local_addr().unwrap(), cut: Arc::default() };
        let cut = wire.cut.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                tokio::spawn(carry(near, far, cut.clone()));
            }
        });
        wire
    }

    /// A database's address by this way.
    pub fn to(&self, database: &Database) -> String {
        let config: Config = server().parse().unwrap();
        database.address().replace(&config.get_ports()[0].to_string(), &self.address.port().to_string())
    }

    /// The next answer is kept back, and its connection cut.
    pub fn cut_at_the_next_answer(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }
}

/// Both ways, until either end closes or an answer is to be kept back.
async fn carry(near: TcpStream, far: TcpStream, cut: Arc<AtomicBool>) {
    let (mut near_in, mut near_out) = near.into_split();
    let (mut far_in, mut far_out) = far.into_split();
    let there = tokio::io::copy(&mut near_in, &mut far_out);
    let back = async {
        let mut bytes = vec![0; 1 << 16];
        loop {
            let count = far_in.read(&mut bytes).await?;
            if count == 0 || cut.swap(false, Ordering::SeqCst) {
                return std::io::Result::Ok(());
            }
            near_out.write_all(&bytes[..count]).await?;
        }
    };
    tokio::select! { _ = there => {}, _ = back => {} }
}
