#![doc = include_str!("crate.md")]

mod clock;
mod controls;
mod error;
mod picks;
mod sync;
mod table;

// What touches the system is no part of the models that `--cfg herald_loom` builds.
#[cfg(not(herald_loom))]
mod shared;
#[cfg(not(herald_loom))]
mod state_file;
#[cfg(not(herald_loom))]
mod system;

pub use controls::{Controls, LONGEST_SNOOZE, Silence};
pub use error::{Error, ErrorKind, Result};
#[cfg(not(herald_loom))]
pub use shared::Throttle;
#[cfg(not(herald_loom))]
pub use state_file::Storage;
pub use table::{Admission, Decision, Firing, Key};

/// For the packages of this repository: its programs, tests, models and benches. No promise: what is in
/// here may change or go in any version.
#[doc(hidden)]
pub mod internals {
    pub mod clock {
        pub use crate::clock::{Clock, ManualClock, SystemClock, unix_ms};
    }
    pub mod controls {
        pub use crate::controls::{Controls, LONGEST_SNOOZE, Silence, Snooze, change};
    }
    pub mod error {
        pub use crate::error::{Cause, Error, ErrorKind, Result};
    }
    pub mod picks {
        pub use crate::picks::{pick, pick_next, pick_present, place};
    }
    #[cfg(not(herald_loom))]
    pub mod state_file {
        pub use crate::state_file::{
            Count, Counts, Health, StateFile, Storage, TRUNCATED, UnmappedFile, catch_truncation,
            layout, medium,
        };
    }
    pub mod sync {
        pub use crate::sync::{AtomicU64, Ordering, fence};
    }
    #[cfg(not(herald_loom))]
    pub mod system {
        pub use crate::system::{env, file, state_dir};
    }
    pub mod table {
        pub use crate::table::{
            Admission, Decision, Firing, Key, LocalSlots, SETS, SLOTS, Slots, Table, WAYS, reread,
            set, word,
        };
    }
}
