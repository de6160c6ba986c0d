//! The entry of `contacts` that tells who a message is from, or to.

use serde::Serialize;
use serde_json::Value;

use crate::value::{owned, text};

/// What a webhook tells of somebody beside their message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Contact {
    /// The name of their profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their user name, without the `@` that some webhooks write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Their phone as WhatsApp writes it; absent when they hide it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
    /// Their business-scoped user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

impl Contact {
    fn read(entry: &Value) -> Self {
        let profile = entry.get("profile").unwrap_or(&Value::Null);
        Self {
            name: owned(profile, "name"),
            username: text(profile, "username").map(|name| name.trim_start_matches('@').to_owned()),
            wa_id: owned(entry, "wa_id"),
            user_id: owned(entry, "user_id"),
        }
    }

    /// The entry that has one of these ids, never one by its position.
    pub(super) fn of(id: Option<&str>, user_id: Option<&str>, entries: &[Value]) -> Option<Self> {
        let with = |key: &str, id: Option<&str>| {
            id.and_then(|id| entries.iter().find(|entry| text(entry, key) == Some(id)))
        };
        let entry = with("wa_id", id).or_else(|| with("user_id", user_id)).or_else(|| with("user_id", id));
        entry.map(Self::read)
    }

    /// The only entry, where the only message beside it can have no other. It may still be written in
    /// another way than the message's sender, so it is shown and proves nothing.
    pub(super) fn only(entries: &[Value]) -> Option<Self> {
        if let [entry] = entries { Some(Self::read(entry)) } else { None }
    }

    /// Whether it has one of these ids.
    pub fn is_of(&self, id: Option<&str>, user_id: Option<&str>) -> bool {
        let is = |mine: &Option<String>, id: Option<&str>| id.is_some() && mine.as_deref() == id;
        is(&self.wa_id, id) || is(&self.user_id, user_id) || is(&self.user_id, id)
    }
}
