//! Whole hook processes beside `true`, in one run: what an agent waits for.
//!
//! Measures the `herald` of this checkout, which it builds first; or the one that
//! `HERALD_PROGRAM` names.
#![allow(elided_lifetimes_in_paths, reason = "Bencher has two")]

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use divan::Bencher;

const PAYLOAD: &str = include_str!("../tests/fixtures/payloads/Stop.json");

fn main() {
    if std::env::var_os("HERALD_PROGRAM").is_none() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--release", "--bins", "--package", "herald-audio"])
            .arg("--target-dir")
            .arg(herald().ancestors().nth(2).expect("target/release/herald"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(
            built.is_ok_and(|status| status.success()),
            "herald can be built"
        );
    }
    divan::main();
}

/// Cargo runs this bench from `target/release/deps`.
fn herald() -> PathBuf {
    std::env::var_os("HERALD_PROGRAM").map_or_else(
        || {
            std::env::current_exe()
                .unwrap()
                .parent()
                .unwrap()
                .with_file_name("herald")
        },
        PathBuf::from,
    )
}

fn run(mut command: Command, payload: &str) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program exists");
    // `true` does not read it.
    let _ = child.stdin.take().unwrap().write_all(payload.as_bytes());
    child.wait().unwrap();
}

/// A payload like no other: the same one twice would count as one event.
fn payload() -> String {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let call = CALLS.fetch_add(1, Relaxed);
    format!(r#"{{"prompt_id":"{call}",{}"#, &PAYLOAD[1..])
}

#[divan::bench(sample_count = 500, sample_size = 1)]
fn a_trivial_process(bencher: Bencher) {
    bencher
        .with_inputs(payload)
        .bench_values(|payload| run(Command::new("true"), &payload));
}

#[divan::bench(sample_count = 500, sample_size = 1)]
fn suppressed(bencher: Bencher) {
    let home = Home::new(3_600);
    home.run(&payload());
    home.wait_for_sounds(1);
    bencher
        .with_inputs(payload)
        .bench_values(|payload| home.run(&payload));
    assert_eq!(home.sounds(), 1, "but for the first all were suppressed");
}

#[divan::bench(sample_count = 500, sample_size = 1)]
fn admitted_with_the_player_there(bencher: Bencher) {
    let home = Home::new(0);
    let runs = AtomicUsize::new(1);
    home.run(&payload());
    bencher
        .with_inputs(|| {
            // The sound before is over, as it would be: what is measured is no traffic jam.
            home.wait_for_sounds(runs.fetch_add(1, Relaxed));
            payload()
        })
        .bench_values(|payload| home.run(&payload));
}

/// A project and a state directory of its own, where Stop has a very short sound.
struct Home(tempfile::TempDir);

impl Home {
    /// With a throttle window of `window_s` seconds.
    fn new(window_s: u32) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        // A WAV file: 8 kHz, mono, 8 bits, 8 samples.
        let mut wav =
            b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0".to_vec();
        wav.extend(b"\x01\0\x08\0data\x08\0\0\0\x80\x81\x82\x83\x82\x81\x80\x80");
        fs::write(home.path("stop.wav"), wav).unwrap();
        let sounds = home.path("").display().to_string();
        let config = serde_json::json!({
            "sound_files": {"base_path": sounds, "mappings": {"Stop": "stop.wav"}},
            "audio_settings": {"throttle_seconds": {"Stop": window_s}},
        });
        fs::write(home.path("config.json"), config.to_string()).unwrap();
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, payload: &str) {
        let mut hook = Command::new(herald());
        hook.args(["hook", "Stop"])
            .env_clear()
            .env("HERALD_STATE_DIR", self.path("state"))
            .env("HERALD_CONFIG", self.path("config.json"))
            .env("HERALD_OUTPUT", "null");
        run(hook, payload);
    }

    fn wait_for_sounds(&self, sounds: usize) {
        while self.sounds() < sounds {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// How many sounds the player has recorded.
    fn sounds(&self) -> usize {
        let record = fs::read_to_string(self.path("state/log.ndjson")).unwrap_or_default();
        record.matches("\"played\"").count()
    }
}
