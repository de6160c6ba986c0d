//! `hours`: whether somebody is there now, by the days and hours of a calendar.

use cauce_flows::calendar::Calendar;
use cauce_flows::scenario::{Probe, Seen};
use cauce_flows::{Behaviour, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `hours`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Horario")]
pub struct Hours {
    /// When somebody is there.
    #[schemars(title = "Horario de atención")]
    #[schemars(extend("x-help" = "Las horas de cada día, los feriados y los cambios por venir."))]
    pub calendar: Calendar,
}

impl Behaviour for Hours {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::new("open", "Abierto"), Exit::new("closed", "Cerrado")]
    }

    fn summary(&self) -> Vec<String> {
        self.calendar.words()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let facts = cx.facts();
        let open = self.calendar.schedule(&facts.zone).is_open(facts.now);
        Ok(Step::go(if open { "open" } else { "closed" }))
    }

    fn probes(&self, seen: &Seen<'_>) -> Vec<Probe> {
        let facts = seen.facts();
        let hours = self.calendar.schedule(&facts.zone);
        let moments = [hours.next_open(facts.now), hours.next_close(facts.now)];
        moments.into_iter().flatten().map(Probe::Moment).collect()
    }
}

impl NodeKind for Hours {
    const META: Meta = Meta {
        kind: "hours",
        v: 1,
        name: "Horario",
        description: "Elige el camino según si a esta hora se atiende.",
        group: "Lógica",
        icon: "calendar",
        color: "amber",
        role: Role::Step,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        vec![
            Example {
                title: "Un viernes a las 10 se atiende",
                flow: r#"
id: atencion
name: Atención
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: hours
    config:
      calendar:
        zone: America/Lima
        week:
          mon: ["9:00-13:00", "15:00-19:00"]
          fri: ["9:00-13:00", "21:00-2:00"]
    exits: { open: ventas, closed: aviso }
  ventas: { kind: handoff, config: { queue: ventas }, exits: { resolved: fin } }
  aviso: { kind: end, config: { text: Te escribimos en cuanto abramos. } }
  fin: { kind: end }
"#,
                turns: vec![Turn::leaves(Happens::Writes("hola"), &["→ ventas"], "open")],
            },
            Example {
                title: "Ese viernes es feriado",
                flow: r#"
id: atencion
name: Atención
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: hours
    config:
      calendar:
        week: { mon: ["9:00-18:00"], fri: ["9:00-18:00"] }
        holidays:
          2026-11-20: { name: Aniversario, hours: [] }
          2026-12-24: ["9:00-13:00"]
    exits: { open: ventas, closed: aviso }
  ventas: { kind: handoff, config: { queue: ventas }, exits: { resolved: fin } }
  aviso: { kind: end, config: { text: Te escribimos en cuanto abramos. } }
  fin: { kind: end }
"#,
                turns: vec![Turn::leaves(
                    Happens::Writes("hola"),
                    &["Te escribimos en cuanto abramos."],
                    "closed",
                )],
            },
            Example {
                title: "La noche del viernes termina el sábado",
                flow: r#"
id: bar
name: Bar
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: pausa } }
  pausa: { kind: wait, config: { for: 15h }, exits: { next: paso } }
  paso:
    kind: hours
    config: { calendar: { week: { fri: ["21:00-2:00"] } } }
    exits: { open: abierto, closed: cerrado }
  abierto: { kind: end, config: { text: ¡Todavía te esperamos! } }
  cerrado: { kind: end, config: { text: Ya cerramos. } }
"#,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &[]),
                    Turn::leaves(Happens::TimePasses, &["¡Todavía te esperamos!"], "open"),
                ],
            },
        ]
    }
}
