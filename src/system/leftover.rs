//! Temporary files, which a killed process leaves behind. A process locks its own while it uses them, so
//! another one can tell which are left.

use std::fs;
use std::io;
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use crate::system::file::{self, Identity};

/// The number of random characters in a name.
const CHANCE_LEN: usize = 6;

/// The beginning and the end of the names of some files.
pub(crate) type Name = (&'static str, &'static str);

/// Creates files with such a name.
pub(crate) fn builder((prefix, suffix): Name) -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(prefix).suffix(suffix).rand_bytes(CHANCE_LEN);
    builder
}

/// Whether another process removed `file` as a leftover before it was locked.
pub(crate) fn is_swept(file: &NamedTempFile) -> io::Result<bool> {
    match fs::symlink_metadata(file.path()) {
        Ok(found) => {
            let file_itself = Identity::of_file(file.as_file(), &file.as_file().metadata()?);
            Ok(Identity::at(file.path(), &found) != file_itself)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Removes the files in `dir` with such a name that no process has locked.
pub(crate) fn sweep(dir: &Path, (prefix, suffix): Name) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let rest = name.to_str().and_then(|name| name.strip_prefix(prefix));
        let chance = rest.and_then(|rest| rest.strip_suffix(suffix));
        let is_its = chance.is_some_and(|chance| {
            chance.len() == CHANCE_LEN && chance.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        if !is_its || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        let left = file::own().read(true).open(entry.path());
        if left.is_ok_and(|left| left.try_lock().is_ok()) {
            // A leftover file that cannot be removed is harmless.
            let _ = fs::remove_file(entry.path());
        }
    }
}
