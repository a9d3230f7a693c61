//! The error callback: detects the error that ends a stream.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::backend::meter::Meter;
use crate::sync::Ordering::Relaxed;

/// How long a stream that has run may report errors without samples before it counts as lost.
const ERROR_LIMIT: Duration = Duration::from_secs(1);
/// The call that fails in an ALSA stream only if its server is gone.
const FAILS_AT_THE_END: &str = "snd_pcm_poll_descriptors_revents";
/// The pause in the error callback: a failing ALSA stream calls it as often as it can.
const ERROR_PAUSE: Duration = Duration::from_millis(1);

/// Distinguishes errors that end a stream from temporary ones.
pub(super) struct ErrorFilter {
    meter: Arc<Meter>,
    /// The frame count at the last error, and since when it is unchanged at errors.
    frames: u64,
    since: Option<Instant>,
}

impl ErrorFilter {
    pub(super) fn new(meter: Arc<Meter>) -> Self {
        Self {
            meter,
            frames: 0,
            since: None,
        }
    }

    pub(super) fn see(&mut self, error: &::cpal::Error, now: Instant) {
        use ::cpal::ErrorKind::{DeviceNotAvailable, HostUnavailable, StreamInvalidated};
        let ended = match error.kind() {
            DeviceNotAvailable | HostUnavailable | StreamInvalidated => true,
            _ => says(error, FAILS_AT_THE_END) || self.nothing_else_comes(now),
        };
        if ended {
            self.meter.lost.get_or_init(|| error.to_string());
        }
        thread::sleep(ERROR_PAUSE);
    }

    fn nothing_else_comes(&mut self, now: Instant) -> bool {
        let frames = self.meter.frames.load(Relaxed);
        let since = match self.since {
            Some(since) if frames == self.frames => since,
            _ => *self.since.insert(now),
        };
        self.frames = frames;
        frames > 0 && now.saturating_duration_since(since) >= ERROR_LIMIT
    }
}

fn says(error: &::cpal::Error, what: &str) -> bool {
    error
        .message()
        .is_some_and(|message| message.contains(what))
}

#[cfg(test)]
mod tests {
    use ::cpal::{Error, ErrorKind};

    use super::*;

    /// The detected end of a stream that reports `error` every 20 ms for two seconds, after having run for
    /// `frames`; it still produces frames if it `runs`.
    fn end_of(error: &Error, frames: u64, runs: bool) -> Option<String> {
        let meter = Arc::new(Meter::default());
        meter.frames.store(frames, Relaxed);
        let mut watch = ErrorFilter::new(meter.clone());
        let start = Instant::now();
        for ms in (0..2_000).step_by(20) {
            watch.see(error, start + Duration::from_millis(ms));
            meter.frames.fetch_add(u64::from(runs), Relaxed);
        }
        meter.lost.get().cloned()
    }

    #[test]
    fn an_error_without_samples_ends_a_stream_that_ran_and_passes_at_the_start() {
        let error = Error::with_message(ErrorKind::BackendError, "input/output error");
        assert_eq!(end_of(&error, 480, true), None);
        assert_eq!(end_of(&error, 0, false), None);
        let end = Some("input/output error".to_owned());
        assert_eq!(end_of(&error, 480, false), end);
        let gone = "ALSA function 'snd_pcm_poll_descriptors_revents' failed with error 'I/O error'";
        let error = Error::with_message(ErrorKind::BackendError, gone);
        assert_eq!(end_of(&error, 480, true), Some(gone.to_owned()));
    }

    #[test]
    fn an_error_that_says_so_ends_a_stream_at_once() {
        let meter = Arc::new(Meter::default());
        let mut watch = ErrorFilter::new(meter.clone());
        let now = Instant::now();
        watch.see(&Error::new(ErrorKind::DeviceChanged), now);
        watch.see(&Error::new(ErrorKind::Xrun), now);
        assert_eq!(meter.lost.get(), None);
        let gone = Error::with_message(ErrorKind::StreamInvalidated, "disconnected");
        watch.see(&gone, now);
        // The first reason stays.
        watch.see(&Error::new(ErrorKind::DeviceNotAvailable), now);
        assert_eq!(meter.lost.get().map(String::as_str), Some("disconnected"));
    }
}
