//! Writing a hook's answer with a time limit, because its reader may hang.

use std::time::Duration;

/// How long the whole write may take.
const WHOLE: Duration = Duration::from_secs(3);

/// Writes `bytes`; drops what the reader does not take in time.
#[cfg(unix)]
pub(super) fn write(to: impl std::os::fd::AsFd, bytes: &[u8]) {
    use std::time::Instant;

    use rustix::event::PollFlags;
    use rustix::io::Errno;

    use herald_audio::internals::system::wait::is_ready;

    /// What a ready pipe takes without blocking, in bytes: see pipe(7).
    const PIECE_LEN: usize = 4_096;

    let mut started = None;
    let mut rest = bytes;
    // Unbuffered: most answers are one piece.
    while !rest.is_empty() {
        // The clock is read only if one write is not enough.
        let spent = started.as_ref().map_or(Duration::ZERO, Instant::elapsed);
        // If polling fails, the write may still succeed.
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

/// Writes on a thread, which is left behind if nothing reads.
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
