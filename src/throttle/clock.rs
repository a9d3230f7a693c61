//! The only source of time for the throttle.
//!
//! The throttle uses wall-clock time: all processes of the machine share it, it includes suspended time, and
//! it continues after a reboot. Its drawback, clock steps, is bounded by the throttle (see [`crate::table`]).

use std::time::{SystemTime, UNIX_EPOCH};

use crate::sync::{AtomicU64, Ordering};

/// A source of wall-clock time.
pub trait Clock {
    /// Milliseconds since 1970-01-01 UTC; 0 for an earlier time.
    fn unix_ms(&self) -> u64;
}

impl<C: Clock + ?Sized> Clock for &C {
    fn unix_ms(&self) -> u64 {
        (**self).unix_ms()
    }
}

/// The system's wall clock; the coarse one where available.
///
/// Linux's `CLOCK_REALTIME_COARSE` costs a fifth of the precise clock and ticks every 1–4 ms,
/// so a throttle window holds to one tick.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[cfg(target_os = "linux")]
    fn unix_ms(&self) -> u64 {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        seconds * 1_000 + time.tv_nsec.unsigned_abs() / 1_000_000
    }

    #[cfg(not(target_os = "linux"))]
    fn unix_ms(&self) -> u64 {
        unix_ms(SystemTime::now())
    }
}

/// `time` in milliseconds since 1970-01-01 UTC; 0 for an earlier time.
pub fn unix_ms(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A clock that only moves on demand, for tests and models.
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock standing at `unix_ms` milliseconds since 1970-01-01 UTC.
    pub fn at(unix_ms: u64) -> Self {
        Self(AtomicU64::new(unix_ms))
    }

    /// Moves the clock to `unix_ms`, forwards or backwards.
    pub fn set(&self, unix_ms: u64) {
        // Relaxed: a test that needs an order between this and a reading must establish it itself.
        self.0.store(unix_ms, Ordering::Relaxed);
    }

    /// Moves the clock forward by `ms` milliseconds.
    pub fn advance(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn unix_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
