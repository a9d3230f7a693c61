//! `.zip` files.

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use zip::ZipArchive;
use zip::result::ZipError;

use super::entry::{Entry, Kind, MAX_ENTRIES, MAX_RATIO, SMALL, Visit, broken, refused, too_many};
use herald_audio::{Error, Result};

/// The beginning of the record that ends an archive, and of the one of archives with more than 65,535 entries.
const END: [u8; 4] = *b"PK\x05\x06";
const LARGE_END: [u8; 4] = *b"PK\x06\x06";
const END_LEN: usize = 22;
/// The type of a file in its Unix mode.
const TYPE: u32 = 0o170_000;

/// Calls `visit` for each entry.
pub(super) fn each(archive: &mut File, visit: Visit<'_>) -> Result<()> {
    archive.rewind().map_err(broken)?;
    let whole = archive.metadata().map_err(broken)?.len();
    check_count(BufReader::new(&mut *archive))?;
    let mut zip = ZipArchive::new(BufReader::new(&mut *archive)).map_err(unreadable)?;
    if zip.len() > MAX_ENTRIES {
        return Err(too_many());
    }
    let mut packed = 0_u64;
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).map_err(unreadable)?;
        let len = file.size();
        packed = packed.saturating_add(file.compressed_size());
        if packed > whole {
            return Err(refused("files in it overlap"));
        }
        if len > SMALL && len / MAX_RATIO > file.compressed_size() {
            return Err(refused("it is compressed more than sounds can be"));
        }
        let kind = match file.unix_mode().map_or(0, |mode| mode & TYPE) {
            0o120_000 => Kind::Link,
            0o040_000 => Kind::Dir,
            0 | 0o100_000 if file.is_dir() => Kind::Dir,
            0 | 0o100_000 => Kind::File,
            _ => Kind::Special,
        };
        let name = file.name_raw().to_vec();
        visit(Entry {
            name: &name,
            kind,
            len: if kind == Kind::File { len } else { 0 },
            content: &mut file,
        })?;
    }
    Ok(())
}

/// Refuses an archive that says of itself that it has too many entries, before all of them are read.
fn check_count(mut archive: impl Read) -> Result<()> {
    let mut chunk = Vec::new();
    loop {
        let read = archive
            .by_ref()
            .take(64 << 10)
            .read_to_end(&mut chunk)
            .map_err(broken)?;
        let records = chunk.windows(END_LEN);
        for record in records {
            let short = |at: usize| u16::from_le_bytes([record[at], record[at + 1]]);
            // On one disk, which has all entries.
            let is_end =
                record.starts_with(&END) && record[4..8] == [0; 4] && short(8) == short(10);
            let is_large = record.starts_with(&LARGE_END) && record[6..12] == [0; 6];
            if is_large || is_end && usize::from(short(10)) > MAX_ENTRIES {
                return Err(too_many());
            }
        }
        if read == 0 {
            return Ok(());
        }
        // A record may begin in one chunk and end in the next.
        chunk.drain(..chunk.len().saturating_sub(END_LEN - 1));
    }
}

fn unreadable(error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => broken(error),
        error => refused(error),
    }
}
