//! Benches of Herald; see `throttle/main.rs`, `engine/main.rs`, `config/main.rs`, `hook/main.rs`
//! and `latency/main.rs`. Run with `cargo bench -p benches`.

mod figure;
pub mod table;

use std::path::PathBuf;
use std::process::Command;

pub use figure::{Figure, batches, crowding, median};

/// Builds the programs, and installs them in the target directory as `cargo xtask install` does.
/// Returns the installed `herald`, and the one that was just built, which is linked dynamically.
///
/// # Panics
///
/// If that fails.
pub fn install() -> (PathBuf, PathBuf) {
    // Cargo runs a bench from `target/release/deps`.
    let bench = std::env::current_exe().expect("this program has a path");
    let target = bench.ancestors().nth(3).expect("target");
    let root = target.join("installed");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    for args in [
        "build --release --bins --package herald-audio",
        "xtask install",
    ] {
        let done = Command::new(&cargo)
            .args(args.split(' '))
            .env("CARGO_INSTALL_ROOT", &root)
            .env("CARGO_TARGET_DIR", target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(done.is_ok_and(|status| status.success()), "cargo {args}");
    }
    (root.join("bin/herald"), target.join("release/herald"))
}
