//! A house in which everything that can be under way is under way, and nothing moves by itself.

#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

use cauce_model::{ContactEvent, Duration};

use crate::house::{Customer, House, MediaState, Reaction, Says};

/// A greeting, a question of at most two hours, a person within thirty minutes, a rating.
pub const SHOP: &str = r#"
id: tienda
name: Tienda
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: saludo } }
  saludo: { kind: message, config: { text: "¡Hola, {{ contact.name }}!" }, exits: { next: tema } }
  tema:
    kind: question
    config:
      text: ¿Qué te interesa?
      answer: { type: buttons, options: [ { id: ventas, title: Ventas }, { id: nada, title: Nada } ] }
      save_to: tema
      timeout: 2h
    exits: { ventas: asesor, nada: adios, no_match: adios, timeout: tarde }
  asesor:
    kind: handoff
    config: { queue: ventas, text: Te paso con alguien., timeout: 30m }
    exits: { resolved: nota, timeout: nadie }
  nota:
    kind: question
    config: { text: ¿Qué nota nos das?, save_to: nota }
    exits: { ok: gracias, no_match: adios }
  gracias: { kind: end, config: { text: "Gracias por el {{ nota }}." } }
  adios: { kind: end, config: { text: Adiós. } }
  tarde: { kind: end, config: { text: Se hizo tarde. } }
  nadie: { kind: end, config: { text: No hay nadie. } }
"#;

const PRICE: &str = r#"
id: precio
name: Precio
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [precio] }, exits: { next: pide } }
  pide:
    kind: http
    config:
      url: "http://tienda.pe/precios/{{ contact.phone }}"
      tries: 3
      save: [ { to: precio, from: answer.body.precio } ]
    exits: { ok: fin, error: mal, unavailable: mal }
  fin: { kind: end, config: { text: "Cuesta {{ precio }}." } }
  mal: { kind: end, config: { text: Hoy no se puede. } }
"#;

const PICTURE: &str = r#"
id: foto
name: Foto
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [foto] }, exits: { next: mira } }
  mira:
    kind: message
    config:
      text: Así nos reconoces.
      parts: [ { type: image, file: archivos/optica-vitrina.jpg } ]
    exits: { next: fin }
  fin: { kind: end, config: {} }
"#;

const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF, a small picture of a house";

/// Who is where.
pub struct Scene {
    /// The house.
    pub house: House,
    /// Has come to the end, over a case.
    pub ana: Customer,
    /// Waits at a question, for at most two hours.
    pub bea: Customer,
    /// Waits for a person, for at most thirty minutes.
    pub carla: Customer,
    /// Is with a person, one of whose messages is on its way and another waits.
    pub dora: Customer,
    /// Of a message to her nobody knows whether it was sent.
    pub eva: Customer,
    /// Waits for a server that does not answer.
    pub fabi: Customer,
    /// Waits until a server is asked again.
    pub gina: Customer,
    /// Has sent a picture.
    pub hilda: Customer,
    /// Has sent a picture that will be fetched again.
    pub iris: Customer,
    /// Has written a great deal.
    pub karla: Customer,
    /// Got a picture.
    pub lila: Customer,
    /// Was two contacts, and is one; the older.
    pub mona: Customer,
    /// The younger.
    pub mona_seen: Customer,
}

impl Scene {
    /// Plays it.
    pub async fn play() -> Self {
        let house = House::open().await;
        for flow in [SHOP, PRICE, PICTURE] {
            house.publish(flow).await;
        }
        let rosa = house.login("Rosa").await;
        let [ana, bea, carla, dora, eva, fabi] =
            ["Ana", "Bea", "Carla", "Dora", "Eva", "Fabi"].map(|name| house.customer(name));
        let [gina, hilda, iris, karla, lila] =
            ["Gina", "Hilda", "Iris", "Karla", "Lila"].map(|name| house.customer(name));
        let mona_seen = house.customer("Mona");
        let mut mona = mona_seen.clone();
        mona.hidden = true;

        ana.says("hola").await;
        ana.taps("Ventas").await;
        let case = ana.is_taken_by(&rosa).await;
        rosa.reply(&case, "Buenas.").await;
        rosa.end(&case).await;
        ana.says("10").await;
        ana.got(&["accepted"; 6]).await;

        bea.says("hola").await;
        bea.got(&["accepted"; 2]).await;

        carla.says("hola").await;
        carla.taps("Ventas").await;
        carla.waits_for_a_person().await;
        carla.got(&["accepted"; 3]).await;

        dora.says("hola").await;
        dora.taps("Ventas").await;
        let case = dora.is_taken_by(&rosa).await;
        dora.got(&["accepted"; 3]).await;
        house.graph().script(&dora.phone, [Reaction::Hang]);
        for text in ["Un momento.", "Ya vuelvo."] {
            assert_eq!(rosa.reply(&case, text).await.status, 202);
        }
        house.graph().until_posted(&dora.phone, 4).await;

        house.graph().script(&eva.phone, [Reaction::Uncertain]);
        eva.says("hola").await;
        eva.until_lived(1, |event| matches!(event, ContactEvent::SendAnswered { .. })).await;

        let url = |customer: &Customer| format!("http://tienda.pe/precios/{}", customer.phone);
        house.outside().script(&url(&fabi), [Says::Hang]);
        fabi.says("precio").await;
        house.outside().until_tried(&url(&fabi), 1).await;
        house.outside().script(&url(&gina), [Says::silent("unreachable")]);
        gina.says("precio").await;
        gina.until_lived(1, |event| matches!(event, ContactEvent::HttpAnswered { .. })).await;

        let fetched = |event: &ContactEvent| matches!(event, ContactEvent::MediaFetched { .. });
        hilda.sends("image", house.media().hold("image/jpeg", JPEG)).await;
        hilda.until_lived(1, fetched).await;
        let late = house.media().hold("image/jpeg", b"late");
        house.media().set(&late, MediaState::Down);
        iris.sends("image", late).await;
        iris.until_lived(1, fetched).await;

        for n in 0..70 {
            karla.says(&format!("Esto es lo número {n} que quería contarles hoy.")).await;
        }

        lila.says("foto").await;
        lila.got(&["accepted"; 2]).await;

        mona.says("buenas").await;
        house.advance(Duration::seconds(1));
        mona_seen.says("buenas, soy yo").await;

        let scene =
            Self { house, ana, bea, carla, dora, eva, fabi, gina, hilda, iris, karla, lila, mona, mona_seen };
        scene.settle().await;
        scene
    }

    /// Waits until nothing moves any more.
    pub async fn settle(&self) {
        self.house.settle().await;
        let app = self.house.app();
        app.runtime.read_until(&app.runtime.written()).await;
    }
}
