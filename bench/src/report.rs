//! What is kept: `results.json` for machines, and the tables of `README.md`, between their marks, for people.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::numbers::shown;

/// What a part of the bench found.
pub struct Part {
    name: &'static str,
    lead: String,
    table: String,
    lines: Value,
    headline: BTreeMap<&'static str, f64>,
}

impl Part {
    /// A part with its table, and the same for machines.
    pub fn new<L: Serialize + ?Sized>(name: &'static str, table: String, lines: &L) -> Self {
        let lines = serde_json::to_value(lines).unwrap_or_default();
        Self { name, lead: String::new(), table, lines, headline: BTreeMap::new() }
    }

    /// What stands above the table.
    pub fn lead(&mut self, lead: String) {
        self.lead = lead;
    }

    /// A figure that is compared with a target.
    pub fn headline(&mut self, name: &'static str, value: f64) {
        self.headline.insert(name, value);
    }

    /// A figure, for a sentence.
    pub fn shown(&self, name: &str) -> String {
        self.headline.get(name).map_or_else(|| "not measured".to_owned(), |value| shown(*value))
    }

    /// As it is printed.
    pub fn text(&self) -> String {
        let figures: String =
            self.headline.iter().map(|(name, value)| format!("{name} = {}\n", shown(*value))).collect();
        format!("## {}\n\n{}\n\n{}\n{figures}", self.name, self.lead, self.table)
    }

    /// Keeps it in a folder, beside what other parts found.
    ///
    /// # Errors
    /// When a file cannot be read or written, or has no marks for this part.
    pub fn keep(&self, folder: &Path, machine: &str) -> anyhow::Result<()> {
        let file = folder.join("results.json");
        let mut results: Map<String, Value> = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).context("results.json cannot be read")?,
            Err(_) => Map::new(),
        };
        results.insert("machine".into(), machine.into());
        let headline = results.entry("headline").or_insert_with(|| json!({}));
        for (name, value) in &self.headline {
            // Four digits: the rest is noise.
            headline[*name] = json!(format!("{value:.4e}").parse::<f64>().unwrap_or(*value));
        }
        results.entry("parts").or_insert_with(|| json!({}))[self.name] = self.lines.clone();
        fs::write(&file, serde_json::to_string_pretty(&results)? + "\n")?;

        let file = folder.join("README.md");
        let text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let text = between(&text, self.name, &format!("{}\n\n{}", self.lead, self.table))?;
        let text = between(&text, "machine", &format!("Measured on {machine}.\n"))?;
        Ok(fs::write(&file, text)?)
    }
}

/// The text with something else between two marks.
fn between(text: &str, mark: &str, inside: &str) -> anyhow::Result<String> {
    let (begin, end) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->"));
    let places = text.find(&begin).zip(text.find(&end)).filter(|(begin, end)| begin < end);
    let (from, to) = places.with_context(|| format!("README.md has no marks for «{mark}»"))?;
    Ok(format!("{}{begin}{inside}{}", &text[..from], &text[to..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_a_table_stays() {
        let text = "before\n<!-- road -->\nold\n<!-- /road -->\nafter\n";
        let new = between(text, "road", "new\n").unwrap();
        assert_eq!(new, "before\n<!-- road -->\nnew\n<!-- /road -->\nafter\n");
        assert!(between(text, "turn", "new\n").is_err());
    }

    #[test]
    fn numbers_are_shown_with_what_means_something() {
        assert_eq!(
            [0.512, 12.34, 123.4, 44_700.0, 1_234_567.0].map(shown),
            ["0.51", "12.3", "123", "44 700", "1 234 567"]
        );
    }
}
