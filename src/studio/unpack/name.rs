//! Names in archives.

/// The longest name, and the longest part of one, in bytes.
const MAX_LEN: usize = 1024;
const MAX_PART_LEN: usize = 200;
const MAX_DEPTH: usize = 64;
/// On Windows these are devices in every directory, with any ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// The parts of `name`, which is a path with forward slashes. None of them leads up or elsewhere, on any
/// system. None for the directory itself.
///
/// # Errors
///
/// Why `name` is refused, after the name.
pub(crate) fn parts(name: &str) -> Result<Vec<&str>, &'static str> {
    let parts = split(name)?;
    match flaw(&parts) {
        Some(why) => Err(why),
        None => Ok(parts),
    }
}

/// The parts of `name`, which may be no names of files on some system: see [`flaw`].
///
/// # Errors
///
/// Why no honest archive has `name`.
pub(super) fn split(name: &str) -> Result<Vec<&str>, &'static str> {
    if name.len() > MAX_LEN {
        return Err("is too long");
    }
    if name.starts_with('/') {
        return Err("is an absolute path");
    }
    let parts = name.split('/').filter(|part| !matches!(*part, "" | "."));
    let parts: Vec<_> = parts.collect();
    if parts.len() > MAX_DEPTH {
        return Err("is too deep");
    }
    match parts.contains(&"..") {
        true => Err("leads out of the archive"),
        false => Ok(parts),
    }
}

/// Why not every system has a file of this name.
pub(super) fn flaw(parts: &[impl AsRef<str>]) -> Option<&'static str> {
    parts.iter().find_map(|part| flaw_of(part.as_ref()))
}

fn flaw_of(part: &str) -> Option<&'static str> {
    let stem = part.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_ascii_lowercase();
    // COM¹ is COM1.
    let is_numbered = ["com", "lpt"].iter().any(|port| {
        let number = stem.strip_prefix(port).unwrap_or_default();
        matches!(
            number,
            "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
        )
    });
    match part {
        _ if part.contains('\\') => Some("has a backslash in it"),
        _ if part.contains(':') => Some("has a colon in it"),
        _ if part.contains(['<', '>', '"', '|', '?', '*']) => {
            Some("is no name of a file on Windows")
        }
        _ if part.contains(char::is_control) => Some("has a control character in it"),
        _ if part.ends_with(['.', ' ']) => Some("ends with a dot or a space"),
        _ if part.len() > MAX_PART_LEN => Some("is too long"),
        _ if is_numbered || DEVICES.contains(&&*stem) => Some("is a device on Windows"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_down_or_is_refused() {
        assert_eq!(parts("./a//b c/.d.wav"), Ok(vec!["a", "b c", ".d.wav"]));
        assert_eq!(parts("a/"), Ok(vec!["a"]));
        assert_eq!(parts("./"), Ok(vec![]));
        assert_eq!(
            parts("console/comet/com10"),
            Ok(vec!["console", "comet", "com10"])
        );
        let long = "x".repeat(201);
        let deep = "a/".repeat(65);
        for name in [
            "..",
            "a/../b",
            "a/..",
            "/etc/passwd",
            "//server/share",
            "C:/a",
            "c:a",
            "a\\..\\b",
            "\\\\server\\a",
            "a:stream",
            "a\0b",
            "a\nb",
            "a/b. ",
            "a/..../b",
            ".. /a",
            "nul",
            "a/NUL.wav",
            "Com1",
            "lpt¹.txt",
            "con .wav",
            "conin$",
            "a?",
            &long,
            &deep,
        ] {
            assert!(parts(name).is_err(), "{name:?}");
        }
    }
}
