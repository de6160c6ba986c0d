//! Calls to servers over the network, through the guard: whatever a server does, the flow has an exit for
//! it, nothing inside is reached, and secrets go to the server alone.

use cauce_tests::house::{CRM_SECRET, House};
use cauce_tests::service::Service;
use futures_util::future::join_all;

/// Asks at this address, once and not for long.
fn asks(url: &str) -> String {
    format!(
        r#"
id: pregunta
name: Pregunta
start: inicio
nodes:
  inicio: {{ kind: start, config: {{ keywords: [hola] }}, exits: {{ next: pide }} }}
  pide:
    kind: http
    config:
      url: "{url}"
      headers: {KEY}
      timeout: 1s
      tries: 1
      save: [ {{ to: cuerpo, from: answer.body }} ]
    exits: {{ ok: bien, error: mal, unavailable: luego }}
  bien: {{ kind: end, config: {{ text: "{{{{ cuerpo }}}}" }} }}
  mal: {{ kind: end, config: {{ text: Mal. }} }}
  luego: {{ kind: end, config: {{ text: Luego. }} }}
"#
    )
}

const KEY: &str = r#"[ { name: Authorization, value: "Bearer ", secret: crm } ]"#;
const WELL: &str = "bot: 25";
const WRONG: &str = "bot: Mal.";
const LATER: &str = "bot: Luego.";

/// An address at which nobody listens.
async fn nobody() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn whatever_a_server_does_the_flow_goes_on() {
    let outside = Service::start("127.0.0.1").await;
    // Nobody may call this one: it is inside and not allowed.
    let inside = Service::start("127.0.0.2").await;
    let gone = nobody().await;
    let (base, hidden) = (outside.base.clone(), inside.base.clone());
    let port = hidden.rsplit(':').next().unwrap();
    let house = House::online(&asks(&format!("{base}/texto"))).await;
    for (url, line) in [
        (format!("{base}/texto"), WELL),
        (format!("{base}/va?to=/texto"), WELL),
        (format!("{base}/nada"), WRONG),
        (format!("{base}/falta"), WRONG),
        (format!("{base}/enorme"), WRONG),
        (format!("{base}/miente"), WRONG),
        (format!("{base}/roto"), LATER),
        (format!("{base}/corta"), LATER),
        (format!("{base}/lento"), LATER),
        (format!("{gone}/texto"), LATER),
        (format!("{hidden}/texto"), WRONG),
        (format!("http://2130706434:{port}/texto"), WRONG),
        (format!("http://[::ffff:127.0.0.2]:{port}/texto"), WRONG),
        (format!("{base}/va?to={hidden}/texto"), WRONG),
        (format!("{base}/va?to=/va?to={hidden}/texto"), WRONG),
        (format!("{base}/va?to=file:///etc/passwd"), WRONG),
        (format!("{base}/va?to=http://169.254.169.254/latest/meta-data/"), WRONG),
        // Round and round.
        (format!("{base}/va?to=/vuelta"), WRONG),
    ] {
        house.publish(&asks(&url)).await;
        let ana = house.customer("Ana");
        ana.says("hola").await;
        ana.reads(&["cliente: hola", line]).await;
    }
    assert_eq!(inside.asked(), []);
    let asked = outside.asked();
    assert!(asked.iter().all(|asked| asked.what.starts_with("GET /") && !asked.key.is_empty()));
}

#[tokio::test]
async fn a_server_that_hangs_takes_no_place_from_another() {
    let (hangs, other) = (Service::start("127.0.0.1").await, Service::start("127.0.0.3").await);
    // Everybody says where to ask.
    let flow = asks("{{ contact.name }}").replace("timeout: 1s", "timeout: 60s").replace(KEY, "[]");
    let house = House::online(&flow).await;
    let all = |url: String, count| (0..count).map(|_| house.customer(&url)).collect::<Vec<_>>();
    let stuck = all(format!("{}/lento", hangs.base), 40);
    join_all(stuck.iter().map(|customer| customer.says("hola"))).await;
    hangs.until_asked(1).await;

    let others = all(format!("{}/texto", other.base), 100);
    join_all(others.iter().map(|customer| customer.says("hola"))).await;
    for customer in &others {
        customer.reads(&["cliente: hola", WELL]).await;
    }
    for customer in &stuck {
        customer.reads(&["cliente: hola"]).await;
    }
}

#[tokio::test]
async fn a_secret_is_sent_and_never_kept() {
    let outside = Service::start("127.0.0.1").await;
    let house = House::online(&asks(&format!("{}/texto", outside.base))).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.reads(&["cliente: hola", WELL]).await;
    // And of a call that hangs, so that its order stays in the store.
    house.publish(&asks(&format!("{}/lento", outside.base))).await;
    let beto = house.customer("Beto");
    beto.says("hola").await;
    outside.until_asked(2).await;
    assert!(!house.keeps(CRM_SECRET).await, "while it is under way");
    house.crash().await;
    house.reopen().await;
    beto.reads(&["cliente: hola", LATER]).await;

    assert_eq!(outside.asked()[0].authorization, format!("Bearer {CRM_SECRET}"));
    assert!(house.keeps("Authorization").await && house.keeps("Bearer ").await, "the request is kept");
    assert!(!house.keeps(CRM_SECRET).await);
    let journal = house.journal(ana.id().await.unwrap()).await;
    assert!(journal.len() > 2 && !format!("{journal:?}").contains(CRM_SECRET));
}

#[tokio::test]
async fn a_secret_goes_to_no_other_server() {
    let (first, other) = (Service::start("127.0.0.1").await, Service::start("127.0.0.1").await);
    let house = House::online(&asks(&format!("{}/va?to={}/texto", first.base, other.base))).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.reads(&["cliente: hola", WELL]).await;
    assert_eq!(first.asked()[0].authorization, format!("Bearer {CRM_SECRET}"));
    assert_eq!((other.asked()[0].what.as_str(), other.asked()[0].authorization.as_str()), ("GET /texto", ""));
    assert_eq!(other.asked()[0].key, "", "the key is the first server's too");

    // And to none that may not have it, though it may be called: that call is not even made.
    let stranger = Service::start("127.0.0.3").await;
    house.publish(&asks(&format!("{}/texto", stranger.base))).await;
    let beto = house.customer("Beto");
    beto.says("hola").await;
    beto.reads(&["cliente: hola", WRONG]).await;
    assert_eq!(stranger.asked(), []);
}
