//! The engine: many sounds into one stream of samples, in real time.
//!
//! # Purpose
//!
//! [`Engine`] is the control side: any thread starts voices. [`Renderer`] is the real-time side:
//! an audio callback pulls mixed samples from it. Neither knows a device.
//!
//! # Real-time guarantees
//!
//! [`Renderer::render`] allocates nothing, frees nothing, holds no lock, logs nothing and cannot
//! panic. Voices reach it through one bounded lock-free queue and leave
//! through another, so that clips are freed on the control side. The queues are crossbeam's: a
//! callback that meets a push in the middle of its few instructions spins until it is through,
//! and yields if that thread was put to sleep just there.
//!
//! # Limits
//!
//! [`MAX_VOICES`] sound at once; more wait in the queue, and when that is full too, the caller
//! is told.

mod renderer;
mod voice;

use std::sync::Arc;

use crossbeam::queue::ArrayQueue;

use crate::audio::{Clip, Format};
use crate::error::{Error, ErrorKind, Result};
pub use renderer::Renderer;
use voice::Voice;
pub use voice::{VoiceHandle, VoiceState};

/// How many voices sound at once.
pub const MAX_VOICES: usize = 32;
/// How many voices wait to be taken up by the next callback.
const MAX_STARTING: usize = 64;

/// The control side of an engine.
#[derive(Debug)]
pub struct Engine {
    queues: Arc<Queues>,
    format: Format,
}

/// What control side and real-time side share.
#[derive(Debug)]
struct Queues {
    starting: ArrayQueue<Voice>,
    ended: ArrayQueue<Voice>,
}

impl Engine {
    /// An engine that renders in `format`, and its real-time side.
    pub fn new(format: Format) -> (Self, Renderer) {
        let queues = Arc::new(Queues {
            starting: ArrayQueue::new(MAX_STARTING),
            ended: ArrayQueue::new(MAX_VOICES + MAX_STARTING),
        });
        (
            Self {
                queues: queues.clone(),
                format,
            },
            Renderer::new(queues),
        )
    }

    /// What the renderer's samples are.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Starts `clip` with the next callback. `gain` is a factor, 1 the clip's own level.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Busy`] if too many voices are waiting, [`ErrorKind::Sound`] if the clip is
    /// not in the engine's format.
    pub fn play(&self, clip: Arc<Clip>, gain: f32) -> Result<VoiceHandle> {
        if clip.format() != self.format {
            let why = format!("{:?}, not {:?}", clip.format(), self.format);
            return Err(Error::new(ErrorKind::Sound, "the clip is in another format").because(why));
        }
        self.free_ended();
        let (voice, handle) = Voice::new(clip, gain);
        self.queues
            .starting
            .push(voice)
            .map_err(|_| Error::new(ErrorKind::Busy, "too many sounds at once"))?;
        Ok(handle)
    }

    /// Frees what the renderer is done with.
    pub fn free_ended(&self) {
        while self.queues.ended.pop().is_some() {}
    }
}
