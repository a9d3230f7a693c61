//! The payload from standard input, without ever waiting for an end of file that may not come.
//!
//! Reading ends when the JSON object is complete, when the input is closed, or when too long
//! passed without anything new; whichever is first.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// How long the payload may take to begin: an agent that is busy writes it late.
const FIRST: Duration = Duration::from_secs(1);
/// How long the next piece of it may take.
const NEXT: Duration = Duration::from_millis(250);
/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(3);
/// The longest payload that is read, in bytes.
const MAX_LEN: usize = 64 << 20;

/// Reads the payload; empty if there is none, or if a person sits at the other end.
pub(super) fn read_payload() -> Vec<u8> {
    if std::io::stdin().is_terminal() {
        return Vec::new();
    }
    read()
}

/// How long to wait for more of `payload`.
fn patience(payload: &[u8], started: Instant) -> Duration {
    let patience = if payload.is_empty() { FIRST } else { NEXT };
    patience.min(WHOLE.saturating_sub(started.elapsed()))
}

#[cfg(unix)]
fn read() -> Vec<u8> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;

    let stdin = std::io::stdin();
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
    let mut payload = Vec::with_capacity(4096);
    let mut scan = Scan::default();
    let mut chunk = vec![0; 64 << 10];
    let started = Instant::now();
    while payload.len() < MAX_LEN {
        // Whether the object is complete is asked only when nothing more is there already.
        if !is_ready(Duration::ZERO)
            && (scan.is_complete(&payload) || !is_ready(patience(&payload, started)))
        {
            break;
        }
        match rustix::io::read(&stdin, &mut chunk) {
            Ok(0) => break,
            Ok(len) => payload.extend_from_slice(&chunk[..len]),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => break,
        }
    }
    payload
}

/// On a thread that is left behind if the input does not end.
#[cfg(not(unix))]
fn read() -> Vec<u8> {
    use std::io::Read;
    use std::sync::mpsc::{RecvTimeoutError, channel};

    let (send, receive) = channel();
    std::thread::spawn(move || {
        let mut chunk = vec![0; 64 << 10];
        while let Ok(len @ 1..) = std::io::stdin().read(&mut chunk) {
            if send.send(chunk[..len].to_vec()).is_err() {
                return;
            }
        }
    });
    let mut payload = Vec::new();
    let mut scan = Scan::default();
    let started = Instant::now();
    while payload.len() < MAX_LEN {
        let complete = scan.is_complete(&payload);
        let wait = if complete {
            Duration::ZERO
        } else {
            patience(&payload, started)
        };
        match receive.recv_timeout(wait) {
            Ok(chunk) => payload.extend(chunk),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    payload
}

/// Looks for the end of a JSON object in text that keeps growing.
#[derive(Debug, Default)]
struct Scan {
    position: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
    begun: bool,
}

impl Scan {
    /// Whether `text`, which begins with what was scanned before, holds a whole object; or
    /// something that cannot become one.
    fn is_complete(&mut self, text: &[u8]) -> bool {
        for &byte in &text[self.position..] {
            if self.begun && self.depth == 0 {
                break;
            }
            self.position += 1;
            if self.in_string {
                self.in_string = self.escaped || byte != b'"';
                self.escaped = !self.escaped && byte == b'\\';
                continue;
            }
            match byte {
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                b'"' => self.in_string = true,
                _ => {}
            }
            self.begun |= !byte.is_ascii_whitespace();
        }
        self.begun && self.depth == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_object_is_complete_at_its_last_brace_and_not_before() {
        let text = br#" {"a":"}\"{\\","b":[{},{"c":"]"}]} "#;
        let end = text.len() - 1;
        let mut scan = Scan::default();
        for len in 0..end {
            assert!(!scan.is_complete(&text[..len]), "after {len} bytes");
        }
        assert!(scan.is_complete(&text[..end]));
        assert!(scan.is_complete(text));
    }

    #[test]
    fn what_cannot_become_an_object_is_not_waited_for() {
        for text in ["hello", "1", "}", "\u{feff}{"] {
            assert!(Scan::default().is_complete(text.as_bytes()), "{text}");
        }
        assert!(!Scan::default().is_complete(b" \n"));
    }

    proptest! {
        #[test]
        fn any_json_object_ends_where_the_scan_says(text: String, key: String, cut: prop::sample::Index) {
            let json = serde_json::json!({ key: [text, {"x": 1}] }).to_string();
            let cut = cut.index(json.len());
            let mut scan = Scan::default();
            prop_assert!(!scan.is_complete(&json.as_bytes()[..cut]));
            prop_assert!(scan.is_complete(json.as_bytes()));
        }
    }
}
