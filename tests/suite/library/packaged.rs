//! The packages as cargo creates them, added to a new one: they are complete, and need no system libraries.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::repository;
use crate::support::sandbox::run;

/// A program of ten lines that asks the throttle.
const ASKS: &str = r#"
use herald_throttle::Throttle;
use std::time::Duration;

fn main() {
    let dir = std::env::args_os().nth(1).unwrap();
    let throttle = Throttle::open(dir).unwrap();
    let decision = throttle.admit("backup finished", Duration::from_secs(60));
    match decision.retry_after() {
        None => println!("admitted"),
        Some(wait) => println!("suppressed for {wait:?}"),
    }
}
"#;

#[track_caller]
fn cargo(args: &[&str], dir: &Path) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(args).arg("--offline").current_dir(dir);
    // In a permanent directory, so that dependencies are built once; and without ALSA's headers.
    command.env("CARGO_TARGET_DIR", target());
    command.env("PKG_CONFIG_LIBDIR", "/nonexistent-herald");
    for flags in ["RUSTC_WORKSPACE_WRAPPER", "CLIPPY_ARGS", "RUSTFLAGS"] {
        command.env_remove(flags);
    }
    let output = run(command, b"");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {args:?}: {said}");
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("packaged")
}

/// A new program with `main` that depends on `package`, unpacked in `unpacked`.
fn fresh(unpacked: &Path, package: &str, main: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let at = |package: &str| {
        format!(
            "{package} = {{ path = {:?} }}\n",
            unpacked.join(format!("{package}-0.1.0"))
        )
    };
    let manifest = format!(
        "[package]\nname = \"fresh-{package}\"\nedition = \"2024\"\n[dependencies]\n{}[patch.crates-io]\n{}[workspace]\n",
        at(package),
        at("herald-throttle"),
    );
    fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(dir.path().join("src/main.rs"), main).unwrap();
    dir
}

/// A package includes its licences, and every file that its README links to.
fn has_what_it_shows(package: &Path) {
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        assert!(package.join(licence).is_file(), "{package:?}: {licence}");
    }
    let readme = fs::read_to_string(package.join("README.md")).unwrap();
    let references = readme.lines().filter_map(|line| {
        let (_, target) = line.strip_prefix('[')?.split_once("]: ")?;
        Some(target)
    });
    let links = readme.split("](").skip(1);
    let links = links.filter_map(|rest| rest.split_once(')').map(|(target, _)| target));
    for link in references.chain(links) {
        let file = link.split('#').next().unwrap();
        let is_there = file.contains("://") || package.join(file).exists();
        assert!(is_there, "{package:?}: README.md links to {link}");
    }
}

#[test]
fn a_fresh_package_builds_with_what_is_added_to_it_alone() {
    let root = repository();
    let packages = ["herald-throttle", "herald-audio", "herald-cli"];
    let mut package = vec!["package", "--quiet", "--no-verify", "--allow-dirty"];
    package.extend(packages.iter().flat_map(|name| ["-p", name]));
    cargo(&package, &root);
    let unpacked = tempfile::tempdir().unwrap();
    for package in packages {
        let mut tar = Command::new("tar");
        tar.arg("xzf")
            .arg(target().join(format!("package/{package}-0.1.0.crate")));
        tar.arg("-C").arg(unpacked.path());
        assert!(run(tar, b"").status.success(), "{package}");
        has_what_it_shows(&unpacked.path().join(format!("{package}-0.1.0")));
    }

    let asks = fresh(unpacked.path(), "herald-throttle", ASKS);
    cargo(&["build", "--quiet"], asks.path());
    let state = tempfile::tempdir().unwrap();
    let program = target().join("debug/fresh-herald-throttle");
    let ask = || Command::new(&program).arg(state.path()).output().unwrap();
    let outputs: Vec<_> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..32).map(|_| scope.spawn(ask)).collect();
        asking
            .into_iter()
            .map(|asked| asked.join().unwrap())
            .collect()
    });
    let admitted = outputs
        .iter()
        .filter(|output| output.stdout == b"admitted\n");
    assert_eq!(admitted.count(), 1, "{outputs:?}");

    // The first example of the library's page.
    let page = include_str!("../../../src/crate.md");
    let example = page.split("```rust,no_run\n").nth(1).unwrap();
    let example = example.split("```").next().unwrap();
    let main = format!("fn main() {{\n{example}}}\n");
    cargo(
        &["check", "--quiet"],
        fresh(unpacked.path(), "herald-audio", &main).path(),
    );
}
