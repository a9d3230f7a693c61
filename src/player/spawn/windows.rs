//! Starts the player without a console, in its own process group, outside the job in which the agent may kill
//! the hook, and without the hook's standard handles: a new process inherits all inheritable handles,
//! including those this process was given.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::windows::io::AsRawHandle;
use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use windows_sys::Win32::Foundation::{
    GetHandleInformation, HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation,
};

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
    let _withheld = Withheld::standard_handles();
    let mut player = match command.spawn() {
        // The job does not permit leaving it; a player inside it is better than none.
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

/// Handles of this process that are temporarily not inheritable.
struct Withheld(Vec<HANDLE>);

#[allow(
    unsafe_code,
    reason = "the standard library does not say what is inherited"
)]
impl Withheld {
    fn standard_handles() -> Self {
        let handles: [HANDLE; 3] = [
            io::stdin().as_raw_handle(),
            io::stdout().as_raw_handle(),
            io::stderr().as_raw_handle(),
        ];
        let is_inherited = |handle: &HANDLE| {
            let mut flags = 0;
            // SAFETY: a handle of this process, or none, which is an error without effect.
            let found = unsafe { GetHandleInformation(*handle, &raw mut flags) };
            found != 0 && flags & HANDLE_FLAG_INHERIT != 0
        };
        let withheld = Self(handles.into_iter().filter(is_inherited).collect());
        withheld.inherit(0);
        withheld
    }

    fn inherit(&self, flag: u32) {
        for handle in &self.0 {
            // SAFETY: a handle of this process; the flag only affects inheritance.
            unsafe { SetHandleInformation(*handle, HANDLE_FLAG_INHERIT, flag) };
        }
    }
}

impl Drop for Withheld {
    fn drop(&mut self) {
        self.inherit(HANDLE_FLAG_INHERIT);
    }
}

/// Reads the first message, and leaves the hook's directory.
#[cfg(any(feature = "playback", feature = "relay"))]
pub(in crate::player) fn detach_from_hook() -> io::Result<Vec<u8>> {
    use std::io::BufRead;

    if let Some(root) = std::env::var_os("SystemRoot") {
        std::env::set_current_dir(root)?;
    }
    let mut message = Vec::new();
    io::stdin().lock().read_until(b'\n', &mut message)?;
    Ok(message)
}

/// The decoder has no others: it only gets these.
#[cfg(feature = "playback")]
pub(in crate::player) const fn keep_standard_files() {}
