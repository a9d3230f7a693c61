//! Whoever reads standard output.

use std::time::Duration;

/// How often to look for new lines.
const PAUSE: Duration = Duration::from_millis(150);

/// Waits a moment. Returns whether somebody still reads: one who has gone is not told by a
/// write before there is something to write.
#[cfg(unix)]
pub(super) fn waits() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use std::time::Instant;

    let started = Instant::now();
    let pause = Timespec {
        tv_sec: 0,
        tv_nsec: PAUSE.subsec_nanos().into(),
    };
    let stdout = rustix::stdio::stdout();
    let mut stdout = [PollFd::new(&stdout, PollFlags::empty())];
    let polled = poll(&mut stdout, Some(&pause));
    let gone = PollFlags::ERR | PollFlags::HUP;
    if polled.is_ok() && stdout[0].revents().intersects(gone) {
        return false;
    }
    // What cannot be waited on answers at once.
    std::thread::sleep(PAUSE.saturating_sub(started.elapsed()));
    true
}

/// Waits a moment. That nobody reads any more shows at the next line.
#[cfg(not(unix))]
pub(super) fn waits() -> bool {
    std::thread::sleep(PAUSE);
    true
}
