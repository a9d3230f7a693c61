//! File systems and limits without enough space.

use std::fs;
use std::path::Path;
use std::time::Duration;

use herald_audio::internals::state_file::Storage;
use herald_audio::internals::system::log::{Level, Line, Log};

use super::{FILE, FILE_LEN, HOUR, assert_throttles, open, write};
use crate::support::mount::Mount;
use crate::support::sandbox::{REPLY, Sandbox, run, wait_until};

#[test]
fn a_file_system_with_too_little_room_has_a_locked_file() {
    let Some(small) = Mount::new("size=64k,mode=700") else {
        return;
    };
    let throttle = open(small.path());
    let health = throttle.storage().health();
    assert_eq!(health.storage, Storage::Locked);
    assert!(
        health.problems[0].contains("No space left"),
        "{:?}",
        health.problems
    );
    assert_throttles(&throttle);
    assert!(
        !open(small.path()).admit("Stop", HOUR).is_admitted(),
        "shared"
    );
    let left: Vec<_> = fs::read_dir(small.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "the half-made file is gone: {left:?}");
}

#[test]
fn a_full_file_system_throttles_this_process() {
    let Some(full) = Mount::new("size=64k,mode=700") else {
        return;
    };
    let _ = fs::write(full.path().join("filler"), vec![1; 1 << 20]);
    let throttle = open(full.path());
    assert_throttles(&throttle);
    let health = throttle.storage().health();
    let problems = health.problems.join("; ");
    assert!(problems.contains("No space left"), "{problems}");
    assert!(problems.contains("without other processes"), "{problems}");
    // With space again, the words are shared again.
    fs::remove_file(full.path().join("filler")).unwrap();
    assert!(throttle.admit("Notification", HOUR).is_admitted());
    assert!(!open(full.path()).admit("Notification", HOUR).is_admitted());
}

/// Every page is allocated, so filling the file system later causes no SIGBUS.
#[test]
fn a_file_system_that_fills_up_later_harms_nobody() {
    let Some(mount) = Mount::new("size=256k,mode=700") else {
        return;
    };
    let throttle = open(mount.path());
    assert_eq!(throttle.storage().health().storage, Storage::Mapped);
    let _ = fs::write(mount.path().join("filler"), vec![1; 1 << 20]);
    for n in 0..20_000 {
        assert!(
            throttle
                .admit(format!("key {n}").as_str(), Duration::ZERO)
                .is_admitted()
        );
    }
    assert!(!throttle.firings().is_empty());
    assert_throttles(&open(mount.path()));
}

/// Like a file restored by `cp`, `tar` or `rsync`: pages of zeros are not allocated.
fn restore_with_holes(dir: &Path) {
    drop(open(dir));
    let header = fs::read(dir.join(FILE)).unwrap()[..64].to_vec();
    fs::remove_file(dir.join(FILE)).unwrap();
    write(dir, &header);
    let file = fs::OpenOptions::new()
        .write(true)
        .open(dir.join(FILE))
        .unwrap();
    file.set_len(FILE_LEN as u64).unwrap();
}

#[test]
fn a_file_with_holes_is_filled_before_it_is_used() {
    // Space for two files: the first is removed, and keeps its pages while a program being started by another
    // test has it mapped.
    let Some(mount) = Mount::new("size=512k,mode=700") else {
        return;
    };
    restore_with_holes(mount.path());
    let throttle = open(mount.path());
    let health = throttle.storage().health();
    assert_eq!((health.storage, health.problems), (Storage::Mapped, vec![]));
    let _ = fs::write(mount.path().join("filler"), vec![1; 1 << 20]);
    for n in 0..20_000 {
        let key = format!("key {n}");
        assert!(throttle.admit(key.as_str(), Duration::ZERO).is_admitted());
    }
}

#[test]
fn a_file_with_holes_that_cannot_be_filled_is_not_mapped() {
    let Some(mount) = Mount::new("size=256k,mode=700") else {
        return;
    };
    restore_with_holes(mount.path());
    let _ = fs::write(mount.path().join("filler"), vec![1; 1 << 20]);
    let throttle = open(mount.path());
    assert_throttles(&throttle);
    assert_ne!(throttle.storage().health().storage, Storage::Mapped);
}

#[test]
fn a_damaged_file_makes_room_for_the_new_one() {
    let Some(mount) = Mount::new("size=256k,mode=700") else {
        return;
    };
    // Its space stays in use for a moment while another test starts a program.
    let throttle = wait_until("the old one makes room", || {
        write(mount.path(), &vec![7; FILE_LEN]);
        let throttle = open(mount.path());
        (throttle.storage().health().storage == Storage::Mapped).then_some(throttle)
    });
    let health = throttle.storage().health();
    assert!(
        health.problems[0].contains("removed to free space"),
        "{:?}",
        health.problems
    );
    assert_throttles(&throttle);
}

#[test]
fn a_read_only_directory_throttles_this_process() {
    let Some(mount) = Mount::new("size=1m,mode=700,ro") else {
        return;
    };
    let throttle = open(mount.path());
    let health = throttle.storage().health();
    assert_eq!(health.storage, Storage::InProcess);
    assert!(
        health.problems[0].contains("Read-only"),
        "{:?}",
        health.problems
    );
    assert_throttles(&throttle);
}

#[test]
fn a_log_on_a_full_file_system_has_whole_lines_only() {
    let Some(mount) = Mount::new("size=8k,mode=700") else {
        return;
    };
    let log = Log::new(mount.path());
    let reason = "r".repeat(300);
    for time_ms in 0..100 {
        let line = Line {
            time_ms,
            event: "Stop",
            status: "failed",
            reason: Some(&reason),
            ..Line::default()
        };
        log.write(&line, Level::Info);
    }
    let [_, path] = log.paths();
    let text = fs::read_to_string(path).unwrap();
    assert!(text.len() > 4 << 10, "it was filled: {}", text.len());
    assert_eq!(text.bytes().last(), Some(b'\n'), "a torn line");
    for line in text.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

/// Exceeding the limit kills a process.
#[test]
fn a_limit_on_the_size_of_files_costs_the_log_and_not_the_reply() {
    let sandbox = Sandbox::new().with("HERALD_LOG", "debug");
    assert!(run(sandbox.herald(&["hook", "Stop"]), b"").status.success());
    let log = sandbox.state_dir().join("log.ndjson");
    let before = fs::read(&log).unwrap();
    for limit in ["0", "1"] {
        let mut shell = sandbox.command("sh");
        let script = format!("ulimit -f {limit}; exec \"$0\" hook Stop");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_herald")]);
        let output = run(shell, b"");
        assert_eq!(output.stdout, REPLY.as_bytes(), "{output:?}");
        assert!(output.status.success(), "{output:?}");
        if limit == "0" {
            assert_eq!(fs::read(&log).unwrap(), before);
        }
    }
}
