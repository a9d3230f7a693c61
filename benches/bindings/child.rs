//! A process that times itself on request.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::Case;

/// Private directories for state, config and project.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self(tempfile::tempdir().expect("a temporary directory"));
        fs::write(home.path().join("config.json"), "{}").expect("a config");
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn vars(&self) -> [(&'static str, PathBuf); 5] {
        let path = self.path();
        [
            ("HOME", path.into()),
            ("CLAUDE_PROJECT_DIR", path.into()),
            ("HERALD_STATE_DIR", path.join("state")),
            ("HERALD_CONFIG", path.join("config.json")),
            ("HERALD_OUTPUT", "null".into()),
        ]
    }
}

/// The process, which answers each line with one.
pub(crate) struct Child {
    name: String,
    process: std::process::Child,
    /// Closing it ends the process.
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    _home: Home,
}

impl Child {
    pub(crate) fn start(mut program: Command) -> Self {
        let home = Home::new();
        let name = format!("{program:?}");
        let mut process = program
            .envs(home.vars())
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        Self {
            name,
            questions: process.stdin.take(),
            answers: BufReader::new(process.stdout.take().expect("a pipe")),
            process,
            _home: home,
        }
    }

    pub(crate) fn measure(&mut self, case: Case, time: Duration) -> f64 {
        let what = match case {
            Case::Suppressed => "suppressed",
            Case::Admitted => "admitted",
            Case::Nothing => "nothing",
        };
        let questions = self.questions.as_mut().expect("not closed before it ends");
        let mut answer = String::new();
        writeln!(questions, "{what} {}", time.as_millis())
            .and_then(|()| self.answers.read_line(&mut answer))
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let time = answer.trim().parse();
        time.unwrap_or_else(|_| panic!("{} says {answer:?}: see above", self.name))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.questions = None;
        let _ = self.process.wait();
    }
}
