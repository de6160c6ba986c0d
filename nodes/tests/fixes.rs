//! What a machine can do about a problem takes the problem away, and brings no other error.

use cauce_flows::{Fix, Problem, Program, mend};
use cauce_nodes::catalogue;
use proptest::prelude::*;

fn problems(text: &str) -> Vec<Problem> {
    match Program::read(text, &catalogue()) {
        Ok(program) => program.warnings().to_vec(),
        Err(problems) => problems,
    }
}

/// A flow with nothing wrong, in both styles of YAML.
const GOOD: &str = r#"# El taller
id: taller
name: Taller
start: inicio
variables:
  placa: { label: Placa }
nodes:
  # Por aquí se entra
  inicio: { kind: start, config: { keywords: [taller, cita] }, exits: { next: placa } }
  placa:
    kind: question
    config:
      text: ¿Cuál es la placa?
      save_to: placa
      retries: { max: 1, text: "¿Me la escribes otra vez?" }
      timeout: 2h
    exits:
      ok: servicio
      no_match: asesor
      timeout: fin # nadie contestó
  servicio:
    kind: question
    config:
      text: |
        ¿Qué le hacemos a {{ placa }}?
        Elige uno.
      answer:
        type: buttons
        options:
          - { id: aceite, title: Cambio de aceite }
          - { id: frenos, title: Frenos }
      save_to: servicio
    exits: { aceite: precio, frenos: precio, no_match: asesor }
  precio:
    kind: switch
    config:
      value: servicio
      cases:
        - { id: aceite, values: [aceite] }
        - { id: frenos, values: [frenos] }
    exits: { aceite: cuesta, frenos: cuesta, else: asesor }
  cuesta: { kind: message, config: { text: "Para {{ placa }}: {{ to_upper(servicio) }}." }, exits: { next: elige } }
  elige:
    kind: decision
    config:
      rules:
        - { id: largo, when: placa.len() > 6 }
        - { id: corto, when: servicio == "frenos" }
    exits: { largo: asesor, corto: fin, else: fin }
  asesor: { kind: handoff, config: { queue: taller, text: Ya te atienden. }, exits: { resolved: fin } }
  fin: { kind: end }
layout:
  inicio: { x: 0, y: 0 }
  fin: { x: 300, y: 0 }
"#;

/// Slips: what is written, what is written instead, the code it brings, and whether there is a fix that needs
/// nobody's word.
const SLIPS: &[(&str, &str, &str, bool)] = &[
    ("start: inicio", "start: inico", "flow.no_start", true),
    (
        "kind: question\n    config:\n      text: ¿Cuál",
        "kind: qestion\n    config:\n      text: ¿Cuál",
        "doc.unknown_kind",
        true,
    ),
    ("ok: servicio", "ok: servcio", "flow.exit_to_nowhere", true),
    ("timeout: fin #", "timeut: fin #", "flow.exit_unknown", true),
    ("exits: { aceite: precio,", "exits: { aceites: precio,", "flow.exit_unknown", true),
    ("exits: { aceite: precio, frenos: precio,", "exits: { aceite: precio,", "flow.exit_missing", false),
    (
        "exits:\n      ok: servicio\n      no_match: asesor\n      timeout: fin # nadie contestó\n",
        "exits: { ok: servicio, no_match: asesor }\n",
        "flow.exit_missing",
        false,
    ),
    (", exits: { resolved: fin }", "", "flow.exit_missing", false),
    ("save_to: placa", "sav_to: placa", "doc.unknown_field", true),
    ("config: { keywords:", "confg: { keywords:", "doc.unknown_field", true),
    ("id: taller\n", "id: taller\ncolor: rojo\n", "doc.unknown_field", false),
    ("type: buttons", "type: butons", "doc.wrong_value", true),
    ("a {{ placa }}?", "a {{ plca }}?", "expr.unknown_variable", true),
    ("{{ to_upper(s", "{{ to_uper(s", "expr.unknown_function", true),
    ("{{ placa }}: {{ to_u", "{{ contact.nam }}: {{ to_u", "expr.unknown_field", true),
    ("servicio == \"frenos\"", "servico == \"servico\"", "expr.unknown_variable", true),
    ("keywords: [taller, cita]", "keywords: [taller, cita, Táller]", "node.start.keyword_repeated", true),
    ("id: frenos, values: [frenos]", "id: aceite, values: [frenos]", "node.switch.id_repeated", false),
    ("  fin: { x: 300, y: 0 }", "  fni: { x: 300, y: 0 }", "doc.layout_unknown", true),
    ("  fin: { x: 300, y: 0 }", "  otro_paso: { x: 300, y: 0 }", "doc.layout_unknown", true),
    (
        "  fin: { kind: end }\n",
        "  fin: { kind: end }\n  isla: { kind: message, config: { text: x }, exits: { next: isla2 } }\n  isla2: { kind: wait, config: { for: 1h }, exits: { next: fin } }\n",
        "flow.unreachable",
        false,
    ),
    (
        "exits: { resolved: fin }",
        "exits: { resolved: adios } }\n  adios: { kind: message, config: { text: Adiós. }, exits: { next: fin }",
        "wa.window",
        false,
    ),
    (
        "no_match: asesor\n      timeout: fin",
        "no_match: servicio\n      timeout: fin",
        "var.maybe_unset",
        false,
    ),
    ("values: [frenos]", "values: [freno]", "flow.case_impossible", false),
    ("when: servicio == \"frenos\"", "when: placa.len() > 8", "flow.rule_unreachable", false),
];

