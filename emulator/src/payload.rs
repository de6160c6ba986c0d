//! The JSON of webhooks, in the shape Meta sends since the business-scoped user ids of 2026: one message or one
//! status per post, every one with its contact.

use serde_json::{Map, Value, json};

use crate::{
    codes,
    config::Config,
    ids,
    message::{Message, Status},
    signature,
    state::{Kind, State},
};

/// A webhook to be queued.
pub struct Webhook {
    /// The customer it is about.
    pub wa_id: String,
    /// What it tells.
    pub kind: Kind,
    /// The wamid it tells about.
    pub subject: String,
    /// The bytes to post.
    pub body: String,
}

/// The webhook of a customer's message.
pub fn message(config: &Config, state: &State, wa_id: &str, wamid: &str, element: &Value) -> Webhook {
    let value = json!({"contacts": [contact(config, state, wa_id)], "messages": [element]});
    Webhook {
        wa_id: wa_id.to_owned(),
        kind: Kind::Message,
        subject: wamid.to_owned(),
        body: signature::escaped(&envelope(config, value)),
    }
}

/// The webhook of a status of a business message. `at` is in milliseconds.
pub fn status(
    config: &Config,
    state: &State,
    wamid: &str,
    message: &Message,
    status: Status,
    at: i64,
) -> Webhook {
    let wa_id = &message.wa_id;
    let mut element = json!({
        "id": wamid,
        "status": status.word(),
        "timestamp": seconds(at),
        "recipient_id": wa_id,
        "recipient_user_id": ids::user_id(&config.waba_id, wa_id),
    });
    if let Some(opaque) = message.json.get("biz_opaque_callback_data") {
        element["biz_opaque_callback_data"] = opaque.clone();
    }
    match status {
        Status::Sent | Status::Delivered => {
            element["pricing"] = json!({"billable": false, "pricing_model": "PMP",
                "type": "free_customer_service", "category": "service"});
        }
        Status::Failed => {
            if let Some(failure) = &message.failure {
                let title = codes::title(failure.code);
                element["errors"] = json!([{
                    "code": failure.code,
                    "title": title,
                    "message": title,
                    "error_data": {"details": failure.details},
                    "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
                }]);
            }
        }
        Status::Sending | Status::Read => {}
    }
    let value = json!({"contacts": [contact(config, state, wa_id)], "statuses": [element]});
    Webhook {
        wa_id: wa_id.clone(),
        kind: Kind::Status,
        subject: wamid.to_owned(),
        body: signature::escaped(&envelope(config, value)),
    }
}

/// Unix seconds as a string, the way webhooks write time.
pub fn seconds(at: i64) -> String {
    (at / 1000).to_string()
}

fn contact(config: &Config, state: &State, wa_id: &str) -> Value {
    let name = state.customers.get(wa_id).map_or("", |customer| &customer.name);
    json!({"profile": {"name": name}, "wa_id": wa_id, "user_id": ids::user_id(&config.waba_id, wa_id)})
}

fn envelope(config: &Config, value: Value) -> Value {
    let mut whole = Map::new();
    whole.insert("messaging_product".into(), json!("whatsapp"));
    whole.insert(
        "metadata".into(),
        json!({"display_phone_number": config.business_digits(), "phone_number_id": config.phone_number_id}),
    );
    if let Value::Object(value) = value {
        whole.extend(value);
    }
    json!({"object": "whatsapp_business_account",
        "entry": [{"id": config.waba_id, "changes": [{"value": whole, "field": "messages"}]}]})
}
