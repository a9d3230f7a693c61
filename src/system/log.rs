//! The log: `log.ndjson` in the state directory, one line of JSON per request that the player received, and
//! for some other events.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::system::env::Env;
use crate::system::file::{self, Identity};
use crate::system::stopwatch::Slow;

/// The log's name in the state directory.
const FILE_NAME: &str = "log.ndjson";
/// The version of the lines, which stand under `v`.
const VERSION: u32 = 1;
/// The length in bytes at which the log is renamed to `log.ndjson.1`.
const MAX_LEN: u64 = 1 << 20;

/// What to log. Each level includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing.
    Off,
    /// Failures and slow steps.
    Warn,
    /// Every request that the player received.
    #[default]
    Info,
    /// Hooks that requested no sound, too.
    Debug,
}

impl Level {
    /// The level in `HERALD_LOG`; the default if unknown.
    pub fn from_env(env: &Env) -> Self {
        let name = env.get("HERALD_LOG").unwrap_or_default();
        Self::named(&name.to_string_lossy()).unwrap_or_default()
    }

    /// The level called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "off" | "none" | "0" => Self::Off,
            "error" | "warn" | "warning" => Self::Warn,
            "info" => Self::Info,
            "debug" | "trace" => Self::Debug,
            _ => return None,
        })
    }
}

/// Writes the log.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    /// Held while a line is written, because several threads write.
    writing: Mutex<()>,
}

/// A line of the log. Missing values are omitted.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Line<'a> {
    /// Milliseconds since 1970-01-01 UTC.
    pub time_ms: u64,
    /// The event, or another subject.
    pub event: &'a str,
    /// The agent that reported it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<&'a str>,
    /// The directory of the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<&'a str>,
    /// The agent's session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<&'a str>,
    /// The box of the fleet that reported it.
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    pub from: Option<&'a str>,
    /// The desk of the fleet that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk: Option<&'a str>,
    /// The outcome of a request: `played`, `stopped`, `skipped`, `failed`, `refused`; before it is repeated:
    /// `reminded`; of a command: `ran`, `failed`, `refused`; of a hook: `sent`, `suppressed`, `skipped`; of
    /// the config: `loaded`, `changed`, `removed`.
    pub status: &'a str,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    /// The sound that was played.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sound: Option<String>,
    /// The volume, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<f32>,
    /// By how much the sound was turned up or down for its loudness, in decibels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gain_db: Option<f32>,
    /// The configured output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// The output that played it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<&'a str>,
    /// The program of a command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<&'a str>,
    /// The time from the request to this line, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// The steps that took longer than 10 ms, in milliseconds.
    #[serde(skip_serializing_if = "Slow::is_empty")]
    pub slow: Slow,
}

/// A line as it is written.
#[derive(Serialize)]
struct Versioned<'a> {
    v: u32,
    #[serde(flatten)]
    line: &'a Line<'a>,
}

impl Line<'_> {
    /// The lowest level at which it is written.
    pub fn level(&self) -> Level {
        match self.status {
            _ if !self.slow.is_empty() => Level::Warn,
            "failed" | "refused" => Level::Warn,
            // A request that the player received.
            "skipped" if self.sound.is_some() => Level::Info,
            "suppressed" | "skipped" | "sent" => Level::Debug,
            _ => Level::Info,
        }
    }
}

/// The path of the log in `state_dir`.
pub fn path(state_dir: &Path) -> PathBuf {
    state_dir.join(FILE_NAME)
}

impl Log {
    /// The log in `state_dir`.
    pub fn new(state_dir: &Path) -> Self {
        Self {
            path: path(state_dir),
            writing: Mutex::new(()),
        }
    }

    /// The renamed log, and the current one.
    pub fn paths(&self) -> [PathBuf; 2] {
        [self.aside(), self.path.clone()]
    }

    fn aside(&self) -> PathBuf {
        self.path.with_extension("ndjson.1")
    }

    /// Writes `line` if `level` includes it. Errors are ignored.
    pub fn write(&self, line: &Line<'_>, level: Level) {
        if line.level() > level {
            return;
        }
        let v = VERSION;
        let Ok(mut text) = serde_json::to_string(&Versioned { v, line }) else {
            return;
        };
        text.push('\n');
        let _writing = self.writing.lock();
        let _ = self.append(text.as_bytes());
    }

    fn append(&self, line: &[u8]) -> io::Result<()> {
        let mut file = self.open()?;
        let metadata = file.metadata()?;
        if metadata.len() + line.len() as u64 > MAX_LEN {
            self.rotate(Identity::of_file(&file, &metadata))?;
            file = self.open()?;
        }
        file::append_line(&mut file, line)
    }

    /// Renames `full`, unless another process already has: then the path is a new file.
    fn rotate(&self, full: Identity) -> io::Result<()> {
        let found = fs::symlink_metadata(&self.path)?;
        if Identity::at(&self.path, &found) == full {
            fs::rename(&self.path, self.aside())?;
        }
        Ok(())
    }

    fn open(&self) -> io::Result<File> {
        file::own().append(true).create(true).open(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(status: &str) -> Line<'_> {
        Line {
            time_ms: 1_007,
            event: "Stop",
            status,
            ..Line::default()
        }
    }

    fn lines(dir: &Path) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(dir.join(FILE_NAME)).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn a_line_says_what_is_known_and_a_long_log_is_put_aside() {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::new(dir.path());
        log.write(&line("played"), Level::Info);
        let failed = Line {
            reason: Some("no \"device\"\n"),
            slow: Slow::from([("open the output", 12)]),
            ..line("failed")
        };
        log.write(&failed, Level::Info);
        assert_eq!(
            lines(dir.path()),
            [
                serde_json::json!({"v": 1, "time_ms": 1007, "event": "Stop", "status": "played"}),
                serde_json::json!({"v": 1, "time_ms": 1007, "event": "Stop", "status": "failed",
                    "reason": "no \"device\"\n", "slow": {"open the output": 12}}),
            ]
        );
        fs::write(dir.path().join(FILE_NAME), vec![b'\n'; MAX_LEN as usize]).unwrap();
        log.write(&line("played"), Level::Info);
        assert_eq!(lines(dir.path()).len(), 1);
        let aside = fs::metadata(dir.path().join("log.ndjson.1")).unwrap();
        assert_eq!(aside.len(), MAX_LEN);
    }

    #[test]
    fn a_level_leaves_out_what_is_beyond_it() {
        let slow = Line {
            slow: Slow::from([("config", 11)]),
            ..line("suppressed")
        };
        for (level, expected) in [
            ("off", &[][..]),
            ("warn", &["failed", "suppressed"]),
            ("what?", &["played", "failed", "suppressed"]),
            ("DEBUG", &["played", "failed", "skipped", "suppressed"]),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let log = Log::new(dir.path());
            let level = Level::from_env(&Env::of([("HERALD_LOG", level)]));
            for status in ["played", "failed", "skipped"] {
                log.write(&line(status), level);
            }
            log.write(&slow, level);
            let written = lines(dir.path());
            let written = written.iter().map(|line| line["status"].as_str().unwrap());
            assert_eq!(written.collect::<Vec<_>>(), expected);
        }
    }
}
