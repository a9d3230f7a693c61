//! Random delays and members.

use std::time::Duration;

/// Pseudo-random numbers (xorshift64), the same in each run: runs differ in what the processes are doing at
/// each.
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

    /// Sleeps for a random time below `bound`.
    pub(crate) fn pause(&mut self, bound: Duration) {
        let micros = self.below(bound.as_micros() as usize);
        std::thread::sleep(Duration::from_micros(micros as u64));
    }
}
