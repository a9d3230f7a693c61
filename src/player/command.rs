//! Runs a command of the user's config to its end: without a shell or a window, in a process group of its
//! own, for a limited time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::config::CommandLine;
use crate::system::env::Env;
use crate::system::external;
use crate::system::process::{kill_apart, start_apart};

/// How long to wait before the next look at a command: a part of the time it has run, within these limits.
const LOOK_AGAIN: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(10)];
/// How many bytes of its output are kept, from the end.
const MAX_OUTPUT: u64 = 500;

/// How a command ended.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    /// The end of its output.
    pub(super) output: String,
}

/// Runs `command` with `fields` in place of its placeholders and with `variables`. After `limit` it is
/// stopped, with its children on Unix.
///
/// # Errors
///
/// Why it did not run to its end.
pub(super) fn run(
    command: &CommandLine,
    fields: &BTreeMap<String, String>,
    variables: impl Iterator<Item = (String, String)>,
    env: &Env,
    limit: Duration,
) -> Result<Ended, String> {
    let name = command.program();
    let program = env.expand(name);
    let program = match program.is_absolute() {
        true => Some(program),
        false => external::on_path(name, env),
    };
    let program = program.ok_or_else(|| format!("{name} is not installed"))?;
    let cannot = |error: io::Error| format!("cannot run {name}: {error}");
    let mut output = tempfile::tempfile().map_err(cannot)?;
    let clone = || output.try_clone().map_err(cannot);
    let mut process = Command::new(program);
    process
        .args(command.args(fields))
        .envs(variables)
        .stdin(Stdio::null())
        .stdout(clone()?)
        .stderr(clone()?);
    let mut child = start_apart(&mut process).map_err(cannot)?;
    let status = wait(&mut child, limit).map_err(cannot)?;
    let status =
        status.ok_or_else(|| format!("{name} did not finish within {limit:?} and was stopped"))?;
    let output = end_of(&mut output).unwrap_or_default();
    Ok(Ended { status, output })
}

/// Waits for the end of `child`, and stops it with its children after `limit`.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    while started.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let [shortest, longest] = LOOK_AGAIN;
        thread::sleep((started.elapsed() / 8).clamp(shortest, longest));
    }
    kill_apart(child);
    child.wait().map(|_| None)
}

fn end_of(output: &mut File) -> io::Result<String> {
    let len = output.seek(SeekFrom::End(0))?;
    output.seek(SeekFrom::Start(len.saturating_sub(MAX_OUTPUT)))?;
    let mut text = Vec::new();
    output.take(MAX_OUTPUT).read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).trim().to_owned())
}
