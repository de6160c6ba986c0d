//! Messages: pages of a conversation, the files in it, and answering.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use cauce_access::Action;
use cauce_conversation::{
    CONTACTS, Contact, FILES, Refusal, contact_entity, file_key, history as kept, of_contact,
};
use cauce_flows::{Program, limits};
use cauce_model::{
    CaseId, ContactEvent, ContactId, Content, Direction, FileId, InboundContent, MediaKind, MediaSource,
    MediaState, NodeId, StoredFile,
};
use cauce_store::StoreError;

use super::conversations::{PAGE, contact_of, node_name, program_of};
use super::extract::{Body, Params, Segment};
use super::files::deliver;
use super::session::Caller;
use crate::app::App;
use crate::dto::{Message, MessagePage, MessageQuery, Reply, ReplyAccepted};
use crate::problem::Problem;

/// How much is read of the history of a contact that was absorbed.
const MAX_ABSORBED: usize = 1000;

/// Older messages of a conversation.
#[utoipa::path(get, operation_id = "list_messages", path = "/api/conversations/{contact}/messages",
    params(("contact" = String, Path), MessageQuery), responses(
    (status = 200, body = MessagePage),
    (status = 404, body = Problem),
))]
pub async fn messages(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(contact): Segment<String>,
    Params(query): Params<MessageQuery>,
) -> Result<Json<MessagePage>, Problem> {
    caller.may(Action::ReadInbox)?;
    let MessageQuery { before, limit } = query;
    let contact = contact_of(&app, &contact).await?;
    let program = program_of(&app, contact.run.as_ref()).await?;
    let limit = limit.unwrap_or(PAGE).clamp(1, PAGE);
    let (messages, earlier) = history(&app, &contact, program.as_deref(), before, limit).await?;
    Ok(Json(MessagePage { messages, earlier }))
}

/// The bytes of a message's file. Takes `Range`. Pictures, sound, films and PDF are answered to be shown,
/// anything else as an attachment.
#[utoipa::path(get, operation_id = "get_message_file", path = "/api/conversations/{contact}/messages/{seq}/file",
    params(("contact" = String, Path), ("seq" = u64, Path)), responses(
    (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
    (status = 404, body = Problem),
))]
pub async fn file(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment((contact, seq)): Segment<(ContactId, u64)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.may(Action::ReadInbox)?;
    // Not the older contact that it may have turned out to be: numbers are of one history.
    let key = of_contact(&CONTACTS, contact);
    let found = CONTACTS.fetch(app.store().as_ref(), &key).await?;
    found.filter(|found| found.workspace == *app.workspace_id()).ok_or_else(Problem::not_found)?;
    let message = kept::message(app.store().as_ref(), contact, seq).await?.ok_or_else(Problem::not_found)?;
    if message.revoked_at.is_some() {
        return Err(Problem::not_found());
    }
    let file = stored(&message.direction).ok_or_else(Problem::not_found)?;
    deliver(&app, &file, method, &headers).await
}

/// The file of a message, when it is in the file store, by the name it was sent with.
fn stored(direction: &Direction) -> Option<StoredFile> {
    match direction {
        Direction::In { content: InboundContent::Media { file, .. } } => match &file.state {
            MediaState::Stored(stored) => Some(stored.clone()),
            _ => None,
        },
        Direction::Out {
            content: Content::Media { source: MediaSource::Stored(stored), filename, .. },
            ..
        } => {
            let name = filename.clone().unwrap_or_else(|| stored.name.clone());
            Some(StoredFile { name, ..stored.clone() })
        }
        _ => None,
    }
}

/// Answers the customer, with a text, or with a file and a text under it.
#[utoipa::path(post, operation_id = "send_reply", path = "/api/conversations/{contact}/messages", params(("contact" = String, Path)),
    request_body = Reply, responses(
    (status = 202, body = ReplyAccepted),
    (status = 404, body = Problem, description = "`not_found`, `file.unknown`"),
    (status = 409, body = Problem, description = "`case.taken`, `case.not_taken`, `case.ended`, `window.closed`"),
    (status = 422, body = Problem, description = "`body.unacceptable`, `file.unfit`"),
))]
pub async fn reply(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(contact): Segment<String>,
    Body(body): Body<Reply>,
) -> Result<(StatusCode, Json<ReplyAccepted>), Problem> {
    caller.may(Action::Reply)?;
    let Reply { command, case, body, file, media } = body;
    let id: ContactId = contact.parse().map_err(|_| Problem::not_found())?;
    let case: CaseId = case.parse().map_err(|_| Problem::not_found())?;
    let text = body.unwrap_or_default().trim().replace('\0', "");
    let content = match file {
        None => said(text)?,
        Some(file) => shown(uploaded(&app, &file).await?, media.map(Into::into), text)?,
    };
    let event = ContactEvent::Reply { agent: caller.actor.assignee(), case, content };
    let command = caller.command(&command)?;
    let seq: Result<u64, Refusal> = app.ask(contact_entity(id), &event, Some(command)).await?;
    Ok((StatusCode::ACCEPTED, Json(ReplyAccepted { seq: seq? })))
}

