//! Steps that customers come to from anywhere, as the checks see them: by a word, or in the place of exits that
//! lead nowhere.

use cauce_flows::{
    Behaviour, Command, Context, Example, Exit, Failure, Meta, NodeKind, Problem, Program, Role, Step,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A step of that sort.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Anywhere {
    #[serde(default)]
    word: Option<String>,
    #[serde(default)]
    instead_of: Vec<String>,
}

impl Behaviour for Anywhere {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::next()]
    }
    fn summary(&self) -> Vec<String> {
        Vec::new()
    }
    fn command(&self) -> Option<Command> {
        let command =
            |word: &String| Command { words: vec![word.clone()], anywhere: false, goes_back: false };
        self.word.as_ref().map(command)
    }
    fn stands_for(&self) -> Vec<String> {
        self.instead_of.clone()
    }
    fn enter(&self, _: &mut Context<'_>) -> Result<Step, Failure> {
        Ok(Step::go("next"))
    }
}

impl NodeKind for Anywhere {
    const META: Meta = Meta {
        kind: "anywhere",
        v: 1,
        name: "De todas partes",
        description: "",
        group: "",
        icon: "",
        color: "",
        role: Role::Handler,
        waits: false,
    };
    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

fn told(handler: &str) -> Vec<String> {
    let yaml = format!(
        r#"
id: f
name: F
start: inicio
nodes:
  inicio: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: uno }} }}
  uno: {{ kind: question, config: {{ text: ¿Uno?, save_to: uno, timeout: 30h }}, exits: {{ ok: dos, timeout: dos, no_match: dos }} }}
  dos: {{ kind: question, config: {{ text: ¿Dos? }}, exits: {{ ok: tres, window_closed: fin }} }}
  tres: {{ kind: question, config: {{ text: ¿Tres? }}, exits: {{ ok: fin }} }}
  cuatro: {{ kind: message, config: {{ text: "Ya, {{{{ uno }}}}." }}, exits: {{ next: persona }} }}
  persona: {{ kind: handoff, config: {{ queue: q }}, exits: {{ resolved: fin }} }}
  fin: {{ kind: end }}
{handler}"#
    );
    let catalogue = cauce_nodes::catalogue().with::<Anywhere>();
    let problems = match Program::read(&yaml, &catalogue) {
        Ok(program) => program.warnings().to_vec(),
        Err(problems) => problems,
    };
    let place = |problem: &Problem| {
        format!("{} {}", problem.code, problem.node.as_ref().map_or("", |id| id.as_str()))
    };
    problems.iter().map(place).collect()
}

#[test]
fn without_one_exits_are_missing_and_steps_are_lost() {
    assert_eq!(
        told(""),
        [
            "flow.exit_missing dos",
            "flow.exit_missing tres",
            "flow.unreachable cuatro",
            "flow.unreachable persona"
        ]
    );
}

#[test]
fn what_stands_for_exits_is_where_they_lead() {
    let handler =
        "  perdido: { kind: anywhere, config: { instead_of: [no_match] }, exits: { next: cuatro } }\n";
    assert_eq!(
        told(handler),
        ["var.maybe_unset cuatro"],
        "nobody is lost, and who was not understood has said nothing"
    );
}

#[test]
fn a_word_leads_from_anywhere_to_its_step() {
    let handler = "  perdido: { kind: anywhere, config: { instead_of: [no_match] }, exits: { next: fin } }\n  ayuda: { kind: anywhere, config: { word: humano }, exits: { next: cuatro } }\n";
    assert_eq!(
        told(handler),
        ["var.maybe_unset cuatro"],
        "three questions with a way to a person by a word; who comes by it may have answered nothing, but has just written"
    );
    let elsewhere = handler.replace("next: cuatro", "next: fin");
    assert_eq!(
        told(&elsewhere),
        ["flow.unreachable cuatro", "flow.unreachable persona"],
        "then people are of nobody's way"
    );
}
