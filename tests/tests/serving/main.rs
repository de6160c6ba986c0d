//! `cauce serve` as whoever runs it sees it: what it says of itself, and of a folder that it cannot use.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod lines;
mod places;
mod seen;
mod traces;

/// Greets, asks, and says goodbye with what was answered.
pub const TALK: &str = r#"
id: charla
name: Charla
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: saludo } }
  saludo: { kind: message, config: { text: "Texto-del-recorrido" }, exits: { next: tema } }
  tema: { kind: question, config: { text: "¿Qué buscas?", save_to: tema }, exits: { ok: fin, no_match: fin } }
  fin: { kind: end, config: { text: "Buscas {{ tema }}." } }
"#;
