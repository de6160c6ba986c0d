//! The vectors of `reference/inbox.md` §4.1, what holds for every calendar, and what is wrong with some.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::*;
use crate::Places;

const MINUTE: i64 = 60_000;

fn calendar(form: Value) -> Calendar {
    serde_json::from_value(form).unwrap()
}

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

/// A moment as the clocks of a zone show it.
fn at(zone: &Zone, local: &str) -> Timestamp {
    let local: DateTime = local.parse().unwrap();
    Timestamp(zone.rules().to_timestamp(local).unwrap().as_millisecond())
}

fn seconds(form: Value, name: &str, from: &str, to: &str) -> i64 {
    let zone = zone(name);
    let open = calendar(form).schedule(&zone).open_between(at(&zone, from), at(&zone, to));
    assert_eq!(open.0 % 1000, 0);
    open.0 / 1000
}

/// The same hours from one day to another, both counted, 0 being Monday.
fn week(days: std::ops::RangeInclusive<usize>, hours: Value) -> Value {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][days].iter();
    json!({ "week": days.map(|day| (*day, hours.clone())).collect::<BTreeMap<_, _>>() })
}

#[test]
fn a_weekend_does_not_count() {
    let office = week(0..=4, json!(["9:00-18:00"]));
    assert_eq!(seconds(office, "America/Lima", "2026-03-06T17:30", "2026-03-09T09:20"), 3_000);
}

#[test]
fn neither_does_lunch() {
    let split = week(0..=4, json!(["15:00-19:00", "9:00-13:00"]));
    assert_eq!(seconds(split, "America/Mexico_City", "2026-03-10T12:50", "2026-03-10T15:10"), 1_200);
}

#[test]
fn nights_belong_to_the_day_they_begin_on() {
    let nights = week(0..=6, json!(["21:00-02:00"]));
    assert_eq!(seconds(nights, "America/Bogota", "2026-03-06T20:00", "2026-03-07T03:00"), 18_000);
    let friday = json!({
        "week": { "fri": ["21:00-2:00"] },
        "holidays": { "2026-03-07": [] },
        "versions": [{ "from": "2026-03-14", "week": { "fri": ["9:00-10:00"], "sat": ["9:00-10:00"] } }],
    });
    for (from, to, open) in [
        ("2026-03-06T00:00", "2026-03-08T00:00", 18_000),
        ("2026-03-13T00:00", "2026-03-15T00:00", 21_600),
        ("2026-03-20T00:00", "2026-03-22T00:00", 7_200),
    ] {
        assert_eq!(seconds(friday.clone(), "America/Bogota", from, to), open, "{from}");
    }
}

#[test]
fn holidays_close_or_have_hours_of_their_own() {
    let mut office = week(0..=4, json!(["9:00-18:00"]));
    office["holidays"] = json!({ "2026-04-02": [], "2026-04-03": { "name": "Viernes Santo", "hours": [] } });
    assert_eq!(seconds(office.clone(), "America/Lima", "2026-04-01T17:00", "2026-04-06T10:00"), 7_200);
    office["holidays"]["2026-04-05"] = json!(["10:00-10:30"]);
    assert_eq!(seconds(office, "America/Lima", "2026-04-01T17:00", "2026-04-06T10:00"), 9_000);
}

#[test]
fn what_is_always_open_is_open_for_as_long_as_a_day_is() {
    let always = || week(0..=6, json!(["0:00-24:00"]));
    for (name, from, to, open) in [
        ("Europe/Madrid", "2026-03-29T00:00", "2026-03-30T00:00", 82_800),
        ("Europe/Madrid", "2026-10-25T00:00", "2026-10-26T00:00", 90_000),
        ("America/Santiago", "2026-04-04T00:00", "2026-04-05T00:00", 90_000),
        // There is no midnight on this day.
        ("America/Santiago", "2026-09-06T00:00", "2026-09-07T00:00", 82_800),
    ] {
        assert_eq!(seconds(always(), name, from, to), open, "{name} {from}");
        let zone = zone(name);
        let (from, to) = (at(&zone, from), at(&zone, to));
        assert_eq!(to - from, Duration::seconds(open));
        let always = calendar(always());
        assert_eq!(always.schedule(&zone).next_close(from), None);
    }
}

