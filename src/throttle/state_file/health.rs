//! How a state file is: where its words are, and what is wrong.

use std::fmt;

use once_cell::race::OnceBox;

use super::{Generation, MAX_CHANGES, StateFile};
use crate::error::Error;
use crate::sync::Ordering;

/// What a program says whose state file was shortened.
pub const TRUNCATED: &str = "another program shortened the state file while it was in use";

/// What holds the promise of one winner, from best to worst.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let throttle = herald_throttle::Throttle::open(&dir)?;
/// assert_eq!(throttle.storage(), herald_throttle::Storage::Mapped);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Storage {
    /// In a file mapped by every process: exact, and nobody waits.
    Mapped,
    /// In a file that is locked for each check: exact where the lock is had, but slower.
    Locked,
    /// In this process: other processes do not see them.
    InProcess,
}

impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mapped => "mapped file",
            Self::Locked => "locked file",
            Self::InProcess => "this process",
        })
    }
}

/// How a [`StateFile`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// Where the words are.
    pub storage: Storage,
    /// Whether a call was decided without other processes: always so in this process's own
    /// words, and in a locked file if its lock or its room could not be had.
    pub has_decided_alone: bool,
    /// What is or was wrong, each with its hint where there is one; empty if all is well.
    pub problems: Vec<String>,
}

impl StateFile {
    /// Where the words are.
    pub fn storage(&self) -> Storage {
        match self.generation() {
            Generation::Mapped(opened) if opened.mapping.is_lost() => Storage::InProcess,
            Generation::Mapped(_) => Storage::Mapped,
            Generation::Locked(..) => Storage::Locked,
            Generation::InProcess(_) => Storage::InProcess,
        }
    }

    /// Where the words are, and what is wrong.
    pub fn health(&self) -> Health {
        let generation = self.generation();
        let storage = self.storage();
        let mut problems: Vec<String> = generation
            .problem()
            .map(Error::to_string)
            .into_iter()
            .collect();
        if let Some(failure) = self.lock_failure.get() {
            problems.push(format!(
                "a check was made without other processes: {failure}"
            ));
        }
        if let Some(failure) = self.keep_failure.get() {
            problems.push(format!(
                "mute, snooze and volume will be lost with the state directory: {failure}"
            ));
        }
        if self.current.load(Ordering::Relaxed) == MAX_CHANGES as u64 {
            problems.push("the state file was replaced too often to follow it further".to_owned());
        }
        let was_truncated = self.was_truncated();
        if was_truncated {
            problems.push(TRUNCATED.to_owned());
        }
        let has_decided_alone =
            storage == Storage::InProcess || was_truncated || self.lock_failure.get().is_some();
        Health {
            storage,
            has_decided_alone,
            problems,
        }
    }

    /// Whether a file was shortened while it was mapped here, so that words of this process took its
    /// place. Known only in programs that call [`super::catch_truncation`]: others are killed.
    pub fn was_truncated(&self) -> bool {
        // A generation is complete before it is current.
        let later = self.later.iter().map_while(OnceBox::get);
        std::iter::once(&self.first)
            .chain(later)
            .any(|generation| matches!(generation, Generation::Mapped(opened) if opened.mapping.is_lost()))
    }
}
