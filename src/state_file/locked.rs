//! Where no file can be mapped: the same words in a file of their own, read and written under a
//! lock.
//!
//! # Invariants
//!
//! - The file is never mapped, and the mapped file is never used this way.
//! - Each operation opens the file anew: locks are held by open files, so two threads that shared
//!   one would not keep each other out; and a file that was removed is not written to.
//! - Every content is valid: a set is 64 bytes of eight little-endian words from 64 times its
//!   number on, bytes that are not there are zeros, and any bits are a word.
//!
//! # Limits
//!
//! A lock may be held by a process that has been stopped. So it is waited for 5 ms at most, and for
//! a tenth of a second after that not at all: a look at all sets takes many locks.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::map::Line;
use crate::clock::{Clock, SystemClock};
use crate::file;
use crate::sync::{AtomicU64, Ordering::Relaxed};
use crate::throttle::{SLOTS, WAYS};

const PATIENCE: Duration = Duration::from_millis(5);
const IMPATIENT_FOR_MS: u64 = 100;
const SET_LEN: usize = WAYS * size_of::<u64>();

#[derive(Debug)]
pub(super) struct LockedFile {
    path: PathBuf,
    /// When a lock was last waited for in vain, in milliseconds since 1970.
    gave_up: AtomicU64,
}

impl LockedFile {
    /// Makes the file if there is none.
    pub(super) fn new(path: PathBuf) -> io::Result<Self> {
        let gave_up = AtomicU64::new(0);
        let file = Self { path, gave_up };
        file.open().map(|_| file)
    }

    /// Runs `operation` on a copy of the set, and keeps what it changed.
    pub(super) fn with_set<R>(&self, set: usize, operation: impl Fn(&Line) -> R) -> io::Result<R> {
        let file = self.open()?;
        self.lock(&file)?;
        let offset = (set * SET_LEN) as u64;
        let mut before = [0; SET_LEN];
        read_all_at(&file, &mut before, offset)?;
        let line = decode(&before);
        let outcome = operation(&line);
        let after = encode(&line);
        if after != before && file::write_at(&file, &after, offset)? != SET_LEN {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(outcome)
    }

    fn lock(&self, file: &File) -> io::Result<()> {
        let now = SystemClock.unix_ms();
        // Relaxed: an old value costs one more wait.
        let is_impatient = now.wrapping_sub(self.gave_up.load(Relaxed)) < IMPATIENT_FOR_MS;
        let patience = if is_impatient {
            Duration::ZERO
        } else {
            PATIENCE
        };
        let locked = file::lock_within(file, patience);
        if locked.is_err() && !is_impatient {
            self.gave_up.store(SystemClock.unix_ms(), Relaxed);
        }
        locked
    }

    fn open(&self) -> io::Result<File> {
        file::check_size_limit(SLOTS * size_of::<u64>())?;
        let mut options = file::own();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&self.path)?;
        file::check_file_of_ours(&file.metadata()?).map_err(io::Error::other)?;
        Ok(file)
    }
}

fn decode(bytes: &[u8; SET_LEN]) -> Line {
    let (words, _) = bytes.as_chunks();
    std::array::from_fn(|way| AtomicU64::new(u64::from_le_bytes(words[way])))
}

fn encode(line: &Line) -> [u8; SET_LEN] {
    let mut bytes = [0; SET_LEN];
    let (words, _) = bytes.as_chunks_mut();
    for (word, slot) in words.iter_mut().zip(line) {
        *word = slot.load(Relaxed).to_le_bytes();
    }
    bytes
}

/// Fills what the file does not have with zeros.
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
