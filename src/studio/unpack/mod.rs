//! Unpacks archives that anybody may have made.
//!
//! An archive is read twice. The first time nothing is written: names, kinds, sizes and the compression are
//! checked, and the pack in it is found. The second time the files of the pack are written, under the same
//! limits. A repository may have links and strange names elsewhere, which are not unpacked; a pack may not, and
//! an archive with a name that leads elsewhere is refused as a whole.

mod entry;
mod name;
mod tar_gz;
mod zip_file;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::Path;

use herald_audio::internals::pack::MANIFEST;
use herald_audio::{Error, ErrorKind, Result};

use crate::interrupt;
use entry::{Entry, Kind, MAX_ENTRIES, MAX_LEN, MAX_PACK_LEN, Visit, broken, refused, too_many};

pub(crate) use name::parts;

/// The number of packs that a message names.
const MAX_NAMED: usize = 10;

/// Writes the pack in `archive` to `to`, an empty directory: the one in the directory `path` of the
/// repository, if that is given, else the only one.
///
/// # Errors
///
/// [`ErrorKind::Pack`] if the archive is neither a zip nor a tar.gz file, is broken or hostile, or has not
/// just one pack.
pub fn unpack(archive: &mut File, path: Option<&str>, to: &Path) -> Result<()> {
    let each = format(archive)?;
    let survey = Survey::of(archive, each)?;
    let root = survey.root(path)?;
    survey.check_pack(&root)?;
    let mut left = MAX_PACK_LEN;
    each(archive, &mut |entry| {
        let (parts, flaw) = checked(&entry)?;
        let Some(inside) = parts.strip_prefix(&root[..]) else {
            return Ok(());
        };
        if let Some(why) = flaw {
            return Err(refused(format_args!("{} {why}", parts.join("/"))));
        }
        let target = inside
            .iter()
            .fold(to.to_owned(), |path, part| path.join(part));
        match entry.kind {
            Kind::Dir => fs::create_dir_all(target).map_err(cannot_write),
            Kind::File => write(entry, &target, &mut left),
            // The survey found none.
            Kind::Link | Kind::Special => Ok(()),
        }
    })
}

/// How to read `archive`, by its first bytes.
fn format(archive: &mut File) -> Result<fn(&mut File, Visit<'_>) -> Result<()>> {
    let mut first = [0; 4];
    let read = archive
        .rewind()
        .and_then(|()| archive.read_exact(&mut first));
    match (read, first) {
        (Ok(()), [b'P', b'K', 3 | 5, 4 | 6]) => Ok(zip_file::each),
        (Ok(()), [0x1f, 0x8b, ..]) => Ok(tar_gz::each),
        _ => Err(refused("it is neither a .zip nor a .tar.gz file")),
    }
}

