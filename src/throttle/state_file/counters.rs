//! Counters: how often each event was admitted, suppressed, or failed to sound.
//!
//! They have their own lines in the state file: a check that suppresses writes to no word, and counting it
//! must not, either. They are only kept where the file can be mapped, wrap after 2^64, and influence no decision.
//!
//! A process that has not mapped the file counts in another word, [`SUPPRESSED_UNMAPPED`], under the lock of
//! the file: reading a word and writing it back would lose what others add through a mapping.

use super::layout::{COUNTERS_OFFSET, LINE_LEN, LINES, WORD_LEN};
use super::{Generation, StateFile};
use crate::sync::Ordering::Relaxed;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// The event was admitted.
    Admitted,
    /// The event was suppressed.
    Suppressed,
    /// The event was admitted and did not sound.
    Failed,
}

/// The word of a line that processes count in that have not mapped the file.
const SUPPRESSED_UNMAPPED: usize = 3;

/// The offset of that word of `line` in the file; `None` if there is no such line.
pub(super) fn offset_of_unmapped(line: usize) -> Option<usize> {
    let offset = COUNTERS_OFFSET + line * LINE_LEN + SUPPRESSED_UNMAPPED * WORD_LEN;
    (line < LINES).then_some(offset)
}

/// How often an event was admitted, suppressed, or failed to sound, since the file was created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Times it was admitted.
    pub admitted: u64,
    /// Times it was suppressed.
    pub suppressed: u64,
    /// Times it was admitted and did not sound.
    pub failed: u64,
}

impl StateFile {
    /// Increments a counter of `line`. Does nothing if the file is not mapped.
    pub fn count(&self, line: usize, what: Count) {
        if let Generation::Mapped(opened) = self.generation()
            && let Some(line) = opened.mapping.counters().get(line)
        {
            // Relaxed: a statistic; no other memory depends on it.
            line[what as usize].fetch_add(1, Relaxed);
        }
    }

    /// The counts of `line`; `None` if the file is not mapped, or has no such line.
    pub fn counts(&self, line: usize) -> Option<Counts> {
        let Generation::Mapped(opened) = self.generation() else {
            return None;
        };
        let line = opened.mapping.counters().get(line)?;
        let [admitted, mapped, failed, unmapped] = std::array::from_fn(|n| line[n].load(Relaxed));
        Some(Counts {
            admitted,
            suppressed: mapped.wrapping_add(unmapped),
            failed,
        })
    }

    /// The number of lines.
    pub const LINES: usize = LINES;
}
