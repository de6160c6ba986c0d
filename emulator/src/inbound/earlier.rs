//! What a customer does to a bubble of their own: changes it, takes it back.

use serde_json::{Value, json};

use super::{Scene, Text, attach::LONGEST_CAPTION};
use crate::{
    ids::Side,
    message::{self, Message},
    refusal::Refusal,
};

/// How long a message can be changed.
const EDIT_MS: i64 = 15 * 60 * 1000;

/// What the element of an edit says: the message as it reads now.
pub fn edit(scene: &Scene, id: &str, text: Text) -> Result<Value, Refusal> {
    let earlier = own(scene, id)?;
    if scene.at - earlier.at > EDIT_MS {
        return Err(Refusal::unfit("too_late", "A message can be changed for 15 minutes."));
    }
    let kind = message::kind(&earlier.json);
    let content = match kind {
        "text" => json!({"body": text.of_at_most(4096)?}),
        "image" | "video" | "document" => {
            let mut file = earlier.json[kind].clone();
            file["caption"] = json!(text.of_at_most(LONGEST_CAPTION)?);
            file
        }
        _ => {
            let sentence =
                "Only texts, and what stands under pictures, videos and documents, can be changed.";
            return Err(Refusal::unfit("not_editable", sentence));
        }
    };
    let mut message = json!({"type": kind, kind: content});
    if let Some(context) = earlier.json.get("context") {
        message["context"] = context.clone();
    }
    Ok(json!({"original_message_id": id, "message": message}))
}

/// What the element of a revoke says.
pub fn revoke(scene: &Scene, id: &str) -> Result<Value, Refusal> {
    own(scene, id)?;
    Ok(json!({"original_message_id": id}))
}

/// A bubble the customer wrote and did not take back.
fn own<'a>(scene: &'a Scene, id: &str) -> Result<&'a Message, Refusal> {
    let message = scene.bubble(id)?;
    if message.from != Side::Customer {
        return Err(Refusal::unfit("unknown_message", format!("Message {id} is not the customer's own.")));
    }
    if message.revoked {
        return Err(Refusal::unfit("already_revoked", format!("Message {id} was taken back.")));
    }
    Ok(message)
}
