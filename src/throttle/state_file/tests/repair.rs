//! Unusable files, and their replacement.

use super::super::layout::FILE_LEN;
use super::*;
use crate::controls::Controls;
use test_support::wait_until;

/// A valid file with `damage` done to it.
fn damaged(path: &Path, damage: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = layout::new_file(Controls::NONE);
    damage(&mut bytes);
    fs::write(path, bytes).unwrap();
    #[cfg(unix)]
    set_mode(path, 0o600);
}

/// The file at the path, and a part of the expected message.
type BadFile = (fn(&Path), &'static str);

const BAD_FILES: &[BadFile] = &[
    (|path| damaged(path, Vec::clear), "length"),
    (|path| damaged(path, |bytes| bytes.truncate(100)), "length"),
    (
        |path| damaged(path, |bytes| bytes.truncate(FILE_LEN - 1)),
        "length",
    ),
    (|path| damaged(path, |bytes| bytes.push(0)), "length"),
    (
        |path| damaged(path, |bytes| bytes.fill(0)),
        "not a Herald state file",
    ),
    (
        |path| damaged(path, |bytes| bytes.fill(0xa5)),
        "not a Herald state file",
    ),
    (
        |path| damaged(path, |bytes| bytes[8] += 1),
        "unsupported layout version",
    ),
    (
        |path| damaged(path, |bytes| bytes[12..16].reverse()),
        "another byte order",
    ),
    (
        |path| damaged(path, |bytes| bytes[17] ^= 1),
        "damaged header",
    ),
    (
        |path| damaged(path, |bytes| bytes[60] ^= 1),
        "damaged header",
    ),
    (
        |path| fs::create_dir_all(path.join("full")).unwrap(),
        "not a regular file",
    ),
    #[cfg(unix)]
    (
        |path| std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
        "not a regular file",
    ),
    #[cfg(unix)]
    (
        |path| std::os::unix::fs::symlink("nowhere", path).unwrap(),
        "not a regular file",
    ),
    #[cfg(unix)]
    (
        |path| drop(std::os::unix::net::UnixListener::bind(path).unwrap()),
        "not a regular file",
    ),
    #[cfg(unix)]
    (
        |path| {
            damaged(path, |_| ());
            set_mode(path, 0o400);
        },
        "not writable",
    ),
    #[cfg(unix)]
    (
        |path| {
            damaged(path, |_| ());
            set_mode(path, 0o620);
        },
        "writable by other users",
    ),
    #[cfg(unix)]
    (
        |path| {
            damaged(path, |_| ());
            // Only root can change owners; for other users the file is their own.
            if std::os::unix::fs::chown(path, Some(65_534), None).is_err() {
                set_mode(path, 0o602);
            }
        },
        "other user",
    ),
];

#[test]
fn a_bad_file_is_set_aside_and_replaced() {
    for (make, says) in BAD_FILES {
        let dir = tempfile::tempdir().unwrap();
        make(&dir.path().join(FILE_NAME));
        let throttle = open_in(dir.path());
        let health = throttle.storage().health();
        assert_eq!(
            health.storage,
            Storage::Mapped,
            "{says}: {:?}",
            health.problems
        );
        assert!(
            health.problems[0].contains(says),
            "{:?} does not say {says:?}",
            health.problems
        );
        assert!(
            health.problems[0].contains("throttle.v1.damaged-0"),
            "{:?}",
            health.problems
        );
        assert!(throttle.admit("Stop", HOUR).is_admitted());
        let next = open_in(dir.path());
        assert!(!next.admit("Stop", HOUR).is_admitted());
        assert_eq!(next.storage().health().problems, [""; 0], "it is told once");
        let names = [FILE_NAME, "throttle.v1.damaged-0", "throttle.v1.repair"];
        assert_eq!(names_in(dir.path()), names, "{says}");
    }
}

#[test]
fn files_set_aside_do_not_accumulate() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE_NAME);
    for round in 0..20u8 {
        damaged(&path, |bytes| bytes[0] = round);
        assert_eq!(storage(&open_in(dir.path())), Storage::Mapped);
        fs::remove_file(&path).unwrap();
        fs::create_dir_all(path.join(round.to_string())).unwrap();
        // Directories cannot be replaced, so in the end no name is left for them.
        let throttle = open_in(dir.path());
        assert!(
            throttle.admit("Stop", HOUR).is_admitted() || storage(&throttle) == Storage::Locked
        );
        let _ = fs::remove_dir_all(&path);
        let _ = fs::remove_file(&path);
    }
    assert!(
        names_in(dir.path()).len() < 15,
        "{:?}",
        names_in(dir.path())
    );
}

#[test]
fn a_damaged_file_is_replaced_by_one_of_many_threads() {
    for _ in 0..50 {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE_NAME), "damaged").unwrap();
        let admitted = admitted_of_8_threads(|| {
            // A repairing process is waited for only briefly.
            let throttle = wait_until("the file is repaired", || {
                let throttle = open_in(dir.path());
                (storage(&throttle) == Storage::Mapped).then_some(throttle)
            });
            throttle.admit("Stop", HOUR).is_admitted()
        });
        assert_eq!(admitted, 1);
        assert!(
            !dir.path().join("throttle.v1.damaged-1").exists(),
            "a good file was set aside"
        );
    }
}

#[test]
fn files_of_dead_creators_are_swept() {
    let dir = tempfile::tempdir().unwrap();
    let (old, young) = (
        dir.path().join("throttle.v1.1-0.tmp"),
        dir.path().join("throttle.v1.2-0.tmp"),
    );
    for path in [&old, &young] {
        fs::write(path, "half").unwrap();
    }
    let now = std::time::SystemTime::now();
    for (path, modified) in [(&old, now - HOUR), (&young, now + HOUR)] {
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(modified).unwrap();
    }
    assert_eq!(storage(&open_in(dir.path())), Storage::Mapped);
    assert!(!old.exists());
    assert!(young.exists(), "its maker may be at work");
}
