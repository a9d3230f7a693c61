//! Reads the payload from standard input, without relying on an end of file.
//!
//! Reading ends when the JSON object is complete, the input is closed, or nothing new came for too
//! long, whichever is first.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use herald_audio::Error;
use herald_audio::internals::payload::{Payload, PayloadReader};
#[cfg(unix)]
use herald_audio::internals::system::wait;

/// How long the payload may take to begin: a busy agent writes late.
const FIRST: Duration = Duration::from_secs(1);
/// How long each next piece may take.
const NEXT: Duration = Duration::from_millis(250);
/// How long the whole payload may take.
const WHOLE: Duration = Duration::from_secs(3);
/// The longest payload that is read, in bytes.
const MAX_LEN: usize = 64 << 20;
/// The longest payload that is kept in memory, in bytes.
const MAX_KEPT_LEN: usize = 8 << 20;
/// The capacity of a pipe, and the size of one read, in bytes.
const PIPE_LEN: usize = 64 << 10;
/// The largest pipe of an unprivileged user on Linux, in bytes: see pipe(7).
#[cfg(target_os = "linux")]
const WIDE_PIPE_LEN: usize = 1 << 20;

/// A payload as far as it was read.
pub(super) struct Input {
    /// The fields that a sound depends on.
    pub(super) payload: Payload,
    /// Why the payload is incomplete.
    pub(super) error: Option<Error>,
    /// The whole payload, unless it is too long.
    pub(super) bytes: Option<Vec<u8>>,
    /// Whether the input is still open for writing.
    pub(super) is_open: bool,
}

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        let (payload, error) = Payload::read(text.as_bytes());
        Self {
            payload,
            error,
            bytes: Some(text.as_bytes().to_vec()),
            is_open: false,
        }
    }
}

/// Reads the payload; a terminal has none. A long one is kept only if `is_wanted`, which sees the part
/// read so far: filling memory takes longer than reading.
pub(super) fn read_payload(is_wanted: &dyn Fn(&Payload) -> bool) -> Input {
    let mut input = Reader {
        reader: PayloadReader::default(),
        kept: Some(Vec::new()),
        len: 0,
        is_wanted,
    };
    let is_open = read_into(&mut input);
    let (payload, error) = input.reader.finish();
    Input {
        payload,
        error,
        bytes: input.kept,
        is_open,
    }
}

/// Reads on after the reply until the input ends or `limit` passes: if the agent writes after the payload,
/// such as a line end, its pipe must not break.
#[cfg(unix)]
pub(super) fn read_on(input: impl std::os::fd::AsFd, limit: Duration) {
    use rustix::event::PollFlags;
    use rustix::io::Errno;

    let until = Instant::now() + limit;
    let mut piece = [0; 4096];
    loop {
        let rest = until.saturating_duration_since(Instant::now());
        if rest.is_zero() || !wait::is_ready(&input, PollFlags::IN, rest).unwrap_or(false) {
            return;
        }
        match rustix::io::read(&input, &mut piece) {
            Ok(1..) | Err(Errno::INTR | Errno::AGAIN) => {}
            Ok(0) | Err(_) => return,
        }
    }
}

/// Parses and keeps the payload piece by piece.
struct Reader<'a> {
    reader: PayloadReader,
    kept: Option<Vec<u8>>,
    len: usize,
    is_wanted: &'a dyn Fn(&Payload) -> bool,
}

impl Reader<'_> {
    /// Adds a piece. Returns whether the payload is complete.
    fn feed(&mut self, piece: &[u8]) -> bool {
        let is_complete = self.reader.feed(piece);
        let was_short = self.len < PIPE_LEN;
        self.len += piece.len();
        // A full pipe is the beginning of something long, and is not copied for nothing.
        let becomes_long = was_short && self.len >= PIPE_LEN;
        if self.len > MAX_KEPT_LEN || becomes_long && !(self.is_wanted)(self.reader.so_far()) {
            self.kept = None;
        }
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(piece);
        }
        is_complete
    }
}

/// Feeds `input` with pieces as they come. `next` waits for a piece up to the given time; it returns
/// false if none came, or the input has ended. `since` returns the time spent so far.
fn feed(
    input: &mut Reader<'_>,
    since: impl Fn() -> Duration,
    mut next: impl FnMut(Duration, &mut Vec<u8>) -> bool,
) {
    // Untouched memory costs nothing, and most payloads touch one page.
    let mut piece = Vec::with_capacity(PIPE_LEN);
    while input.len < MAX_LEN {
        let rest = WHOLE.saturating_sub(since());
        let patience = if input.len == 0 { FIRST } else { NEXT };
        piece.clear();
        if !next(patience.min(rest), &mut piece) || input.feed(&piece) {
            return;
        }
        // Data that is there is read however long it takes; an input that is ready but empty is not.
        if piece.is_empty() && rest.is_zero() {
            return;
        }
    }
}

