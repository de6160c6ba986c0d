//! `form`: asks for several data, one after another, each checked and asked again when it does not fit.

use cauce_flows::fields::{Name, Period, Template};
use cauce_flows::scenario::{Probe, Seen};
use cauce_flows::{
    After, Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Resume, Role, Step,
    Turn, WaitKind, Write, limits,
};
use cauce_model::{Duration, MediaKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answers::{self, Answer};

/// Config of `form`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Formulario")]
pub struct Form {
    /// Asked in order.
    #[schemars(title = "Datos", length(min = 1, max = 20))]
    #[schemars(extend("x-help" = "Se piden uno por uno, en este orden."))]
    pub fields: Vec<Field>,
    /// How often a datum is asked again; then the form is left by `no_match`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Reintentos por dato", range(max = 10))]
    pub retries: Option<u32>,
    /// How long to wait for each datum; for ever when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Tiempo de espera")]
    #[schemars(extend("x-help" = "Para cada dato. Al pasar, se sale por «timeout»."))]
    pub timeout: Option<Period>,
    /// For how long, after each message, more of the same answer may come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Juntar mensajes")]
    #[schemars(extend("x-help" = "Quien escribe de a pocos responde una sola vez. Por ejemplo 8s."))]
    pub collect: Option<Period>,
}

/// One datum.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Dato")]
pub struct Field {
    /// Where it is kept.
    #[schemars(title = "Guardar en")]
    pub key: Name,
    /// How screens call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Etiqueta", length(min = 1, max = 60))]
    pub label: Option<String>,
    /// What is asked.
    #[schemars(title = "Pregunta")]
    #[schemars(extend("maxLength" = limits::TEXT_BODY, "x-limit" = "limit.text_body", "x-i18n" = true))]
    pub ask: Template,
    /// What is said when the answer does not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Texto al reintentar")]
    #[schemars(extend("maxLength" = limits::TEXT_BODY, "x-limit" = "limit.text_body", "x-i18n" = true))]
    pub retry: Option<Template>,
    /// What fits.
    #[serde(flatten)]
    pub answer: Answer,
}

/// Where the form is.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Place {
    field: usize,
    tries: u32,
}

impl Form {
    fn ask(&self, cx: &mut Context<'_>, place: &Place) -> Result<Step, Failure> {
        let Some(field) = self.fields.get(place.field) else { return Ok(Step::go("ok")) };
        let body = cx.text(&field.ask)?;
        self.say(cx, field, body, place)
    }

    fn say(&self, cx: &mut Context<'_>, field: &Field, body: String, place: &Place) -> Result<Step, Failure> {
        let content = field.answer.content(cx, body);
        cx.say(content)?;
        cx.keep(place);
        Ok(Step::Wait(WaitKind::Answer, self.timeout.map(Period::duration)))
    }
}

impl Behaviour for Form {
    fn exits(&self) -> Vec<Exit> {
        let mut exits = vec![Exit::new("ok", "Completo").after(After::Message), Exit::no_match()];
        exits.extend(self.timeout.map(|timeout| Exit::timeout(timeout.duration())));
        exits
    }

    fn sends(&self) -> usize {
        1
    }

    fn check(&self, check: &mut Check<'_>) {
        check.unique("/fields/{}/key", "node.form.key_repeated", self.fields.iter().map(|f| f.key.source()));
        for (i, field) in self.fields.iter().enumerate() {
            let at = format!("/fields/{i}");
            let retry = field.retry.iter().map(|retry| (format!("{at}/retry"), retry));
            let texts: Vec<_> = std::iter::once((format!("{at}/ask"), &field.ask)).chain(retry).collect();
            field.answer.check(&at, &texts, check);
        }
    }

    fn collects(&self) -> Option<Duration> {
        self.collect.map(Period::duration)
    }

    fn writes(&self) -> Vec<Write> {
        let write = |field: &Field| {
            let write = Write::new(&field.key).unless(&["no_match", "timeout"]).among(field.answer.values());
            Write { label: field.label.clone(), ..write }
        };
        self.fields.iter().map(write).collect()
    }

    fn summary(&self) -> Vec<String> {
        let line = |field: &Field| {
            format!("{} · {}", field.label.as_deref().unwrap_or(field.key.source()), field.answer.name())
        };
        self.fields.iter().map(line).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        self.ask(cx, &Place::default())
    }

