//! Calls with a time limit, which may hang together with a sound server.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

/// Makes calls on a separate thread, one at a time.
#[derive(Debug, Default)]
pub(super) struct Deadline {
    /// A call that exceeded its limit and may still run.
    left_behind: Option<JoinHandle<()>>,
}

impl Deadline {
    /// Makes `call`, and abandons it after `limit`. While an abandoned call still runs, no other is made. If
    /// no thread can be started, the call runs on this thread without a limit.
    pub(super) fn within<T: Send + 'static>(
        &mut self,
        limit: Duration,
        call: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let hangs = |thread: &JoinHandle<()>| !thread.is_finished();
        if self.left_behind.as_ref().is_some_and(hangs) {
            return Err(no_answer());
        }
        let (hand_over, take_over) = sync_channel(1);
        let (send, result) = sync_channel(1);
        let helper = thread::Builder::new().name("herald-output".to_owned());
        let helper = helper.spawn(move || {
            if let Ok(call) = take_over.recv() {
                let call: Box<dyn FnOnce() -> Result<T> + Send> = call;
                let _ = send.send(call());
            }
        });
        let Ok(helper) = helper else {
            return call();
        };
        let _ = hand_over.send(Box::new(call));
        match result.recv_timeout(limit) {
            Err(RecvTimeoutError::Timeout) => {
                self.left_behind = Some(helper);
                Err(no_answer())
            }
            answer => {
                let _ = helper.join();
                answer.unwrap_or_else(|_| Err(no_answer()))
            }
        }
    }
}

fn no_answer() -> Error {
    let error = Error::new(ErrorKind::Output, "the output does not answer");
    error.with_hint("restart the sound server; it seems to hang")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_hangs_is_left_behind_and_holds_up_the_next_until_it_returns() {
        let mut deadline = Deadline::default();
        let (release, hang) = sync_channel::<()>(0);
        let hung = deadline.within(Duration::from_millis(1), move || {
            let _ = hang.recv();
            Ok(1)
        });
        assert!(hung.unwrap_err().to_string().contains("does not answer"));
        let plenty = Duration::from_secs(60);
        assert!(deadline.within(plenty, || Ok(2)).is_err());
        release.send(()).unwrap();
        while deadline
            .left_behind
            .as_ref()
            .is_some_and(|t| !t.is_finished())
        {
            thread::yield_now();
        }
        assert_eq!(deadline.within(plenty, || Ok(3)).unwrap(), 3);
    }

    #[test]
    fn a_call_that_panics_gives_no_answer() {
        let mut deadline = Deadline::default();
        let panics = || -> Result<()> { panic!("on purpose") };
        assert!(deadline.within(Duration::from_secs(60), panics).is_err());
    }
}
