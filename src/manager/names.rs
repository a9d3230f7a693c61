//! The names of keys, because the table only has hashes.
//!
//! A program's own key is stored here when it first fires, so that it can be listed. The file has a JSON
//! string per line, because names can contain anything, and is bounded: when it is full, the older half is
//! removed. It is a convenience: of simultaneous writes one may be lost.

use std::collections::HashSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::state_file::layout::FILE_NAME;
use crate::system::file;

/// The length at which the older half is removed.
const MAX_LEN: u64 = 64 << 10;
/// Longer names are not stored.
const MAX_NAME: usize = 512;

/// The file of names.
#[derive(Debug)]
pub(super) struct Names(PathBuf);

impl Names {
    /// The names for the table in `dir`.
    pub(super) fn new(dir: &Path) -> Self {
        Self(dir.join(format!("{FILE_NAME}.names")))
    }

    /// Stores `name`.
    ///
    /// # Errors
    ///
    /// Fails if it cannot be written, or is longer than 512 bytes.
    pub(super) fn remember(&self, name: &str) -> io::Result<()> {
        if name.len() > MAX_NAME {
            return Err(io::Error::other("the name is too long"));
        }
        file::check_size_limit(2 * MAX_LEN as usize)?;
        let mut options = file::own();
        let mut file = options.append(true).create(true).open(&self.0)?;
        if file.metadata()?.len() > MAX_LEN {
            self.forget_older_half()?;
            file = options.open(&self.0)?;
        }
        file::append_line(&mut file, line(name)?.as_bytes())
    }

    /// The stored names without duplicates, the latest last.
    pub(super) fn read(&self) -> Vec<String> {
        let mut text = Vec::new();
        // Without a file there are no names.
        let _ = file::own()
            .read(true)
            .open(&self.0)
            .and_then(|file| file.take(2 * MAX_LEN).read_to_end(&mut text));
        let mut seen = HashSet::new();
        let lines = text.split(|&byte| byte == b'\n').rev();
        let mut names: Vec<_> = lines
            .filter_map(|line| serde_json::from_slice::<String>(line).ok())
            .filter(|name| seen.insert(name.clone()))
            .collect();
        names.reverse();
        names
    }

    fn forget_older_half(&self) -> io::Result<()> {
        let names = self.read();
        let later_half = names[names.len() / 2..].iter();
        let text = later_half
            .map(|name| line(name))
            .collect::<io::Result<String>>()?;
        file::replace_own(&self.0, text.as_bytes())
    }
}

fn line(name: &str) -> io::Result<String> {
    Ok(serde_json::to_string(name)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_kind_are_remembered_once_each() {
        let dir = tempfile::tempdir().unwrap();
        let names = Names::new(dir.path());
        assert_eq!(names.read(), [""; 0]);
        for name in ["build", "two\nlines", "\u{0}\"\\", "", "build"] {
            names.remember(name).unwrap();
        }
        let latest_last = ["two\nlines", "\u{0}\"\\", "", "build"];
        assert_eq!(names.read(), latest_last);
    }

    #[test]
    fn the_file_is_bounded_and_keeps_the_latest() {
        let dir = tempfile::tempdir().unwrap();
        let names = Names::new(dir.path());
        assert!(names.remember(&"x".repeat(MAX_NAME + 1)).is_err());
        for n in 0..5_000 {
            names
                .remember(&format!("a key with a long name, number {n}"))
                .unwrap();
            assert!(std::fs::metadata(&names.0).unwrap().len() <= MAX_LEN + 100);
        }
        let read = names.read();
        assert!(read.len() > 500, "{}", read.len());
        assert!(read.last().is_some_and(|name| name.ends_with(" 4999")));
        assert_eq!(
            std::fs::read_dir(dir.path()).unwrap().count(),
            1,
            "nothing else is left"
        );
    }

    #[test]
    fn a_torn_or_foreign_file_costs_the_lines_that_are_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let names = Names::new(dir.path());
        std::fs::write(&names.0, b"\"one\"\n\"tor\xff\n{}\n\n\"two\"\n\"half").unwrap();
        assert_eq!(names.read(), ["one", "two"]);
        names.remember("three").unwrap();
        names.remember("four").unwrap();
        assert_eq!(
            names.read(),
            ["one", "two", "four"],
            "a half line takes one with it"
        );
    }
}
