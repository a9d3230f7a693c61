//! Waits that a signal can end. Python only handles signals in its main thread, between steps of its own
//! code.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use herald_audio::{Error, ErrorKind};
use pyo3::prelude::*;

use crate::error::HeraldError;

/// How often a wait checks for a signal, so that Ctrl-C ends it.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Receives what `wait`, which runs on a separate thread, returns.
pub(crate) fn waiting<T: Send + 'static>(
    wait: impl FnOnce() -> T + Send + 'static,
) -> herald_audio::Result<Receiver<T>> {
    let (sender, receiver) = channel();
    let thread = thread::Builder::new().name("herald-wait".to_owned());
    let started = thread.spawn(move || {
        // The receiver may be gone.
        let _ = sender.send(wait());
    });
    match started {
        Ok(_) => Ok(receiver),
        Err(error) => {
            let what = "cannot start a thread to wait for the sound";
            Err(Error::new(ErrorKind::Output, what).because(error))
        }
    }
}

/// The answer when it comes; a signal ends the wait, not the sound.
pub(crate) fn answer<T: Send>(py: Python<'_>, mut answer: Receiver<T>) -> PyResult<T> {
    loop {
        let heard = py.detach(move || (answer.recv_timeout(LOOK_EVERY), answer));
        answer = match heard {
            (Ok(heard), _) => return Ok(heard),
            (Err(RecvTimeoutError::Timeout), answer) => answer,
            (Err(RecvTimeoutError::Disconnected), _) => {
                return Err(HeraldError::new_err("waiting for the sound failed"));
            }
        };
        py.check_signals()?;
    }
}
