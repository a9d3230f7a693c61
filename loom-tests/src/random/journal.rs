//! The events of an execution, in order.

use std::fmt;
use std::sync::Mutex;

use herald_throttle::internals::table::word::{Stamp, Tag, Word};

use crate::copies::Mark;

/// A call of the throttle. A reset is of any firing, or only of the `last` one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Call {
    Admit { tag: Tag, window_ms: u64 },
    Peek { tag: Tag, window_ms: u64 },
    Mark { tag: Tag, when: Stamp },
    Cancel { mark: Mark },
    Reset { tag: Tag, last: Option<Stamp> },
    ResetAll,
}

/// The result of a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    /// Of an admit or a mark: its mark, if any.
    Left(Option<Mark>),
    /// Of a peek.
    Suppressed(bool),
    /// Of a cancel or a reset: the number of firings removed.
    TookBack(usize),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    Began(Call),
    ReadClock(Stamp),
    Changed {
        way: usize,
        old: Word,
        new: Word,
    },
    Ended(Outcome),
    /// The clock ticked, or was set.
    Ticked(Stamp),
    Stepped(Stamp),
}

/// The event and the task that caused it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) task: usize,
    pub(super) event: Event,
}

/// The entries so far. shuttle only switches tasks at accesses to its own atomics, so an access and its entry
/// are atomic, and the lock is never waited for.
#[derive(Debug, Default)]
pub(super) struct Journal(Mutex<Vec<Entry>>);

impl Journal {
    pub(super) fn note(&self, event: Event) {
        let task = shuttle::current::me().into();
        self.0.lock().unwrap().push(Entry { task, event });
    }

    pub(super) fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { task, event } = self;
        match event {
            Event::Changed { way, old, new } => {
                write!(
                    f,
                    "task {task}: word {way}: {} -> {}",
                    Shown(*old),
                    Shown(*new)
                )
            }
            other => write!(f, "task {task}: {other:?}"),
        }
    }
}

/// A readable word: stamp, tag, and whether it is void.
pub(super) struct Shown(pub(super) Word);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stamp, tag) = (self.0.stamp().millis(), self.0.bits() & 0x7f_ffff);
        let void = if self.0.is_void() { " void" } else { "" };
        write!(f, "({stamp}, {tag}{void})")
    }
}
