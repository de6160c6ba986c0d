//! Recorded runs gone through again: why each step went the way it went, and what a draft would have done.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use cauce_access::Action;
use cauce_conversation::replay::{Comparison, Given, Recording, Replayed, Turn, WhatIf, compare};
use cauce_conversation::{CONTACTS, Home, of_contact};
use cauce_flows::{Evaluated, Evaluation, Explained, Facts, Failure, Visited};
use cauce_inbox::lists::{self, Place, Tab};
use cauce_model::{ContactId, FlowId, HttpOutcome, InboundContent, Timestamp};
use serde_json::json;

use super::extract::{Body, Params, Segment};
use super::flows::{compiled, known_files};
use super::session::Caller;
use crate::app::App;
use crate::dto::{
    ReplayChange, ReplayEvaluated, ReplayEvaluation, ReplayEvent, ReplayEventKind, ReplayFacts,
    ReplayFailure, ReplayParting, ReplayQuery, ReplayRead, ReplaySaid, ReplayStep, ReplayTurn, ReplayVisit,
    RunReplay, WhatIfOutcome, WhatIfPage, WhatIfRequest, WhatIfRun, WhatIfTotals,
};
use crate::problem::Problem;

/// How many contacts are looked at for one answer when nobody says how many.
const CONTACTS_A_PAGE: usize = 100;
/// How many at most.
const MOST_CONTACTS: usize = 500;

/// A run of a contact, gone through again on its own version: what every step read, worked out, wrote and said.
#[utoipa::path(get, operation_id = "replay_run", path = "/api/runs/{run}/replay",
    params(("run" = String, Path), ReplayQuery), responses(
    (status = 200, body = RunReplay),
    (status = 404, body = Problem),
))]
pub async fn replay(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(run): Segment<String>,
    Params(query): Params<ReplayQuery>,
) -> Result<Json<RunReplay>, Problem> {
    caller.may(Action::ReadInbox)?;
    let contact: ContactId = query.contact.parse().map_err(|_| Problem::not_found())?;
    // Not the older contact that it may have turned out to be: runs are of one history.
    let key = of_contact(&CONTACTS, contact);
    let found = CONTACTS.fetch(app.store().as_ref(), &key).await?;
    found.filter(|found| found.workspace == *app.workspace_id()).ok_or_else(Problem::not_found)?;
    let (recording, runs) = again(&app, contact).await?.ok_or_else(Problem::not_found)?;
    let run = runs.iter().find(|replayed| replayed.id.as_str() == run).ok_or_else(Problem::not_found)?;
    Ok(Json(view(&recording, run)))
}

/// What a draft would have made of the runs of a flow that began in a period. A page of contacts at a time, the
/// latest first: ask on with `next`, and add up.
#[utoipa::path(post, operation_id = "what_if", path = "/api/flows/{flow}/what-if", params(("flow" = String, Path)),
    request_body = WhatIfRequest, responses(
    (status = 200, body = WhatIfPage),
    (status = 422, body = Problem, description = "`flow.invalid` with every problem"),
))]
pub async fn what_if(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(flow): Segment<String>,
    Body(request): Body<WhatIfRequest>,
) -> Result<Json<WhatIfPage>, Problem> {
    caller.may(Action::ReadFlows)?;
    caller.may(Action::ReadInbox)?;
    let flow: FlowId = flow.parse().map_err(|_| Problem::not_found())?;
    let WhatIfRequest { document, files, from, to, limit, after } = request;
    let period = moment(&from, "from")?..moment(&to, "to")?;
    let after = after.as_deref().map(str::parse::<Place>).transpose();
    let after = after.map_err(|()| Problem::body_invalid("«after» no es un lugar de una lista."))?;
    let invalid = |problems: Vec<cauce_flows::Problem>| {
        Problem::flow_invalid(problems.into_iter().map(Into::into).collect())
    };
    let draft = compiled(&app, &document, &known_files(&app, &files).await?).await?.map_err(invalid)?;
    let draft = Arc::new(draft);
    let limit = limit.unwrap_or(CONTACTS_A_PAGE).clamp(1, MOST_CONTACTS);
    let homes: Vec<_> = app.runtime.homes().collect();
    let (found, next) =
        lists::page(app.store(), &homes, app.workspace_id(), &Tab::All, after.as_ref(), limit).await?;
    // The latest come first: those after are older still.
    let ends = found.iter().any(|summary| summary.updated_at < period.start);
    let mut page = WhatIfPage {
        version: draft.version().to_string(),
        totals: WhatIfTotals::default(),
        runs: Vec::new(),
        next: next.filter(|_| !ends).map(|place| place.to_string()),
    };
    let lately = found.iter().filter(|summary| summary.updated_at >= period.start);
    let mut contacts: Vec<ContactId> = lately.map(|summary| summary.contact).rev().collect();
    while let Some(contact) = contacts.pop() {
        let Some((recording, runs)) = again(&app, contact).await? else { continue };
        contacts.extend(recording.absorbed);
        for run in &runs {
            let Some((_, version)) = run.of.as_ref().filter(|(of, _)| *of == flow) else { continue };
            let Some(began) = run.turns.first().map(|turn| turn.at).filter(|at| period.contains(at)) else {
                continue;
            };
            let Comparison { outcome, node, number, turns, says_otherwise } = compare(run, &draft);
            let outcome = page.totals.count(outcome);
            page.runs.push(WhatIfRun {
                contact: contact.to_string(),
                run: run.id.to_string(),
                version: version.to_string(),
                at: began.into(),
                outcome,
                node: node.map(String::from),
                turn: number,
                turns,
                says_otherwise,
            });
        }
        tokio::task::yield_now().await;
    }
    Ok(Json(page))
}

