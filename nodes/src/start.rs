//! `start`: where a flow starts, and by which messages.

use cauce_flows::fields::{Key, Name, Period};
use cauce_flows::scenario::{Probe, Seen};
use cauce_flows::{
    After, Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Timetable,
    Triggers, Turn, Write,
};
use cauce_model::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `start`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Inicio")]
pub struct Start {
    /// Words or phrases that start the flow. Accents and case do not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Palabras clave")]
    #[schemars(extend("x-help" = "El mensaje es una de ellas o la contiene."))]
    #[schemars(length(max = 50), inner(length(min = 1, max = 60)))]
    pub keywords: Vec<String>,
    /// Whether a keyword must be the whole message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(title = "Solo la palabra")]
    #[schemars(extend("x-help" = "La palabra clave tiene que ser todo el mensaje."))]
    pub exact: bool,
    /// Whether a keyword, as the whole message, starts it also from within another flow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(title = "También dentro de otros flujos")]
    #[schemars(extend("x-help" = "Quien escribe una palabra clave, y nada más, deja el flujo en que esté y empieza este. No mientras lo atiende una persona. Un comando de aquel flujo con la misma palabra va antes."))]
    pub everywhere: bool,
    /// Codes of links and printed codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Enlaces y códigos QR")]
    #[schemars(extend("x-help" = "El código que lleva el mensaje que prepara el enlace, por ejemplo: promo-mayo"))]
    #[schemars(length(max = 50), inner(length(min = 3, max = 60)))]
    pub links: Vec<String>,
    /// Advertisements and posts, by Meta's id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Anuncios")]
    #[schemars(extend("x-help" = "Los identificadores de los anuncios que llevan a WhatsApp."))]
    #[schemars(length(max = 100), inner(length(min = 1, max = 60)))]
    pub ads: Vec<String>,
    /// Whether any advertisement or post starts it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(title = "Cualquier anuncio")]
    #[schemars(extend("x-help" = "Empieza con quien llega por cualquier anuncio o publicación."))]
    pub any_ad: bool,
    /// Whether the first message that a customer ever writes starts it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(title = "Primer contacto")]
    #[schemars(extend("x-help" = "Empieza con quien escribe por primera vez, si ninguna palabra clave coincide."))]
    pub first_contact: bool,
    /// Whether any message starts it when nothing else of any flow does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(title = "Cualquier mensaje")]
    #[schemars(extend("x-help" = "Empieza con cualquier mensaje que ningún otro flujo espere."))]
    pub any_message: bool,
    /// What other systems tell of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Eventos", length(max = 20))]
    #[schemars(extend("x-help" = "Empieza cuando otro sistema avisa de uno, por ejemplo: carrito_abandonado"))]
    pub events: Vec<Key>,
    /// When it begins by itself, and for whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Horario propio")]
    #[schemars(extend("x-help" = "Empieza solo, a una hora, con quien tiene una etiqueta y no está en otro flujo ni con una persona. Una vez por día; si a esa hora no se pudo, hasta dos horas después."))]
    pub schedule: Option<Timetable>,
    /// Whether other flows call it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(title = "Lo llaman otros flujos")]
    #[schemars(extend("x-help" = "Es un subflujo: lo empieza un paso «call» de otro flujo."))]
    pub called: bool,
    /// Which flow comes first when several fit.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(title = "Prioridad", range(min = -100, max = 100))]
    #[schemars(extend("x-help" = "Si dos flujos coinciden, empieza el de número más alto."))]
    pub priority: i32,
    /// For how long, after each message, more of the first one may come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Juntar mensajes")]
    #[schemars(extend("x-help" = "Quien escribe de a pocos («hola», «quería», «precio») empieza una sola vez. Por ejemplo 8s."))]
    pub collect: Option<Period>,
    /// Where the words of the first message are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Guardar el mensaje en")]
    #[schemars(extend("x-help" = "Nombre del dato donde queda el primer mensaje."))]
    pub save_to: Option<Name>,
    /// Where the advertisement, or what was told of the event, is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Guardar el anuncio o el evento en")]
    #[schemars(extend("x-help" = "Nombre del dato: origen.headline, origen.source_id, o lo que avisó el otro sistema."))]
    pub save_origin_to: Option<Name>,
}

