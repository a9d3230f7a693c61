//! A diff of the changes.

use std::path::Path;

use similar::TextDiff;

use crate::cli::paint;

/// A unified diff; `None` is a missing file.
pub(super) fn diff(file: &Path, before: Option<&str>, after: Option<&str>) -> String {
    let name = |text: Option<&str>| match text {
        Some(_) => file.display().to_string(),
        None => "/dev/null".to_owned(),
    };
    let lines = TextDiff::from_lines(before.unwrap_or_default(), after.unwrap_or_default());
    let (from, to) = (name(before), name(after));
    lines.unified_diff().header(&from, &to).to_string()
}

/// The diff with colours.
pub(super) fn painted(diff: &str) -> String {
    let paint = |line: &str| match line.as_bytes().first() {
        Some(b'+') => paint::good(line),
        Some(b'-') => paint::wrong(line),
        Some(b'@') => paint::doubtful(line),
        _ => line.to_owned(),
    };
    let lines = diff.split_inclusive('\n').map(|line| {
        let text = line.trim_end_matches(['\r', '\n']);
        paint(text) + &line[text.len()..]
    });
    lines.collect()
}
