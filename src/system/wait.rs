//! Waiting, on Unix: for files to be ready, and for children to end.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{WaitId, WaitIdOptions, waitid};

/// Waits until `file` is ready for `what`, `patience` at most. Returns whether it is; an error where
/// nobody may wait.
///
/// # Errors
///
/// If the system cannot tell.
pub fn is_ready(file: &impl AsFd, what: PollFlags, patience: Duration) -> io::Result<bool> {
    Ok(!ready(file, what, patience)?.is_empty())
}

/// As [`is_ready`], and returns what for: that nobody is at the other end, say.
///
/// # Errors
///
/// If the system cannot tell.
pub fn ready(file: &impl AsFd, what: PollFlags, patience: Duration) -> io::Result<PollFlags> {
    let patience = Timespec {
        tv_sec: patience.as_secs().cast_signed(),
        tv_nsec: patience.subsec_nanos().into(),
    };
    let mut file = [PollFd::new(file, what)];
    retry_on_intr(|| poll(&mut file, Some(&patience)))?;
    Ok(file[0].revents())
}

/// How a child has ended, which is reaped then; none if it has not. Does not wait.
///
/// An error where somebody else in this program has reaped it: how it ended only they know.
pub(crate) fn ended(whom: WaitId<'_>) -> io::Result<Option<ExitStatus>> {
    let status = waitid(whom, WaitIdOptions::EXITED | WaitIdOptions::NOHANG)?;
    Ok(status.map(|status| {
        let code = status.exit_status().map(|code| code << 8);
        let raw = code.or(status.terminating_signal());
        ExitStatus::from_raw(raw.unwrap_or_default())
    }))
}
