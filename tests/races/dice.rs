//! Moments and members picked at random.

use std::time::Duration;

/// Numbers that are hard to foresee (xorshift64). The same ones in each run: what differs from run
/// to run is what the processes are doing when the number falls.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new() -> Self {
        Self(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    /// Lets some time below `bound` pass.
    pub(crate) fn pause(&mut self, bound: Duration) {
        let micros = self.below(bound.as_micros() as usize);
        std::thread::sleep(Duration::from_micros(micros as u64));
    }
}
