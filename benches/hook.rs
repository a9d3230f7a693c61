//! Whole hook processes beside `true`, in one run: what an agent waits for.
//!
//! Measures the `herald` of this checkout, which it builds first; or the one that
//! `HERALD_PROGRAM` names.
#![allow(elided_lifetimes_in_paths, reason = "Bencher has two")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use divan::Bencher;

const PAYLOAD: &[u8] = include_bytes!("../tests/fixtures/payloads/Stop.json");

fn main() {
    if std::env::var_os("HERALD_PROGRAM").is_none() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--release", "--bins", "--package", "herald-audio"])
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

fn run(mut command: Command) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program exists");
    // `true` does not read it.
    let _ = child.stdin.take().unwrap().write_all(PAYLOAD);
    child.wait().unwrap();
}

#[divan::bench(sample_count = 500, sample_size = 1)]
fn a_trivial_process(bencher: Bencher) {
    bencher.bench(|| run(Command::new("true")));
}

#[divan::bench(sample_count = 500, sample_size = 1)]
fn suppressed(bencher: Bencher) {
    let dir = tempfile::tempdir().unwrap();
    bencher.bench(|| run(hook(dir.path(), "3600")));
}

#[divan::bench(sample_count = 500, sample_size = 1)]
fn admitted_with_the_player_there(bencher: Bencher) {
    let dir = tempfile::tempdir().unwrap();
    bencher.bench(|| run(hook(dir.path(), "0")));
}

/// A hook with a throttle window of `window` seconds, in an environment of its own.
fn hook(dir: &Path, window: &str) -> Command {
    let config = dir.join("config.json");
    if !config.exists() {
        let throttle =
            format!(r#"{{"audio_settings":{{"throttle_seconds":{{"Stop":{window}}}}}}}"#);
        std::fs::write(&config, throttle).unwrap();
    }
    let mut hook = Command::new(herald());
    hook.args(["hook", "Stop"])
        .env_clear()
        .env("HERALD_STATE_DIR", dir.join("state"))
        .env("HERALD_CONFIG", config)
        .env("HERALD_OUTPUT", "null");
    hook
}
