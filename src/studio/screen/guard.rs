//! A program that is killed cannot restore its terminal. So another one waits for it: this one, which starts
//! itself once more for the screen.

use std::env;
use std::io::{self, Write};
use std::process::Command;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, getppid, kill_process};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use herald_audio::{Error, Result};

use crate::interrupt;

/// Names the process that waits.
const VARIABLE: &str = "HERALD_STUDIO_GUARD";
const INTERVAL: Duration = Duration::from_millis(50);
/// Leaves the alternate screen and shows the cursor.
const PLAIN: &[u8] = b"\x1b[?1049l\x1b[?25h\x1b[0m";

/// In the program that a person has started: starts another for the screen, waits for it, and returns its exit
/// code. In that other: none.
pub(super) fn stand(cannot: impl Fn() -> Error) -> Result<Option<u8>> {
    if env::var_os(VARIABLE).is_some() {
        ignore_the_foreground();
        return Ok(None);
    }
    let failed = |error: io::Error| cannot().because(error);
    let before = tcgetattr(io::stdin()).map_err(|error| failed(error.into()))?;
    let program = env::current_exe().map_err(failed)?;
    let mut child = Command::new(program)
        .args(env::args_os().skip(1))
        .env(VARIABLE, std::process::id().to_string())
        .spawn()
        .map_err(failed)?;
    let mut is_told = false;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status;
        }
        if interrupt::check().is_err() && !is_told {
            is_told = true;
            let _ = kill_process(Pid::from_child(&child), Signal::TERM);
        }
        thread::sleep(INTERVAL);
    };
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    if code.is_none() {
        restore(&before);
    }
    Ok(Some(code.unwrap_or(1)))
}

/// If the program that waits is killed, the shell takes the terminal back before this one restores it.
#[allow(unsafe_code, reason = "nothing safe ignores a signal")]
fn ignore_the_foreground() {
    for signal in [libc::SIGTTIN, libc::SIGTTOU] {
        // SAFETY: ignoring a signal installs no code.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

fn restore(before: &Termios) {
    let mut stdout = io::stdout();
    let _ = stdout.write_all(PLAIN).and_then(|()| stdout.flush());
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
}

/// Whether the program that waits was killed.
pub(super) fn is_gone() -> bool {
    let guard = env::var(VARIABLE).ok().and_then(|id| id.parse().ok());
    let guard = guard.and_then(Pid::from_raw);
    guard.is_some() && getppid() != guard
}
