//! Fallback where no file can be mapped: the same words in another file, read and written under a lock.
//!
//! # Invariants
//!
//! - This file is never mapped, and the mapped file is never used this way.
//! - Each operation opens the file again: locks belong to open files, so two threads sharing one would not
//!   exclude each other, and a removed file is not written to.
//! - Each operation ends with an unlock: a child forked in between keeps the file open for its lifetime.
//! - Every content is valid: a set is 64 bytes of eight little-endian words, starting at 64 times its index;
//!   the words of the controls and of the fleet's follow the last set; missing bytes are zeros; and any bits are a word.
//!
//! # Limits
//!
//! A stopped process may hold the lock. So it is waited for at most 5 ms, and not at all for a tenth of a
//! second after a failure, because scanning all sets takes many locks. Only a change of the controls, made by
//! a person, waits half a second.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::map::Line;
use crate::clock::{Clock, SystemClock};
use crate::controls::Controls;
use crate::sync::{AtomicU64, Ordering::Relaxed};
use crate::system::file::{self, Locked};
use crate::table::{SLOTS, WAYS};

const PATIENCE: Duration = Duration::from_millis(5);
const IMPATIENT_FOR_MS: u64 = 100;
/// For a change of the controls.
const LONG_PATIENCE: Duration = Duration::from_millis(500);
const WORD_LEN: usize = size_of::<u64>();
const CONTROLS_OFFSET: usize = SLOTS * WORD_LEN;
const FLEET_OFFSET: usize = CONTROLS_OFFSET + WORD_LEN;
const LEN: usize = FLEET_OFFSET + WORD_LEN;

#[derive(Debug)]
pub(super) struct LockedFile {
    path: PathBuf,
    /// When a lock was last not acquired, in milliseconds since 1970.
    gave_up: AtomicU64,
}

impl LockedFile {
    /// Creates the file if it does not exist, with the `kept` controls.
    pub(super) fn new(path: PathBuf, kept: impl Fn() -> Controls) -> io::Result<Self> {
        let gave_up = AtomicU64::new(0);
        let file = Self { path, gave_up };
        if file.open()?.metadata()?.len() == 0 {
            let kept = kept().bits();
            // Whoever came first may have changed them since.
            file.change_controls(|word| word.compare_exchange(0, kept, Relaxed, Relaxed))?
                .ok();
        }
        Ok(file)
    }

    /// Runs `operation` on a copy of the set, and stores the result.
    pub(super) fn with_set<R>(&self, set: usize, operation: impl Fn(&Line) -> R) -> io::Result<R> {
        let patience = self.patience();
        self.with_words(set * WAYS * WORD_LEN, patience, operation)
    }

    /// Reads the words of the controls and of the fleet's.
    pub(super) fn controls(&self) -> io::Result<[u64; 2]> {
        let patience = self.patience();
        self.with_words(CONTROLS_OFFSET, patience, |words: &[AtomicU64; 2]| {
            words.each_ref().map(|word| word.load(Relaxed))
        })
    }

    /// Sets the word of the fleet's controls.
    pub(super) fn set_fleet(&self, bits: u64) -> io::Result<()> {
        self.with_words(FLEET_OFFSET, LONG_PATIENCE, |[word]| {
            word.store(bits, Relaxed);
        })
    }

    /// Runs `operation` on a copy of the word of the controls, and stores the result.
    pub(super) fn change_controls<R>(&self, operation: impl Fn(&AtomicU64) -> R) -> io::Result<R> {
        self.with_words(CONTROLS_OFFSET, LONG_PATIENCE, |[word]| operation(word))
    }

    fn with_words<const N: usize, R>(
        &self,
        offset: usize,
        patience: Duration,
        operation: impl Fn(&[AtomicU64; N]) -> R,
    ) -> io::Result<R> {
        let file = self.lock(patience)?;
        let mut before = [[0; WORD_LEN]; N];
        read_all_at(&file, before.as_flattened_mut(), offset as u64)?;
        let words = before.map(|word| AtomicU64::new(u64::from_le_bytes(word)));
        let outcome = operation(&words);
        let after = words.map(|word| word.into_inner().to_le_bytes());
        let bytes = after.as_flattened();
        if after != before && file::write_at(&file, bytes, offset as u64)? != bytes.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(outcome)
    }

    /// How long to wait for a lock now.
    fn patience(&self) -> Duration {
        // Relaxed: an old value costs one more wait.
        let gave_up = self.gave_up.load(Relaxed);
        match SystemClock.unix_ms().wrapping_sub(gave_up) < IMPATIENT_FOR_MS {
            true => Duration::ZERO,
            false => PATIENCE,
        }
    }

    fn lock(&self, patience: Duration) -> io::Result<Locked> {
        let locked = file::lock_within(self.open()?, patience);
        if locked.is_err() && !patience.is_zero() {
            self.gave_up.store(SystemClock.unix_ms(), Relaxed);
        }
        locked
    }

    fn open(&self) -> io::Result<File> {
        file::check_size_limit(LEN)?;
        let mut options = file::own();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&self.path)?;
        file::check_file_of_ours(&file.metadata()?).map_err(io::Error::other)?;
        Ok(file)
    }
}

/// Reads the file; missing bytes are zeros.
fn read_all_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file::read_at(file, &mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
