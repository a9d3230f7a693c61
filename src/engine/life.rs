//! What the two sides of a voice tell each other: where it is in its life, and how loud it shall
//! be.
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
//! - A voice ends once, as Finished or as Stopped, and stays so.
//! - Whoever was told by [`Life::stop`] that the voice will stop never sees it Finished.
//!
//! # Concurrency
//!
//! Two threads move the state: every step is one compare-and-swap from the state it was decided
//! on. Relaxed throughout: the state publishes no other memory. The voice itself travels through
//! [`super::lane`], and gain and position are numbers that stand for themselves.

use std::sync::Arc;

use bytemuck::NoUninit;

use crate::sync::{Atomic, AtomicU64, Ordering::Relaxed};

/// Where a voice is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, NoUninit)]
#[repr(u8)]
pub enum VoiceState {
    /// Waiting for the next callback, or for a free place.
    Starting,
    /// Sounding.
    Playing,
    /// Told to stop; fading out.
    Stopping,
    /// Rendered to its last sample. The device may still be playing them.
    Finished,
    /// Stopped before its end.
    Stopped,
}

impl VoiceState {
    /// Whether nothing more will be rendered of it.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Stopped)
    }
}

/// Shared by a voice and its handles.
#[derive(Debug)]
pub(super) struct Life {
    state: Atomic<VoiceState>,
    /// What the control side wants; a factor, finite and not negative.
    gain: Atomic<f32>,
    /// Frames of the clip rendered so far.
    position: AtomicU64,
}

impl Life {
    /// A life that has not begun.
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

    /// Control side: asks the voice to stop. Returns whether it will end as stopped: false if it
    /// had finished.
    pub(super) fn stop(&self) -> bool {
        // Each state is left once, so this goes round three times at most.
        loop {
            match self.state() {
                VoiceState::Finished => return false,
                VoiceState::Stopping | VoiceState::Stopped => return true,
                state if self.step(state, VoiceState::Stopping) => return true,
                _ => {}
            }
        }
    }

    /// Real-time side: the voice has got a place. Returns whether it may sound.
    pub(super) fn begin(&self) -> bool {
        self.step(VoiceState::Starting, VoiceState::Playing)
    }

    /// Real-time side: nothing more will be rendered of the voice.
    pub(super) fn end(&self) {
        // Told to stop, if not playing any more; and then nobody but this side goes on from there.
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
