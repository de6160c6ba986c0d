//! `wait`: lets time pass: a while, until a moment, or until somebody is there. What the customer writes
//! meanwhile changes nothing.

use cauce_flows::calendar::Calendar;
use cauce_flows::fields::{Expression, Period};
use cauce_flows::reading::{self, Time};
use cauce_flows::scenario::{Probe, Seen};
use cauce_flows::{
    After, Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Resume, Role, Step,
    Turn, WaitKind,
};
use cauce_model::{Duration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Config of `wait`: `for`, or `opens`, or `until` and `at` or one of them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Esperar", extend("minProperties" = 1))]
pub struct Wait {
    /// How long.
    #[serde(rename = "for", default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Cuánto")]
    #[schemars(extend("x-help" = "Por ejemplo 30s, 15m, 2h o 3d."))]
    pub period: Option<Period>,
    /// Until which day, or day and hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Hasta el día")]
    #[schemars(extend("x-help" = "Un dato con un día, o con un día y una hora: fecha_cita"))]
    pub until: Option<Expression>,
    /// Until which hour: of that day, else the next time that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Hasta la hora", length(min = 1, max = 20))]
    #[schemars(extend("x-help" = "Por ejemplo 9:00. Sin un día, la próxima vez que sea esa hora."))]
    pub at: Option<String>,
    /// How long before that moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Cuánto antes")]
    #[schemars(extend("x-help" = "Para recordar con tiempo: 1d antes de la cita."))]
    pub before: Option<Period>,
    /// Until somebody is there, by these days and hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Hasta que abra")]
    #[schemars(extend("x-help" = "El horario de atención. Si ya está abierto, sigue enseguida."))]
    pub opens: Option<Calendar>,
}

impl Wait {
    fn hour(&self) -> Option<Time> {
        self.at.as_deref().and_then(reading::time)
    }

    /// The moment until which it waits.
    fn moment(&self, cx: &Context<'_>) -> Result<Option<Timestamp>, Failure> {
        let place = cx.facts().place();
        let moment = match (&self.until, self.hour()) {
            (None, hour) => hour.and_then(|hour| place.next(hour)),
            (Some(until), hour) => {
                let value = cx.value(until)?;
                let text = value.as_str().unwrap_or_default();
                let written = reading::date_time(text, &place);
                let day = written.map(|(day, _)| day).or_else(|| reading::date(text, &place));
                let hour = hour.or(written.map(|(_, hour)| hour));
                match (value, day, hour) {
                    // Who knows no day waits for none.
                    (Value::Null, ..) => None,
                    (_, Some(day), Some(hour)) => place.at(day, hour),
                    _ => {
                        let source = until.source();
                        let text =
                            format!("«{source}» no dio un día con su hora: no se sabe hasta cuándo esperar.");
                        return Err(Failure::new("node.wait.no_moment", text));
                    }
                }
            }
        };
        let before = self.before.map_or(Duration::ZERO, Period::duration);
        Ok(moment.map(|moment| Timestamp(moment.millis() - before.0)))
    }
}

impl Behaviour for Wait {
    fn exits(&self) -> Vec<Exit> {
        let after = self.period.map_or(After::AnyTime, |period| After::Time(period.duration()));
        vec![Exit::next().after(after)]
    }

    fn check(&self, check: &mut Check<'_>) {
        let moment = self.until.is_some() || self.at.is_some();
        let ways = [self.period.is_some(), moment, self.opens.is_some()];
        if ways.into_iter().filter(|way| *way).count() != 1 {
            check.error(
                "",
                "node.wait.one_way",
                "No se sabe hasta cuándo esperar.",
                "Usa solo uno: «for» (un tiempo), «until» y «at» (un momento) u «opens» (un horario).",
            );
        }
        if self.before.is_some() && self.until.is_none() {
            check.error(
                "/before",
                "node.wait.before_what",
                "«before» necesita un día del cual restar.",
                "Agrega «until», o quita «before».",
            );
        }
        if self.at.is_some() && self.hour().is_none() {
            let at = self.at.as_deref().unwrap_or_default();
            let message = format!("«{at}» no es una hora.");
            check.error("/at", "node.wait.bad_hour", message, "Escríbela así: 9:00 o 18:30.");
        }
    }

    fn summary(&self) -> Vec<String> {
        let period = self.period.map(Period::words);
        let before = self.before.map(|before| format!("{} antes", before.words()));
        let until = self.until.as_ref().map(|until| format!("Hasta: {}", until.source()));
        let at = self.at.as_ref().map(|at| format!("A las {at}"));
        let opens = self.opens.iter().flat_map(Calendar::words);
        period.into_iter().chain(before).chain(until).chain(at).chain(opens).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        if let Some(period) = self.period {
            return Ok(Step::Wait(WaitKind::Delay, Some(period.duration())));
        }
        let (now, zone) = (cx.facts().now, cx.facts().zone.clone());
        let moment = match &self.opens {
            Some(calendar) => calendar.schedule(&zone).next_open(now),
            None => self.moment(cx)?,
        };
        Ok(moment.filter(|moment| *moment > now).map_or_else(|| Step::go("next"), Step::WaitUntil))
    }

    fn resume(&self, _: &mut Context<'_>, _: Resume<'_>) -> Result<Step, Failure> {
        Ok(Step::go("next"))
    }

    fn probes(&self, seen: &Seen<'_>) -> Vec<Probe> {
        let facts = seen.facts();
        let hours = self.opens.as_ref().map(|opens| opens.schedule(&facts.zone));
        let moments = hours.map(|hours| [hours.next_open(facts.now), hours.next_close(facts.now)]);
        moments.into_iter().flatten().flatten().map(Probe::Moment).collect()
    }
}

impl NodeKind for Wait {
    const META: Meta = Meta {
        kind: "wait",
        v: 1,
        name: "Esperar",
        description: "Deja pasar un tiempo, o espera a un momento, y sigue.",
        group: "Lógica",
        icon: "hourglass",
        color: "amber",
        role: Role::Step,
        waits: true,
    };

    fn examples() -> Vec<Example> {
        vec![
            Example {
                title: "Espera diez minutos, se escriba o no",
                flow: r#"
id: recordatorio
name: Recordatorio
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso: { kind: wait, config: { for: 10m }, exits: { next: fin } }
  fin: { kind: end, config: { text: ¿Seguimos? } }
"#,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &[]),
                    Turn::stays(Happens::Writes("¿hay alguien?"), &[]),
                    Turn::leaves(Happens::TimePasses, &["¿Seguimos?"], "next"),
                ],
            },
            Example {
                title: "Un día antes de la cita, a las 9",
                flow: r#"
id: cita
name: Cita
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: cuando } }
  cuando: { kind: question, config: { text: ¿Qué día vienes?, answer: { type: date }, save_to: dia }, exits: { ok: paso, no_match: fin } }
  paso: { kind: wait, config: { until: dia, at: "9:00", before: 1d }, exits: { next: ventana } }
  ventana: { kind: window, exits: { open: aviso, closed: fin } }
  aviso: { kind: end, config: { text: ¡Te esperamos mañana! } }
  fin: { kind: end }
"#,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["¿Qué día vienes?"]),
                    Turn::stays(Happens::Writes("el domingo"), &[]),
                    Turn::leaves(Happens::TimePasses, &["¡Te esperamos mañana!"], "next"),
                ],
            },
            Example {
                title: "Un viernes a las 10 espera a que abra a las 3 de la tarde",
                flow: r#"
id: abre
name: Abre
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: wait
    config: { opens: { zone: America/Lima, week: { fri: ["15:00-19:00"] } } }
    exits: { next: ventana }
  ventana: { kind: window, exits: { open: aviso, closed: fin } }
  aviso: { kind: end, config: { text: Ya abrimos. } }
  fin: { kind: end }
"#,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &[]),
                    Turn::leaves(Happens::TimePasses, &["Ya abrimos."], "next"),
                ],
            },
        ]
    }
}
