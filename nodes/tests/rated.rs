//! Ratings and consents: what is wrong with their configs, what they say in other languages, what is proven of them.

use std::collections::BTreeSet;

use cauce_flows::{ContactFacts, Event, Facts, Problem, Program, Run, start, step, transcript};
use cauce_model::{Duration, InboundContent, RunId};
use cauce_nodes::catalogue;

fn told(yaml: &str) -> BTreeSet<String> {
    let problems = match Program::read(yaml, &catalogue()) {
        Ok(program) => program.warnings().to_vec(),
        Err(problems) => problems,
    };
    let place = |p: &Problem| format!("{} {}", p.path.as_deref().unwrap_or_default(), p.code);
    problems.iter().map(place).collect()
}

fn step_of(kind: &str, config: &str, exits: &[&str]) -> String {
    let exits: Vec<String> = exits.iter().map(|exit| format!("\"{exit}\": fin")).collect();
    format!(
        "id: f\nname: F\nstart: inicio\nnodes:\n  inicio: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: q }} }}\n  q: {{ kind: {kind}, config: {{ {config} }}, exits: {{ {} }} }}\n  fin: {{ kind: end }}\n",
        exits.join(", ")
    )
}

#[test]
fn a_rating_is_checked() {
    let of = |config: &str| {
        let config = format!("text: ¿Qué tal?, metric: m, {config}");
        told(&step_of("rating", &config, &["low", "mid", "high", "no_match"]))
    };
    let set = |told: &[&str]| told.iter().map(|each| (*each).to_owned()).collect::<BTreeSet<_>>();
    for fine in ["scale: 5", "scale: 3, labels: [Mal, Regular, Bien]", "scale: 10, labels: [poco, mucho]"] {
        assert_eq!(of(fine), set(&[]), "{fine}");
    }
    assert_eq!(of("labels: [1 · Mala, 2 · Floja, 3 · Normal, 4 · Buena, 5 · Genial]"), set(&[]));
    assert_eq!(of("scale: 4"), set(&["/nodes/q/config/scale doc.wrong_value"]));
    assert_eq!(of("scale: 3, labels: [Mal, Bien]"), set(&["/nodes/q/config/labels node.rating.labels"]));
    assert_eq!(of("scale: 10, labels: [a, b, c]"), set(&["/nodes/q/config/labels node.rating.labels"]));
    assert_eq!(
        of("scale: 3, labels: [Mal, Bien, BIEN]"),
        set(&["/nodes/q/config/labels/2 limit.title_repeated"])
    );
    assert_eq!(
        of("scale: 3, labels: [3 · Bien, 2 · Regular, 1 · Mal]"),
        set(&["/nodes/q/config/labels/0 node.rating.number", "/nodes/q/config/labels/2 node.rating.number"])
    );
    let long = "x".repeat(1_100);
    let told =
        told(&step_of("rating", &format!("text: {long}, metric: m"), &["low", "mid", "high", "no_match"]));
    assert_eq!(told, set(&["/nodes/q/config/text limit.list_body"]));
}

#[test]
fn a_consent_asks_or_knows_and_can_be_read() {
    const BASE: &str = "label: Ofertas, version: \"1\"";
    let of = |config: &str, exits: &[&str]| told(&step_of("consent", &format!("{BASE}, {config}"), exits));
    let asked = ["yes", "no", "no_match"];
    assert!(of("purpose: a, text: ¿Sí?", &asked).is_empty());
    assert!(of("purpose: a, answer: no", &["no"]).is_empty());
    let code = |told: BTreeSet<String>| told.into_iter().next().unwrap();
    assert_eq!(code(of("purpose: a", &asked)), "/nodes/q/config node.consent.no_text");
    assert_eq!(
        code(of("purpose: a, text: x, answer: no", &["no"])),
        "/nodes/q/config/answer node.consent.asks"
    );
    for name in ["mi-lista", "1a"] {
        let told = of(&format!("purpose: {name}, answer: no"), &["no"]);
        assert_eq!(code(told), "/nodes/q/config/purpose node.consent.purpose");
    }
}

/// A circle in which a consent is asked for waits; one in which it is only noted does not.
#[test]
fn a_consent_that_is_not_asked_for_waits_for_nothing() {
    let circle = |config: &str, exits: &str| {
        let yaml = format!(
            "id: f\nname: F\nstart: inicio\nnodes:\n  inicio: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: q }} }}\n  q: {{ kind: consent, config: {{ purpose: a, label: A, version: \"1\", {config} }}, exits: {{ {exits} }} }}\n  otra: {{ kind: decision, config: {{ rules: [{{ id: r, when: contact.consents.a }}] }}, exits: {{ r: fin, else: q }} }}\n  fin: {{ kind: end }}\n"
        );
        told(&yaml).iter().any(|told| told.ends_with("flow.loop_without_wait"))
    };
    assert!(circle("answer: no", "no: otra"));
    assert!(!circle("text: ¿Sí?", "yes: fin, no: otra, no_match: fin"));
}

/// What is said in another language: labels that are translated, and the house's own words.
#[test]
fn ratings_speak_the_language_of_the_customer() {
    let flow = r#"
id: f
name: F
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: tres } }
  tres: { kind: rating, config: { text: ¿Cómo llegó?, scale: 3, labels: [Mal, Regular, Bien], metric: a, save_to: a }, exits: { low: diez, mid: diez, high: diez, no_match: fin } }
  diez: { kind: rating, config: { text: ¿Nos recomendarías?, scale: 10, metric: b }, exits: { low: fin, mid: fin, high: fin, no_match: fin } }
  fin: { kind: end }
translations:
  en:
    tres: { text: How did it arrive?, labels.1: Badly, labels.2: So-so, labels.3: Well }
    diez: { text: Would you recommend us? }
"#;
    let program = Program::read(flow, &catalogue()).unwrap_or_else(|p| panic!("{p:#?}"));
    assert!(program.warnings().is_empty(), "{:#?}", program.warnings());
    let contact = ContactFacts { language: Some("en".to_owned()), ..ContactFacts::default() };
    let facts =
        Facts { contact, window_ends_at: Facts::default().now + Duration::days(1), ..Facts::default() };
    let said = |words: &str| InboundContent::Text { body: words.to_owned() };
    let id: RunId = "00000000000000aa".parse().unwrap();
    let lines = |effects: &[cauce_model::Effect]| effects.iter().map(transcript).collect::<Vec<_>>();
    let (mut run, outcome): (Run, _) = start(&program, id, &facts, Some(&said("hi")));
    assert_eq!(lines(&outcome.effects), ["How did it arrive? [Badly] [So-so] [Well]"]);
    let outcome = step(&program, &mut run, Event::Answer(&said("so-so")), &facts);
    let asks =
        "Would you recommend us?\n\nPlease answer with a number from *0* (the worst) to *10* (the best).";
    assert_eq!(lines(&outcome.effects), ["(Calificación) a 2/3", asks]);
    let outcome = step(&program, &mut run, Event::Answer(&said("12")), &facts);
    assert_eq!(lines(&outcome.effects), ["Please write it with a whole number from 0 to 10."]);
    let outcome = step(&program, &mut run, Event::Answer(&said("0")), &facts);
    assert_eq!(lines(&outcome.effects), ["(Calificación) b 0/10"]);
}
