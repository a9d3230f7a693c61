//! The shared state of an execution: the words of a set, and the clock.

use std::sync::Arc;

use herald_throttle::internals::clock::Clock;
use herald_throttle::internals::table::word::{Stamp, Word};
use shuttle::sync::atomic::{AtomicU64 as Scheduled, Ordering::SeqCst};

use super::journal::{Call, Entry, Event, Journal, Outcome};
use crate::copies::Throttle;
use crate::sync::AtomicU64;

/// A clock that all threads read and one changes. Another thread may run at each reading.
#[derive(Debug)]
pub(super) struct SharedClock {
    unix_ms: Scheduled,
    journal: Arc<Journal>,
}

impl Clock for SharedClock {
    fn unix_ms(&self) -> u64 {
        let unix_ms = self.unix_ms.load(SeqCst);
        self.journal
            .note(Event::ReadClock(Stamp::from_unix_ms(unix_ms)));
        unix_ms
    }
}

impl SharedClock {
    /// Time passes: a tick, or the time that a suspended thread misses.
    pub(super) fn tick(&self, ms: u64) {
        let unix_ms = self.unix_ms.fetch_add(ms, SeqCst) + ms;
        self.journal
            .note(Event::Ticked(Stamp::from_unix_ms(unix_ms)));
    }

    /// Sets the clock.
    pub(super) fn step(&self, ms: i64) {
        let unix_ms = self.unix_ms.load(SeqCst).wrapping_add_signed(ms);
        self.unix_ms.store(unix_ms, SeqCst);
        self.journal
            .note(Event::Stepped(Stamp::from_unix_ms(unix_ms)));
    }
}

#[derive(Debug)]
pub(super) struct World<const WAYS: usize> {
    slots: [AtomicU64; WAYS],
    pub(super) clock: SharedClock,
    journal: Arc<Journal>,
}

impl<const WAYS: usize> World<WAYS> {
    pub(super) fn new(words: [Word; WAYS], unix_ms: u64) -> Self {
        let journal = Arc::new(Journal::default());
        let mut ways = 0..;
        let slot = |word| AtomicU64::new(ways.next().unwrap(), word, journal.clone());
        Self {
            slots: words.map(slot),
            clock: SharedClock {
                unix_ms: Scheduled::new(unix_ms),
                journal: journal.clone(),
            },
            journal,
        }
    }

    pub(super) fn call<T: Throttle>(&self, call: Call) -> Outcome {
        self.journal.note(Event::Began(call));
        let (slots, clock) = (&self.slots, &self.clock);
        let outcome = match call {
            Call::Admit { tag, window_ms } => Outcome::Left(T::admit(slots, clock, tag, window_ms)),
            Call::Peek { tag, window_ms } => {
                Outcome::Suppressed(T::is_suppressed(slots, clock, tag, window_ms))
            }
            Call::Mark { tag, when } => Outcome::Left(T::mark(slots, clock, tag, when)),
            Call::Cancel { mark } => Outcome::TookBack(T::cancel(slots, clock, mark).into()),
            Call::Reset { tag, last } => {
                let was_reset = match last {
                    Some(last) => T::reset_if_last(slots, clock, tag, last),
                    None => T::reset(slots, clock, tag),
                };
                Outcome::TookBack(was_reset.into())
            }
            Call::ResetAll => Outcome::TookBack(T::reset_all(slots, clock)),
        };
        self.journal.note(Event::Ended(outcome));
        outcome
    }

    pub(super) fn words(&self) -> [Word; WAYS] {
        let word = |slot: &AtomicU64| Word::from_bits(slot.load(SeqCst));
        self.slots.each_ref().map(word)
    }

    pub(super) fn take_journal(&self) -> Vec<Entry> {
        self.journal.take()
    }
}
