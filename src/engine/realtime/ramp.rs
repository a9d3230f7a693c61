//! A gain that changes smoothly: a jump would be a click.

/// A gain that changes linearly, frame by frame.
#[derive(Debug)]
pub(super) struct Ramp {
    from: f32,
    to: f32,
    /// Frames passed of `length`; equal to it at the target.
    elapsed: u32,
    length: u32,
}

impl Ramp {
    /// A constant gain; changes will take `length` frames.
    pub(super) fn at(gain: f32, length: u32) -> Self {
        let length = length.max(1);
        Self {
            from: gain,
            to: gain,
            elapsed: length,
            length,
        }
    }

    /// Starts changing to `target` from the current value, unless it already does.
    pub(super) fn aim(&mut self, target: f32) {
        if target != self.to {
            self.from = self.gain();
            self.to = target;
            self.elapsed = 0;
        }
    }

    /// Frames until it is constant.
    pub(super) fn frames_left(&self) -> usize {
        self.length.saturating_sub(self.elapsed) as usize
    }

    /// The current gain.
    pub(super) fn gain(&self) -> f32 {
        if self.elapsed >= self.length {
            return self.to;
        }
        // From the count rather than by accumulating, so that the sizes of callbacks do not matter.
        let share = self.elapsed as f32 / self.length as f32;
        self.from + (self.to - self.from) * share
    }

    /// The gain of the next frame.
    pub(super) fn step(&mut self) -> f32 {
        self.elapsed = self.elapsed.saturating_add(1).min(self.length);
        self.gain()
    }

    /// Whether it is constant at `gain`.
    pub(super) fn stands_at(&self, gain: f32) -> bool {
        self.to == gain && self.frames_left() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_in_equal_steps_and_stays() {
        let mut ramp = Ramp::at(0.0, 4);
        assert!(ramp.stands_at(0.0));
        ramp.aim(1.0);
        assert_eq!(ramp.frames_left(), 4);
        let gains: Vec<f32> = (0..6).map(|_| ramp.step()).collect();
        assert_eq!(gains, [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
        assert!(ramp.stands_at(1.0));
    }

    #[test]
    fn a_new_aim_starts_from_where_it_is() {
        let mut ramp = Ramp::at(0.0, 4);
        ramp.aim(1.0);
        ramp.step();
        ramp.step();
        ramp.aim(0.0);
        let gains: Vec<f32> = (0..4).map(|_| ramp.step()).collect();
        assert_eq!(gains, [0.375, 0.25, 0.125, 0.0]);
    }
}