#[test]
fn clocks_that_are_put_forward_and_back_are_told() {
    for (hours, spring, autumn) in [
        ("01:00-04:00", 7_200, 14_400),
        ("02:30-05:00", 7_200, 12_600),
        // An end that is skipped, or comes twice.
        ("01:00-02:30", 3_600, 9_000),
        ("02:15-02:45", 0, 5_400),
    ] {
        let sunday = week(6..=6, json!([hours]));
        let day = |from, to| seconds(sunday.clone(), "Europe/Madrid", from, to);
        assert_eq!(day("2026-03-29T00:00", "2026-03-30T00:00"), spring, "{hours}");
        assert_eq!(day("2026-10-25T00:00", "2026-10-26T00:00"), autumn, "{hours}");
    }
}

#[test]
fn a_calendar_has_the_zone_of_the_place_unless_it_names_one() {
    let (lima, madrid) = (zone("America/Lima"), zone("Europe/Madrid"));
    let mut office = week(0..=4, json!(["9:00-18:00"]));
    let noon = at(&lima, "2026-03-10T12:00");
    assert!(calendar(office.clone()).schedule(&lima).is_open(noon));
    assert!(!calendar(office.clone()).schedule(&madrid).is_open(noon));
    office["zone"] = json!("America/Lima");
    assert!(calendar(office).schedule(&madrid).is_open(noon));
}

#[test]
fn it_opens_and_closes() {
    let lima = zone("America/Lima");
    let office = calendar(week(0..=4, json!(["9:00-13:00", "13:00-18:00"])));
    let office = office.schedule(&lima);
    let at = |local: &str| at(&lima, local);
    let (saturday, monday) = (at("2026-03-07T12:00"), at("2026-03-09T09:00"));
    assert_eq!(office.next_open(saturday), Some(monday));
    assert_eq!(office.next_close(saturday), Some(saturday));
    assert_eq!(office.next_open(monday), Some(monday));
    assert_eq!(office.next_close(monday), Some(at("2026-03-09T18:00")));
    assert!(!office.is_open(at("2026-03-09T18:00")));
    assert_eq!(office.after(saturday, Duration::hours(10)), Some(at("2026-03-10T10:00")));
    assert_eq!(office.after(saturday, Duration::hours(9)), Some(at("2026-03-09T18:00")));
    assert_eq!(office.after(saturday, Duration::ZERO), Some(saturday));
    assert_eq!(office.open_between(monday, saturday), Duration::ZERO);
    let once = calendar(json!({ "week": {}, "holidays": { "2026-12-24": ["9:00-10:00"] } }));
    let once = once.schedule(&lima);
    assert_eq!(once.next_open(saturday), Some(at("2026-12-24T09:00")));
    assert_eq!(once.next_open(at("2026-12-24T10:00")), None);
    assert_eq!(once.after(saturday, Duration::hours(2)), None);
}

#[test]
fn there_is_an_end_to_time() {
    let always = calendar(week(0..=6, json!(["0:00-24:00"])));
    let lima = zone("America/Lima");
    for far in [Timestamp(i64::MAX), Timestamp(i64::MIN)] {
        let schedule = always.schedule(&lima);
        assert!(!schedule.is_open(far));
        assert_eq!(schedule.next_open(far), None);
        assert_eq!(schedule.next_close(far), Some(far));
        assert_eq!(schedule.after(far, Duration::hours(1)), None);
    }
}

/// The places, codes and sentences of what is wrong.
fn wrong(form: Value) -> Vec<(String, String, String)> {
    let mut problems = Vec::new();
    let read = read(&form, "/at", &Places::default(), &mut problems);
    assert_eq!(read.is_none(), !problems.is_empty());
    problems.into_iter().map(|p| (p.path.unwrap(), p.code, p.message)).collect()
}

#[test]
fn hours_that_are_none_say_why() {
    for (hours, why) in [
        ("9:00-25:00", "la hora 25:00 no existe"),
        ("9:60-10:00", "la hora 9:60 no existe"),
        ("9:00-24:01", "la hora 24:01 no existe"),
        ("9-18", "«9» no es una hora con sus minutos"),
        ("9:00 a 18:00", "falta el guion entre las dos horas, como en 9:00-18:00"),
        ("9:00-", "falta una de las dos horas"),
        ("24:00-2:00", "no se puede abrir a las 24:00, que son las 0:00 del día siguiente"),
        ("9:00-13:00-18:00", "«13:00-18:00» no es una hora con sus minutos"),
        ("+9:00-18:00", "«+9:00» no es una hora con sus minutos"),
        ("009:00-18:00", "«009:00» no es una hora con sus minutos"),
        ("", "falta el guion entre las dos horas, como en 9:00-18:00"),
    ] {
        let message = format!("«{hours}» no es un horario: {why}.");
        let expected = ("/at/week/mon/0".to_owned(), "calendar.bad_hours".to_owned(), message);
        assert_eq!(wrong(json!({ "week": { "mon": [hours] } })), [expected]);
    }
}