    fn resume(&self, cx: &mut Context<'_>, why: Resume<'_>) -> Result<Step, Failure> {
        let Resume::Answer(answer) = why else { return Ok(Step::go("timeout")) };
        let place: Place = cx.memo();
        let Some(field) = self.fields.get(place.field) else { return Ok(Step::go("ok")) };
        if let Some(accepted) = field.answer.accept(cx, answer) {
            cx.set(&field.key, accepted.value);
            return self.ask(cx, &Place { field: place.field + 1, tries: 0 });
        }
        if place.tries >= self.retries.unwrap_or(answers::DEFAULT_MAX) {
            return Ok(Step::go("no_match"));
        }
        let body = field.answer.again(cx, answer, field.retry.as_ref())?;
        self.say(cx, field, body, &Place { tries: place.tries + 1, ..place })
    }

    fn ask_again(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let place: Place = cx.memo();
        self.ask(cx, &place)
    }

    fn ask_before(&self, cx: &mut Context<'_>) -> Result<Option<Step>, Failure> {
        let place: Place = cx.memo();
        let Some(field) = place.field.checked_sub(1) else { return Ok(None) };
        self.ask(cx, &Place { field, tries: 0 }).map(Some)
    }

    fn sends_in_all(&self) -> usize {
        self.fields.len() * (1 + self.retries.unwrap_or(answers::DEFAULT_MAX) as usize)
    }

    fn probes(&self, seen: &Seen<'_>) -> Vec<Probe> {
        let place: Place = seen.memo();
        let field = self.fields.get(place.field);
        field.map(|field| field.answer.probes(seen, Some(&field.key))).unwrap_or_default()
    }
}

impl NodeKind for Form {
    const META: Meta = Meta {
        kind: "form",
        v: 2,
        name: "Formulario",
        description: "Pide varios datos, uno por uno, y revisa cada respuesta.",
        group: "Preguntas",
        icon: "forms",
        color: "violet",
        role: Role::Step,
        waits: true,
    };

    /// In the first version a free text was called `text`, and had at most 200 characters unless it said
    /// otherwise.
    fn migrate(_: u16, mut config: Value) -> Result<Value, String> {
        let fields = config.get_mut("fields").and_then(Value::as_array_mut);
        for field in fields.into_iter().flatten().filter_map(Value::as_object_mut) {
            if field.get("type").is_some_and(|kind| kind == "text") {
                field.insert("type".to_owned(), "open".into());
                field.entry("max_length").or_insert_with(|| 200.into());
            }
        }
        Ok(config)
    }

    fn examples() -> Vec<Example> {
        const FLOW: &str = r#"
id: registro
name: Registro
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: form
    config:
      retries: 1
      timeout: 1h
      fields:
        - { key: nombre, type: open, ask: "¿Cómo te llamas?", min_length: 2, max_length: 40 }
        - { key: correo, type: email, ask: "Gracias, {{ nombre }}. ¿Tu correo?" }
        - key: ciudad
          type: choice
          ask: ¿En qué ciudad estás?
          options: [{ id: lima, title: Lima, value: Lima }, { id: merida, title: Mérida, value: Mérida }]
    exits: { ok: listo, no_match: fin, timeout: fin }
  listo: { kind: end, config: { text: "{{ nombre }} · {{ correo }} · {{ ciudad }}" } }
  fin: { kind: end }
"#;
        const CITY: &[&str] = &["¿En qué ciudad estás? [Lima] [Mérida]"];
        vec![
            Example {
                title: "Se completa, con un correo que hay que repetir",
                flow: FLOW,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["¿Cómo te llamas?"]),
                    Turn::stays(Happens::Writes("Ana"), &["Gracias, Ana. ¿Tu correo?"]),
                    Turn::stays(
                        Happens::Writes("ana@correo"),
                        &["Ese correo no parece completo. Escríbelo así: nombre@ejemplo.com, por favor."],
                    ),
                    Turn::stays(Happens::Writes(" Ana@Correo.PE "), CITY),
                    Turn::leaves(Happens::Writes("merida"), &["Ana · ana@correo.pe · Mérida"], "ok"),
                ],
            },
            Example {
                title: "Una nota de voz no es un nombre, y una letra tampoco",
                flow: FLOW,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["¿Cómo te llamas?"]),
                    Turn::stays(
                        Happens::SendsFile(MediaKind::Voice),
                        &["Por ahora no puedo escuchar audios. ¿Me lo cuentas en un texto, por favor?"],
                    ),
                    Turn::leaves(Happens::Writes("A"), &[], "no_match"),
                ],
            },
            Example {
                title: "Deja de responder a la mitad",
                flow: FLOW,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["¿Cómo te llamas?"]),
                    Turn::stays(Happens::Writes("Ana"), &["Gracias, Ana. ¿Tu correo?"]),
                    Turn::leaves(Happens::TimePasses, &[], "timeout"),
                ],
            },
        ]
    }
}
