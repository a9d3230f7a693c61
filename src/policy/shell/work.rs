//! The work that looking at commands may take, and why it may be in vain.

/// How deep commands may be nested: substitutions, subshells, expansions, scripts in arguments.
pub(super) const MAX_DEPTH: usize = 32;
/// How many bytes and words may be looked at for one call. The longest text takes a sixteenth of it
/// where nothing is nested.
const MAX_WORK: usize = 1 << 20;
/// What it costs to begin with a script, in the same measure.
pub(super) const WORK_PER_SCRIPT: usize = 64;

/// Why it cannot be told what a shell would run.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::policy) enum Unclear {
    /// No shell would understand it.
    Grammar,
    /// It is nested too deep, or takes too long.
    TooMuch,
}

impl Unclear {
    /// Of a text that need not be a script: what is none need not be understood.
    pub(super) fn unless_grammar(self) -> Result<(), Self> {
        match self {
            Self::Grammar => Ok(()),
            Self::TooMuch => Err(self),
        }
    }
}

/// The work that is still allowed.
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
