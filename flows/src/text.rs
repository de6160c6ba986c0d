//! Texts with `{{ expressions }}` in them, and the compiled scripts of a program.

use std::collections::HashMap;

use serde_json::Value;

use crate::fields::Name;
use crate::script::{Code, Script, ScriptError};
use crate::step::{Context, Failure};

/// The code of a failure: what an expression gives cannot stand in a web address.
pub const BAD_URL: &str = "expr.url";

/// A text with expressions in it, compiled.
#[derive(Debug)]
pub(crate) struct Text(Vec<Part>);

#[derive(Debug)]
enum Part {
    Written(String),
    Worked(Script),
}

/// The scripts and texts of one program, compiled once, by their source.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    pub(crate) scripts: HashMap<String, Script>,
    pub(crate) texts: HashMap<String, Text>,
    pub(crate) codes: HashMap<String, Code>,
}

impl Scripts {
    pub(crate) fn text(&self, source: &str, cx: &Context<'_>) -> Result<String, Failure> {
        self.filled(source, cx, |_, value| Ok(value))
    }

    /// A text that is a web address: what an expression gives stays within its piece of it.
    pub(crate) fn url(&self, source: &str, cx: &Context<'_>) -> Result<String, Failure> {
        self.filled(source, cx, |before, value| match value.as_str() {
            // An address that begins with data is the author's own, with all that belongs to one.
            _ if before.is_empty() => Ok(value),
            // Servers read these as "one level up", even when they are encoded.
            "." | ".." => {
                let text = format!("En la dirección «{}» no puede ir «{value}».", shortened(source));
                Err(Failure::new(BAD_URL, text))
            }
            value => Ok(encode(value)),
        })
    }

    fn filled(
        &self,
        source: &str,
        cx: &Context<'_>,
        fit: impl Fn(&str, String) -> Result<String, Failure>,
    ) -> Result<String, Failure> {
        let Text(parts) = self.texts.get(source).ok_or_else(|| unknown(source))?;
        let mut text = String::with_capacity(source.len());
        for part in parts {
            match part {
                Part::Written(written) => text.push_str(written),
                Part::Worked(script) => match script.value(source, cx)? {
                    Value::Array(_) | Value::Object(_) => return Err(not_a_text(source)),
                    value => {
                        let value = if let Value::String(value) = value { value } else { shown(&value) };
                        let fitting = fit(&text, value)?;
                        text.push_str(&fitting);
                    }
                },
            }
        }
        Ok(text)
    }

    /// A text of a [`crate::fields::Tree`]: a value when it is one expression and nothing else.
    pub(crate) fn leaf(&self, source: &str, cx: &Context<'_>) -> Result<Value, Failure> {
        match self.texts.get(source).map(|text| &text.0[..]) {
            Some([Part::Worked(script)]) => script.value(source, cx),
            _ => self.text(source, cx).map(Value::String),
        }
    }

    /// What a script leaves in these variables.
    pub(crate) fn run(
        &self,
        source: &str,
        outputs: &[Name],
        cx: &Context<'_>,
    ) -> Result<Vec<(Name, Value)>, Failure> {
        self.codes.get(source).ok_or_else(|| unknown(source))?.run(source, outputs, cx)
    }

    /// The data that an expression, a text or a script names, each once.
    pub(crate) fn reads(&self, source: &str) -> Vec<&str> {
        let scripts = self.scripts.get(source).into_iter();
        let parts = self.texts.get(source).into_iter().flat_map(|text| &text.0);
        let within =
            parts.filter_map(|part| if let Part::Worked(script) = part { Some(script) } else { None });
        let codes = self.codes.get(source).into_iter().flat_map(|code| &code.reads);
        let all = scripts.chain(within).flat_map(|script| &script.reads).chain(codes);
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in all {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    pub(crate) fn value(&self, source: &str, cx: &Context<'_>) -> Result<Value, Failure> {
        self.scripts.get(source).ok_or_else(|| unknown(source))?.value(source, cx)
    }
}

/// A text inside a web address or a form: everything but letters, digits and `-._~` as `%XX` of its UTF-8
/// (RFC 3986 §2.3).
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The beginning of a source, to name it in a failure.
pub(crate) fn shortened(source: &str) -> String {
    source.chars().take(80).collect()
}

fn not_a_text(source: &str) -> Failure {
    let source = shortened(source);
    Failure::new("expr.value", format!("En «{source}» hay un grupo o una lista; elige uno de sus datos."))
}

/// A value as a customer reads it: nothing is empty, and 25.0 is 25.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(n) => match n.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < 1e15) {
            Some(whole) => format!("{whole:.0}"),
            None => n.to_string(),
        },
        other => other.to_string(),
    }
}

impl Text {
    /// The variables that its expressions read.
    pub(crate) fn reads(&self) -> impl Iterator<Item = &str> {
        let scripts = self
            .0
            .iter()
            .filter_map(|part| if let Part::Worked(script) = part { Some(script) } else { None });
        scripts.flat_map(|script| script.reads.iter().map(|(name, _)| name.as_str()))
    }

    /// The parts of a text: what is written, and the sources between `{{` and `}}` compiled by `script`.
    pub(crate) fn compile(
        source: &str,
        mut script: impl FnMut(&str) -> Option<Script>,
    ) -> Result<Self, ScriptError> {
        let mut parts = Vec::new();
        for piece in split(source)? {
            parts.push(match piece {
                Piece::Written(written) => Part::Written(written.to_owned()),
                Piece::Expression(expression) => match script(expression) {
                    Some(script) => Part::Worked(script),
                    None => continue,
                },
            });
        }
        Ok(Self(parts))
    }
}

