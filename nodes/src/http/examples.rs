//! Examples of `http`.

use cauce_flows::{Example, Happens, Turn};
use cauce_model::{HttpAnswer, HttpFailure, HttpOutcome};
use serde_json::{Value, json};

pub(super) fn all() -> Vec<Example> {
    let answered = |status: u16, body: Value| {
        Happens::Answered(HttpOutcome::Answered(HttpAnswer { status, body, retry_after: None }))
    };
    let silent = HttpFailure { code: "timeout".to_owned(), text: "No respondió a tiempo.".to_owned() };
    const ASKS: &[&str] = &["(Llamada) Get https://api.example.com/pedidos/A%2F31"];
    const ORDERS: &[&str] = &["(Llamada) Post https://api.example.com/pedidos"];
    vec![
        Example {
            title: "Busca el pedido y dice cómo va",
            flow: STATUS,
            turns: vec![
                Turn::stays(Happens::Writes("A/31"), ASKS),
                Turn::stays(Happens::Writes("¿y?"), &[]),
                Turn::leaves(
                    answered(200, json!({ "estado": "en camino", "items": [{ "precio": 25.0 }] })),
                    &["Tu pedido está en camino y cuesta 25 soles."],
                    "ok",
                ),
            ],
        },
        Example {
            title: "La respuesta no trae lo que se espera",
            flow: STATUS,
            turns: vec![
                Turn::stays(Happens::Writes("A/31"), ASKS),
                Turn::leaves(
                    answered(200, json!({ "estado": "en camino" })),
                    &["No lo encontramos (200)."],
                    "error",
                ),
            ],
        },
        Example {
            title: "No existe",
            flow: STATUS,
            turns: vec![
                Turn::stays(Happens::Writes("A/31"), ASKS),
                Turn::leaves(answered(404, Value::Null), &["No lo encontramos (404)."], "error"),
            ],
        },
        Example {
            title: "El servicio no responde",
            flow: STATUS,
            turns: vec![
                Turn::stays(Happens::Writes("A/31"), ASKS),
                Turn::leaves(
                    Happens::Answered(HttpOutcome::Unavailable(silent)),
                    &["Ahora no podemos verlo. Escríbenos en un rato."],
                    "unavailable",
                ),
            ],
        },
        Example {
            title: "Envía un pedido con la llave de la tienda",
            flow: ORDER,
            turns: vec![
                Turn::stays(Happens::Writes("dos \"especiales\""), ORDERS),
                Turn::leaves(answered(201, json!({ "numero": 77 })), &["Anotado: pedido 77."], "ok"),
            ],
        },
    ]
}

const STATUS: &str = r#"
id: estado
name: Estado del pedido
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true, save_to: pedido }, exits: { next: paso } }
  paso:
    kind: http
    config:
      url: https://api.example.com/pedidos/{{ pedido }}
      save:
        - { to: estado, from: answer.body.estado }
        - { to: precio, from: "answer.body.items[0].precio" }
      status_to: codigo
    exits: { ok: bien, error: mal, unavailable: luego }
  bien: { kind: end, config: { text: "Tu pedido está {{ estado }} y cuesta {{ precio }} soles." } }
  mal: { kind: end, config: { text: "No lo encontramos ({{ codigo ?? \"?\" }})." } }
  luego: { kind: end, config: { text: Ahora no podemos verlo. Escríbenos en un rato. } }
"#;

const ORDER: &str = r#"
id: pedido
name: Pedido
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true, save_to: pedido }, exits: { next: paso } }
  paso:
    kind: http
    config:
      method: POST
      url: https://api.example.com/pedidos
      headers: [{ name: Authorization, value: "Bearer ", secret: tienda }]
      body: { type: json, data: { cliente: "{{ contact.name }}", detalle: "{{ pedido }}", cantidad: "{{ 1 + 1 }}" } }
      timeout: 5s
      tries: 2
      save: [{ to: numero, from: answer.body.numero }]
    exits: { ok: bien, error: mal, unavailable: mal }
  bien: { kind: end, config: { text: "Anotado: pedido {{ numero }}." } }
  mal: { kind: end, config: { text: No pudimos anotarlo. } }
"#;
