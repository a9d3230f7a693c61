//! What a process sees that reads the file without mapping it.

use super::super::layout::{self, LINES};
use super::*;
use crate::controls::Controls;
use crate::table::Decision;

fn unmapped(dir: &Path) -> UnmappedFile {
    UnmappedFile::open(dir).expect("a good file")
}

#[test]
fn it_sees_what_others_mark_and_set() {
    let dir = tempfile::tempdir().unwrap();
    let throttle = open_in(dir.path());
    let file = unmapped(dir.path());
    assert_eq!(file.peek("Stop", HOUR), None);
    assert_eq!(file.controls(), Some(Controls::NONE));

    let mark = match throttle.admit("Stop", HOUR) {
        Decision::Admit(mark) => mark,
        Decision::Suppress { .. } => panic!("a new file"),
    };
    let retry_after = file.peek("Stop", HOUR).expect("it fired just now");
    assert!(retry_after <= HOUR);
    assert_eq!(file.peek("Stop", Duration::ZERO), None, "no window");
    assert_eq!(file.peek("SessionEnd", HOUR), None, "another key");
    assert!(throttle.cancel(mark));
    assert_eq!(file.peek("Stop", HOUR), None, "taken back");

    let now = SystemClock.unix_ms();
    throttle
        .storage()
        .change_controls(now, Controls::muted)
        .unwrap();
    assert!(file.controls().unwrap().is_muted());
}

#[test]
fn it_can_be_mapped_for_an_admission() {
    let dir = tempfile::tempdir().unwrap();
    drop(open_in(dir.path()));
    let file = unmapped(dir.path());
    let mapped = Table::new(file.map(None), SystemClock);
    assert_eq!(storage(&mapped), Storage::Mapped);
    assert!(mapped.admit("Stop", HOUR).is_admitted());
    assert!(!open_in(dir.path()).admit("Stop", HOUR).is_admitted());
    assert!(file.peek("Stop", HOUR).is_some());
}

#[test]
fn only_a_good_file_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE_NAME);
    assert!(UnmappedFile::open(dir.path()).is_none(), "there is none");
    drop(open_in(dir.path()));
    let good = fs::read(&path).unwrap();
    let (mut damaged, short) = (good.clone(), &good[..good.len() - 1]);
    damaged[9] ^= 1;
    for bytes in [&damaged, short] {
        fs::write(&path, bytes).unwrap();
        assert!(UnmappedFile::open(dir.path()).is_none());
    }
    fs::write(&path, &good).unwrap();
    let file = unmapped(dir.path());
    assert!(open_in(dir.path()).admit("Stop", HOUR).is_admitted());
    fs::write(&path, &good[..layout::WORDS_OFFSET]).unwrap();
    assert_eq!(file.peek("Stop", HOUR), None, "cut off while it was open");
}

#[test]
fn every_count_is_kept() {
    const LINE: usize = 3;
    let dir = tempfile::tempdir().unwrap();
    let mapped = StateFile::open(dir.path());
    let count = || {
        for _ in 0..100 {
            let file = unmapped(dir.path());
            file.count_suppressed(LINE)
                .unwrap_or_else(|| mapped.count(LINE, Count::Suppressed));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(count);
        }
    });
    let counts = mapped.counts(LINE).unwrap();
    assert_eq!((counts.admitted, counts.suppressed), (0, 400));
    assert_eq!(
        unmapped(dir.path()).count_suppressed(LINES),
        None,
        "no such line"
    );
}
