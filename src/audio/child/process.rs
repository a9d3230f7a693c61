//! The decoder process, from outside.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::limits;
use crate::audio::clip::Format;
use crate::decodings::DECODE;
use crate::system::process::start_apart;
#[cfg(unix)]
use crate::system::wait;

/// How often to poll where the system does not report the end.
const POLL_INTERVAL: Duration = Duration::from_millis(1);
/// How long to wait for a killed process.
const KILL_LIMIT: Duration = Duration::from_secs(1);

pub(super) struct Process {
    child: Child,
    /// Identifies it even if its process id was reused.
    #[cfg(target_os = "linux")]
    handle: Option<std::os::fd::OwnedFd>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    OutOfMemory,
    OutOfProcessor,
    OutOfTime,
    /// By a signal from outside.
    #[cfg(unix)]
    Killed,
    /// Any other end before its answer.
    Failed,
    /// Reaped by another part of this program.
    Unknown,
}

impl Process {
    /// Starts `program` to decode `file`, from its current position, in `format`.
    pub(super) fn start(program: &Path, file: File, format: Format) -> io::Result<Self> {
        let mut command = Command::new(program);
        command
            .arg(DECODE)
            .args([format.rate.to_string(), format.channels.to_string()])
            .env_clear()
            // For glibc: each thread's reserved address space would count as memory.
            .env("MALLOC_ARENA_MAX", "1")
            .stdin(file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        #[cfg(windows)]
        command.envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
        let child = start_apart(&mut command)?;
        Ok(Self {
            #[cfg(target_os = "linux")]
            handle: {
                use rustix::process::{Pid, PidfdFlags, pidfd_open};
                pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).ok()
            },
            child,
        })
    }

    /// Its output until `until`; later reads fail with [`io::ErrorKind::TimedOut`].
    pub(super) fn output(&mut self, until: Instant) -> impl Read {
        Timed {
            output: self.child.stdout.take(),
            until,
        }
    }

    /// Kills and reaps it.
    pub(super) fn kill(&mut self) -> End {
        self.signal();
        let until = Instant::now() + KILL_LIMIT;
        while Instant::now() < until {
            if let Some(end) = self.ended() {
                return end;
            }
            self.pause(KILL_LIMIT);
        }
        End::Unknown
    }

    /// Waits until it has exited, and reaps it; kills it at `until`.
    pub(super) fn wait(&mut self, until: Instant) -> End {
        loop {
            if let Some(end) = self.ended() {
                return end;
            }
            let rest = until.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                self.kill();
                return End::OutOfTime;
            }
            self.pause(rest);
        }
    }

    fn signal(&mut self) {
        #[cfg(target_os = "linux")]
        if let Some(handle) = &self.handle {
            let _ = rustix::process::pidfd_send_signal(handle, rustix::process::Signal::KILL);
            return;
        }
        let _ = self.child.kill();
    }

    /// Waits up to `limit` until it may have exited.
    fn pause(&self, limit: Duration) {
        #[cfg(target_os = "linux")]
        if let Some(handle) = &self.handle {
            let _ = wait::is_ready(handle, rustix::event::PollFlags::IN, limit);
            return;
        }
        std::thread::sleep(limit.min(POLL_INTERVAL));
    }

    fn ended(&mut self) -> Option<End> {
        match self.status() {
            Ok(status) => status.map(of_status),
            Err(_) => Some(End::Unknown),
        }
    }

    fn status(&mut self) -> io::Result<Option<ExitStatus>> {
        #[cfg(target_os = "linux")]
        if let Some(handle) = &self.handle {
            use std::os::fd::AsFd;
            return wait::ended(rustix::process::WaitId::PidFd(handle.as_fd()));
        }
        self.child.try_wait()
    }
}

fn of_code(code: Option<i32>) -> End {
    match code {
        Some(limits::TOO_LONG) => End::OutOfTime,
        _ => End::Failed,
    }
}

#[cfg(unix)]
fn of_signal(signal: i32) -> End {
    match signal {
        // The standard library aborts when memory is exhausted.
        libc::SIGABRT => End::OutOfMemory,
        libc::SIGXCPU => End::OutOfProcessor,
        libc::SIGKILL | libc::SIGTERM | libc::SIGINT | libc::SIGHUP => End::Killed,
        _ => End::Failed,
    }
}

#[cfg(unix)]
pub(super) fn of_status(status: ExitStatus) -> End {
    use std::os::unix::process::ExitStatusExt;
    let signal = status.signal();
    signal.map_or_else(|| of_code(status.code()), of_signal)
}

#[cfg(windows)]
pub(super) fn of_status(status: ExitStatus) -> End {
    // From ntstatus.h and winerror.h: the exit codes of the standard library without memory, and of a job
    // that used up its time.
    const STATUS_STACK_BUFFER_OVERRUN: i32 = 0xC000_0409_u32.cast_signed();
    const ERROR_NOT_ENOUGH_QUOTA: i32 = 1816;
    match status.code() {
        Some(STATUS_STACK_BUFFER_OVERRUN) => End::OutOfMemory,
        Some(ERROR_NOT_ENOUGH_QUOTA) => End::OutOfProcessor,
        code => of_code(code),
    }
}

/// The output of a process, up to a moment.
struct Timed {
    output: Option<ChildStdout>,
    until: Instant,
}

impl Read for Timed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(output) = &mut self.output else {
            return Ok(0);
        };
        let rest = self.until.saturating_duration_since(Instant::now());
        // On other systems, the process ends in time, and so does its output.
        #[cfg(unix)]
        let is_late = !wait::is_ready(output, rustix::event::PollFlags::IN, rest)?;
        #[cfg(not(unix))]
        let is_late = rest.is_zero();
        match is_late {
            true => Err(io::ErrorKind::TimedOut.into()),
            false => output.read(into),
        }
    }
}
