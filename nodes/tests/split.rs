//! A split whose weights are changed moves only those near a border.

#![allow(clippy::unwrap_used, reason = "tests")]

use cauce_flows::{ContactFacts, Facts, Program, start};
use cauce_nodes::catalogue;

/// The ways that five hundred customers take through arms of these weights.
fn ways(weights: &[u32]) -> Vec<usize> {
    let arms: Vec<String> = weights
        .iter()
        .enumerate()
        .map(|(i, w)| format!("{{ id: a{i}, title: A{i}, weight: {w} }}"))
        .collect();
    let exits: Vec<String> = (0..weights.len()).map(|i| format!("a{i}: fin")).collect();
    let flow = format!(
        "id: prueba
name: Prueba
start: inicio
nodes:
  inicio: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: reparte }} }}
  reparte: {{ kind: split, config: {{ arms: [{}] }}, exits: {{ {} }} }}
  fin: {{ kind: end }}
",
        arms.join(", "),
        exits.join(", ")
    );
    let program = Program::read(&flow, &catalogue()).unwrap();
    let way = |n: usize| {
        let contact = ContactFacts { id: format!("cliente-{n}"), ..ContactFacts::default() };
        let facts = Facts { contact, ..Facts::default() };
        let (_, outcome) = start(&program, "00000000000000aa".parse().unwrap(), &facts, None);
        let exit = outcome.trail[1].exit.as_deref().unwrap();
        exit.trim_start_matches('a').parse().unwrap()
    };
    (0..500).map(way).collect()
}

#[test]
fn the_same_shares_in_other_numbers_move_nobody() {
    assert_eq!(ways(&[1, 1]), ways(&[50, 50]));
    assert_eq!(ways(&[9, 1]), ways(&[90, 10]));
    assert_eq!(ways(&[6, 3, 1]), ways(&[60, 30, 10]));
}

#[test]
fn a_larger_share_moves_only_those_who_come_into_it() {
    let (before, after) = (ways(&[50, 50]), ways(&[6, 4]));
    assert!(
        before.iter().zip(&after).all(|(before, after)| after <= before),
        "nobody leaves the arm that grew"
    );
    let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    // A tenth of 500, five standard deviations to either side.
    assert!((17..=83).contains(&moved), "{moved}");
}
