//! A conversation with a flow in a terminal: a line in, what the flow does as lines out.
//!
//! What the flow says stands as it is; what nobody says (calls, waits, tags, the end) stands in
//! parentheses. The same lines with the same customer and moment give the same talk.

mod clock;
mod customer;
mod words;

use std::collections::VecDeque;
use std::sync::Arc;

use cauce_flows::{Facts, Program, Rehearsal, RunState, Visited, Wait, WaitKind, scenario, typed};
use cauce_model::{Effect, InboundContent};
use indexmap::IndexMap;

pub use customer::Customer;

/// What can be typed beside what the customer says.
pub const HELP: &str = "\
(Escribe lo que dice el cliente. Con botones o lista, el número elige la opción.)
  /image [pie]   /video [pie]   /audio   /voice   /document [nombre]   /sticker
  /location LATITUD,LONGITUD [nombre]       /contact NOMBRE TELÉFONO
  /clock +2h      pasa el tiempo: +30m, +1d, 18:30, mañana a las 9; solo, da la hora
  /answer 200 {…} responde el servidor que llamó el flujo;  /fail  no responde
  /event NOMBRE {…}  otro sistema avisa de algo
  /tag NOMBRE     le pone una etiqueta al cliente
  /refuse 131026  lo próximo que se vigila no llega
  /take           una persona toma la atención;  /done [nombre]  la termina
  /vars datos   /path camino   /where qué espera   /undo [veces]   /restart de nuevo
  /customer NOMBRE [TELÉFONO]  de nuevo, con otro cliente;  /as NOMBRE  con una de las personas
  /help   /quit";

/// How many lines can be undone.
const UNDOS: usize = 50;

/// A conversation under way.
pub struct Chat {
    program: Arc<Program>,
    facts: Facts,
    rehearsal: Rehearsal,
    before: VecDeque<Before>,
    personas: IndexMap<String, scenario::Customer>,
}

/// How it stood before a line.
struct Before {
    line: String,
    facts: Facts,
    rehearsal: Rehearsal,
}

impl Chat {
    /// With a customer of whom these things are known.
    pub fn new(program: Arc<Program>, facts: Facts) -> Self {
        let rehearsal = Rehearsal::new(program.clone(), facts.clone());
        Self { program, facts, rehearsal, before: VecDeque::new(), personas: IndexMap::new() }
    }

    /// The same, with customers who can be chosen by name.
    pub fn with_personas(self, personas: IndexMap<String, scenario::Customer>) -> Self {
        Self { personas, ..self }
    }

    /// What follows a line that was typed: several lines, or nothing. Never panics, whatever is typed.
    pub fn line(&mut self, line: &str) -> String {
        let line = line.trim();
        let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match command {
            // A remark for whoever reads the talk.
            "" | "#" => return String::new(),
            "/help" => return HELP.to_owned(),
            "/vars" => return words::vars(&self.rehearsal),
            "/path" => return words::path(&self.rehearsal),
            "/where" => return self.awaited().unwrap_or_else(|| self.begins()),
            "/clock" if rest.is_empty() => return self.hour(),
            "/undo" => return self.undo(rest),
            _ => {}
        }
        let (facts, rehearsal) = (self.facts.clone(), self.rehearsal.clone());
        self.before.push_back(Before { line: line.to_owned(), facts, rehearsal });
        if self.before.len() > UNDOS {
            self.before.pop_front();
        }
        match command {
            "/restart" => self.restart(),
            "/customer" if rest.is_empty() => {
                "(escribe su nombre, y su teléfono si hace falta: /customer Luis 51988777666)".to_owned()
            }
            "/customer" => {
                let (name, phone) = typed::name_and_phone(rest);
                self.facts.contact = customer::contact(name, phone);
                self.restart()
            }
            "/as" => self.play(rest),
            "/clock" => self.clock(rest),
            "/take" => self.told(WaitKind::Person, |rehearsal| {
                rehearsal.take_over();
                Vec::new()
            }),
            "/done" => {
                let agent = if rest.is_empty() { "Rosa" } else { rest };
                self.told(WaitKind::Person, |rehearsal| rehearsal.resolve(agent))
            }
            "/answer" => match typed::answer(rest) {
                Some(answered) => self.told(WaitKind::Call, |rehearsal| rehearsal.answer(&answered)),
                None => "(escribe el estado y el cuerpo: /answer 200 {\"precio\": 20})".to_owned(),
            },
            "/fail" => self.told(WaitKind::Call, |rehearsal| rehearsal.answer(&typed::unreachable())),
            "/refuse" => {
                self.rehearsal.refuse_next(if rest.is_empty() { "131026" } else { rest });
                "(lo próximo que se vigila no llegará)".to_owned()
            }
            "/event" => self.event(rest),
            "/tag" if rest.is_empty() => "(escribe cuál: /tag deudor)".to_owned(),
            "/tag" => {
                self.rehearsal.tag(rest);
                words::vars(&self.rehearsal)
            }
            unknown if typed::SENDS.iter().any(|what| unknown.strip_prefix('/') == Some(what)) => {
                match typed::content(&line[1..]) {
                    Some(content) => self.hear(content),
                    None => "(escribe latitud y longitud: /location -12.12,-77.03 Miraflores)".to_owned(),
                }
            }
            unknown if unknown.starts_with('/') => format!("(no existe {unknown}; /help muestra lo que hay)"),
            _ => {
                let tapped = self.tapped(line);
                self.hear(tapped.unwrap_or_else(|| InboundContent::Text { body: line.to_owned() }))
            }
        }
    }