#[test]
fn everything_else_that_is_wrong_has_its_place() {
    let many = |count: usize, of: Value| vec![of; count];
    for (form, expected) in [
        (json!("9:00-18:00"), vec![("/at", "doc.wrong_type")]),
        (json!({}), vec![("/at", "doc.missing_field")]),
        (json!({ "week": {} }), vec![("/at/week", "calendar.never_open")]),
        (json!({ "week": { "lun": ["9:00-18:00"] } }), vec![("/at/week/lun", "doc.unknown_field")]),
        (
            json!({ "week": { "mon": "9:00-18:00", "tue": [9] } }),
            vec![("/at/week/mon", "doc.wrong_type"), ("/at/week/tue/0", "doc.wrong_type")],
        ),
        (
            json!({ "zone": "Lima", "week": { "mon": null } }),
            vec![("/at/zone", "calendar.bad_zone"), ("/at/week/mon", "doc.wrong_type")],
        ),
        (
            json!({ "zone": -5, "week": { "mon": many(13, json!("9:00-10:00")) }, "feriados": {} }),
            vec![
                ("/at/feriados", "doc.unknown_field"),
                ("/at/zone", "doc.wrong_type"),
                ("/at/week/mon", "limit.calendar"),
            ],
        ),
        (
            json!({ "week": { "mon": ["9:00-10:00"] }, "holidays": {
                "2026-02-30": [], "25/12/2026": [], "20261225": ["9:00"], "2026-12-25": { "nombre": "Navidad" },
                "2026-12-26": { "name": "N".repeat(61) }, "2026-12-27": null,
            } }),
            vec![
                ("/at/holidays/2026-02-30", "calendar.bad_date"),
                ("/at/holidays/25~112~12026", "calendar.bad_date"),
                ("/at/holidays/20261225/0", "calendar.bad_hours"),
                ("/at/holidays/20261225", "calendar.bad_date"),
                ("/at/holidays/2026-12-25/nombre", "doc.unknown_field"),
                ("/at/holidays/2026-12-26/name", "limit.calendar"),
                ("/at/holidays/2026-12-27", "doc.wrong_type"),
            ],
        ),
        (
            json!({ "week": { "mon": ["9:00-10:00"] }, "versions": [
                { "from": "2026-07-01", "week": {} },
                { "from": "2026-07-01", "week": { "mon": [] } },
                { "from": "2026-7-2", "week": {} },
                { "from": 2026 },
                { "week": {} },
                [],
            ] }),
            vec![
                ("/at/versions/1/from", "calendar.version_repeated"),
                ("/at/versions/2/from", "calendar.bad_date"),
                ("/at/versions/3", "doc.missing_field"),
                ("/at/versions/3/from", "doc.wrong_type"),
                ("/at/versions/4", "doc.missing_field"),
                ("/at/versions/5", "doc.wrong_type"),
            ],
        ),
    ] {
        let told = format!("{form}");
        assert!(serde_json::from_value::<Calendar>(form.clone()).is_err(), "{told}");
        let wrong = wrong(form);
        let mut found: Vec<(&str, &str)> =
            wrong.iter().map(|(at, code, _)| (at.as_str(), code.as_str())).collect();
        let mut expected = expected;
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{told}");
    }
}

#[test]
fn an_error_names_its_place_outside_of_flows_too() {
    let read = serde_json::from_value::<Calendar>(json!({ "week": { "mon": ["9:00-25:00"] } }));
    assert_eq!(
        read.unwrap_err().to_string(),
        "/week/mon/0 «9:00-25:00» no es un horario: la hora 25:00 no existe."
    );
}

