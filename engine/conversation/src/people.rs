//! Handoff: the contact opens a case, is silent while a person looks after it, and goes on when it
//! is over. The contact alone opens and closes cases; who takes them is the Desk's to say.

use cauce_flows::Event;
use cauce_model::{
    Assignee, Author, Case, CaseId, CaseState, Content, Delivery, DeskEvent, Direction, Duration, EndReason,
    QueueId, Timestamp,
};
use cauce_runtime::Halt;

use crate::contact::Life;
use crate::tables::{CASES, of_contact};
use crate::{Refusal, desk_entity};

impl Life<'_, '_> {
    /// A person is needed.
    pub fn open_case(&mut self, queue: QueueId, timeout: Option<Duration>) {
        let now = self.turn.now();
        let id = CaseId::new(self.contact.id.slot(), self.turn.fresh());
        let contact = &mut self.contact;
        contact.unread = contact.unread.max(1);
        contact.updated_at = now;
        contact.case = Some(Case {
            id,
            contact: contact.id,
            queue: queue.clone(),
            state: CaseState::Queued,
            version: 1,
            queued_at: now,
        });
        let created = DeskEvent::Created { case: id, contact: contact.id, queue, queued_at: now, timeout };
        self.turn.mail(desk_entity(&contact.workspace), &created);
    }

    /// The Desk tells where the case stands.
    pub fn case_moved(&mut self, case: Case) -> Result<(), Halt> {
        let Some(mine) = self.contact.live_case() else { return Ok(()) };
        if mine.id != case.id || mine.version >= case.version {
            return Ok(());
        }
        self.contact.updated_at = self.turn.now();
        if case.is_live() {
            self.contact.case = Some(case);
            return Ok(());
        }
        self.close(case)?;
        self.walk_on(Event::HandoffTimedOut)
    }

    /// A person answers the customer.
    pub fn reply(&mut self, agent: Assignee, case: CaseId, content: Content) -> Result<(), Halt> {
        let allowed = self.held_by(&agent, case).and_then(|_| {
            if self.turn.now() < self.contact.window_ends_at() { Ok(()) } else { Err(Refusal::WindowClosed) }
        });
        if let Err(refusal) = allowed {
            self.turn.reply(&Err::<u64, _>(refusal));
            return Ok(());
        }
        let author = Author::Agent { user: agent.id, name: agent.name };
        // Who wrote it sees what became of it, and can send it again.
        let seq = self.write(author, Direction::queued(content, Delivery::AtMostOnce));
        self.contact.outbox.waiting.push_back(seq);
        self.contact.unread = 0;
        self.turn.reply(&Ok::<_, Refusal>(seq));
        Ok(())
    }

    /// A person ends the case; the flow goes on.
    pub fn end_case(&mut self, agent: Assignee, case: CaseId, version: Option<u64>) -> Result<(), Halt> {
        let seen = |case: &Case| if case.is_as_seen(version) { Ok(()) } else { Err(Refusal::Stale) };
        let held = self.held_by(&agent, case).and_then(|held| seen(held.0).map(|()| held));
        let (held, taken_at) = match held {
            Ok((held, taken_at)) => (held.clone(), taken_at),
            Err(refusal) => {
                self.turn.reply(&Err::<Case, _>(refusal));
                return Ok(());
            }
        };
        let name = agent.name.clone();
        let ended_at = self.turn.now();
        let state = CaseState::Ended {
            assignee: Some(agent),
            taken_at: Some(taken_at),
            ended_at,
            reason: EndReason::Resolved,
        };
        let case = Case { state, version: held.version + 1, ..held };
        self.turn.mail(desk_entity(&self.contact.workspace), &DeskEvent::Ended { case: case.clone() });
        self.turn.reply(&Ok::<_, Refusal>(case.clone()));
        self.close(case)?;
        self.walk_on(Event::HandoffResolved { agent: Some(&name) })
    }

    fn held_by(&self, agent: &Assignee, case: CaseId) -> Result<(&Case, Timestamp), Refusal> {
        let mine = self.contact.case.as_ref().filter(|mine| mine.id == case).ok_or(Refusal::Unknown)?;
        match &mine.state {
            CaseState::Open { assignee, taken_at } if assignee.id == agent.id => Ok((mine, *taken_at)),
            CaseState::Open { assignee, .. } => Err(Refusal::Taken { holder: assignee.clone() }),
            CaseState::Queued => Err(Refusal::NotTaken),
            CaseState::Ended { .. } => Err(Refusal::Ended),
        }
    }

    fn close(&mut self, case: Case) -> Result<(), Halt> {
        self.contact.updated_at = self.turn.now();
        self.contact.unread = 0;
        let key = of_contact(&CASES, self.contact.id).text(&case.id.to_string());
        self.turn.put(&CASES, key, &case);
        self.contact.case = Some(case);
        if let Some(older) = self.contact.merge_after_case.take() {
            self.merge_into(older)?;
        }
        Ok(())
    }

    fn walk_on(&mut self, event: Event<'_>) -> Result<(), Halt> {
        match self.contact.live_run().cloned() {
            Some(head) => self.advance(&head, event),
            None => Ok(()),
        }
    }
}
