//! Reads the log's existing lines, then new ones as they are written.
//!
//! A long log is rotated (renamed, and a new file begun); a user may also remove it, or the whole
//! state directory. So each look compares the file at the path with the one that is open, and reads
//! a replaced file to its end before it is closed.
//!
//! # Limits
//!
//! If a file has grown by more than 4 MiB between two looks, only its last 4 MiB are read; the log is
//! rotated long before. If it is rotated more than twice between two looks, the lines between are
//! lost. On Windows, where files have no identity here, a new log is recognised by being shorter.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use herald_audio::internals::system::file::{self, Identity};
use herald_audio::internals::system::log::Log;

/// The most that one look reads, in bytes.
const MAX_READ: u64 = 4 << 20;

/// A reader of the log that remembers what it has read.
pub(in crate::cli) struct Tail {
    aside: PathBuf,
    path: PathBuf,
    current: Option<Source>,
    /// The log of the previous look: a program that has it open may still write to it.
    previous: Option<Source>,
    /// The rotated file that was last seen.
    seen_aside: Option<Identity>,
}

impl Tail {
    /// A reader of `log` that has read nothing.
    pub(in crate::cli) fn new(log: &Log) -> Self {
        let [aside, path] = log.paths();
        Self {
            aside,
            path,
            current: None,
            previous: None,
            seen_aside: None,
        }
    }

    /// The complete lines since the last call; the first call returns all.
    pub(in crate::cli) fn new_lines(&mut self) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        if let Some(previous) = self.previous.take() {
            previous.read_to_its_end(&mut lines);
        }
        if let Some(current) = &mut self.current {
            current.read(&mut lines);
            if current.is_still_at(&self.path) {
                return lines;
            }
        }
        self.turn_over(&mut lines);
        lines
    }

    /// The beginning of a line that is not complete yet.
    pub(super) fn torn(self) -> Option<Vec<u8>> {
        self.current?.torn()
    }

    /// Switches to the file that is the log now.
    fn turn_over(&mut self, lines: &mut Vec<Vec<u8>>) {
        let next = Source::open(&self.path);
        let is = |source: &Option<Source>, identity| {
            source
                .as_ref()
                .is_some_and(|source| source.identity == identity)
        };
        let left = self.current.take();
        if let Some(aside) = Source::open(&self.aside) {
            let identity = aside.identity;
            let is_new = self.seen_aside != Some(identity) && !is(&next, identity);
            if is_new && !is(&left, identity) {
                aside.read_to_its_end(lines);
            }
            self.seen_aside = Some(identity);
        }
        // A truncated file is read again from its start.
        self.previous = left.filter(|left| !is(&next, left.identity));
        self.current = next;
        if let Some(current) = &mut self.current {
            current.read(lines);
        }
    }
}

/// An open log file.
struct Source {
    file: File,
    identity: Identity,
    /// Bytes read so far.
    read: u64,
    /// The beginning of an incomplete line.
    torn: Vec<u8>,
}

impl Source {
    fn open(path: &Path) -> Option<Self> {
        let file = file::own().read(true).open(path).ok()?;
        let metadata = file.metadata().ok()?;
        metadata.is_file().then(|| Self {
            identity: Identity::of_file(&file, &metadata),
            file,
            read: 0,
            torn: Vec::new(),
        })
    }

    fn is_still_at(&self, path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok_and(|found| {
            Identity::at(path, &found) == self.identity && found.len() >= self.read
        })
    }

    fn read(&mut self, lines: &mut Vec<Vec<u8>>) {
        // A read error looks like no new lines; the next look tries again.
        let mut text = std::mem::take(&mut self.torn);
        let len = self.file.metadata().map_or(0, |metadata| metadata.len());
        let begins_in_a_line = len.saturating_sub(self.read) > MAX_READ;
        if begins_in_a_line {
            text.clear();
            self.read = len - MAX_READ;
            let _ = self.file.seek(SeekFrom::Start(self.read));
        }
        let before = text.len();
        let _ = (&self.file).take(MAX_READ).read_to_end(&mut text);
        self.read += (text.len() - before) as u64;
        if begins_in_a_line || text.len() as u64 > MAX_READ {
            let line = text.iter().position(|&byte| byte == b'\n');
            text.drain(..line.map_or(text.len(), |end| end + 1));
        }
        let whole = text.iter().rposition(|&byte| byte == b'\n');
        self.torn = text.split_off(whole.map_or(0, |end| end + 1));
        let whole = text.strip_suffix(b"\n");
        lines.extend(
            whole
                .into_iter()
                .flat_map(|text| text.split(|&byte| byte == b'\n'))
                .map(<[u8]>::to_vec),
        );
    }

