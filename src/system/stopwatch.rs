//! What took how long, where it was long enough to be felt.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What takes longer than this is worth a word.
const SLOW: Duration = Duration::from_millis(10);

/// Notes the slow ones among the steps of one piece of work, whoever does them. For the control
/// side alone: it takes a lock.
#[derive(Clone, Debug, Default)]
pub struct Stopwatch(Arc<Mutex<Slow>>);

/// Steps that were slow, and how long they took, in milliseconds.
pub type Slow = BTreeMap<&'static str, u64>;

impl Stopwatch {
    /// Does `work`, a step of the name `step`.
    pub fn time<R>(&self, step: &'static str, work: impl FnOnce() -> R) -> R {
        let started = Instant::now();
        let result = work();
        self.add(step, started.elapsed());
        result
    }

    /// Notes that `step` took `time`, if that is long. What is done again counts together.
    pub fn add(&self, step: &'static str, time: Duration) {
        if time >= SLOW {
            let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            let mut slow = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *slow.entry(step).or_default() += ms;
        }
    }

    /// The slow ones so far.
    pub fn slow(&self) -> Slow {
        let slow = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slow.clone()
    }
}

/// Milliseconds since the system was started, suspended time included: a clock that every process of
/// the machine shares and nobody sets.
pub(crate) fn boot_ms() -> u64 {
    #[cfg(windows)]
    {
        #[allow(
            unsafe_code,
            reason = "the standard library has no clock that processes share"
        )]
        // SAFETY: it takes nothing, and cannot fail.
        unsafe {
            windows_sys::Win32::System::SystemInformation::GetTickCount64()
        }
    }
    #[cfg(unix)]
    {
        // Elsewhere it is the monotonic clock that goes on while the system sleeps.
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
