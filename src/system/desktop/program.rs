//! Programs that only print something.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may take.
const LIMIT: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// The output of `program`, which is shorter than a pipe.
pub(super) fn output_of(program: &Path, args: &[&str]) -> Result<String, String> {
    let cannot = |error: io::Error| format!("cannot run {}: {error}", program.display());
    let mut command = Command::new(program);
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().map_err(cannot)?;
    let started = Instant::now();
    while child.try_wait().map_err(cannot)?.is_none() {
        if started.elapsed() > LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("{} took more than {LIMIT:?}", program.display()));
        }
        thread::sleep(LOOK_AGAIN);
    }
    let mut output = Vec::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_end(&mut output).map_err(cannot)?;
    }
    Ok(String::from_utf8_lossy(&output).into_owned())
}
