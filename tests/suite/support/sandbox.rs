//! An isolated environment for running Herald. The tools that a test binary uses depend on its features.
#![cfg_attr(not(all(unix, feature = "playback")), allow(dead_code, unused_imports))]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Barrier;
use std::thread;

use super::real_time::{note_a_delay, tells_of_a_delay};
use herald_audio::internals::player::Authority;
use herald_audio::internals::player::client::PlayerClient;
use herald_audio::internals::system::env::Env;
use serde_json::{Value, json};
pub(crate) use test_support::{Running, holding, output_of, run, wait_until};

/// The usual reply of a hook.
pub(crate) const REPLY: &str = "{\"continue\": true}\n";

/// Whether to run long tests: `HERALD_SOAK=1`.
pub(crate) fn is_soak() -> bool {
    std::env::var_os("HERALD_SOAK").is_some_and(|value| value == "1")
}

/// Temporary directories for state, home and a project, removed when dropped; a player exits when its state
/// directory is gone.
pub(crate) struct Sandbox {
    dir: tempfile::TempDir,
    vars: Vec<(String, String)>,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        test_support::prepare();
        let sandbox = Self {
            dir: new_dir(),
            vars: Vec::new(),
        };
        for dir in ["home", "run", "project"] {
            fs::create_dir(sandbox.path(dir)).unwrap();
        }
        sandbox.with("HERALD_OUTPUT", "null")
    }

    /// Sets an environment variable for all programs run here.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.vars.retain(|(set, _)| set != name);
        self.vars
            .push((name.to_owned(), value.as_ref().to_str().unwrap().to_owned()));
        self
    }

    /// A sandbox in which no state file can be mapped or repaired.
    pub(crate) fn without_mapping() -> Self {
        let sandbox = Self::new();
        for name in ["throttle.v1", "throttle.v1.repair"] {
            fs::create_dir_all(sandbox.state_dir().join(name)).unwrap();
        }
        sandbox
    }

    /// Sets the sound for Stop to `samples`, interleaved 48 kHz stereo, at full volume and unchanged.
    pub(crate) fn with_stop(self, samples: &[i16]) -> Self {
        let sounds = self.path("project/.claude/sounds");
        fs::create_dir_all(&sounds).unwrap();
        fs::write(sounds.join("stop.wav"), wav(samples)).unwrap();
        self.with_config(&json!({
            "sound_files": {"mappings": {"Stop": "stop.wav"}},
            "audio_settings": {"volume": 1.0, "loudness": "off"},
        }))
    }

    /// Sets the project's `config`.
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

    /// The client of the player with this environment.
    pub(crate) fn player(&self) -> PlayerClient {
        let env = Env::of(self.vars());
        PlayerClient::new(self.state_dir(), &Authority::of_user(&env).unwrap())
    }

    /// The path of its inbox.
    pub(crate) fn inbox(&self) -> PathBuf {
        self.player().inbox().unwrap()
    }

    /// The environment of all programs run here: only this sandbox.
    pub(crate) fn vars(&self) -> Vec<(String, OsString)> {
        let own = [
            ("PATH", path()),
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

    /// `program` with that environment.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(found(program.as_ref()));
        command
            .env_clear()
            .envs(self.vars())
            .current_dir(self.path("project"))
            .stdin(Stdio::null());
        command
    }

    /// `herald` with `args`.
    pub(crate) fn herald(&self, args: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_herald"));
        command.args(args);
        command
    }

    /// Plays `sound` to its end, again if a busy machine made it late; the error is `herald`'s message.
    pub(crate) fn play(&self, sound: &str) -> Result<(), String> {
        const LATE: [&str; 2] = ["too late: requested", "not loaded in time"];
        wait_until("the sound plays in time", || {
            let played = complaint(run(self.herald(&["play", sound, "--wait"]), b""));
            let is_late = matches!(&played, Err(why) if LATE.iter().any(|late| why.contains(late)));
            (!is_late).then_some(played)
        })
    }

    /// The log lines about sounds so far.
    pub(crate) fn record(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.state_dir().join("log.ndjson")).unwrap_or_default();
        let whole_lines = text.rfind('\n').map_or("", |end| &text[..end]);
        whole_lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|line| line["sound"].is_string())
            .collect()
    }

    /// The log lines about sounds, once there are `len`.
    pub(crate) fn wait_for_record(&self, len: usize) -> Vec<Value> {
        wait_until(&format!("the player's record has {len} lines"), || {
            Some(self.record()).filter(|record| record.len() >= len)
        })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let record = fs::read_to_string(self.state_dir().join("log.ndjson")).unwrap_or_default();
        note_a_delay(tells_of_a_delay(&record));
        #[cfg(all(target_os = "linux", feature = "playback"))]
        note_a_delay(crate::support::process::kill_all_of(self.dir.path()));
        // A player exits when its directory is gone, and may create a file there before.
        let removed = || {
            let _ = fs::remove_dir_all(self.dir.path());
            fs::symlink_metadata(self.dir.path()).err().map(drop)
        };
        // A failed test only reports its own failure.
        if removed().is_none() && !thread::panicking() {
            wait_until("the sandbox is gone", removed);
        }
    }
}

