//! What only tests do to a process: kill it at a named point, or plant a defect in it.
//!
//! `CAUCE_CRASH_AT=turn.after_commit:3` kills it, as SIGKILL does, at the third pass of that point.
//! `turn.before_commit:3:100` first holds that pass for 100 ms while everything else goes on: what
//! wrongly left before the point has left by then.
//!
//! `CAUCE_DEFECT=no_sync` breaks one promise on purpose, so that the crash tests can show that they
//! would notice. `CAUCE_POWER_CUT=1` makes every kill a power cut for the log. `CAUCE_LAYER_BYTES=20000`
//! makes the store's layers that small, so that what takes hours of work takes moments.
//!
//! `CAUCE_ABORT_ON=text` aborts it whenever an event with this text in it is handled, as a stack that
//! overflows does: nothing is caught, nothing is put in order.
//!
//! Builds without debug assertions have none of this.

/// Passes a named point.
#[inline]
pub fn point(name: &str) {
    #[cfg(debug_assertions)]
    armed::pass(name);
    #[cfg(not(debug_assertions))]
    let _ = name;
}

/// Whether this defect is planted in the process.
#[inline]
pub fn defect(name: &str) -> bool {
    #[cfg(debug_assertions)]
    return armed::defect().is_some_and(|planted| planted == name);
    #[cfg(not(debug_assertions))]
    {
        let _ = name;
        false
    }
}

/// Aborts when these bytes are poison.
#[inline]
pub fn abort_on(event: &[u8]) {
    #[cfg(debug_assertions)]
    armed::abort_on(event);
    #[cfg(not(debug_assertions))]
    let _ = event;
}

/// Whether the log keeps in the process's memory what is not synced, so that a kill loses it.
#[inline]
pub fn power_cut() -> bool {
    #[cfg(debug_assertions)]
    return std::env::var_os("CAUCE_POWER_CUT").is_some_and(|on| on == "1");
    #[cfg(not(debug_assertions))]
    false
}

/// How large the store's layers are, in bytes, when a test wants them small.
pub fn small_layers() -> Option<usize> {
    #[cfg(debug_assertions)]
    return std::env::var("CAUCE_LAYER_BYTES").ok()?.parse().ok();
    #[cfg(not(debug_assertions))]
    None
}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    pub(super) fn defect() -> Option<&'static str> {
        static DEFECT: OnceLock<Option<String>> = OnceLock::new();
        DEFECT.get_or_init(|| std::env::var("CAUCE_DEFECT").ok()).as_deref()
    }

    pub(super) fn abort_on(event: &[u8]) {
        static POISON: OnceLock<Option<String>> = OnceLock::new();
        let poison =
            POISON.get_or_init(|| std::env::var("CAUCE_ABORT_ON").ok().filter(|text| !text.is_empty()));
        let Some(poison) = poison else { return };
        if event.windows(poison.len()).any(|window| window == poison.as_bytes()) {
            std::process::abort();
        }
    }

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
