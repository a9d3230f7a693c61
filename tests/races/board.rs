//! Numbers shared by the processes of a test.
//!
//! They are the counters of a separate state file.

use std::path::Path;

use herald_audio::internals::state_file::{Count, StateFile, Storage};

/// Counters per line.
const ON_A_LINE: [Count; 3] = [Count::Admitted, Count::Suppressed, Count::Failed];

/// An index on a board. Index 0 is reserved for the crew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally(pub(crate) usize);

/// A board as seen by one process.
#[derive(Debug)]
pub(crate) struct Board(StateFile);

impl Board {
    /// The board in `dir`; all numbers are 0 on a new one.
    pub(crate) fn open(dir: &Path) -> Self {
        let file = StateFile::open(dir);
        assert_eq!(file.health().storage, Storage::Mapped);
        Self(file)
    }

    /// Increments a number.
    pub(crate) fn add(&self, Tally(number): Tally) {
        let (line, place) = (number / ON_A_LINE.len(), number % ON_A_LINE.len());
        self.0.count(line, ON_A_LINE[place]);
    }

    /// The sum of all numbers, which grows while anything happens.
    pub(crate) fn sum(&self) -> u64 {
        let lines = (0..).map_while(|line| self.0.counts(line));
        lines
            .map(|counts| counts.admitted + counts.suppressed + counts.failed)
            .sum()
    }

    /// The value of a number.
    pub(crate) fn read(&self, Tally(number): Tally) -> u64 {
        let counts = self.0.counts(number / ON_A_LINE.len()).unwrap();
        [counts.admitted, counts.suppressed, counts.failed][number % ON_A_LINE.len()]
    }
}
