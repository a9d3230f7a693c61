//! Test programs, built by cargo and run here, so that each test is reported when it ends.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::process::{cannot_run_cargo, cargo};
use crate::record::test_program;
use crate::results::{self, Line};

/// How long a program may run without a test ending. Not a measure of speed: tests limit their own waits and
/// report them; this ends the rest.
const PATIENCE: Duration = Duration::from_secs(900);
/// How often to check whether a program has ended while its output is open.
const LOOK: Duration = Duration::from_secs(1);

/// A program with tests in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// The directory of its package, in which it runs, as with `cargo test`.
    pub(crate) dir: PathBuf,
}

/// Builds with cargo using `args` and `env`, and returns the test programs.
pub(crate) fn build(args: &[String], env: &[(&str, String)]) -> Result<Vec<Program>, Failure> {
    let output = cargo()
        .args(args)
        .arg("--message-format=json-render-diagnostics")
        .envs(env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(cannot_run_cargo)?;
    if !output.status.success() {
        return Err(Failure::new("the build failed (cargo says why above)"));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    Ok(messages.lines().filter_map(test_program).collect())
}

/// How to run a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way<'a> {
    /// The number of processors for all programs that run at once.
    pub(crate) processors: usize,
    /// A program that starts it.
    pub(crate) wrapper: &'a [&'a str],
    pub(crate) env: &'a [(&'static str, String)],
    /// The order of the tests; by default as listed.
    pub(crate) seed: Option<u64>,
}

/// The number of processors available.
pub(crate) fn processors() -> usize {
    thread::available_parallelism().map_or(2, usize::from)
}

/// The output of a program.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    pub(crate) lines: Vec<Line>,
    /// The complete output, if it failed.
    pub(crate) complaint: Option<String>,
}

impl Ended {
    /// The number of tests that ended.
    pub(crate) fn tests(&self) -> usize {
        let ended = |line: &&Line| matches!(line, Line::Ended(_));
        self.lines.iter().filter(ended).count()
    }
}

/// Runs `program` to its end, or until nothing happens for too long.
pub(crate) fn run(program: &Program, way: &Way<'_>) -> Ended {
    let mut words = way.wrapper.iter().copied().map(std::ffi::OsStr::new);
    let mut command = match words.next() {
        Some(wrapper) => {
            let mut command = Command::new(wrapper);
            command.args(words).arg(&program.path);
            command
        }
        None => Command::new(&program.path),
    };
    // Durations and the order need unstable options.
    command.args(["-Z", "unstable-options", "--report-time"]);
    command.env("RUSTC_BOOTSTRAP", "1");
    // Most tests mostly wait.
    command.args(["--test-threads", &(3 * way.processors).to_string()]);
    if let Some(seed) = way.seed {
        command.args(["--shuffle-seed", &seed.to_string()]);
    }
    command
        .current_dir(&program.dir)
        .envs(way.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    match command.spawn() {
        Ok(child) => listen(child),
        Err(error) => Ended {
            lines: Vec::new(),
            complaint: Some(format!("cannot run {command:?}: {error}")),
        },
    }
}

/// Reads a program's output until it has ended, or nothing happens for too long.
fn listen(mut child: Child) -> Ended {
    let (send, said) = mpsc::channel();
    let pipes: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|pipe| Box::new(pipe) as _),
        child.stderr.take().map(|pipe| Box::new(pipe) as _),
    ];
    for pipe in pipes.into_iter().flatten() {
        let send = send.clone();
        thread::spawn(move || pass_on(pipe, &send));
    }
    drop(send);
    let (mut text, mut lines) = (String::new(), Vec::new());
    let mut last = Instant::now();
    let status = loop {
        match said.recv_timeout(LOOK) {
            Ok(line) => {
                text += &line;
                text.push('\n');
                let line = results::read(&line);
                if matches!(line, Line::Ended(_)) {
                    last = Instant::now();
                }
                lines.push(line);
            }
            Err(RecvTimeoutError::Disconnected) => break child.wait().ok(),
            // A child may outlive it and keep its output open.
            Err(RecvTimeoutError::Timeout) => match child.try_wait() {
                Ok(Some(status)) => break Some(status),
                _ if last.elapsed() > PATIENCE => break None,
                _ => {}
            },
        }
    };
    let complaint = match status {
        Some(status) if status.success() => None,
        Some(status) => Some(format!("{text}it ended with {status}")),
        None => {
            kill(&mut child);
            let (running, patience) = (still_running(&lines), PATIENCE.as_secs());
            Some(format!(
                "{text}killed: no test has ended for {patience} s, and these ran: {running}"
            ))
        }
    };
    Ended { lines, complaint }
}

fn pass_on(pipe: Box<dyn Read + Send>, lines: &mpsc::Sender<String>) {
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    while let Ok(1..) = reader.read_until(b'\n', &mut line) {
        let text = String::from_utf8_lossy(&line);
        if lines
            .send(text.trim_end_matches(['\r', '\n']).to_owned())
            .is_err()
        {
            return;
        }
        line.clear();
    }
}

/// The tests reported as slow that have not ended.
fn still_running(lines: &[Line]) -> String {
    let has_ended = |name: &str| {
        let is_it = |line: &Line| matches!(line, Line::Ended(test) if test.name == name);
        lines.iter().any(is_it)
    };
    let running = lines.iter().filter_map(|line| match line {
        Line::StillRuns(name) if !has_ended(name) => Some(name.as_str()),
        _ => None,
    });
    running.collect::<Vec<_>>().join(", ")
}

/// Kills a program with its process group.
fn kill(child: &mut Child) {
    if cfg!(unix) {
        let group = format!("-{}", child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::results::Outcome;

    fn said_by(script: &str) -> Ended {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        shell.stdout(Stdio::piped()).stderr(Stdio::piped());
        listen(shell.spawn().unwrap())
    }

    #[test]
    fn lines_are_read_and_a_failure_is_kept_whole() {
        let well = said_by("echo 'test a ... ok <0.5s>'; echo; echo 'test result: ok'");
        assert_eq!(well.complaint, None);
        assert_eq!(well.lines.len(), 3);
        let is_a =
            |line: &Line| matches!(line, Line::Ended(test) if test.outcome == Outcome::Passed);
        assert!(is_a(&well.lines[0]));

        let bad = said_by("echo 'test a ... FAILED'; echo why >&2; exit 101");
        let complaint = bad.complaint.unwrap();
        assert!(complaint.contains("test a ... FAILED\n"), "{complaint}");
        assert!(complaint.contains("why\n"), "{complaint}");
        assert!(complaint.ends_with("exit status: 101"), "{complaint}");
    }

    #[test]
    fn what_hangs_is_named() {
        let lines = ["a", "b"].map(|name| Line::StillRuns(name.to_owned()));
        let ended = results::read("test a ... ok");
        assert_eq!(still_running(&[&lines[..], &[ended]].concat()), "b");
    }
}
