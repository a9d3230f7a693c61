//! What happened in a run: it bounds the sounds, and shows a model that runs into nothing.

#[derive(Clone, Copy, Debug, Default)]
pub(in crate::random) struct Tally {
    pub(in crate::random) executions: usize,
    pub(in crate::random) changes: usize,
    /// Changes of a word from one key's to another's.
    pub(in crate::random) displaced: usize,
    /// Admits and marks that left no mark.
    pub(in crate::random) refused: usize,
    /// How often the clock was set, or went past the largest stamp.
    pub(in crate::random) steps: usize,
    /// Calls that a step overtook.
    pub(in crate::random) overtaken: usize,
    /// Firings that left junk, by passing a stamp at the limit.
    pub(in crate::random) past_the_limit: usize,
}

impl Tally {
    pub(super) fn of_one_run() -> Self {
        let executions = 1;
        Self {
            executions,
            ..Self::default()
        }
    }

    /// The most sounds of a key that nothing but steps of the clock explains.
    pub(super) fn most_sounds(&self) -> usize {
        1 + self.steps + 2 * self.overtaken + self.past_the_limit
    }

    pub(in crate::random) fn add(&mut self, other: Self) {
        self.executions += other.executions;
        self.changes += other.changes;
        self.displaced += other.displaced;
        self.refused += other.refused;
        self.steps += other.steps;
        self.overtaken += other.overtaken;
        self.past_the_limit += other.past_the_limit;
    }
}