fn is_zero(n: &i32) -> bool {
    *n == 0
}

impl Behaviour for Start {
    fn exits(&self) -> Vec<Exit> {
        // Whoever does not begin it by writing may have been silent for long.
        let by_others = !self.events.is_empty() || self.schedule.is_some();
        let after = if by_others { After::AnyTime } else { After::Nothing };
        vec![Exit::next().after(after)]
    }

    fn check(&self, check: &mut Check<'_>) {
        let by_message = !(self.keywords.is_empty() && self.links.is_empty() && self.ads.is_empty())
            || self.any_ad
            || self.first_contact
            || self.any_message;
        if !by_message && self.events.is_empty() && self.schedule.is_none() && !self.called {
            check.error(
                "",
                "node.start.no_trigger",
                "Ningún mensaje empieza este flujo.",
                "Agrega palabras en «keywords» o pon «any_message: true».",
            );
        }
        if self.everywhere && self.keywords.is_empty() {
            check.error(
                "/everywhere",
                "node.start.everywhere_what",
                "No hay palabras que valgan dentro de otros flujos.",
                "Agrega palabras en «keywords», o quita «everywhere».",
            );
        }
        check.unique("/keywords/{}", "node.start.keyword_repeated", self.keywords.iter().map(String::as_str));
        check.unique("/links/{}", "node.start.link_repeated", self.links.iter().map(String::as_str));
        check.unique("/events/{}", "node.start.event_repeated", self.events.iter().map(Key::source));
        if let Some(schedule) = &self.schedule {
            schedule.check(check, "/schedule");
        }
    }

    fn writes(&self) -> Vec<Write> {
        // Who comes by a picture, by themselves or from another flow leaves them empty.
        self.save_to.iter().chain(&self.save_origin_to).map(Write::new).collect()
    }

    fn triggers(&self) -> Triggers {
        Triggers {
            keywords: self.keywords.clone(),
            exact: self.exact,
            everywhere: self.everywhere,
            links: self.links.clone(),
            ads: self.ads.clone(),
            any_ad: self.any_ad,
            first_contact: self.first_contact,
            any_message: self.any_message,
            events: self.events.iter().map(|event| event.source().to_owned()).collect(),
            schedule: self.schedule.clone(),
            priority: self.priority,
        }
    }

    fn collects(&self) -> Option<Duration> {
        self.collect.map(Period::duration)
    }

