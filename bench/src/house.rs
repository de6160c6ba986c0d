//! Cauce in this process: the entities of contacts over any store, whose sends are taken at once.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use cauce_conversation::{
    ADDRESS, AddressEvent, CONTACT, Contacts, DESK, Home, Programs, Publish, SEND, Sending, WORKSPACE,
    Workspace, WorkspaceEvent, address_entity, workspace_entity,
};
use cauce_flows::{Files, Program};
use cauce_inbox::{Desk, lists::Lists};
use cauce_model::{
    ContactEvent, Duration, FailureClass, FileId, Inbound, SendFailure, SendOutcome, StoredFile,
};
use cauce_runtime::{
    Call, Clock, EntityAddress, Executor, Parts, Runtime, Settings, SubmitError, from_bytes, to_bytes,
};
use cauce_store::SharedStore;
use cauce_whatsapp::{Element, decode};
use futures_util::future::{BoxFuture, FutureExt, ready};

use crate::messages;

/// A flow of the repository, made ready; the files it sends are made up.
pub fn program(path: &Path) -> anyhow::Result<Program> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    program_of(&text).with_context(|| format!("{} is wrong", path.display()))
}

/// The same of a flow's text.
pub fn program_of(text: &str) -> anyhow::Result<Program> {
    let wrong = |problems: Vec<cauce_flows::Problem>| {
        anyhow!(problems.first().map_or_else(String::new, |problem| problem.message.clone()))
    };
    let program = Program::read(text, &cauce_nodes::catalogue()).map_err(wrong)?;
    let files: Files = program.needs().into_keys().map(|path| (path.clone(), file(&path))).collect();
    program.with_files(&files).map_err(wrong)
}

fn file(path: &str) -> StoredFile {
    let mime = match path.rsplit_once('.').map(|(_, end)| end) {
        Some("jpg") => "image/jpeg",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("mp4") => "video/mp4",
        Some("mp3") => "audio/mpeg",
        Some("ogg") => "audio/ogg; codecs=opus",
        _ => "application/pdf",
    };
    StoredFile { id: FileId::of(path.as_bytes()), mime: mime.into(), size: 20_000, name: path.into() }
}

/// How contacts live.
pub fn contacts() -> Arc<Contacts> {
    Arc::new(Contacts {
        programs: Arc::new(Programs::new(cauce_nodes::catalogue())),
        sending: Sending { hold: Duration::minutes(1) },
        home: Home::default(),
    })
}

/// The workspace that everything happens in.
pub fn workspace() -> EntityAddress {
    workspace_entity(&messages::account().workspace)
}

/// Publishing a flow.
pub fn publish(program: &Program) -> Vec<u8> {
    to_bytes(&WorkspaceEvent::Publish(Publish::of(program, "bench", None).into()))
}

/// To whom a webhook of one message goes, and as what.
pub fn event(body: &str) -> anyhow::Result<(EntityAddress, Vec<u8>)> {
    let account = messages::account();
    let elements = decode(body.as_bytes(), &|_| Some(account.clone()))?;
    match elements.into_iter().next() {
        Some(Element::Inbound(Inbound::Message(message))) => {
            let address = address_entity(message.sender.addresses.first().context("nobody wrote")?);
            Ok((address, to_bytes(&AddressEvent::Inbound(message))))
        }
        _ => bail!("no message"),
    }
}

/// What becomes of an attempt that the provider takes.
pub fn accepted(call: &Call) -> Vec<u8> {
    let provider_id = format!("wamid.{}", call.id);
    let outcome = SendOutcome::Accepted { provider_id, recipient: None };
    to_bytes(&ContactEvent::SendAnswered { attempt: call.id.clone(), outcome })
}

/// Takes every message at once.
struct Taker;

impl Executor for Taker {
    fn execute(&self, call: Call) -> BoxFuture<'static, Vec<u8>> {
        ready(accepted(&call)).boxed()
    }

    fn dropped(&self, call: Call) -> Vec<u8> {
        let failure = SendFailure::new(FailureClass::NotSent, cauce_runtime::DROPPED, "");
        let outcome = SendOutcome::Failed { failure };
        to_bytes(&ContactEvent::SendAnswered { attempt: call.id, outcome })
    }
}

/// Starts Cauce over a store, and publishes a flow.
pub async fn start(
    store: SharedStore,
    partitions: u16,
    clock: Arc<dyn Clock>,
    flow: &Path,
) -> anyhow::Result<Runtime> {
    let contacts = contacts();
    let mut parts = Parts::default();
    parts.entities.insert(CONTACT, contacts.clone());
    parts.entities.insert(ADDRESS, contacts);
    parts.entities.insert(DESK, Arc::new(Desk));
    parts.entities.insert(WORKSPACE, Arc::new(Workspace));
    parts.executors.insert(SEND, Arc::new(Taker));
    parts.readers.push(Arc::new(Lists));
    let settings = Settings { partitions, grace: Duration::seconds(1), scratch: None, held: false };
    let runtime = Runtime::start(store, clock, parts, settings).await?;
    let answer = runtime.submit(workspace(), publish(&program(flow)?), None).await?;
    from_bytes::<cauce_conversation::Published>(&answer.reply.unwrap_or_default())
        .map_err(|_| anyhow!("the flow was not published"))?;
    Ok(runtime)
}

/// Has an event handled, later when too much waits already.
pub async fn submit(runtime: &Runtime, to: EntityAddress, event: Vec<u8>) -> anyhow::Result<()> {
    loop {
        match runtime.submit(to.clone(), event.clone(), None).await {
            Ok(_) => return Ok(()),
            Err(SubmitError::Busy) => tokio::task::yield_now().await,
            Err(error) => return Err(error.into()),
        }
    }
}