fn same(problem: &Problem) -> impl Fn(&&Problem) -> bool {
    |other: &&Problem| (&other.code, &other.path) == (&problem.code, &problem.path)
}

/// Applies a fix, and looks at what became of it.
fn applied(text: &str, problem: &Problem, fix: &Fix) -> Result<String, TestCaseError> {
    let before = problems(text);
    let Some(mended) = mend(text, fix) else {
        return Err(TestCaseError::fail(format!("{} cannot be applied: {fix:#?}\n{text}", problem.code)));
    };
    let after = problems(&mended);
    let count = |problems: &[Problem]| problems.iter().filter(same(problem)).count();
    prop_assert!(count(&after) < count(&before), "«{}» did not help against {problem}\n{mended}", fix.title);
    let known: Vec<&str> = before.iter().map(|problem| problem.code.as_str()).collect();
    for other in after.iter().filter(|problem| problem.is_error()) {
        prop_assert!(known.contains(&other.code.as_str()), "«{}» brought {other}\n{mended}", fix.title);
    }
    Ok(mended)
}

#[test]
fn a_good_flow_has_nothing_to_mend() {
    assert_eq!(problems(GOOD), []);
}

#[test]
fn every_slip_has_its_fixes_and_they_help() {
    for (good, bad, code, safe) in SLIPS {
        assert!(GOOD.contains(good), "{good}");
        let text = GOOD.replacen(good, bad, 1);
        let told = problems(&text);
        let problem = told.iter().find(|problem| problem.code == *code);
        let problem = problem.unwrap_or_else(|| panic!("no {code} with «{bad}»: {told:#?}"));
        assert!(!problem.fixes.is_empty(), "{code} has no fix: {problem:#?}");
        assert_eq!(problem.safe_fix().is_some(), *safe, "{code}: {:#?}", problem.fixes);
        for fix in &problem.fixes {
            let mended = applied(&text, problem, fix).unwrap_or_else(|error| panic!("{error}"));
            assert!(mended.starts_with("# El taller\n"), "«{}» lost the comments:\n{mended}", fix.title);
        }
        if let Some(fix) = problem.safe_fix().filter(|_| good.len() < 30 && !bad.contains("otro_paso")) {
            let back = mend(&text, fix).unwrap();
            let last = back.replace("servicio == \"servico\"", "servicio == \"frenos\"");
            let without =
                |text: &str| text.replace(", Táller", "").replace("contact.name", "placa").replace(' ', "");
            assert_eq!(without(&last), without(GOOD), "{code}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Several slips at once: every fix still helps against its problem, and all that need nobody's word, one
    /// after another, come to an end.
    #[test]
    fn fixes_help_whatever_else_is_wrong(chosen in prop::collection::vec(0..SLIPS.len(), 1..5)) {
        let mut text = GOOD.to_owned();
        for slip in chosen {
            text = text.replacen(SLIPS[slip].0, SLIPS[slip].1, 1);
        }
        let told = problems(&text);
        for problem in &told {
            for fix in &problem.fixes {
                let Some(mended) = mend(&text, fix) else { prop_assert!(false, "{fix:?}"); return Ok(()) };
                let after = problems(&mended);
                let count = |problems: &[Problem]| problems.iter().filter(same(problem)).count();
                // Behind an error there may be others that nobody could see.
                prop_assert!(count(&after) < count(&told), "«{}» did not help against {problem}\n{mended}", fix.title);
            }
        }
        let mut rounds = 0;
        while let Some(fix) = problems(&text).iter().find_map(|problem| problem.safe_fix().cloned()) {
            text = mend(&text, &fix).unwrap_or_default();
            rounds += 1;
            prop_assert!(rounds < 20, "{}\n{text}", fix.title);
        }
    }
}
