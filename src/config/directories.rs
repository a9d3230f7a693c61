//! Patterns of directories.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use serde::de::{Deserialize, Deserializer};

use super::key::matches;
use super::read_text::read_text;
use crate::system::env::{Env, is_anchored};

/// What is valid.
pub(super) const EXPECTED: &str =
    "an absolute path or one from ~, without .., in which * is any text";

/// A directory with all below it. In its names, `*` stands for any text; a name is never longer than one
/// directory, and `..` is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Directories(PathBuf);

impl Directories {
    /// Parses an absolute pattern, or one from the home directory.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let path = PathBuf::from(text);
        let is_plain = path
            .components()
            .all(|part| !matches!(part, Component::ParentDir));
        (is_anchored(text) && is_plain).then_some(Self(path))
    }

    /// With `~` and `$HOME` expanded; none if the home directory is unknown.
    pub(super) fn expanded(&self, env: &Env) -> Option<Self> {
        let path = self.0.to_str().map(|text| env.expand(text))?;
        path.is_absolute().then_some(Self(path))
    }

    /// Whether `dir` is one of them.
    pub(super) fn cover(&self, dir: &Path) -> bool {
        let mut parts = dir.components();
        let is_part = |pattern: Component<'_>| {
            let part = parts.next().and_then(|part| part.as_os_str().to_str());
            let pattern = pattern.as_os_str().to_str();
            pattern
                .zip(part)
                .is_some_and(|(pattern, part)| matches(pattern, part))
        };
        let is_below = self.0.components().all(is_part);
        is_below && parts.all(|part| !matches!(part, Component::ParentDir))
    }

    /// How many names it has: of two that cover a directory, the longer one is meant.
    pub(super) fn len(&self) -> usize {
        self.0.components().count()
    }
}

impl fmt::Display for Directories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl<'de> Deserialize<'de> for Directories {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, EXPECTED, Self::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_directories_and_all_below() {
        let home = Env::of([("HOME", "/home/dev"), ("USERPROFILE", "/home/dev")]);
        let covers = |pattern: &str, dir: &str| {
            let pattern = Directories::parse(pattern).unwrap().expanded(&home);
            pattern.unwrap().cover(Path::new(dir))
        };
        for (pattern, dir) in [
            ("/code", "/code"),
            ("/code", "/code/a/b"),
            ("/code/", "/code"),
            ("/code/*", "/code/a/b"),
            ("/code/*-old", "/code/shop-old/src"),
            ("~/tmp", "/home/dev/tmp/x"),
            ("/*/src", "/a/src"),
        ] {
            assert!(covers(pattern, dir), "{pattern} {dir}");
        }
        for (pattern, dir) in [
            ("/code", "/codes"),
            ("/code/*", "/code"),
            ("/code/*-old", "/code/shop/x-old"),
            ("/*/src", "/a/b/src"),
            ("/code", "/code/../home"),
            ("/code", ""),
        ] {
            assert!(!covers(pattern, dir), "{pattern} {dir}");
        }
        for text in ["", "work", "*", "../work", "/code/../home", "~dev/x"] {
            assert_eq!(Directories::parse(text), None, "{text}");
        }
    }
}
