//! The worked example of `CONTRIBUTING.md`, "Add a node kind": it stands there as it is here, and works.

use cauce_flows::{
    Behaviour, Catalogue, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

// ---- nodes/src/night.rs
/// Config of `night`: the form of the designer, and what is checked while somebody writes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "¿Es de noche?")]
pub struct Night {
    /// The hour from which it is night, until six in the morning.
    #[schemars(title = "Desde las", range(min = 18, max = 23))]
    #[schemars(extend("x-help" = "Una hora de 18 a 23; la noche termina a las 6."))]
    pub from: i8,
}

impl Behaviour for Night {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::new("night", "De noche"), Exit::new("day", "De día")]
    }

    fn summary(&self) -> Vec<String> {
        vec![format!("De {} a 6 h", self.from)]
    }

    /// Pure: the time comes from the facts of the turn, so a replay gives the same answer.
    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let hour = cx.facts().place().moment().map_or(12, |(_, time)| time.hour());
        Ok(Step::go(if hour >= self.from || hour < 6 { "night" } else { "day" }))
    }
}

impl NodeKind for Night {
    const META: Meta = Meta {
        kind: "night",
        v: 1,
        name: "¿Es de noche?",
        description: "Elige el camino según la hora.",
        group: "Lógica",
        icon: "moon",
        color: "amber",
        role: Role::Step,
        waits: false,
    };

    /// They are run as tests, and stand in `docs/nodes.md`. An example begins on a Friday at 10:00.
    fn examples() -> Vec<Example> {
        vec![Example {
            title: "A las 10 de la mañana es de día",
            flow: r#"
id: hora
name: Hora
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso: { kind: night, config: { from: 22 }, exits: { night: fin, day: saludo } }
  saludo: { kind: end, config: { text: ¡Buen día! } }
  fin: { kind: end }
"#,
            turns: vec![Turn::leaves(Happens::Writes("hola"), &["¡Buen día!"], "day")],
        }]
    }
}
// ----

#[test]
fn the_worked_example_works() {
    let catalogue = cauce_nodes::catalogue().with::<Night>();
    for example in Night::examples() {
        example.run(&catalogue).unwrap();
    }
    let kind = Catalogue::new().with::<Night>();
    assert!(kind.get("night").is_some());
}

#[test]
fn the_guide_shows_it_as_it_is() {
    let file = include_str!("worked_example.rs");
    let shown = file.split("// ----").nth(1).expect("between the marks");
    let shown = shown.trim_start_matches(" nodes/src/night.rs\n");
    let guide = include_str!("../../CONTRIBUTING.md");
    assert!(guide.contains(shown.trim_end()), "CONTRIBUTING.md shows another kind than this file");
}
