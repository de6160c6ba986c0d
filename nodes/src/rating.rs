//! `rating`: asks how good something was (CSAT), or how probable it is to be recommended (NPS), and keeps the mark.

use std::ops::RangeInclusive;

use cauce_flows::fields::{Key, Name, Period, Template};
use cauce_flows::scenario::{Probe, Seen};
use cauce_flows::{
    After, Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Resume, Role, Step,
    Turn, WaitKind, Write, limits, reading,
};
use cauce_model::InboundContent;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::answers::{self, Answer, Choice, Numbers, Retries};

/// Config of `rating`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Calificación")]
pub struct Rating {
    /// What is asked.
    #[schemars(title = "Texto")]
    #[schemars(extend("x-help" = "La pregunta, por ejemplo: ¿Cómo estuvo la atención?"))]
    #[schemars(extend("maxLength" = limits::TEXT_BODY, "x-limit" = "limit.text_body", "x-i18n" = true))]
    pub text: Template,
    /// Which marks there are.
    #[serde(default)]
    #[schemars(title = "Escala")]
    #[schemars(extend("x-help" = "Con 3 y 5 se califica desde 1; con 10, de 0 a 10 como en el NPS. Se sale por «low», «mid» o «high»: 1, 2, 3 · 1 y 2, 3, 4 y 5 · 0 a 6, 7 y 8, 9 y 10."))]
    pub scale: Scale,
    /// What the marks mean.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Etiquetas", schema_with = "labels")]
    #[schemars(extend("x-help" = "De la peor a la mejor: una por nota, o con la escala de 10 las de los dos extremos. Sin ellas se muestran estrellas."))]
    pub labels: Vec<String>,
    /// Under which name it is measured.
    #[schemars(title = "Métrica")]
    #[schemars(extend("x-help" = "Su nombre en los reportes, por ejemplo: atencion o nps."))]
    pub metric: Key,
    /// Where the mark is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Guardar en")]
    #[schemars(extend("x-help" = "Nombre del dato donde queda la nota, un número."))]
    pub save_to: Option<Name>,
    /// How to ask again when the answer is no mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Reintentos")]
    pub retries: Option<Retries>,
    /// How long to wait for an answer; for ever when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Tiempo de espera")]
    #[schemars(extend("x-help" = "Por ejemplo 30m o 2h. Al pasar, se sale por «timeout»."))]
    pub timeout: Option<Period>,
}

fn labels(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": 5,
        "items": { "type": "string", "minLength": 1, "maxLength": limits::MENU_LINE, "x-i18n": true },
    })
}

/// The marks of a rating, named by the best.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Scale {
    /// From 1 to 3.
    Three,
    /// From 1 to 5.
    #[default]
    Five,
    /// From 0 to 10, as in the Net Promoter Score.
    Ten,
}

impl TryFrom<u8> for Scale {
    type Error = String;
    fn try_from(best: u8) -> Result<Self, String> {
        let mut scales = [Self::Three, Self::Five, Self::Ten].into_iter();
        scales.find(|scale| scale.best() == best).ok_or_else(|| format!("no scale ends with {best}"))
    }
}

impl From<Scale> for u8 {
    fn from(scale: Scale) -> u8 {
        scale.best()
    }
}

impl JsonSchema for Scale {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scale".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "enum": [3, 5, 10] })
    }
}

impl Scale {
    fn best(self) -> u8 {
        match self {
            Self::Three => 3,
            Self::Five => 5,
            Self::Ten => 10,
        }
    }

    fn marks(self) -> RangeInclusive<u8> {
        u8::from(self != Self::Ten)..=self.best()
    }

    /// The exits, each with its label and the marks that lead there. Those of 10 are the detractors, passives and
    /// promoters of the Net Promoter Score.
    fn levels(self) -> [(&'static str, &'static str, RangeInclusive<u8>); 3] {
        let [low, mid] = match self {
            Self::Three => [1, 2],
            Self::Five => [2, 3],
            Self::Ten => [6, 8],
        };
        [
            ("low", "Nota baja", *self.marks().start()..=low),
            ("mid", "Nota media", low + 1..=mid),
            ("high", "Nota alta", mid + 1..=self.best()),
        ]
    }

