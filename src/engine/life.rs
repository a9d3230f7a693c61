//! The state that both sides of a voice share: its lifecycle and its gain.
//!
//! ```text
//!             renderer            renderer
//!  Starting ───────────▶ Playing ──────────▶ Finished    rendered to its last sample
//!      │                    │
//!      └──── control ───────┴──▶ Stopping ──▶ Stopped     faded out, or never begun
//!             side                    renderer
//! ```
//!
//! # Invariants
//!
//! - A voice ends once, as Finished or Stopped, and stays in that state.
//! - After [`Life::stop`] returned that the voice will stop, it never becomes Finished.
//!
//! # Concurrency
//!
//! Two threads change the state: every step is one compare-and-swap from the state it was decided on. Relaxed
//! throughout: the state publishes no other memory. The voice itself travels through [`super::lane`], and
//! gain and position are independent numbers.

use std::sync::Arc;

use bytemuck::NoUninit;

use crate::sync::{Atomic, AtomicU64, Ordering::Relaxed};

/// The lifecycle of a voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, NoUninit)]
#[repr(u8)]
pub enum VoiceState {
    /// Waiting for the next callback, or for a free slot.
    Starting,
    /// Playing.
    Playing,
    /// Fading out.
    Stopping,
    /// Rendered to its last sample. The device may still be playing them.
    Finished,
    /// Stopped before its end.
    Stopped,
}

impl VoiceState {
    /// Whether rendering is over.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Stopped)
    }
}

/// Shared by a voice and its handles.
#[derive(Debug)]
pub(super) struct Life {
    state: Atomic<VoiceState>,
    /// The gain set by the control side; finite and not negative.
    gain: Atomic<f32>,
    /// Frames of the clip rendered so far.
    position: AtomicU64,
}

impl Life {
    /// The state of a new voice.
    #[allow(clippy::disallowed_methods, reason = "control side")]
    pub(super) fn shared(gain: f32, position: u64) -> Arc<Self> {
        Arc::new(Self {
            state: Atomic::new(VoiceState::Starting),
            gain: Atomic::new(gain),
            position: AtomicU64::new(position),
        })
    }

    pub(super) fn state(&self) -> VoiceState {
        self.state.load(Relaxed)
    }

    pub(super) fn gain(&self) -> f32 {
        self.gain.load(Relaxed)
    }

    pub(super) fn set_gain(&self, gain: f32) {
        self.gain.store(gain, Relaxed);
    }

    pub(super) fn position(&self) -> u64 {
        self.position.load(Relaxed)
    }

    pub(super) fn set_position(&self, frames: u64) {
        self.position.store(frames, Relaxed);
    }

    /// Control side: stops the voice. Returns whether it will end as Stopped: false if it had finished.
    pub(super) fn stop(&self) -> bool {
        // Each state is left once, so this loops three times at most.
        loop {
            match self.state() {
                VoiceState::Finished => return false,
                VoiceState::Stopping | VoiceState::Stopped => return true,
                state if self.step(state, VoiceState::Stopping) => return true,
                _ => {}
            }
        }
    }

    /// Real-time side: the voice has a slot. Returns whether it may play.
    pub(super) fn begin(&self) -> bool {
        self.step(VoiceState::Starting, VoiceState::Playing)
    }

    /// Real-time side: rendering is over.
    pub(super) fn end(&self) {
        // If not playing, it was told to stop, and then only this side changes the state.
        let _ = self.step(VoiceState::Playing, VoiceState::Finished)
            || self.step(VoiceState::Stopping, VoiceState::Stopped);
    }

    fn step(&self, from: VoiceState, to: VoiceState) -> bool {
        let step = self.state.compare_exchange(from, to, Relaxed, Relaxed);
        step.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_that_nobody_stops_finishes() {
        let life = Life::shared(1.0, 0);
        assert!(life.begin());
        assert_eq!(life.state(), VoiceState::Playing);
        life.end();
        assert_eq!(life.state(), VoiceState::Finished);
        assert!(!life.stop());
        assert_eq!(life.state(), VoiceState::Finished);
    }

    #[test]
    fn a_voice_may_be_stopped_before_and_while_it_sounds() {
        let waiting = Life::shared(1.0, 0);
        assert!(waiting.stop());
        assert!(!waiting.begin());
        waiting.end();
        assert_eq!(waiting.state(), VoiceState::Stopped);

        let playing = Life::shared(1.0, 0);
        assert!(playing.begin());
        assert!(playing.stop());
        assert_eq!(playing.state(), VoiceState::Stopping);
        playing.end();
        assert_eq!(playing.state(), VoiceState::Stopped);
        assert!(playing.stop());
    }
}
