//! The state file: the words of the throttle, and a few others, shared by all processes of a user.
//!
//! # Purpose
//!
//! Opens, creates and repairs the file of [`layout`], and lends its words to the throttle, the controls and
//! the picks.
//!
//! # Invariants
//!
//! - A file under its final name is complete: every byte is written under a temporary name, and then the file
//!   is linked into place. Of simultaneous creators one wins, and the others use its file.
//! - A file in place is never resized.
//! - A file is trusted only if it is a regular file of this user that nobody else can write, of the exact
//!   length, with a valid header. Another one is set aside, never written to.
//!
//! # Following the path
//!
//! The file may be removed, or replaced by a process that found it damaged, while others have it mapped. So
//! at most once per second a process compares the file at the path with the mapped one, and switches if they
//! differ. For that second two tables can be in use, and a key may fire once in each.
//!
//! The file may also be shortened by another program. Herald's programs then continue with private words
//! until their next check of the path; other programs that have it mapped are killed (`fault`).
//!
//! # Without mapping
//!
//! A process that asks once and is suppressed only reads the file ([`UnmappedFile`]). Where anything is
//! unusual about the file, it maps it like every other process.
//!
//! # Fallback
//!
//! | words | when | what is lost |
//! |---|---|---|
//! | mapped | whenever possible | |
//! | in a locked file | no shared mapping is possible: a file system on another machine or provided by another program (`medium`), no links, too little space | microseconds instead of nanoseconds; waits at most 5 ms for a lock |
//! | in this process | no file is possible: a read-only or unusable directory, a lock not acquired within 5 ms | two processes may sound together |
//!
//! On a full disk without space for a single page, a process without a mapping decides each check alone, and
//! one with a mapping keeps it. Repairing a file, or waiting for another process that does, may take a call
//! 20 ms, at most once per second.
//!
//! No fallback blocks a sound, and none is silent: see [`StateFile::health`]. A process on a fallback retries
//! once per second.
//!
//! # Concurrency
//!
//! The words are accessed without a lock. Words once lent stay valid until the [`StateFile`] is dropped: a
//! replaced file stays mapped.

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
mod unmapped;

use std::path::{Path, PathBuf};

use once_cell::race::OnceBox;

pub use counters::{Count, Counts};
pub use fault::catch_truncation;
pub use health::TRUNCATED;
pub use health::{Health, Storage};
pub use unmapped::UnmappedFile;

use crate::clock::{Clock, SystemClock};
use crate::controls::Controls;
use crate::error::{Error, ErrorKind, Result};
use crate::sync::{AtomicU64, Ordering};
use crate::system::env::Env;
use crate::system::file;
use crate::table::{LocalSlots, Slots, WAYS};
use kept::KeptControls;
use layout::FILE_NAME;
use locked::LockedFile;
use open::{Opened, open_or_create};

/// How often a process checks that its file is still the one at the path.
const LOOK_EVERY_MS: u64 = 1_000;
/// The number of replacements in the lifetime of a process. Each leaves 132 KiB mapped.
const MAX_CHANGES: usize = 64;

/// The words of the throttle, in the state file or a fallback.
#[derive(Debug)]
pub struct StateFile {
    /// The path of the file; none without a state directory.
    path: Option<PathBuf>,
    /// Where the copy of the controls is looked for; without it there is none.
    env: Option<Env>,
    /// The generation in use from the beginning.
    first: Generation,
    /// Its replacements, complete up to `current`. No initialisation of a field is ever waited for: in a
    /// forked child, the initialising thread may not exist.
    later: [OnceBox<Generation>; MAX_CHANGES],
    /// The number of replacements: 0 means the first generation, n the nth later one.
    current: AtomicU64,
    /// When the path was last checked, in milliseconds since 1970.
    looked: AtomicU64,
    /// The process with a checking thread, or 0. After a fork it may be the parent, whose thread does not
    /// exist in the child.
    looker: AtomicU64,
    /// For calls that fail on the locked file.
    in_process: OnceBox<LocalSlots>,
    /// The first such failure.
    lock_failure: OnceBox<std::io::Error>,
    /// The controls last read from a locked file, for when its lock is not acquired.
    known_controls: AtomicU64,
    /// Why the controls could not be copied, at first.
    keep_failure: OnceBox<std::io::Error>,
    /// The last pick, if there is no mapping to share it.
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

