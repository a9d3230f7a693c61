//! The command line and the hook. Links no audio library.
#![cfg_attr(unix, no_main)]

#[cfg(not(unix))]
fn main() -> std::process::ExitCode {
    herald_audio::internals::state_file::catch_truncation();
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    herald_cli::cli::run(&args).into()
}

/// The C library's `main`. The standard library's start-up reads the process's memory map and installs a
/// handler for stack overflows, which takes as long as half a hook; a hook needs only what is here.
#[cfg(unix)]
#[allow(unsafe_code, reason = "`main` has C's signature")]
mod unix {
    use std::ffi::{CStr, OsString, c_char, c_int};
    use std::os::unix::ffi::OsStringExt;

    #[unsafe(no_mangle)]
    extern "C" fn main(count: c_int, args: *const *const c_char) -> c_int {
        open_closed_descriptors();
        // A reply without a reader must not kill the hook.
        // SAFETY: ignoring a signal installs no code.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
        herald_audio::internals::state_file::catch_truncation();
        let count = usize::try_from(count).unwrap_or(0);
        let arg = |number| {
            // SAFETY: C passes `count` pointers.
            let arg = unsafe { args.add(number) };
            // SAFETY: this is one of them.
            let arg = unsafe { *arg };
            // SAFETY: each points to a C string that lives as long as the process.
            let arg = unsafe { CStr::from_ptr(arg) };
            OsString::from_vec(arg.to_bytes().to_vec())
        };
        let args: Vec<_> = (1..count).map(arg).collect();
        if !herald_cli::cli::is_hook(&args) {
            // A parent that ignores its children passes that on, and then no child could be waited for.
            // A hook waits for none.
            // SAFETY: the default action of this signal is to do nothing.
            unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
        }
        // Returning would not flush standard output.
        std::process::exit(herald_cli::cli::run(&args).into());
    }

    /// Opens `/dev/null` for each closed standard descriptor: a file that is opened later would get its
    /// number, and the reply.
    fn open_closed_descriptors() {
        let mut standard = [0, 1, 2].map(|fd| libc::pollfd {
            fd,
            events: 0,
            revents: 0,
        });
        // SAFETY: the length is that of the array.
        let found = unsafe { libc::poll(standard.as_mut_ptr(), 3, 0) };
        let is_closed = |fd: &&libc::pollfd| fd.revents & libc::POLLNVAL != 0;
        if found > 0 {
            standard.iter().filter(is_closed).for_each(|_| {
                // SAFETY: a C string. The lowest free number is that of the closed descriptor.
                unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) };
            });
        }
    }
}
