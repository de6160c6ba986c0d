//! YAML text → a plain JSON value and the place of everything in it.
//!
//! Problems found later are about the value and carry a JSON pointer; [`Places`] turns the pointer
//! into a line and a column. So one set of checks serves YAML, JSON and a flow built in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_yaml::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_yaml::{Location, Options, Spanned};

use crate::Problem;

/// The largest text that is looked at, in bytes.
pub const MAX_BYTES: usize = 2_000_000;
/// The most YAML nodes (maps, lists, scalars) in one text.
const MAX_NODES: usize = 400_000;
/// The most of them that aliases may repeat.
const MAX_REPEATED: usize = 20_000;
/// How deep maps and lists may nest.
const MAX_DEPTH: usize = 32;

/// Where everything stands in the text of a flow, by JSON pointer. Empty for a flow that came as values.
#[derive(Clone, Default)]
pub struct Places {
    source: Arc<str>,
    /// Where its lines begin, in bytes.
    lines: Arc<[usize]>,
    marks: HashMap<String, Mark>,
}

#[derive(Clone, Copy)]
struct Mark {
    key: Option<(u32, u32)>,
    value: (u32, u32),
    /// Byte range of a scalar in the source.
    bytes: Option<(usize, usize)>,
}

impl Places {
    /// Line and column of the value, or of the nearest thing around it.
    pub fn value(&self, pointer: &str) -> Option<(u32, u32)> {
        self.nearest(pointer).map(|mark| mark.value)
    }

    /// Line and column of the key that leads to the value, or of the nearest thing around it.
    pub fn key(&self, pointer: &str) -> Option<(u32, u32)> {
        match self.marks.get(pointer) {
            Some(mark) => Some(mark.key.unwrap_or(mark.value)),
            None => self.value(pointer),
        }
    }

    /// Line and column of the `nth` occurrence of `piece` inside the scalar, `line` and `column` (from 1)
    /// into it. When the text is written with escapes the piece is not found: then the scalar's start.
    pub(crate) fn inside(
        &self,
        pointer: &str,
        piece: &str,
        nth: usize,
        line: usize,
        column: usize,
    ) -> Option<(u32, u32)> {
        let exact = || {
            let (from, to) = self.marks.get(pointer)?.bytes?;
            let scalar = self.source.get(from..to)?;
            let at = from + scalar.match_indices(piece).nth(nth)?.0;
            let skipped: usize = piece.split_inclusive('\n').take(line - 1).map(str::len).sum();
            let start = at + skipped;
            let row = self.lines.partition_point(|line| *line <= start);
            let line = *self.lines.get(row.checked_sub(1)?)?;
            let col = self.source.get(line..start)?.chars().count() + column;
            Some((u32::try_from(row).ok()?, u32::try_from(col).ok()?))
        };
        exact().or_else(|| self.value(pointer))
    }

    /// Where the scalar stands in the text, in bytes.
    pub(crate) fn bytes(&self, pointer: &str) -> Option<(usize, usize)> {
        self.marks.get(pointer)?.bytes
    }

    fn nearest(&self, pointer: &str) -> Option<&Mark> {
        let mut at = pointer;
        loop {
            if let Some(mark) = self.marks.get(at) {
                return Some(mark);
            }
            at = &at[..at.rfind('/')?];
        }
    }
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Places({})", self.marks.len())
    }
}

/// The pointer of a child.
pub(crate) fn child(pointer: &str, key: impl fmt::Display) -> String {
    format!("{pointer}/{}", key.to_string().replace('~', "~0").replace('/', "~1"))
}

/// Reads a text. Repeated keys are all reported; a syntax error is the only problem, for nothing
/// after it can be trusted.
pub(crate) fn read(text: &str) -> Result<(Value, Places, Vec<Problem>), Box<Problem>> {
    if text.len() > MAX_BYTES {
        return Err(Box::new(Problem::error(
            "doc.too_large",
            format!("El archivo pesa {} kB y el máximo es {} kB.", text.len() / 1000, MAX_BYTES / 1000),
            "Divide el flujo en varios más pequeños.",
        )));
    }
    let (tree, repeated) = match load(text, DuplicateKeyPolicy::Error) {
        Ok(tree) => (tree, None),
        // Read again with repeats let through: the walk below finds all of them.
        Err(serde_yaml::Error::DuplicateMappingKey { key, location }) => {
            let first = repeated_key(key.as_deref().unwrap_or("?"), mark(location));
            (load(text, DuplicateKeyPolicy::LastWins).map_err(|e| Box::new(syntax(&e)))?, Some(first))
        }
        Err(error) => return Err(Box::new(syntax(&error))),
    };
    let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(end, _)| end + 1)).collect();
    let mut places = Places { source: text.into(), lines, marks: HashMap::new() };
    let mut problems = Vec::new();
    let value = place(tree, None, String::new(), &mut places, &mut problems);
    if problems.is_empty() {
        problems.extend(repeated);
    }
    Ok((value, places, problems))
}

