//! The texts of a flow as a spreadsheet: who translates needs no editor, and nothing but words changes.
//!
//! A sheet is CSV in UTF-8 with a byte order mark, so that Excel reads its letters. A row is a text: the step and
//! the place that name it, what it is, the original, and a column for each language. Only the columns of
//! languages are read back.

mod splice;

use std::collections::HashMap;

use cauce_flows::{Catalogue, Document, DocumentText, languages};
use cauce_model::NodeId;

pub use splice::splice;

const STEP: &str = "paso";
const PLACE: &str = "lugar";
const CONTEXT: &str = "contexto";
const MARK: &[u8] = "\u{feff}".as_bytes();

/// The sheet of a document, with a column for each of its languages and for these besides.
///
/// # Errors
/// When a column would be of no language, or of the document's own.
pub fn write(
    document: &Document,
    catalogue: &Catalogue,
    besides: &[String],
    separator: u8,
) -> Result<Vec<u8>, SheetError> {
    let mut columns: Vec<String> = document.translations.keys().cloned().collect();
    for language in besides {
        let name = languages::named(language).ok_or_else(|| SheetError::NoLanguage(language.clone()))?;
        if name.eq_ignore_ascii_case(&document.language) {
            return Err(SheetError::OwnLanguage(name));
        }
        if !columns.iter().any(|column| column.eq_ignore_ascii_case(&name)) {
            columns.push(name);
        }
    }
    let mut sheet = csv::WriterBuilder::new()
        .delimiter(separator)
        .terminator(csv::Terminator::CRLF)
        .from_writer(MARK.to_vec());
    let titles = [STEP, PLACE, CONTEXT, &document.language];
    sheet.write_record(titles.into_iter().chain(columns.iter().map(String::as_str)))?;
    for DocumentText { node, place, context, text, .. } in document.texts(catalogue) {
        let said = |language: &String| document.translations.get(language)?.get(&node)?.get(&place);
        let translated =
            columns.iter().map(|language| said(language).map(String::as_str).unwrap_or_default());
        let cells = [node.as_str(), &place, &context, &text].into_iter().chain(translated);
        sheet.write_record(cells.map(guarded))?;
    }
    sheet.into_inner().map_err(|error| SheetError::Broken(error.to_string()))
}

/// A text as it may stand in a cell: one that a spreadsheet would take for a formula has an apostrophe before it.
fn guarded(text: &str) -> String {
    if is_formula(text.trim_start_matches('\'')) { format!("'{text}") } else { text.to_owned() }
}

/// The text of a cell, as [`guarded`] took it.
fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula(text.trim_start_matches('\'')) => text,
        _ => cell,
    }
}

fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// Why there is no sheet, or it cannot be read (Spanish).
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// A language was asked for that is none.
    #[error("«{0}» no es un idioma: usa un código como en, pt o es-MX")]
    NoLanguage(String),
    /// The document's own.
    #[error("el flujo ya está escrito en «{0}»")]
    OwnLanguage(String),
    /// Not UTF-8.
    #[error("la hoja no está en UTF-8: guárdala como «CSV UTF-8»")]
    NotUtf8,
    /// Without the columns that say which text a row is of.
    #[error("a la hoja le falta la columna «{0}»")]
    NoColumn(&'static str),
    /// Nothing to take.
    #[error("la hoja no tiene columnas de otros idiomas")]
    NoTranslations,
    /// Not a sheet.
    #[error("la hoja no se puede leer: {0}")]
    Broken(String),
}

impl From<csv::Error> for SheetError {
    fn from(error: csv::Error) -> Self {
        match error.kind() {
            csv::ErrorKind::Utf8 { .. } => Self::NotUtf8,
            _ => Self::Broken(error.to_string()),
        }
    }
}

/// What a sheet makes of a document.
#[derive(Debug)]
pub struct Imported {
    /// With the translations of the sheet.
    pub document: Document,
    /// Rows and columns that were not taken, and why (Spanish).
    pub refused: Vec<String>,
    /// What somebody should look at: originals that have changed since (Spanish).
    pub warnings: Vec<String>,
    /// What each language of the sheet still lacks (Spanish).
    pub missing: Vec<String>,
    /// From which row a translation came: language, step, place. The titles are row 1.
    pub rows: HashMap<(String, NodeId, String), usize>,
}

