//! Flows beside one another: what each of them does not know of the others.

use cauce_flows::{Known, Problem, Program, Severity, check_together, mend};
use cauce_model::QueueId;
use cauce_nodes::catalogue;

fn text(id: &str, start: &str, then: &str) -> String {
    format!(
        "id: {id}\nname: F\nstart: inicio\nnodes:\n  inicio: {{ {start}, exits: {{ next: paso }} }}\n  paso: {{ {then} }}\n  fin: {{ kind: end }}\n"
    )
}

fn flow(id: &str, start: &str, then: &str) -> Program {
    Program::read(&text(id, start, then), &catalogue()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn by_words(id: &str, words: &str) -> Program {
    flow(id, &format!("kind: start, config: {{ keywords: [{words}] }}"), SAYS)
}

const SAYS: &str = "kind: message, config: { text: Hola. }, exits: { next: fin }";
const ANY: &str = "kind: start, config: { any_message: true }";

/// `code path` of what each has beside the others.
fn codes(flows: &[&Program], known: Known<'_>) -> Vec<Vec<String>> {
    let told = check_together(flows, known);
    let code = |problem: &Problem| {
        assert!(
            !problem.message.is_empty() && !problem.help.is_empty() && problem.line.is_some(),
            "{problem:?}"
        );
        format!("{} {}", problem.code, problem.path.as_deref().unwrap_or_default())
    };
    told.iter().map(|problems| problems.iter().map(code).collect()).collect()
}

#[test]
fn one_word_starts_one_flow() {
    let (a, b) = (by_words("a", "hola, Información"), by_words("b", "precio, INFORMACION!"));
    let taken = "flow.keyword_taken /nodes/inicio/config/keywords/1".to_owned();
    assert_eq!(codes(&[&a, &b], Known::default()), [vec![taken.clone()], vec![taken]]);
    let problem = &check_together(&[&a, &b], Known::default())[0][0];
    assert!(problem.is_error() && problem.message.contains("«b»"), "{problem}");
    let mended =
        mend(&text("a", "kind: start, config: { keywords: [hola, Información] }", SAYS), &problem.fixes[0]);
    let mended =
        Program::read(&mended.unwrap(), &catalogue()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(codes(&[&mended, &b], Known::default()), [vec![], Vec::<String>::new()]);

    let longer = by_words("c", "hola precio");
    assert_eq!(
        codes(&[&a, &longer], Known::default()),
        [vec![], Vec::<String>::new()],
        "the longer one wins"
    );
    let only = by_words("d", "hola");
    assert!(
        check_together(&[&only, &a], Known::default())[0][0].fixes.is_empty(),
        "it would never start again"
    );
}

#[test]
fn any_message_starts_one_flow_and_ids_are_of_one() {
    let (a, b) = (flow("a", ANY, SAYS), flow("b", ANY, SAYS));
    let told = codes(&[&a, &b, &by_words("c", "hola")], Known::default());
    let taken = vec!["flow.any_message_taken /nodes/inicio".to_owned()];
    assert_eq!(told, [taken.clone(), taken, vec![]]);
    let told = codes(&[&by_words("a", "x"), &by_words("a", "y")], Known::default());
    assert_eq!(told, [vec!["flow.id_taken /id"], vec!["flow.id_taken /id"]]);
    assert_eq!(codes(&[&a], Known::default()), [Vec::<String>::new()]);
}

#[test]
fn a_flow_that_nothing_starts_is_called_by_another() {
    const CALLED: &str = "kind: start, config: { called: true }";
    let calls = "kind: call, config: { flow: cobro }, exits: { next: fin, failed: fin }";
    let caller = flow("a", ANY, calls);
    let cobro = flow("cobro", CALLED, SAYS);
    assert_eq!(codes(&[&caller, &cobro], Known::default()), [vec![], Vec::<String>::new()]);
    assert_eq!(codes(&[&cobro], Known::default()), [Vec::<String>::new()], "of one alone nobody knows");
    let lost = flow("cobros", CALLED, SAYS);
    let told = check_together(&[&caller, &lost], Known::default());
    assert_eq!(told[0], []);
    assert_eq!((told[1][0].code.as_str(), told[1][0].severity), ("flow.unused", Severity::Warning));
}

#[test]
fn a_priority_says_which_of_two_comes_first() {
    let of = |id: &str, config: &str| flow(id, &format!("kind: start, config: {{ {config} }}"), SAYS);
    let (a, b) = (
        of("a", "keywords: [hola], any_message: true"),
        of("b", "keywords: [hola], any_message: true, priority: 5"),
    );
    assert_eq!(codes(&[&a, &b], Known::default()), [vec![], Vec::<String>::new()]);
    let (a, b) = (of("a", "links: [promo]"), of("b", "links: [PROMO, otro]"));
    let taken = vec!["flow.link_taken /nodes/inicio/config/links/0".to_owned()];
    assert_eq!(codes(&[&a, &b], Known::default()), [taken.clone(), taken]);
}

#[test]
fn queues_are_asked_about_when_they_are_known() {
    let flow = flow("a", ANY, "kind: handoff, config: { queue: vetnas }, exits: { resolved: fin }");
    assert_eq!(codes(&[&flow], Known::default()), [Vec::<String>::new()]);
    let queues: Vec<QueueId> = ["ventas", "soporte"].map(|id| id.parse().unwrap()).to_vec();
    let told = check_together(&[&flow], Known { queues: Some(&queues) });
    assert_eq!(told[0][0].code, "flow.missing_queue");
    assert_eq!(told[0][0].path.as_deref(), Some("/nodes/paso/config/queue"));
    assert_eq!(told[0][0].safe_fix().unwrap().title, "Cambiarlo por «ventas»");
    let queues: Vec<QueueId> = vec!["vetnas".parse().unwrap()];
    assert_eq!(codes(&[&flow], Known { queues: Some(&queues) }), [Vec::<String>::new()]);
}
