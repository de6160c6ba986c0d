//! Conversations: lists, one of them open, its path through a flow, and who reads and writes it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use cauce_access::Action;
use cauce_conversation::{
    CASES, CONTACTS, Contact, LoadError, Refusal, RunHead, RunStage, VersionRow, contact_entity, of_contact,
};
use cauce_flows::{MAX_VALUE, Program};
use cauce_inbox::lists::{self, Place, Stage as ListStage, Summary};
use cauce_model::{Case, ContactEvent, ContactId, NodeId, VersionId};
use cauce_runtime::Cursor;
use cauce_store::{StoreError, rows};
use serde_json::Value;

use super::extract::{Body, Params, Segment};
use super::messages::history;
use super::session::Caller;
use crate::app::App;
use crate::dto::{
    CapturedField, CaseView, ContactPath, Conversation, ConversationPage, ConversationQuery,
    ConversationSummary, Counts, DirectionView, EventTaken, EventTold, LastMessage, PathRun, PathStep,
    RunStateView, RunView, Stage, Tab, file_url,
};
use crate::problem::Problem;

/// How many conversations or messages a page has when nothing else is asked, and at most.
pub(super) const PAGE: u32 = 100;
const LIST_PAGE: u32 = 50;
/// How long a list waits for what it was asked to show.
const LONGEST_WAIT: std::time::Duration = std::time::Duration::from_secs(5);
/// How many turns of a contact are read at a time while a path is followed.
const TURNS: usize = 500;
/// How long a path is shown.
const MAX_STEPS: usize = 5000;

/// Conversations, in the order of their tab.
#[utoipa::path(get, operation_id = "list_conversations", path = "/api/conversations", params(ConversationQuery), responses(
    (status = 200, body = ConversationPage),
))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(query): Params<ConversationQuery>,
) -> Result<Json<ConversationPage>, Problem> {
    caller.may(Action::ReadInbox)?;
    let mine = || lists::Tab::Mine(caller.actor.id.to_string());
    let tab = match query.tab {
        Tab::Queued => lists::Tab::Queued,
        Tab::Mine => mine(),
        Tab::Open => lists::Tab::Open,
        Tab::Bot => lists::Tab::Bot,
        Tab::Ended => lists::Tab::Ended,
        Tab::All => lists::Tab::All,
    };
    let after = query.before.as_deref().map(str::parse::<Place>).transpose();
    let after = after.map_err(|()| Problem::body_invalid("«before» no es un lugar de una lista."))?;
    if let Some(cursor) = query.after.as_deref().and_then(|text| text.parse::<Cursor>().ok()) {
        // A list that shows a little less beats none.
        let _ = tokio::time::timeout(LONGEST_WAIT, app.runtime.read_until(&cursor)).await;
    }
    let limit = query.limit.unwrap_or(LIST_PAGE).clamp(1, PAGE) as usize;
    let homes: Vec<_> = app.runtime.homes().collect();
    let (found, next) =
        lists::page(app.store(), &homes, app.workspace_id(), &tab, after.as_ref(), limit).await?;
    let mut items = Vec::with_capacity(found.len());
    for summary in &found {
        items.push(summary_view(&app, summary).await?);
    }
    let count = async |tab: lists::Tab| lists::size(app.store(), &homes, app.workspace_id(), &tab).await;
    let counts = Counts {
        queued: count(lists::Tab::Queued).await?,
        mine: count(mine()).await?,
        open: count(lists::Tab::Open).await?,
        bot: count(lists::Tab::Bot).await?,
        ended: count(lists::Tab::Ended).await?,
        all: count(lists::Tab::All).await?,
    };
    Ok(Json(ConversationPage { items, counts, next: next.map(|place| place.to_string()) }))
}

/// A conversation with its last messages, what was captured, and its cases.
#[utoipa::path(get, operation_id = "get_conversation", path = "/api/conversations/{contact}", params(("contact" = String, Path)), responses(
    (status = 200, body = Conversation),
    (status = 404, body = Problem),
))]
pub async fn open(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(contact): Segment<String>,
) -> Result<Json<Conversation>, Problem> {
    caller.may(Action::ReadInbox)?;
    let contact = contact_of(&app, &contact).await?;
    let program = program_of(&app, contact.run.as_ref()).await?;
    let (messages, earlier) = history(&app, &contact, program.as_deref(), None, PAGE).await?;
    let mut cases: Vec<CaseView> = ended_cases(&app, contact.id).await?.iter().map(Into::into).collect();
    cases.extend(contact.live_case().map(Into::into));
    cases.sort_by_key(|case| std::cmp::Reverse(case.queued_at));
    Ok(Json(Conversation {
        summary: summary_view(&app, &Summary::of(&contact)).await?,
        messages,
        earlier,
        captured: captured(&app, &contact, program.as_deref()).await?,
        tags: contact.tags.into_iter().collect(),
        consents: contact.consents.into_iter().map(Into::into).collect(),
        cases,
    }))
}

