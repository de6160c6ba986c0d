//! The walk through a flow: the contact's head of it, the run itself, its version, and what it waits for.

use std::collections::HashMap;

use cauce_flows::{Wait, WaitKind};
use cauce_model::{ContactEvent, ContactId, FlowId, RunId, Slot, VersionId};
use cauce_runtime::doctor::{Pending, timer};
use cauce_store::StoreError;
use cauce_store::doctor::{Finding, Findings, Walk, row, set};

use super::{Checkup, RESTORE};
use crate::history;
use crate::outside::retry_timer;
use crate::tables::{CASES, Contact, HTTP_CALLS, RUNS, RunHead, RunStage, of_contact};
use crate::walk::WAIT_TIMER;
use crate::{CATALOGUES, FILES, LoadError, VERSIONS, contact_entity};

/// What helps a run that waits for something that will not come.
const STUCK: &str = "when a dead letter tells why, replay it; what the customer writes next may move it on";

fn version_missing(contact: &Contact, run: &RunId, flow: &FlowId, version: &VersionId) -> Finding {
    let place = format!("{}, run {run} of {flow}", contact.id);
    let what = format!("it is pinned to version {version}, which is not there");
    let help = "publish the same document again: it has the same version";
    Finding::broken("version_missing", place, what, help)
}

