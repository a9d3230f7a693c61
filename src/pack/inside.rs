//! Locates files inside a pack. A manifest is untrusted.
//!
//! A manifest names a file by a relative path with forward slashes. The file must still be inside the pack's
//! directory after following every link. It may be exchanged afterwards, so opening it takes the usual
//! precautions for sound files.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The largest sound of a pack, in bytes: CESP's 1 MB.
pub(crate) const MAX_SOUND_LEN: u64 = 1 << 20;

/// A file of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located {
    /// The path relative to the pack.
    pub(super) relative: PathBuf,
    pub(super) real: PathBuf,
    /// The length in bytes.
    pub(super) len: u64,
}

/// What is wrong with a file that a manifest names.
#[derive(Debug)]
pub(super) enum Flaw {
    NoName,
    NotUnicode,
    Absolute,
    Backslash,
    Parent,
    Missing,
    Outside,
    NotRegular,
    Empty,
    TooLarge(u64),
    Unreadable(io::Error),
}

/// Locates the sound that a manifest calls `name`; `root` is the pack's real path.
pub(super) fn sound(root: &Path, name: &str) -> Result<Located, Flaw> {
    let located = find(root, name, "sounds")?;
    match located.len {
        0 => Err(Flaw::Empty),
        len if len > MAX_SOUND_LEN => Err(Flaw::TooLarge(len)),
        _ => Ok(located),
    }
}

/// Locates the regular file that a manifest calls `name`. A bare name is searched in the pack's directory
/// `home`, then in the pack's own directory.
pub(super) fn find(root: &Path, name: &str, home: &str) -> Result<Located, Flaw> {
    let named = relative(name)?;
    let relative = match name.contains('/') {
        true => named,
        false => Some(Path::new(home).join(&named))
            .filter(|at_home| root.join(at_home).exists())
            .unwrap_or(named),
    };
    let real = root
        .join(&relative)
        .canonicalize()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Flaw::Missing,
            _ => Flaw::Unreadable(error),
        })?;
    if !real.starts_with(root) {
        return Err(Flaw::Outside);
    }
    if real.to_str().is_none() {
        return Err(Flaw::NotUnicode);
    }
    let metadata = fs::metadata(&real).map_err(Flaw::Unreadable)?;
    if !metadata.is_file() {
        return Err(Flaw::NotRegular);
    }
    Ok(Located {
        relative,
        real,
        len: metadata.len(),
    })
}

/// `name` as a path that only descends.
fn relative(name: &str) -> Result<PathBuf, Flaw> {
    let is_drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    // On Windows a colon also names an alternate stream of a file.
    let has_colon = cfg!(windows) && name.contains(':');
    if name.starts_with('/') || is_drive || has_colon {
        return Err(Flaw::Absolute);
    }
    if name.contains('\\') {
        return Err(Flaw::Backslash);
    }
    let mut path = PathBuf::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err(Flaw::Parent),
            part => path.push(part),
        }
    }
    match path.as_os_str().is_empty() || name.contains('\0') {
        true => Err(Flaw::NoName),
        false => Ok(path),
    }
}

impl Flaw {
    /// Whether the file name indicates an attack or a pack that was never tried.
    #[cfg(feature = "editing")]
    pub(super) const fn is_unsafe(&self) -> bool {
        match self {
            Self::Absolute | Self::Backslash | Self::Parent | Self::Outside | Self::TooLarge(_) => {
                true
            }
            Self::NoName
            | Self::NotUnicode
            | Self::Missing
            | Self::NotRegular
            | Self::Empty
            | Self::Unreadable(_) => false,
        }
    }

    pub(super) const fn hint(&self) -> &'static str {
        match self {
            Self::NoName => "name a file of the pack, such as sounds/done.wav",
            Self::NotUnicode => "rename the pack's directory",
            Self::Absolute | Self::Parent => {
                "put the file into the pack and name it relative to the pack, such as sounds/done.wav"
            }
            Self::Backslash => "use / instead, on every system",
            Self::Missing => "add the file, or remove it from the manifest",
            Self::Outside => "replace the link with the file itself",
            Self::NotRegular => "replace it with a file",
            Self::Empty => "replace it with a sound",
            Self::TooLarge(_) => "shorten it, or convert it to MP3 or Ogg",
            Self::Unreadable(_) => "check the file's permissions",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoName => f.write_str("names no file"),
            Self::NotUnicode => f.write_str("is at a path that is not Unicode"),
            Self::Absolute => f.write_str("is an absolute path"),
            Self::Backslash => f.write_str("contains a backslash"),
            Self::Parent => f.write_str("leads out of the pack with `..`"),
            Self::Missing => f.write_str("does not exist"),
            Self::Outside => f.write_str("is a link that leads out of the pack"),
            Self::NotRegular => f.write_str("is not a regular file"),
            Self::Empty => f.write_str("is empty"),
            Self::TooLarge(len) => {
                write!(
                    f,
                    "is too large: {} KiB (limit: 1 MB)",
                    len.div_ceil(1 << 10)
                )
            }
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Component;

    const WAV: &[u8] = b"RIFF\0\0\0\0WAVEfmt ";

    /// A directory with a pack and a sound outside it, and the pack's real path.
    fn pack() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("pack");
        fs::create_dir_all(root.join("sounds/more")).unwrap();
        for name in [
            "outside.wav",
            "pack/root.wav",
            "pack/both.wav",
            "pack/sounds/both.wav",
            "pack/sounds/my sound.wav",
            "pack/sounds/more/deep.wav",
        ] {
            fs::write(dir.path().join(name), WAV).unwrap();
        }
        (dir, root)
    }

