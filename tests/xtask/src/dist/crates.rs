//! The packages that the programs are made of, as `cargo tree` lists them.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::cannot_read;
use crate::failure::Failure;
use crate::process::{cannot_run_cargo, cargo};

/// A package from the registry.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) licence: String,
}

/// All that is linked into the programs for `target`, but for Herald's own packages.
pub(super) fn of(target: &str) -> Result<BTreeSet<Package>, Failure> {
    let mut tree = cargo();
    tree.args(["tree", "--quiet", "--locked"]);
    let packages = ["herald-cli", "herald-relay", "herald-studio"];
    packages
        .iter()
        .for_each(|package| _ = tree.args(["--package", package]));
    tree.args(["--edges", "normal", "--target", target]);
    tree.args(["--prefix", "none", "--format", "{p}|{l}"]);
    let output = tree.output().map_err(cannot_run_cargo)?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!("cargo tree failed: {}", why.trim())));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(package).collect())
}

/// Reads `name v1.0.0|MIT`, `name v1.0.0 (proc-macro)|MIT`; none for a package from a folder.
fn package(line: &str) -> Option<Package> {
    let (package, licence) = line.split_once('|')?;
    let mut words = package.split(' ');
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    let is_own = words.any(|word| word.starts_with("(/") || word.contains(":\\"));
    (!is_own).then(|| Package {
        name: name.to_owned(),
        version: version.to_owned(),
        licence: licence.trim_end_matches(" (*)").to_owned(),
    })
}

impl Package {
    /// Where cargo keeps its source.
    pub(super) fn source(&self) -> Result<PathBuf, Failure> {
        let name = format!("{}-{}", self.name, self.version);
        let registries = cargo_home().join("registry/src");
        let found = fs::read_dir(&registries).map_err(cannot_read(&registries))?;
        let mut found = found.flatten().map(|registry| registry.path().join(&name));
        found.find(|path| path.is_dir()).ok_or_else(|| {
            Failure::new(format!(
                "{} has no {name} (run cargo fetch)",
                registries.display()
            ))
        })
    }
}

pub(super) fn cargo_home() -> PathBuf {
    let home = std::env::home_dir().unwrap_or_default();
    std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_cargo_tree_are_read() {
        let read =
            |line| package(line).map(|package| (package.name, package.version, package.licence));
        let expected = |name: &str, version: &str| {
            Some((name.to_owned(), version.to_owned(), "MIT".to_owned()))
        };
        assert_eq!(read("alsa-sys v0.4.0|MIT"), expected("alsa-sys", "0.4.0"));
        assert_eq!(
            read("serde_derive v1.0.2 (proc-macro)|MIT"),
            expected("serde_derive", "1.0.2")
        );
        assert_eq!(read("libc v0.2.1|MIT (*)"), expected("libc", "0.2.1"));
        assert_eq!(read("herald-cli v0.1.0 (/src/programs)|MIT"), None);
        assert_eq!(read("herald-cli v0.1.0 (C:\\src)|MIT"), None);
        assert_eq!(read(""), None);
    }
}