/// All runs of a contact, gone through again.
async fn again(app: &App, contact: ContactId) -> Result<Option<(Recording, Vec<Replayed>)>, Problem> {
    let store = app.store().as_ref();
    let Some(recording) = Recording::read(store, contact).await? else { return Ok(None) };
    let programs = recording.programs(store, &app.programs).await?;
    let home = Home { zone: app.workspace.timezone.clone(), country: app.workspace.country };
    let runs = recording.replay(&programs, &home);
    Ok(Some((recording, runs)))
}

fn moment(text: &str, name: &str) -> Result<Timestamp, Problem> {
    let wrong = |_| {
        let help = "Debe ser un momento como 2026-03-14T15:30:00Z.";
        Problem::body_invalid(format!("«{name}» no es un momento. {help}"))
    };
    let at: jiff::Timestamp = text.parse().map_err(wrong)?;
    Ok(Timestamp(at.as_millisecond()))
}

impl WhatIfTotals {
    fn count(&mut self, outcome: WhatIf) -> WhatIfOutcome {
        let (total, outcome) = match outcome {
            WhatIf::Same => (&mut self.same, WhatIfOutcome::Same),
            WhatIf::Diverged => (&mut self.diverged, WhatIfOutcome::Diverged),
            WhatIf::NotUnderstood => (&mut self.not_understood, WhatIfOutcome::NotUnderstood),
            WhatIf::ReachedPerson => (&mut self.reached_person, WhatIfOutcome::ReachedPerson),
            WhatIf::Unknown => (&mut self.unknown, WhatIfOutcome::Unknown),
        };
        *total += 1;
        outcome
    }
}

fn view(recording: &Recording, run: &Replayed) -> RunReplay {
    let (flow, version) = run.of.clone().unzip();
    let parted = run.parted.as_ref();
    RunReplay {
        run: run.id.to_string(),
        flow: flow.map(String::from),
        version: version.map(String::from),
        same: parted.is_none(),
        parted: parted.map(|parted| ReplayParting {
            turn: parted.number,
            node: parted.node.clone().map(String::from),
            code: parted.why.code().to_owned(),
            text: parted.why.text().to_owned(),
        }),
        older: run.older,
        certain: run.certain,
        turns: run
            .turns
            .iter()
            .map(|turn| turn_view(recording, turn, parted.is_some_and(|parted| parted.number == turn.number)))
            .collect(),
    }
}

fn turn_view(recording: &Recording, turn: &Turn, parts: bool) -> ReplayTurn {
    let recorded = || turn.recorded.iter().map(visit).collect();
    let bare = |visited: &Visited| step(visited, &Explained::default());
    let again = turn.again.as_ref();
    let said = again.map(|again| again.said.as_slice()).unwrap_or_default();
    ReplayTurn {
        turn: turn.number,
        at: turn.at.into(),
        event: turn.given.as_ref().map(|given| event(recording, given, again.map(|again| &again.facts))),
        known: again.map(|again| facts(&again.facts)),
        steps: match again {
            Some(again) => again.steps.iter().map(|(visited, explained)| step(visited, explained)).collect(),
            None => turn.recorded.iter().map(bare).collect(),
        },
        recorded: (parts && again.is_some()).then(recorded),
        said: said
            .iter()
            .map(|said| ReplaySaid {
                node: said.node.to_string(),
                message: said.seq,
                text: said.content.preview(),
            })
            .collect(),
    }
}

