//! Room on the disk. When little is left, new events are refused: what is left is for what was accepted
//! before. It is looked at every second, so events are taken again by themselves once there is room.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::DiskConfig;

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Free for this process, in bytes.
    pub free: u64,
    /// In all, in bytes.
    pub total: u64,
}

/// Measures the room.
pub type Measure = Arc<dyn Fn() -> io::Result<Room> + Send + Sync>;

/// The room on the disk of the data folder.
pub struct Space {
    measure: Mutex<Measure>,
    limits: DiskConfig,
    short: AtomicBool,
    seen: Mutex<Result<Room, String>>,
}

impl Space {
    /// Watches the disk that this folder is on.
    pub fn of_folder(folder: &Path, limits: DiskConfig) -> Self {
        let folder: PathBuf = folder.to_owned();
        let measure = move || {
            let found = rustix::fs::statvfs(&folder)?;
            let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
            Ok(Room { free: bytes(found.f_bavail), total: bytes(found.f_blocks) })
        };
        Self {
            measure: Mutex::new(Arc::new(measure)),
            limits,
            short: AtomicBool::new(false),
            seen: Mutex::new(Err("not looked at yet".into())),
        }
    }

    /// Measures in this way from now on, for tests, and looks at once.
    pub fn measured_by(&self, measure: Measure) {
        *self.measure.lock().unwrap_or_else(PoisonError::into_inner) = measure;
        self.look();
    }

    /// Looks how much room there is now.
    pub fn look(&self) {
        let measure = self.measure.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let seen = measure().map_err(|error| error.to_string());
        // What cannot be measured refuses nothing.
        let short = seen.as_ref().is_ok_and(|room| room.free < self.least(*room));
        match (&seen, self.short.swap(short, Ordering::Relaxed)) {
            (Ok(Room { free, .. }), false) if short => {
                tracing::error!(free, "the disk is nearly full: new events are refused until there is room");
            }
            (Ok(Room { free, .. }), true) if !short => {
                tracing::warn!(free, "there is room on the disk again: events are taken");
            }
            _ => {}
        }
        if let Ok(room) = &seen {
            ::metrics::gauge!("cauce_disk_free_bytes").set(room.free as f64);
        }
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }

    /// Whether new events must be refused.
    pub fn is_short(&self) -> bool {
        self.short.load(Ordering::Relaxed)
    }

    /// How much room there was at the last look.
    ///
    /// # Errors
    /// Why it could not be measured.
    pub fn seen(&self) -> Result<Room, String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What must be free on a disk of this size, in bytes.
    pub fn least(&self, room: Room) -> u64 {
        let part = u128::from(room.total) * u128::from(self.limits.refuse_below_percent) / 100;
        (u64::from(self.limits.refuse_below_mb) << 20).min(u64::try_from(part).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;

    const GB: u64 = 1 << 30;

    fn space(total: u64) -> (Space, Arc<AtomicU64>) {
        let space = Space::of_folder(Path::new("."), DiskConfig::default());
        let free = Arc::new(AtomicU64::new(total));
        let measured = free.clone();
        space.measured_by(Arc::new(move || Ok(Room { free: measured.load(Ordering::SeqCst), total })));
        (space, free)
    }

    #[test]
    fn a_disk_is_short_below_both_limits_and_no_longer_when_there_is_room() {
        let (large, free) = space(1000 * GB);
        for (left, short) in [(GB, false), (257 << 20, false), (255 << 20, true), (0, true), (GB, false)] {
            free.store(left, Ordering::SeqCst);
            large.look();
            assert_eq!(large.is_short(), short, "{left} bytes of a large disk");
        }
        // Two in a hundred of a small one.
        let (small, free) = space(GB);
        for (left, short) in [(100 << 20, false), (21 << 20, false), (20 << 20, true)] {
            free.store(left, Ordering::SeqCst);
            small.look();
            assert_eq!(small.is_short(), short, "{left} bytes of a small disk");
        }
    }

    #[test]
    fn a_disk_that_cannot_be_measured_refuses_nothing() {
        let (space, free) = space(GB);
        free.store(0, Ordering::SeqCst);
        space.look();
        assert!(space.is_short());
        space.measured_by(Arc::new(|| Err(io::Error::other("gone"))));
        assert!(!space.is_short());
        assert_eq!(space.seen(), Err("gone".into()));
    }

    #[test]
    fn the_disk_of_a_folder_has_a_size() {
        let space = Space::of_folder(&std::env::temp_dir(), DiskConfig::default());
        space.look();
        let Room { free, total } = space.seen().unwrap();
        assert!(0 < total && free <= total, "{free} of {total}");
    }
}
