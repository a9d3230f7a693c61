//! The state file: the throttle's words, and a few others, shared by every process of a user.
//!
//! # Purpose
//!
//! Opens the file of [`layout`], creates it, repairs it, and lends its words to the throttle, to
//! controls, and to picks.
//!
//! # Invariants
//!
//! - A file under its final name is complete: it is written under a temporary name, every byte of
//!   it, and then linked into place. Of many creators one wins, and the others use its file.
//! - A file in place is never resized.
//! - A file is trusted only if it is a regular file of this user that nobody else may write, of
//!   the exact length, with a valid header. One that is wrong is set aside, never written to.
//!
//! # Following the path
//!
//! Somebody may remove the file, or a process that found it damaged may replace it, while others
//! have it mapped. So at most once a second a process compares what the path names with what it
//! has mapped, and changes over if they differ. Two tables can be in use for that second, and a
//! key may fire once in each.
//!
//! Somebody may also shorten the file itself. Herald's programs then go on with words of their own
//! until their next look at the path; another program that has it mapped is killed (`fault`).
//!
//! # Fallback
//!
//! | words | when | what is lost |
//! |---|---|---|
//! | mapped | always, if possible | |
//! | in a locked file | no shared mapping is to be had: a file system on another machine or with another program (`medium`), no links, too little room | microseconds instead of nanoseconds; waits at most 5 ms for a lock |
//! | in this process | no file is to be had: a read-only or unusable directory, a lock that is not had in 5 ms | two processes may sound together |
//!
//! On a disk without room for a single page, a process that has no mapping decides each check alone,
//! and one that has keeps it. To repair a file, or to wait for another that repairs it, a call may
//! take 20 ms, once a second at most.
//!
//! None blocks a sound, none is silent: [`StateFile::health`] tells. A process on a fallback tries
//! again once a second.
//!
//! # Concurrency
//!
//! The words are reached without a lock. Words once lent stay valid until the [`StateFile`] is
//! dropped: a file that is changed over stays mapped.

mod controls;
mod counters;
mod fault;
mod health;
mod kept;
pub mod layout;
mod locked;
mod map;
pub mod medium;
mod open;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use once_cell::race::OnceBox;

pub use counters::{Count, Counts};
pub use fault::catch_truncation;
pub use health::TRUNCATED;
pub use health::{Health, Storage};

use crate::clock::{Clock, SystemClock};
use crate::controls::Controls;
use crate::error::{Error, ErrorKind, Result};
use crate::sync::{AtomicU64, Ordering};
use crate::system::env::Env;
use crate::table::{LocalSlots, Slots, WAYS};
use kept::KeptControls;
use layout::FILE_NAME;
use locked::LockedFile;
use open::{Opened, open_or_create};

/// How often a process looks whether its file is still the one at the path.
const LOOK_EVERY_MS: u64 = 1_000;
/// Times a process changes over in its life. Each leaves 132 KiB mapped.
const MAX_CHANGES: usize = 64;

/// The throttle's words: in the state file, or wherever else they can be had.
#[derive(Debug)]
pub struct StateFile {
    /// Where the file belongs; nowhere without a state directory.
    path: Option<PathBuf>,
    /// Where the copy of the controls is looked for; without it there is none.
    env: Option<Env>,
    /// What has been in use from the beginning.
    first: Generation,
    /// What has taken its place; complete up to `current`. Neither this nor what else is set once is
    /// ever waited for: a thread that was setting it is not there in the child of a fork.
    later: [OnceBox<Generation>; MAX_CHANGES],
    /// Changes so far: 0 is the first generation, n the nth later one.
    current: AtomicU64,
    /// When the path was last looked at, in milliseconds since 1970.
    looked: AtomicU64,
    /// The process of which a thread looks, or 0. After a fork that may be the parent, whose thread
    /// is not there in the child.
    looker: AtomicU64,
    /// For the calls that the locked file fails.
    in_process: OnceBox<LocalSlots>,
    /// The first such failure.
    lock_failure: OnceBox<std::io::Error>,
    /// The controls as they were last read from a locked file, for when its lock is not had.
    known_controls: AtomicU64,
    /// Why the controls could not be copied, at first.
    keep_failure: OnceBox<std::io::Error>,
    /// The last pick, where there is no mapping to share it in.
    known_pick: AtomicU64,
}

