//! `.tar.gz` files.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::rc::Rc;

use flate2::bufread::GzDecoder;
use tar::{Archive, EntryType, PaxExtensions};

use super::entry::{Entry, Kind, MAX_LEN, MAX_RATIO, SMALL, Visit, broken, refused};
use herald_audio::{Error, Result};

/// The longest list of attributes, and the longest name, of an entry.
const MAX_ATTRIBUTES_LEN: u64 = 64 << 10;
/// Headers and padding.
const MAX_STREAM_LEN: u64 = MAX_LEN + 100_000_000;

/// Calls `visit` for each entry.
pub(super) fn each(archive: &mut File, visit: Visit<'_>) -> Result<()> {
    archive.rewind().map_err(broken)?;
    let tally = Rc::new(Tally::default());
    let packed = Packed(archive, Rc::clone(&tally));
    let unpacked = GzDecoder::new(BufReader::new(packed));
    let mut archive = Archive::new(Unpacked(unpacked, Rc::clone(&tally)));
    let why = |error: io::Error| match tally.is_bomb() {
        true => refused("it is compressed more than sounds can be"),
        false => broken(error),
    };
    each_in(&mut archive, visit, &why)?;
    // To the end, where the checksum is.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(why)?;
    Ok(())
}

fn each_in<R: Read>(
    archive: &mut Archive<R>,
    visit: Visit<'_>,
    why: &dyn Fn(io::Error) -> Error,
) -> Result<()> {
    let mut long_name = None;
    for entry in archive.entries().map_err(why)?.raw(true) {
        let mut entry = entry.map_err(why)?;
        let kind = match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => Kind::File,
            EntryType::Directory => Kind::Dir,
            EntryType::Link | EntryType::Symlink => Kind::Link,
            EntryType::XGlobalHeader | EntryType::GNULongLink => continue,
            EntryType::GNULongName => {
                let mut name = attributes(&mut entry, why)?;
                name.truncate(
                    name.iter()
                        .position(|byte| *byte == 0)
                        .unwrap_or(name.len()),
                );
                long_name = Some(name);
                continue;
            }
            EntryType::XHeader => {
                let named = path_in(&attributes(&mut entry, why)?)?;
                long_name = named.or(long_name);
                continue;
            }
            _ => Kind::Special,
        };
        let name = long_name.take();
        let name = name.unwrap_or_else(|| entry.header().path_bytes().into_owned());
        let len = match kind {
            Kind::File => entry.header().entry_size().map_err(why)?,
            _ => 0,
        };
        visit(Entry {
            name: &name,
            kind,
            len,
            content: &mut entry,
        })?;
    }
    Ok(())
}

fn attributes(entry: &mut impl Read, why: &dyn Fn(io::Error) -> Error) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut start = entry.take(MAX_ATTRIBUTES_LEN + 1);
    start.read_to_end(&mut bytes).map_err(why)?;
    match bytes.len() as u64 > MAX_ATTRIBUTES_LEN {
        true => Err(refused("a name in it is too long")),
        false => Ok(bytes),
    }
}

/// The path in the attributes of the next entry, if they have one.
fn path_in(attributes: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut path = None;
    for attribute in PaxExtensions::new(attributes) {
        let attribute = attribute.map_err(broken)?;
        match attribute.key_bytes() {
            b"path" => path = Some(attribute.value_bytes().to_vec()),
            key if key == b"size" || key.starts_with(b"GNU.sparse.") => {
                return Err(refused("the length of a file in it is not in its header"));
            }
            _ => {}
        }
    }
    Ok(path)
}

/// How many bytes went in and came out.
#[derive(Default)]
struct Tally {
    packed: Cell<u64>,
    unpacked: Cell<u64>,
}

impl Tally {
    fn is_bomb(&self) -> bool {
        let unpacked = self.unpacked.get();
        let fair = self.packed.get().saturating_mul(MAX_RATIO).max(SMALL);
        unpacked > fair || unpacked > MAX_STREAM_LEN
    }
}

struct Packed<R>(R, Rc<Tally>);

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        self.1.packed.set(self.1.packed.get() + count as u64);
        Ok(count)
    }
}

struct Unpacked<R>(R, Rc<Tally>);

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        self.1.unpacked.set(self.1.unpacked.get() + count as u64);
        match self.1.is_bomb() {
            true => Err(io::Error::other("compressed too much")),
            false => Ok(count),
        }
    }
}
