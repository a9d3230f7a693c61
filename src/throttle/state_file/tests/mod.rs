//! Opening, sharing, repairing and falling back, in one process.

mod controls;
mod fallback;
mod follow;
mod fork;
mod format;
mod repair;
#[cfg(unix)]
mod truncated;
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
mod unmapped;

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::clock::{ManualClock, SystemClock};
use crate::table::Table;

const HOUR: Duration = Duration::from_secs(3_600);
const NOON: u64 = 1_800_000_000_000;

fn open_in(dir: &Path) -> Table<StateFile> {
    Table::new(StateFile::open(dir), SystemClock)
}

fn open_at(dir: &Path, unix_ms: u64) -> (ManualClock, StateFile) {
    (ManualClock::at(unix_ms), StateFile::open(dir))
}

fn storage(throttle: &Table<StateFile>) -> Storage {
    throttle.storage().health().storage
}

fn names_in(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn two_openers_share_one_table() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (open_in(dir.path()), open_in(dir.path()));
    assert_eq!(storage(&first), Storage::Mapped);
    assert!(first.admit("Stop", HOUR).is_admitted());
    assert!(!second.admit("Stop", HOUR).is_admitted());
    drop((first, second));
    let third = open_in(dir.path());
    assert!(
        !third.admit("Stop", HOUR).is_admitted(),
        "it outlives its users"
    );
    assert_eq!(
        names_in(dir.path()),
        [FILE_NAME],
        "nothing temporary is left"
    );
}

#[test]
fn many_threads_create_one_file() {
    for _ in 0..50 {
        let dir = tempfile::tempdir().unwrap();
        let admitted =
            admitted_of_8_threads(|| open_in(dir.path()).admit("Stop", HOUR).is_admitted());
        assert_eq!(admitted, 1);
    }
}

fn admitted_of_8_threads(ask: impl Fn() -> bool + Sync) -> usize {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(&ask)).collect();
        threads
            .into_iter()
            .map(|thread| usize::from(thread.join().unwrap()))
            .sum()
    })
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
