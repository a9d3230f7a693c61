//! `cargo xtask dist`: what people install without Rust, in `target/dist`.
//!
//! For each target an archive with the programs, manual pages, completions, the plugin for Claude Code and licences, and on
//! Linux a Debian package; and over all of them checksums, `install.sh` and a Homebrew formula.
//! The same commit, built with the same tools, gives the same bytes.

mod archive;
mod build;
mod crates;
mod finish;
mod notices;
mod publish;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process::{cargo, first_line, repository, run_all, target_dir};
use crate::{say, setup};

/// The plugin for Claude Code: its place in the repository and in a marketplace, and the marketplace.
const MARKETPLACE: &str = ".claude-plugin";
const PLUGIN: &str = "claude-plugin";

/// What one run makes, and where.
pub(super) struct Dist {
    /// The version of the programs.
    pub(super) version: String,
    /// The commit that they are built from.
    pub(super) commit: String,
    /// The time of that commit, in seconds since 1970: that of every file in the archives.
    pub(super) time: u64,
    /// Where cargo builds.
    pub(super) build: PathBuf,
    /// Where the results go.
    pub(super) results: PathBuf,
}

/// Builds for `targets`, or for this machine if there are none.
pub(crate) fn run(targets: &[String]) -> Result<(), Failure> {
    make(targets, "dist")
}

/// Builds for `targets` once more elsewhere, and compares with what [`run`] made of the same commit.
pub(crate) fn reproduce(targets: &[String]) -> Result<(), Failure> {
    make(targets, "dist-again")?;
    let again = Dist::new("dist-again")?.results;
    let mut differ = Vec::new();
    for file in fs::read_dir(&again).map_err(cannot_read(&again))?.flatten() {
        let name = file.file_name();
        // These name every file that is there, whichever targets were built.
        if finish::is_written(&name.to_string_lossy()) {
            continue;
        }
        let [first, second] = [target_dir().join("dist").join(&name), file.path()];
        let bytes = fs::read(&first).map_err(cannot_read(&first))?;
        if bytes != fs::read(&second).map_err(cannot_read(&second))? {
            differ.push(format!("{} and {}", first.display(), second.display()));
        }
    }
    match differ.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "built twice, and not the same: {}",
            differ.join(", ")
        ))),
    }
}

/// Writes the checksums, and what has them in it, over all that is in `target/dist`.
pub(crate) fn finish() -> Result<(), Failure> {
    finish::run(&Dist::new("dist")?)
}

/// As [`run`], in the directory called `name` below the target directory.
pub(super) fn make(targets: &[String], name: &str) -> Result<(), Failure> {
    say::step("what the build needs");
    let dist = Dist::new(name)?;
    let host = [host()?];
    let targets = if targets.is_empty() { &host } else { targets };
    setup::for_dist()?;
    run_all(build::tools(targets))?;
    fs::create_dir_all(&dist.results).map_err(cannot_write(&dist.results))?;
    for target in targets {
        let stage = stage(&dist, target)?;
        archive::pack(&dist, &stage)?;
        if is_linux(target) {
            run_all(debian(&dist, target, &stage))?;
        }
        wheel(&dist, target, &stage)?;
    }
    finish::run(&dist)
}

impl Dist {
    fn new(name: &str) -> Result<Self, Failure> {
        let manifest = repository().join("src/programs/Cargo.toml");
        let manifest = fs::read_to_string(&manifest).map_err(cannot_read(&manifest))?;
        let version = value_of(&manifest, "version")
            .ok_or_else(|| Failure::new("src/programs/Cargo.toml has no version"))?;
        let git = |args: &str| {
            let args = args.split_whitespace();
            first_line(Command::new("git").args(args).current_dir(repository()))
        };
        let time = std::env::var("SOURCE_DATE_EPOCH").ok();
        let time = time.or_else(|| git("log -1 --format=%ct"));
        let target = target_dir();
        Ok(Self {
            version: version.to_owned(),
            commit: git("rev-parse --short=12 HEAD").unwrap_or_else(|| "unknown".to_owned()),
            time: time.and_then(|time| time.parse().ok()).unwrap_or(0),
            build: target.join(format!("{name}-build")),
            results: target.join(name),
        })
    }

    /// The name of a target's archive, without its ending.
    fn archive(&self, target: &str) -> String {
        format!("herald-{}-{target}", self.version)
    }
}