/// A piece of a text as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Written(&'a str),
    Expression(&'a str),
}

/// Cuts a text at `{{` and `}}`. Braces and quotes inside an expression are understood, so that
/// `{{ if x { "}}" } else { y } }}` is one expression.
pub(crate) fn split(source: &str) -> Result<Vec<Piece<'_>>, ScriptError> {
    let mut pieces = Vec::new();
    let mut rest = source;
    while let Some(open) = rest.find("{{") {
        if open > 0 {
            pieces.push(Piece::Written(&rest[..open]));
        }
        let inner = &rest[open + 2..];
        let Some(close) = closing(inner) else {
            return Err(ScriptError::new(
                "expr.unclosed",
                "Hay «{{» sin su «}}».",
                "Cierra la expresión con «}}».",
            ));
        };
        pieces.push(Piece::Expression(&inner[..close]));
        rest = &inner[close + 2..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Written(rest));
    }
    Ok(pieces)
}

/// Where the `}}` stands that ends the expression.
fn closing(text: &str) -> Option<usize> {
    // What is open, innermost last: a brace, a quote, or a back-tick text.
    let mut open: Vec<char> = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match (open.last(), c) {
            (Some('"'), '\\') | (Some('\''), '\\') => {
                chars.next();
            }
            (Some(&quote @ ('"' | '\'' | '`')), c) if c == quote => {
                open.pop();
            }
            (Some('`'), '$') if chars.peek().is_some_and(|(_, c)| *c == '{') => {
                chars.next();
                open.push('{');
            }
            (Some('"' | '\'' | '`'), _) => {}
            (_, '"' | '\'' | '`' | '{') => open.push(c),
            (Some('{'), '}') => {
                open.pop();
            }
            (None, '}') if text[at..].starts_with("}}") => return Some(at),
            _ => {}
        }
    }
    None
}

/// A text or an expression with one name of data in the place of another, wherever an expression reads it.
/// `None` when that cannot be done by its spelling.
pub(crate) fn respelt(source: &str, is_template: bool, from: &str, to: &str) -> Option<String> {
    if !is_template {
        return renamed(source, from, to);
    }
    let mut whole = String::with_capacity(source.len());
    for piece in split(source).ok()? {
        match piece {
            Piece::Written(text) => whole.push_str(text),
            Piece::Expression(expression) => {
                let reads = Script::compile(expression).is_ok_and(|script| script.reads_of(from));
                let renamed = if reads { renamed(expression, from, to)? } else { expression.to_owned() };
                whole.push_str("{{");
                whole.push_str(&renamed);
                whole.push_str("}}");
            }
        }
    }
    Some(whole)
}

/// The expression with every word `from` replaced outside of texts and behind no dot, when that leaves no
/// reading of it.
fn renamed(expression: &str, from: &str, to: &str) -> Option<String> {
    let mut renamed = String::with_capacity(expression.len() + to.len());
    let (mut quote, mut rest, mut before) = (None, expression, ' ');
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    while let Some(c) = rest.chars().next() {
        let tail = rest.strip_prefix(from).filter(|tail| !tail.starts_with(is_word));
        if let Some(tail) = tail.filter(|_| quote.is_none() && !is_word(before) && before != '.') {
            renamed.push_str(to);
            (rest, before) = (tail, 'x');
            continue;
        }
        match quote {
            Some(open) if c == open && before != '\\' => quote = None,
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            _ => {}
        }
        renamed.push(c);
        (rest, before) = (&rest[c.len_utf8()..], c);
    }
    let script = Script::compile(&renamed).ok()?;
    (!script.reads_of(from)).then_some(renamed)
}

fn unknown(source: &str) -> Failure {
    Failure::new("expr.unknown", format!("«{source}» no pertenece a esta versión del flujo."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_expressions() {
        use Piece::{Expression as E, Written as W};
        for (text, pieces) in [
            ("hola", vec![W("hola")]),
            ("{{ x }}", vec![E(" x ")]),
            ("a {{x}} b {{ y }}", vec![W("a "), E("x"), W(" b "), E(" y ")]),
            (
                "{{ if x { \"}}\" } else { `${y}}}` } }}!",
                vec![E(" if x { \"}}\" } else { `${y}}}` } "), W("!")],
            ),
            ("{{ if a {b} else {c}}}", vec![E(" if a {b} else {c}")]),
            ("{{ \"\\\"}}\" }}", vec![E(" \"\\\"}}\" ")]),
            ("{{ '}' }} }}", vec![E(" '}' "), W(" }}")]),
            ("{ x } }}", vec![W("{ x } }}")]),
            ("", vec![]),
        ] {
            assert_eq!(split(text).unwrap(), pieces, "{text}");
        }
        for text in ["{{ x", "{{ x }", "{{ \"}}", "{{ `${}} `", "a {{"] {
            assert_eq!(split(text).unwrap_err().code, "expr.unclosed", "{text}");
        }
    }

    #[test]
    fn what_is_encoded_has_no_meaning_in_an_address() {
        assert_eq!(encode("Añá & ../?x=1#y%\n-._~"), "A%C3%B1%C3%A1%20%26%20..%2F%3Fx%3D1%23y%25%0A-._~");
    }

    #[test]
    fn values_are_shown_as_people_read_them() {
        for (value, text) in [
            (Value::Null, ""),
            (Value::from("a"), "a"),
            (Value::from(25.0), "25"),
            (Value::from(-3), "-3"),
            (Value::from(2.5), "2.5"),
            (Value::from(i64::MAX), "9223372036854775807"),
            (Value::from(true), "true"),
        ] {
            assert_eq!(shown(&value), text);
        }
    }
}
