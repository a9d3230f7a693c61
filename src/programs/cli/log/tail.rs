//! The log's lines, those that are there and those that come.
//!
//! The log is put aside when it is long, and another one is begun; a user may remove it, or the
//! whole state directory. So the name is looked at each time, and who is behind it: a file that
//! is still open keeps its identity, and what was written to it last is read before it is left.
//!
//! # Limits
//!
//! Of a file that has grown by more than 4 MiB between two looks only the end is read: the log itself is
//! put aside long before.
//!
//! If the log is put aside more than twice between two looks, what was between is gone. On Windows,
//! where files cannot be told apart, a new log is noticed by being shorter.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use herald_audio::system::file::{self, Identity};
use herald_audio::system::log::Log;

/// The most that is read at a look, in bytes.
const MAX_READ: u64 = 4 << 20;

/// A reader of the log that remembers what it has read.
pub(in crate::cli) struct Tail {
    aside: PathBuf,
    path: PathBuf,
    current: Option<Source>,
    /// What was the log at the last look. A program that had opened it may still have written to it.
    previous: Option<Source>,
    /// The file put aside that was last seen.
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

    /// The whole lines that came since the last call; at the first one, all that there are.
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

    /// What was read of a line that is not whole.
    pub(super) fn torn(self) -> Option<Vec<u8>> {
        self.current?.torn()
    }

    /// Begins with whatever is the log now.
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
        // One that was cut short is begun anew.
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
    /// How much of it was read, in bytes.
    read: u64,
    /// The beginning of a line whose end has not come.
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
        // What cannot be read is not there, until it can be.
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

        fn put_aside(&self) {
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
        let mut fixture = Fixture::new();
        fixture.expect(&[]);
        fixture.append("one\ntw");
        fixture.expect(&["one"]);
        fixture.append("o\n\nthree\n");
        fixture.expect(&["two", "", "three"]);
        fixture.expect(&[]);
        fixture.append("half");
        fixture.expect(&[]);
        assert_eq!(fixture.tail.torn().unwrap(), b"half");
    }

    #[test]
    fn what_was_put_aside_before_comes_first_and_once() {
        let mut fixture = Fixture::new();
        fixture.append("old\n");
        fixture.put_aside();
        fixture.expect(&["old"]);
        fixture.append("new\n");
        fixture.expect(&["new"]);
        fs::remove_file(fixture.dir.path().join("log.ndjson")).unwrap();
        fixture.expect(&[]);
        fixture.append("newer\n");
        fixture.expect(&["newer"]);
    }

    #[test]
    fn nothing_is_lost_when_the_log_is_put_aside() {
        let mut fixture = Fixture::new();
        fixture.append("one\n");
        fixture.expect(&["one"]);
        let path = fixture.dir.path().join("log.ndjson");
        let mut late = fs::OpenOptions::new().append(true).open(path).unwrap();
        fixture.append("two\n");
        fixture.put_aside();
        fixture.append("three\n");
        fixture.expect(&["two", "three"]);
        late.write_all(b"late\nto").unwrap();
        fixture.expect(&["late", "to"]);
        fixture.expect(&[]);

        fixture.append("four\n");
        fixture.put_aside();
        fixture.append("five\n");
        fixture.put_aside();
        fixture.append("six\n");
        fixture.expect(&["four", "five", "six"]);
    }

    #[test]
    fn a_log_that_was_cut_short_or_made_anew_is_begun_again() {
        let mut fixture = Fixture::new();
        fixture.append("one\ntwo\n");
        fixture.expect(&["one", "two"]);
        fs::write(fixture.dir.path().join("log.ndjson"), "1\n").unwrap();
        fixture.expect(&["1"]);
        fixture.append("2\n");
        fixture.expect(&["2"]);
        fs::remove_dir_all(fixture.dir.path()).unwrap();
        fixture.expect(&[]);
        fs::create_dir(fixture.dir.path()).unwrap();
        fixture.expect(&[]);
        fixture.append("3\n");
        fixture.expect(&["3"]);
    }

    #[test]
    fn of_a_file_that_is_no_log_only_the_end_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let mut tail = Tail::new(&Log::new(dir.path()));
        let [_, path] = Log::new(dir.path()).paths();
        let file = fs::File::create(&path).unwrap();
        file.set_len(64 << 20).unwrap();
        let mut options = fs::OpenOptions::new();
        let mut file = options.append(true).open(&path).unwrap();
        file.write_all(b"torn\nlast\n").unwrap();
        assert_eq!(tail.new_lines(), [b"last"]);
        // One line that never ends is given up.
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
