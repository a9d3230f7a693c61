//! With posix_spawn: half as dear as a fork, and it makes the session. The rest of taking leave the
//! player does itself, as its first act.

use std::ffi::{CString, OsStr, OsString, c_char, c_int, c_short};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::ptr;

use rustix::process::{Pid, WaitOptions, waitpid};

/// A session of its own; on Apple's systems, where the second number is from `sys/spawn.h`, also
/// none of the files that nobody named. Elsewhere the player makes its session itself.
#[cfg(target_os = "linux")]
const ALONE: c_short = libc::POSIX_SPAWN_SETSID;
#[cfg(target_vendor = "apple")]
const ALONE: c_short = libc::POSIX_SPAWN_CLOEXEC_DEFAULT as c_short | 0x0400;
#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
const ALONE: c_short = 0;
/// And what signals do.
const FLAGS: c_short =
    ALONE | (libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETSIGMASK) as c_short;

/// Signals that whoever started the hook may have told it to ignore, or the hook itself.
const SIGNALS: [c_int; 6] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGPIPE,
    libc::SIGTERM,
    libc::SIGCHLD,
];

#[derive(Debug)]
pub(super) struct Process(Pid);

impl Process {
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        match waitpid(Some(self.0), WaitOptions::NOHANG) {
            Ok(None) => None,
            Ok(Some((_, status))) => Some(ExitStatus::from_raw(status.as_raw())),
            // Somebody else in this program has taken leave of it.
            Err(_) => Some(ExitStatus::from_raw(0)),
        }
    }
}

pub(super) fn start(
    program: &Path,
    arg: &str,
    env: &[(OsString, OsString)],
    message: &str,
) -> io::Result<Process> {
    let program = CString::new(program.as_os_str().as_bytes())?;
    let args = [program.clone(), CString::new(arg)?];
    let env: Vec<CString> = env
        .iter()
        .map(|(name, value)| {
            CString::new([name, OsStr::new("="), value].map(OsStr::as_bytes).concat())
        })
        .collect::<Result<_, _>>()?;
    let (stdin, message_end) = io::pipe()?;
    // Without waiting for the player to read: the smallest pipe there is holds most messages.
    rustix::io::ioctl_fionbio(&message_end, true)?;
    if rustix::io::write(&message_end, message.as_bytes())? < message.len() {
        return Err(io::Error::other("the pipe to it is too small"));
    }
    drop(message_end);
    posix_spawn(&program, &args, &env, stdin.as_fd()).map(Process)
}

#[allow(
    unsafe_code,
    reason = "the standard library cannot start a session without a fork"
)]
fn posix_spawn(
    program: &CString,
    args: &[CString],
    env: &[CString],
    stdin: BorrowedFd<'_>,
) -> io::Result<Pid> {
    let pointers = |strings: &[CString]| -> Vec<*mut c_char> {
        let strings = strings.iter().map(|string| string.as_ptr().cast_mut());
        strings.chain([ptr::null_mut()]).collect()
    };
    let attributes = Attributes::new()?;
    let actions = FileActions::new(stdin)?;
    let mut pid = 0;
    // SAFETY: the strings, both of their lists, which end with a null, and what the attributes and
    // actions point to live until it returns; nothing writes to them.
    check(unsafe {
        libc::posix_spawnp(
            &raw mut pid,
            program.as_ptr(),
            &raw const actions.0,
            &raw const attributes.0,
            pointers(args).as_ptr(),
            pointers(env).as_ptr(),
        )
    })?;
    Pid::from_raw(pid).ok_or_else(|| io::Error::other("it has no number"))
}

/// What the player is given, and what not, besides its files.
struct Attributes(libc::posix_spawnattr_t);