    fn level(self, mark: u8) -> &'static str {
        let [low, mid, high] = self.levels();
        [&low, &mid].into_iter().find(|(.., marks)| marks.contains(&mark)).unwrap_or(&high).0
    }

    /// How many labels there are, when there are any.
    fn labels(self) -> usize {
        if self == Self::Ten { 2 } else { usize::from(self.best()) }
    }
}

impl Rating {
    /// How it is asked: few marks are options, many a number.
    fn answer(&self) -> Answer {
        let marks = self.scale.marks();
        if self.scale == Scale::Ten {
            let [min, max] = [marks.start(), marks.end()].map(|mark| Some(f64::from(*mark)));
            return Answer::Number(Numbers { min, max, integer: true });
        }
        let option = |(nth, mark): (usize, u8)| Choice {
            id: Key(mark.to_string()),
            title: self.labels.get(nth).cloned().unwrap_or_else(|| "⭐".repeat(mark.into())),
            description: None,
            synonyms: Vec::new(),
            value: None,
        };
        Answer::Choice { button: None, options: marks.enumerate().map(option).collect() }
    }

    fn ask(&self, cx: &mut Context<'_>, answer: &Answer, body: String) -> Result<Step, Failure> {
        let content = answer.content(cx, body);
        cx.say(content)?;
        Ok(Step::Wait(WaitKind::Answer, self.timeout.map(Period::duration)))
    }

    fn mark(&self, cx: &Context<'_>, answer: &Answer, said: &InboundContent) -> Option<u8> {
        let chosen = match answer {
            Answer::Choice { .. } => answer.accept(cx, said).and_then(|accepted| accepted.exit.parse().ok()),
            _ => None,
        };
        chosen.or_else(|| reading::rating(said.text()?, &self.scale.marks()))
    }
}

impl Behaviour for Rating {
    fn exits(&self) -> Vec<Exit> {
        let timeout = self.timeout.map(|timeout| Exit::timeout(timeout.duration()));
        let level = |(key, name, marks): (&str, &str, RangeInclusive<u8>)| {
            let marks = match (marks.start(), marks.end()) {
                (from, to) if from == to => from.to_string(),
                (from, to) if from + 1 == *to => format!("{from} y {to}"),
                (from, to) => format!("{from} a {to}"),
            };
            Exit::new(key, format!("{name} ({marks})")).after(After::Message)
        };
        self.scale.levels().map(level).into_iter().chain([Exit::no_match()]).chain(timeout).collect()
    }

    fn sends(&self) -> usize {
        1
    }

    fn check(&self, check: &mut Check<'_>) {
        self.answer().check_texts(&[("/text".to_owned(), &self.text)], check);
        let wanted = self.scale.labels();
        if ![0, wanted].contains(&self.labels.len()) {
            check.error(
                "/labels",
                "node.rating.labels",
                format!("Hay {} etiquetas y esta escala lleva {wanted}.", self.labels.len()),
                match self.scale {
                    Scale::Ten => "Escribe qué significan el 0 y el 10, o ninguna.",
                    _ => "Escribe una por nota, de la peor a la mejor, o ninguna.",
                },
            );
        }
        check.unique("/labels/{}", "limit.title_repeated", self.labels.iter().map(String::as_str));
        if self.scale == Scale::Ten {
            return;
        }
        for (i, label) in self.labels.iter().enumerate() {
            let digits: String = label.trim_start().chars().take_while(char::is_ascii_digit).collect();
            if !digits.is_empty() && digits != (i + 1).to_string() {
                check.error(
                    &format!("/labels/{i}"),
                    "node.rating.number",
                    format!("«{label}» empieza con otro número que el {} que le toca.", i + 1),
                    "Las etiquetas van de la peor a la mejor. Ordénalas, o quita el número.",
                );
            }
        }
    }

