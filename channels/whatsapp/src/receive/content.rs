//! What a message says, in the words of the model. What lacks what its type promises is kept whole.

use cauce_model::{
    Forwarded, InboundContent, Location, MediaState, MessageContext, OrderItem, ReceivedMedia, Referral,
};
use serde_json::Value;

use super::unsupported;
use crate::errors::explain;
use crate::events::{Body, Context, Item, MediaBody, MessageEvent, ProviderError};
use crate::json;

/// What a message says; whole, when it cannot be read.
pub(super) fn of_message(event: &MessageEvent, raw: &Value) -> InboundContent {
    content(&event.body, &event.errors).unwrap_or_else(|| unsupported(event, raw))
}

fn content(body: &Body, errors: &[ProviderError]) -> Option<InboundContent> {
    Some(match body {
        Body::Text { text } => InboundContent::Text { body: text.clone() },
        Body::Media(body) => media(body, errors)?,
        Body::Location { lat, lng, text, address } => InboundContent::Location(Location {
            latitude: lat.filter(|degrees| degrees.abs() <= 90.0)?,
            longitude: lng.filter(|degrees| degrees.abs() <= 180.0)?,
            name: text.clone(),
            address: address.clone(),
        }),
        Body::Contacts { cards, .. } if cards.is_empty() => return None,
        Body::Contacts { cards, .. } => InboundContent::Contacts { cards: cards.clone() },
        Body::Choice { payload, text, .. } => {
            let title = text.clone()?;
            InboundContent::Choice { id: payload.clone().unwrap_or_else(|| title.clone()), title }
        }
        Body::Form { payload, form, .. } => InboundContent::Form {
            name: form.clone().unwrap_or_else(|| "flow".to_owned()),
            answers: match payload.as_ref()? {
                Value::String(text) => json::inner(text),
                other => other.clone(),
            },
        },
        Body::CallPermission { payload, .. } => InboundContent::CallPermission {
            allowed: match payload.as_deref()? {
                "accept" => true,
                "reject" => false,
                _ => return None,
            },
        },
        Body::Order { catalog, text, items } => InboundContent::Order {
            catalog: catalog.clone()?,
            text: text.clone(),
            items: items.iter().map(item).collect::<Option<_>>()?,
        },
        Body::Reaction { emoji, target } => {
            InboundContent::Reaction { target: target.clone()?, emoji: emoji.clone() }
        }
        Body::Edit { target, new, .. } => {
            InboundContent::Edit { target: target.clone()?, content: Box::new(content(new, &[])?) }
        }
        Body::Revoke { target } => InboundContent::Revoke { target: target.clone()? },
        // A message that is news of the network was taken before; inside another it is nothing known.
        Body::System(_) | Body::Other { .. } => return None,
    })
}

/// A file. One without an id is lost when WhatsApp says why, and nothing that is known when it does not.
fn media(body: &MediaBody, errors: &[ProviderError]) -> Option<InboundContent> {
    let state = match (&body.media_id, errors.iter().find_map(|error| Some((error.code?, error.words())))) {
        (Some(_), _) => MediaState::Coming,
        (None, Some((code, words))) => {
            MediaState::Lost { code: code.to_string(), text: explain(code, words) }
        }
        (None, None) => return None,
    };
    Some(InboundContent::Media {
        media: body.media,
        file: ReceivedMedia {
            id: body.media_id.clone().unwrap_or_default(),
            mime: body.mime.clone().unwrap_or_default(),
            filename: body.filename.clone(),
            sha256: body.sha256.clone(),
            animated: body.animated == Some(true),
            state,
        },
        caption: body.caption.clone(),
    })
}

/// A line of a cart: a product and how many of it; a catalogue without prices leaves those out.
fn item(item: &Item) -> Option<OrderItem> {
    Some(OrderItem {
        product: item.product.clone()?,
        quantity: item.quantity?,
        price: item.price.unwrap_or_default(),
        currency: item.currency.clone().unwrap_or_default(),
    })
}

/// To what a message belongs.
pub(super) fn context(context: &Context) -> MessageContext {
    MessageContext {
        quoted: context.id.clone(),
        forwarded: if context.frequently_forwarded {
            Some(Forwarded::Often)
        } else {
            context.forwarded.then_some(Forwarded::Once)
        },
        referral: context.referral.as_ref().map(|referral| {
            Box::new(Referral {
                source_type: referral.source_type.clone().unwrap_or_default(),
                source_id: referral.source_id.clone().unwrap_or_default(),
                source_url: referral.source_url.clone(),
                headline: referral.headline.clone(),
                body: referral.body.clone(),
                click_id: referral.ctwa_clid.clone(),
            })
        }),
        product: context.referred_product.clone(),
    }
}
