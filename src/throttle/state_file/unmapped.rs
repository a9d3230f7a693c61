//! The state file as a process sees it that asks once: read, and not mapped unless something is to change.
//!
//! Mapping the file, the page faults of its first use, and giving it back when the process ends take
//! several times as long as reading the few words that a suppressed call needs. What is read only ever
//! says that nothing happens now; see [`crate::table::reread`] for why that may be believed.
//!
//! Only on Linux and macOS: there a read returns what was written through a mapping. Windows does not guarantee it,
//! so it always maps, as do other systems.

use std::cell::Cell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::counters::offset_of_unmapped;
use super::layout::{self, CONTROLS_OFFSET, FILE_NAME, HEADER_LEN, WORD_LEN, WORDS_OFFSET};
use super::map::Mapping;
use super::open::{Opened, open_unmapped};
use super::{Generation, StateFile};
use crate::clock::{Clock, SystemClock};
use crate::controls::Controls;
use crate::system::env::Env;
use crate::system::file::{self, Identity};
use crate::table::reread::{is_read_again, peek_by_reads};
use crate::table::word::Word;
use crate::table::{Firing, Key, SETS, WAYS, whole_ms};

/// A state file that was found good, open and not mapped.
#[derive(Debug)]
pub struct UnmappedFile {
    path: PathBuf,
    file: File,
    identity: Identity,
}

/// A key may not fire now.
#[derive(Debug)]
pub struct Refusal {
    /// How long.
    pub retry_after: Duration,
    words: [Word; WAYS],
}

impl Refusal {
    /// When `key`, of the same set, last fired, if known.
    pub fn recall(&self, key: Key) -> Option<Firing> {
        let mut words = self.words.iter();
        words.find(|word| word.is_of(key.tag()))?.firing()
    }
}

impl UnmappedFile {
    /// Opens the state file in `dir`. `None` if there is none, or anything is unusual about it: then
    /// [`StateFile::open`] creates or repairs it, or finds out what to do instead.
    pub fn open(dir: &Path) -> Option<Self> {
        if !cfg!(any(target_os = "linux", target_vendor = "apple")) {
            return None;
        }
        let path = dir.join(FILE_NAME);
        let (file, identity) = open_unmapped(&path).ok()?;
        let this = Self {
            path,
            file,
            identity,
        };
        let header = this.read::<HEADER_LEN>(0)?;
        layout::check(&header).ok().map(|()| this)
    }

    /// The controls; `None` if they change at this moment.
    pub fn controls(&self) -> Option<Controls> {
        let read = || self.words::<2>(CONTROLS_OFFSET);
        let words = read()?;
        // Nothing set is read once: it is what most users have, and no torn change of something looks so.
        let is_certain = words == [Controls::NONE.bits(); 2] || is_read_again(words, read);
        let [own, fleet] = words.map(Controls::from_bits);
        is_certain.then(|| own.beneath(fleet, SystemClock.unix_ms()))
    }

    /// How long until `key` may fire; `None` if it may now, as far as one can see without mapping the
    /// file. Marks nothing.
    pub fn peek(&self, key: impl Into<Key>, window: Duration) -> Option<Duration> {
        self.refusal(key.into(), window)
            .map(|refusal| refusal.retry_after)
    }

    /// As [`Self::peek`], with what else was read.
    pub fn refusal(&self, key: Key, window: Duration) -> Option<Refusal> {
        let set = WORDS_OFFSET + key.set(SETS) * WAYS * WORD_LEN;
        let last = Cell::new([0; WAYS]);
        let read = || {
            last.set(self.words::<WAYS>(set)?);
            Some(last.get())
        };
        let retry_after = peek_by_reads(read, key.tag(), whole_ms(window), &SystemClock)?;
        // They were read twice, and were the same.
        let words = last.get().map(Word::from_bits);
        Some(Refusal { retry_after, words })
    }

    /// Counts one more that was suppressed, on `line`. `None` if it could not: another process may be
    /// counting at this moment, and is not waited for.
    pub fn count_suppressed(&self, line: usize) -> Option<()> {
        let offset = offset_of_unmapped(line)?;
        file::check_size_limit(offset + WORD_LEN).ok()?;
        self.file.try_lock().ok()?;
        let written = self.words(offset).and_then(|[count]| {
            let count = count.wrapping_add(1).to_ne_bytes();
            file::write_at(&self.file, &count, offset as u64).ok()
        });
        let _ = self.file.unlock();
        (written? == WORD_LEN).then_some(())
    }

    /// Maps it, to change words; `env` as in [`StateFile::open_keeping`].
    pub fn map(&self, env: impl Into<Option<Env>>) -> StateFile {
        let env = env.into();
        let generation = match Mapping::new(&self.file) {
            Ok(mapping) => Generation::Mapped(Opened::new(mapping, self.identity)),
            Err(_) => Generation::at(&self.path, env.as_ref()),
        };
        StateFile::new(generation, Some(self.path.clone()), env)
    }

    /// `N` words from `offset` on, each of which may be torn.
    fn words<const N: usize>(&self, offset: usize) -> Option<[u64; N]> {
        let mut words = [[0; WORD_LEN]; N];
        self.fill(words.as_flattened_mut(), offset)?;
        Some(words.map(u64::from_ne_bytes))
    }

    fn read<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, offset)?;
        Some(bytes)
    }

    /// `None` if the file is shorter: somebody cut it off.
    fn fill(&self, bytes: &mut [u8], offset: usize) -> Option<()> {
        let read = file::read_at(&self.file, bytes, offset as u64).ok()?;
        (read == bytes.len()).then_some(())
    }
}