#[test]
fn it_is_written_in_one_way() {
    let form = json!({
        "zone": "america/lima",
        "week": { "sun": ["00:00-0:00"], "mon": ["15:00 - 19:00", "09:00-13:00"], "fri": ["21:00-02:00"], "tue": [] },
        "holidays": { "2026-12-25": { "hours": [] }, "2026-04-02": { "name": "Jueves Santo" } },
        "versions": [{ "from": "2027-01-01", "week": {} }, { "from": "2026-07-01", "week": { "mon": ["9:00-9:00"] } }],
    });
    let written = json!({
        "zone": "America/Lima",
        "week": { "mon": ["9:00-13:00", "15:00-19:00"], "fri": ["21:00-2:00"], "sun": ["0:00-24:00"] },
        "holidays": { "2026-04-02": { "name": "Jueves Santo", "hours": [] }, "2026-12-25": [] },
        "versions": [{ "from": "2026-07-01", "week": { "mon": ["9:00-9:00"] } }, { "from": "2027-01-01", "week": {} }],
    });
    let calendar = calendar(form);
    assert_eq!(serde_json::to_value(&calendar).unwrap(), written);
    let packed = rmp_serde::to_vec_named(&calendar).unwrap();
    assert_eq!(rmp_serde::from_slice::<Calendar>(&packed).unwrap(), calendar);
    assert_eq!(
        calendar.words(),
        [
            "Lunes 9:00-13:00, 15:00-19:00",
            "Viernes 21:00-2:00",
            "Domingo 0:00-24:00",
            "Otra semana desde el 1/7/2026",
            "Otra semana desde el 1/1/2027",
            "2 feriados",
        ]
    );
}

#[test]
fn days_that_are_alike_are_told_together() {
    let words = |form| calendar(form).words();
    assert_eq!(words(week(0..=4, json!(["9:00-18:00"]))), ["Lunes a viernes 9:00-18:00"]);
    assert_eq!(words(week(5..=6, json!(["9:00-13:00"]))), ["Sábado y domingo 9:00-13:00"]);
    assert_eq!(words(week(0..=6, json!(["0:00-24:00"]))), ["Todos los días 0:00-24:00"]);
}

/// Hours in quarters of an hour.
fn hours() -> impl Strategy<Value = Vec<String>> {
    let clock = |quarter: i64| format!("{}:{:02}", quarter / 4, quarter % 4 * 15);
    let one = (0_i64..96, 0_i64..=96).prop_map(move |(from, to)| format!("{}-{}", clock(from), clock(to)));
    let common = select(vec![
        "9:00-18:00",
        "0:00-24:00",
        "21:00-2:00",
        "1:45-2:15",
        "1:00-2:30",
        "22:00-23:30",
        "23:30-0:30",
    ]);
    prop::collection::vec(prop_oneof![one, common.prop_map(str::to_owned)], 0..3)
}

fn any_week() -> impl Strategy<Value = Value> {
    prop::collection::vec(hours(), 7).prop_map(|days| {
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        json!(names.into_iter().zip(days).collect::<BTreeMap<_, _>>())
    })
}

/// A place whose clocks change in their own way, or never.
fn place() -> impl Strategy<Value = Zone> {
    let names = vec![
        "America/Lima",
        "Europe/Madrid",
        "America/Santiago",
        "America/Tijuana",
        "America/Havana",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Asia/Kathmandu",
    ];
    select(names).prop_map(zone)
}

/// The moment at which the clocks of a place change next in 2026, or the year's middle.
fn change(place: &Zone, after: &str) -> Timestamp {
    let after = after.parse().unwrap();
    let next = place.rules().following(after).next().map_or(after, |change| change.timestamp());
    Timestamp(next.as_millisecond())
}

#[derive(Debug, Clone)]
struct Case {
    calendar: Calendar,
    place: Zone,
    /// Near a change of the clocks, on a quarter of an hour.
    near: Timestamp,
}

fn case() -> impl Strategy<Value = Case> {
    let holidays = prop::collection::vec((-3_i64..4, hours()), 0..3);
    let versions = prop::collection::vec((-3_i64..4, any_week()), 0..2);
    let quarters = prop_oneof![-10_i64..10, -200_i64..200];
    let when = (place(), select(vec!["2026-01-01T00:00Z", "2026-08-01T00:00Z"]), quarters);
    (any_week(), holidays, versions, when).prop_filter_map(
        "never open",
        |(week, holidays, versions, when)| {
            let (place, after, quarters) = when;
            let change = change(&place, after);
            let today = jiff::Timestamp::from_millisecond(change.0).unwrap();
            let today: Date = place.rules().to_datetime(today).date();
            let day = |days: i64| (today + jiff::Span::new().days(days)).to_string();
            let holidays: BTreeMap<_, _> =
                holidays.into_iter().map(|(days, hours)| (day(days), hours)).collect();
            let versions: BTreeMap<_, _> =
                versions.into_iter().map(|(days, week)| (day(days), week)).collect();
            let versions: Vec<Value> =
                versions.into_iter().map(|(from, week)| json!({ "from": from, "week": week })).collect();
            let form = json!({ "week": week, "holidays": holidays, "versions": versions });
            let near = change + Duration::minutes(quarters * 15);
            let calendar = serde_json::from_value(form).ok()?;
            Some(Case { calendar, place, near })
        },
    )
}

