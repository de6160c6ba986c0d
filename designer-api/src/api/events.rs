//! Live events: what changes, as it changes, resumable by cursor across reconnections and restarts.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use cauce_access::Action;
use cauce_model::Change;
use cauce_runtime::feed::News;
use cauce_runtime::{Cursor, from_bytes};
use futures_util::{Stream, StreamExt};

use super::session::Caller;
use crate::app::App;
use crate::dto::{ChangeView, EventQuery};
use crate::problem::Problem;

/// How often a comment tells the client that the connection lives.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// A stream of `hello` (the first, with a cursor), `change` ([`ChangeView`]) and `reset` (the cursor
/// is too old: read everything anew). Resumes after `Last-Event-ID` or `after`.
#[utoipa::path(get, operation_id = "follow_events", path = "/api/events", params(EventQuery), responses(
    (status = 200, body = ChangeView, content_type = "text/event-stream", description = "the data of `change`"),
))]
pub async fn events(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(query): Query<EventQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    caller.may(Action::ReadInbox)?;
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let asked = resumed.or(query.after);
    // A cursor that cannot be read is as good as one that is too old.
    let cursor = asked.map(|text| text.parse::<Cursor>());
    let unreadable = matches!(cursor, Some(Err(_)));
    let after = cursor.and_then(Result::ok).unwrap_or_else(|| app.runtime.cursor());
    let first = Event::default().event("hello").id(after.to_string()).data("{}");
    let reset = unreadable.then(|| Event::default().event("reset").id(after.to_string()).data("{}"));
    let following = app.runtime.follow(after).take_while(|item| {
        if let Err(error) = item {
            tracing::error!(%error, "the feed cannot be read");
        }
        std::future::ready(item.is_ok())
    });
    let changes = following.filter_map(|item| std::future::ready(item.ok())).flat_map(|(cursor, news)| {
        let id = cursor.to_string();
        let events: Vec<Event> = match news {
            News::Missed => vec![Event::default().event("reset").data("{}")],
            News::Changes(changes) => changes.iter().filter_map(|change| told(change)).collect(),
        };
        // Only the last carries the cursor: who is cut off in between gets the whole commit again.
        let last = events.len().saturating_sub(1);
        let events = events
            .into_iter()
            .enumerate()
            .map(move |(index, event)| if index == last { event.id(&id) } else { event });
        futures_util::stream::iter(events.collect::<Vec<_>>())
    });
    let stream =
        futures_util::stream::iter([Some(first), reset].into_iter().flatten()).chain(changes).map(Ok);
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

fn told(change: &[u8]) -> Option<Event> {
    let change: Change = from_bytes(change).ok()?;
    Event::default().event("change").json_data(ChangeView::from(&change)).ok()
}
