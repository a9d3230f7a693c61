//! Waits for files to be ready and for children to exit, on Unix.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{WaitId, WaitIdOptions, waitid};

/// Waits up to `patience` until `file` is ready for `what`. Returns whether it is.
///
/// # Errors
///
/// If the system cannot tell.
pub fn is_ready(file: &impl AsFd, what: PollFlags, patience: Duration) -> io::Result<bool> {
    Ok(!ready(file, what, patience)?.is_empty())
}

/// As [`is_ready`], but returns the events, such as a hangup.
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

/// Reaps a child if it has exited and returns its status; none if it still runs. Does not wait.
///
/// Fails if another part of this program has reaped it: then the status is lost.
pub(crate) fn ended(whom: WaitId<'_>) -> io::Result<Option<ExitStatus>> {
    let status = waitid(whom, WaitIdOptions::EXITED | WaitIdOptions::NOHANG)?;
    Ok(status.map(|status| {
        let code = status.exit_status().map(|code| code << 8);
        let raw = code.or(status.terminating_signal());
        ExitStatus::from_raw(raw.unwrap_or_default())
    }))
}
