//! The worked example of `CONTRIBUTING.md`, "Add a node kind": it stands there as it is here, and works.

use cauce_flows::{
    Behaviour, Catalogue, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

// ---- nodes/src/weekend.rs
/// Config of `weekend`: the form of the designer, and what is checked while somebody writes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "¿Fin de semana?")]
pub struct Weekend {
    /// Whether Friday counts too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(title = "También el viernes")]
    #[schemars(extend("x-help" = "Desde el viernes, a cualquier hora."))]
    pub friday: bool,
}

impl Behaviour for Weekend {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::new("yes", "Fin de semana"), Exit::new("no", "Día de semana")]
    }

    fn summary(&self) -> Vec<String> {
        vec![if self.friday { "De viernes a domingo" } else { "Sábado y domingo" }.to_owned()]
    }

    /// Pure: the time comes from the facts of the turn, so a replay gives the same answer.
    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let days = if self.friday { ["viernes", "sábado", "domingo"] } else { ["", "sábado", "domingo"] };
        let today = cx.value(&"weekday(today())".into())?;
        let is_weekend = today.as_str().is_some_and(|today| days.contains(&today));
        Ok(Step::go(if is_weekend { "yes" } else { "no" }))
    }
}

impl NodeKind for Weekend {
    const META: Meta = Meta {
        kind: "weekend",
        v: 1,
        name: "¿Fin de semana?",
        description: "Elige el camino según el día de la semana.",
        group: "Lógica",
        icon: "calendar-week",
        color: "amber",
        role: Role::Step,
        waits: false,
    };

    /// They are run as tests, and stand in `docs/nodes.md`. Examples begin on a Friday at 10:00.
    fn examples() -> Vec<Example> {
        vec![Example {
            title: "Un viernes, cuando el viernes cuenta",
            flow: r#"
id: finde
name: Fin de semana
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso: { kind: weekend, config: { friday: true }, exits: { "yes": si, "no": todavia } }
  si: { kind: end, config: { text: ¡Buen fin de semana! } }
  todavia: { kind: end }
"#,
            turns: vec![Turn::leaves(Happens::Writes("hola"), &["¡Buen fin de semana!"], "yes")],
        }]
    }
}
// ----

#[test]
fn the_worked_example_works() {
    let catalogue = cauce_nodes::catalogue().with::<Weekend>();
    for example in Weekend::examples() {
        example.run(&catalogue).unwrap();
    }
    let kind = Catalogue::new().with::<Weekend>();
    assert!(kind.get("weekend").is_some());
}

#[test]
fn the_guide_shows_it_as_it_is() {
    let file = include_str!("worked_example.rs");
    let shown = file.split("// ----").nth(1).expect("between the marks");
    let shown = shown.trim_start_matches(" nodes/src/weekend.rs\n");
    let guide = include_str!("../../CONTRIBUTING.md");
    assert!(guide.contains(shown.trim_end()), "CONTRIBUTING.md shows another kind than this file");
}
