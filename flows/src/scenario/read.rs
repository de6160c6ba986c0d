//! Reading a scenario file: every problem with its place, under a code of its own (`test.…`).

use std::collections::HashSet;
use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::file::{Answers, Customer, Expected, Mock, Scenario, Scenarios, Step};
use crate::kind::tidy;
use crate::problem::sort;
use crate::reading::{Country, Zone};
use crate::run::{ContactFacts, Facts};
use crate::schema::Walk;
use crate::words::did_you_mean;
use crate::yaml::{self, Places, child};
use crate::{Problem, Program, typed, version};

/// When a scenario begins that does not say when: a Friday, in business hours.
pub(crate) const NOW: &str = "2026-11-20T10:00";
/// Why there is no sense in a step that says nothing or too much.
const ACTS: &str = "writes, taps, sends, ad, event, clock, answers, fails, refuses o person";

/// The form of a scenario file, as the walk along it needs it.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    tidy(settings.into_generator().into_root_schema_for::<Scenarios>().to_value())
});

/// The JSON Schema (draft-07) of a scenario file, for editors. Titles and descriptions are Spanish.
pub fn scenario_schema() -> Value {
    let mut schema = for_editors(SCHEMA.clone());
    schema["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    schema["description"] = "Conversaciones de prueba: qué pasa y qué se espera del flujo.".into();
    schema
}

/// What only this house understands, in words that editors know.
fn for_editors(schema: Value) -> Value {
    match schema {
        Value::Object(mut map) => {
            if map.get("format").is_some_and(|format| format == "tree") {
                map.remove("format");
            }
            let mut shown = json!({});
            if let Some(other) = map.remove("x-or") {
                for key in ["title", "description"] {
                    if let Some(text) = map.remove(key) {
                        shown[key] = text;
                    }
                }
                shown["anyOf"] = json!([for_editors(map.into()), for_editors(other)]);
                return shown;
            }
            map.into_iter().map(|(key, value)| (key, for_editors(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(for_editors).collect(),
        scalar => scalar,
    }
}

impl Scenarios {
    /// Reads a scenario file from YAML or JSON.
    ///
    /// # Errors
    /// Every problem, with line and column; codes begin with `test.`.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let (value, places, problems) = yaml::read(text).map_err(|problem| vec![own(*problem)])?;
        let mut walk = Walk { places: &places, problems, found: Vec::new(), writes: Vec::new() };
        if value.is_object() {
            walk.value(&SCHEMA, &value, "");
        } else {
            walk.problems = vec![empty().at(&places, "")];
        }
        let mut problems = walk.problems;
        if problems.is_empty() {
            match serde_json::from_value::<Self>(value) {
                Ok(mut file) => {
                    file.places = places;
                    problems = file.faults();
                    if problems.is_empty() {
                        return Ok(file);
                    }
                }
                Err(error) => {
                    let message = format!("El archivo no se entiende ({error}).");
                    problems.push(Problem::error("test.wrong_value", message, "Compáralo con un ejemplo."));
                }
            }
        }
        sort(&mut problems);
        Err(problems.into_iter().map(own).collect())
    }

    /// The canonical YAML: reading it and writing it again gives the same bytes. Comments are not kept.
    pub fn to_yaml(&self) -> String {
        version::to_yaml(self)
    }

    /// Where everything stands in the text it was read from.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// What the flow has not: steps and data that are expected of it.
    pub fn check(&self, program: &Program) -> Vec<Problem> {
        let mut problems = Vec::new();
        let nodes = &program.document().nodes;
        let mut step = |id: &str, at: String| {
            if !nodes.keys().any(|node| node.as_str() == id) {
                let hint = did_you_mean(id, nodes.keys().map(|node| node.as_str()));
                let message = format!("«{id}» no es un paso de este flujo.");
                let help = format!("{hint}Usa el identificador de un paso.");
                problems.push(Problem::error("test.unknown_step", message, help).at(&self.places, &at));
            }
        };
        for (at, expected) in self.expectations() {
            for (i, id) in expected.path.iter().flatten().enumerate() {
                step(id, child(&child(&at, "path"), i));
            }
            if let Some(id) = &expected.at {
                step(id, child(&at, "at"));
            }
        }
        for (at, expected) in self.expectations() {
            let names = expected.data.iter().flat_map(|data| data.keys());
            for name in names.filter(|name| !program.labels().contains_key(*name)) {
                let hint = did_you_mean(name, program.labels().keys().map(String::as_str));
                let message = format!("«{name}» no es un dato de este flujo.");
                let help = format!("{hint}Usa el nombre con que un paso lo guarda.");
                let problem = Problem::error("test.unknown_data", message, help);
                problems.push(problem.at_key(&self.places, &child(&child(&at, "data"), name)));
            }
        }
        sort(&mut problems);
        problems
    }

    /// All that is expected anywhere, with its place.
    fn expectations(&self) -> impl Iterator<Item = (String, &Expected)> {
        self.scenarios.iter().enumerate().flat_map(|(i, scenario)| {
            let steps = scenario.steps.iter().enumerate();
            let steps = steps.map(move |(j, step)| (place_of_step(i, j), &step.expected));
            let expect = scenario.expect.iter().map(move |expect| (child(&place_of(i), "expect"), expect));
            steps.chain(expect)
        })
    }

    /// What the customer of a scenario may be known by, where and when it begins.
    pub fn facts(&self, scenario: &Scenario) -> Facts {
        let zone = self.zone();
        let now = scenario.now.as_deref().or(self.now.as_deref()).unwrap_or(NOW);
        let now = typed::local(now, &zone).unwrap_or_default();
        let customer = match scenario.persona.as_ref().and_then(|name| self.personas.get(name)) {
            Some(persona) => persona.clone(),
            None => Customer::default_one().but(self.customer.as_ref()),
        };
        let contact = customer.but(scenario.customer.as_ref()).contact();
        Facts { now, seed: now.0.unsigned_abs(), zone, country: self.country(), contact, ..Facts::default() }
    }

    /// By which clocks the customers live.
    pub fn zone(&self) -> Zone {
        self.zone.as_deref().and_then(|zone| zone.parse().ok()).unwrap_or_default()
    }

    /// Among whose phone numbers and documents.
    pub fn country(&self) -> Country {
        self.country.as_deref().and_then(|country| country.parse().ok()).unwrap_or_default()
    }

    /// What the form alone does not say.
    fn faults(&self) -> Vec<Problem> {
        let mut faults = Faults { file: self, problems: Vec::new() };
        faults.file();
        faults.problems
    }
}

impl Customer {
    /// Who writes when nobody says who.
    pub(crate) fn default_one() -> Self {
        let (name, phone) = (Some("Ana".to_owned()), Some("51999888777".to_owned()));
        Self { name, phone, ..Self::default() }
    }

    /// The same, but for what the other says.
    pub(crate) fn but(self, other: Option<&Self>) -> Self {
        let Some(other) = other.cloned() else { return self };
        Self {
            name: other.name.or(self.name),
            phone: other.phone.or(self.phone),
            language: other.language.or(self.language),
            tags: other.tags.or(self.tags),
            score: other.score.or(self.score),
            consents: other.consents.or(self.consents),
        }
    }

    /// As a flow knows them. Their phone tells them apart, else their name.
    pub fn contact(&self) -> ContactFacts {
        let known = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (name, phone) = (known(&self.name), known(&self.phone));
        ContactFacts {
            id: phone.clone().or_else(|| name.clone()).unwrap_or_default(),
            name,
            phone,
            language: known(&self.language),
            tags: self.tags.iter().flatten().cloned().collect(),
            score: self.score.unwrap_or_default(),
            consents: self.consents.clone().unwrap_or_default(),
        }
    }
}

/// Where a scenario stands.
pub(crate) fn place_of(scenario: usize) -> String {
    child("/scenarios", scenario)
}

/// Where a step of a scenario stands.
pub(crate) fn place_of_step(scenario: usize, step: usize) -> String {
    child(&child(&place_of(scenario), "steps"), step)
}

struct Faults<'a> {
    file: &'a Scenarios,
    problems: Vec<Problem>,
}

impl Faults<'_> {
    fn add(&mut self, at: &str, code: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::error(code, message, help).at(&self.file.places, at));
    }

    fn file(&mut self) {
        let file = self.file;
        if let Some(zone) = file.zone.as_ref().filter(|zone| zone.parse::<Zone>().is_err()) {
            let message = format!("«{zone}» no es una zona horaria.");
            self.add("/zone", "test.zone", message, "Escribe por ejemplo America/Lima.");
        }
        if let Some(country) = file.country.as_ref().filter(|letters| letters.parse::<Country>().is_err()) {
            let message = format!("«{country}» no es un país.");
            self.add("/country", "test.country", message, "Escribe sus dos letras, por ejemplo PE.");
        }
        self.moment(file.now.as_deref(), "/now");
        self.mocks(&file.mocks, "/mocks");
        let mut names = HashSet::new();
        for (i, scenario) in file.scenarios.iter().enumerate() {
            let at = place_of(i);
            if !names.insert(scenario.name.trim()) {
                let message = format!("Hay dos escenarios con el nombre «{}».", scenario.name);
                self.add(&child(&at, "name"), "test.name_repeated", message, "Dale otro nombre a uno.");
            }
            self.moment(scenario.now.as_deref(), &child(&at, "now"));
            self.mocks(&scenario.mocks, &child(&at, "mocks"));
            if let Some(name) = scenario.persona.as_ref().filter(|name| !file.personas.contains_key(*name)) {
                let hint = did_you_mean(name, file.personas.keys().map(String::as_str));
                let message = format!("«{name}» no está en «personas:».");
                let help = format!("{hint}Agrégala, o describe al cliente con «customer:».");
                self.add(&child(&at, "as"), "test.unknown_persona", message, help);
            }
            for (j, step) in scenario.steps.iter().enumerate() {
                self.step(step, &place_of_step(i, j));
            }
            if let Some(expected) = &scenario.expect {
                self.expected(expected, &child(&at, "expect"));
            }
        }
    }

    fn moment(&mut self, text: Option<&str>, at: &str) {
        let Some(text) = text.filter(|text| typed::local(text, &self.file.zone()).is_none()) else { return };
        let message = format!("«{text}» no es una fecha y hora.");
        self.add(at, "test.now", message, "Escríbela así: 2026-11-20T10:00.");
    }

    fn mocks(&mut self, mocks: &[Mock], at: &str) {
        for (i, mock) in mocks.iter().enumerate() {
            let at = child(at, i);
            if mock.answers.is_some() == mock.fails.is_some() {
                let message = "Un servidor responde o falla: una de las dos cosas.";
                self.add(&at, "test.mock", message, "Deja «answers:» o «fails:».");
            }
            self.answers(mock.answers.as_ref(), &at);
        }
    }

    fn answers(&mut self, answers: Option<&Answers>, at: &str) {
        if answers.is_some_and(|answers| answers.text.is_some() && !answers.json.is_null()) {
            let message = "Una respuesta lleva datos o un texto, no los dos.";
            self.add(&child(at, "answers"), "test.answers", message, "Deja «json:» o «text:».");
        }
    }

    fn step(&mut self, step: &Step, at: &str) {
        let acts = [
            step.writes.is_some(),
            step.taps.is_some(),
            step.sends.is_some(),
            step.ad.is_some(),
            step.event.is_some(),
            step.clock.is_some(),
            step.answers.is_some(),
            step.fails.is_some(),
            step.refuses.is_some(),
            step.person.is_some(),
        ];
        match acts.into_iter().filter(|given| *given).count() {
            1 => {}
            0 => self.add(at, "test.step", "Aquí no pasa nada.", format!("Agrega {ACTS}.")),
            _ => {
                let message = "En un paso pasa una sola cosa.";
                self.add(at, "test.step", message, format!("Deja una de estas: {ACTS}."));
            }
        }
        self.answers(step.answers.as_ref(), at);
        if let Some(text) = step.sends.as_ref().filter(|text| typed::content(text).is_none()) {
            let message = format!("«{text}» no es algo que se pueda enviar.");
            let help = format!(
                "Se puede usar {}; por ejemplo «image mi receta» o «location -12.12,-77.03 Parque».",
                typed::SENDS.join(", ")
            );
            self.add(&child(at, "sends"), "test.sends", message, help);
        }
        self.expected(&step.expected, at);
    }

    fn expected(&mut self, expected: &Expected, at: &str) {
        let places = [expected.at.is_some(), expected.ended.is_some(), expected.stopped.is_some()];
        if places.into_iter().filter(|given| *given).count() > 1 {
            let message = "El flujo espera, terminó o se detuvo: una sola cosa.";
            self.add(at, "test.expect", message, "Deja «at:», «ended:» o «stopped:».");
        }
    }
}

fn empty() -> Problem {
    Problem::error(
        "test.empty",
        "El archivo está vacío o no describe escenarios.",
        "Empieza con «scenarios:» y una lista de «- name:» con sus «steps:».",
    )
}

/// A problem of any document, as one of a scenario file.
fn own(problem: Problem) -> Problem {
    let code = match problem.code.split_once('.') {
        Some(("test", _)) | None => return problem,
        Some(("doc", "empty")) => return Problem { line: problem.line, column: problem.column, ..empty() },
        Some((_, what)) => format!("test.{what}"),
    };
    let help =
        problem.help.replace("el flujo", "el archivo").replace("cada flujo", "cada grupo de escenarios");
    Problem { code, help, ..problem }
}
