//! Applies a fix to the text of a flow, and leaves the rest of the text as its author wrote it: comments,
//! order, style. What cannot be changed in place is written anew in the canonical form.

use json_patch::PatchOperation;
use serde_json::{Map, Value};

use crate::yaml::{self, Places, child};
use crate::{Document, Fix};

/// The text of a flow (YAML or JSON) after a fix. `None` when the text is not the one that was checked.
pub fn mend(text: &str, fix: &Fix) -> Option<String> {
    let (mut wanted, ..) = yaml::read(text).ok()?;
    fix.apply(&mut wanted).ok()?;
    let same = |text: &String| yaml::read(text).is_ok_and(|(value, ..)| value == wanted);
    in_place(text, fix).filter(|mended| !is_json(text) && same(mended)).or_else(|| anew(text, &wanted))
}

/// JSON has one style only: nothing of the author's is lost when all of it is written again.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn anew(text: &str, wanted: &Value) -> Option<String> {
    if is_json(text) {
        return serde_json::to_string_pretty(wanted).ok().map(|text| text + "\n");
    }
    match Document::try_from(wanted.clone()) {
        Ok(document) => Some(document.to_yaml()),
        Err(_) => serde_yaml::to_string(wanted).ok(),
    }
}

fn in_place(text: &str, fix: &Fix) -> Option<String> {
    let mut text = text.to_owned();
    let mut operations = fix.patch.0.iter().peekable();
    while let Some(operation) = operations.next() {
        let (value, places, _) = yaml::read(&text).ok()?;
        let page = Page { text: &text, places: &places };
        text = match operation {
            PatchOperation::Replace(replace) => page.replaced(replace.path.as_str(), &replace.value)?,
            PatchOperation::Add(add) => page.added(&value, add.path.as_str(), &add.value)?,
            PatchOperation::Remove(remove) => {
                let path = remove.path.as_str();
                match operations.peek() {
                    // The same value under another key of the same group.
                    Some(PatchOperation::Add(add))
                        if parent(add.path.as_str()) == parent(path)
                            && value.pointer(path) == Some(&add.value) =>
                    {
                        let renamed = page.renamed(path, add.path.as_str())?;
                        operations.next();
                        renamed
                    }
                    _ => page.removed(path)?,
                }
            }
            _ => return None,
        };
    }
    Some(text)
}

fn parent(pointer: &str) -> &str {
    pointer.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The last part of a pointer, as it is called.
fn name(pointer: &str) -> String {
    let last = pointer.rsplit_once('/').map_or("", |(_, last)| last);
    last.replace("~1", "/").replace("~0", "~")
}

/// A text and where everything stands in it.
struct Page<'a> {
    text: &'a str,
    places: &'a Places,
}