/// A text as an answer.
fn said(body: String) -> Result<Content, Problem> {
    if body.is_empty() || body.chars().count() > limits::TEXT_BODY {
        return Err(Problem::unacceptable(format!(
            "El mensaje debe tener entre 1 y {} caracteres.",
            limits::TEXT_BODY
        )));
    }
    Ok(Content::Text { body })
}

/// A file as an answer, with a text under it.
fn shown(file: StoredFile, media: Option<MediaKind>, caption: String) -> Result<Content, Problem> {
    let media = media.unwrap_or_else(|| limits::best_media(&file));
    limits::file(media, &file).map_err(|why| Problem::file_unfit(media, &why))?;
    let longest = match media {
        MediaKind::Image | MediaKind::Video | MediaKind::Document => limits::CAPTION,
        MediaKind::Audio | MediaKind::Voice | MediaKind::Sticker => 0,
    };
    if caption.chars().count() > longest {
        return Err(Problem::unacceptable(match longest {
            0 => "WhatsApp no muestra texto debajo de un audio o un sticker: hay que enviarlo aparte."
                .to_owned(),
            _ => format!("El texto debajo de un archivo tiene hasta {} caracteres.", limits::CAPTION),
        }));
    }
    let filename = (media == MediaKind::Document).then(|| file.name.clone());
    let caption = (!caption.is_empty()).then_some(caption);
    Ok(Content::Media { media, source: MediaSource::Stored(file), caption, filename })
}

/// A file that somebody of the team uploaded.
async fn uploaded(app: &App, id: &str) -> Result<StoredFile, Problem> {
    let id: FileId = id.parse().map_err(|_| Problem::file_unknown())?;
    let key = file_key(app.workspace_id(), &id);
    FILES.fetch(app.store().as_ref(), &key).await?.ok_or_else(Problem::file_unknown)
}

/// A page of the conversation, oldest first, and whether there is more before it. What was said to
/// contacts that turned out to be the same person stands where it belongs in time.
pub(super) async fn history(
    app: &App,
    contact: &Contact,
    program: Option<&Program>,
    before: Option<u64>,
    limit: u32,
) -> Result<(Vec<Message>, bool), StoreError> {
    let store = app.store().as_ref();
    let until = match before {
        Some(before) => kept::message(store, contact.id, before).await?.map(|message| message.at),
        None => None,
    };
    let found = kept::messages(store, contact.id, before, limit as usize).await?;
    let mut page: Vec<_> = found.into_iter().rev().map(|message| (contact.id, message)).collect();
    let first = page.first().map(|(_, message)| (message.seq, message.at));
    let earlier = first.is_some_and(|(seq, _)| seq > 1);
    for other in &contact.absorbed {
        let from = first.filter(|_| earlier).map(|(_, at)| at);
        let theirs = kept::messages(store, *other, None, MAX_ABSORBED).await?.into_iter().filter(|message| {
            from.is_none_or(|from| message.at >= from) && until.is_none_or(|until| message.at < until)
        });
        page.extend(theirs.map(|message| (*other, message)));
    }
    page.sort_by_key(|(contact, message)| (message.at, *contact, message.seq));
    page.retain(|(_, message)| Message::is_shown(message));
    if let Some((seq, _)) = first.filter(|_| earlier && page.is_empty()) {
        // Nothing but reactions: what screens can show stands further back.
        return Box::pin(history(app, contact, program, Some(seq), limit)).await;
    }
    let quoted = quoted(app, &page).await?;
    let name = |node: &NodeId| node_name(program, node);
    let view = |(contact, message): &(ContactId, _)| {
        Message::of(*contact, message, quoted_by(&quoted, *contact, message), &name)
    };
    Ok((page.iter().map(view).collect(), earlier))
}

type Numbered = HashMap<(ContactId, u64), cauce_model::Message>;

/// The messages that those of a page answer.
async fn quoted(app: &App, page: &[(ContactId, cauce_model::Message)]) -> Result<Numbered, StoreError> {
    let mut quoted = Numbered::new();
    for (contact, message) in page {
        let Some(seq) = message.quotes.filter(|seq| !quoted.contains_key(&(*contact, *seq))) else {
            continue;
        };
        let here = page.iter().find(|(other, message)| other == contact && message.seq == seq);
        let found = match here {
            Some((_, message)) => Some(message.clone()),
            None => kept::message(app.store().as_ref(), *contact, seq).await?,
        };
        quoted.extend(found.map(|message| ((*contact, seq), message)));
    }
    Ok(quoted)
}

fn quoted_by<'q>(
    quoted: &'q Numbered,
    contact: ContactId,
    message: &cauce_model::Message,
) -> Option<&'q cauce_model::Message> {
    quoted.get(&(contact, message.quotes?))
}
