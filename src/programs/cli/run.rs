//! Other programs, and calls that may hang, with a time limit.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use herald_audio::internals::system::process::{kill_apart, start_apart};

/// How long a program that only prints something may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// How long a player may take to answer.
pub(super) const PLAYER_PATIENCE: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A program in its own process group; the group is killed on drop.
pub(super) struct Running(pub(super) Child);

impl Running {
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        start_apart(command).map(Self)
    }

    /// Its exit status; none if it still runs after `limit`.
    pub(super) fn ended_within(&mut self, limit: Duration) -> io::Result<Option<ExitStatus>> {
        let started = Instant::now();
        loop {
            match self.0.try_wait()? {
                None if started.elapsed() < limit => thread::sleep(LOOK_AGAIN),
                ended => return Ok(ended),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After the program is reaped, its process id may belong to another one.
        if let Ok(None) = self.0.try_wait() {
            kill_apart(&mut self.0);
            let _ = self.0.wait();
        }
    }
}

/// The standard output of `program`; an error text if it fails or takes longer than `limit`.
pub(super) fn output_of(program: &Path, args: &[&str], limit: Duration) -> Result<String, String> {
    let mut command = Command::new(program);
    command
        .args(args)
        // The output is parsed, so it must not be translated.
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut running = Running::start(&mut command).map_err(|error| error.to_string())?;
    let text = running.0.stdout.take().map(read_in_background);
    let started = Instant::now();
    match running.ended_within(limit) {
        Ok(Some(status)) if status.success() => {
            let rest = limit.saturating_sub(started.elapsed());
            Ok(text.map_or_else(String::new, |text| text_of(text, rest)))
        }
        Ok(Some(status)) => Err(format!("it ended with {status}")),
        Ok(None) => Err(format!("it did not end within {} ms", limit.as_millis())),
        Err(error) => Err(error.to_string()),
    }
}

/// The text of an output; empty if it is not closed within `rest`.
fn text_of(output: Receiver<Vec<u8>>, rest: Duration) -> String {
    let text = output
        .recv_timeout(rest.max(LOOK_AGAIN))
        .unwrap_or_default();
    String::from_utf8_lossy(&text).trim().to_owned()
}

/// The result of `call`; none if it takes longer than `limit`, and then its thread is left behind.
pub(super) fn within<T: Send + 'static>(
    limit: Duration,
    call: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    in_background(call).recv_timeout(limit).ok()
}

/// Receives all of `output` once every writer has closed it.
pub(super) fn read_in_background(mut output: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    in_background(move || {
        let mut text = Vec::new();
        let _ = output.read_to_end(&mut text);
        text
    })
}

/// Receives the result of `call`, which runs on its own thread.
fn in_background<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
    let (send, answer) = channel();
    thread::spawn(move || send.send(call()));
    answer
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write;

    use super::*;

    /// The script's output, within a time that is long enough on any machine.
    fn shell(script: &str) -> Result<String, String> {
        output_of(
            Path::new("/bin/sh"),
            &["-c", script],
            test_support::PATIENCE,
        )
    }

    #[test]
    fn a_program_has_a_time_limit() {
        assert_eq!(shell("echo '  hello '"), Ok("hello".to_owned()));
        assert_eq!(
            shell("exit 3"),
            Err("it ended with exit status: 3".to_owned())
        );
        let endless = output_of(Path::new("/bin/sleep"), &["600"], LOOK_AGAIN);
        assert_eq!(endless, Err("it did not end within 5 ms".to_owned()));
        // An output that is never closed:
        let (reader, writer) = std::io::pipe().unwrap();
        assert_eq!(text_of(read_in_background(reader), LOOK_AGAIN), "");
        drop(writer);
        assert!(output_of(Path::new("/no/such"), &[], PATIENCE).is_err());
        assert_eq!(within(test_support::PATIENCE, || 7), Some(7));
        let (_never, end) = channel::<()>();
        assert_eq!(within(LOOK_AGAIN, move || end.recv()), None);
    }

    #[test]
    fn an_output_is_read_to_its_end_and_no_sooner() {
        let (reader, writer) = std::io::pipe().unwrap();
        let read = read_in_background(reader);
        (&writer).write_all(b"reply").unwrap();
        let held = writer.try_clone().unwrap();
        drop(writer);
        assert!(read.try_recv().is_err(), "a writer is left");
        drop(held);
        let reply = read.recv_timeout(test_support::PATIENCE);
        assert_eq!(reply.unwrap(), b"reply");
    }
}
