//! An isolated environment for a program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::PLAYS;
use crate::build::{Program, library};

/// The time limit of a program, including cargo and valgrind: it only stops a hang.
pub(crate) const LIMIT: Duration = Duration::from_secs(1_800);

/// Temporary directories for state, home and a project, removed when dropped; a player exits when its state
/// directory is gone.
#[derive(Debug)]
pub(crate) struct Sandbox(tempfile::TempDir);

impl Sandbox {
    pub(crate) fn new() -> Self {
        let sandbox = Self(tempfile::tempdir().unwrap());
        for dir in ["home", "run", "project/.claude/sounds"] {
            fs::create_dir_all(sandbox.path(dir)).unwrap();
        }
        sandbox
    }

    /// With its own sound of 20 ms for Stop, and a window.
    pub(crate) fn with_stop() -> Self {
        let sandbox = Self::new();
        let sound = sandbox.path("project/.claude/sounds/stop.wav");
        fs::write(sound, silence(960)).unwrap();
        let config = r#"{
            "sound_files": {"mappings": {"Stop": "stop.wav"}},
            "audio_settings": {"volume": 0.5, "throttle_seconds": {"Stop": 42}}
        }"#;
        fs::write(sandbox.path("project/.claude/herald.json"), config).unwrap();
        sandbox
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `program`, which must succeed. Returns its output.
    #[track_caller]
    pub(crate) fn run(&self, program: &Program, args: &[&str]) -> String {
        let mut command = self.command(program.path());
        command.args(args);
        output_of(command)
    }

    /// `program` with only this sandbox's environment. Its `PATH` has the player of this build, if there is
    /// one, and no other.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::split_paths(&path).filter(|dir| !dir.join("herald-player").exists());
        let own = PLAYS.then(|| library().to_owned());
        let path = std::env::join_paths(own.into_iter().chain(path));
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .env("PATH", path.unwrap())
            .env("HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("HERALD_STATE_DIR", self.path("state"))
            .env("HERALD_OUTPUT", "null")
            .env("CLAUDE_PROJECT_DIR", self.path("project"))
            .current_dir(self.path("project"))
            .stdin(Stdio::null());
        command
    }
}

/// Runs `command`, which must succeed. Returns its output.
#[track_caller]
pub(crate) fn output_of(command: Command) -> String {
    let what = format!("{command:?}");
    let output = test_support::output_within(command, LIMIT);
    let [said, complaint] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(
        output.status.success(),
        "{what} ended with {}: {said}{complaint}",
        output.status
    );
    said
}

/// A 48 kHz mono WAV file of 16 bits.
fn silence(samples: u32) -> Vec<u8> {
    let data_len = samples * 2;
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + data_len).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    file.extend([1u16, 1].iter().flat_map(|field| field.to_le_bytes()));
    file.extend(
        [48_000u32, 96_000]
            .iter()
            .flat_map(|field| field.to_le_bytes()),
    );
    file.extend([2u16, 16].iter().flat_map(|field| field.to_le_bytes()));
    file.extend(b"data");
    file.extend(data_len.to_le_bytes());
    file.resize(44 + data_len as usize, 0);
    file
}