    fn writes(&self) -> Vec<Write> {
        let marks = || self.scale.marks().map(Into::into).collect();
        let write = |name| Write::new(name).unless(&["no_match", "timeout"]).among(marks());
        self.save_to.iter().map(write).collect()
    }

    fn summary(&self) -> Vec<String> {
        let marks = self.scale.marks();
        let scale = format!("De {} a {} · {}", marks.start(), marks.end(), self.metric.source());
        let timeout = self.timeout.map(|timeout| format!("Espera {}", timeout.words()));
        [self.text.source().to_owned(), scale].into_iter().chain(timeout).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let mut body = cx.text(&self.text)?;
        let answer = self.answer();
        if self.scale == Scale::Ten {
            let marks = self.scale.marks();
            let meanings = match &self.labels[..] {
                [worst, best] => Some([worst.as_str(), best.as_str()]),
                _ => None,
            };
            body = format!("{body}\n\n{}", answers::from_to(cx, [*marks.start(), *marks.end()], meanings));
        }
        self.ask(cx, &answer, body)
    }

    fn resume(&self, cx: &mut Context<'_>, why: Resume<'_>) -> Result<Step, Failure> {
        let Resume::Answer(said) = why else { return Ok(Step::go("timeout")) };
        let answer = self.answer();
        if let Some(mark) = self.mark(cx, &answer, said) {
            cx.rate(&self.metric, mark, self.scale.best());
            if let Some(name) = &self.save_to {
                cx.set(name, mark.into());
            }
            return Ok(Step::go(self.scale.level(mark)));
        }
        let tries: u32 = cx.memo();
        if tries >= answers::max_retries(self.retries.as_ref()) {
            return Ok(Step::go("no_match"));
        }
        cx.keep(&(tries + 1));
        let text = self.retries.as_ref().and_then(|retries| retries.text.as_ref());
        let body = answer.again(cx, said, text)?;
        self.ask(cx, &answer, body)
    }

    fn sends_in_all(&self) -> usize {
        1 + answers::max_retries(self.retries.as_ref()) as usize
    }

    fn probes(&self, _: &Seen<'_>) -> Vec<Probe> {
        self.scale.marks().map(|mark| Probe::Writes(mark.to_string())).collect()
    }
}

impl NodeKind for Rating {
    const META: Meta = Meta {
        kind: "rating",
        v: 1,
        name: "Calificación",
        description: "Pregunta qué tan bien estuvo algo (CSAT) o si lo recomendaría (NPS), y lo anota para los reportes.",
        group: "Preguntas",
        icon: "star",
        color: "violet",
        role: Role::Step,
        waits: true,
    };

