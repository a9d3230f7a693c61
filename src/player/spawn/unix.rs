//! Uses posix_spawn, at half the cost of a fork; it also creates the session. The player completes the
//! detachment as its first action.

use std::ffi::{CString, OsStr, OsString, c_char, c_int, c_short};
use std::io;
use std::mem::MaybeUninit;
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitStatus;
use std::ptr;

use rustix::process::{Pid, WaitId};

use crate::system::wait;

/// A separate session. On Apple's systems, also closes files that are not listed; that value is from
/// `sys/spawn.h`. On other systems the player creates its session itself.
#[cfg(target_os = "linux")]
const ALONE: c_short = libc::POSIX_SPAWN_SETSID;
#[cfg(target_vendor = "apple")]
const ALONE: c_short = libc::POSIX_SPAWN_CLOEXEC_DEFAULT as c_short | 0x0400;
#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
const ALONE: c_short = 0;
/// Also resets signals.
const FLAGS: c_short =
    ALONE | (libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETSIGMASK) as c_short;

/// Signals that the hook or its parent may have set to be ignored.
const SIGNALS: [c_int; 6] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGPIPE,
    libc::SIGTERM,
    libc::SIGCHLD,
];

/// A player as a child of a program that may reap arbitrary children, or ignore them all.
#[derive(Debug)]
pub(super) enum Process {
    /// The process itself, even if its id was reused.
    #[cfg(target_os = "linux")]
    Handle(OwnedFd),
    /// The process id. It may name another child, if this one was reaped elsewhere and the id was reused.
    Number(Pid),
    /// It exited and was reaped elsewhere.
    #[cfg(target_os = "linux")]
    Reaped,
}

impl Process {
    #[cfg(target_os = "linux")]
    fn new(number: Pid) -> Self {
        use rustix::io::Errno;
        use rustix::process::{PidfdFlags, pidfd_open};
        match pidfd_open(number, PidfdFlags::empty()) {
            Ok(handle) => Self::Handle(handle),
            Err(Errno::SRCH) => Self::Reaped,
            // A kernel before 5.3, a sandbox without this call, or no free descriptor.
            Err(_) => Self::Number(number),
        }
    }

    #[cfg(not(target_os = "linux"))]
    const fn new(number: Pid) -> Self {
        Self::Number(number)
    }

    pub(super) fn ended(&self) -> Option<ExitStatus> {
        let whom = match self {
            #[cfg(target_os = "linux")]
            Self::Handle(handle) => WaitId::PidFd(handle.as_fd()),
            Self::Number(number) => WaitId::Pid(*number),
            #[cfg(target_os = "linux")]
            Self::Reaped => return Some(ExitStatus::default()),
        };
        // The status is unknown if it was reaped elsewhere.
        wait::ended(whom).unwrap_or_else(|_| Some(ExitStatus::default()))
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
    // Never waits for the player to read; the smallest pipe holds most messages.
    rustix::io::ioctl_fionbio(&message_end, true)?;
    if rustix::io::write(&message_end, message.as_bytes())? < message.len() {
        return Err(io::Error::other("the pipe to the player is too small"));
    }
    drop(message_end);
    posix_spawn(&program, &args, &env, stdin.as_fd()).map(Process::new)
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
    // SAFETY: the strings, both null-terminated lists, the attributes and the actions live until the call
    // returns, and are not modified meanwhile.
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
    Pid::from_raw(pid).ok_or_else(|| io::Error::other("no process id"))
}

/// The session and signal settings.
struct Attributes(libc::posix_spawnattr_t);

#[allow(unsafe_code, reason = "C's way to say it")]
impl Attributes {
    fn new() -> io::Result<Self> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the call initialises the value.
        check(unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: the call succeeded. The value is destroyed once.
        let mut attributes = Self(unsafe { attributes.assume_init() });
        let this = &raw mut attributes.0;
        // SAFETY: `this` is initialised.
        check(unsafe { libc::posix_spawnattr_setflags(this, FLAGS) })?;
        let mut none = MaybeUninit::uninit();
        // SAFETY: the call initialises the value.
        unsafe { libc::sigemptyset(none.as_mut_ptr()) };
        // SAFETY: the call cannot fail.
        let none = unsafe { none.assume_init() };
        // SAFETY: `this` and the set are initialised.
        check(unsafe { libc::posix_spawnattr_setsigmask(this, &raw const none) })?;
        let mut default = none;
        for signal in SIGNALS {
            // SAFETY: an initialised set and an existing signal.
            unsafe { libc::sigaddset(&raw mut default, signal) };
        }
        // SAFETY: `this` and the set are initialised.
        check(unsafe { libc::posix_spawnattr_setsigdefault(this, &raw const default) })?;
        Ok(attributes)
    }
}

#[allow(unsafe_code, reason = "C's way to say it")]
impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: it is initialised, and destroyed once.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}

/// The standard files of the player.
struct FileActions(libc::posix_spawn_file_actions_t);

