//! The alternatives that keep their state in a file, so that processes share it; and what mapping
//! a file costs in bare system calls.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use herald_audio::internals::state_file::StateFile;
use herald_audio::internals::throttle::Key;
use memmap2::{MmapOptions, MmapRaw};
use rusqlite::{Connection, params};

use crate::contestants::Contestant;

/// Checks timed together where one takes microseconds.
const FEW: u32 = 10;

/// A small file with eight bytes for each hash of a key, locked for each check.
pub(crate) struct Flock {
    path: PathBuf,
    file: File,
    window: Duration,
}

impl Contestant for Flock {
    const NAME: &'static str = "flock + pread/pwrite";
    const BATCH: u32 = FEW;

    fn open(dir: &Path, window: Duration) -> Self {
        let path = dir.join("throttle.locked");
        let file = open(&path);
        Self { path, file, window }
    }

    /// A lock belongs to an open file, so each thread needs one of its own.
    fn share(&self) -> Self {
        Self {
            path: self.path.clone(),
            file: open(&self.path),
            window: self.window,
        }
    }

    fn admit(&self, key: Key) -> bool {
        const SLOTS: usize = 1 << 14;
        let slot = key.set(SLOTS) as u64 * 8;
        let tag = u64::from(key.tag().get());
        self.file.lock().unwrap();
        let now = unix_ms();
        let mut word = [0; 8];
        // A slot that was never written reads as zeros.
        let _ = self.file.read_at(&mut word, slot).unwrap();
        let word = u64::from_le_bytes(word);
        let (fired, of) = (word >> 23, word & 0x7f_ffff);
        let admits = of != tag || now - fired >= self.window.as_millis() as u64;
        if admits {
            let word = now << 23 | tag;
            self.file.write_all_at(&word.to_le_bytes(), slot).unwrap();
        }
        self.file.unlock().unwrap();
        admits
    }
}

/// The original's throttle as it was proposed: read under a shared lock, decide, write under an
/// exclusive one. Two processes may both read before either writes.
pub(crate) struct FlockedJson {
    path: PathBuf,
    window: Duration,
}

impl Contestant for FlockedJson {
    const NAME: &'static str = "flocked JSON";
    const BATCH: u32 = FEW;

    fn open(dir: &Path, window: Duration) -> Self {
        let path = dir.join("throttle.json");
        Self { path, window }
    }

    fn share(&self) -> Self {
        Self {
            path: self.path.clone(),
            window: self.window,
        }
    }

    fn admit(&self, key: Key) -> bool {
        let key = bits(key).to_string();
        let now = unix_ms() as f64 / 1_000.0;
        let mut text = String::new();
        let mut shared = open(&self.path);
        shared.lock_shared().unwrap();
        shared.read_to_string(&mut text).unwrap();
        shared.unlock().unwrap();
        let mut fired: HashMap<String, f64> = serde_json::from_str(&text).unwrap_or_default();
        if now - fired.get(&key).copied().unwrap_or(0.0) < self.window.as_secs_f64() {
            return false;
        }
        fired.insert(key, now);
        let mut exclusive = open(&self.path);
        exclusive.lock().unwrap();
        exclusive.set_len(0).unwrap();
        exclusive
            .write_all(serde_json::to_string_pretty(&fired).unwrap().as_bytes())
            .unwrap();
        exclusive.unlock().unwrap();
        true
    }
}

/// An SQLite database in WAL mode, as its documentation advises for many writers; one statement
/// decides and marks.
pub(crate) struct Sqlite {
    path: PathBuf,
    connection: Connection,
    window: Duration,
}

impl Contestant for Sqlite {
    const NAME: &'static str = "SQLite, WAL upsert";
    const BATCH: u32 = FEW;

    fn open(dir: &Path, window: Duration) -> Self {
        let path = dir.join("throttle.db");
        let connection = Connection::open(&path).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
                 CREATE TABLE IF NOT EXISTS fired(key INTEGER PRIMARY KEY, at INTEGER NOT NULL);",
            )
            .unwrap();
        Self {
            path,
            connection,
            window,
        }
    }

    fn share(&self) -> Self {
        Self::open(self.path.parent().unwrap(), self.window)
    }

    fn admit(&self, key: Key) -> bool {
        const UPSERT: &str = "INSERT INTO fired VALUES (?1, ?2) ON CONFLICT DO UPDATE
            SET at = excluded.at WHERE excluded.at - at >= ?3";
        let mut upsert = self.connection.prepare_cached(UPSERT).unwrap();
        let (key, now) = (bits(key).cast_signed(), unix_ms().cast_signed());
        let window = self.window.as_millis() as i64;
        upsert.execute(params![key, now, window]).unwrap() == 1
    }
}

/// Nothing but the system calls of a one-shot check of a mapped file.
pub(crate) struct BareCalls {
    path: PathBuf,
    writes: bool,
}

impl Contestant for BareCalls {
    const NAME: &'static str = "bare system calls, mapped";
    const BATCH: u32 = FEW;

    fn prepare(dir: &Path) {
        drop(StateFile::open(dir));
    }

    fn open(dir: &Path, window: Duration) -> Self {
        Self {
            path: dir.join("throttle.v1"),
            writes: window.is_zero(),
        }
    }

    fn share(&self) -> Self {
        Self {
            path: self.path.clone(),
            writes: self.writes,
        }
    }

    fn admit(&self, key: Key) -> bool {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&self.path)
            .unwrap();
        let len = file.metadata().unwrap().len() as usize;
        let mapping = MmapOptions::new().len(len).map_raw(&file).unwrap();
        touch(&mapping, 4096 + key.set(2048) * 64, self.writes);
        self.writes
    }
}

#[allow(unsafe_code, reason = "a mapping is reached through a pointer")]
fn touch(mapping: &MmapRaw, offset: usize, writes: bool) {
    assert!(offset < mapping.len());
    // SAFETY: the offset is inside the mapping.
    let byte = unsafe { mapping.as_mut_ptr().add(offset) };
    // SAFETY: the mapping is readable, and nobody else has the file.
    let value = unsafe { byte.read_volatile() };
    if writes {
        // SAFETY: the mapping is writable, and nobody else has the file.
        unsafe { byte.write_volatile(value) };
    }
}

fn open(path: &Path) -> File {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path).unwrap()
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_millis() as u64
}

/// The key as a number: its low bits are what picks a set, and its highest 23 the tag.
fn bits(key: Key) -> u64 {
    key.set(1 << 41) as u64 | u64::from(key.tag().get()) << 41
}