/// Builds for `target`, and lays out what its archive holds. Returns that directory.
fn stage(dist: &Dist, target: &str) -> Result<PathBuf, Failure> {
    let stage = dist.build.join("stage").join(dist.archive(target));
    let bin = stage.join("bin");
    let _ = fs::remove_dir_all(&stage);
    fs::create_dir_all(&bin).map_err(cannot_write(&bin))?;
    for build in build::programs(dist, target)? {
        say::step(&format!("{} for {target}", build.name));
        run_all(build.steps)?;
        let program = bin.join(&build.name);
        copy(&build.program, &program)?;
        if target.contains("-apple-") {
            // By nobody in particular, which is what Apple's processors ask for.
            let mut sign = Command::new("codesign");
            sign.args(["--force", "--sign", "-"]).arg(program);
            run_all([("its signature", sign)])?;
        }
    }
    let mut manual = cargo();
    manual.args(["run", "--quiet", "--package", "herald-cli", "--example"]);
    manual
        .args(["manual", "--no-default-features", "--features", "cli", "--"])
        .arg(&stage);
    run_all([("manual pages and completions", manual)])?;
    for file in ["LICENSE-APACHE", "LICENSE-MIT"] {
        copy(&repository().join(file), &stage.join(file))?;
    }
    let plugin = stage.join(PLUGIN).join(MARKETPLACE);
    copy_all(&repository().join(MARKETPLACE), &plugin)?;
    let notices = notices::of(target)?;
    let file = stage.join("THIRD-PARTY.txt");
    fs::write(&file, notices).map_err(cannot_write(&file))?;
    Ok(stage)
}

/// By cargo-deb, which finds what it packs in one place, whichever the target is.
fn debian(dist: &Dist, target: &str, stage: &Path) -> [(&'static str, Command); 2] {
    let place = target_dir().join("deb");
    let _ = fs::remove_dir_all(&place);
    let mut copy = Command::new("cp");
    copy.arg("-R").arg(stage).arg(place);
    let mut deb = Command::new(build::tool("cargo/bin/cargo-deb"));
    deb.args(["--quiet", "--package", "herald-cli", "--no-build"]);
    deb.args(["--no-strip", "--compress-system"]);
    deb.args(["--target", target, "--output"])
        .arg(&dist.results);
    deb.env("SOURCE_DATE_EPOCH", dist.time.to_string());
    [
        ("what the Debian package holds", copy),
        ("the Debian package", deb),
    ]
}

/// A wheel with the module, and the programs and the plugin that were laid out before.
fn wheel(dist: &Dist, target: &str, stage: &Path) -> Result<(), Failure> {
    let package = repository().join("src/bindings/python");
    // As pyproject.toml names it.
    let programs = package.join("programs");
    let scripts = programs.join("scripts");
    fs::create_dir_all(&scripts).map_err(cannot_write(&scripts))?;
    let bin = fs::read_dir(stage.join("bin")).map_err(cannot_read(stage))?;
    for program in bin.flatten() {
        copy(&program.path(), &scripts.join(program.file_name()))?;
    }
    let data = programs.join("data/share/herald").join(PLUGIN);
    copy_all(&stage.join(PLUGIN), &data)?;
    let made = run_all([("the wheel", build::wheel(dist, target))]);
    fs::remove_dir_all(&programs).map_err(cannot_write(&programs))?;
    made
}

fn host() -> Result<String, Failure> {
    first_line(Command::new("rustc").args(["--print", "host-tuple"]))
        .ok_or_else(|| Failure::new("rustc does not say for which target it builds"))
}

pub(crate) use publish::{Registry, publish};

pub(super) fn is_linux(target: &str) -> bool {
    target.contains("-linux-")
}

/// The value of the first `key = "value"` in a manifest.
fn value_of<'a>(manifest: &'a str, key: &str) -> Option<&'a str> {
    manifest.lines().find_map(|line| {
        let value = line.strip_prefix(key)?.trim_start().strip_prefix('=')?;
        value.trim().strip_prefix('"')?.split('"').next()
    })
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::copy(from, to).map(drop).map_err(|error| {
        Failure::new(format!(
            "cannot copy {} to {}: {error}",
            from.display(),
            to.display()
        ))
    })
}

/// Copies every file of a directory.
fn copy_all(from: &Path, to: &Path) -> Result<(), Failure> {
    let mut files = Vec::new();
    archive::collect(from, &mut files)?;
    for file in files {
        let to = to.join(file.strip_prefix(from).unwrap_or(&file));
        let dir = to.parent().unwrap_or(&to);
        fs::create_dir_all(dir).map_err(cannot_write(dir))?;
        copy(&file, &to)?;
    }
    Ok(())
}

pub(crate) fn cannot_write(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::new(format!("cannot write {path}: {error}"))
}

pub(crate) fn cannot_read(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::new(format!("cannot read {path}: {error}"))
}
