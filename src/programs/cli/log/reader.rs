//! Whether standard output still has a reader.

use std::time::Duration;

/// How often to look for new lines.
const PAUSE: Duration = Duration::from_millis(150);

/// Waits for [`PAUSE`]. Returns whether standard output still has a reader: a failing write would
/// tell only once there is a new line.
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
    // Files and other things that cannot be polled return at once.
    std::thread::sleep(PAUSE.saturating_sub(started.elapsed()));
    true
}

/// Waits for [`PAUSE`]. A missing reader shows at the next write.
#[cfg(not(unix))]
pub(super) fn waits() -> bool {
    std::thread::sleep(PAUSE);
    true
}
