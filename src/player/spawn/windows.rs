//! Without a console, in a process group of its own, and outside of the job that the agent may end
//! together with the hook.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

// From winbase.h: DETACHED_PROCESS and CREATE_NEW_PROCESS_GROUP.
const ALONE: u32 = 0x0000_0008 | 0x0000_0200;
const CREATE_BREAKAWAY_FROM_JOB: u32 = 0x0100_0000;

#[derive(Debug)]
pub(super) struct Process(Child);

impl Process {
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().ok().flatten()
    }
}

pub(super) fn start(
    program: &Path,
    arg: &str,
    env: &[(OsString, OsString)],
    message: &str,
) -> io::Result<Process> {
    let mut command = Command::new(program);
    command
        .arg(arg)
        .env_clear()
        .envs(env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.creation_flags(ALONE | CREATE_BREAKAWAY_FROM_JOB);
    let mut player = match command.spawn() {
        // A job that nobody may leave: better in it than not at all.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            command.creation_flags(ALONE).spawn()
        }
        started => started,
    }?;
    if let Some(mut stdin) = player.stdin.take() {
        stdin.write_all(message.as_bytes())?;
    }
    Ok(Process(player))
}

/// Reads the first message, and leaves the directory that the hook was in.
#[cfg(feature = "playback")]
pub(in crate::player) fn take_leave_of_the_hook() -> io::Result<Vec<u8>> {
    use std::io::Read;

    if let Some(root) = std::env::var_os("SystemRoot") {
        std::env::set_current_dir(root)?;
    }
    let mut message = Vec::new();
    io::stdin().read_to_end(&mut message)?;
    Ok(message)
}
