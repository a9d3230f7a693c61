//! Separate file systems for tests.

use std::path::Path;

/// A file system with limits, unmounted when dropped. Requires root.
pub(crate) struct Mount(tempfile::TempDir);

impl Mount {
    pub(crate) fn new(options: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mut mount = std::process::Command::new("mount");
        let mount = mount
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(dir.path());
        let is_mounted = mount.status().is_ok_and(|status| status.success());
        if !is_mounted {
            test_support::not_tested("only root may mount a file system");
        }
        is_mounted.then_some(Self(dir))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(self.path())
            .status();
    }
}