/// Marks a conversation as read. While a person looks after it, the customer sees it too.
#[utoipa::path(post, operation_id = "mark_read", path = "/api/conversations/{contact}/read", params(("contact" = String, Path)), responses(
    (status = 204),
    (status = 404, body = Problem),
))]
pub async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(contact): Segment<String>,
) -> Result<StatusCode, Problem> {
    caller.may(Action::ReadInbox)?;
    let contact = contact_of(&app, &contact).await?;
    if contact.unread > 0 {
        app.submit(contact_entity(contact.id), &ContactEvent::Read, None).await?;
        show_presence(&app, &caller, &contact, false);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Tells the flows what happened to a customer in another system: the one that waits for it goes on, or one
/// that begins by it does.
#[utoipa::path(post, operation_id = "tell_event", path = "/api/conversations/{contact}/events", params(("contact" = String, Path)),
    request_body = EventTold, responses(
    (status = 200, body = EventTaken),
    (status = 404, body = Problem),
))]
pub async fn tell(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(contact): Segment<String>,
    Body(told): Body<EventTold>,
) -> Result<Json<EventTaken>, Problem> {
    caller.may(Action::TellEvent)?;
    let EventTold { command, name, data } = told;
    if name.parse::<NodeId>().is_err() {
        return Err(Problem::body_invalid(
            "«name» lleva de 1 a 64 letras sin tilde, números, «_» o «-», sin espacios.",
        ));
    }
    if data.to_string().len() > MAX_VALUE {
        return Err(Problem::body_too_large(MAX_VALUE));
    }
    let contact = contact_of(&app, &contact).await?;
    let command = caller.command(&command)?;
    let event = ContactEvent::Happened { name, data };
    let moved: Result<bool, Refusal> = app.ask(contact_entity(contact.id), &event, Some(command)).await?;
    Ok(Json(EventTaken { moved: moved? }))
}

/// Shows the customer that the caller is writing, when it is they who look after them.
#[utoipa::path(post, operation_id = "show_typing", path = "/api/conversations/{contact}/typing", params(("contact" = String, Path)), responses(
    (status = 204),
    (status = 404, body = Problem),
))]
pub async fn typing(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(contact): Segment<String>,
) -> Result<StatusCode, Problem> {
    caller.may(Action::Reply)?;
    let contact = contact_of(&app, &contact).await?;
    show_presence(&app, &caller, &contact, true);
    Ok(StatusCode::NO_CONTENT)
}

/// Tells the channel that the caller reads or writes, about the customer's last message.
fn show_presence(app: &App, caller: &Caller, contact: &Contact, typing: bool) {
    let holder = contact.live_case().and_then(Case::holder);
    if holder.is_some_and(|holder| holder.id == caller.actor.id) {
        let (presence, provider_id) = (app.presence.clone(), contact.last_inbound_id.clone());
        tokio::spawn(async move { presence.show(&provider_id, typing).await });
    }
}

/// The way of a conversation's last run through its flow.
#[utoipa::path(get, operation_id = "get_path", path = "/api/conversations/{contact}/path", params(("contact" = String, Path)), responses(
    (status = 200, body = ContactPath),
    (status = 404, body = Problem),
))]
pub async fn path(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(contact): Segment<String>,
) -> Result<Json<ContactPath>, Problem> {
    caller.may(Action::ReadInbox)?;
    let contact = contact_of(&app, &contact).await?;
    let Some(run) = &contact.run else {
        return Ok(Json(ContactPath { run: None, steps: Vec::new(), current: None }));
    };
    let store = app.store().as_ref();
    let mut from = run.first_turn;
    let mut steps = Vec::new();
    loop {
        let entries = cauce_conversation::history::journal(store, contact.id, from, TURNS).await?;
        for entry in entries.iter().filter(|entry| entry.run.as_ref() == Some(&run.id)) {
            steps.extend(entry.steps.iter().map(|step| PathStep {
                node: step.node.to_string(),
                exit: step.exit.clone(),
                at: entry.at.into(),
            }));
        }
        match entries.last() {
            Some(last) if entries.len() == TURNS && steps.len() < MAX_STEPS => from = last.number + 1,
            _ => break,
        }
    }
    let (state, reason, current) = match &run.stage {
        RunStage::Waiting { node, .. } => (RunStateView::Waiting, None, Some(node.to_string())),
        RunStage::Ended => (RunStateView::Ended, None, None),
        RunStage::Failed { reason } => (RunStateView::Failed, Some(reason.clone()), None),
    };
    let run = PathRun {
        id: run.id.to_string(),
        flow: run.flow.to_string(),
        version: run.version.to_string(),
        state,
        reason,
    };
    Ok(Json(ContactPath { run: Some(run), steps, current }))
}

