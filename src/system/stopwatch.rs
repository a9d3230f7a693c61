//! Measures steps and keeps those that were slow.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const SLOW: Duration = Duration::from_millis(10);

/// Collects the slow steps of one piece of work, from any thread. It takes a lock, so it is not for the
/// real-time thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stopwatch(Arc<Mutex<Slow>>);

/// The slow steps, in milliseconds.
pub(crate) type Slow = BTreeMap<&'static str, u64>;

impl Stopwatch {
    /// Runs `work` as the step `step`.
    pub(crate) fn time<R>(&self, step: &'static str, work: impl FnOnce() -> R) -> R {
        let started = Instant::now();
        let result = work();
        self.add(step, started.elapsed());
        result
    }

    /// Records that `step` took `time`, if that is slow. Repeated steps are added up.
    pub(crate) fn add(&self, step: &'static str, time: Duration) {
        if time >= SLOW {
            let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            let mut slow = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *slow.entry(step).or_default() += ms;
        }
    }

    /// The slow steps so far.
    pub(crate) fn slow(&self) -> Slow {
        let slow = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slow.clone()
    }
}

/// Milliseconds since boot, including suspended time: a monotonic clock that all processes share.
pub fn boot_ms() -> u64 {
    #[cfg(windows)]
    {
        #[allow(
            unsafe_code,
            reason = "the standard library has no clock that processes share"
        )]
        // SAFETY: it has no arguments and cannot fail.
        unsafe {
            windows_sys::Win32::System::SystemInformation::GetTickCount64()
        }
    }
    #[cfg(unix)]
    {
        // On other systems the monotonic clock continues during suspension.
        #[cfg(target_os = "linux")]
        const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
        #[cfg(not(target_os = "linux"))]
        const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
        let time = rustix::time::clock_gettime(CLOCK);
        time.tv_sec.unsigned_abs() * 1_000 + time.tv_nsec.unsigned_abs() / 1_000_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_slow_is_noted() {
        let stopwatch = Stopwatch::default();
        stopwatch.add("quick", SLOW - Duration::from_nanos(1));
        stopwatch.clone().add("slow", SLOW);
        stopwatch.add("slow", 2 * SLOW);
        assert_eq!(stopwatch.slow(), Slow::from([("slow", 30)]));
        let result = stopwatch.time("sleep", || {
            std::thread::sleep(SLOW);
            7
        });
        assert_eq!(result, 7);
        assert!(stopwatch.slow()["sleep"] >= 10);
    }
}
