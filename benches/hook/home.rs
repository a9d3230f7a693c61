//! Private directories for each contestant.

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long to wait for an expected event.
const PATIENCE: Duration = Duration::from_secs(30);

/// A state directory, and a config with a sound for Stop.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    /// With the WAV file `wav` for Stop.
    pub(crate) fn new(wav: &[u8], audio_settings: &Value) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::write(home.path("stop.wav"), wav).unwrap();
        let sounds = home.path("").display().to_string();
        let config = serde_json::json!({
            "sound_files": {"base_path": sounds, "mappings": {"Stop": "stop.wav"}},
            "audio_settings": audio_settings,
        });
        fs::write(home.path("config.json"), config.to_string()).unwrap();
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `program` as an agent runs it, with few variables.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("CLAUDE_PROJECT_DIR", self.path(""))
            .env("HERALD_STATE_DIR", self.path("state"))
            .env("HERALD_CONFIG", self.path("config.json"))
            .env("HERALD_OUTPUT", "null");
        command
    }

    /// The number of sounds in the player's log.
    pub(crate) fn sounds(&self) -> usize {
        let record = fs::read_to_string(self.path("state/log.ndjson")).unwrap_or_default();
        record.matches("\"played\"").count()
    }

    pub(crate) fn wait_for_sounds(&self, sounds: usize) {
        wait_until("there is a sound", || {
            (self.sounds() >= sounds).then_some(())
        });
    }

    /// Ends the player, and waits for its end.
    pub(crate) fn end_player(&self) {
        self.signal_player("KILL");
        wait_until("the player ends", || self.player().is_none().then_some(()));
    }

    /// Sends a signal to the player, once it runs.
    pub(crate) fn signal_player(&self, signal: &str) {
        let player = wait_until("there is a player", || self.player());
        let sent = Command::new("kill").args(["-s", signal, &player]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    }

    /// The process id of the player, which holds its lock file.
    pub(crate) fn player(&self) -> Option<String> {
        let mut files = fs::read_dir(self.path("state")).ok()?.flatten();
        let lock = files.find(|file| {
            let name = file.file_name();
            let name = name.to_string_lossy();
            name.starts_with("player.") && name.ends_with(".lock")
        })?;
        let lock = lock.metadata().ok()?;
        let inode = format!(":{}", lock.ino());
        let locks = fs::read_to_string("/proc/locks").expect("the system tells of locks");
        locks.lines().find_map(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let is_it = fields.get(5)?.ends_with(&inode);
            is_it.then(|| fields[4].to_owned())
        })
    }
}

/// Polls until `found` returns a value.
pub(crate) fn wait_until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Runs `command` with `payload`.
pub(crate) fn run(mut command: Command, payload: &str) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program exists");
    // `true` does not read it.
    let _ = child.stdin.take().unwrap().write_all(payload.as_bytes());
    child.wait().unwrap();
}
