//! The small flows that the tests walk.

/// A greeting, a question, a person, a rating.
pub const SHOP: &str = r#"
id: tienda
name: Tienda
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: saludo } }
  saludo: { kind: message, config: { text: "¡Hola, {{ contact.name }}!" }, exits: { next: tema } }
  tema:
    kind: question
    name: Tema
    config:
      text: ¿Qué te interesa?
      answer: { type: buttons, options: [ { id: ventas, title: Ventas }, { id: nada, title: Nada } ] }
      save_to: tema
      retries: { max: 1, text: Toca un botón. }
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

/// Two messages, then an open question without a timeout: nothing happens by itself.
pub const PATIENT: &str = r#"
id: paciente
name: Paciente
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: uno } }
  uno: { kind: message, config: { text: Uno. }, exits: { next: dos } }
  dos: { kind: message, config: { text: Dos. }, exits: { next: tema } }
  tema: { kind: question, config: { text: ¿Tres? }, exits: { ok: fin, no_match: fin } }
  fin: { kind: end, config: { text: Fin. } }
"#;

/// A greeting, then a wait in which nothing that is written counts.
pub fn waiting(period: &str) -> String {
    format!(
        r#"
id: espera
name: Espera
start: inicio
nodes:
  inicio: {{ kind: start, config: {{ keywords: [hola] }}, exits: {{ next: ya }} }}
  ya: {{ kind: message, config: {{ text: Ya te escribo. }}, exits: {{ next: pausa }} }}
  pausa: {{ kind: wait, config: {{ for: {period} }}, exits: {{ next: fin }} }}
  fin: {{ kind: end, config: {{ text: Aquí estoy. }} }}
"#
    )
}

/// Straight to a person.
pub const HELP: &str = r#"
id: ayuda
name: Ayuda
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: asesor } }
  asesor: { kind: handoff, config: { queue: ventas, text: Un momento. }, exits: { resolved: nota } }
  nota: { kind: question, config: { text: ¿Qué nota? }, exits: { ok: fin, no_match: fin } }
  fin: { kind: end, config: { text: Gracias. } }
"#;
