//! Programs started by a test: waited for with a limit, and killed when the test ends.

use std::io::{Seek, Write};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::{PATIENCE, prepare, wait_until};

/// The capacity of a pipe on every system, in bytes.
const PIPE_LEN: usize = 4_096;

/// Runs `command` with `input` on its standard input, to the end of its output.
///
/// # Panics
///
/// If it cannot be started, or does not end within [`PATIENCE`].
#[track_caller]
pub fn run(mut command: Command, input: &[u8]) -> Output {
    command.stdin(holding(input));
    output_of(command)
}

/// A standard input with the content `input`, complete from the start. If it is short, it is a pipe, as for
/// agents.
///
/// # Panics
///
/// If no pipe or temporary file can be created.
pub fn holding(input: &[u8]) -> Stdio {
    if input.len() <= PIPE_LEN {
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(input).unwrap();
        return reader.into();
    }
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input).unwrap();
    file.rewind().unwrap();
    file.into()
}

/// Runs `command` to the end of its output, with inherited input.
///
/// # Panics
///
/// As [`run`].
#[track_caller]
pub fn output_of(command: Command) -> Output {
    output_within(command, PATIENCE)
}

/// As [`output_of`], with the time limit `limit`.
///
/// # Panics
///
/// As [`run`].
#[track_caller]
pub fn output_within(mut command: Command, limit: Duration) -> Output {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Running::start(command).output_within(limit)
}

/// A running program, killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Option<Child>,
    /// Shown when a wait fails.
    what: String,
}

impl Running {
    /// Starts `command`.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[track_caller]
    pub fn start(mut command: Command) -> Self {
        prepare();
        let what = format!("{command:?}");
        let child = command.spawn();
        Self {
            child: Some(child.unwrap_or_else(|error| panic!("{what}: {error}"))),
            what,
        }
    }

    /// The process.
    ///
    /// # Panics
    ///
    /// Never: it is only taken by functions that consume this value.
    pub fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("it is taken at the end")
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    ///
    /// If it does not end within [`PATIENCE`].
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let what = format!("{} has ended", self.what);
        wait_until(&what, || self.child().try_wait().unwrap())
    }

    /// Waits until it and its output have ended.
    ///
    /// # Panics
    ///
    /// As [`Self::wait`].
    #[track_caller]
    pub fn output(self) -> Output {
        self.output_within(PATIENCE)
    }

    #[track_caller]
    fn output_within(mut self, limit: Duration) -> Output {
        let child = self.child.take().expect("it is taken at the end");
        let pid = child.id();
        let (done, ended) = mpsc::channel();
        thread::spawn(move || done.send(child.wait_with_output()));
        match ended.recv_timeout(limit) {
            Ok(output) => output.unwrap(),
            Err(_) => {
                kill(pid);
                panic!("waited in vain until {} has ended", self.what);
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Kills a process that was not waited for.
#[cfg(unix)]
fn kill(pid: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        let _ = kill_process(pid, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill(_: u32) {}
