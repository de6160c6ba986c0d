//! What is said when the database cannot be used.

use cauce_store::{PostgresError, PostgresStore, Store};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use server::{Database, server};

use crate::server;

async fn said(address: &str) -> (PostgresError, String) {
    let error = PostgresStore::connect(address, 4).await.err().expect("it does not connect");
    let text = error.to_string();
    assert!(!text.contains("s3cret"), "a password is shown: {text}");
    (error, text)
}

#[tokio::test]
async fn an_address_that_is_none() {
    for address in ["", "mysql://a@b/c", "host=localhost user=a", "postgres://a:s3cret@host:noport/x"] {
        let (error, text) = said(address).await;
        assert!(matches!(error, PostgresError::Address(_)), "{address}: {error:?}");
        assert!(text.contains("postgres://user:password@host:5432/database"), "{text}");
    }
}

#[tokio::test]
async fn a_server_that_is_away() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (error, text) = said(&format!("postgres://a:s3cret@{closed}/x")).await;
    assert!(matches!(error, PostgresError::Away { .. }), "{error:?}");
    assert!(
        text.contains(&closed.to_string()) && text.contains("refused") && text.contains("runs"),
        "{text}"
    );
}

#[tokio::test]
async fn a_password_that_is_wrong_or_missing() {
    for credentials in ["cauce:s3cret", "cauce", "nobody:s3cret"] {
        let (error, text) = said(&server().replace("cauce:cauce", credentials)).await;
        assert!(matches!(error, PostgresError::Refused { .. }), "{credentials}: {error:?}");
        let user = credentials.split(':').next().unwrap();
        assert!(text.contains(&format!("«{user}»")) && text.contains("password"), "{text}");
    }
}

#[tokio::test]
async fn a_database_that_is_not_there() {
    let (error, text) = said(&server().replace("/postgres", "/nowhere")).await;
    assert!(matches!(error, PostgresError::NoDatabase { .. }), "{error:?}");
    assert!(text.contains("«nowhere»") && text.contains("create"), "{text}");
}

#[tokio::test]
async fn a_user_who_may_not_make_tables_may_use_those_that_are_there() {
    let database = Database::new("guest").await;
    let client = database.client().await;
    client
        .batch_execute("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN PASSWORD 's3cret'; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        .await
        .unwrap();
    let guest = database.address().replace("cauce:cauce", "guest:s3cret");
    let (error, text) = said(&guest).await;
    assert!(matches!(error, PostgresError::NotAllowed { .. }), "{error:?}");
    assert!(text.contains("«guest»") && text.contains("schema public"), "{text}");
    PostgresStore::connect(&database.address(), 4).await.unwrap();
    let grant = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO guest";
    client.batch_execute(grant).await.unwrap();
    assert_eq!(PostgresStore::connect(&guest, 9).await.unwrap().partitions(), 4);
    client.batch_execute("DROP OWNED BY guest; DROP ROLE guest").await.unwrap();
}

#[tokio::test]
async fn a_format_that_is_newer_and_is_left_alone() {
    let database = Database::new("newer").await;
    drop(PostgresStore::connect(&database.address(), 4).await.unwrap());
    let client = database.client().await;
    client.batch_execute("UPDATE cauce_about SET format = 99; DROP TABLE cauce_rows").await.unwrap();
    let (error, text) = said(&database.address()).await;
    assert!(matches!(error, PostgresError::Newer { found: 99, .. }), "{error:?}");
    assert!(text.contains("use the newer version"), "{text}");
    let made = client.query_one("SELECT to_regclass('cauce_rows') IS NOT NULL", &[]).await.unwrap();
    assert!(!made.get::<_, bool>(0), "nothing is made in it");
}

#[tokio::test]
async fn a_number_of_partitions_that_cannot_be() {
    let database = Database::new("partitions").await;
    drop(PostgresStore::connect(&database.address(), 4).await.unwrap());
    database.client().await.batch_execute("UPDATE cauce_about SET partitions = 0").await.unwrap();
    let (error, text) = said(&database.address()).await;
    assert!(matches!(error, PostgresError::Unusable { .. }) && text.contains("0 partitions"), "{text}");
}

#[tokio::test]
async fn encryption_is_offered_and_trusted_or_there_is_no_connection() {
    let client = server::client(&server()).await;
    let (_, text) = said(&format!("{}?sslmode=require", server())).await;
    assert!(text.contains("TLS"), "the server offers none: {text}");

    let (authority, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut ours = CertificateParams::default();
    ours.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = ours.self_signed(&authority).unwrap();
    let issuer = Issuer::from_params(&ours, &authority);
    let certificate =
        CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    for (file, pem) in [("server.crt", certificate.pem()), ("server.key", key.serialize_pem())] {
        let lines = pem.lines().map(|line| format!("('{line}')")).collect::<Vec<_>>().join(",");
        let write = format!("COPY (VALUES {lines}) TO PROGRAM 'umask 077; cat > {file}'");
        client.batch_execute(&write).await.unwrap();
    }
    client.execute("ALTER SYSTEM SET ssl = on", &[]).await.unwrap();
    client.execute("SELECT pg_reload_conf()", &[]).await.unwrap();
    server::until(&client, "SELECT current_setting('ssl') = 'on'").await;

    let (error, text) = said(&format!("{}?sslmode=require", server())).await;
    assert!(matches!(error, PostgresError::Away { .. }) && text.contains("UnknownIssuer"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.pem");
    let trusting = |mode: &str| format!("{}?sslmode={mode}&sslrootcert={}", server(), file.display());
    let (_, text) = said(&trusting("verify-full")).await;
    assert!(text.contains("root.pem"), "{text}");
    std::fs::write(&file, root.pem()).unwrap();
    let database = Database::new("encrypted").await;
    for mode in ["require", "verify-ca", "verify-full"] {
        let address = trusting(mode).replace("/postgres?", "/cauce_test_encrypted?");
        let store = PostgresStore::connect(&address, 4).await.unwrap();
        store.acquire(1).await.unwrap();
        let client = database.client().await;
        let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
            WHERE datname = current_database() AND application_name = 'cauce'";
        assert!(client.query_one(encrypted, &[]).await.unwrap().get::<_, bool>(0), "{mode}");
    }
    let (_, text) = said(&trusting("require").replace("127.0.0.1", "localhost")).await;
    assert!(text.contains("localhost"), "a certificate for another name: {text}");

    client.execute("ALTER SYSTEM SET ssl = off", &[]).await.unwrap();
    client.execute("SELECT pg_reload_conf()", &[]).await.unwrap();
    server::until(&client, "SELECT current_setting('ssl') = 'off'").await;
}
