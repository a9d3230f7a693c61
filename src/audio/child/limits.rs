//! The resource limits of a decoder process. The process sets them before it reads the file, and cannot lift
//! them.
//!
//! | | Linux | macOS and other Unixes | Windows |
//! |---|---|---|---|
//! | memory | address space | a thread checks resident memory | a job |
//! | processor time | resource limit | resource limit | a job |
//! | time | a thread ends the process | the same | the same |
//! | files, processes | no new ones | no new ones | no new processes |

use std::io;
use std::time::Duration;

/// The limits of a process.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// The memory, in bytes.
    pub(super) memory: u64,
    /// The processor time, in seconds.
    pub(super) processor: u64,
    /// The elapsed time.
    pub(super) time: Duration,
}

pub(super) const LIMITS: Limits = Limits {
    memory: 256 << 20,
    processor: 5,
    time: Duration::from_secs(20),
};

/// The exit code of a process that exceeded its time.
pub(super) const TOO_LONG: i32 = 3;

impl Limits {
    /// Applies them to this process.
    pub(super) fn apply(self) -> io::Result<()> {
        // First, because the other limits forbid starting a thread.
        std::thread::Builder::new()
            .name("herald-limits".to_owned())
            .stack_size(64 << 10)
            .spawn(move || self.watch())?;
        system::apply(self)
    }

    #[cfg(any(target_os = "linux", windows))]
    fn watch(self) {
        std::thread::sleep(self.time);
        std::process::exit(TOO_LONG);
    }

    /// Enforces the memory limit where the system has none.
    #[cfg(all(unix, not(target_os = "linux")))]
    fn watch(self) {
        let started = std::time::Instant::now();
        while started.elapsed() < self.time {
            if system::resident() > self.memory {
                std::process::abort();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        std::process::exit(TOO_LONG);
    }
}

#[cfg(unix)]
mod system {
    use std::io;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    use super::Limits;

    pub(super) fn apply(limits: Limits) -> io::Result<()> {
        let limit = |resource, soft: u64, hard: u64| {
            // Keeps a stricter limit.
            let most = getrlimit(resource).maximum.unwrap_or(hard).min(hard);
            let limit = Rlimit {
                current: Some(soft.min(most)),
                maximum: Some(most),
            };
            setrlimit(resource, limit)
        };
        unblock_time_signal();
        // The soft limit sends a signal, which identifies the reason; the hard limit kills.
        limit(Resource::Cpu, limits.processor, limits.processor + 1)?;
        #[cfg(target_os = "linux")]
        limit(Resource::As, limits.memory, limits.memory)?;
        // A compromised decoder cannot open, write or start anything.
        for resource in [
            Resource::Core,
            Resource::Fsize,
            Resource::Nofile,
            Resource::Nproc,
        ] {
            limit(resource, 0, 0)?;
        }
        Ok(())
    }

    /// Resets the signal, which the parent may have blocked or set to be ignored: otherwise the reason for
    /// the end would be unknown, and the file would be tried again and again.
    #[allow(unsafe_code, reason = "no crate in use does it")]
    fn unblock_time_signal() {
        let mut none = std::mem::MaybeUninit::uninit();
        // SAFETY: the call initialises the set.
        unsafe { libc::sigemptyset(none.as_mut_ptr()) };
        // SAFETY: the call cannot fail.
        let none = unsafe { none.assume_init() };
        // SAFETY: the set is initialised; the previous mask is not requested.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut()) };
        // SAFETY: it sets the default action, not a handler, and no other thread handles signals.
        unsafe { libc::signal(libc::SIGXCPU, libc::SIG_DFL) };
    }

    /// The maximum resident memory of this process, in bytes.
    #[cfg(any(test, not(target_os = "linux")))]
    #[allow(unsafe_code, reason = "no crate in use asks for it")]
    pub(super) fn resident() -> u64 {
        // In bytes on Apple's systems, elsewhere in KiB.
        const UNIT: u64 = if cfg!(target_vendor = "apple") {
            1
        } else {
            1 << 10
        };
        let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: the call fills the value.
        let done = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
        // SAFETY: all zeros are valid, too.
        let usage = unsafe { usage.assume_init() };
        match done {
            0 => u64::try_from(usage.ru_maxrss).unwrap_or(0) * UNIT,
            _ => 0,
        }
    }
}

#[cfg(windows)]
mod system {
    use std::io;
    use std::ptr;

    use windows_sys::Win32::System::JobObjects::{
        AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
        JOB_OBJECT_LIMIT_PROCESS_MEMORY, JOB_OBJECT_LIMIT_PROCESS_TIME,
        JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
        SetInformationJobObject,
    };
    use windows_sys::Win32::System::Threading::GetCurrentProcess;

    use super::Limits;

    /// Units of processor time per second: 100 ns each.
    const STEPS: u64 = 10_000_000;

    #[allow(unsafe_code, reason = "the standard library knows no jobs")]
    pub(super) fn apply(limits: Limits) -> io::Result<()> {
        let mut job_limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        job_limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_PROCESS_MEMORY
            | JOB_OBJECT_LIMIT_PROCESS_TIME
            | JOB_OBJECT_LIMIT_ACTIVE_PROCESS;
        job_limits.BasicLimitInformation.PerProcessUserTimeLimit =
            (limits.processor * STEPS) as i64;
        job_limits.BasicLimitInformation.ActiveProcessLimit = 1;
        job_limits.ProcessMemoryLimit = limits.memory as usize;
        // SAFETY: no attributes and no name. The handle is never closed, so the job lasts as long as the
        // process.
        let job = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
        if job.is_null() {
            return Err(io::Error::last_os_error());
        }
        let len = size_of_val(&job_limits) as u32;
        // SAFETY: the job exists; the limits have the given type and length.
        let limited = unsafe {
            SetInformationJobObject(
                job,
                JobObjectExtendedLimitInformation,
                (&raw const job_limits).cast(),
                len,
            )
        };
        if limited == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: a pseudo handle, which need not be closed.
        let this = unsafe { GetCurrentProcess() };
        // SAFETY: the job exists.
        match unsafe { AssignProcessToJobObject(job, this) } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_counted_in_bytes() {
        const LEN: u64 = 64 << 20;
        let bytes = std::hint::black_box(vec![1u8; LEN as usize]);
        let found = system::resident();
        drop(bytes);
        assert!(found >= LEN, "{found}");
        // The system's own record of the maximum, in KiB.
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let most = most.and_then(|most| most.trim().strip_suffix(" kB"));
        let most: u64 = most.unwrap().parse().unwrap();
        assert!(found <= most << 10, "{found}, {most} KiB");
    }
}
