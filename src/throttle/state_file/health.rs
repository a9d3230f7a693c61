//! The condition of a state file: the location of its words, and problems.

use std::fmt;

use once_cell::race::OnceBox;

use super::{Generation, MAX_CHANGES, StateFile};
use crate::error::Error;
use crate::sync::Ordering;

/// The message of a program whose state file was shortened.
pub const TRUNCATED: &str = "another program shortened the state file while it was in use";

/// What guarantees the single winner, from best to worst.
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
    /// A file mapped by every process: exact, without waiting.
    Mapped,
    /// A file locked for each check: exact if the lock is acquired, but slower.
    Locked,
    /// The memory of this process, invisible to others.
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

/// The condition of a [`StateFile`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// The location of the words.
    pub storage: Storage,
    /// Whether a call was decided without other processes: always with this process's own words, and with a
    /// locked file if its lock or space was not available.
    pub has_decided_alone: bool,
    /// Past and present problems, with hints; empty if there are none.
    pub problems: Vec<String>,
}

impl StateFile {
    /// The location of the words.
    pub fn storage(&self) -> Storage {
        match self.generation() {
            Generation::Mapped(opened) if opened.mapping.is_lost() => Storage::InProcess,
            Generation::Mapped(_) => Storage::Mapped,
            Generation::Locked(..) => Storage::Locked,
            Generation::InProcess(_) => Storage::InProcess,
        }
    }

    /// The location of the words, and problems.
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
                "a check was decided without other processes: {failure}"
            ));
        }
        if let Some(failure) = self.keep_failure.get() {
            problems.push(format!(
                "mute, snooze and volume will be lost with the state directory: {failure}"
            ));
        }
        if self.current.load(Ordering::Relaxed) == MAX_CHANGES as u64 {
            problems.push(
                "the state file was replaced too often; further replacements are ignored"
                    .to_owned(),
            );
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

    /// Whether a mapped file was shortened, so that private words replaced it. Only known in programs that
    /// call [`super::catch_truncation`]: others are killed.
    pub fn was_truncated(&self) -> bool {
        // A generation is complete before it becomes current.
        let later = self.later.iter().map_while(OnceBox::get);
        std::iter::once(&self.first)
            .chain(later)
            .any(|generation| matches!(generation, Generation::Mapped(opened) if opened.mapping.is_lost()))
    }
}