/// A new directory, in memory if there is plenty: some file systems are slow with many files, which is not
/// tested here.
fn new_dir() -> tempfile::TempDir {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{StatVfsMountFlags, statvfs};
        let has_room = |memory: rustix::fs::StatVfs| {
            let runs = !memory.f_flag.contains(StatVfsMountFlags::NOEXEC);
            runs && memory.f_bavail * memory.f_frsize > 1 << 30
        };
        if statvfs("/dev/shm").is_ok_and(has_room)
            && let Ok(dir) = tempfile::tempdir_in("/dev/shm")
        {
            return dir;
        }
    }
    tempfile::tempdir().unwrap()
}

/// The path of the program. Otherwise the child would search for it, which requires a fork, and that takes
/// long in a process of this size.
fn found(program: &Path) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).map(|dir| dir.join(program));
    let here = program.components().count() == 1;
    let found = here.then(|| places.find(|place| place.is_file())).flatten();
    found.unwrap_or_else(|| program.to_owned())
}

/// This machine's programs, without those that tests must not find: an installed Herald, or an agent.
fn path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_ours = |dir: &PathBuf| {
        let programs = ["herald", "herald-player", "claude", "codex"];
        !programs.iter().any(|program| dir.join(program).exists())
    };
    std::env::join_paths(std::env::split_paths(&path).filter(is_ours)).unwrap()
}

/// Runs `call` with its number on `threads` threads at once.
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

/// Starts programs at the same moment: each stops at a gate until it is opened.
#[cfg(unix)]
pub(crate) struct Gate {
    /// Read by programs at the gate; it ends when the gate opens.
    closed: std::io::PipeReader,
    key: std::io::PipeWriter,
}

#[cfg(unix)]
impl Gate {
    pub(crate) fn new() -> Self {
        let (closed, key) = std::io::pipe().unwrap();
        Self { closed, key }
    }

    /// Starts `herald` with `args` and `input` in a pipe.
    pub(crate) fn herald(&self, sandbox: &Sandbox, args: &[&str], input: &str) -> Running {
        let mut shell = sandbox.command("sh");
        let script = "read -r _; input=$1; shift; exec \"$0\" \"$@\" <<END\n$input\nEND\n";
        shell.args(["-c", script, env!("CARGO_BIN_EXE_herald"), input]);
        shell.args(args);
        shell.stdin(self.closed.try_clone().unwrap());
        shell.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running::start(shell)
    }

    pub(crate) fn open(self) {
        drop(self.key);
    }
}

/// Writes an executable shell script.
///
/// Written by another program: a file open for writing cannot be executed ("text file busy"), and a child
/// forked by another test inherits this process's open files.
#[cfg(unix)]
pub(crate) fn write_program(path: &Path, script: &str) {
    let mut shell = Command::new("sh");
    shell
        .args(["-ec", r#"cat > "$1"; chmod 755 "$1""#, "sh"])
        .arg(path);
    let written = run(shell, format!("#!/bin/sh\n{script}\n").as_bytes());
    assert!(written.status.success(), "{written:?}");
}

/// A sandbox with a sound that lasts until the returned path exists.
#[cfg(unix)]
pub(crate) fn endless() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    let (player, end) = (sandbox.path("player"), sandbox.path("end"));
    // It also ends when the sandbox is dropped, with the script.
    let script = format!(
        "while [ -e \"$0\" ] && [ ! -e {} ]; do sleep 0.01; done",
        end.display()
    );
    write_program(&player, &script);
    let sandbox = sandbox
        .with("HERALD_OUTPUT", "command")
        .with("AUDIO_PLAYER_TIMEOUT", "3600")
        .with("AUDIO_PLAYER_CMD", player);
    (sandbox, end)
}

/// A named pipe, on which opening may block.
pub(crate) fn make_fifo(path: &Path) {
    let mut mkfifo = Command::new("mkfifo");
    mkfifo.arg(path);
    assert!(Running::start(mkfifo).wait().success());
}

/// The standard error of a failed program.
pub(crate) fn complaint(output: Output) -> Result<(), String> {
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8(output.stderr).unwrap())
}

/// A directory with `herald` and without a player.
///
/// A link rather than a copy: a file open for writing cannot be executed ("text file busy") while another
/// test forks.
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

/// The samples of such a WAV file, as far as written; none if it does not exist.
pub(crate) fn samples(path: &Path) -> Vec<i16> {
    const HEADER_LEN: usize = 44;
    let file = fs::read(path).unwrap_or_default();
    let pairs = file.get(HEADER_LEN..).unwrap_or_default().chunks_exact(2);
    pairs
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect()
}

/// `ms` milliseconds of 48 kHz stereo noise at a third of full scale, without a frame of zeros, so that
/// missing, repeated or moved samples are detected.
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

/// All sample payloads, by name.
pub(crate) fn payloads() -> Vec<(String, Vec<u8>)> {
    let dir = super::repository().join("tests/fixtures/payloads");
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
