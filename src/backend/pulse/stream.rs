//! A stream to a sound server, with a thread that queries its latency.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use pulseaudio::protocol::{PlaybackStreamParams, SampleSpec};
use pulseaudio::{AsPlaybackSource, PlaybackStream};

use super::client::{ANSWER_LIMIT, PulseClient, Reason, reason};
use super::within::within;
use crate::audio::Format;
use crate::backend::device::Stream;
use crate::backend::meter::Meter;
use crate::backend::pull::{PERIOD, Pull};
use crate::engine::Renderer;
use crate::sync::{Atomic, AtomicU64, Ordering::Relaxed};

/// How often to query the latency: for a new stream, and for a running one, whose latency hardly changes.
const ASK_SOON: Duration = Duration::from_millis(5);
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// How long a stream counts as new.
const BEGINNING: Duration = Duration::from_millis(200);

pub(super) struct PulseStream {
    shared: Arc<Shared>,
    asker: Option<JoinHandle<()>>,
    /// Present until it is closed.
    connection: Option<PulseClient>,
}

/// Relaxed throughout: independent numbers, and a flag.
struct Shared {
    meter: Arc<Meter>,
    /// The latest reported latency, in microseconds.
    latency_us: AtomicU64,
    closing: Atomic<bool>,
}

/// Reports the end of the stream when the client drops the callback.
struct LetGo(Arc<Meter>);

impl Drop for LetGo {
    fn drop(&mut self) {
        mark_lost(&self.0, "the sound server closed the connection");
    }
}

fn mark_lost(meter: &Meter, why: &str) {
    meter.lost.get_or_init(|| why.to_owned());
}

impl PulseStream {
    pub(super) fn start(
        connection: PulseClient,
        params: PlaybackStreamParams,
        renderer: Renderer,
        format: Format,
    ) -> Result<Self, String> {
        let meter = Arc::new(Meter::default());
        let shared = Arc::new(Shared {
            meter: meter.clone(),
            latency_us: AtomicU64::new(0),
            closing: Atomic::new(false),
        });
        let mut pull = Pull::new(renderer, format, meter.clone());
        let (callback, let_go) = (shared.clone(), LetGo(meter));
        let fill = move |out: &mut [u8]| {
            // Moved in here, to be dropped with the closure.
            let _ = &let_go;
            out.fill(0);
            let ahead = Duration::from_micros(callback.latency_us.load(Relaxed));
            pull.fill_bytes(out, ahead);
            out.len()
        };
        let stream = connection
            .client
            .create_playback_stream(params, fill.as_playback_source());
        let stream = connection.ask(stream)?;
        connection.ask(stream.uncork())?;
        let asking = shared.clone();
        let asker = thread::Builder::new().name("herald-latency".to_owned());
        let asker = asker
            .spawn(move || asking.poll_latency(&stream))
            .map_err(|error| error.to_string())?;
        Ok(Self {
            shared,
            asker: Some(asker),
            connection: Some(connection),
        })
    }
}

impl Shared {
    /// Queries the latency until the stream ends.
    fn poll_latency(&self, stream: &PlaybackStream) {
        let started = Instant::now();
        while !self.closing.load(Relaxed) {
            let asked = Instant::now();
            match within(ANSWER_LIMIT, stream.timing_info()) {
                Some(Ok(info)) => {
                    let buffered = (info.write_offset - info.read_offset).max(0) as usize;
                    let buffered = duration(stream.sample_spec(), buffered);
                    // The server does not count data in transit, and may have played a period since the last
                    // callback.
                    let way = asked.elapsed() + PERIOD;
                    let latency = Duration::from_micros(info.sink_usec) + buffered + way;
                    self.latency_us.store(latency.as_micros() as u64, Relaxed);
                }
                Some(Err(error)) => match reason(&error) {
                    Reason::Refused => return mark_lost(&self.meter, "access denied"),
                    Reason::Other(why) => return mark_lost(&self.meter, &why),
                },
                // A hanging server pulls no samples either, which is detected elsewhere.
                None => {}
            }
            thread::park_timeout(match started.elapsed() < BEGINNING {
                true => ASK_SOON,
                false => ASK_AGAIN,
            });
        }
    }
}

fn duration(spec: &SampleSpec, bytes: usize) -> Duration {
    spec.bytes_to_duration(bytes)
}

impl Stream for PulseStream {
    fn frames(&self) -> u64 {
        self.shared.meter.frames.load(Relaxed)
    }

    fn latency(&self) -> Duration {
        Duration::from_micros(self.shared.meter.latency_us.load(Relaxed))
    }

    fn failure(&self) -> Option<String> {
        self.shared.meter.lost.get().cloned()
    }
}

impl Drop for PulseStream {
    fn drop(&mut self) {
        self.shared.closing.store(true, Relaxed);
        // Closing the connection ends all requests.
        self.connection = None;
        if let Some(asker) = self.asker.take() {
            asker.thread().unpark();
            // A panic in the thread was reported there.
            let _ = asker.join();
        }
    }
}
