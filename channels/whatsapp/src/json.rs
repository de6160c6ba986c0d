//! Reading JSON piece by piece, so that what is wrong with one piece stays in it.
//!
//! A piece is first found (its syntax is all that is looked at) and only then read, because a whole body
//! read at once is lost for one number that is too large, one broken half of an emoji, or one abyss of
//! brackets.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

/// The fields of an object, unread.
pub(crate) type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The whole of a body, unread. `None` when it is not JSON.
pub(crate) fn root(body: &[u8]) -> Option<&RawValue> {
    serde_json::from_slice(body).ok()
}

/// The fields of an object; of a repeated one, the last. `None` when it is no object.
pub(crate) fn fields(raw: &RawValue) -> Option<Fields<'_>> {
    serde_json::from_str(raw.get()).ok()
}

/// The items of an array, unread. `None` when it is no array.
pub(crate) fn items(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

/// The value of a piece without U+0000 and with U+FFFD for every broken half of a surrogate pair; when
/// it cannot be held at all (a number out of range, nested more than 128 deep), its text.
pub(crate) fn read(raw: &RawValue) -> Result<Value, Value> {
    serde_json::from_str(&mend(raw.get())).map_err(|_| Value::String(raw.get().to_owned()))
}

/// The value of a piece, or its text: for what is only kept.
pub(crate) fn keep(raw: &RawValue) -> Value {
    read(raw).unwrap_or_else(|text| text)
}

/// What a text says that is JSON itself; of one that is not, the text.
pub(crate) fn inner(text: &str) -> Value {
    root(text.as_bytes()).map_or_else(|| Value::from(text), keep)
}

/// Takes out what is correct JSON but no text that others can hold: `\u0000` goes, half a surrogate pair
/// becomes `\ufffd`.
fn mend(json: &str) -> Cow<'_, str> {
    if !json.contains("\\u") {
        return Cow::Borrowed(json);
    }
    let unit = |at: usize| {
        let escape = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(escape, 16).ok()
    };
    let mut out = String::with_capacity(json.len());
    let mut at = 0;
    while let Some(found) = json[at..].find('\\') {
        let escape = at + found;
        out.push_str(&json[at..escape]);
        let (length, replacement) = match unit(escape) {
            Some(0) => (6, Some("")),
            Some(0xD800..=0xDBFF) => match unit(escape + 6) {
                Some(0xDC00..=0xDFFF) => (12, None),
                _ => (6, Some("\\ufffd")),
            },
            Some(0xDC00..=0xDFFF) => (6, Some("\\ufffd")),
            Some(_) => (6, None),
            None => (2, None),
        };
        out.push_str(replacement.unwrap_or(&json[escape..escape + length]));
        at = escape + length;
    }
    out.push_str(&json[at..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn texts_are_mended_where_they_are_broken_and_nowhere_else() {
        for (json, text) in [
            (r#""a\u0000b""#, "ab"),
            (r#""a\\u0000b""#, r"a\u0000b"),
            (r#""\ud83c\udf35 \ud83c!\udf35""#, "🌵 \u{fffd}!\u{fffd}"),
            (r#""\ud83c\ud83c\udf35""#, "\u{fffd}🌵"),
            (r#""\uD83C""#, "\u{fffd}"),
            (r#""caf\u00e9 \/ \n\"""#, "café / \n\""),
            (r#""ñ\\""#, "ñ\\"),
        ] {
            assert_eq!(read(raw(json)).unwrap(), Value::from(text), "{json}");
        }
    }

    #[test]
    fn what_cannot_be_held_is_kept_as_text() {
        assert_eq!(read(raw("1e999")), Err(Value::from("1e999")));
        let abyss = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(keep(raw(&abyss)), Value::from(abyss.as_str()));
    }
}