impl Checkup<'_> {
    /// The published flows of a slot: each version can be read and has its files, each catalogue names
    /// versions that are there. And the runs: each is pinned to a version that is there.
    pub(super) async fn flows(
        &mut self,
        slot: Slot,
        contacts: &HashMap<ContactId, Contact>,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let mut walk = Walk::of(self.store, &VERSIONS, slot);
        while let Some((key, version)) = walk.next(&VERSIONS).await? {
            let mut names = key.fields().split(|byte| *byte == 0).map(std::str::from_utf8);
            let workspace = names.next().and_then(|name| name.ok()?.parse().ok());
            let name = names.next().and_then(|name| name.ok()?.parse().ok());
            let read = match (workspace, name) {
                (Some(workspace), Some(name)) => {
                    match self.programs.fetch(self.store, &workspace, &name).await {
                        Err(LoadError::Store(error)) => return Err(error),
                        Err(LoadError::Unreadable(why)) => Err(why),
                        Ok(_) => Ok(()),
                    }
                }
                _ => Err("its key names no version".to_owned()),
            };
            if let Err(why) = read {
                let what = format!("a version of flow {} cannot be used: {why}", version.flow);
                findings.add(Finding::broken(
                    "version_unusable",
                    &key,
                    what,
                    "runs of it stop: use the build that published it, or publish the flow anew",
                ));
            }
            for file in version.files.values() {
                self.file(file, &format!("flow {}", version.flow), findings);
            }
        }
        let mut walk = Walk::of(self.store, &FILES, slot);
        while let Some((key, file)) = walk.next(&FILES).await? {
            self.file(&file, &format!("upload {key}"), findings);
        }
        let mut walk = Walk::of(self.store, &CATALOGUES, slot);
        while let Some((key, catalogue)) = walk.next(&CATALOGUES).await? {
            let workspace =
                key.fields().strip_suffix(&[0]).and_then(|name| std::str::from_utf8(name).ok()?.parse().ok());
            let Some(workspace) = workspace else { continue };
            for flow in &catalogue.flows {
                for version in
                    [&flow.version].into_iter().chain(flow.canary.as_ref().map(|canary| &canary.version))
                {
                    if self.has_version(&workspace, version).await? {
                        continue;
                    }
                    let what = format!("its published version {version} is not there");
                    findings.add(Finding::broken(
                        "version_missing",
                        format!("flow {}", flow.id),
                        what,
                        "publish the flow again",
                    ));
                }
            }
        }
        for contact in contacts.values().filter(|contact| contact.live_run().is_some()) {
            let Some(RunHead { id, flow, version, .. }) = &contact.run else { continue };
            if !self.has_version(&contact.workspace, version).await? {
                findings.add(version_missing(contact, id, flow, version));
            }
        }
        let mut walk = Walk::of(self.store, &RUNS, slot);
        while let Some((key, run)) = walk.next(&RUNS).await? {
            let whose = key
                .fields()
                .split(|byte| *byte == 0)
                .next()
                .and_then(|id| std::str::from_utf8(id).ok()?.parse().ok());
            let Some(contact) = whose.and_then(|id: ContactId| contacts.get(&id)) else { continue };
            if contact.live_run().is_some_and(|head| head.id == run.id) {
                continue; // seen above
            }
            if !self.has_version(&contact.workspace, &run.version).await? {
                findings.add(version_missing(contact, &run.id, &run.flow, &run.version));
            }
        }
        Ok(())
    }

    /// A live run stands where its contact says, and what it waits for will come.
    pub(super) async fn run(
        &mut self,
        contact: &Contact,
        pending: &Pending,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let Some(RunHead { id, flow, version, stage, .. }) = &contact.run else { return Ok(()) };
        let place = format!("{}, run {id} of {flow}", contact.id);
        let run = match history::run(self.store, contact.id, id).await {
            Ok(Some(run)) => run,
            Ok(None) => {
                findings.add(Finding::broken(
                    "run_missing",
                    place,
                    "the contact's run is not there",
                    RESTORE,
                ));
                return Ok(());
            }
            Err(error @ StoreError::Unreadable { .. }) => {
                findings.add(Finding::broken("unreadable", place, error.to_string(), RESTORE));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let RunStage::Waiting { node, wait: number } = stage else { return Ok(()) };
        match run.wait() {
            Some(wait) if wait.number == *number && run.place() == Some(node) && run.version == *version => {
                self.wait(contact, &place, wait, pending, findings).await
            }
            _ => {
                let what = format!(
                    "the contact says that it waits at {node}, wait {number}, and the run says otherwise"
                );
                findings.add(Finding::broken("run_disagrees", place, what, RESTORE));
                Ok(())
            }
        }
    }

    async fn wait(
        &self,
        contact: &Contact,
        place: &str,
        wait: &Wait,
        pending: &Pending,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let entity = contact_entity(contact.id);
        match wait.kind {
            WaitKind::Person if contact.live_case().is_none() => {
                let what = "it waits for a person, and there is no case";
                findings.add(Finding::broken("wait_without_case", place, what, STUCK));
            }
            WaitKind::Sent if contact.outbox.step.is_none() => {
                let what = "it waits for what it said to leave, and nothing is watched";
                findings.add(Finding::broken("wait_without_sends", place, what, STUCK));
            }
            WaitKind::Call => {
                let head = contact.run.as_ref().map(|run| run.id.as_str()).unwrap_or_default();
                let call = format!("{head}.{}", wait.number);
                let known =
                    row(self.store, &HTTP_CALLS, &of_contact(&HTTP_CALLS, contact.id).text(&call)).await?;
                let comes = known.is_some_and(|known| {
                    let retry = retry_timer(&call);
                    pending.has_call(&entity, &format!("{call}.{}", known.attempt))
                        || pending.timers(&entity).iter().any(|timer| timer.name == retry)
                });
                if !comes {
                    let what = "it waits for a server's answer, and nobody asks the server";
                    findings.add(Finding::broken("wait_without_call", place, what, STUCK));
                }
            }
            _ => {}
        }
        if wait.kind == WaitKind::Person || wait.timeout.is_none() && wait.until.is_none() {
            return Ok(());
        }
        match (&contact.outbox.arming, contact.wait_timer) {
            (Some(arming), _) if arming.wait == wait.number => {}
            (_, Some((due, number))) if number == wait.number => {
                if !pending.has_timer(&entity, due, WAIT_TIMER) {
                    let event = ContactEvent::WaitOver { wait: number };
                    let what = "its time ends with a timer that is not there";
                    let finding = Finding::broken("wait_timer_missing", place, what, "--mend sets the timer");
                    findings.add(finding.mended_by(timer(&entity, due, WAIT_TIMER, &event)));
                }
            }
            _ => {
                let what = "its time should run, and nobody counts it";
                findings.add(Finding::broken("wait_without_time", place, what, STUCK));
            }
        }
        Ok(())
    }

    /// The case of a contact that is over has its row.
    pub(super) async fn case(&self, contact: &Contact, findings: &mut Findings) -> Result<(), StoreError> {
        let Some(case) = contact.case.as_ref().filter(|case| !case.is_live()) else { return Ok(()) };
        let key = of_contact(&CASES, contact.id).text(&case.id.to_string());
        if row(self.store, &CASES, &key).await?.as_ref() != Some(case) {
            let kept = set(self.store, key, Some(case)).await?;
            let what = format!("case {} is over, and its row does not say so", case.id);
            findings
                .add(Finding::broken("case_not_kept", contact.id, what, "--mend writes it").mended_by(kept));
        }
        Ok(())
    }
}
