//! The agent's part: runs the hook program, and waits until it has exited and closed its outputs.

use std::io::{self, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::cli::run::read_in_background;
use herald_audio::internals::agents::Agent;

/// How long the hook may take; agents wait longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often to check whether the hook has exited, once its outputs are closed.
const LOOK: Duration = Duration::from_micros(200);
/// How much is shown of an invalid reply, in characters.
const SHOWN: usize = 60;

/// How the hook answered.
pub(super) struct Answer {
    /// Its reply, unchanged.
    pub(super) reply: String,
    /// The time from its start until it had exited and its outputs were closed.
    pub(super) took: Duration,
}

/// Runs this program's hook with `payload`, for `agent` if the command line names one.
///
/// # Errors
///
/// What would make an agent fail.
pub(super) fn run_hook(payload: &[u8], agent: Option<&'static Agent>) -> Result<Answer, String> {
    let cannot_run = |error: io::Error| format!("cannot run the hook: {error}");
    let program = std::env::current_exe().map_err(cannot_run)?;
    let mut hook = Command::new(program);
    // The hook's decision is read from the log, whatever level the user has set.
    hook.arg("hook").env("HERALD_LOG", "debug");
    if let Some(agent) = agent {
        hook.args(["--agent", agent.name]);
    }
    hook.stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let started = Instant::now();
    let mut hook = hook.spawn().map_err(cannot_run)?;
    if let Some(mut stdin) = hook.stdin.take() {
        // A hook that does not read it shows so in its reply.
        let _ = stdin.write_all(payload);
    }
    let outputs = [
        hook.stdout.take().map(read_in_background),
        hook.stderr.take().map(read_in_background),
    ];
    let rest = || PATIENCE.saturating_sub(started.elapsed());
    let read = outputs.map(|output| output.map(|output| output.recv_timeout(rest())));
    let status = ended(&mut hook, rest);
    let took = started.elapsed();
    match (status, read) {
        (Some(status), [Some(Ok(stdout)), Some(Ok(_))]) => Ok(Answer {
            reply: checked(status, &stdout, agent)?,
            took,
        }),
        (Some(_), _) => Err(format!(
            "the hook exited, but its output is still open after {} s",
            PATIENCE.as_secs()
        )),
        (None, _) => Err(format!(
            "the hook did not exit within {} s",
            PATIENCE.as_secs()
        )),
    }
}

/// The hook's exit status; a hook that does not exit in time is killed.
fn ended(hook: &mut Child, rest: impl Fn() -> Duration) -> Option<ExitStatus> {
    loop {
        match hook.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if !rest().is_zero() => std::thread::sleep(LOOK),
            _ => {
                let _ = hook.kill();
                let _ = hook.wait();
                return None;
            }
        }
    }
}

/// The reply, if it is a JSON object and the exit code is 0; some agents expect none.
fn checked(
    status: ExitStatus,
    stdout: &[u8],
    agent: Option<&'static Agent>,
) -> Result<String, String> {
    if !status.success() {
        return Err(format!(
            "the hook ended with {status}, which agents show as an error"
        ));
    }
    let reply = String::from_utf8_lossy(stdout);
    let reply = reply.trim_end();
    if reply.is_empty() && agent.is_some_and(|agent| !agent.is_claude()) {
        return Ok("nothing".to_owned());
    }
    match serde_json::from_str::<Map<String, Value>>(reply) {
        Ok(_) => Ok(reply.to_owned()),
        Err(error) => {
            let start: String = reply.chars().take(SHOWN).collect();
            Err(format!("the reply {start:?} is not a JSON object: {error}"))
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn only_an_object_and_exit_code_0_are_an_answer() {
        let (good, bad) = (ExitStatus::from_raw(0), ExitStatus::from_raw(2 << 8));
        let reply = "{\"continue\": true}";
        let line = format!("{reply}\n");
        assert_eq!(checked(good, line.as_bytes(), None).as_deref(), Ok(reply));
        let kimi = Agent::named("kimi");
        assert_eq!(checked(good, b"", kimi).as_deref(), Ok("nothing"));
        for (status, stdout, says) in [
            (bad, &*line, "ended with exit status: 2"),
            (ExitStatus::from_raw(9), &line, "signal: 9"),
            (good, "", "the reply \"\" is not a JSON object"),
            (good, "[1]", "the reply \"[1]\""),
            (good, "{} {}", "trailing"),
        ] {
            let error = checked(status, stdout.as_bytes(), None).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
