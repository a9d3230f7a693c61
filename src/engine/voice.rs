//! A voice: one clip on its way out.

use std::sync::Arc;

use bytemuck::NoUninit;

use crate::audio::Clip;
use crate::sync::{Atomic, Ordering::Relaxed};

/// Where a voice is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, NoUninit)]
#[repr(u8)]
pub enum VoiceState {
    /// Waiting for the next callback, or for a free place.
    Starting,
    /// Sounding.
    Playing,
    /// Rendered to its last sample. The device may still be playing them.
    Ended,
}

/// The control side's view of a voice. Dropping it does not stop the voice.
#[derive(Clone, Debug)]
pub struct VoiceHandle(Arc<Atomic<VoiceState>>);

impl VoiceHandle {
    /// Where the voice is in its life.
    pub fn state(&self) -> VoiceState {
        // Relaxed: the state publishes no other memory; the voice itself travels by queue.
        self.0.load(Relaxed)
    }
}

/// The real-time side's voice.
#[derive(Debug)]
pub(super) struct Voice {
    clip: Arc<Clip>,
    /// The next sample.
    position: usize,
    gain: f32,
    state: Arc<Atomic<VoiceState>>,
}

impl Voice {
    pub(super) fn new(clip: Arc<Clip>, gain: f32) -> (Self, VoiceHandle) {
        let state = Arc::new(Atomic::new(VoiceState::Starting));
        (
            Self {
                clip,
                position: 0,
                gain,
                state: state.clone(),
            },
            VoiceHandle(state),
        )
    }

    /// Adds the voice's next samples to `out`. Returns whether that was its end.
    pub(super) fn mix_into(&mut self, out: &mut [f32]) -> bool {
        let rest = self.clip.samples().get(self.position..).unwrap_or_default();
        for (out, sample) in out.iter_mut().zip(rest) {
            *out += sample * self.gain;
        }
        self.position = self.position.saturating_add(out.len());
        let ended = rest.len() <= out.len();
        // Relaxed: see VoiceHandle::state.
        self.state.store(
            if ended {
                VoiceState::Ended
            } else {
                VoiceState::Playing
            },
            Relaxed,
        );
        ended
    }
}
