//! Putting packs into the user's directory of packs, and taking them out.
//!
//! A pack is there whole or not at all, whenever this is interrupted: it is copied into a directory
//! beside its place whose name no pack can have, and renamed. Only what the manifest names is
//! copied, with the licence and the read-me file. Of two processes at it, one waits for the other;
//! what a killed one has left behind, the next one takes away.

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

/// How long another process's installation is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
const LOCK: &str = ".herald-lock";
/// Where a pack is made, where one is taken apart, and where one waits for the other that takes its
/// place.
const COMING: &str = ".herald-coming";
const GOING: &str = ".herald-going";
const WAITING: &str = ".herald-waiting";
/// How many licences and read-me files are copied.
const MAX_PAPERS: usize = 16;

/// What became of an installation.
#[derive(Debug)]
pub enum Outcome {
    /// The pack is there.
    Installed(Installed),
    /// It breaks rules; nothing was changed. At least one of the findings is an error.
    Refused(Vec<PackIssue>),
}

/// A pack that was installed.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub dir: PathBuf,
    /// How many files it has.
    pub files: usize,
    /// How many sounds its manifest names that cannot be played, and that were not copied.
    pub left_out: usize,
    /// Whether it took the place of another.
    pub has_replaced: bool,
    /// What other players may not like, and why sounds were left out.
    pub warnings: Vec<PackIssue>,
}

/// What was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// The pack.
    Pack,
    /// A link to it: the pack itself is somewhere else, as it was.
    Link,
}

/// Copies the pack in `from` into `user_packs`; over one of its name only if it shall `replace` it.
/// Sounds that `decode` finds to be none are left out.
///
/// # Errors
///
/// [`ErrorKind::Pack`] if there is such a pack already, or it cannot be copied. Then all is as it
/// was.
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
    } = check::checked(from, decode);
    let is_error = |finding: &PackIssue| finding.severity == Severity::Error;
    // The one warning about a name is that the directory has another; its place will not.
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
    let coming = user_packs.join(COMING);
    let files = copy(&pack, &files, &coming)
        .and_then(|files| swap(&coming, &dir, user_packs).map(|()| files));
    // After a swap, what was replaced is there.
    let swept = remove_all(&coming);
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

/// Removes the pack called `name` from `user_packs`; of a link, only the link.
///
/// # Errors
///
/// [`ErrorKind::Pack`] if there is none, or it cannot be removed.
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
    // Renamed first: it is not a pack any more as soon as anything of it is missing.
    let going = user_packs.join(GOING);
    fs::rename(&dir, &going).map_err(cannot)?;
    remove_all(&going).map_err(cannot)?;
    Ok(Removed::Pack)
}

/// The place of the pack called `name`. Only a name that is no path has one.
fn place(user_packs: &Path, name: &str) -> Result<PathBuf> {
    if is_name(name) {
        return Ok(user_packs.join(name));
    }
    let what = format!("invalid pack name {name:?}");
    Err(Error::new(ErrorKind::Pack, what).with_hint("herald pack list"))
}

/// Keeps other processes out until it is dropped, and takes away what a killed one has left.
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

/// What cannot be taken away is in the way of what comes next, which says so.
fn sweep(user_packs: &Path) {
    let waiting = user_packs.join(WAITING);
    for entry in fs::read_dir(&waiting).into_iter().flatten().flatten() {
        let place = user_packs.join(entry.file_name());
        if place.symlink_metadata().is_err() {
            // Nothing came in its place.
            let _ = fs::rename(entry.path(), place);
        }
    }
    for left in [COMING, GOING, WAITING] {
        let _ = remove_all(&user_packs.join(left));
    }
}

/// Makes a copy of `pack` at `to`; returns how many files it has.
fn copy(pack: &Pack, files: &[Located], to: &Path) -> io::Result<usize> {
    owner::create_dirs(to)?;
    copy_file(
        &pack.root().join(MANIFEST),
        &to.join(MANIFEST),
        MAX_MANIFEST_LEN,
    )?;
    let papers = papers(pack.root())?;
    let named = files.iter().map(|file| (&file.real, &file.relative));
    let papers = papers.iter().map(|(real, relative)| (real, relative));
    let mut count = 1;
    for (real, relative) in named.chain(papers) {
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

/// Licences and read-me files: their real paths and their names.
fn papers(root: &Path) -> io::Result<Vec<(PathBuf, PathBuf)>> {
    let mut papers = Vec::new();
    for entry in fs::read_dir(root)?.take(10_000) {
        let name = entry?.file_name();
        let upper = name.to_string_lossy().to_uppercase();
        let is_paper = upper.starts_with("LICENSE") || upper.starts_with("README");
        let real = root.join(&name).canonicalize();
        if let Ok(real) = real
            && is_paper
            && real.starts_with(root)
            && fs::metadata(&real).is_ok_and(|it| it.is_file() && it.len() <= MAX_SOUND_LEN)
            && papers.len() < MAX_PAPERS
        {
            papers.push((real, name.into()));
        }
    }
    Ok(papers)
}

fn copy_file(from: &Path, to: &Path, max_len: u64) -> io::Result<()> {
    let mut from = file::open_regular(from, max_len)?.take(max_len);
    let dir = to.parent().unwrap_or(Path::new("."));
    let mut to = File::create_new(to)?;
    owner::give_to_owner_of(dir, &to);
    io::copy(&mut from, &mut to)?;
    to.sync_all()
}

/// Puts `coming` at `place`. What was there is at `coming` afterwards, or gone.
fn swap(coming: &Path, place: &Path, user_packs: &Path) -> io::Result<()> {
    if place.symlink_metadata().is_err() {
        return fs::rename(coming, place);
    }
    match replace::swap(coming, place) {
        Ok(()) => Ok(()),
        Err(_) => swap_in_two_steps(coming, place, user_packs),
    }
}

/// Should this end between the two, [`sweep`] puts back what was there.
fn swap_in_two_steps(coming: &Path, place: &Path, user_packs: &Path) -> io::Result<()> {
    let waiting = user_packs.join(WAITING);
    fs::create_dir(&waiting)?;
    fs::rename(place, waiting.join(place.file_name().unwrap_or_default()))?;
    let renamed = fs::rename(coming, place);
    sweep(user_packs);
    renamed
}

/// Removes what is at `path`, if anything is; of a link, only the link.
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
