//! Installs packs into the user's directory and removes them.
//!
//! An interruption never leaves half a pack: a pack is copied into a temporary directory, whose name is not a
//! valid pack name, and renamed. Only files in the manifest, licences and read-me files are copied. A lock
//! serialises processes; the next process removes what a killed one left behind.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::check::{self, Checked, PackIssue, Severity};
use super::inside::{Located, MAX_SOUND_LEN};
use super::{MANIFEST, MAX_MANIFEST_LEN, Pack, is_name};
use crate::decodings::Decode;
use crate::error::{Error, ErrorKind, Result};
use crate::system::file;
use crate::system::owner;
use crate::system::replace;

/// How long to wait for another process.
const PATIENCE: Duration = Duration::from_secs(10);
const LOCK: &str = ".herald-lock";
/// Temporary names: for a new pack, for a pack being removed, and for a pack being replaced.
const INCOMING: &str = ".herald-coming";
const OUTGOING: &str = ".herald-going";
const WAITING: &str = ".herald-waiting";
/// The maximum number of licences and read-me files to copy.
const MAX_DOCUMENTS: usize = 16;

/// The result of an installation.
#[derive(Debug)]
pub enum Outcome {
    /// The pack was installed.
    Installed(Installed),
    /// The pack has errors; nothing was changed. At least one finding is an error.
    Refused(Vec<PackIssue>),
}

/// A pack that was installed.
#[derive(Clone, Debug)]
pub struct Installed {
    /// The name of the pack.
    pub name: String,
    /// The directory of the pack.
    pub dir: PathBuf,
    /// The number of files.
    pub files: usize,
    /// The number of sounds in the manifest that cannot be played and were not copied.
    pub left_out: usize,
    /// Whether it replaced another pack.
    pub has_replaced: bool,
    /// Findings that may matter to other players, and why sounds were left out.
    pub warnings: Vec<PackIssue>,
}

/// The result of a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// The pack.
    Pack,
    /// Only a link to the pack, which stays where it is.
    Link,
}

/// Copies the pack in `from` into `user_packs`. Replaces a pack of that name only if `replace` is set. Sounds
/// that `decode` rejects are left out.
///
/// # Errors
///
/// [`ErrorKind::Pack`] if the pack exists already or cannot be copied. Then nothing has changed.
pub fn install(
    from: &Path,
    user_packs: &Path,
    replace: bool,
    decode: Decode<'_>,
) -> Result<Outcome> {
    let Checked {
        pack,
        findings,
        files,
        left_out,
        ..
    } = check::checked(from, decode);
    let is_error = |finding: &PackIssue| finding.severity == Severity::Error;
    // The warning about the name concerns the source directory; the installed one has the right name.
    let stays = |finding: &PackIssue| is_error(finding) || finding.at != "name";
    let pack = match pack {
        Some(pack) if !findings.iter().any(is_error) => pack,
        _ => return Ok(Outcome::Refused(findings)),
    };
    let name = pack.manifest().text("name").unwrap_or_default().to_owned();
    let dir = place(user_packs, &name)?;
    let cannot = |error: io::Error| {
        let what = format!(
            "cannot install the pack {name:?} in {}",
            user_packs.display()
        );
        Error::new(ErrorKind::Pack, what).because(error)
    };
    owner::create_dirs(user_packs).map_err(cannot)?;
    let _lock = lock(user_packs).map_err(cannot)?;
    let has_replaced = dir.symlink_metadata().is_ok();
    if has_replaced && !replace {
        let what = format!("pack {name:?} is already installed in {}", dir.display());
        return Err(Error::new(ErrorKind::Pack, what).with_hint("replace it with --force"));
    }
    let incoming = user_packs.join(INCOMING);
    let files = copy(&pack, &files, &incoming)
        .and_then(|files| swap(&incoming, &dir, user_packs).map(|()| files));
    // After an exchange, this is the replaced pack.
    let swept = remove_all(&incoming);
    let files = files.map_err(cannot)?;
    swept.map_err(cannot)?;
    Ok(Outcome::Installed(Installed {
        name,
        dir,
        files,
        left_out,
        has_replaced,
        warnings: findings.into_iter().filter(stays).collect(),
    }))
}

/// Removes the pack called `name` from `user_packs`; if it is a link, only the link.
///
/// # Errors
///
/// [`ErrorKind::Pack`] if there is no such pack, or it cannot be removed.
pub fn remove(name: &str, user_packs: &Path) -> Result<Removed> {
    let dir = place(user_packs, name)?;
    let cannot = |error: io::Error| {
        let what = format!(
            "cannot remove the pack {name:?} from {}",
            user_packs.display()
        );
        Error::new(ErrorKind::Pack, what).because(error)
    };
    let metadata = dir.symlink_metadata().map_err(cannot)?;
    let _lock = lock(user_packs).map_err(cannot)?;
    if metadata.is_symlink() {
        fs::remove_file(&dir).map_err(cannot)?;
        return Ok(Removed::Link);
    }
    // Renames first, because a partly deleted pack is not a pack.
    let outgoing = user_packs.join(OUTGOING);
    fs::rename(&dir, &outgoing).map_err(cannot)?;
    remove_all(&outgoing).map_err(cannot)?;
    Ok(Removed::Pack)
}