/// The contact with this id, or the older one that it turned out to be.
pub(super) async fn contact_of(app: &App, id: &str) -> Result<Contact, Problem> {
    let mut id: ContactId = id.parse().map_err(|_| Problem::not_found())?;
    loop {
        let key = of_contact(&CONTACTS, id);
        let contact = CONTACTS
            .fetch(app.store().as_ref(), &key)
            .await?
            .filter(|contact| contact.workspace == *app.workspace_id());
        let contact = contact.ok_or_else(Problem::not_found)?;
        match contact.merged_into {
            Some(older) => id = older,
            None => return Ok(contact),
        }
    }
}

/// The latest cases of a contact that are over, newest first.
async fn ended_cases(app: &App, contact: ContactId) -> Result<Vec<Case>, StoreError> {
    let range = of_contact(&CASES, contact).prefix();
    let found = rows::scan(app.store().as_ref(), &range, PAGE as usize, true).await?;
    found.iter().map(|(key, row)| CASES.read(key, row)).collect()
}

/// A version of a flow, compiled.
pub(super) async fn program(
    app: &App,
    version: &VersionId,
) -> Result<Option<(Arc<Program>, VersionRow)>, Problem> {
    let found = app.programs.fetch(app.store().as_ref(), app.workspace_id(), version).await;
    found.map_err(|error| match error {
        LoadError::Store(error) => error.into(),
        LoadError::Unreadable(error) => {
            tracing::error!(error, "a stored version cannot be shown");
            Problem::internal()
        }
    })
}

pub(super) async fn program_of(app: &App, run: Option<&RunHead>) -> Result<Option<Arc<Program>>, Problem> {
    let Some(run) = run else { return Ok(None) };
    if let Some(program) = app.programs.known(&run.version) {
        return Ok(Some(program));
    }
    Ok(program(app, &run.version).await?.map(|(program, _)| program))
}

pub(super) fn node_name(program: Option<&Program>, node: &NodeId) -> String {
    let found = program.and_then(|program| program.document().nodes.get(node));
    found.and_then(|found| found.name.clone()).unwrap_or_else(|| node.to_string())
}

async fn captured(
    app: &App,
    contact: &Contact,
    program: Option<&Program>,
) -> Result<Vec<CapturedField>, StoreError> {
    let Some(head) = &contact.run else { return Ok(Vec::new()) };
    let Some(run) = cauce_conversation::history::run(app.store().as_ref(), contact.id, &head.id).await?
    else {
        return Ok(Vec::new());
    };
    let label = |key: &str| {
        program.and_then(|program| program.labels().get(key)).cloned().unwrap_or_else(|| key.to_owned())
    };
    let fields = run.data().clone().into_iter().map(|(key, mut value)| {
        if let Some(seq) =
            value.get("message").and_then(Value::as_u64).filter(|_| value.get("media").is_some())
        {
            value["url"] = file_url(contact.id, seq).into();
        }
        CapturedField { label: label(&key), key, value }
    });
    Ok(fields.collect())
}

async fn summary_view(app: &App, summary: &Summary) -> Result<ConversationSummary, Problem> {
    let run = match &summary.run {
        Some(run @ RunHead { stage: RunStage::Waiting { node, .. }, .. }) => {
            let program = program_of(app, Some(run)).await?;
            Some(RunView {
                flow: run.flow.to_string(),
                version: run.version.to_string(),
                flow_name: program
                    .as_ref()
                    .map_or_else(|| run.flow.to_string(), |p| p.document().name.clone()),
                node: node.to_string(),
                node_name: node_name(program.as_deref(), node),
            })
        }
        _ => None,
    };
    Ok(ConversationSummary {
        contact: summary.contact.to_string(),
        name: summary.name.clone(),
        address: display_address(&summary.address),
        stage: match summary.stage {
            ListStage::Bot => Stage::Bot,
            ListStage::Queued => Stage::Queued,
            ListStage::Open => Stage::Open,
            ListStage::Ended => Stage::Ended,
            ListStage::Idle => Stage::Idle,
        },
        stopped: matches!(&summary.run, Some(RunHead { stage: RunStage::Failed { .. }, .. })),
        unread: summary.unread,
        last: summary.last.as_ref().map(|last| LastMessage {
            text: last.text.clone(),
            at: last.at.into(),
            direction: if last.inbound { DirectionView::In } else { DirectionView::Out },
        }),
        window_ends_at: Some(summary.window_ends_at.into()),
        case: summary.case.as_ref().map(Into::into),
        run,
        updated_at: summary.updated_at.into(),
    })
}

/// A phone as people write it abroad: `+51 999 888 777`. Anything else as it is.
fn display_address(address: &str) -> String {
    let digits = address.bytes().all(|b| b.is_ascii_digit()) && !address.is_empty();
    let parsed = digits.then(|| phonenumber::parse(None, format!("+{address}")).ok()).flatten();
    match parsed {
        Some(number) => number.format().mode(phonenumber::Mode::International).to_string(),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_phone_is_written_as_people_write_it() {
        assert_eq!(super::display_address("51999888777"), "+51 999 888 777");
        assert_eq!(super::display_address("PE.123"), "PE.123");
    }
}
