//! The engine: mixes many sounds into one stream of samples, in real time.
//!
//! # Purpose
//!
//! [`Engine`] is the control side: it starts voices, and their handles ([`VoiceHandle`]) change or stop them
//! from any thread. [`Renderer`] is the real-time side: an audio callback pulls mixed samples from it.
//! Neither knows devices.
//!
//! ```text
//!  control side                                 real-time side
//!  Engine::play ──voice──▶ lane ──────────────▶ Renderer: voices × gain ─ sum ─ master ─ limiter
//!  VoiceHandle  ──stop, gain──▶ atomics ──────▶           │
//!  Engine::free_ended ◀─────────── lane ◀──voice──────────┘ over
//! ```
//!
//! # Real-time guarantees
//!
//! [`Renderer::render`] does not allocate, free, make system calls, lock, wait or panic. Voices reach it
//! through one bounded lane and leave through another, so clips are freed on the control side; neither lane
//! makes it wait, whatever the other side is doing (`lane`). Stopping and changing the gain use atomics that
//! the voice shares with its handle, so they cannot meet a full lane.
//!
//! Code in this module must not panic, wait, allocate or write. The lints below enforce it in every file of it,
//! with lists in `.clippy.toml`; the control side has explicit exceptions, and a test prevents calls to other
//! modules.
//!
//! # Sound
//!
//! A voice starts at its first sample with its gain. Later changes are smooth, over [`FADE`]: gain, stop,
//! master. The sum is limited to full scale, and passes unchanged where it is within.
//!
//! # Limits
//!
//! [`MAX_VOICES`] play at once; [`MAX_STARTING`] more wait. If that is full, too, the caller gets an error.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::disallowed_macros,
        clippy::disallowed_methods,
        clippy::disallowed_types,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::integer_division,
        clippy::panic,
        clippy::print_stderr,
        clippy::print_stdout,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

mod lane;
mod life;
mod master;
mod realtime;

use std::sync::Arc;
use std::time::Duration;

use crate::audio::{Clip, Format};
use crate::error::{Error, ErrorKind, Result};
use lane::{Receiver, Sender, lane};
use life::Life;
pub use life::VoiceState;
pub use master::Master;
pub use realtime::{MAX_VOICES, Renderer};
use realtime::{Parts, Voice};

/// The number of voices that can wait for the next callback.
pub const MAX_STARTING: usize = 64;
/// The duration of a gain change.
pub(crate) const FADE: Duration = Duration::from_millis(5);
/// The greatest gain of a voice: 24 dB.
pub(crate) const MAX_GAIN: f32 = 16.0;

/// The control side of an engine.
///
/// Playing takes `&mut self`: the lanes have one sender and one receiver each, so the callback never waits.
/// To play from many threads, use a job queue or a mutex in front of it; the callback does not see either.
#[derive(Debug)]
pub struct Engine {
    starting: Sender<Voice>,
    ended: Receiver<Voice>,
    format: Format,
    fade: u32,
}

/// The control side's view of a voice. Dropping it does not stop the voice.
#[derive(Clone, Debug)]
pub struct VoiceHandle(Arc<Life>);

impl Engine {
    /// An engine that renders in `format`, and its real-time side.
    pub fn new(format: Format) -> (Self, Renderer) {
        Self::with(format, Duration::ZERO, Arc::default())
    }

    /// An engine that renders in `format`, starts with `lead_in` of silence and follows `master`; and its
    /// real-time side.
    pub fn with(format: Format, lead_in: Duration, master: Arc<Master>) -> (Self, Renderer) {
        let (start, starting) = lane(MAX_STARTING);
        let (end, ended) = lane(MAX_VOICES + MAX_STARTING);
        let fade = format.frames(FADE) as u32;
        let renderer = Renderer::new(Parts {
            starting,
            ended: end,
            rate: format.rate,
            channels: usize::from(format.channels),
            lead_in: format.frames(lead_in),
            master,
            fade,
        });
        let engine = Self {
            starting: start,
            ended,
            format,
            fade,
        };
        (engine, renderer)
    }

    /// The format of the renderer's samples.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Starts `clip` at the next callback. `gain` is a factor from 0 to `MAX_GAIN`; 1 is the clip's own
    /// level.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Busy`] if too many voices wait, [`ErrorKind::Sound`] if the clip is not in the engine's
    /// format.
    pub fn play(&mut self, clip: Arc<Clip>, gain: f32) -> Result<VoiceHandle> {
        self.play_from(clip, gain, 0)
    }

    /// As [`Self::play`], starting at frame `from`; fades in if that is not 0.
    ///
    /// # Errors
    ///
    /// Those of [`Self::play`].
    pub fn play_from(&mut self, clip: Arc<Clip>, gain: f32, from: usize) -> Result<VoiceHandle> {
        self.play_placed(clip, gain, [1.0; 2], from)
    }

    /// As [`Self::play_from`], with factors from 0 to 1 for left and right, the first two channels.
    ///
    /// # Errors
    ///
    /// Those of [`Self::play`].
    pub fn play_placed(
        &mut self,
        clip: Arc<Clip>,
        gain: f32,
        sides: [f32; 2],
        from: usize,
    ) -> Result<VoiceHandle> {
        if clip.format() != self.format {
            return Err(wrong_format(clip.format(), self.format));
        }
        self.free_ended();
        let life = Life::shared(master::clamped(gain, MAX_GAIN), from as u64);
        let first_sample = from.saturating_mul(usize::from(self.format.channels));
        let is_placed = sides != [1.0; 2] && self.format.channels > 1;
        let sides = is_placed.then(|| sides.map(|side| master::clamped(side, 1.0)));
        let voice = Voice::new(clip, first_sample, self.fade, sides, life.clone());
        self.starting
            .push(voice)
            .map_err(|_| Error::new(ErrorKind::Busy, "too many sounds at once"))?;
        Ok(VoiceHandle(life))
    }

    /// Frees the voices that the renderer has finished.
    pub fn free_ended(&mut self) {
        while self.ended.pop().is_some() {}
    }
}

impl VoiceHandle {
    /// The state of the voice.
    pub fn state(&self) -> VoiceState {
        self.0.state()
    }

    /// Fades the voice out. Returns false if it had already finished.
    pub fn stop(&self) -> bool {
        self.0.stop()
    }

    /// Changes the gain, a factor from 0 to `MAX_GAIN`.
    pub fn set_gain(&self, gain: f32) {
        self.0.set_gain(master::clamped(gain, MAX_GAIN));
    }

    /// Frames of the clip rendered so far.
    pub fn position(&self) -> u64 {
        self.0.position()
    }
}

#[allow(clippy::disallowed_macros, reason = "control side")]
fn wrong_format(found: Format, expected: Format) -> Error {
    let why = format!("{found:?}, not {expected:?}");
    Error::new(ErrorKind::Sound, "the clip has the wrong format").because(why)
}
