//! Whether this installation was restored from a backup, and what becomes of what it had under way.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use cauce_runtime::{Held, Resume, Runtime};
use cauce_store::{DataFolder, Hold};

use crate::dto::HoldView;
use crate::problem::Problem;

/// See the module.
pub struct Holding {
    data: PathBuf,
    held: AtomicBool,
    /// What the folder says at the start.
    at_start: Option<Hold>,
}

impl Holding {
    /// As the data folder says.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(data: &Path) -> anyhow::Result<Self> {
        let at_start = DataFolder::hold_of(data)?;
        Ok(Self { data: data.to_owned(), held: AtomicBool::new(at_start.is_some()), at_start })
    }

    /// Whether what was under way waits.
    pub fn is_held(&self) -> bool {
        self.held.load(Ordering::Acquire)
    }

    /// At the start: what was said before it comes true now, and where nothing waits nobody need be asked.
    ///
    /// # Errors
    /// When the runtime has stopped, or the folder cannot be written.
    pub async fn begin(&self, runtime: &Runtime) -> anyhow::Result<()> {
        let how = match self.at_start {
            Some(Hold::Drop) => Resume::Drop,
            Some(Hold::Ask) if runtime.held().is_empty() => Resume::Send,
            Some(Hold::Ask) | None => return Ok(()),
        };
        let gone = self.end(runtime, how).await.map_err(|problem| anyhow::anyhow!(problem.detail))?;
        if how == Resume::Drop {
            tracing::warn!("{}", told(&gone, "what it had under way was dropped"));
        }
        Ok(())
    }

    /// What waits, as a sentence for whoever starts it.
    pub fn sentence(&self, runtime: &Runtime) -> Option<String> {
        let waiting = self.waiting(runtime);
        let what = "these wait for `cauce resume --send` or `cauce resume --drop`";
        waiting.held.then(|| told(&waiting, what))
    }

    /// What waits.
    pub fn waiting(&self, runtime: &Runtime) -> HoldView {
        view(&runtime.held(), self.is_held())
    }

    /// Lets go what waits, and says what it was.
    ///
    /// # Errors
    /// When the runtime has stopped, or the folder cannot be written: then the next start is held again.
    pub async fn end(&self, runtime: &Runtime, how: Resume) -> Result<HoldView, Problem> {
        let gone = runtime.resume(how).await?;
        if self.held.swap(false, Ordering::AcqRel)
            && let Err(error) = DataFolder::set_hold(&self.data, None)
        {
            self.held.store(true, Ordering::Release);
            tracing::error!(%error, "what waited was let go, and the next start will not know it");
            return Err(Problem::unavailable());
        }
        Ok(view(&gone, false))
    }
}

fn view(held: &Held, is_held: bool) -> HoldView {
    HoldView { held: is_held, calls: held.calls.clone(), timers: held.timers }
}

fn told(waiting: &HoldView, what: &str) -> String {
    let of = |kind: &str| waiting.calls.get(kind).copied().unwrap_or(0);
    let sends = of(cauce_conversation::SEND);
    let others = waiting.calls.values().sum::<u64>() - sends;
    format!(
        "this data was restored from a backup ({sends} messages, {others} other calls and {} overdue timers): {what}",
        waiting.timers
    )
}
