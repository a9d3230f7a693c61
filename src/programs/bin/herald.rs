//! The command line and the hook. Links no audio library.
#![cfg_attr(unix, no_main)]

#[cfg(not(unix))]
fn main() -> std::process::ExitCode {
    herald_audio::internals::state_file::catch_truncation();
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    herald_cli::cli::run(&args).into()
}

/// The C library's way in. The standard library's own reads the process's memory map and installs a
/// handler for stack overflows, which takes as long as half a hook; of what it does, a hook needs
/// only what is here.
#[cfg(unix)]
#[allow(unsafe_code, reason = "the way in is C's")]
mod unix {
    use std::ffi::{CStr, OsString, c_char, c_int};
    use std::os::unix::ffi::OsStringExt;

    #[unsafe(no_mangle)]
    extern "C" fn main(count: c_int, args: *const *const c_char) -> c_int {
        open_what_is_closed();
        // A reply that nobody reads must not kill.
        // SAFETY: ignoring a signal installs no code.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
        herald_audio::internals::state_file::catch_truncation();
        let count = usize::try_from(count).unwrap_or(0);
        let arg = |number| {
            // SAFETY: C passes `count` pointers.
            let arg = unsafe { args.add(number) };
            // SAFETY: that is one of them.
            let arg = unsafe { *arg };
            // SAFETY: each is to a C string that lives as long as the process.
            let arg = unsafe { CStr::from_ptr(arg) };
            OsString::from_vec(arg.to_bytes().to_vec())
        };
        let args: Vec<_> = (1..count).map(arg).collect();
        if !herald_cli::cli::is_hook(&args) {
            // Whoever started this may ignore its children, and this would, too. A hook has none that it
            // waits for.
            // SAFETY: the default action of this signal is to do nothing.
            unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
        }
        // Not by returning, which would leave what standard output still holds.
        std::process::exit(herald_cli::cli::run(&args).into());
    }

    /// Of the three standard descriptors. A file that is opened later would take the place of one
    /// that is closed, and get the reply.
    fn open_what_is_closed() {
        let mut standard = [0, 1, 2].map(|fd| libc::pollfd {
            fd,
            events: 0,
            revents: 0,
        });
        // SAFETY: there are as many as it says.
        let found = unsafe { libc::poll(standard.as_mut_ptr(), 3, 0) };
        let is_closed = |fd: &&libc::pollfd| fd.revents & libc::POLLNVAL != 0;
        if found > 0 {
            standard.iter().filter(is_closed).for_each(|_| {
                // SAFETY: a C string. The lowest free number is the one that was found closed.
                unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) };
            });
        }
    }
}