#[allow(unsafe_code, reason = "C's way to say it")]
impl FileActions {
    fn new(stdin: BorrowedFd<'_>) -> io::Result<Self> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: the call initialises the value.
        check(unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) })?;
        // SAFETY: the call succeeded. The value is destroyed once.
        let mut actions = Self(unsafe { actions.assume_init() });
        let this = &raw mut actions.0;
        // SAFETY: `this` is initialised; the other arguments are integers.
        check(unsafe { libc::posix_spawn_file_actions_adddup2(this, stdin.as_raw_fd(), 0) })?;
        for output in [1, 2] {
            let null = c"/dev/null".as_ptr();
            // SAFETY: `this` is initialised, and `null` is a C string.
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
        // SAFETY: it is initialised, and destroyed once.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut self.0) };
    }
}

fn check(error: c_int) -> io::Result<()> {
    match error {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Reads the first message, closes the files that the hook left open, and leaves its directory. Call at the
/// start of the player, before anything else is opened.
#[cfg(any(feature = "playback", feature = "relay"))]
pub(in crate::player) fn detach_from_hook() -> io::Result<Vec<u8>> {
    use std::io::BufRead;

    use rustix::fs::{Mode, OFlags};

    // Fails where posix_spawn has created it.
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

/// Closes all files except the standard ones. Call at the start of the player, before anything else is
/// opened.
#[cfg(any(feature = "playback", feature = "relay"))]
pub(in crate::player) fn keep_standard_files() {
    close_from(3);
}

/// Closes all descriptors from `first` on.
#[cfg(any(feature = "playback", feature = "relay"))]
#[allow(
    unsafe_code,
    reason = "descriptors that are not ours have no safe name"
)]
fn close_from(first: c_int) {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: integers only, and this program has not opened anything yet. Kernels before 5.9 refuse the
        // call, and the loop follows.
        let done = unsafe { libc::syscall(libc::SYS_close_range, first, c_int::MAX, 0) };
        if done == 0 {
            return;
        }
    }
    for descriptor in first..1_024 {
        // SAFETY: as above; an unused number is an error without effect.
        unsafe { libc::close(descriptor) };
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use rustix::process::{WaitIdOptions, waitid};

    use super::*;
    use test_support::wait_until;

    /// A child of this process with a reused process id, which exits at once; none where that is not
    /// permitted.
    #[expect(unsafe_code, reason = "no crate makes a process with a given number")]
    fn child_numbered(number: Pid) -> Option<Pid> {
        let set_tid = [number.as_raw_pid()];
        // SAFETY: all zeros are valid, and mean a fork.
        let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
        args.exit_signal = libc::SIGCHLD as u64;
        args.set_tid = set_tid.as_ptr() as u64;
        args.set_tid_size = 1;
        let size = size_of::<libc::clone_args>();
        // SAFETY: no separate stack, as in a fork; the child only makes the call below, which is
        // async-signal-safe.
        let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw mut args, size) };
        if pid == 0 {
            // SAFETY: ends the child at once.
            unsafe { libc::_exit(7) };
        }
        Pid::from_raw(i32::try_from(pid).ok()?).filter(|_| pid > 0)
    }

    fn reap(number: Pid) -> Option<i32> {
        let status = wait_until("it is reaped", || {
            waitid(
                WaitId::Pid(number),
                WaitIdOptions::EXITED | WaitIdOptions::NOHANG,
            )
            .unwrap()
        });
        status.exit_status()
    }

    fn number(process: &Process) -> Pid {
        let Process::Handle(handle) = process else {
            panic!("no handle: {process:?}");
        };
        let info = format!("/proc/self/fdinfo/{}", handle.as_raw_fd());
        let info = std::fs::read_to_string(info).unwrap();
        let line = info.lines().find_map(|line| line.strip_prefix("Pid:"));
        Pid::from_raw(line.unwrap().trim().parse().unwrap()).unwrap()
    }

    #[test]
    fn a_child_that_has_the_number_of_a_player_that_is_gone_is_left_alone() {
        let player = start(Path::new("/bin/true"), "", &[], "").unwrap();
        let number = number(&player);
        assert_eq!(
            reap(number),
            Some(0),
            "as by a host that waits for any child"
        );
        let Some(other) = child_numbered(number) else {
            test_support::not_tested("only root may choose a process's number");
            return;
        };
        assert_eq!(other, number);
        wait_until("the other one has ended", || {
            let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            waitid(WaitId::Pid(other), look).unwrap()
        });
        assert_eq!(player.ended(), Some(ExitStatus::default()));
        assert_eq!(
            reap(other),
            Some(7),
            "its status is still there for whoever waits for it"
        );
    }

    #[test]
    fn the_status_of_a_player_is_known_unless_reaped_elsewhere() {
        for (program, ended) in [("/bin/true", 0), ("/bin/false", 1 << 8)] {
            let player = start(Path::new(program), "", &[], "").unwrap();
            let status = wait_until("it has ended", || player.ended());
            assert_eq!(status, ExitStatus::from_raw(ended), "{program}");
            assert_eq!(player.ended(), Some(ExitStatus::default()), "it is gone");
        }
        let killed = start(Path::new("/bin/sleep"), "600", &[], "").unwrap();
        assert_eq!(killed.ended(), None);
        rustix::process::kill_process(number(&killed), rustix::process::Signal::KILL).unwrap();
        let status = wait_until("it has ended", || killed.ended());
        assert_eq!(status.signal(), Some(libc::SIGKILL));
    }
}