    #[test]
    fn a_bare_name_is_looked_for_in_sounds_first() {
        let (_dir, root) = pack();
        for (name, relative) in [
            ("both.wav", "sounds/both.wav"),
            ("root.wav", "root.wav"),
            ("./root.wav", "root.wav"),
            ("sounds//both.wav", "sounds/both.wav"),
            ("sounds/my sound.wav", "sounds/my sound.wav"),
            ("sounds/more/deep.wav", "sounds/more/deep.wav"),
        ] {
            let located = sound(&root, name).unwrap();
            assert_eq!(located.relative, Path::new(relative), "{name}");
            assert_eq!(located.real, root.join(relative), "{name}");
        }
    }

    #[test]
    fn unusable_sounds_have_a_reason() {
        let (_dir, root) = pack();
        fs::write(root.join("empty.wav"), "").unwrap();
        let large = fs::File::create(root.join("large.wav")).unwrap();
        large.set_len(MAX_SOUND_LEN + 1).unwrap();
        for (name, says) in [
            ("", "names no file"),
            ("./", "names no file"),
            ("a\0.wav", "names no file"),
            ("../outside.wav", "`..`"),
            ("sounds/../root.wav", "`..`"),
            ("/etc/passwd", "absolute"),
            ("C:/Windows/a.wav", "absolute"),
            ("c:a.wav", "absolute"),
            ("sounds\\both.wav", "backslash"),
            ("gone.wav", "does not exist"),
            ("root.wav/a.wav", "does not exist"),
            ("sounds/more", "not a regular file"),
            ("empty.wav", "is empty"),
            ("large.wav", "too large: 1025 KiB (limit: 1 MB)"),
        ] {
            let flaw = sound(&root, name).unwrap_err().to_string();
            assert!(flaw.contains(says), "{name}: {flaw}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_may_not_lead_out_of_the_pack() {
        use std::os::unix::fs::symlink;
        let (_dir, root) = pack();
        symlink("../outside.wav", root.join("out.wav")).unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink("sounds/both.wav", root.join("in.wav")).unwrap();
        symlink("loop.wav", root.join("loop.wav")).unwrap();
        for name in ["out.wav", "up/outside.wav"] {
            assert!(matches!(sound(&root, name), Err(Flaw::Outside)), "{name}");
        }
        assert!(matches!(sound(&root, "loop.wav"), Err(Flaw::Unreadable(_))));
        assert_eq!(
            sound(&root, "in.wav").unwrap().real,
            root.join("sounds/both.wav")
        );
    }

    proptest! {
        #[test]
        fn no_name_leads_out(name in "(?s).{0,40}") {
            leads_nowhere_but_down(&name)?;
        }

        #[test]
        fn no_likely_name_leads_out(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "..", ".", "", "sounds", "root.wav", "outside.wav", "C:", "\\", "~", "\0",
                    "...", ".. ", "pack", "up",
                ]),
                0..8,
            ),
            separator in prop::sample::select(vec!["/", "//", "\\", "/./"]),
        ) {
            leads_nowhere_but_down(&parts.join(separator))?;
        }
    }

    fn leads_nowhere_but_down(name: &str) -> Result<(), TestCaseError> {
        thread_local! {
            static PACK: (tempfile::TempDir, PathBuf) = pack();
        }
        if let Ok(path) = relative(name) {
            let is_down = |part| matches!(part, Component::Normal(_));
            prop_assert!(path.components().all(is_down), "{path:?}");
        }
        PACK.with(|(_, root)| {
            if let Ok(located) = sound(root, name) {
                prop_assert!(located.real.starts_with(root), "{located:?}");
            }
            Ok(())
        })
    }
}
