//! Named points at which a test can have the process killed.
//!
//! `CAUCE_CRASH_AT=turn.after_commit:3` kills it, as SIGKILL does, at the third pass of that point.
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

    struct Armed {
        name: String,
        left: AtomicU64,
    }

    fn armed() -> Option<&'static Armed> {
        static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
        ARMED
            .get_or_init(|| {
                let text = std::env::var("CAUCE_CRASH_AT").ok()?;
                let (name, pass) = text.rsplit_once(':').unwrap_or((&text, "1"));
                Some(Armed { name: name.to_owned(), left: AtomicU64::new(pass.parse().unwrap_or(1)) })
            })
            .as_ref()
    }

    pub(super) fn pass(name: &str) {
        let Some(armed) = armed() else { return };
        if armed.name == name && armed.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            use rustix::process::{Signal, getpid, kill_process};
            // Nothing to do if the kill itself fails but to die in another way.
            let _ = kill_process(getpid(), Signal::KILL);
            std::process::abort();
        }
    }
}
