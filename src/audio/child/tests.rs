//! Decoder processes and the process that uses them.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use super::limits::{LIMITS, Limits};
use super::process::{End, of_status};
use super::{Decoder, MAX_AT_ONCE};
use crate::audio::decode::Refusal;
use crate::audio::{Clip, ClipCache, Format};
use crate::sound::Sound;

const FORMAT: Format = Format {
    rate: 48_000,
    channels: 2,
};
/// A sound of one silent frame.
const SOUND: &str = r"printf '\001\010\000\000\000\000\000\000\000\000\000\000\000\002\004\000\000\000\000\000\000\000'";

/// A directory with a decoder (a shell script) and a file for it.
struct Place(tempfile::TempDir);

impl Place {
    fn new(script: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        // Written by another program: if this one had it open for writing, a child of another test would
        // inherit it.
        let mut shell = Command::new("sh");
        let write = r##"printf '#!/bin/sh\ncd "${0%%/*}"\n%s\n' "$1" > "$2"; chmod 755 "$2""##;
        shell
            .args(["-ec", write, "sh", script])
            .arg(place.program());
        // If another part of this program reaps it, there is no status.
        let _ = shell.status();
        assert!(place.program().exists());
        fs::write(place.file(), b"fLaC").unwrap();
        place
    }

    fn program(&self) -> PathBuf {
        self.0.path().join("decoder")
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("sound.flac")
    }

    fn decoder(&self) -> Decoder {
        Decoder::new(Some(self.program()))
    }

    fn decode(&self) -> Result<Clip, Refusal> {
        self.decoder()
            .decode(File::open(self.file()).unwrap(), FORMAT)
    }

    /// The number of runs, if the program counts them.
    fn runs(&self) -> usize {
        let runs = fs::read_to_string(self.0.path().join("runs"));
        runs.unwrap_or_default().lines().count()
    }
}

/// Counts runs.
fn counted(script: &str) -> String {
    format!("echo >> runs\n{script}")
}

#[test]
fn the_output_of_the_process_is_the_sound() {
    assert_eq!(Place::new(SOUND).decode().unwrap().samples(), [0.0, 0.0]);
    let asks = r#"[ "$*" = "--decode 48000 2" ] && [ "$(cat)" = fLaC ] || exit 1"#;
    let place = Place::new(&format!("{asks}\n{SOUND}"));
    assert_eq!(place.decode().unwrap().frames(), 1);
}

#[test]
fn the_end_of_the_process_determines_the_reason() {
    for (script, why, lasts) in [
        (
            "kill -ABRT $$",
            "decoding takes more than 256 MiB of memory",
            true,
        ),
        (
            "kill -XCPU $$",
            "decoding takes more than 5 s of processor time",
            true,
        ),
        ("kill -SEGV $$", "the decoder crashed on this file", true),
        ("exit 0", "the decoder crashed on this file", true),
        (
            "echo hello, world; sleep 600",
            "the decoder crashed on this file",
            true,
        ),
        ("exit 3", "decoding took longer than 20 s", false),
        ("kill -KILL $$", "the decoder process was killed", false),
        (r"printf '\003\004\000\000\000\001bad'", "bad", true),
    ] {
        let refusal = Place::new(script).decode().unwrap_err();
        assert_eq!(
            (refusal.why(), refusal.is_permanent()),
            (why, lasts),
            "{script}"
        );
    }
}

#[test]
fn an_endless_process_is_killed() {
    for script in ["exec sleep 600", "exec >&-; exec sleep 600"] {
        let place = Place::new(script);
        let mut decoder = place.decoder();
        decoder.patience = Duration::from_millis(50);
        let file = File::open(place.file()).unwrap();
        let refusal = decoder.decode(file, FORMAT).unwrap_err();
        assert_eq!(refusal.why(), "decoding took longer than 20 s", "{script}");
    }
}

#[test]
fn without_a_program_it_says_what_is_missing() {
    let file = || File::open("/dev/null").unwrap();
    let refusal = Decoder::new(None).decode(file(), FORMAT).unwrap_err();
    assert!(!refusal.is_permanent());
    let error = refusal.error("cannot play x").to_string();
    assert!(
        error.contains("herald-player") && error.contains("not installed"),
        "{error}"
    );
    let missing = Decoder::new(Some("/nonexistent/herald-player".into()));
    let refusal = missing.decode(file(), FORMAT).unwrap_err();
    assert!(
        refusal
            .why()
            .contains("cannot run /nonexistent/herald-player"),
        "{refusal:?}"
    );
    assert!(!refusal.is_permanent());
}

#[test]
fn a_file_that_cannot_be_played_is_not_tried_again_until_it_changes() {
    let place = Place::new(&counted("kill -ABRT $$"));
    let cache = ClipCache::new(1 << 20).decoded_by(Some(place.program()));
    let sound = Sound::File(place.file());
    let load = || cache.load(&sound, FORMAT).unwrap_err().to_string();
    let first = load();
    assert!(
        first.contains("sound.flac: decoding takes more than 256 MiB"),
        "{first}"
    );
    // With any number of simultaneous callers.
    std::thread::scope(|scope| {
        let threads = [(); 8].map(|()| scope.spawn(load));
        for thread in threads {
            assert_eq!(thread.join().unwrap(), first);
        }
    });
    assert_eq!(place.runs(), 1);
    let file = fs::File::options().write(true).open(place.file()).unwrap();
    let later = SystemTime::now() + Duration::from_secs(3_600);
    file.set_modified(later).unwrap();
    assert_eq!(load(), first);
    assert_eq!(place.runs(), 2);
    assert_eq!(load(), first);
    assert_eq!(place.runs(), 2, "its time is in the future");
}