    fn summary(&self) -> Vec<String> {
        let listed = |what: &str, items: &[String]| {
            (!items.is_empty()).then(|| format!("{what}: {}", items.join(", ")))
        };
        let events: Vec<String> = self.events.iter().map(|event| event.source().to_owned()).collect();
        let said = |holds: bool, words: &str| holds.then(|| words.to_owned());
        [
            listed("Palabras", &self.keywords),
            said(self.everywhere, "También dentro de otros flujos"),
            listed("Enlaces", &self.links),
            listed("Anuncios", &self.ads),
            said(self.any_ad, "Cualquier anuncio"),
            said(self.first_contact, "Primer contacto"),
            said(self.any_message, "Cualquier mensaje"),
            listed("Eventos", &events),
            self.schedule.as_ref().map(Timetable::words),
            said(self.called, "Lo llaman otros flujos"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let words = cx.opening().and_then(|content| content.text()).map(str::to_owned);
        if let (Some(name), Some(words)) = (&self.save_to, words) {
            cx.set(name, words.into());
        }
        let referral = cx.referral().and_then(|referral| serde_json::to_value(referral).ok());
        let origin = referral.or_else(|| cx.event_data().cloned());
        if let (Some(name), Some(origin)) = (&self.save_origin_to, origin) {
            cx.set(name, origin);
        }
        Ok(Step::go("next"))
    }

    fn probes(&self, seen: &Seen<'_>) -> Vec<Probe> {
        let keyword = self.keywords.first();
        let told = self.save_to.iter().flat_map(|name| seen.values(name.source()));
        let told = told.filter(|value| !value.is_boolean());
        let told = told.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let with_keyword = |text: String| match keyword.filter(|_| !self.any_message) {
            Some(keyword) => format!("{keyword} {text}"),
            None => text,
        };
        let texts = keyword.cloned().into_iter().chain(told.map(with_keyword));
        let links = self.links.first().cloned();
        let ad = self.ads.first().cloned().or_else(|| self.any_ad.then(|| "120210000000000001".to_owned()));
        let event = self.events.first().map(|event| event.source().to_owned());
        let event = event.map(|name| Probe::Event { name, data: serde_json::json!({}) });
        let facts = seen.facts();
        let hour = self.schedule.as_ref().and_then(|schedule| schedule.next(facts.now, &facts.zone));
        // An hour before, too: who writes then can be written to.
        let hours = hour.into_iter().flat_map(|hour| [hour - Duration::hours(1), hour]);
        let hours = hours.filter(|hour| *hour > facts.now).map(Probe::Passes);
        let others = ad.map(Probe::Ad).into_iter().chain(event).chain(hours);
        texts.chain(links).map(Probe::Writes).chain(others).collect()
    }
}

impl NodeKind for Start {
    const META: Meta = Meta {
        kind: "start",
        v: 1,
        name: "Inicio",
        description: "Empieza el flujo cuando llega un mensaje, un aviso o una hora.",
        group: "Entradas",
        icon: "player-play",
        color: "green",
        role: Role::Start,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        vec![
            Example {
                title: "Empieza con una palabra y recuerda lo que se escribió",
                flow: r#"
id: pedidos
name: Pedidos
start: paso
nodes:
  paso:
    kind: start
    config: { keywords: [pedido, "hacer un pedido"], save_to: primer_mensaje }
    exits: { next: fin }
  fin:
    kind: end
    config: { text: "Recibimos: {{ primer_mensaje }}" }
"#,
                turns: vec![Turn::leaves(
                    Happens::Writes("Hola, quiero hacer un PEDIDO"),
                    &["Recibimos: Hola, quiero hacer un PEDIDO"],
                    "next",
                )],
            },
            Example {
                title: "Lunes y jueves a las 9 empieza solo; a quien no escribió en 24 horas lo llama una persona",
                flow: r#"
id: cobro
name: Cobro
start: paso
nodes:
  paso:
    kind: start
    config: { schedule: { tag: deudor, at: "9:00", days: [mon, thu] } }
    exits: { next: ventana }
  ventana: { kind: window, exits: { open: aviso, closed: llamar } }
  aviso: { kind: end, config: { text: ¿Pagas hoy? } }
  llamar: { kind: handoff, config: { queue: cobranzas }, exits: { resolved: fin } }
  fin: { kind: end }
"#,
                turns: vec![Turn::leaves(Happens::TimePasses, &["→ cobranzas"], "next")],
            },
            Example {
                title: "Quien escribe «baja» sale de cualquier otro flujo",
                flow: r#"
id: baja
name: Baja
start: paso
nodes:
  paso: { kind: start, config: { keywords: [baja, no quiero más], everywhere: true }, exits: { next: marca } }
  marca: { kind: tags, config: { add: [baja] }, exits: { next: fin } }
  fin: { kind: end, config: { text: No te escribimos más. } }
"#,
                turns: vec![Turn::leaves(
                    Happens::Writes("BAJA"),
                    &["(Etiquetas) +baja", "No te escribimos más."],
                    "next",
                )],
            },
            Example {
                title: "Quien escribe de a pocos empieza una sola vez",
                flow: r#"
id: precios
name: Precios
start: paso
nodes:
  paso:
    kind: start
    config: { any_message: true, collect: 8s, save_to: pedido }
    exits: { next: fin }
  fin:
    kind: end
    config: { text: 'Entendido: {{ replace(pedido, "\n", " ") }}' }
"#,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &[]),
                    Turn::stays(Happens::Writes("quería"), &[]),
                    Turn::stays(Happens::Writes("un precio"), &[]),
                    Turn::leaves(Happens::TimePasses, &["Entendido: hola quería un precio"], "next"),
                ],
            },
        ]
    }
}