fn event(recording: &Recording, given: &Given, facts: Option<&Facts>) -> ReplayEvent {
    use ReplayEventKind as Kind;
    let heard = facts.map(|facts| facts.message);
    // What the customer took back is not shown.
    let revoked =
        recording.messages.iter().any(|message| Some(message.seq) == heard && message.revoked_at.is_some());
    let words = |content: &InboundContent| Some(content.preview()).filter(|_| !revoked);
    let plain = |kind| (kind, None, None, None);
    let (kind, message, text, data) = match given {
        Given::Opening { event: Some((name, data)), .. } => {
            (Kind::Began, None, Some(name.clone()), Some(data.clone()))
        }
        Given::Opening { by_itself: true, .. } => plain(Kind::Began),
        Given::Opening { content, .. } => (Kind::Began, heard, content.as_ref().and_then(words), None),
        Given::Answer(content) => (Kind::Answered, heard, words(content), None),
        Given::TimedOut => plain(Kind::TimedOut),
        Given::Resolved { agent } => (Kind::Resolved, None, Some(agent.clone()), None),
        Given::NotTaken => plain(Kind::NotTaken),
        Given::Called(HttpOutcome::Answered(answer)) => {
            (Kind::Called, None, None, Some(json!({ "status": answer.status, "body": answer.body })))
        }
        Given::Called(HttpOutcome::Unavailable(failure) | HttpOutcome::Unusable(failure)) => {
            (Kind::Called, None, Some(failure.code.clone()), None)
        }
        Given::Sent => plain(Kind::Sent),
        Given::Unsent { code } => (Kind::Unsent, None, Some(code.clone()), None),
        Given::Happened { name, data } => (Kind::Happened, None, Some(name.clone()), Some(data.clone())),
        Given::Dropped => plain(Kind::Dropped),
        Given::Moved { to, .. } => (Kind::Moved, None, Some(to.to_string()), None),
        Given::MovedBack => plain(Kind::MovedBack),
        Given::Interrupted => plain(Kind::Interrupted),
    };
    ReplayEvent { kind, message, text, data }
}

fn facts(facts: &Facts) -> ReplayFacts {
    let contact = &facts.contact;
    ReplayFacts {
        window_ends_at: facts.window_ends_at.into(),
        timezone: facts.zone.to_string(),
        country: facts.country.as_str().to_owned(),
        name: contact.name.clone(),
        phone: contact.phone.clone(),
        tags: contact.tags.iter().cloned().collect(),
        score: contact.score,
        consents: contact.consents.clone(),
    }
}

fn visit(visited: &Visited) -> ReplayVisit {
    ReplayVisit {
        node: visited.node.to_string(),
        exit: visited.exit.clone(),
        within: visited.within.as_ref().map(ToString::to_string),
    }
}

fn step(visited: &Visited, explained: &Explained) -> ReplayStep {
    let change = |change: &cauce_flows::Changed| ReplayChange {
        name: change.name.clone(),
        before: change.before.clone().unwrap_or_default(),
        after: change.after.clone(),
    };
    ReplayStep {
        visit: visit(visited),
        evaluations: explained.evaluations.iter().map(evaluation).collect(),
        changes: explained.changes.iter().map(change).collect(),
        failure: explained.failure.as_ref().map(failure),
    }
}

fn evaluation(evaluation: &Evaluation) -> ReplayEvaluation {
    let reads = evaluation.reads.iter();
    ReplayEvaluation {
        what: match evaluation.what {
            Evaluated::Expression => ReplayEvaluated::Expression,
            Evaluated::Text => ReplayEvaluated::Text,
            Evaluated::Script => ReplayEvaluated::Script,
            Evaluated::Draw => ReplayEvaluated::Draw,
        },
        source: evaluation.source.clone(),
        reads: reads.map(|(name, value)| ReplayRead { name: name.clone(), value: value.clone() }).collect(),
        gave: evaluation.gave.as_ref().ok().cloned(),
        failure: evaluation.gave.as_ref().err().map(failure),
    }
}

fn failure(failure: &Failure) -> ReplayFailure {
    ReplayFailure { code: failure.code.clone(), text: failure.text.clone() }
}