/// Brings the translations of a sheet into a document. An empty cell changes nothing.
///
/// # Errors
/// When the sheet as a whole cannot be understood.
pub fn read(sheet: &[u8], document: &Document, catalogue: &Catalogue) -> Result<Imported, SheetError> {
    let sheet = sheet.strip_prefix(MARK).unwrap_or(sheet);
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(separator(sheet))
        .has_headers(false)
        .flexible(true)
        .from_reader(sheet);
    let mut rows = rows.records();
    let titles = rows.next().transpose()?.unwrap_or_default();
    let column = |name: &str| titles.iter().position(|title| title.trim().eq_ignore_ascii_case(name));
    let step_column = column(STEP).ok_or(SheetError::NoColumn(STEP))?;
    let place_column = column(PLACE).ok_or(SheetError::NoColumn(PLACE))?;
    let own_column = column(&document.language);
    let mut imported = Imported {
        document: document.clone(),
        refused: Vec::new(),
        warnings: Vec::new(),
        missing: Vec::new(),
        rows: HashMap::new(),
    };
    if own_column.is_none() {
        let missing = format!(
            "Falta la columna «{}»: no se puede saber si los textos originales cambiaron.",
            document.language
        );
        imported.warnings.push(missing);
    }
    let columns =
        imported.languages(&titles, &[Some(step_column), Some(place_column), own_column, column(CONTEXT)]);
    if columns.is_empty() {
        return Err(SheetError::NoTranslations);
    }
    let texts = document.texts(catalogue);
    let mut seen: HashMap<(String, String), usize> = HashMap::new();
    for (nth, row) in rows.enumerate() {
        let (nth, row) = (nth + 2, row?);
        let cell = |column: usize| unguarded(row.get(column).unwrap_or_default());
        let (step, place) = (cell(step_column).trim(), cell(place_column).trim());
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let Some(text) = texts.iter().find(|text| text.node.as_str() == step && text.place == place) else {
            imported
                .refused
                .push(format!("Fila {nth}: el flujo no tiene el texto «{place}» del paso «{step}»."));
            continue;
        };
        if let Some(first) = seen.insert((step.to_owned(), place.to_owned()), nth) {
            imported.refused.push(format!("Fila {nth}: es el mismo texto que la fila {first}."));
            continue;
        }
        let original = own_column.map(cell).filter(|original| !same(original, &text.text));
        if original.is_some() {
            let changed = "el texto original cambió desde que se exportó; revisa su traducción";
            imported.warnings.push(format!("Fila {nth} ({step} · {place}): {changed}."));
        }
        for (column, language) in &columns {
            imported.take(language, text, cell(*column), nth);
        }
    }
    imported.arrange(&texts);
    for (_, language) in &columns {
        let missing = imported.missing_in(language, &texts);
        imported.missing.extend(missing);
    }
    Ok(imported)
}

/// Whether two texts say the same; spreadsheets end lines in their own way.
fn same(one: &str, other: &str) -> bool {
    one == other || unix(one) == unix(other)
}

fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// What stands between the cells: spreadsheets write `;` where a comma is part of numbers.
fn separator(sheet: &[u8]) -> u8 {
    let titles = sheet.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |separator: u8| titles.iter().filter(|byte| **byte == separator).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

impl Imported {
    /// The columns of other languages, by the names that the document has for them.
    fn languages(&mut self, titles: &csv::StringRecord, others: &[Option<usize>]) -> Vec<(usize, String)> {
        let mut columns: Vec<(usize, String)> = Vec::new();
        for (column, title) in
            titles.iter().enumerate().filter(|(column, _)| !others.contains(&Some(*column)))
        {
            let title = title.trim();
            if title.is_empty() {
                continue;
            }
            let known = self.document.translations.keys().find(|known| known.eq_ignore_ascii_case(title));
            let name = known.cloned().or_else(|| languages::named(title));
            let Some(name) = name.filter(|name| !name.eq_ignore_ascii_case(&self.document.language)) else {
                self.refused.push(format!("Columna «{title}»: no es otro idioma; no se leyó."));
                continue;
            };
            if columns.iter().any(|(_, other)| *other == name) {
                self.refused.push(format!("Columna «{title}»: el idioma está dos veces; no se leyó."));
                continue;
            }
            columns.push((column, name));
        }
        columns
    }

    /// Takes a translation.
    fn take(&mut self, language: &str, text: &DocumentText, said: &str, row: usize) {
        let key = (language.to_owned(), text.node.clone(), text.place.clone());
        if said.trim().is_empty() {
            return;
        }
        self.rows.insert(key, row);
        let steps = self.document.translations.entry(language.to_owned()).or_default();
        let places = steps.entry(text.node.clone()).or_default();
        let before = places.entry(text.place.clone()).or_default();
        if !same(before, said) {
            *before = unix(said);
        }
    }

    /// Puts the translations in the order of what they translate.
    fn arrange(&mut self, texts: &[DocumentText]) {
        for steps in self.document.translations.values_mut() {
            let place = |node: &NodeId, place: &String| {
                texts.iter().position(|text| text.node == *node && text.place == *place).unwrap_or(usize::MAX)
            };
            for (node, places) in steps.iter_mut() {
                places.sort_by_cached_key(|name, _| place(node, name));
            }
            let first =
                |node: &NodeId| texts.iter().position(|text| text.node == *node).unwrap_or(usize::MAX);
            steps.sort_by_cached_key(|node, _| first(node));
        }
    }

    fn missing_in(&self, language: &str, texts: &[DocumentText]) -> Vec<String> {
        let steps = self.document.translations.get(language);
        let said =
            |text: &DocumentText| steps.and_then(|steps| steps.get(&text.node)?.get(&text.place)).is_some();
        let missing = texts.iter().filter(|text| !text.is_optional && !said(text));
        missing.map(|text| format!("Falta en «{language}»: {} · {}.", text.node, text.place)).collect()
    }
}

#[cfg(test)]
mod tests;