/// Whether it is open at a moment, found by looking at the clocks every quarter of an hour for days.
fn seen_open(case: &Case, at: Timestamp) -> bool {
    let shown =
        |at: Timestamp| case.place.rules().to_datetime(jiff::Timestamp::from_millisecond(at.0).unwrap());
    let clocks: Vec<(Timestamp, DateTime)> =
        (-400..400).map(|n| at + Duration::minutes(n * 15)).map(|at| (at, shown(at))).collect();
    let reached = |local: DateTime| clocks.iter().find(|(_, shown)| *shown >= local).map(|(at, _)| *at);
    let last = |local: DateTime| clocks.iter().rfind(|(_, shown)| *shown == local).map(|(at, _)| *at);
    let today = shown(at).date();
    (-2..=1).map(|days| today + jiff::Span::new().days(days)).any(|day| {
        let local = |minute: u16| day.at(0, 0, 0, 0) + jiff::Span::new().minutes(i64::from(minute));
        case.calendar.day(day).iter().any(|hours| {
            let start = reached(local(hours.start)).unwrap();
            let end = local(hours.end);
            start <= at && at < last(end).or_else(|| reached(end)).unwrap()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_is_open_when_the_clocks_say_so(case in case(), within in 0..15 * MINUTE) {
        let at = case.near;
        let open = seen_open(&case, at);
        let schedule = case.calendar.schedule(&case.place);
        prop_assert_eq!(schedule.is_open(at), open);
        prop_assert_eq!(schedule.is_open(at + Duration(within)), open, "all begins and ends on the quarters");
    }

    #[test]
    fn open_time_adds_up(case in case(), b in 0..20 * 1440 * MINUTE, c in 0..20 * 1440 * MINUTE) {
        let schedule = case.calendar.schedule(&case.place);
        let a = case.near;
        let (b, c) = (a + Duration(b.min(c)), a + Duration(b.max(c)));
        let whole = schedule.open_between(a, c);
        prop_assert_eq!(whole.0, schedule.open_between(a, b).0 + schedule.open_between(b, c).0);
        prop_assert!(Duration::ZERO <= whole && whole <= c - a);
        prop_assert_eq!(schedule.open_between(c, a), Duration::ZERO);
    }

    #[test]
    fn all_answers_agree(case in case(), away in -3 * 1440 * MINUTE..3 * 1440 * MINUTE, open in 1..30 * 60 * MINUTE) {
        let schedule = case.calendar.schedule(&case.place);
        for at in [case.near, case.near + Duration(away)] {
            prop_assert_eq!(schedule.is_open(at), schedule.open_between(at, at + Duration(1)) == Duration(1));
            let until = at + HORIZON;
            match schedule.next_open(at) {
                Some(opens) => {
                    prop_assert!(schedule.is_open(opens));
                    prop_assert_eq!(schedule.open_between(at, opens), Duration::ZERO);
                }
                None => prop_assert_eq!(schedule.open_between(at, until), Duration::ZERO),
            }
            match schedule.next_close(at) {
                Some(closes) => {
                    prop_assert!(!schedule.is_open(closes));
                    prop_assert_eq!(schedule.open_between(at, closes), closes - at);
                }
                None => prop_assert_eq!(schedule.open_between(at, until), HORIZON),
            }
            match schedule.after(at, Duration(open)) {
                Some(over) => {
                    prop_assert_eq!(schedule.open_between(at, over), Duration(open));
                    prop_assert!(schedule.is_open(over - Duration(1)));
                }
                None => prop_assert!(schedule.open_between(at, until) < Duration(open)),
            }
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same(case in case()) {
        let written = serde_json::to_value(&case.calendar).unwrap();
        prop_assert_eq!(serde_json::from_value::<Calendar>(written).unwrap(), case.calendar);
    }
}
