//! A machine of a fleet: a home directory and the environment that leads to it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use test_support::run;

use crate::server::Server;

pub(crate) struct Machine {
    dir: tempfile::TempDir,
}

impl Machine {
    pub(crate) fn new() -> Self {
        test_support::prepare();
        let dir = tempfile::tempdir().unwrap();
        for name in ["home", "run", "bin"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        Self { dir }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The user's config.
    pub(crate) fn config(&self) -> Value {
        let text = fs::read_to_string(self.path("home/.config/herald/config.json"));
        text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.path("home/.config/herald/fleet.key")
    }

    /// The key of this machine; the file is its user's alone.
    pub(crate) fn key(&self) -> String {
        let file = self.key_file();
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::read_to_string(file).unwrap().trim().to_owned()
    }

    /// `herald fleet` with `args`.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let dirs = [self.path("bin")]
            .into_iter()
            .chain(std::env::split_paths(&path));
        let mut command = Command::new(env!("CARGO_BIN_EXE_herald-relay"));
        command
            .args(args)
            .env_clear()
            .env("PATH", std::env::join_paths(dirs).unwrap())
            .env("HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("HERALD_STATE_DIR", self.path("state"))
            .env("HERALD_OUTPUT", "null");
        command
    }

    pub(crate) fn fleet(&self, args: &[&str], input: &str) -> Output {
        run(self.command(args), input.as_bytes())
    }

    /// What a command prints that succeeds.
    #[track_caller]
    pub(crate) fn done(&self, args: &[&str], input: &str) -> String {
        let output = self.fleet(args, input);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command complains about that fails.
    #[track_caller]
    pub(crate) fn fails(&self, args: &[&str], input: &str) -> String {
        let output = self.fleet(args, input);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Runs `init` with the administrator's key of `server`. Returns what it made.
    #[track_caller]
    pub(crate) fn init(&self, server: &Server, more: &[&str]) -> Vec<Made> {
        let (url, key) = (server.url(), server.key_file());
        let args = [
            "init",
            "--json",
            "--url",
            &url,
            "--key-file",
            key.to_str().unwrap(),
        ];
        let answer = self.done(&[&args, more].concat(), "");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let machines = answer["machines"].as_array().unwrap().iter();
        let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
        let made = machines.map(|machine| Made {
            name: text(machine, "machine"),
            key: text(machine, "key"),
            join: text(machine, "join"),
        });
        made.collect()
    }

    /// Joins as one that was made.
    #[track_caller]
    pub(crate) fn join(&self, made: &Made) -> String {
        self.done(&made.args(), &format!("{}\n", made.key))
    }
}

/// A login that was made, and how it joins.
pub(crate) struct Made {
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) join: String,
}

impl Made {
    /// The arguments of `herald fleet`.
    pub(crate) fn args(&self) -> Vec<&str> {
        let args = self.join.strip_prefix("herald fleet ").unwrap();
        args.split(' ').collect()
    }
}
