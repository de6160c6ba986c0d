//! What a flow does, as lines of a terminal (Spanish).

use cauce_flows::{Rehearsal, Visited};
use cauce_model::{ContactCard, Content, Effect, HttpRequest, MediaSource};

/// The lines of an effect; `None` for what shows nowhere.
pub(super) fn effect(effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::Send { content, .. } => said(content),
        Effect::React { emoji, .. } if emoji.is_empty() => "[Quita su reacción]".to_owned(),
        Effect::React { emoji, .. } => format!("[Reacciona {emoji}]"),
        Effect::Typing => return None,
        Effect::Http { request, .. } => call(request),
        Effect::Language { language } => format!("(idioma: {language})"),
        Effect::Tag { add, remove } => {
            let add = add.iter().map(|tag| format!("+{tag}"));
            let tags: Vec<String> = add.chain(remove.iter().map(|tag| format!("-{tag}"))).collect();
            format!("(etiquetas: {})", tags.join(" "))
        }
        Effect::Score { add } => format!("(puntos: {add:+})"),
        Effect::Goal { goal, value, currency, .. } => {
            let value = value.map(|value| format!(" {value}")).unwrap_or_default();
            let currency = currency.as_ref().map(|currency| format!(" {currency}")).unwrap_or_default();
            format!("(meta: {goal}{value}{currency})")
        }
        Effect::Rating { metric, mark, best, .. } => format!("(calificación: {metric} {mark}/{best})"),
        Effect::Consent { label, granted, version, .. } => {
            format!("(permiso: {label}: {} · {version})", allowed(*granted))
        }
        Effect::Handoff { queue, .. } => {
            format!("(espera a una persona de «{queue}»: /done cuando termine)")
        }
    })
}

fn allowed(granted: bool) -> &'static str {
    if granted { "sí" } else { "no" }
}

fn call(request: &HttpRequest) -> String {
    let method = serde_json::to_value(request.method).unwrap_or_default();
    let mut lines = vec![format!("(llama a {} {}", method.as_str().unwrap_or_default(), request.url)];
    for header in &request.headers {
        // The secret itself is known to nobody here.
        let secret = header.secret.as_ref().map(|secret| format!("«{secret}»")).unwrap_or_default();
        lines.push(format!("   {}: {}{secret}", header.name, header.value));
    }
    lines.extend(request.body.as_ref().map(|body| format!("   {}", body.text)));
    lines.join("\n") + "\n responde con /answer 200 {…} o /fail)"
}

fn said(content: &Content) -> String {
    let words = content.words();
    let named = |what: &str, which: &str| {
        [format!("[{what}] {which}"), words.to_owned()].join("\n").trim_end().to_owned()
    };
    match content {
        Content::Text { body } => body.clone(),
        Content::Media { media, source, filename, .. } => {
            let at = match source {
                MediaSource::Link(link) => link,
                MediaSource::Stored(file) => &file.name,
            };
            named(media.name(), filename.as_ref().unwrap_or(at))
        }
        Content::Location(place) => {
            let at = format!("[Ubicación] {}, {}", place.latitude, place.longitude);
            let told = [Some(at.as_str()), place.name.as_deref(), place.address.as_deref()];
            told.into_iter().flatten().collect::<Vec<_>>().join(" · ")
        }
        Content::Contacts { cards } => {
            let card = |card: &ContactCard| format!("[Contacto] {} {}", card.name, card.phones.join(", "));
            cards.iter().map(card).collect::<Vec<_>>().join("\n")
        }
        Content::Link { body, footer, title, url } => {
            with_footer(format!("{body}\n  → {title}: {url}"), footer.as_deref())
        }
        Content::Buttons { body, footer, buttons } => {
            let titles = buttons.iter().map(|button| (button.title.as_str(), None));
            with_footer(format!("{body}{}", numbered(titles)), footer.as_deref())
        }
        Content::List { body, footer, sections, .. } => {
            let rows = sections.iter().flat_map(|section| &section.rows);
            let rows = rows.map(|row| (row.title.as_str(), row.description.as_deref()));
            with_footer(format!("{body}{}", numbered(rows)), footer.as_deref())
        }
        Content::LocationRequest { body } => format!("{body}\n  → Enviar ubicación: /location"),
        Content::Reaction { emoji, .. } => format!("[Reacciona {emoji}]"),
    }
}

fn with_footer(text: String, footer: Option<&str>) -> String {
    footer.map_or_else(|| text.clone(), |footer| format!("{text}\n  {footer}"))
}

/// Whether titles have numbers of their own, as `5 · Excelente`: then no others are put before them.
pub(super) fn have_numbers<'a>(titles: impl Iterator<Item = &'a str>) -> bool {
    titles.into_iter().any(|title| title.trim_start().starts_with(|c: char| c.is_ascii_digit()))
}

fn numbered<'a>(titles: impl Iterator<Item = (&'a str, Option<&'a str>)> + Clone) -> String {
    let bare = have_numbers(titles.clone().map(|(title, _)| title));
    titles
        .enumerate()
        .map(|(i, (title, more))| {
            let number = if bare { "-".to_owned() } else { format!("{}.", i + 1) };
            let more = more.map(|more| format!(" · {more}")).unwrap_or_default();
            format!("\n  {number} {title}{more}")
        })
        .collect()
}

/// What was captured.
pub(super) fn vars(rehearsal: &Rehearsal) -> String {
    let mut lines: Vec<String> =
        rehearsal.vars().iter().map(|(name, value)| format!("  {name} = {value}")).collect();
    let tags: Vec<&str> = rehearsal.facts().contact.tags.iter().map(String::as_str).collect();
    if !tags.is_empty() {
        lines.push(format!("  etiquetas: {}", tags.join(", ")));
    }
    let consents = &rehearsal.facts().contact.consents;
    lines.extend(
        consents.iter().map(|(purpose, granted)| format!("  permiso {purpose}: {}", allowed(*granted))),
    );
    if lines.is_empty() { "(todavía no hay datos)".to_owned() } else { lines.join("\n") }
}

/// The steps the run went through.
pub(super) fn path(rehearsal: &Rehearsal) -> String {
    let trail = rehearsal.trail();
    // A step that waits is there again when the wait is over: it is told once.
    let again = |at: usize, step: &Visited| {
        step.exit.is_none() && trail.get(at + 1).is_some_and(|next| next.node == step.node)
    };
    let steps: Vec<String> = trail
        .iter()
        .enumerate()
        .filter(|(at, step)| !again(*at, step))
        .map(|(_, step)| match &step.exit {
            Some(exit) => format!("{} —{exit}→", step.node),
            None => step.node.to_string(),
        })
        .collect();
    if steps.is_empty() { "(todavía no empezó)".to_owned() } else { format!("  {}", steps.join(" ")) }
}