#[derive(Debug)]
enum Generation {
    Mapped(Opened),
    Locked(LockedFile, Error),
    InProcess(Error),
}

impl StateFile {
    /// Opens the state file in `dir`, or creates it. Never fails: see [`Self::health`].
    pub fn open(dir: &Path) -> Self {
        Self::open_keeping(dir, None)
    }

    /// As [`Self::open`]. If `dir` is a default state directory of `env`, the controls have a copy that
    /// survives it.
    pub fn open_keeping(dir: &Path, env: Option<Env>) -> Self {
        let path = dir.join(FILE_NAME);
        let first = Generation::at(&path, env.as_ref());
        Self::new(first, Some(path), env)
    }

    /// As [`Self::open`], but nothing else than a mapped file will do.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if the file cannot be mapped.
    pub fn open_mapped(dir: &Path) -> Result<Self> {
        let path = dir.join(FILE_NAME);
        let opened = open_or_create(&path, &|| Controls::NONE);
        let opened = opened.map_err(|why| unusable(&path).because(why))?;
        Ok(Self::new(Generation::Mapped(opened), Some(path), None))
    }

    /// Words of this process alone, because of `reason`.
    pub fn in_process(reason: Error) -> Self {
        Self::new(Generation::InProcess(reason), None, None)
    }

    fn new(first: Generation, path: Option<PathBuf>, env: Option<Env>) -> Self {
        Self {
            path,
            env,
            first,
            later: [const { OnceBox::new() }; MAX_CHANGES],
            current: AtomicU64::new(0),
            looked: AtomicU64::new(SystemClock.unix_ms()),
            looker: AtomicU64::new(0),
            in_process: OnceBox::new(),
            lock_failure: OnceBox::new(),
            known_controls: AtomicU64::new(0),
            keep_failure: OnceBox::new(),
            known_pick: AtomicU64::new(0),
        }
    }

    /// The words for when there is nothing better.
    fn words_of_this_process(&self) -> &LocalSlots {
        self.in_process.get_or_init(Box::default)
    }

    /// The generation in use, after a look at the path if one is due at `unix_ms`.
    #[inline(always)] // As it is in `lend`, on the throttle's hot path.
    fn follow(&self, unix_ms: u64) -> &Generation {
        // Relaxed: an old value costs a second look at most. A clock that stepped back is due.
        let last = self.looked.load(Ordering::Relaxed);
        if unix_ms.wrapping_sub(last) >= LOOK_EVERY_MS {
            self.look(unix_ms);
        }
        self.generation()
    }

    /// The generation in use.
    #[inline]
    fn generation(&self) -> &Generation {
        // Acquire: pairs with the Release in `change_over`. With it, whoever sees the number
        // sees the generation, which was complete before; without, it might not be there yet.
        match self.current.load(Ordering::Acquire) {
            0 => &self.first,
            later => self.later(later as usize),
        }
    }

    #[cold]
    fn later(&self, number: usize) -> &Generation {
        let later = self.later.get(number - 1).and_then(OnceBox::get);
        // A generation is complete before it is current.
        later.unwrap_or(&self.first)
    }