    fn read_to_its_end(mut self, lines: &mut Vec<Vec<u8>>) {
        self.read(lines);
        lines.extend(self.torn());
    }

    fn torn(self) -> Option<Vec<u8>> {
        Some(self.torn).filter(|torn| !torn.is_empty())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::Write;

    struct Fixture {
        dir: tempfile::TempDir,
        tail: Tail,
    }

    impl Fixture {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let tail = Tail::new(&Log::new(dir.path()));
            Self { dir, tail }
        }

        fn append(&self, text: &str) {
            let mut options = fs::OpenOptions::new();
            let path = self.dir.path().join("log.ndjson");
            let mut file = options.append(true).create(true).open(path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }

        fn rotate(&self) {
            let path = self.dir.path().join("log.ndjson");
            fs::rename(&path, path.with_extension("ndjson.1")).unwrap();
        }

        #[track_caller]
        fn expect(&mut self, lines: &[&str]) {
            let read = self.tail.new_lines();
            let read: Vec<_> = read
                .iter()
                .map(|line| str::from_utf8(line).unwrap())
                .collect();
            assert_eq!(read, lines);
        }
    }

    #[test]
    fn each_line_comes_once_it_is_whole() {
        let mut log = Fixture::new();
        log.expect(&[]);
        log.append("one\ntw");
        log.expect(&["one"]);
        log.append("o\n\nthree\n");
        log.expect(&["two", "", "three"]);
        log.expect(&[]);
        log.append("half");
        log.expect(&[]);
        assert_eq!(log.tail.torn().unwrap(), b"half");
    }

    #[test]
    fn a_rotated_file_comes_first_and_once() {
        let mut log = Fixture::new();
        log.append("old\n");
        log.rotate();
        log.expect(&["old"]);
        log.append("new\n");
        log.expect(&["new"]);
        fs::remove_file(log.dir.path().join("log.ndjson")).unwrap();
        log.expect(&[]);
        log.append("newer\n");
        log.expect(&["newer"]);
    }

    #[test]
    fn nothing_is_lost_when_the_log_is_rotated() {
        let mut log = Fixture::new();
        log.append("one\n");
        log.expect(&["one"]);
        let path = log.dir.path().join("log.ndjson");
        let mut late = fs::OpenOptions::new().append(true).open(path).unwrap();
        log.append("two\n");
        log.rotate();
        log.append("three\n");
        log.expect(&["two", "three"]);
        late.write_all(b"late\nto").unwrap();
        log.expect(&["late", "to"]);
        log.expect(&[]);

        log.append("four\n");
        log.rotate();
        log.append("five\n");
        log.rotate();
        log.append("six\n");
        log.expect(&["four", "five", "six"]);
    }

    #[test]
    fn a_truncated_or_replaced_log_is_read_from_its_start() {
        let mut log = Fixture::new();
        log.append("one\ntwo\n");
        log.expect(&["one", "two"]);
        fs::write(log.dir.path().join("log.ndjson"), "1\n").unwrap();
        log.expect(&["1"]);
        log.append("2\n");
        log.expect(&["2"]);
        fs::remove_dir_all(log.dir.path()).unwrap();
        log.expect(&[]);
        fs::create_dir(log.dir.path()).unwrap();
        log.expect(&[]);
        log.append("3\n");
        log.expect(&["3"]);
    }

    #[test]
    fn only_the_end_of_a_huge_file_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let mut tail = Tail::new(&Log::new(dir.path()));
        let [_, path] = Log::new(dir.path()).paths();
        let file = fs::File::create(&path).unwrap();
        file.set_len(64 << 20).unwrap();
        let mut options = fs::OpenOptions::new();
        let mut file = options.append(true).open(&path).unwrap();
        file.write_all(b"torn\nlast\n").unwrap();
        assert_eq!(tail.new_lines(), [b"last"]);
        // A line that never ends is dropped.
        for _ in 0..3 {
            file.write_all(&vec![b'x'; MAX_READ as usize]).unwrap();
            assert_eq!(tail.new_lines(), [b""; 0]);
            let kept = tail.current.as_ref().map_or(0, |source| source.torn.len());
            assert!(kept as u64 <= MAX_READ, "{kept}");
        }
        file.write_all(b"\nnext\n").unwrap();
        assert_eq!(tail.new_lines(), [b"next"]);
    }
}