/// Returns whether the input is still open for writing.
#[cfg(unix)]
fn read_into(input: &mut Reader<'_>) -> bool {
    use rustix::buffer::spare_capacity;
    use rustix::event::PollFlags;
    use rustix::io::Errno;

    // Unbuffered, so that nothing is copied twice.
    let stdin = rustix::stdio::stdin();
    if stdin.is_terminal() {
        return false;
    }
    let mut is_open = true;
    let mut is_first = true;
    let started = Instant::now();
    feed(
        input,
        || started.elapsed(),
        |patience, piece| {
            let ready = wait::ready(&stdin, PollFlags::IN, patience).unwrap_or(PollFlags::empty());
            if ready.is_empty() {
                return false;
            }
            is_open = !ready.contains(PollFlags::HUP);
            match rustix::io::read(stdin, spare_capacity(piece)) {
                Ok(0) => {
                    is_open = false;
                    false
                }
                Ok(more) => {
                    if std::mem::take(&mut is_first) && more == PIPE_LEN {
                        widen(&stdin);
                    }
                    true
                }
                Err(error) => matches!(error, Errno::INTR | Errno::AGAIN),
            }
        },
    );
    is_open
}

/// Enlarges the pipe, so that an agent that writes megabytes waits less often. A refusal is ignored.
#[cfg(unix)]
fn widen(stdin: &impl std::os::fd::AsFd) {
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(stdin, WIDE_PIPE_LEN);
    #[cfg(not(target_os = "linux"))]
    let _ = stdin;
}

/// Reads on a thread that is left behind if the input does not end.
#[cfg(not(unix))]
fn read_into(input: &mut Reader<'_>) -> bool {
    use std::io::Read;
    use std::sync::mpsc::channel;

    if std::io::stdin().is_terminal() {
        return false;
    }
    let (send, receive) = channel();
    std::thread::spawn(move || {
        let mut piece = vec![0; PIPE_LEN];
        while let Ok(len @ 1..) = std::io::stdin().read(&mut piece) {
            if send.send(piece[..len].to_vec()).is_err() {
                return;
            }
        }
    });
    let started = Instant::now();
    feed(
        input,
        || started.elapsed(),
        |patience, piece| {
            let received = receive.recv_timeout(patience);
            received.is_ok_and(|received| {
                *piece = received;
                true
            })
        },
    );
    false
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// The payload read from `pieces`, which come after these delays, and the time it takes.
    fn read(pieces: &[(Duration, &str)]) -> (Result<Payload, Error>, Duration) {
        let mut input = Reader {
            reader: PayloadReader::default(),
            kept: Some(Vec::new()),
            len: 0,
            is_wanted: &|_| true,
        };
        let now = Cell::new(Duration::ZERO);
        let mut pieces = pieces.iter();
        feed(
            &mut input,
            || now.get(),
            |patience, piece| {
                // An input may be ready but empty.
                let is_ready =
                    |(after, text): &&(Duration, &str)| *after <= patience || text.is_empty();
                let next = pieces.next().filter(is_ready);
                now.set(now.get() + next.map_or(patience, |(after, _)| *after));
                piece.extend(next.iter().flat_map(|(_, text)| text.as_bytes()));
                next.is_some()
            },
        );
        let (payload, error) = input.reader.finish();
        (error.map_or(Ok(payload), Err), now.get())
    }

    #[cfg(unix)]
    #[test]
    fn what_comes_after_the_payload_is_read_until_it_ends() {
        use std::io::{Read, Write, pipe};

        let (mut reader, mut writer) = pipe().unwrap();
        writer.write_all(&[b'\n'; 10_000]).unwrap();
        // The writer is still there, and the limit ends the wait.
        read_on(&reader, Duration::from_millis(1));
        drop(writer);
        read_on(&reader, FIRST);
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"");
    }

    const BEGIN: &str = r#"{"hook_event_name":"#;
    const END: &str = r#""Stop"}"#;

    #[test]
    fn a_payload_that_comes_late_and_in_pieces_is_waited_for() {
        let (payload, took) = read(&[(FIRST, BEGIN), (NEXT, END)]);
        assert_eq!(payload.unwrap().event.as_deref(), Some("Stop"));
        assert_eq!(took, FIRST + NEXT, "the object's own end ends the wait");
    }

    #[test]
    fn one_that_comes_later_is_not_waited_for() {
        let late = Duration::from_nanos(1);
        let (payload, took) = read(&[(FIRST + late, BEGIN), (NEXT, END)]);
        assert!(payload.is_err());
        assert_eq!(took, FIRST);
        let (payload, took) = read(&[(FIRST, BEGIN), (NEXT + late, END)]);
        assert!(payload.is_err());
        assert_eq!(took, FIRST + NEXT);
    }

    #[test]
    fn one_that_trickles_is_not_waited_for_for_ever() {
        let trickle = [(NEXT - Duration::from_millis(1), " "); 100];
        let (payload, took) = read(&trickle);
        assert!(payload.is_err());
        assert_eq!(took, WHOLE);
        let tick = Duration::from_millis(1);
        let (_, took) = read(&[(tick, ""); 10_000]);
        assert_eq!(took, WHOLE + tick);
    }
}
