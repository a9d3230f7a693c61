//! Writing to whoever reads a hook's answer, and not waiting for them for ever.

use std::time::Duration;

/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(3);

/// Writes `bytes`; what nobody takes in time is left out.
#[cfg(unix)]
pub(super) fn write(to: impl std::os::fd::AsFd, bytes: &[u8]) {
    use std::time::Instant;

    use rustix::event::PollFlags;
    use rustix::io::Errno;

    use herald_audio::system::wait::is_ready;

    /// What a pipe that is ready takes without waiting, in bytes: see pipe(7).
    const PIECE_LEN: usize = 4_096;

    let mut started = None;
    let mut rest = bytes;
    // Without the buffer of the standard library, and mostly in one piece.
    while !rest.is_empty() {
        // The time is asked for only by whoever needs more than one try.
        let spent = started.as_ref().map_or(Duration::ZERO, Instant::elapsed);
        // Where nobody may wait for a reader there may be one.
        if spent >= WHOLE || !is_ready(&to, PollFlags::OUT, WHOLE - spent).unwrap_or(true) {
            return;
        }
        match rustix::io::write(&to, &rest[..rest.len().min(PIECE_LEN)]) {
            Ok(written) => rest = &rest[written..],
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => return,
        }
        if !rest.is_empty() {
            started.get_or_insert_with(Instant::now);
        }
    }
}

/// On a thread that is left behind if nobody reads.
#[cfg(not(unix))]
pub(super) fn write(mut to: impl std::io::Write + Send + 'static, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let (done, is_done) = std::sync::mpsc::channel();
    let bytes = bytes.to_vec();
    std::thread::spawn(move || {
        let _ = to.write_all(&bytes).and_then(|()| to.flush());
        let _ = done.send(());
    });
    let _ = is_done.recv_timeout(WHOLE);
}