fn load(text: &str, duplicates: DuplicateKeyPolicy) -> Result<Spanned<Tree>, serde_yaml::Error> {
    let options: Options = serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_nodes: MAX_NODES,
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_documents: 2,
            max_events: 4 * MAX_NODES,
            max_anchors: 100,
            max_aliases: 1_000,
            max_total_scalar_bytes: 2 * MAX_BYTES,
        },
        duplicate_keys: duplicates,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        emit_comments: false,
        with_snippet: false,
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: MAX_REPEATED },
    };
    serde_yaml::from_str_with_options(text, options)
}

fn repeated_key(key: &str, at: Option<(u32, u32)>) -> Problem {
    Problem::error(
        "doc.duplicate_key",
        format!("«{key}» aparece dos veces en el mismo lugar."),
        "Deja solo una de las dos.",
    )
    .at_mark(at)
}

fn syntax(error: &serde_yaml::Error) -> Problem {
    use serde_yaml::Error;
    if let Error::AliasError { error, .. } | Error::WithSnippet { error, .. } = error {
        return syntax(error);
    }
    let problem = match error {
        Error::MultipleDocuments { .. } => Problem::error(
            "doc.several",
            "El archivo contiene más de un documento (hay una línea «---»).",
            "Guarda cada flujo en su propio archivo.",
        ),
        Error::MergeKeyNotAllowed { .. } => Problem::error(
            "doc.merge_key",
            "La clave «<<» no se puede usar aquí.",
            "Escribe los campos directamente.",
        ),
        Error::Budget { .. } | Error::AliasReplayLimitExceeded { .. } => too_complex(),
        Error::Eof { .. } => empty(),
        deep if first_line(deep).contains("recursion limit") => too_complex(),
        other => Problem::error(
            "doc.syntax",
            format!("Desde aquí el archivo no se puede leer como YAML ({}).", first_line(other)),
            "Revisa en esta línea y en la anterior la sangría, los dos puntos y las comillas.",
        ),
    };
    problem.at_mark(error.location().and_then(mark))
}

fn too_complex() -> Problem {
    Problem::error(
        "doc.too_complex",
        "El archivo tiene demasiados elementos o está anidado demasiado profundo.",
        "Divide el flujo en varios más pequeños.",
    )
}

pub(crate) fn empty() -> Problem {
    Problem::error(
        "doc.empty",
        "El archivo está vacío o no describe un flujo.",
        "Empieza con «id:», «name:», «start:» y «nodes:».",
    )
}

fn first_line(error: &serde_yaml::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.split(" at line ").next().unwrap_or(line).trim_start_matches("error: ").to_owned()
}

fn mark(location: Location) -> Option<(u32, u32)> {
    (location != Location::UNKNOWN).then(|| (clamp(location.line()), clamp(location.column())))
}

