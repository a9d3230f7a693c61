//! The limits for examining commands, and why a text is unclear.

/// The deepest nesting of substitutions, subshells, expansions, and scripts in arguments.
pub(super) const MAX_DEPTH: usize = 32;
/// The number of bytes and words examined per call. The longest text takes a sixteenth of it without nesting.
const MAX_WORK: usize = 1 << 20;
/// The cost of starting a script, in the same unit.
pub(super) const WORK_PER_SCRIPT: usize = 64;

/// Why it is unknown what a shell would run.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::policy) enum Unclear {
    /// No shell accepts it.
    Grammar,
    /// It is nested too deep, or takes too much work.
    TooMuch,
}

impl Unclear {
    /// For a text that need not be a script: then invalid grammar is fine.
    pub(super) fn unless_grammar(self) -> Result<(), Self> {
        match self {
            Self::Grammar => Ok(()),
            Self::TooMuch => Err(self),
        }
    }
}

/// The remaining work.
#[derive(Debug)]
pub(in crate::policy) struct Work(usize);

impl Default for Work {
    fn default() -> Self {
        Self(MAX_WORK)
    }
}

impl Work {
    pub(super) fn spend(&mut self, amount: usize) -> Result<(), Unclear> {
        self.0 = self.0.checked_sub(amount).ok_or(Unclear::TooMuch)?;
        Ok(())
    }
}