#[test]
fn temporary_failures_are_tried_again() {
    let place = Place::new(&counted("kill -KILL $$"));
    let cache = ClipCache::new(1 << 20).decoded_by(Some(place.program()));
    for run in 1..3 {
        cache.load(&Sound::File(place.file()), FORMAT).unwrap_err();
        assert_eq!(place.runs(), run);
    }
}

#[test]
fn no_more_than_a_few_run_at_once() {
    // As listed in the page about security.
    assert_eq!(MAX_AT_ONCE, 4);
    let busy = "mkdir $$; set -- [0-9]*; echo $# >> most; sleep 0.05; rmdir $$";
    let place = Place::new(&format!("{busy}\n{SOUND}"));
    let decoder = place.decoder();
    std::thread::scope(|scope| {
        for _ in 0..4 * MAX_AT_ONCE {
            scope.spawn(|| {
                decoder
                    .decode(File::open(place.file()).unwrap(), FORMAT)
                    .unwrap()
            });
        }
    });
    let most = fs::read_to_string(place.0.path().join("most")).unwrap();
    let most: Vec<usize> = most.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(most.len(), 4 * MAX_AT_ONCE);
    assert!(most.iter().all(|most| *most <= MAX_AT_ONCE), "{most:?}");
}

/// Runs the test `name` of this file in a separate process, set up by `how`.
fn alone(name: &str, how: &str, script: &str) -> std::process::Output {
    let mut shell = Command::new("sh");
    let name = format!("audio::child::tests::{name}");
    shell
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .args([
            &name,
            "--exact",
            "--include-ignored",
            "--test-threads=1",
            "--nocapture",
        ])
        .env("HERALD_TEST_HOW", how)
        .env("MALLOC_ARENA_MAX", "1")
        .stdin(Stdio::null());
    test_support::output_of(shell)
}

fn how() -> Option<String> {
    std::env::var("HERALD_TEST_HOW").ok()
}

#[test]
#[ignore = "what other tests run in a process of its own"]
fn within_limits() {
    let how = how().unwrap();
    let limits = match &*how {
        "time" => Limits {
            time: Duration::from_millis(50),
            ..LIMITS
        },
        // Takes long on a busy machine.
        "processor" => Limits {
            processor: 1,
            time: LIMITS.time * 100,
            ..LIMITS
        },
        _ => Limits {
            time: LIMITS.time * 100,
            ..LIMITS
        },
    };
    limits.apply().unwrap();
    match &*how {
        "memory" => drop(std::hint::black_box(vec![1u8; LIMITS.memory as usize])),
        "less memory" => drop(std::hint::black_box(vec![1u8; LIMITS.memory as usize / 2])),
        "processor" => loop {
            std::hint::spin_loop();
        },
        "time" => loop {
            std::thread::park();
        },
        "file" => drop(File::open("/dev/null").unwrap_err()),
        "numbers" => {
            let limit = |resource| rustix::process::getrlimit(resource).current;
            assert_eq!(limit(rustix::process::Resource::Cpu), Some(5));
            if cfg!(target_os = "linux") {
                assert_eq!(limit(rustix::process::Resource::As), Some(256 << 20));
            }
        }
        _ => {}
    }
}

#[test]
fn its_limits_hold() {
    for (how, expected) in [
        ("memory", End::OutOfMemory),
        ("processor", End::OutOfProcessor),
        ("time", End::OutOfTime),
    ] {
        if how == "memory" && !cfg!(target_os = "linux") {
            continue;
        }
        let output = alone("within_limits", how, r#"exec "$0" "$@""#);
        let found = of_status(output.status);
        assert_eq!(found, expected, "{how}: {output:?}");
    }
    // The parent may ignore or block the signal, which children inherit.
    let ignores = r#"trap '' XCPU; exec "$0" "$@""#;
    // A shell unblocks all signals; this Linux tool blocks one.
    let blocks = r#"exec env --block-signal=XCPU "$0" "$@""#;
    let can_block = cfg!(target_os = "linux").then_some(blocks);
    for script in [ignores].into_iter().chain(can_block) {
        let output = alone("within_limits", "processor", script);
        let found = of_status(output.status);
        assert_eq!(found, End::OutOfProcessor, "{script}: {output:?}");
    }
    for how in ["less memory", "file", "numbers"] {
        let output = alone("within_limits", how, r#"exec "$0" "$@""#);
        assert!(output.status.success(), "{how}: {output:?}");
    }
    if cfg!(target_os = "linux") {
        let stricter = r#"ulimit -v 120000; exec "$0" "$@""#;
        let output = alone("within_limits", "less memory", stricter);
        let found = of_status(output.status);
        assert_eq!(found, End::OutOfMemory, "a stricter one stays: {output:?}");
    }
}

#[test]
#[ignore = "what other tests run in a process of its own"]
fn as_a_guest() {
    let (place, failing) = (Place::new(SOUND), Place::new("kill -ABRT $$"));
    if how().unwrap() == "reaped" {
        // Like a host that reaps any child.
        std::thread::spawn(|| {
            loop {
                let _ = rustix::process::wait(rustix::process::WaitOptions::NOHANG);
            }
        });
    }
    for _ in 0..50 {
        assert_eq!(place.decode().unwrap().frames(), 1);
    }
    let why = failing.decode().unwrap_err();
    assert!(why.why().contains("more than 256 MiB of memory"), "{why:?}");
}

/// In a program that ignores SIGCHLD or reaps any child.
#[test]
fn a_host_may_reap_the_process() {
    for (how, script) in [
        ("ignored", r#"trap '' CHLD; exec "$0" "$@""#),
        ("reaped", r#"exec "$0" "$@""#),
    ] {
        let output = alone("as_a_guest", how, script);
        assert!(output.status.success(), "{how}: {output:?}");
    }
}