    /// As [`Self::open`], at `path`: for keys that are not those of the throttle.
    pub fn open_at(path: &Path) -> Self {
        Self::new(Generation::at(path, None), Some(path.to_owned()), None)
    }

    /// As [`Self::open`], but only accepts a mapped file.
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

    /// Words private to this process, because of `reason`.
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

    /// The words of last resort.
    fn words_of_this_process(&self) -> &LocalSlots {
        self.in_process.get_or_init(Box::default)
    }

    /// The generation in use, after checking the path if that is due at `unix_ms`.
    #[inline(always)] // As it is in `lend`, on the throttle's hot path.
    fn follow(&self, unix_ms: u64) -> &Generation {
        // Relaxed: an old value costs at most a second check. A clock that stepped back makes it due.
        let last = self.looked.load(Ordering::Relaxed);
        if unix_ms.wrapping_sub(last) >= LOOK_EVERY_MS {
            self.look(unix_ms);
        }
        self.generation()
    }

    /// The generation in use.
    #[inline]
    fn generation(&self) -> &Generation {
        // Acquire: pairs with the Release store of `current` in `change_over`. A thread that sees the number
        // then sees the generation, which was complete before; without it, the generation might not be
        // visible yet.
        match self.current.load(Ordering::Acquire) {
            0 => &self.first,
            later => self.later(later as usize),
        }
    }

    #[cold]
    fn later(&self, number: usize) -> &Generation {
        let later = self.later.get(number - 1).and_then(OnceBox::get);
        // A generation is complete before it becomes current.
        later.unwrap_or(&self.first)
    }

    /// Checks whether the file is still the one at the path, and switches if not.
    ///
    /// One thread checks; the others continue with what they have, however long that takes.
    #[cold]
    pub fn look(&self, unix_ms: u64) {
        let this_process = u64::from(std::process::id());
        // Relaxed: with an old value the exchange fails.
        let looker = self.looker.load(Ordering::Relaxed);
        // Acquire: pairs with the Release store of `looker` below, so that this check sees the effects of the
        // last one.
        let begin = || {
            self.looker
                .compare_exchange(looker, this_process, Ordering::Acquire, Ordering::Relaxed)
        };
        if looker != this_process && begin().is_ok() {
            // Relaxed: a thread that reads the old time comes here at most once more.
            self.looked.store(unix_ms, Ordering::Relaxed);
            if let Some(new) = self.replacement() {
                self.change_over(new);
            }
            self.looker.store(0, Ordering::Release);
        }
    }

    /// The replacement for the generation in use, if needed.
    fn replacement(&self) -> Option<Generation> {
        let path = self.path.as_ref()?;
        let new = || Generation::at(path, self.env.as_ref());
        match self.generation() {
            Generation::Mapped(opened) if opened.is_still_at(path) => None,
            // Its words are private to this process, so nothing is worse.
            Generation::Mapped(opened) if opened.mapping.is_lost() => Some(new()),
            // A mapping is better than a fallback, even one of a removed file, which others may still have
            // mapped.
            _ => Some(new()).filter(|new| matches!(new, Generation::Mapped(_))),
        }
    }

    /// Called by one thread at a time.
    fn change_over(&self, new: Generation) {
        let changes = self.current.load(Ordering::Relaxed);
        // The last one stays.
        if let Some(next) = self.later.get(changes as usize) {
            // If it is set already, a thread of the parent did so before it could make it current: use that.
            let _ = next.set(Box::new(new));
            // Release: pairs with the Acquire load of `current` in `generation`.
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
            // The generation was just replaced.
            Generation::Mapped(opened) => return operation(&opened.mapping.sets()[set]),
            Generation::Locked(file, _) => match file.with_set(set, &operation) {
                Ok(outcome) => return outcome,
                // Only the first failure is reported.
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
    /// The best generation possible at `path`. A new file begins with the kept controls for `env`.
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
        match LockedFile::new(file::beside(path, "locked"), kept) {
            Ok(file) => Self::Locked(file, error.because(why)),
            Err(nor) => Self::InProcess(error.because(format!(
                "{why}; a locked file cannot be used, either: {nor}"
            ))),
        }
    }

    /// The problem, past or present.
    fn problem(&self) -> Option<&Error> {
        match self {
            Self::Mapped(opened) => opened.repaired.as_ref(),
            Self::Locked(_, why) | Self::InProcess(why) => Some(why),
        }
    }
}
