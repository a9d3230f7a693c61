//! The config in force beside what a user would pick instead, in one run: reading it, alone and
//! while it is reloaded; and loading it.
//!
//! # What is asked
//!
//! A read needs one value of the config in force, the sounds directory. With one, two and eight
//! threads that read at the same time, first alone; then while another thread loads a file anew
//! every 10 ms and puts what it says in force. All contestants load the same file with the same
//! code: they differ in how they share what comes of it.
//!
//! # How it is measured
//!
//! A figure is the median time of a read in batches of 2,000, and the median of several such
//! medians; the contestants take turns, so that a slow minute of the machine is nobody's own.
//! With `--test` everything runs once, briefly.
//!
//! # Limits
//!
//! A batch that the system interrupts is slow for anybody: what the slowest batch takes alone is
//! the measure of what it takes under reloads. With more threads than processors, a reader that
//! has none for a while is slow as well. A loop lets the processor overlap one read with the next;
//! a read on its own, with cold caches, takes as long as what it has to fetch.

mod contestants;
mod loading;
mod reading;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use contestants::Origin;
use herald_audio::internals::system::env::Env;
use tempfile::TempDir;

/// A config as people have one.
const SMALL: &str = r#"{
  "sound_files": { "base_path": "/home/dev/sounds", "mappings": { "Stop": "done.wav" } },
  "audio_settings": { "volume": 0.4, "overlap": "queue", "throttle_seconds": { "Stop": 30 } },
  "events": { "SessionStart": { "enabled": true } }
}
"#;
const ORIGINAL: &str = include_str!("../../tests/fixtures/original/audio_config.json");

/// How much to measure.
#[derive(Clone, Copy)]
struct Effort {
    /// Time for one figure; at least one batch is measured.
    time: Duration,
    /// Times everything is measured; the median counts.
    repeats: usize,
}

/// Where the files are.
struct Home(TempDir);

impl Home {
    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.root().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Where the config that is read comes from.
    fn origin(&self) -> Origin {
        let file = self.write("read.json", SMALL);
        Origin {
            env: Env::of([("HERALD_CONFIG", file)]),
            root: self.root().to_owned(),
        }
    }
}

fn main() {
    let has = |option: &str| std::env::args().any(|argument| argument == option);
    let effort = match has("--bench") && !has("--test") {
        true => Effort {
            time: Duration::from_millis(300),
            repeats: 5,
        },
        false => {
            println!("Everything runs once, to see that it does; the figures mean nothing.\n");
            Effort {
                time: Duration::ZERO,
                repeats: 1,
            }
        }
    };
    let home = Home(tempfile::tempdir().unwrap());
    reading::run(&home, effort);
    loading::run(&home, effort);
}
