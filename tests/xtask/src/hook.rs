//! Runs the hook in a separate state directory, and waits for the player's log.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::record::{self, Outcome};

const REPLY_LIMIT: Duration = Duration::from_secs(10);
const RECORD_LIMIT: Duration = Duration::from_secs(15);

/// A private directory for one player, which exits when it is removed.
pub(crate) struct StateDir(PathBuf);

/// The hook's reply, and its duration for the caller.
pub(crate) struct Reply {
    pub(crate) json: String,
    pub(crate) took: Duration,
}

impl StateDir {
    pub(crate) fn new() -> Result<Self, Failure> {
        let builder = owner_only();
        let mut number = 0;
        loop {
            let name = format!("herald-first-sound-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            match builder.create(&path) {
                Ok(()) => return Ok(Self(path)),
                // An existing directory is never reused.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => {
                    number += 1;
                }
                Err(error) => {
                    return Err(Failure::new(format!(
                        "cannot create {}: {error} (set TMPDIR to a directory you may write to)",
                        path.display()
                    )));
                }
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Waits for the outcome in the player's log; none if nothing is logged.
    pub(crate) fn wait_for_outcome(&self) -> Option<Outcome> {
        let deadline = Instant::now() + RECORD_LIMIT;
        loop {
            let log = fs::read(self.0.join("log.ndjson")).unwrap_or_default();
            let outcome = record::outcome(&String::from_utf8_lossy(&log));
            if outcome.is_some() || Instant::now() >= deadline {
                return outcome;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for StateDir {
    fn drop(&mut self) {
        // The player may create a file during the removal: retry.
        for _ in 0..5 {
            if fs::remove_dir_all(&self.0).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

#[cfg(unix)]
fn owner_only() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

/// On other systems the temporary directory belongs to the user.
#[cfg(not(unix))]
fn owner_only() -> DirBuilder {
    DirBuilder::new()
}

/// Runs `herald hook Stop` like an agent, with `output` as `HERALD_OUTPUT` if given.
pub(crate) fn fire(
    herald: &Path,
    payload: &[u8],
    state: &StateDir,
    output: Option<&OsStr>,
) -> Result<Reply, Failure> {
    let mut command = Command::new(herald);
    command
        .args(["hook", "Stop"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .env("HERALD_STATE_DIR", &state.0);
    // The caller may be an agent itself; its project and headless mode must not apply.
    for name in [
        "HERALD_CONFIG",
        "CLAUDE_PROJECT_DIR",
        "CLAUDE_CODE_ENTRYPOINT",
    ] {
        command.env_remove(name);
    }
    if let Some(output) = output {
        command.env("HERALD_OUTPUT", output);
    }
    let start = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|error| failed(herald, &error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A hook that exits early closes the pipe; its reply shows the result.
        let _ = stdin.write_all(payload);
    }
    let json = read_reply(&mut child).map_err(|why| failed(herald, why))?;
    let took = start.elapsed();
    let status = child
        .wait()
        .map_err(|error| failed(herald, &error.to_string()))?;
    if !status.success() || json.is_empty() {
        let why = format!("it ended with {status} and replied '{json}'");
        return Err(failed(herald, &why));
    }
    Ok(Reply { json, took })
}

/// The hook's output until its last holder has closed it, which agents wait for.
fn read_reply(child: &mut Child) -> Result<String, &'static str> {
    let Some(mut stdout) = child.stdout.take() else {
        return Err("it has no stdout");
    };
    let (done, reply) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stdout.read_to_end(&mut bytes);
        let _ = done.send(bytes);
    });
    match reply.recv_timeout(REPLY_LIMIT) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).trim().to_owned()),
        Err(_) => {
            let _ = child.kill();
            let _ = child.wait();
            Err("its stdout was still open after 10 seconds")
        }
    }
}

fn failed(herald: &Path, why: &str) -> Failure {
    Failure::new(format!(
        "the hook failed: {why} (run {} hook Stop < tests/fixtures/payloads/Stop.json to see more)",
        herald.display()
    ))
}
