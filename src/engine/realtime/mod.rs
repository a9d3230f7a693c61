//! The real-time side. See the guarantees in [`crate::engine`], and the lints there that keep
//! them.

mod limiter;
mod ramp;
#[cfg(test)]
mod tests;
mod voice;

use std::sync::Arc;

use super::lane::{Receiver, Sender};
use super::master::Master;
use limiter::Limiter;
use ramp::Ramp;
pub(super) use voice::Voice;

/// The number of voices that play at once.
pub const MAX_VOICES: usize = 64;

/// Mixes the engine's voices; owned by an audio callback.
#[derive(Debug)]
pub struct Renderer {
    starting: Receiver<Voice>,
    ended: Sender<Voice>,
    voices: [Option<Voice>; MAX_VOICES],
    channels: usize,
    /// Samples of silence before the first sound.
    lead_in: usize,
    master: Arc<Master>,
    /// The current gain of the master.
    level: Ramp,
    limiter: Limiter,
}

/// The parts of a renderer.
pub(super) struct Parts {
    pub(super) starting: Receiver<Voice>,
    pub(super) ended: Sender<Voice>,
    pub(super) rate: u32,
    pub(super) channels: usize,
    /// Frames of silence before the first sound.
    pub(super) lead_in: usize,
    pub(super) master: Arc<Master>,
    /// Frames of a change of the master's gain.
    pub(super) fade: u32,
}

impl Renderer {
    pub(super) fn new(parts: Parts) -> Self {
        let channels = parts.channels.max(1);
        Self {
            starting: parts.starting,
            ended: parts.ended,
            voices: [const { None }; MAX_VOICES],
            channels,
            lead_in: parts.lead_in.saturating_mul(channels),
            level: Ramp::at(parts.master.gain(), parts.fade),
            master: parts.master,
            limiter: Limiter::new(parts.rate, channels),
        }
    }

    /// Fills `out`, interleaved in the engine's format, with the sum of all voices, limited to ±1. Any number
    /// of frames is allowed; the samples do not depend on the sizes of callbacks. An incomplete frame at the
    /// end is silent.
    pub fn render(&mut self, out: &mut [f32]) {
        out.fill(0.0);
        let silent = self.lead_in.min(out.len());
        self.lead_in = self.lead_in.saturating_sub(silent);
        let out = out.get_mut(silent..).unwrap_or_default();
        let incomplete = out.len().checked_rem(self.channels).unwrap_or_default();
        let whole = out.len().saturating_sub(incomplete);
        let out = out.get_mut(..whole).unwrap_or_default();
        if out.is_empty() {
            return;
        }
        for place in &mut self.voices {
            if place.is_none() {
                *place = self.starting.pop();
            }
            let channels = self.channels;
            let over = place
                .as_mut()
                .is_some_and(|voice| voice.mix_into(out, channels));
            if over && let Some(voice) = place.take() {
                // Not dropped here: its clip may be the last reference, and freeing takes time. If the lane
                // is full, the next callback retries.
                *place = self.ended.push(voice).err();
            }
        }
        self.apply_level(out);
        let peak = self.limiter.apply(out);
        self.master.note_peak(peak);
    }

    fn apply_level(&mut self, out: &mut [f32]) {
        self.level.aim(self.master.gain());
        if self.level.stands_at(1.0) {
            return;
        }
        let moving = self.level.frames_left().saturating_mul(self.channels);
        let Some((moving, steady)) = out.split_at_mut_checked(moving.min(out.len())) else {
            return;
        };
        for frame in moving.chunks_exact_mut(self.channels) {
            let gain = self.level.step();
            frame.iter_mut().for_each(|sample| *sample *= gain);
        }
        let gain = self.level.gain();
        steady.iter_mut().for_each(|sample| *sample *= gain);
    }
}
