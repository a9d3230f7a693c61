//! A word scheduled by shuttle: another thread may run at each access, and each change is recorded.

use std::sync::Arc;

use herald_throttle::internals::table::word::Word;
use shuttle::sync::atomic::AtomicU64 as Scheduled;

use super::journal::{Event, Journal};
use crate::sync::Ordering::{self, SeqCst};

/// Replaces the atomics of the copies under test. shuttle only knows the strictest memory order; loom covers
/// weaker ones.
#[derive(Debug)]
pub(crate) struct AtomicU64 {
    bits: Scheduled,
    way: usize,
    journal: Arc<Journal>,
}

impl AtomicU64 {
    pub(super) fn new(way: usize, word: Word, journal: Arc<Journal>) -> Self {
        let bits = Scheduled::new(word.bits());
        Self { bits, way, journal }
    }

    pub(crate) fn load(&self, _: Ordering) -> u64 {
        self.bits.load(SeqCst)
    }

    pub(crate) fn store(&self, new: u64, _: Ordering) {
        let old = self.bits.swap(new, SeqCst);
        self.changed(old, new);
    }

    pub(crate) fn compare_exchange(
        &self,
        old: u64,
        new: u64,
        _: Ordering,
        _: Ordering,
    ) -> Result<u64, u64> {
        let seen = self.bits.compare_exchange(old, new, SeqCst, SeqCst)?;
        self.changed(seen, new);
        Ok(seen)
    }

    fn changed(&self, old: u64, new: u64) {
        let (old, new) = (Word::from_bits(old), Word::from_bits(new));
        let way = self.way;
        self.journal.note(Event::Changed { way, old, new });
    }
}
