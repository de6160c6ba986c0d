//! What the network tells of a customer: a new number, a new id, a new identity.

use serde::Serialize;
use serde_json::Value;

use crate::value::{is_bsuid, is_phone, owned, text};

/// News of a customer; they wrote nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct System {
    /// `user_changed_number`, `user_changed_user_id`, `customer_identity_changed` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtype: Option<String>,
    /// Meta's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The phone from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_wa_id: Option<String>,
    /// The business-scoped user id from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_user_id: Option<String>,
    /// The phone until now, when the news itself says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_wa_id: Option<String>,
    /// The business-scoped user id until now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_user_id: Option<String>,
}

impl System {
    pub(super) fn read(message: &Value) -> Self {
        let system = message.get("system").unwrap_or(&Value::Null);
        let subtype = owned(system, "type");
        let mut news = Self { text: owned(system, "body"), ..Self::default() };
        let new_number = subtype.as_deref() == Some("user_changed_number");
        if new_number || subtype.as_deref() == Some("user_changed_user_id") {
            news.new_wa_id = owned(system, "wa_id").or_else(|| owned(system, "new_wa_id"));
            news.new_user_id = owned(system, "user_id");
            news.previous_wa_id = owned(system, "previous_wa_id");
            news.previous_user_id = owned(system, "previous_user_id");
            let said = if new_number { &news.new_wa_id } else { &news.new_user_id };
            if said.is_none() {
                news.read_words(text(system, "body").unwrap_or_default());
            }
        }
        Self { subtype, ..news }
    }

    /// Completes it by its words, `User X changed from A to B`, where A and B are phones or ids. The name
    /// may be anything, so they are read from the end.
    fn read_words(&mut self, words: &str) {
        let Some((before, new)) = words.trim().trim_end_matches('.').rsplit_once(" to ") else { return };
        let Some((_, old)) = before.rsplit_once("changed from ") else { return };
        let fill = |place: &mut Option<String>, id: &str, fits: fn(&str) -> bool| {
            if place.is_none() && fits(id) {
                *place = Some(id.to_owned());
            }
        };
        let digits = |id: &str| id.trim().trim_start_matches('+').to_owned();
        for (id, phone, user_id) in [
            (digits(old), &mut self.previous_wa_id, &mut self.previous_user_id),
            (digits(new), &mut self.new_wa_id, &mut self.new_user_id),
        ] {
            fill(phone, &id, is_phone);
            fill(user_id, &id, is_bsuid);
        }
    }
}