    /// Looks whether the file is still the one at the path, and changes over if not.
    ///
    /// One thread looks; the others go on with what they have, however long that takes.
    #[cold]
    pub fn look(&self, unix_ms: u64) {
        let this_process = u64::from(std::process::id());
        // Relaxed: whoever reads an old value fails to exchange it.
        let looker = self.looker.load(Ordering::Relaxed);
        // Acquire: pairs with the Release below, so that this look sees what the last one did.
        let begin = || {
            self.looker
                .compare_exchange(looker, this_process, Ordering::Acquire, Ordering::Relaxed)
        };
        if looker != this_process && begin().is_ok() {
            // Relaxed: whoever reads the old time comes here, once more at most.
            self.looked.store(unix_ms, Ordering::Relaxed);
            if let Some(new) = self.replacement() {
                self.change_over(new);
            }
            self.looker.store(0, Ordering::Release);
        }
    }

    /// What is to take the place of the generation in use, if anything.
    fn replacement(&self) -> Option<Generation> {
        let path = self.path.as_ref()?;
        let new = || Generation::at(path, self.env.as_ref());
        match self.generation() {
            Generation::Mapped(opened) if opened.is_still_at(path) => None,
            // Its words are this process's alone: nothing is worse.
            Generation::Mapped(opened) if opened.mapping.is_lost() => Some(new()),
            // A mapping is better than a fallback, even one of a file that was removed: others
            // may still have it.
            _ => Some(new()).filter(|new| matches!(new, Generation::Mapped(_))),
        }
    }

    /// Called by one thread at a time.
    fn change_over(&self, new: Generation) {
        let changes = self.current.load(Ordering::Relaxed);
        // The last one stays.
        if let Some(next) = self.later.get(changes as usize) {
            // If one is there, a thread of the parent set it and was not to make it current: it will do.
            let _ = next.set(Box::new(new));
            // Release: pairs with the Acquire in `generation`.
            self.current.store(changes + 1, Ordering::Release);
        }
    }
}

impl Slots for StateFile {
    #[inline]
    fn lend(&self, set: usize, unix_ms: u64) -> Option<&[AtomicU64; WAYS]> {
        match self.follow(unix_ms) {
            Generation::Mapped(opened) => Some(&opened.mapping.sets()[set]),
            Generation::Locked(..) | Generation::InProcess(_) => None,
        }
    }

    #[cold]
    fn with_copy<R>(&self, set: usize, operation: impl Fn(&[AtomicU64; WAYS]) -> R) -> R {
        match self.generation() {
            // Changed over just now.
            Generation::Mapped(opened) => return operation(&opened.mapping.sets()[set]),
            Generation::Locked(file, _) => match file.with_set(set, &operation) {
                Ok(outcome) => return outcome,
                // Only the first is told.
                Err(error) => _ = self.lock_failure.set(Box::new(error)),
            },
            Generation::InProcess(_) => {}
        }
        self.words_of_this_process().with_copy(set, operation)
    }
}

fn unusable(path: &Path) -> Error {
    let what = format!("cannot use the state file {}", path.display());
    Error::new(ErrorKind::State, what)
        .with_hint("set HERALD_STATE_DIR to a directory of your own on a local disk")
}

impl Generation {
    /// The best that can be had at `path`. A new file begins with the controls that `env` leads to.
    fn at(path: &Path, env: Option<&Env>) -> Self {
        let kept = || {
            let copy = KeptControls::of(env?, path.parent()?)?.read()?;
            Some(copy.controls)
        };
        let kept = || kept().unwrap_or(Controls::NONE);
        let why = match open_or_create(path, &kept) {
            Ok(opened) => return Self::Mapped(opened),
            Err(why) => why,
        };
        let error = unusable(path);
        match LockedFile::new(open::beside(path, "locked"), kept) {
            Ok(file) => Self::Locked(file, error.because(why)),
            Err(nor) => Self::InProcess(error.because(format!("{why}; nor a locked one: {nor}"))),
        }
    }

    /// What is or was wrong.
    fn problem(&self) -> Option<&Error> {
        match self {
            Self::Mapped(opened) => opened.repaired.as_ref(),
            Self::Locked(_, why) | Self::InProcess(why) => Some(why),
        }
    }
}
