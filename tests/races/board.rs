//! What the processes of a test have in common: numbers that each can raise and read.
//!
//! They are the counters of a state file of their own, beside whatever is tested.

use std::path::Path;

use herald_audio::internals::state_file::{Count, StateFile, Storage};

/// Counters on a line.
const ON_A_LINE: [Count; 3] = [Count::Admitted, Count::Suppressed, Count::Failed];

/// One of the numbers on a board. Number 0 is the crew's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally(pub(crate) usize);

/// A board, as one process sees it.
#[derive(Debug)]
pub(crate) struct Board(StateFile);

impl Board {
    /// The board in `dir`; all numbers are 0 on a new one.
    pub(crate) fn open(dir: &Path) -> Self {
        let file = StateFile::open(dir);
        assert_eq!(file.health().storage, Storage::Mapped);
        Self(file)
    }

    /// Raises a number by one.
    pub(crate) fn add(&self, Tally(number): Tally) {
        let (line, place) = (number / ON_A_LINE.len(), number % ON_A_LINE.len());
        self.0.count(line, ON_A_LINE[place]);
    }

    /// All numbers together: it grows while anything goes on.
    pub(crate) fn sum(&self) -> u64 {
        let lines = (0..).map_while(|line| self.0.counts(line));
        lines
            .map(|counts| counts.admitted + counts.suppressed + counts.failed)
            .sum()
    }

    /// What a number has come to.
    pub(crate) fn read(&self, Tally(number): Tally) -> u64 {
        let counts = self.0.counts(number / ON_A_LINE.len()).unwrap();
        [counts.admitted, counts.suppressed, counts.failed][number % ON_A_LINE.len()]
    }
}