/// The path of the pack called `name`; fails for invalid names, which may be paths.
fn place(user_packs: &Path, name: &str) -> Result<PathBuf> {
    if is_name(name) {
        return Ok(user_packs.join(name));
    }
    let what = format!("invalid pack name {name:?}");
    Err(Error::new(ErrorKind::Pack, what).with_hint("herald pack list"))
}

/// Locks out other processes until dropped, and removes what a killed one left behind.
fn lock(user_packs: &Path) -> io::Result<file::Locked> {
    let lock = file::own()
        .write(true)
        .create(true)
        .truncate(false)
        .open(user_packs.join(LOCK))?;
    owner::give_to_owner_of(user_packs, &lock);
    let lock = file::lock_within(lock, PATIENCE)?;
    sweep(user_packs);
    Ok(lock)
}

/// Ignores errors: a leftover that stays makes the next step fail with its own message.
fn sweep(user_packs: &Path) {
    let waiting = user_packs.join(WAITING);
    for entry in fs::read_dir(&waiting).into_iter().flatten().flatten() {
        let place = user_packs.join(entry.file_name());
        if place.symlink_metadata().is_err() {
            // No pack took its place.
            let _ = fs::rename(entry.path(), place);
        }
    }
    for left in [INCOMING, OUTGOING, WAITING] {
        let _ = remove_all(&user_packs.join(left));
    }
}

/// Copies `pack` to `to`; returns the number of files.
fn copy(pack: &Pack, files: &[Located], to: &Path) -> io::Result<usize> {
    owner::create_dirs(to)?;
    copy_file(
        &pack.root().join(MANIFEST),
        &to.join(MANIFEST),
        MAX_MANIFEST_LEN,
    )?;
    let documents = documents(pack.root())?;
    let named = files.iter().map(|file| (&file.real, &file.relative));
    let documents = documents.iter().map(|(real, relative)| (real, relative));
    let mut count = 1;
    for (real, relative) in named.chain(documents) {
        let target = to.join(relative);
        if target.symlink_metadata().is_ok() {
            continue;
        }
        target.parent().map_or(Ok(()), owner::create_dirs)?;
        copy_file(real, &target, MAX_SOUND_LEN)?;
        count += 1;
    }
    Ok(count)
}

/// The real paths and names of licences and read-me files.
fn documents(root: &Path) -> io::Result<Vec<(PathBuf, PathBuf)>> {
    let mut documents = Vec::new();
    for entry in fs::read_dir(root)?.take(10_000) {
        let name = entry?.file_name();
        let upper = name.to_string_lossy().to_uppercase();
        let is_paper = upper.starts_with("LICENSE") || upper.starts_with("README");
        let real = root.join(&name).canonicalize();
        if let Ok(real) = real
            && is_paper
            && real.starts_with(root)
            && fs::metadata(&real).is_ok_and(|it| it.is_file() && it.len() <= MAX_SOUND_LEN)
            && documents.len() < MAX_DOCUMENTS
        {
            documents.push((real, name.into()));
        }
    }
    Ok(documents)
}

fn copy_file(from: &Path, to: &Path, max_len: u64) -> io::Result<()> {
    let mut from = file::open_regular(from, max_len)?.take(max_len);
    let dir = to.parent().unwrap_or(Path::new("."));
    let mut to = File::create_new(to)?;
    owner::give_to_owner_of(dir, &to);
    io::copy(&mut from, &mut to)?;
    to.sync_all()
}

/// Puts `incoming` at `place`. The previous pack is at `incoming` afterwards, or removed.
fn swap(incoming: &Path, place: &Path, user_packs: &Path) -> io::Result<()> {
    if place.symlink_metadata().is_err() {
        return fs::rename(incoming, place);
    }
    match replace::swap(incoming, place) {
        Ok(()) => Ok(()),
        Err(_) => swap_in_two_steps(incoming, place, user_packs),
    }
}

/// If interrupted between the steps, [`sweep`] restores the previous pack.
fn swap_in_two_steps(incoming: &Path, place: &Path, user_packs: &Path) -> io::Result<()> {
    let waiting = user_packs.join(WAITING);
    fs::create_dir(&waiting)?;
    fs::rename(place, waiting.join(place.file_name().unwrap_or_default()))?;
    let renamed = fs::rename(incoming, place);
    sweep(user_packs);
    renamed
}

/// Removes what is at `path`, if it exists; if it is a link, only the link.
fn remove_all(path: &Path) -> io::Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests;
