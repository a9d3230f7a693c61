//! A place where a test runs Herald without touching, or being touched by, anything else.
//! Which of its tools a test binary uses depends on the features it is built with.
#![cfg_attr(
    not(all(unix, feature = "cli", feature = "playback")),
    allow(dead_code)
)]

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// What a hook writes to its standard output.
pub(crate) const REPLY: &str = "{\"continue\": true}\n";

/// How long a test waits for something that must come. Not a measure of speed: it only ends a
/// test that would otherwise hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// Temporary directories for state and home, and a project. They go when it is dropped; a player
/// that notices its state directory gone leaves.
pub(crate) struct Sandbox {
    dir: tempfile::TempDir,
    vars: Vec<(String, String)>,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let sandbox = Self {
            dir: tempfile::tempdir().unwrap(),
            vars: Vec::new(),
        };
        for dir in ["home", "run", "project"] {
            fs::create_dir(sandbox.path(dir)).unwrap();
        }
        sandbox.with("HERALD_OUTPUT", "null")
    }

    /// Sets an environment variable for every program run here.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.vars.retain(|(set, _)| set != name);
        self.vars
            .push((name.to_owned(), value.as_ref().to_str().unwrap().to_owned()));
        self
    }

    /// One in which no state file can be mapped, nor repaired.
    pub(crate) fn without_mapping() -> Self {
        let sandbox = Self::new();
        for name in ["throttle.v1", "throttle.v1.repair"] {
            fs::create_dir_all(sandbox.state_dir().join(name)).unwrap();
        }
        sandbox
    }

    /// Makes Stop sound like `samples`, interleaved 48 kHz stereo, at full volume.
    pub(crate) fn with_stop(self, samples: &[i16]) -> Self {
        let sounds = self.path("project/.claude/sounds");
        fs::create_dir_all(&sounds).unwrap();
        fs::write(sounds.join("stop.wav"), wav(samples)).unwrap();
        self.with_config(&json!({
            "sound_files": {"mappings": {"Stop": "stop.wav"}},
            "audio_settings": {"volume": 1.0},
        }))
    }

    /// Puts `config` in force for the project.
    pub(crate) fn with_config(self, config: &Value) -> Self {
        fs::create_dir_all(self.path("project/.claude")).unwrap();
        fs::write(self.path("project/.claude/herald.json"), config.to_string()).unwrap();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        let named = self
            .vars
            .iter()
            .find(|(name, _)| name == "HERALD_STATE_DIR");
        named.map_or_else(|| self.path("state"), |(_, dir)| dir.into())
    }

    /// The environment of every program run here: nothing but this sandbox.
    pub(crate) fn vars(&self) -> Vec<(String, OsString)> {
        let own = [
            ("PATH", std::env::var_os("PATH").unwrap_or_default()),
            ("HOME", self.path("home").into()),
            ("XDG_RUNTIME_DIR", self.path("run").into()),
            ("HERALD_STATE_DIR", self.state_dir().into()),
            ("CLAUDE_PROJECT_DIR", self.path("project").into()),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        let set = self.vars.iter();
        let set = set.map(|(name, value)| (name.clone(), value.into()));
        own.into_iter().chain(set).collect()
    }

    /// `program`, with that environment.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .envs(self.vars())
            .current_dir(self.path("project"))
            .stdin(Stdio::null());
        command
    }

    /// `herald` with `args`.
    #[cfg(feature = "cli")]
    pub(crate) fn herald(&self, args: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_herald"));
        command.args(args);
        command
    }

    /// Plays `sound` to its end; else what `herald` complains of.
    #[cfg(feature = "cli")]
    pub(crate) fn play(&self, sound: &str) -> Result<(), String> {
        complaint(run(self.herald(&["play", sound, "--wait"]), b""))
    }

    /// The player's record so far: the lines about sounds.
    pub(crate) fn record(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.state_dir().join("log.ndjson")).unwrap_or_default();
        let whole_lines = text.rfind('\n').map_or("", |end| &text[..end]);
        whole_lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|line| line["sound"].is_string())
            .collect()
    }

    /// The player's record, once it has `len` lines.
    pub(crate) fn wait_for_record(&self, len: usize) -> Vec<Value> {
        wait_until(&format!("the player's record has {len} lines"), || {
            Some(self.record()).filter(|record| record.len() >= len)
        })
    }
}

/// Polls until `found` finds something.
pub(crate) fn wait_until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Runs `call` on `threads` threads at once, with the number of each.
pub(crate) fn at_once<T: Send>(threads: usize, call: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(threads);
    let run = |number| {
        barrier.wait();
        call(number)
    };
    thread::scope(|scope| {
        let run = &run;
        let threads: Vec<_> = (0..threads)
            .map(|number| scope.spawn(move || run(number)))
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap());
        joined.collect()
    })
}

/// Runs `command` with `input` on its standard input, to the end of its output.
pub(crate) fn run(mut command: Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may not want to read it.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// What a program that failed says on its standard error.
pub(crate) fn complaint(output: Output) -> Result<(), String> {
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8(output.stderr).unwrap())
}

/// A directory with `herald` in it, and no player beside it.
///
/// A link, not a copy: a program that is just being written cannot be run ("text file busy")
/// while another test forks.
#[cfg(feature = "cli")]
pub(crate) fn herald_alone() -> tempfile::TempDir {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    fs::hard_link(env!("CARGO_BIN_EXE_herald"), dir.path().join("herald")).unwrap();
    dir
}

/// A 48 kHz stereo WAV file of 16 bits.
pub(crate) fn wav(samples: &[i16]) -> Vec<u8> {
    let data_len = u32::try_from(samples.len() * 2).unwrap();
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + data_len).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    file.extend([1u16, 2].iter().flat_map(|field| field.to_le_bytes()));
    file.extend(
        [48_000u32, 192_000]
            .iter()
            .flat_map(|field| field.to_le_bytes()),
    );
    file.extend([4u16, 16].iter().flat_map(|field| field.to_le_bytes()));
    file.extend(b"data");
    file.extend(data_len.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}

/// The samples of a WAV file of that kind, as far as it is written; none if it is not there.
pub(crate) fn samples(path: &Path) -> Vec<i16> {
    const HEADER_LEN: usize = 44;
    let file = fs::read(path).unwrap_or_default();
    let pairs = file.get(HEADER_LEN..).unwrap_or_default().chunks_exact(2);
    pairs
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect()
}

/// `ms` milliseconds of 48 kHz stereo noise at a third of full scale, without a frame of zeros:
/// what is missing, doubled or moved in a recording of it shows.
pub(crate) fn noise(ms: usize) -> Vec<i16> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % 20_000) as i16 - 10_000
    };
    (0..ms * 96)
        .map(|_| match next() {
            0 => 1,
            sample => sample,
        })
        .collect()
}

/// Every sample payload: its name and its content.
pub(crate) fn payloads() -> Vec<(String, Vec<u8>)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/payloads");
    let mut payloads: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    payloads.sort();
    assert!(payloads.len() > 40, "the sample payloads are gone");
    payloads
}

/// The sample payload called `name`.
pub(crate) fn payload(name: &str) -> Vec<u8> {
    let found = payloads().into_iter().find(|(payload, _)| payload == name);
    found.unwrap_or_else(|| panic!("no payload {name}")).1
}
