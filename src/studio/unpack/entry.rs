//! What the formats have in common: entries, limits, and the errors of archives that are refused.

use std::fmt;
use std::io::{self, Read};

use herald_audio::{Error, ErrorKind, Result};

/// The most files and directories of an archive.
pub(super) const MAX_ENTRIES: usize = 5_000;
/// The most bytes of an archive, unpacked: a repository may hold many packs.
pub(super) const MAX_LEN: u64 = 1_000_000_000;
/// The most bytes of the pack in it.
pub(super) const MAX_PACK_LEN: u64 = 64_000_000;
/// How many times as long as in its archive a file may be, if it is longer than [`SMALL`]. Only silence is
/// compressed so well, and no sound of a pack may be so long.
pub(super) const MAX_RATIO: u64 = 200;
pub(super) const SMALL: u64 = 10_000_000;
/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Dir,
    Link,
    /// A device, a pipe, or what no format of today has.
    Special,
}

/// A part of an archive.
pub(super) struct Entry<'e> {
    pub(super) name: &'e [u8],
    pub(super) kind: Kind,
    pub(super) len: u64,
    pub(super) content: &'e mut dyn Read,
}

pub(super) type Visit<'v> = &'v mut dyn FnMut(Entry<'_>) -> Result<()>;

pub(super) fn refused(why: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Pack, "cannot unpack the archive").because(why.to_string())
}

pub(super) fn broken(error: io::Error) -> Error {
    refused(format_args!("it is broken: {error}"))
}

pub(super) fn too_many() -> Error {
    refused(format_args!("it holds more than {MAX_ENTRIES} files"))
}
