//! What a process that decodes a file may take of the machine. It puts itself under these limits
//! before it reads a byte of the file, and cannot lift them.
//!
//! | | Linux | macOS and other Unixes | Windows |
//! |---|---|---|---|
//! | memory | address space | a thread looks at what is resident | a job |
//! | processor time | resource limit | resource limit | a job |
//! | time | a thread ends the process | the same | the same |
//! | files, processes | no new ones | no new ones | no new processes |

use std::io;
use std::time::Duration;

/// How much a process may take.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Bytes of memory.
    pub(super) memory: u64,
    /// Seconds of processor time.
    pub(super) processor: u64,
    /// In all, however little of it the processor had.
    pub(super) time: Duration,
}

pub(super) const LIMITS: Limits = Limits {
    memory: 256 << 20,
    processor: 5,
    time: Duration::from_secs(20),
};

/// How a process ends that took too long.
pub(super) const TOO_LONG: i32 = 3;

impl Limits {
    /// Puts this process under them.
    pub(super) fn apply(self) -> io::Result<()> {
        // First: a thread is more than the others allow.
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

    /// Where no limit of the system holds for memory, this does.
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
            // One that is stricter stays.
            let most = getrlimit(resource).maximum.unwrap_or(hard).min(hard);
            let limit = Rlimit {
                current: Some(soft.min(most)),
                maximum: Some(most),
            };
            setrlimit(resource, limit)
        };
        heed_the_end_of_time();
        // At the first the system says why, at the second it ends what did not listen.
        limit(Resource::Cpu, limits.processor, limits.processor + 1)?;
        #[cfg(target_os = "linux")]
        limit(Resource::As, limits.memory, limits.memory)?;
        // A decoder that was taken over opens, writes and starts nothing.
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

    /// Whoever started this process may ignore or block the signal, and so would it: then nobody could
    /// tell why it was ended, and the file would be tried again and again.
    #[allow(unsafe_code, reason = "no crate in use does it")]
    fn heed_the_end_of_time() {
        let mut none = std::mem::MaybeUninit::uninit();
        // SAFETY: it is for this call to make a value of it.
        unsafe { libc::sigemptyset(none.as_mut_ptr()) };
        // SAFETY: it cannot fail.
        let none = unsafe { none.assume_init() };
        // SAFETY: the set was made above, and nobody asks what was blocked before.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut()) };
        // SAFETY: it gets no handler. It has none of its own, and no other thread handles signals.
        unsafe { libc::signal(libc::SIGXCPU, libc::SIG_DFL) };
    }

    /// Bytes of memory that this process had at most.
    #[cfg(any(test, not(target_os = "linux")))]
    #[allow(unsafe_code, reason = "no crate in use asks for it")]
    pub(super) fn resident() -> u64 {
        // On Apple's systems in bytes, elsewhere in KiB.
        const UNIT: u64 = if cfg!(target_vendor = "apple") {
            1
        } else {
            1 << 10
        };
        let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: it is for this call to fill in.
        let done = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
        // SAFETY: zeroes are a value of it, too.
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

    /// Processor time is counted in steps of 100 ns.
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
        // SAFETY: no attributes and no name. The job lasts as long as the process, which never closes it.
        let job = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
        if job.is_null() {
            return Err(io::Error::last_os_error());
        }
        let len = size_of_val(&job_limits) as u32;
        // SAFETY: the job was made above; the limits are of the kind and length that are named.
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
        // SAFETY: it is no handle that has to be closed.
        let this = unsafe { GetCurrentProcess() };
        // SAFETY: the job was made above.
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
    fn what_is_resident_is_counted_in_bytes() {
        const LEN: u64 = 64 << 20;
        let bytes = std::hint::black_box(vec![1u8; LEN as usize]);
        let found = system::resident();
        drop(bytes);
        assert!(found >= LEN, "{found}");
        // The system's own account, in KiB, of what it was at most.
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let most = most.and_then(|most| most.trim().strip_suffix(" kB"));
        let most: u64 = most.unwrap().parse().unwrap();
        assert!(found <= most << 10, "{found}, {most} KiB");
    }
}
