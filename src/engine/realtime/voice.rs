//! A voice: one clip being played.

use std::sync::Arc;

use super::ramp::Ramp;
use crate::audio::Clip;
use crate::engine::life::{Life, VoiceState};

/// The voice on the real-time side.
#[derive(Debug)]
pub(in crate::engine) struct Voice {
    clip: Arc<Clip>,
    /// The index of the next sample.
    position: usize,
    gain: Ramp,
    /// Factors for left and right, unless both are 1.
    sides: Option<[f32; 2]>,
    begun: bool,
    life: Arc<Life>,
}

impl Voice {
    /// A voice that starts at sample `position` of `clip`, whose gain changes take `fade` frames. At the
    /// start of the clip it begins with the gain; elsewhere it fades in. `sides` are factors for left and right.
    pub(in crate::engine) fn new(
        clip: Arc<Clip>,
        position: usize,
        fade: u32,
        sides: Option<[f32; 2]>,
        life: Arc<Life>,
    ) -> Self {
        let first_gain = if position == 0 { life.gain() } else { 0.0 };
        Self {
            clip,
            position,
            gain: Ramp::at(first_gain, fade),
            sides,
            begun: false,
            life,
        }
    }

    /// Adds the next frames to `out`, which holds whole frames. Returns whether the voice has ended.
    pub(super) fn mix_into(&mut self, out: &mut [f32], channels: usize) -> bool {
        if !self.begun {
            self.begun = true;
            if !self.life.begin() {
                self.life.end();
            }
        }
        let state = self.life.state();
        if state.is_over() {
            return true;
        }
        let stopping = state == VoiceState::Stopping;
        self.gain.aim(if stopping { 0.0 } else { self.life.gain() });

        let rest = self.clip.samples().get(self.position..).unwrap_or_default();
        let length = rest.len().min(out.len());
        let moving = self.gain.frames_left().saturating_mul(channels).min(length);
        let (Some((ramped, steady)), Some((ramped_out, steady_out))) = (
            rest.get(..length)
                .and_then(|rest| rest.split_at_checked(moving)),
            out.get_mut(..length)
                .and_then(|out| out.split_at_mut_checked(moving)),
        ) else {
            return true;
        };
        let frames = ramped_out.chunks_exact_mut(channels);
        for (out, frame) in frames.zip(ramped.chunks_exact(channels)) {
            let gain = self.gain.step();
            add(out, frame, channels, gain, self.sides);
        }
        let faded_out = stopping && self.gain.stands_at(0.0);
        if !faded_out {
            add(steady_out, steady, channels, self.gain.gain(), self.sides);
        }

        self.position = self.position.saturating_add(length);
        let frames = self.position.checked_div(channels).unwrap_or_default();
        self.life.set_position(frames as u64);
        let over = faded_out || length == rest.len();
        if over {
            self.life.end();
        }
        over
    }
}

/// Adds `samples`, whole frames, to `out`, at `gain` and the gains of the two sides.
fn add(out: &mut [f32], samples: &[f32], channels: usize, gain: f32, sides: Option<[f32; 2]>) {
    let Some(sides) = sides else {
        for (out, sample) in out.iter_mut().zip(samples) {
            *out += sample * gain;
        }
        return;
    };
    let frames = samples.chunks_exact(channels);
    for (out, frame) in out.chunks_exact_mut(channels).zip(frames) {
        let mut sides = sides.into_iter();
        for (out, sample) in out.iter_mut().zip(frame) {
            *out += sample * gain * sides.next().unwrap_or(1.0);
        }
    }
}