#[allow(unsafe_code, reason = "C's way to say it")]
impl Attributes {
    fn new() -> io::Result<Self> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: it is for this call to make a value of it.
        check(unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: the call succeeded. From here on it is destroyed once.
        let mut attributes = Self(unsafe { attributes.assume_init() });
        let this = &raw mut attributes.0;
        // SAFETY: `this` was made above.
        check(unsafe { libc::posix_spawnattr_setflags(this, FLAGS) })?;
        let mut none = MaybeUninit::uninit();
        // SAFETY: it is for this call to make a value of it.
        unsafe { libc::sigemptyset(none.as_mut_ptr()) };
        // SAFETY: it cannot fail.
        let none = unsafe { none.assume_init() };
        // SAFETY: `this` and the set were made above.
        check(unsafe { libc::posix_spawnattr_setsigmask(this, &raw const none) })?;
        let mut default = none;
        for signal in SIGNALS {
            // SAFETY: a copy of the set, and a signal that exists.
            unsafe { libc::sigaddset(&raw mut default, signal) };
        }
        // SAFETY: `this` and the set were made above.
        check(unsafe { libc::posix_spawnattr_setsigdefault(this, &raw const default) })?;
        Ok(attributes)
    }
}

#[allow(unsafe_code, reason = "C's way to say it")]
impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: it was made, and is destroyed once.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}

/// The player's three standard files.
struct FileActions(libc::posix_spawn_file_actions_t);

#[allow(unsafe_code, reason = "C's way to say it")]
impl FileActions {
    fn new(stdin: BorrowedFd<'_>) -> io::Result<Self> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: it is for this call to make a value of it.
        check(unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) })?;
        // SAFETY: the call succeeded. From here on it is destroyed once.
        let mut actions = Self(unsafe { actions.assume_init() });
        let this = &raw mut actions.0;
        // SAFETY: `this` was made above; the rest is integers.
        check(unsafe { libc::posix_spawn_file_actions_adddup2(this, stdin.as_raw_fd(), 0) })?;
        for output in [1, 2] {
            let null = c"/dev/null".as_ptr();
            // SAFETY: `this` was made above, and `null` is a C string.
            check(unsafe {
                libc::posix_spawn_file_actions_addopen(this, output, null, libc::O_WRONLY, 0)
            })?;
        }
        Ok(actions)
    }
}

#[allow(unsafe_code, reason = "C's way to say it")]
impl Drop for FileActions {
    fn drop(&mut self) {
        // SAFETY: it was made, and is destroyed once.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut self.0) };
    }
}

fn check(error: c_int) -> io::Result<()> {
    match error {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Reads the first message, and lets go of everything that the hook has left open, and of where
/// it was. For the beginning of the player, when nothing else is open.
#[cfg(feature = "playback")]
pub(in crate::player) fn take_leave_of_the_hook() -> io::Result<Vec<u8>> {
    use std::io::BufRead;

    use rustix::fs::{Mode, OFlags};

    // It has one already, where posix_spawn knows how.
    let _ = rustix::process::setsid();
    keep_standard_files();
    rustix::process::chdir("/")?;
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let mut message = Vec::new();
    std::io::stdin().lock().read_until(b'\n', &mut message)?;
    let null = rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    Ok(message)
}

/// Closes every file but the three standard ones. For the beginning of the player, when nothing else is
/// open.
#[cfg(feature = "playback")]
pub(in crate::player) fn keep_standard_files() {
    close_from(3);
}

/// Closes every descriptor from `first` on.
#[cfg(feature = "playback")]
#[allow(
    unsafe_code,
    reason = "descriptors that are not ours have no safe name"
)]
fn close_from(first: c_int) {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: plain integers, and nothing in this program has opened anything yet; a kernel
        // older than 5.9 says no, and the loop does it.
        let done = unsafe { libc::syscall(libc::SYS_close_range, first, c_int::MAX, 0) };
        if done == 0 {
            return;
        }
    }
    for descriptor in first..1_024 {
        // SAFETY: as above; a number that is no descriptor is an error without effect.
        unsafe { libc::close(descriptor) };
    }
}
