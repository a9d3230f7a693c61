//! `cargo xtask publish`: what `cargo xtask dist` made becomes a release.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Dist, cannot_read, finish};
use crate::failure::Failure;
use crate::process::{cargo, repository, run_all, target_dir, with};
use crate::python;

/// Where a release is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registry {
    /// A release of the repository, with every file.
    GitHub,
    /// The packages, on crates.io.
    Crates,
    /// The wheels.
    PyPi,
}

/// Publishes the version of this source; of a dry run, only what would be done is tried or shown.
pub(crate) fn publish(registry: Registry, dry_run: bool) -> Result<(), Failure> {
    let dist = Dist::new("dist")?;
    let tag = format!("v{}", dist.version);
    match std::env::var("GITHUB_REF_NAME") {
        Ok(name) if name != tag && !dry_run => {
            return Err(Failure::new(format!(
                "the tag is {name}, and the version {} (tag it {tag}, or change the version in src/programs/Cargo.toml)",
                dist.version
            )));
        }
        _ => {}
    }
    run_all(match registry {
        Registry::GitHub => vec![("a release of the repository", github(&dist, &tag, dry_run)?)],
        Registry::Crates => vec![("the packages", crates(dry_run))],
        Registry::PyPi => wheels(&dist, dry_run)?,
    })
}

fn github(dist: &Dist, tag: &str, dry_run: bool) -> Result<Command, Failure> {
    if finish::homepage().is_none() && !dry_run {
        return Err(Failure::new(
            "no one knows where this repository is (set repository in Cargo.toml)",
        ));
    }
    let changes = repository().join("src/docs/changes.md");
    let text = fs::read_to_string(&changes).map_err(cannot_read(&changes))?;
    let notes = section(&text, &dist.version).ok_or_else(|| {
        Failure::new(format!(
            "{} has no section for {}",
            changes.display(),
            dist.version
        ))
    })?;
    let mut gh = Command::new(if dry_run { "echo" } else { "gh" });
    gh.args(["release", "create", tag, "--verify-tag", "--notes", notes]);
    gh.args(results(dist, "")?);
    Ok(gh)
}

/// What stands below the heading that has the version in it.
fn section<'a>(text: &'a str, version: &str) -> Option<&'a str> {
    let mut sections = text.split("\n## ").skip(1);
    sections.find_map(|section| {
        let (heading, body) = section.split_once('\n')?;
        heading.contains(version).then_some(body.trim())
    })
}

/// By trusted publishing: the workflow gets a token for this alone.
fn crates(dry_run: bool) -> Command {
    let mut cargo = cargo();
    cargo.args(["publish", "--locked"]);
    for package in [
        "herald-throttle",
        "herald-audio",
        "herald-cli",
        "herald-relay",
        "herald-studio",
    ] {
        cargo.args(["--package", package]);
    }
    cargo.args(dry_run.then_some("--dry-run"));
    cargo
}

fn wheels(dist: &Dist, dry_run: bool) -> Result<Vec<(&'static str, Command)>, Failure> {
    let environment = target_dir().join("uv");
    let install = with(
        &python::program_of(&environment, "python"),
        "-m pip install --quiet uv==0.13.9",
    );
    let mut uv = with(&python::program_of(&environment, "uv"), "publish");
    // Without a token: by trusted publishing, or not at all.
    uv.args(match dry_run {
        true => ["--dry-run", "--trusted-publishing=never"],
        false => ["--no-progress", "--trusted-publishing=always"],
    });
    uv.args(results(dist, ".whl")?);
    Ok(vec![
        ("an environment for uv", python::make(&environment)),
        ("uv", install),
        ("the wheels", uv),
    ])
}

/// The files in `target/dist` whose names end so.
fn results(dist: &Dist, ending: &str) -> Result<Vec<PathBuf>, Failure> {
    let files = fs::read_dir(&dist.results).map_err(cannot_read(&dist.results))?;
    let mut files: Vec<_> = files.flatten().map(|file| file.path()).collect();
    files.retain(|file| file.to_string_lossy().ends_with(ending));
    files.sort();
    match files.is_empty() {
        true => Err(Failure::new(format!(
            "{} has nothing to publish (run cargo xtask dist)",
            dist.results.display()
        ))),
        false => Ok(files),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_the_versions_section_of_the_changes() {
        let text = "# Changes\n\n## 0.2.0 (2027-01-01)\n\n- new\n\n### Fixed\n\n- a\n\n## 0.1.0\n\n- old\n";
        assert_eq!(section(text, "0.2.0"), Some("- new\n\n### Fixed\n\n- a"));
        assert_eq!(section(text, "0.1.0"), Some("- old"));
        assert_eq!(section(text, "0.3.0"), None);
    }
}