    /// With what the flow begins.
    pub fn begins(&self) -> String {
        let triggers = self.program.triggers();
        let listed =
            |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what}{}", names.join(", ")));
        let ways = [
            triggers.any_message.then(|| "cualquier mensaje".to_owned()),
            listed("", &triggers.keywords),
            listed("", &triggers.links),
            triggers.first_contact.then(|| "el primer mensaje".to_owned()),
            listed("/event ", &triggers.events),
            triggers.schedule.as_ref().map(|schedule| format!("/clock: {}", schedule.words())),
        ];
        let ways: Vec<String> = ways.into_iter().flatten().collect();
        match &ways[..] {
            [] => "(lo empieza otro flujo)".to_owned(),
            [any] if triggers.any_message => format!("(empieza con {any})"),
            ways => format!("(empieza con: {})", ways.join("; ")),
        }
    }

    /// What the flow waits for, while it does.
    pub fn awaited(&self) -> Option<String> {
        let wait = self.rehearsal.waiting()?;
        let what = match wait.kind {
            WaitKind::Answer => "espera al cliente",
            WaitKind::Delay => "deja pasar el tiempo: /clock",
            WaitKind::Person => "espera a que una persona termine: /done",
            WaitKind::Call => "espera a un servidor: /answer 200 {…} o /fail",
            WaitKind::Sent => "espera a saber si llegó",
            WaitKind::Event => "espera un aviso de otro sistema: /event NOMBRE {…}",
        };
        let left = self.rehearsal.due().map(|due| due - self.rehearsal.facts().now);
        let left = left.map(|left| format!(" · {} más", clock::span(left))).unwrap_or_default();
        Some(format!("(«{}» {what}{left})", self.name_of(wait)))
    }

    /// The steps of the run so far, with the exits it took.
    pub fn trail(&self) -> &[Visited] {
        self.rehearsal.trail()
    }

    /// How many steps all runs took.
    fn walked(&self) -> usize {
        self.rehearsal.walked().len()
    }

    fn restart(&mut self) -> String {
        self.rehearsal = Rehearsal::new(self.program.clone(), self.facts.clone());
        let who = self.facts.contact.name.as_deref().or(self.facts.contact.phone.as_deref());
        format!("(de nuevo: {} todavía no ha escrito)", who.unwrap_or("el cliente"))
    }

    /// Begins anew as one of the personas.
    fn play(&mut self, name: &str) -> String {
        match self.personas.get(name) {
            Some(persona) => {
                self.facts.contact = persona.contact();
                self.restart()
            }
            None if self.personas.is_empty() => {
                "(no hay personas: escríbelas en «personas:» de un archivo personas.yaml junto al flujo)"
                    .to_owned()
            }
            None => {
                let names: Vec<&str> = self.personas.keys().map(String::as_str).collect();
                format!("(escribe el nombre de una: /as {})", names.join(", "))
            }
        }
    }

    fn undo(&mut self, times: &str) -> String {
        let times =
            if times.is_empty() { Some(1) } else { times.parse::<usize>().ok().filter(|times| *times > 0) };
        let Some(times) = times else { return "(escribe cuántas líneas: /undo 3)".to_owned() };
        let first = self.before.len().saturating_sub(times);
        let Some(before) = self.before.drain(first..).next() else {
            return "(no hay nada que deshacer)".to_owned();
        };
        (self.facts, self.rehearsal) = (before.facts, before.rehearsal);
        let stands = self.awaited().or_else(|| self.stands());
        let undone = format!("(como antes de «{}»)", before.line);
        std::iter::once(undone).chain(stands).collect::<Vec<_>>().join("\n")
    }

    /// The choice whose number was typed. Where titles have numbers of their own, the flow reads them.
    fn tapped(&self, line: &str) -> Option<InboundContent> {
        let choices = self.rehearsal.choices();
        let titles = choices.iter().map(|choice| choice.title.as_str());
        let place = line.parse::<usize>().ok().filter(|_| !words::have_numbers(titles))?;
        self.rehearsal.tap(place.checked_sub(1)?)
    }

    fn hear(&mut self, content: InboundContent) -> String {
        if self.rehearsal.waiting().is_some_and(|wait| wait.kind == WaitKind::Person) {
            return "(lo lee la persona que atiende; /done cuando termine)".to_owned();
        }
        let refusing = self.rehearsal.refuses().is_some();
        let before = self.rehearsal.clone();
        match self.rehearsal.hear(&content) {
            Some(effects) if before.waiting().is_none() || self.walked() > before.walked().len() => {
                self.tell(&effects, refusing)
            }
            Some(_) => {
                self.rehearsal = before;
                let awaited = self.awaited().map(|awaited| format!("\n{awaited}")).unwrap_or_default();
                format!("(ahora no lo oye){awaited}")
            }
            None => format!("(con eso no empieza el flujo)\n{}", self.begins()),
        }
    }

    /// Another system tells of something: its name, and what it tells, as JSON.
    fn event(&mut self, told: &str) -> String {
        let (name, data) = told.split_once(char::is_whitespace).unwrap_or((told, "null"));
        let Ok(data) = serde_json::from_str(data.trim()) else {
            return "(escribe el nombre y sus datos: /event pago_recibido {\"monto\": 50})".to_owned();
        };
        let refusing = self.rehearsal.refuses().is_some();
        match self.rehearsal.tell(name, &data) {
            Some(effects) => self.tell(&effects, refusing),
            None => "(ningún flujo espera ese aviso)".to_owned(),
        }
    }

    fn hour(&self) -> String {
        let facts = self.rehearsal.facts();
        format!("({}, {})", clock::shown(&facts.place()), facts.zone)
    }

    fn clock(&mut self, by: &str) -> String {
        let now = self.rehearsal.facts().now;
        let Some(by) = typed::until(by, &self.rehearsal.facts().place()) else {
            return "(escribe cuánto pasa, /clock +30m, o hasta cuándo: /clock mañana a las 9)".to_owned();
        };
        let refusing = self.rehearsal.refuses().is_some();
        let steps = self.walked();
        let effects = self.rehearsal.pass(by);
        let facts = self.rehearsal.facts();
        let passed = facts.now - now;
        let mut lines = vec![format!("(+{}: {})", clock::span(passed), clock::shown(&facts.place()))];
        if passed < by {
            lines.push("(pasan demasiadas cosas: el reloj se detuvo aquí)".to_owned());
        }
        if self.walked() > steps {
            lines.push(self.tell(&effects, refusing));
        }
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    /// Does something that only this kind of wait is for.
    fn told(&mut self, kind: WaitKind, what: impl FnOnce(&mut Rehearsal) -> Vec<Effect>) -> String {
        if self.rehearsal.waiting().is_none_or(|wait| wait.kind != kind) {
            let what = if kind == WaitKind::Person {
                "nadie atiende ahora"
            } else {
                "el flujo no espera a ningún servidor"
            };
            return format!("({what})");
        }
        let refusing = self.rehearsal.refuses().is_some();
        let effects = what(&mut self.rehearsal);
        self.tell(&effects, refusing)
    }

    /// What was done, as lines; `refusing` is whether something was not to arrive.
    fn tell(&mut self, effects: &[Effect], refusing: bool) -> String {
        let refused = refusing && self.rehearsal.refuses().is_none();
        let mut lines: Vec<String> = refused.then(|| "(algo no llegó)".to_owned()).into_iter().collect();
        lines.extend(match self.rehearsal.take_too_late() {
            0 => None,
            1 => Some("(1 mensaje no llega: el cliente escribió hace más de 24 horas)".to_owned()),
            n => Some(format!("({n} mensajes no llegan: el cliente escribió hace más de 24 horas)")),
        });
        lines.extend(effects.iter().filter_map(words::effect));
        lines.extend(self.stands());
        lines.join("\n")
    }

    /// What the flow waits for, when that is time, or how it ended.
    fn stands(&self) -> Option<String> {
        match self.rehearsal.state()? {
            RunState::Ended { outcome: None } => Some("(fin)".to_owned()),
            RunState::Ended { outcome: Some(outcome) } => Some(format!("(fin: {outcome})")),
            RunState::Failed { node, code, text } => {
                Some(format!("(se detuvo en «{node}»: {text} [{code}])"))
            }
            RunState::Waiting(wait) if wait.kind == WaitKind::Delay => {
                let left = self.rehearsal.due()? - self.rehearsal.facts().now;
                Some(format!("(espera {}: /clock)", clock::span(left)))
            }
            RunState::Waiting(_) => None,
        }
    }

    fn name_of<'a>(&'a self, wait: &'a Wait) -> &'a str {
        let node = self.program.document().nodes.get(&wait.node);
        node.and_then(|node| node.name.as_deref()).unwrap_or(wait.node.as_str())
    }
}
