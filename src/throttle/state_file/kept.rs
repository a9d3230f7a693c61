//! A copy of the controls, for when the state file is lost at logout or reboot.
//!
//! # Writing
//!
//! A process that changes the controls then copies those in force, and copies again if they changed meanwhile.
//! So the last writer has seen every change before its copy got its name, and the copy ends up equal to the
//! word, without a lock.
//!
//! # Restoring
//!
//! A process that creates a state file writes the copy into it before the file gets its name. So no process
//! ever sees the file without it.
//!
//! # Limits
//!
//! Only the default state directory has a copy: the lifetime of another one is its owner's choice. A process
//! that dies between its change and its copy leaves the old copy.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::controls::Controls;
use crate::system::env::Env;
use crate::system::{file, state_dir};

/// The beginning of a copy, with its version.
const FORMAT: &str = "herald-controls 1";
/// Longer than any copy.
const MAX_LEN: u64 = 256;

/// The copy of the controls of one state directory.
#[derive(Debug)]
pub(super) struct KeptControls(PathBuf);

/// The content of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) controls: Controls,
    /// When they were muted, in milliseconds since 1970, if they are.
    pub(super) muted_ms: u64,
}

impl KeptControls {
    /// The copy for the state directory `dir`, if it has one by `env`.
    pub(super) fn of(env: &Env, dir: &Path) -> Option<Self> {
        state_dir::kept_controls(env, dir).map(Self)
    }

    /// The content; none if it is missing or damaged.
    pub(super) fn read(&self) -> Option<Copy> {
        let file = file::own().read(true).open(&self.0).ok()?;
        file::check_file_of_ours(&file.metadata().ok()?).ok()?;
        let mut text = String::new();
        file.take(MAX_LEN).read_to_string(&mut text).ok()?;
        let mut fields = text.strip_prefix(FORMAT)?.strip_suffix('\n')?.split(' ');
        let (Some(""), Some(bits), Some(muted_ms), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return None;
        };
        Some(Copy {
            controls: Controls::from_bits(u64::from_str_radix(bits, 16).ok()?),
            muted_ms: muted_ms.parse().ok()?,
        })
    }

    /// Copies the controls that `current` returns, which were changed at `unix_ms`.
    pub(super) fn write(&self, unix_ms: u64, current: impl Fn() -> Controls) -> io::Result<()> {
        let mut controls = current();
        loop {
            self.write_once(controls, unix_ms).map_err(|error| {
                let (file, hint) = (self.0.display(), file::to_write(&self.0, &error));
                io::Error::other(format!("{file}: {error}; hint: {hint}"))
            })?;
            let latest = current();
            if latest == controls {
                return Ok(());
            }
            controls = latest;
        }
    }

    fn write_once(&self, controls: Controls, unix_ms: u64) -> io::Result<()> {
        let before = self.read();
        if before.is_none() && controls == Controls::NONE {
            return Ok(());
        }
        let before = before.filter(|copy| copy.controls.is_muted());
        let muted_ms = before.map_or(unix_ms, |copy| copy.muted_ms);
        let text = format!("{FORMAT} {:016x} {muted_ms}\n", controls.bits());
        self.make_dir()?;
        file::replace_own(&self.0, text.as_bytes())
    }

    fn make_dir(&self) -> io::Result<()> {
        let mut dirs = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut dirs, 0o700);
        self.0
            .parent()
            .map_or(Ok(()), |dir| dirs.recursive(true).create(dir))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(dir: &Path) -> KeptControls {
        KeptControls(dir.join("deep/herald/controls"))
    }

    #[test]
    fn a_copy_is_read_as_it_was_written_and_keeps_the_time_of_the_mute() {
        let dir = tempfile::tempdir().unwrap();
        let kept = kept(dir.path());
        assert_eq!(kept.read(), None);
        let muted = Controls::NONE.muted();
        let softer = muted.at_volume(Some(0.4));
        for (controls, at, muted_ms) in [
            (muted, 1_000, 1_000),
            (softer, 2_000, 1_000),
            (softer.unmuted(), 3_000, 1_000),
            (softer, 4_000, 4_000),
        ] {
            kept.write(at, || controls).unwrap();
            assert_eq!(kept.read(), Some(Copy { controls, muted_ms }));
        }
        let files = fs::read_dir(kept.0.parent().unwrap()).unwrap();
        assert_eq!(files.count(), 1, "nothing else is left");
    }

    #[test]
    fn no_controls_need_no_copy() {
        let dir = tempfile::tempdir().unwrap();
        let kept = kept(dir.path());
        kept.write(1_000, || Controls::NONE).unwrap();
        assert!(!dir.path().join("deep").exists());
        kept.write(1_000, || Controls::NONE.muted()).unwrap();
        kept.write(2_000, || Controls::NONE).unwrap();
        let copy = kept.read().unwrap();
        assert_eq!(copy.controls, Controls::NONE, "the mute must not come back");
    }

    #[test]
    fn a_copy_that_cannot_be_written_is_an_error_with_a_hint() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("deep"), "a file").unwrap();
        let error = kept(dir.path()).write(1_000, || Controls::NONE.muted());
        let error = error.unwrap_err().to_string();
        assert!(error.contains("controls: "), "{error}");
        assert!(
            error.ends_with("; hint: make it a file that you can read and write"),
            "{error}"
        );
    }

    #[test]
    fn what_died_while_it_copied_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        let kept = KeptControls(dir.path().join("controls"));
        let left = dir.path().join("controls.0123456789abcdef.tmp");
        let age = std::time::Duration::from_secs(3_600);
        let long_ago = std::time::SystemTime::now() - age;
        let file = fs::File::create(&left).unwrap();
        file.set_modified(long_ago).unwrap();
        kept.write(1_000, || Controls::NONE.muted()).unwrap();
        assert!(!left.exists());
        assert!(kept.read().is_some());
    }

    #[test]
    fn a_change_while_the_copy_is_written_is_copied() {
        let dir = tempfile::tempdir().unwrap();
        let kept = kept(dir.path());
        let reads = std::cell::Cell::new(0);
        let changing = || {
            reads.set(reads.get() + 1);
            match reads.get() {
                1 => Controls::NONE.muted(),
                _ => Controls::NONE.at_volume(Some(0.5)),
            }
        };
        kept.write(1_000, changing).unwrap();
        let copy = kept.read().unwrap();
        assert_eq!(copy.controls, Controls::NONE.at_volume(Some(0.5)));
    }

    #[test]
    fn a_damaged_copy_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let kept = KeptControls(dir.path().join("controls"));
        let good = format!("{FORMAT} 8000000000000000 1000\n");
        for bad in [
            "",
            "herald-controls 2 8000000000000000 1000\n",
            &good[..good.len() - 1],
            &good[..good.len() / 2],
            &format!("{FORMAT} x 1000\n"),
            &format!("{good}{good}"),
        ] {
            fs::write(&kept.0, bad).unwrap();
            assert_eq!(kept.read(), None, "{bad:?}");
        }
        fs::write(&kept.0, good).unwrap();
        assert!(kept.read().unwrap().controls.is_muted());
    }
}
