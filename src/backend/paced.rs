//! A thread that pulls samples in real time, for outputs without a clock.

use std::io;
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::device::Stream;
use crate::audio::Format;
use crate::engine::Renderer;
use crate::error::{Error, ErrorKind, Result};
use crate::sync::{Atomic, AtomicU64, Ordering::Relaxed};

/// The format for outputs that accept any.
pub(super) const FORMAT: Format = Format {
    rate: 48_000,
    channels: 2,
};
/// Frames per period: 10 ms.
const PERIOD_FRAMES: usize = FORMAT.rate as usize / 100;
const PERIOD: Duration = Duration::from_millis(10);
/// The maximum delay that is caught up.
const LATEST: Duration = Duration::from_secs(1);

pub(super) struct Paced {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Relaxed throughout: independent counters and flags; joining the thread orders its other writes.
struct Shared {
    frames: AtomicU64,
    stop: Atomic<bool>,
    failure: OnceLock<String>,
}

/// Receives each period's samples, and is notified when the stream closes.
pub(super) trait Sink: Send + 'static {
    fn write(&mut self, samples: &[f32]) -> io::Result<()>;
    fn close(self) -> io::Result<()>;
}

impl Paced {
    pub(super) fn start(mut renderer: Renderer, mut sink: impl Sink) -> Result<Self> {
        let shared = Arc::new(Shared {
            frames: AtomicU64::new(0),
            stop: Atomic::new(false),
            failure: OnceLock::new(),
        });
        let ours = shared.clone();
        let run = move || {
            let mut period = [0.0; PERIOD_FRAMES * FORMAT.channels as usize];
            let mut due = Instant::now();
            let mut outcome = Ok(());
            while outcome.is_ok() && !ours.stop.load(Relaxed) {
                renderer.render(&mut period);
                outcome = sink.write(&period);
                ours.frames.fetch_add(PERIOD_FRAMES as u64, Relaxed);
                due += PERIOD;
                let now = Instant::now();
                // Late periods are caught up; a suspended machine is not.
                if now > due + LATEST {
                    due = now;
                }
                thread::sleep(due.saturating_duration_since(now));
            }
            if let Err(error) = outcome.and_then(|()| sink.close()) {
                let _ = ours.failure.set(error.to_string());
            }
        };
        let thread = thread::Builder::new()
            .name("herald-paced".to_owned())
            .spawn(run)
            .map_err(|error| {
                Error::new(ErrorKind::Output, "cannot start a thread").because(error)
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }
}

impl Stream for Paced {
    fn frames(&self) -> u64 {
        self.shared.frames.load(Relaxed)
    }

    fn latency(&self) -> Duration {
        PERIOD
    }

    fn failure(&self) -> Option<String> {
        self.shared.failure.get().cloned()
    }
}

impl Drop for Paced {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic in the thread was reported there.
            let _ = thread.join();
        }
    }
}