impl Page<'_> {
    fn replaced(&self, pointer: &str, value: &Value) -> Option<String> {
        if let Some(text) = value.as_str().and_then(|value| self.block_replaced(pointer, value)) {
            return Some(text);
        }
        let (from, to) = self.places.bytes(pointer)?;
        let (before, after) = (self.text.get(..from)?, self.text.get(to..)?);
        // What stood there without quotes does so again, if it is read as it is meant.
        if let Some(plain) = value.as_str().filter(|_| !self.text[from..to].starts_with(['"', '\''])) {
            let text = format!("{before}{plain}{after}");
            if yaml::read(&text).is_ok_and(|(read, ..)| read.pointer(pointer) == Some(value)) {
                return Some(text);
            }
        }
        Some(format!("{before}{}{after}", inline(value)))
    }

    /// With other lines in a text that stands as a block (`|`).
    fn block_replaced(&self, pointer: &str, value: &str) -> Option<String> {
        let key = self.offset(self.places.key(pointer)?)?;
        let line = self.text[..key].rfind('\n').map_or(0, |end| end + 1);
        let (head, inside) = self.text[line..].split_once('\n')?;
        head.trim_end().trim_end_matches(['-', '+']).ends_with(": |").then_some(())?;
        let indent = inside.len() - inside.trim_start_matches(' ').len();
        let end = line + self.block_end(line, key - line);
        let lines = value.lines().map(|line| match line {
            "" => "\n".to_owned(),
            line => format!("{}{line}\n", &inside[..indent]),
        });
        let lines: String = lines.collect();
        Some(format!("{}{lines}{}", &self.text[..line + head.len() + 1], &self.text[end..]))
    }

    fn renamed(&self, from: &str, to: &str) -> Option<String> {
        let at = self.offset(self.places.key(from)?)?;
        let key = name(from);
        let rest = &self.text[at..];
        let long = [key.clone(), format!("\"{key}\""), format!("'{key}'")];
        let tail = long.iter().find_map(|key| rest.strip_prefix(key.as_str()))?;
        Some(format!("{}{}{tail}", &self.text[..at], inline(&name(to).into())))
    }

    fn removed(&self, pointer: &str) -> Option<String> {
        // An item of a list has no key, and its value is where it begins.
        let at = self.offset(self.places.key(pointer)?)?;
        let line = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let before = &self.text[line..at];
        if before.trim_matches([' ', '-']).is_empty() {
            let indent = before.find('-').unwrap_or(before.len());
            let end = line + self.block_end(line, indent);
            return Some(format!("{}{}", &self.text[..line], &self.text[end..]));
        }
        let end = at + inline_end(&self.text[at..])?;
        let (before, after) = (&self.text[..at], &self.text[end..]);
        Some(match after.trim_start().strip_prefix(',') {
            Some(after) => format!("{before}{}", after.trim_start()),
            // The last one takes the comma in front of it along.
            None => format!("{}{after}", before.trim_end().strip_suffix(',').unwrap_or(before)),
        })
    }

    fn added(&self, document: &Value, pointer: &str, value: &Value) -> Option<String> {
        if document.pointer(pointer).is_some() {
            return self.replaced(pointer, value).or_else(|| {
                let at = self.offset(self.places.value(pointer)?)?;
                let end = at + inline_end(&self.text[at..])?;
                Some(format!("{}{}{}", &self.text[..at], inline(value), &self.text[end..]))
            });
        }
        let group: &Map<String, Value> = document.pointer(parent(pointer))?.as_object()?;
        let at = self.offset(self.places.value(parent(pointer))?)?;
        let entry = format!("{}: {}", inline(&name(pointer).into()), inline(value));
        if self.text[at..].starts_with('{') {
            let close = at + inline_end(&self.text[at..])? - 1;
            let inside = self.text[at + 1..close].trim_end();
            let comma = if inside.is_empty() || inside.ends_with(',') { " " } else { ", " };
            return Some(format!("{}{inside}{comma}{entry} {}", &self.text[..=at], &self.text[close..]));
        }
        let last = child(parent(pointer), group.keys().next_back()?);
        let key = self.offset(self.places.key(&last)?)?;
        let line = self.text[..key].rfind('\n').map_or(0, |end| end + 1);
        let indent = &self.text[line..key];
        if !indent.trim().is_empty() {
            return None;
        }
        let end = line + self.block_end(line, indent.len());
        let ready = if self.text[..end].ends_with('\n') { "" } else { "\n" };
        Some(format!("{}{ready}{indent}{entry}\n{}", &self.text[..end], &self.text[end..]))
    }

    /// How many bytes an entry takes whose first line begins here: that line and those that stand further in.
    fn block_end(&self, line: usize, indent: usize) -> usize {
        let mut lines = self.text[line..].split_inclusive('\n');
        let mut end = lines.next().map_or(0, str::len);
        let mut gap = 0;
        for line in lines {
            let deep = line.len() - line.trim_start_matches(' ').len();
            if line.trim().is_empty() {
                gap += line.len();
            } else if deep > indent {
                end += gap + line.len();
                gap = 0;
            } else {
                break;
            }
        }
        end
    }

    fn offset(&self, (line, column): (u32, u32)) -> Option<usize> {
        let mut lines = self.text.split_inclusive('\n');
        let before: usize = lines.by_ref().take(line as usize - 1).map(str::len).sum();
        let line = lines.next().unwrap_or_default();
        let ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
        Some(before + ends.into_iter().nth(column as usize - 1)?)
    }
}

