//! The payload from standard input, without ever waiting for an end of file that may not come.
//!
//! Reading ends when the JSON object is complete, when the input is closed, or when too long
//! passed without anything new; whichever is first.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::hook::payload::{Payload, PayloadReader};

/// How long the payload may take to begin: an agent that is busy writes it late.
const FIRST: Duration = Duration::from_secs(1);
/// How long the next piece of it may take.
const NEXT: Duration = Duration::from_millis(250);
/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(3);
/// The longest payload that is read, in bytes.
const MAX_LEN: usize = 64 << 20;
/// The longest payload that is kept as a whole, in bytes.
const MAX_KEPT_LEN: usize = 8 << 20;
/// What a pipe holds, and what is read at once, in bytes.
const PIPE_LEN: usize = 64 << 10;
/// What everybody may make a pipe hold on Linux, in bytes: see pipe(7).
#[cfg(target_os = "linux")]
const WIDE_PIPE_LEN: usize = 1 << 20;

/// A payload, mostly from standard input.
pub(super) struct Input {
    /// What a sound depends on; an error if there is none, or not a whole one.
    pub(super) payload: Result<Payload>,
    /// All of it, unless it is too long.
    pub(super) bytes: Option<Vec<u8>>,
}

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        Self {
            payload: Payload::parse(text.as_bytes()),
            bytes: Some(text.as_bytes().to_vec()),
        }
    }
}

/// Reads the payload; there is none if a person sits at the other end. All of a long one is kept only
/// if `is_wanted` says so of what is known of it by then: memory takes longer than reading.
pub(super) fn read_payload(is_wanted: &dyn Fn(&Payload) -> bool) -> Input {
    let mut input = Reader {
        reader: PayloadReader::default(),
        kept: Some(Vec::new()),
        len: 0,
        is_wanted,
    };
    read_into(&mut input);
    Input {
        payload: input.reader.finish(),
        bytes: input.kept,
    }
}

/// Reads the payload as it comes, and keeps it.
struct Reader<'a> {
    reader: PayloadReader,
    kept: Option<Vec<u8>>,
    len: usize,
    is_wanted: &'a dyn Fn(&Payload) -> bool,
}

impl Reader<'_> {
    /// Reads on. Returns whether there is nothing more to wait for.
    fn feed(&mut self, piece: &[u8]) -> bool {
        let was_short = self.len <= PIPE_LEN;
        self.len += piece.len();
        let becomes_long = was_short && self.len > PIPE_LEN;
        if self.len > MAX_KEPT_LEN || becomes_long && !(self.is_wanted)(self.reader.so_far()) {
            self.kept = None;
        }
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(piece);
        }
        self.reader.feed(piece)
    }
}

/// How long to wait for more, with `len` bytes there.
fn patience(len: usize, started: Instant) -> Duration {
    let patience = if len == 0 { FIRST } else { NEXT };
    patience.min(WHOLE.saturating_sub(started.elapsed()))
}

#[cfg(unix)]
fn read_into(input: &mut Reader<'_>) {
    use rustix::buffer::spare_capacity;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;

    // Without the buffer of the standard library, which is only in the way here.
    let stdin = rustix::stdio::stdin();
    if stdin.is_terminal() {
        return;
    }
    let is_ready = |wait: Duration| {
        let wait = Timespec {
            tv_sec: wait.as_secs().cast_signed(),
            tv_nsec: wait.subsec_nanos().into(),
        };
        let mut stdin = [PollFd::new(&stdin, PollFlags::IN)];
        loop {
            match poll(&mut stdin, Some(&wait)) {
                Err(Errno::INTR) => {}
                ready => return ready.is_ok_and(|count| count > 0),
            }
        }
    };
    // Memory that nothing was written to costs nothing: most payloads touch one page of it.
    let mut piece = Vec::with_capacity(PIPE_LEN);
    let started = Instant::now();
    while input.len < MAX_LEN && is_ready(patience(input.len, started)) {
        piece.clear();
        match rustix::io::read(stdin, spare_capacity(&mut piece)) {
            Ok(0) => break,
            Ok(more) => {
                if input.len == 0 && more == PIPE_LEN {
                    widen(&stdin);
                }
            }
            Err(Errno::INTR | Errno::AGAIN) => continue,
            Err(_) => break,
        }
        if input.feed(&piece) {
            break;
        }
    }
}

/// Asks for a pipe that holds more: whoever writes megabytes into it waits less often. It is not
/// there for long, and costs nothing where the system says no.
#[cfg(unix)]
fn widen(stdin: &impl std::os::fd::AsFd) {
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(stdin, WIDE_PIPE_LEN);
    #[cfg(not(target_os = "linux"))]
    let _ = stdin;
}

/// On a thread that is left behind if the input does not end.
#[cfg(not(unix))]
fn read_into(input: &mut Reader<'_>) {
    use std::io::Read;
    use std::sync::mpsc::channel;

    if std::io::stdin().is_terminal() {
        return;
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
    while input.len < MAX_LEN
        && let Ok(piece) = receive.recv_timeout(patience(input.len, started))
    {
        if input.feed(&piece) {
            break;
        }
    }
}
