//! The master volume and mute for all sounds, and how loud they are together.

use crate::sync::{Atomic, Ordering::Relaxed};

/// Volume and mute. Any thread can change them; they take effect at the next callback.
///
/// Relaxed throughout: independent numbers.
#[derive(Debug)]
pub struct Master {
    volume: Atomic<f32>,
    muted: Atomic<bool>,
    /// The loudest sample since somebody asked. Of two engines that note one at once, one may be lost.
    peak: Atomic<f32>,
}

impl Master {
    /// Full volume, not muted.
    pub fn new() -> Self {
        Self {
            volume: Atomic::new(1.0),
            muted: Atomic::new(false),
            peak: Atomic::new(0.0),
        }
    }

    /// Sets the volume: a factor, clamped to 0 to 1. NaN is silence.
    pub fn set_volume(&self, volume: f32) {
        self.volume.store(clamped(volume, 1.0), Relaxed);
    }

    /// The volume, whether muted or not.
    pub fn volume(&self) -> f32 {
        self.volume.load(Relaxed)
    }

    /// Mutes or unmutes everything. Sounds continue while muted.
    pub fn set_muted(&self, muted: bool) {
        self.muted.store(muted, Relaxed);
    }

    /// Whether everything is muted.
    pub fn is_muted(&self) -> bool {
        self.muted.load(Relaxed)
    }

    /// Notes the loudest sample of a callback.
    pub(super) fn note_peak(&self, peak: f32) {
        if peak > self.peak.load(Relaxed) {
            self.peak.store(peak, Relaxed);
        }
    }

    /// The loudest sample since the last call, from 0 to 1: after volume and limiter.
    pub fn take_peak(&self) -> f32 {
        self.peak.swap(0.0, Relaxed)
    }

    /// The effective factor.
    pub(crate) fn gain(&self) -> f32 {
        if self.is_muted() { 0.0 } else { self.volume() }
    }
}

impl Default for Master {
    fn default() -> Self {
        Self::new()
    }
}

/// `gain` clamped to 0 to `most`; 0 for NaN.
pub(super) fn clamped(gain: f32, most: f32) -> f32 {
    if gain.is_nan() {
        return 0.0;
    }
    gain.clamp(0.0, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_the_loudest_since_it_was_asked_for() {
        let master = Master::new();
        for peak in [0.25, 0.5, 0.1, f32::NAN] {
            master.note_peak(peak);
        }
        assert_eq!(master.take_peak(), 0.5);
        assert_eq!(master.take_peak(), 0.0);
    }

    #[test]
    fn the_volume_stays_in_its_range_and_mute_does_not_forget_it() {
        let master = Master::new();
        for (set, found) in [
            (0.5, 0.5),
            (-1.0, 0.0),
            (7.0, 1.0),
            (f32::NAN, 0.0),
            (0.25, 0.25),
        ] {
            master.set_volume(set);
            assert_eq!(master.volume(), found, "{set}");
        }
        master.set_muted(true);
        assert_eq!((master.gain(), master.volume()), (0.0, 0.25));
        master.set_muted(false);
        assert_eq!(master.gain(), 0.25);
    }
}