/// What is in an archive.
#[derive(Default)]
struct Survey {
    files: Vec<(Vec<String>, u64)>,
    /// What may not be in a pack, and why.
    others: Vec<(Vec<String>, &'static str)>,
}

impl Survey {
    fn of(archive: &mut File, each: fn(&mut File, Visit<'_>) -> Result<()>) -> Result<Self> {
        let mut survey = Self::default();
        let mut seen = BTreeSet::new();
        let (mut count, mut len) = (0, 0_u64);
        each(archive, &mut |entry| {
            interrupt::check().map_err(cannot_write)?;
            count += 1;
            len = len.saturating_add(entry.len);
            if count > MAX_ENTRIES {
                return Err(too_many());
            }
            if len > MAX_LEN {
                return Err(refused(format_args!(
                    "it holds more than {} MB",
                    MAX_LEN / 1_000_000
                )));
            }
            let (parts, flaw) = checked(&entry)?;
            if let Some(why) = flaw {
                survey.others.push((parts, why));
                return Ok(());
            }
            // File systems that ignore case would make one file of two.
            let name = parts.join("/");
            if entry.kind != Kind::Dir && !seen.insert(name.to_lowercase()) {
                return Err(refused(format_args!("{name} is in it twice")));
            }
            match entry.kind {
                Kind::File => survey.files.push((parts, entry.len)),
                Kind::Dir => {}
                Kind::Link => survey.others.push((parts, "is a link")),
                Kind::Special => survey.others.push((parts, "is no regular file")),
            }
            Ok(())
        })?;
        let lower = |parts: &[String]| parts.join("/").to_lowercase();
        let files: BTreeSet<_> = survey.files.iter().map(|(parts, _)| lower(parts)).collect();
        for (parts, _) in &survey.files {
            let mut dirs = (1..parts.len()).map(|depth| lower(&parts[..depth]));
            if let Some(dir) = dirs.find(|dir| files.contains(dir)) {
                return Err(refused(format_args!("{dir} is a file and a directory")));
            }
        }
        Ok(survey)
    }

    /// The directory of the pack.
    fn root(&self, path: Option<&str>) -> Result<Vec<String>> {
        let manifests = self.files.iter().filter_map(|(parts, _)| {
            let (last, dir) = parts.split_last()?;
            (last == MANIFEST).then_some(dir)
        });
        if let Some(path) = path.filter(|path| !path.is_empty()) {
            // An archive of a repository has one directory with all.
            let mut manifests = manifests;
            let found = manifests.find(|dir| dir.len() > 1 && dir[1..].join("/") == path);
            let missing = || refused(format_args!("there is no {path}/{MANIFEST} in it"));
            return found.map(<[String]>::to_vec).ok_or_else(missing);
        }
        let manifests: Vec<_> = manifests.collect();
        let depth = manifests.iter().map(|dir| dir.len()).min();
        let mut outermost = manifests.iter().filter(|dir| Some(dir.len()) == depth);
        match (outermost.next(), outermost.next()) {
            (None, _) => Err(refused(format_args!("there is no {MANIFEST} in it"))),
            (Some(dir), None) => Ok(dir.to_vec()),
            (Some(_), Some(_)) => {
                let names = manifests
                    .iter()
                    .take(MAX_NAMED)
                    .filter_map(|dir| dir.last());
                let names = names.cloned().collect::<Vec<_>>().join(", ");
                let what = format!("it holds {} packs: {names}", manifests.len());
                Err(refused(what).with_hint(
                    "name one: gh:OWNER/REPO/PACK, or unpack it and install that directory",
                ))
            }
        }
    }

    /// Refuses a pack with links or strange names in it, or too large.
    fn check_pack(&self, root: &[String]) -> Result<()> {
        let mut others = self.others.iter();
        if let Some((parts, why)) = others.find(|(parts, _)| parts.starts_with(root)) {
            return Err(refused(format_args!("{} {why}", parts.join("/"))));
        }
        let files = self
            .files
            .iter()
            .filter(|(parts, _)| parts.starts_with(root));
        let len: u64 = files.map(|(_, len)| len).sum();
        match len > MAX_PACK_LEN {
            true => Err(too_large_a_pack()),
            false => Ok(()),
        }
    }
}

/// The parts of its name, which lead nowhere but down, and why no pack may have it, if so.
fn checked(entry: &Entry<'_>) -> Result<(Vec<String>, Option<&'static str>)> {
    let name = String::from_utf8_lossy(entry.name);
    let parts = name::split(&name).map_err(|why| refused(format_args!("{name:?} {why}")))?;
    let flaw = match std::str::from_utf8(entry.name) {
        Ok(_) if parts.is_empty() && entry.kind != Kind::Dir => Some("names no file"),
        Ok(_) => name::flaw(&parts),
        Err(_) => Some("is not Unicode"),
    };
    Ok((parts.into_iter().map(str::to_owned).collect(), flaw))
}

/// Writes a file of exactly its length. `left` is what may still be written.
fn write(entry: Entry<'_>, target: &Path, left: &mut u64) -> Result<()> {
    interrupt::check().map_err(cannot_write)?;
    *left = left.checked_sub(entry.len).ok_or_else(too_large_a_pack)?;
    let dir = target.parent().unwrap_or(target);
    fs::create_dir_all(dir).map_err(cannot_write)?;
    let mut file = File::create_new(target).map_err(cannot_write)?;
    // One more, so that its end and its checksum are read.
    let mut content = entry.content.take(entry.len + 1);
    let len = io::copy(&mut content, &mut file).map_err(broken)?;
    match len == entry.len {
        true => Ok(()),
        false => Err(refused("the length of a file in it is not what it says")),
    }
}

fn too_large_a_pack() -> Error {
    refused(format_args!(
        "the pack in it is larger than {} MB",
        MAX_PACK_LEN / 1_000_000
    ))
}

fn cannot_write(error: io::Error) -> Error {
    Error::new(ErrorKind::Pack, "cannot write what was unpacked").because(error)
}