    fn examples() -> Vec<Example> {
        const STARS: &str = r#"
id: atencion
name: Atención
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: rating
    config: { text: ¿Cómo estuvo la atención?, metric: atencion, save_to: nota, retries: { max: 1 }, timeout: 12h }
    exits: { low: persona, mid: gracias, high: gracias, no_match: fin, timeout: fin }
  gracias: { kind: end, config: { text: "¡Gracias! Anotamos un {{ nota }}." } }
  persona: { kind: handoff, config: { queue: reclamos }, exits: { resolved: fin } }
  fin: { kind: end }
"#;
        const NPS: &str = r#"
id: nps
name: NPS
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: rating
    config: { text: ¿Nos recomendarías?, scale: 10, labels: [nada probable, muy probable], metric: nps }
    exits: { low: motivo, mid: motivo, high: fin, no_match: fin }
  motivo: { kind: end, config: { text: ¿Qué nos faltó? } }
  fin: { kind: end }
"#;
        const THREE: &str = r#"
id: entrega
name: Entrega
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: rating
    config: { text: ¿Cómo llegó tu pedido?, scale: 3, labels: [Mal, Regular, Bien], metric: entrega }
    exits: { low: fin, mid: fin, high: fin, no_match: fin }
  fin: { kind: end }
"#;
        const ASKS: &[&str] =
            &["¿Cómo estuvo la atención? (Ver opciones) [⭐] [⭐⭐] [⭐⭐⭐] [⭐⭐⭐⭐] [⭐⭐⭐⭐⭐]"];
        const ASKS_NPS: &[&str] = &[
            "¿Nos recomendarías?\n\nResponde con un número del *0* (nada probable) al *10* (muy probable).",
        ];
        let said = |text| Happens::Writes(text);
        vec![
            Example {
                title: "De 1 a 5, con estrellas: se elige en la lista",
                flow: STARS,
                turns: vec![
                    Turn::stays(said("hola"), ASKS),
                    Turn::leaves(
                        Happens::Taps("⭐⭐⭐⭐"),
                        &["(Calificación) atencion 4/5", "¡Gracias! Anotamos un 4."],
                        "high",
                    ),
                ],
            },
            Example {
                title: "De 1 a 5: se escribe como se habla",
                flow: STARS,
                turns: vec![
                    Turn::stays(said("hola"), ASKS),
                    Turn::leaves(
                        said("le doy tres estrellas"),
                        &["(Calificación) atencion 3/5", "¡Gracias! Anotamos un 3."],
                        "mid",
                    ),
                ],
            },
            Example {
                title: "De 1 a 5: a quien le fue mal lo atiende una persona",
                flow: STARS,
                turns: vec![
                    Turn::stays(said("hola"), ASKS),
                    Turn::leaves(said("⭐"), &["(Calificación) atencion 1/5", "→ reclamos"], "low"),
                ],
            },
            Example {
                title: "De 1 a 5: lo que no es una nota",
                flow: STARS,
                turns: vec![
                    Turn::stays(said("hola"), ASKS),
                    Turn::stays(
                        said("4 o 5"),
                        &[
                            "No te entendí. Elige una opción de la lista, por favor. (Ver opciones) [⭐] [⭐⭐] [⭐⭐⭐] [⭐⭐⭐⭐] [⭐⭐⭐⭐⭐]",
                        ],
                    ),
                    Turn::leaves(said("¿a qué hora abren?"), &[], "no_match"),
                ],
            },
            Example {
                title: "De 1 a 5: no responde",
                flow: STARS,
                turns: vec![
                    Turn::stays(said("hola"), ASKS),
                    Turn::leaves(Happens::TimePasses, &[], "timeout"),
                ],
            },
            Example {
                title: "NPS: 9 y 10 lo recomiendan",
                flow: NPS,
                turns: vec![
                    Turn::stays(said("hola"), ASKS_NPS),
                    Turn::leaves(said("un nueve"), &["(Calificación) nps 9/10"], "high"),
                ],
            },
            Example {
                title: "NPS: con 7 u 8 les da igual, y hasta 6 no",
                flow: NPS,
                turns: vec![
                    Turn::stays(said("hola"), ASKS_NPS),
                    Turn::stays(said("11"), &["Escríbelo con un número entero de 0 a 10, por favor."]),
                    Turn::leaves(said("7/10"), &["(Calificación) nps 7/10", "¿Qué nos faltó?"], "mid"),
                ],
            },
            Example {
                title: "De 1 a 3, con palabras: son botones",
                flow: THREE,
                turns: vec![
                    Turn::stays(said("hola"), &["¿Cómo llegó tu pedido? [Mal] [Regular] [Bien]"]),
                    Turn::leaves(said("mal"), &["(Calificación) entrega 1/3"], "low"),
                ],
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_leads_one_way() {
        let ways = |scale: Scale| scale.marks().map(|mark| scale.level(mark)).collect::<Vec<_>>();
        assert_eq!(ways(Scale::Three), ["low", "mid", "high"]);
        assert_eq!(ways(Scale::Five), ["low", "low", "mid", "high", "high"]);
        let ten = ways(Scale::Ten);
        assert_eq!(ten[..7], ["low"; 7]);
        assert_eq!(ten[7..], ["mid", "mid", "high", "high"]);
        for scale in [Scale::Three, Scale::Five, Scale::Ten] {
            let marks: Vec<u8> = scale.levels().into_iter().flat_map(|(.., marks)| marks).collect();
            assert_eq!(marks, scale.marks().collect::<Vec<_>>());
        }
    }
}
