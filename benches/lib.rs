//! Benches of Herald; see `throttle/main.rs`, `bindings/main.rs`, `engine/main.rs`,
//! `config/main.rs`, `hook/main.rs`, `idle/main.rs` and `latency/main.rs`. Run with
//! `cargo bench -p benches`.

mod figure;
mod plot;
pub mod table;

use std::path::{Path, PathBuf};
use std::process::Command;

pub use figure::{Figure, batches, crowding, median};
pub use plot::{Plot, Scale};

/// Whether everything runs once, briefly, to see that it does.
pub fn is_trial() -> bool {
    std::env::args().any(|arg| arg == "--test")
}

/// Builds the programs, and installs them in the target directory as `cargo xtask install` does; in a trial
/// it only builds them. Returns the installed `herald`, and the one that was just built, which is linked
/// dynamically.
///
/// # Panics
///
/// If that fails.
pub fn install() -> (PathBuf, PathBuf) {
    let target = target_dir();
    let root = target.join("installed");
    cargo("build --release --bins --package herald-cli", &[]);
    let built = target.join("release/herald");
    if is_trial() {
        return (built.clone(), built);
    }
    cargo("xtask install", &[("CARGO_INSTALL_ROOT", &root)]);
    (root.join("bin/herald"), built)
}

/// Where cargo builds.
///
/// # Panics
///
/// If the path of this program is unknown.
pub fn target_dir() -> PathBuf {
    // Cargo runs a bench from `target/release/deps`.
    let bench = std::env::current_exe().expect("this program has a path");
    bench.ancestors().nth(3).expect("target").to_owned()
}

/// Runs cargo with `args`, apart by spaces, in the same target directory.
///
/// # Panics
///
/// If that fails.
pub fn cargo(args: &str, env: &[(&str, &Path)]) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let done = Command::new(cargo)
        .args(args.split(' '))
        .envs(env.iter().copied())
        .env("CARGO_TARGET_DIR", target_dir())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(done.is_ok_and(|status| status.success()), "cargo {args}");
}
