//! Measures the size of a pack's directory.

use std::fs;
use std::path::{Path, PathBuf};

use super::report::Report;

/// The largest pack, in bytes: CESP's 50 MB.
pub(super) const MAX_LEN: u64 = 50 << 20;
/// The limits for the number of entries and the depth.
const MAX_ENTRIES: usize = 10_000;
const MAX_DEPTH: usize = 16;

pub(super) fn check(report: &mut Report, root: &Path) {
    let Found { len, is_all } = found(root, MAX_ENTRIES, MAX_DEPTH);
    if len > MAX_LEN {
        report.error(
            "the pack",
            format_args!("is too large: {} MiB (limit: 50 MB)", len.div_ceil(1 << 20)),
            "remove files that the manifest does not name",
        );
    }
    if !is_all {
        report.warn(
            "the pack",
            format_args!(
                "has more than {MAX_ENTRIES} files, or directories deeper than {MAX_DEPTH}; \
                 not all are counted"
            ),
            "remove files that the manifest does not name",
        );
    }
}

struct Found {
    len: u64,
    is_all: bool,
}

/// Sums up sizes within the limits. Links are not followed, so there are no cycles. Names with a leading dot
/// are skipped: they are not part of the pack, for example a clone's history.
fn found(root: &Path, mut entries_left: usize, max_depth: usize) -> Found {
    let mut found = Found {
        len: 0,
        is_all: true,
    };
    let mut waiting: Vec<(PathBuf, usize)> = vec![(root.to_owned(), 0)];
    while let Some((dir, depth)) = waiting.pop() {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        for entry in entries {
            if entries_left == 0 {
                found.is_all = false;
                return found;
            }
            entries_left -= 1;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            // Of the link itself, if it is one.
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            if metadata.is_file() {
                found.len = found.len.saturating_add(metadata.len());
            } else if metadata.is_dir() && depth < max_depth {
                waiting.push((entry.path(), depth + 1));
            } else if metadata.is_dir() {
                found.is_all = false;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_files_are_not_counted() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        fs::create_dir(dir.path().join(".git")).unwrap();
        for name in ["x", "a/y", "a/b/z", ".git/w", ".hidden"] {
            fs::write(dir.path().join(name), [0; 100]).unwrap();
        }
        let Found { len, is_all } = found(dir.path(), 9, 3);
        assert_eq!((len, is_all), (300, true));
    }

    #[test]
    fn an_endless_directory_is_counted_up_to_a_limit() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("1/2/3/4")).unwrap();
        assert!(found(dir.path(), 9, 4).is_all);
        assert!(!found(dir.path(), 9, 3).is_all);

        let dir = tempfile::tempdir().unwrap();
        for number in 0..20 {
            fs::File::create(dir.path().join(number.to_string())).unwrap();
        }
        assert!(found(dir.path(), 20, 1).is_all);
        assert!(!found(dir.path(), 19, 1).is_all);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("again")).unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("all")).unwrap();
        let Found { len, is_all } = found(dir.path(), 9, 9);
        assert_eq!((len, is_all), (0, true));
    }
}