/// Where something ends that stands within braces or brackets, or at the end of its line: before the comma or
/// the brace behind it. A group or a list ends behind its own.
fn inline_end(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open && !text[..at].ends_with('\\') => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') if depth <= 1 && text.starts_with(['{', '[']) => return Some(at + 1),
            (None, '}' | ']') => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return Some(at - (text[..at].len() - text[..at].trim_end().len())),
            },
            (None, ',' | '\n') if depth == 0 => return Some(at),
            _ => {}
        }
    }
    (depth == 0 && quote.is_none()).then_some(text.len())
}

/// A value within one line.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let mut bytes = text.bytes();
            let plain = bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
                && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
            // Other readers of YAML take these for something else.
            let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
            if plain && !words.contains(&text.to_lowercase().as_str()) {
                text.clone()
            } else {
                value.to_string()
            }
        }
        Value::Object(map) => {
            let entries =
                map.iter().map(|(key, value)| format!("{}: {}", inline(&key.as_str().into()), inline(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Un saludo\nid: f\nnodes:\n  # El primero\n  inicio: { kind: start, exits: { nxt: fin } } # ya\n  \
                        saludo:\n    kind: mesage # aquí\n    config:\n      text: |\n        Hola\n        {{ a }}\n    \
                        exits:\n      next: fin\n\n  fin: { kind: end }\nlayout:\n  fin: { x: 1, y: 2 }\n  nada: { x: 1, y: 2 }\n";

    fn mended(fix: Fix) -> String {
        mend(TEXT, &fix).unwrap()
    }

    #[test]
    fn what_stands_around_a_change_stays() {
        let text = mended(Fix::new("").replace("/nodes/saludo/kind", "message"));
        assert_eq!(text, TEXT.replace("mesage", "message"));
        let text =
            mended(Fix::new("").remove("/nodes/inicio/exits/nxt").add("/nodes/inicio/exits/next", "fin"));
        assert_eq!(text, TEXT.replace("nxt", "next"));
        let text = mended(Fix::new("").remove("/layout/nada"));
        assert_eq!(text, TEXT.replace("  nada: { x: 1, y: 2 }\n", ""));
        let text = mended(Fix::new("").remove("/nodes/saludo"));
        assert!(
            text.contains("# El primero") && !text.contains("saludo:") && text.contains("\n\n  fin:"),
            "{text}"
        );
        let text = mended(Fix::new("").add("/nodes/saludo/exits/window_closed", "fin"));
        assert_eq!(text, TEXT.replace("      next: fin\n", "      next: fin\n      window_closed: fin\n"));
        let text = mended(Fix::new("").add("/nodes/inicio/exits/otra", "fin"));
        assert_eq!(text, TEXT.replace("{ nxt: fin }", "{ nxt: fin, otra: fin }"));
        let text = mended(Fix::new("").add("/nodes/fin/exits", serde_json::json!({ "next": "no" })));
        assert_eq!(text, TEXT.replace("{ kind: end }", "{ kind: end, exits: { next: \"no\" } }"));
        let text = mended(Fix::new("").remove("/nodes/inicio/exits"));
        assert_eq!(text, TEXT.replace("{ kind: start, exits: { nxt: fin } }", "{ kind: start }"));
        let text = mended(Fix::new("").add("/nodes/otro", serde_json::json!({ "kind": "end" })));
        assert_eq!(text, TEXT.replace("{ kind: end }\n", "{ kind: end }\n  otro: { kind: end }\n"));
        let text = mended(Fix::new("").replace("/nodes/saludo/config/text", "Hola\n{{ a ?? \"\" }}\n"));
        assert_eq!(text, TEXT.replace("{{ a }}", "{{ a ?? \"\" }}"));
    }

    #[test]
    fn what_has_no_place_is_written_anew() {
        let json = r#"{"id": "f", "nodes": {"a": {"kind": "end"}}}"#;
        let text = mend(json, &Fix::new("").add("/nodes/a/exits", serde_json::json!({ "b": "c" }))).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap(),
            serde_json::json!({"id": "f", "nodes": {"a": {"kind": "end", "exits": {"b": "c"}}}})
        );
        assert_eq!(mend(json, &Fix::new("").remove("/nodes/b")), None, "another document");
    }
}
