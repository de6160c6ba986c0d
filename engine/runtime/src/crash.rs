//! Named points at which a test can have the process killed.
//!
//! `CAUCE_CRASH_AT=turn.after_commit:3` kills it, as SIGKILL does, at the third pass of that point.
//! `turn.before_commit:3:100` first holds that pass for 100 ms while everything else goes on: what
//! wrongly left before the point has left by then.
//! Builds without debug assertions have no such points.

/// Passes a named point.
#[inline]
pub fn point(name: &str) {
    #[cfg(debug_assertions)]
    armed::pass(name);
    #[cfg(not(debug_assertions))]
    let _ = name;
}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    struct Armed {
        name: String,
        left: AtomicU64,
        hold: Duration,
    }

    fn armed() -> Option<&'static Armed> {
        static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
        ARMED
            .get_or_init(|| {
                let text = std::env::var("CAUCE_CRASH_AT").ok()?;
                let mut parts = text.split(':');
                let name = parts.next()?.to_owned();
                let mut number = |default| parts.next().and_then(|part| part.parse().ok()).unwrap_or(default);
                Some(Armed { name, left: AtomicU64::new(number(1)), hold: Duration::from_millis(number(0)) })
            })
            .as_ref()
    }

    pub(super) fn pass(name: &str) {
        let Some(armed) = armed() else { return };
        if armed.name == name && armed.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            use rustix::process::{Signal, getpid, kill_process};
            if !armed.hold.is_zero() {
                tokio::task::block_in_place(|| std::thread::sleep(armed.hold));
            }
            // Nothing to do if the kill itself fails but to die in another way.
            let _ = kill_process(getpid(), Signal::KILL);
            std::process::abort();
        }
    }
}
