//! Live events: what changes, as it changes, resumable by cursor across reconnections and restarts.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use cauce_access::Action;
use cauce_model::Change;
use cauce_runtime::feed::News;
use cauce_runtime::{Cursor, from_bytes};
use futures_util::{Stream, StreamExt};

use super::extract::Params;
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
    Params(query): Params<EventQuery>,
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
    let mut following = Box::pin(app.runtime.follow(after));
    let stream = async_stream::stream! {
        yield Ok(first);
        if let Some(reset) = reset {
            yield Ok(reset);
        }
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        loop {
            let mut events = Vec::new();
            tokio::select! {
                news = following.next() => match news {
                    Some(Ok((cursor, news))) => events = told(&cursor, &news),
                    Some(Err(error)) => {
                        tracing::error!(%error, "the feed cannot be read");
                        return;
                    }
                    None => return,
                },
                _ = heartbeat.tick() => events.push(Event::default().comment("")),
            }
            // Who has logged out, or may not come in any more, hears nothing more.
            if !caller.is_still_here(&app).await {
                return;
            }
            for event in events {
                yield Ok(event);
            }
        }
    };
    Ok(Sse::new(stream))
}

/// Only the last event of a commit carries the cursor: who is cut off in between gets all of it again.
fn told(cursor: &Cursor, news: &News) -> Vec<Event> {
    let mut events: Vec<Event> = match news {
        News::Missed => vec![Event::default().event("reset").data("{}")],
        News::Changes(changes) => changes.iter().filter_map(|change| change_event(change)).collect(),
    };
    if let Some(last) = events.pop() {
        events.push(last.id(cursor.to_string()));
    }
    events
}

fn change_event(change: &[u8]) -> Option<Event> {
    let change: Change = from_bytes(change).ok()?;
    Event::default().event("change").json_data(ChangeView::from(&change)).ok()
}
