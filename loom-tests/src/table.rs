//! The table under test and its copies, behind one face that the models use.

use std::time::Duration;

use herald::clock::Clock;
use herald::sync::AtomicU64;
use herald::throttle::Key;

/// Words of a set in the models: with one set of two, each key meets every other.
pub(crate) const WAYS: usize = 2;

/// A clock that stands, a different one for each thread that read it at another moment.
#[derive(Clone, Copy)]
pub(crate) struct At(pub(crate) u64);

impl Clock for At {
    fn unix_ms(&self) -> u64 {
        self.0
    }
}

/// What a model does with a table.
pub(crate) trait Throttle {
    /// Admits, and returns what `cancel` needs; `None` if suppressed.
    fn admit(slots: &[AtomicU64], clock: At, key: Key, window: Duration) -> Option<(usize, u64)>;
    fn cancel(slots: &[AtomicU64], admission: (usize, u64)) -> bool;
    fn is_suppressed(slots: &[AtomicU64], clock: At, key: Key, window: Duration) -> bool;
}

macro_rules! throttle {
    ($name:ident, $($table:tt)*) => {
        pub(crate) struct $name;

        impl Throttle for $name {
            fn admit(slots: &[AtomicU64], clock: At, key: Key, window: Duration) -> Option<(usize, u64)> {
                match $($table)*::Table::<_, WAYS>::new(slots, clock).admit(key, window) {
                    $($table)*::Decision::Admit(admission) => Some(admission.to_parts()),
                    $($table)*::Decision::Suppress { .. } => None,
                }
            }

            fn cancel(slots: &[AtomicU64], admission: (usize, u64)) -> bool {
                let admission = $($table)*::Admission::from_parts(admission);
                $($table)*::Table::<_, WAYS>::new(slots, At(0)).cancel(admission)
            }

            fn is_suppressed(slots: &[AtomicU64], clock: At, key: Key, window: Duration) -> bool {
                $($table)*::Table::<_, WAYS>::new(slots, clock).peek(key, window).is_some()
            }
        }
    };
}

macro_rules! copy {
    ($name:ident, $module:ident) => {
        #[allow(clippy::all, dead_code, missing_docs, unreachable_pub)]
        mod $module {
            include!(concat!(env!("OUT_DIR"), "/", stringify!($module), ".rs"));
        }
        throttle!($name, $module);
    };
}

throttle!(Shipped, herald::throttle::table);
copy!(LoadsThatWrite, loads_that_write);
copy!(StoreInsteadOfSwap, store_instead_of_swap);
copy!(LoserIsAdmitted, loser_is_admitted);
copy!(NoBump, no_bump);
copy!(LastOfEqualVictims, last_of_equal_victims);
copy!(CancelDropsTheTag, cancel_drops_the_tag);
