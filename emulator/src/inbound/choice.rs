//! A tap on a button, a row of a list.

use serde_json::{Map, Value, json};

use super::{Scene, of};
use crate::{ids::Side, refusal::Refusal};

/// The element of a tapped reply button.
pub fn button(scene: &Scene, asked: &str, id: &str) -> Result<Map<String, Value>, Refusal> {
    let button = offered(scene, asked, "/interactive/action/buttons")?
        .iter()
        .map(|button| &button["reply"])
        .find(|reply| reply["id"] == id)
        .ok_or_else(|| no_choice("button", id, asked))?;
    Ok(answer(scene, asked, "button_reply", json!({"id": id, "title": button["title"]})))
}

/// The element of a chosen row.
pub fn row(scene: &Scene, asked: &str, id: &str) -> Result<Map<String, Value>, Refusal> {
    let row = offered(scene, asked, "/interactive/action/sections")?
        .iter()
        .filter_map(|section| section["rows"].as_array())
        .flatten()
        .find(|row| row["id"] == id)
        .ok_or_else(|| no_choice("row", id, asked))?;
    let mut reply = json!({"id": id, "title": row["title"]});
    if let Some(description) = row.get("description") {
        reply["description"] = description.clone();
    }
    Ok(answer(scene, asked, "list_reply", reply))
}

fn answer(scene: &Scene, asked: &str, kind: &str, reply: Value) -> Map<String, Value> {
    let mut element = of("interactive", json!({"type": kind, kind: reply}));
    element.insert("context".into(), json!({"from": scene.author(Side::Business), "id": asked}));
    element
}

/// The choices at `path` of a message of the business in this conversation.
fn offered<'a>(scene: &Scene<'a>, wamid: &str, path: &str) -> Result<&'a Vec<Value>, Refusal> {
    let message =
        scene.state.bubble(scene.wa_id, wamid).filter(|message| message.from == Side::Business).ok_or_else(
            || {
                let sentence = format!("The business sent no message {wamid} to {}.", scene.wa_id);
                Refusal::unfit("unknown_message", sentence)
            },
        )?;
    message.json.pointer(path).and_then(Value::as_array).ok_or_else(|| {
        Refusal::unfit("nothing_to_choose", format!("Message {wamid} offers no choice of this kind."))
    })
}

fn no_choice(kind: &str, id: &str, wamid: &str) -> Refusal {
    Refusal::unfit("unknown_choice", format!("Message {wamid} has no {kind} with the id {id}."))
}
