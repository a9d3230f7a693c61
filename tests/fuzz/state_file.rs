//! Opens a state file of any content: it is used or replaced, and the throttle decides.
//!
//! `cargo xtask test` runs this for 20 s; `cargo fuzz run --fuzz-dir tests/fuzz state_file` as long
//! as you like.
#![no_main]

use std::cell::RefCell;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use herald_audio::internals::clock::ManualClock;
use herald_audio::internals::state_file::{StateFile, Storage};
use herald_audio::Decision;
use herald_audio::internals::throttle::Table;
use libfuzzer_sys::fuzz_target;

const FILE_LEN: usize = 135_168;
const WORDS_OFFSET: usize = 4_096;
const NOON: u64 = 1_800_000_000_000;
const WINDOW: Duration = Duration::from_secs(30);

thread_local! {
    static DIR: tempfile::TempDir = tempfile::tempdir().expect("a temporary directory");
    /// A file as Herald makes it.
    static GOOD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fuzz_target!(|data: &[u8]| {
    DIR.with(|dir| GOOD.with_borrow_mut(|good| run(dir.path(), good, data)));
});

fn run(dir: &Path, good: &mut Vec<u8>, data: &[u8]) {
    let path = dir.join("throttle.v1");
    if good.is_empty() {
        drop(StateFile::open(dir));
        *good = fs::read(&path).expect("a new state file");
    }
    // The first byte says what the rest is.
    let Some((kind, data)) = data.split_first() else {
        return;
    };
    let content = match kind % 3 {
        // The whole file.
        0 => data.to_vec(),
        // A file of the right length that begins so.
        1 => data
            .iter()
            .copied()
            .chain(good[data.len().min(FILE_LEN)..].iter().copied())
            .collect(),
        // The words of a good file, over and over: so every set is full of them.
        _ => {
            let words = data.iter().copied().cycle().take(FILE_LEN - WORDS_OFFSET);
            good[..WORDS_OFFSET].iter().copied().chain(words).collect()
        }
    };
    fs::write(&path, &content).expect("to write the file");
    fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("to own the file");

    let clock = ManualClock::at(NOON);
    let throttle = Table::new(StateFile::open(dir), &clock);
    let health = throttle.storage().health();
    assert_eq!(health.storage, Storage::Mapped, "{:?}", health.problems);
    // A good header may stand over any words.
    let is_good = content.len() == FILE_LEN && content[..64] == good[..64];
    assert_eq!(health.problems.is_empty(), is_good, "{:?}", health.problems);
    let _ = throttle.firings();
    for key in ["Stop", "build", ""] {
        if let Decision::Suppress { retry_after } = throttle.admit(key, WINDOW) {
            assert!(retry_after <= WINDOW);
            clock.advance(10_000 + retry_after.as_millis() as u64);
            assert!(throttle.admit(key, WINDOW).is_admitted(), "silence");
        }
        assert_eq!(throttle.peek(key, WINDOW), Some(WINDOW));
        assert!(throttle.reset(key));
        assert_eq!(throttle.peek(key, WINDOW), None);
    }
}
