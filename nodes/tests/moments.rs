//! Steps that look at the moment: the hours of a calendar, and the window.

use std::sync::Arc;

use cauce_flows::{Facts, Problem, Program, Rehearsal, start};
use cauce_model::{Duration, InboundContent, Timestamp};
use cauce_nodes::catalogue;

/// 2026-11-20, a Friday, 15:40 in UTC.
const NOW: Timestamp = Timestamp(1_795_189_200_000);

fn program(before: &str, step: &str) -> Result<Program, Vec<Problem>> {
    let yaml = format!(
        "id: f
name: F
start: i
nodes:
  i: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: pausa }} }}
  pausa: {before}
  paso:
    {step}
    exits: {{ open: f, closed: f }}
  f: {{ kind: end }}
"
    );
    Program::read(&yaml, &catalogue())
}

/// The exit by which the step is left.
fn taken(step: &str, facts: &Facts) -> String {
    let before = "{ kind: set, config: { variable: a, value: '1' }, exits: { next: paso } }";
    let program = program(before, step).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let (_, outcome) = start(&program, "00000000000000aa".parse().expect("an id"), facts, None);
    let left = outcome.trail.into_iter().find(|visited| visited.node.as_str() == "paso");
    left.and_then(|visited| visited.exit).expect("the step is left")
}

#[test]
fn hours_are_those_of_the_place() {
    let at = |zone: &str| Facts { now: NOW, zone: zone.parse().unwrap(), ..Facts::default() };
    let week = r#"config: { calendar: { week: { fri: ["9:00-16:00"] } } }"#;
    let hours = format!("kind: hours\n    {week}");
    // 10:40, 16:40.
    assert_eq!(taken(&hours, &at("America/Lima")), "open");
    assert_eq!(taken(&hours, &at("Europe/Madrid")), "closed");
    let own = hours.replace("week:", "zone: America/Lima, week:");
    assert_eq!(taken(&own, &at("Europe/Madrid")), "open");
}

#[test]
fn the_window_is_open_until_it_ends() {
    let window = |ends: Timestamp| {
        taken("kind: window", &Facts { now: NOW, window_ends_at: ends, ..Facts::default() })
    };
    assert_eq!(window(NOW + Duration::millis(1)), "open");
    assert_eq!(window(NOW), "closed");
    assert_eq!(taken("kind: window", &Facts { now: NOW, ..Facts::default() }), "closed", "nobody wrote");
}

#[test]
fn a_rehearsal_has_a_window_too() {
    for (pause, exit) in [("23h", "open"), ("24h", "closed")] {
        let before = format!("{{ kind: wait, config: {{ for: {pause} }}, exits: {{ next: paso }} }}");
        let program = program(&before, "kind: window").unwrap_or_else(|problems| panic!("{problems:#?}"));
        let mut rehearsal = Rehearsal::new(Arc::new(program), Facts { now: NOW, ..Facts::default() });
        rehearsal.hear(&InboundContent::Text { body: "hola".to_owned() });
        rehearsal.pass(Duration::hours(25));
        let left = rehearsal.trail().iter().find(|visited| visited.node.as_str() == "paso");
        assert_eq!(left.and_then(|visited| visited.exit.as_deref()), Some(exit), "{pause}");
    }
}

#[test]
fn what_is_wrong_with_a_calendar_is_told_where_it_stands() {
    let step = r#"kind: hours
    config:
      calendar:
        zone: Lima
        week: { mon: ["9:00-25:00", "9:00-18:00"], lun: [] }
        holidays:
          2026-02-30: []
          2026-12-24: { name: Nochebuena, hours: [9-13] }
        versions: [{ from: 2026-7-1, week: {} }]
      horario: {}"#;
    let problems = program("{ kind: goto, exits: { target: paso } }", step).err().expect("it is wrong");
    let places =
        problems.iter().map(|p| format!("{}:{} {}", p.line.unwrap_or(0), p.column.unwrap_or(0), p.code));
    assert_eq!(
        places.collect::<Vec<_>>(),
        [
            "11:15 calendar.bad_zone",
            "12:23 calendar.bad_hours",
            "12:52 doc.unknown_field",
            "14:11 calendar.bad_date",
            "15:51 calendar.bad_hours",
            "16:28 calendar.bad_date",
            "17:7 doc.unknown_field",
        ]
    );
    assert_eq!(problems[1].path.as_deref(), Some("/nodes/paso/config/calendar/week/mon/0"));
    assert_eq!(problems[1].message, "«9:00-25:00» no es un horario: la hora 25:00 no existe.");
    assert!(problems.iter().all(|problem| problem.node.as_ref().is_some_and(|node| node.as_str() == "paso")));
}
