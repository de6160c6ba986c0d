//! Ids are newtypes over short texts, so that one can never be taken for another. A text of up to 23 bytes,
//! as most ids are, is held without an allocation.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use crate::Slot;

/// Why a text is not an id of the asked kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdError {
    /// The kind that was asked for, as `contact`.
    pub kind: &'static str,
    /// The text that was given, cut at 80 characters.
    pub given: String,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "«{}» is not a {} id", self.given, self.kind)
    }
}

impl std::error::Error for IdError {}

impl IdError {
    pub(crate) fn new(kind: &'static str, given: &str) -> Self {
        Self { kind, given: given.chars().take(80).collect() }
    }
}

/// Reads an id that is a text.
struct TextVisitor<T>(PhantomData<T>);

impl<T: FromStr<Err = IdError>> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(SmolStr);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let fits = !text.is_empty()
                    && text.len() <= $max
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
                if fits { Ok(Self(text.into())) } else { Err(IdError::new($kind, text)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        // By hand, because serde's own way would copy the text first.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_str(TextVisitor(PhantomData))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A workspace (espacio). Letters, digits, `_`, `-`; at most 64.
    WorkspaceId, "workspace", 64);
text_id!(
    /// A connected channel account (cuenta), as one WhatsApp number. Letters, digits, `_`, `-`; at most 64.
    AccountId, "account", 64);
text_id!(
    /// A flow (recorrido), stable over its versions. Letters, digits, `_`, `-`; at most 64.
    FlowId, "flow", 64);
text_id!(
    /// A step of a flow, stable over versions and never a label. Letters, digits, `_`, `-`; at most 64.
    NodeId, "node", 64);
text_id!(
    /// A queue (campaña de atención). Letters, digits, `_`, `-`; at most 64.
    QueueId, "queue", 64);
text_id!(
    /// A person who logs in. Letters, digits, `_`, `-`; at most 64.
    UserId, "user", 64);
text_id!(
    /// One contact's walk through a flow. 16 hexadecimal digits: it travels in every button
    /// (WhatsApp allows 200 bytes there), so it is short.
    RunId, "run", 64);
text_id!(
    /// A published version of a flow, named by its content: 32 hexadecimal digits of a BLAKE3 hash.
    VersionId, "version", 64);

macro_rules! slotted_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $letter:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            slot: Slot,
            body: u64,
        }

        impl $name {
            /// The id in this slot with this body; the caller sees to it that bodies do not repeat.
            pub fn new(slot: Slot, body: u64) -> Self {
                Self { slot, body }
            }

            /// The slot it was born in, where all its rows live.
            pub fn slot(&self) -> Slot {
                self.slot
            }

            /// The part after the slot.
            pub fn body(&self) -> u64 {
                self.body
            }

            /// Gives its text to `f`. It is in every key and most rows, so nothing is allocated for it.
            pub fn with_text<T>(&self, f: impl FnOnce(&str) -> T) -> T {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let mut text = [$letter; 20];
                let digits = (u128::from(self.slot.number()) << 64) | u128::from(self.body);
                for (index, place) in text[1..].iter_mut().rev().enumerate() {
                    *place = HEX[(digits >> (4 * index)) as usize & 0xf];
                }
                f(std::str::from_utf8(&text).expect("hexadecimal digits are ASCII"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.with_text(|text| f.write_str(text))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let parse = || {
                    let digits = text.strip_prefix(char::from($letter))?;
                    let plain = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                    if digits.len() != 19 || !plain {
                        return None;
                    }
                    let slot = Slot::new(u16::from_str_radix(&digits[..3], 16).ok()?)?;
                    Some(Self { slot, body: u64::from_str_radix(&digits[3..], 16).ok()? })
                };
                parse().ok_or_else(|| IdError::new($kind, text))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                self.with_text(|text| to.serialize_str(text))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Text;
                impl Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("a ", $kind, " id"))
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                from.deserialize_str(Text)
            }
        }
    };
}

slotted_id!(
    /// A contact. Carries the slot of the address it was born from, so that binding the address,
    /// making the contact and its first turn are one local commit. As text: `c`, 3 hexadecimal
    /// digits of slot, 16 of body.
    ContactId, "contact", b'c');
slotted_id!(
    /// A case (atención). Carries the slot of the contact that created it. As text: `a`, 3
    /// hexadecimal digits of slot, 16 of body.
    CaseId, "case", b'a');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_id_is_the_text_it_was_read_from() {
        let id = ContactId::new(Slot::of("51999888777"), 7);
        assert_eq!(id.to_string().parse::<ContactId>().unwrap(), id);
        assert_eq!(id.to_string().len(), 20);
    }

    #[test]
    fn foreign_texts_are_refused() {
        for text in [
            "",
            "c",
            "c400000000000000000f",
            "cfff0000000000000001",
            "C0010000000000000001",
            "c00100000000000000é",
        ] {
            assert!(text.parse::<ContactId>().is_err(), "{text}");
        }
        assert!("a b".parse::<FlowId>().is_err());
        assert!(serde_json::from_str::<FlowId>("\"../x\"").is_err());
    }
}
