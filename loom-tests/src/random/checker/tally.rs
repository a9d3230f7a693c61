//! Statistics of a run: they bound the sounds, and reveal a model that encounters nothing.

#[derive(Clone, Copy, Debug, Default)]
pub(in crate::random) struct Tally {
    pub(in crate::random) executions: usize,
    pub(in crate::random) changes: usize,
    /// Words that changed from one key to another.
    pub(in crate::random) displaced: usize,
    /// Admits and marks without a mark.
    pub(in crate::random) refused: usize,
    /// How often the clock was set, or passed the largest stamp.
    pub(in crate::random) steps: usize,
    /// Calls overtaken by a step.
    pub(in crate::random) overtaken: usize,
    /// Firings that left junk, by exceeding a stamp at the limit.
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

    /// The most sounds of a key that clock steps can explain.
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
