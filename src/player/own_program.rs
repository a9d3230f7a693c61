//! The program file of a resident process, which may be replaced on disk: then the next one is to serve.

use std::path::{Path, PathBuf};

use crate::system::file::Identity;

/// The program file of this process.
#[derive(Debug)]
pub(super) struct OwnProgram {
    path: PathBuf,
    identity: Option<Identity>,
}

impl OwnProgram {
    pub(super) fn running() -> Self {
        let path = std::env::current_exe().unwrap_or_default();
        Self {
            identity: identity(&path),
            path,
        }
    }

    /// Whether the path of the program is another file now, or none.
    pub(super) fn was_replaced(&self) -> bool {
        self.identity.is_some() && identity(&self.path) != self.identity
    }
}

fn identity(path: &Path) -> Option<Identity> {
    Some(Identity::of(&path.metadata().ok()?))
}
