//! The player's record: one line of JSON for each request, in `log.ndjson`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Serialize;

use super::protocol::{Outcome, Request};
use crate::file;

/// The record's name in the state directory.
const FILE_NAME: &str = "log.ndjson";
/// The length at which the record is put aside as `log.ndjson.1`, in bytes.
const MAX_LEN: u64 = 1 << 20;

/// Writes the record.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    /// Held while a line is written: lines come from several speakers' threads.
    writing: Mutex<()>,
}

/// A line of the record.
#[derive(Serialize)]
struct Line<'a> {
    /// Milliseconds since 1970-01-01 UTC.
    time_ms: u64,
    event: &'a str,
    sound: String,
    volume: f32,
    output: String,
    /// From being asked for to this line, in milliseconds.
    took_ms: u64,
    #[serde(flatten)]
    outcome: &'a Outcome,
}

impl Log {
    pub(super) fn new(state_dir: &Path) -> Self {
        Self {
            path: state_dir.join(FILE_NAME),
            writing: Mutex::new(()),
        }
    }

    /// Writes down what became of `request`. A record that cannot be written costs no sound.
    pub(super) fn write(&self, now_ms: u64, request: &Request, outcome: &Outcome) {
        let line = Line {
            time_ms: now_ms,
            event: &request.event,
            sound: request.sound.to_string(),
            volume: request.volume,
            output: request.output.to_string(),
            took_ms: now_ms.saturating_sub(request.asked_ms),
            outcome,
        };
        let Ok(mut text) = serde_json::to_string(&line) else {
            return;
        };
        text.push('\n');
        let _writing = self.writing.lock();
        let _ = self.append(text.as_bytes());
    }

    fn append(&self, line: &[u8]) -> io::Result<()> {
        let mut file = self.open()?;
        if file.metadata()?.len() + line.len() as u64 > MAX_LEN {
            fs::rename(&self.path, self.path.with_extension("ndjson.1"))?;
            file = self.open()?;
        }
        file.write_all(line)
    }

    fn open(&self) -> io::Result<File> {
        file::own().append(true).create(true).open(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::{Chime, Output, Sound};

    #[test]
    fn each_request_is_a_line_and_a_long_record_is_put_aside() {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::new(dir.path());
        let request = Request::new(
            "Stop",
            Sound::Chime(Chime::Finished),
            0.5,
            Output::Null,
            1_000,
        );
        log.write(1_007, &request, &Outcome::Played);
        log.write(
            1_008,
            &request,
            &Outcome::Failed {
                reason: "no \"device\"\n".to_owned(),
            },
        );
        let text = fs::read_to_string(dir.path().join(FILE_NAME)).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["status"], "played");
        assert_eq!(lines[0]["took_ms"], 7);
        assert_eq!(lines[0]["sound"], "builtin:finished");
        assert_eq!(lines[1]["reason"], "no \"device\"\n");

        fs::write(dir.path().join(FILE_NAME), vec![b'\n'; MAX_LEN as usize]).unwrap();
        log.write(1_009, &request, &Outcome::Played);
        assert_eq!(
            fs::metadata(dir.path().join("log.ndjson.1")).unwrap().len(),
            MAX_LEN
        );
        assert_eq!(
            fs::read_to_string(dir.path().join(FILE_NAME))
                .unwrap()
                .lines()
                .count(),
            1
        );
    }
}