fn clamp(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// What YAML can say, with a place on everything.
enum Tree {
    Scalar(Value),
    Sequence(Vec<Spanned<Tree>>),
    Mapping(Vec<(Spanned<String>, Spanned<Tree>)>),
}

fn place(
    tree: Spanned<Tree>,
    key: Option<(u32, u32)>,
    pointer: String,
    places: &mut Places,
    problems: &mut Vec<Problem>,
) -> Value {
    let span = tree.defined.span();
    let bytes =
        span.byte_offset().zip(span.byte_len()).map(|(from, len)| (from as usize, (from + len) as usize));
    let at = mark(tree.referenced).unwrap_or((1, 1));
    let scalar = matches!(tree.value, Tree::Scalar(_));
    let value = match tree.value {
        Tree::Scalar(value) => value,
        Tree::Sequence(items) => Value::Array(
            items
                .into_iter()
                .enumerate()
                .map(|(i, item)| place(item, None, child(&pointer, i), places, problems))
                .collect(),
        ),
        Tree::Mapping(entries) => {
            let mut map = Map::new();
            for (key, item) in entries {
                let at = mark(key.referenced);
                if map.contains_key(&key.value) {
                    problems.push(repeated_key(&key.value, at));
                }
                let item = place(item, at, child(&pointer, &key.value), places, problems);
                map.insert(key.value, item);
            }
            Value::Object(map)
        }
    };
    places.marks.insert(pointer, Mark { key, value: at, bytes: bytes.filter(|_| scalar) });
    value
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TreeVisitor;
        impl<'de> Visitor<'de> for TreeVisitor {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("YAML")
            }
            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Scalar(Value::Null))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
                Ok(Tree::Scalar(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
                Ok(Tree::Scalar(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
                Ok(Tree::Scalar(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
                Ok(Tree::Scalar(value.into()))
            }
            fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
                Ok(Tree::Scalar(value.into()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Tree::Sequence(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Tree::Mapping(entries))
            }
        }
        deserializer.deserialize_any(TreeVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn everything_has_a_place() {
        let (value, places, problems) = read("a: 1\nb:\n  - x\n  - { c: \"dos\" }\n").unwrap();
        assert_eq!(value, json!({"a": 1, "b": ["x", {"c": "dos"}]}));
        assert!(problems.is_empty());
        assert_eq!(places.value("/a"), Some((1, 4)));
        assert_eq!(places.key("/a"), Some((1, 1)));
        assert_eq!(places.value("/b/0"), Some((3, 5)));
        assert_eq!(places.key("/b/1/c"), Some((4, 7)));
        assert_eq!(places.value("/b/1/c"), Some((4, 10)));
        assert_eq!(places.value("/b/1/nothing/here"), Some((4, 5)));
    }

    #[test]
    fn words_that_are_not_booleans_stay_texts() {
        let (value, ..) = read("a: no\nb: on\nc: true\nd: yes").unwrap();
        assert_eq!(value, json!({"a": "no", "b": "on", "c": true, "d": "yes"}));
    }

    #[test]
    fn every_repeated_key_is_reported_where_it_repeats() {
        let (_, _, problems) = read("a: 1\na: 2\nb:\n  c: 1\n  c: 2\n").unwrap();
        let places: Vec<_> = problems.iter().map(|p| (p.code.as_str(), p.line, p.column)).collect();
        assert_eq!(
            places,
            [("doc.duplicate_key", Some(2), Some(1)), ("doc.duplicate_key", Some(5), Some(3))]
        );
        let (_, _, problems) = read("1: a\n1: b\n").unwrap();
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn a_piece_of_a_text_has_its_own_place() {
        let (_, places, _) =
            read("a:\n  b: \"ñ {{ x }} y {{ x }}\"\n  c: |\n    uno\n    {{ y }}\n").unwrap();
        assert_eq!(places.inside("/a/b", " x ", 0, 1, 2), Some((2, 12)));
        assert_eq!(places.inside("/a/b", " x ", 1, 1, 2), Some((2, 22)));
        assert_eq!(places.inside("/a/c", " y ", 0, 1, 2), Some((5, 8)));
        assert_eq!(places.inside("/a/b", "not there", 0, 1, 1), Some((2, 6)));
    }

    #[test]
    fn hostile_texts_are_refused() {
        for (text, code) in [
            ("[".repeat(200_000), "doc.too_complex"),
            ("x".repeat(MAX_BYTES + 1), "doc.too_large"),
            ("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*d,*d,*d,*d,*d,*d,*d,*d,*d]".to_owned(), "doc.too_complex"),
            ("a: &a { x: 1 }\nb:\n  <<: *a\n".to_owned(), "doc.merge_key"),
            ("a: 1\n---\nb: 2\n".to_owned(), "doc.several"),
            ("a: [1, 2\nb: 3".to_owned(), "doc.syntax"),
            ("a: \"x\n".to_owned(), "doc.syntax"),
        ] {
            let problem = read(&text).err().unwrap_or_else(|| panic!("{code} was accepted"));
            assert_eq!(problem.code, code, "{problem}");
        }
    }
}
