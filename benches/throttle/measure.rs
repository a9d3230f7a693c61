//! Medians and means of batches: in one thread, in several, and from open to close.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::time::Duration;

use benches::{Figure, batches};
use herald_audio::internals::throttle::Key;
use tempfile::TempDir;

use crate::contestants::Contestant;

/// The key of all checks, in all threads and processes: the worst case for sharing.
pub(crate) const KEY: Key = Key::of_static("Stop");
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
/// The expected answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The key just fired, with a window of an hour.
    Suppressed,
    /// The window is zero.
    Admitted,
}

impl Answer {
    pub(crate) fn window(self) -> Duration {
        match self {
            Self::Suppressed => HOUR,
            Self::Admitted => Duration::ZERO,
        }
    }
}

/// The amount of measurement.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// The time for one figure; at least one batch is measured.
    pub(crate) time: Duration,
    /// The number of checks of a race.
    pub(crate) rounds: u32,
    /// The number of repetitions; the median counts.
    pub(crate) repeats: usize,
}

impl Effort {
    /// For reliable figures.
    pub(crate) const FULL: Self = Self {
        time: Duration::from_millis(200),
        rounds: 200,
        repeats: 3,
    };
    /// To check that everything runs.
    pub(crate) const ONCE: Self = Self {
        time: Duration::ZERO,
        rounds: 2,
        repeats: 1,
    };
}

/// The time of a check in one thread that asks about `keys` in turn, and the fraction of admitted checks.
pub(crate) fn walk<C: Contestant>(keys: &[Key], answer: Answer, effort: Effort) -> (Figure, f64) {
    let dir = prepare::<C>();
    let contestant = C::open(dir.path(), answer.window());
    for &key in keys {
        contestant.admit(key);
    }
    let mut admitted = 0;
    let times = batches(effort.time, keys.len(), || {
        for &key in keys {
            admitted += usize::from(contestant.admit(key));
        }
    });
    let share = admitted as f64 / (times.len() * keys.len()) as f64;
    (Figure::of(times), share)
}

/// The time of a check in each of several threads.
pub(crate) fn threads<C: Contestant>(count: usize, answer: Answer, effort: Effort) -> Figure {
    let dir = prepare::<C>();
    let contestant = C::open(dir.path(), answer.window());
    contestant.admit(KEY);
    let handles: Vec<C> = (0..count).map(|_| contestant.share()).collect();
    let barrier = Barrier::new(count);
    let ask = |handle: C| {
        barrier.wait();
        checks(&handle, effort.time)
    };
    std::thread::scope(|scope| {
        let start = |handle| scope.spawn(|| ask(handle));
        let started: Vec<_> = handles.into_iter().map(start).collect();
        let figures = started.into_iter().map(|thread| thread.join().unwrap());
        Figure::of_all(&figures.collect::<Vec<_>>())
    })
}

/// The time to open, ask once and close.
pub(crate) fn one_shot<C: Contestant>(answer: Answer, effort: Effort) -> Figure {
    let dir = prepare::<C>();
    let shot = || _ = black_box(C::open(dir.path(), answer.window()).admit(black_box(KEY)));
    shot();
    Figure::of(batches(effort.time, 1, shot))
}

/// What a process takes that opens, asks once and ends.
pub(crate) fn whole_process<C: Contestant>(answer: Answer, effort: Effort) -> Figure {
    let dir = prepare::<C>();
    let open = || C::open(dir.path(), answer.window());
    open().admit(KEY);
    let life = || {
        let contestant = open();
        black_box(contestant.admit(black_box(KEY)));
        // Closed by the system.
        std::mem::forget(contestant);
    };
    Figure::of(batches(effort.time, 1, || in_a_child(life)))
}

/// Runs `life` in a child of this process, which has one thread, and waits for its end.
#[allow(
    unsafe_code,
    reason = "starting another program would take a hundred times as long as what is measured"
)]
fn in_a_child(life: impl Fn()) {
    // SAFETY: no other thread of this process runs that could hold a lock which the child needs.
    match unsafe { libc::fork() } {
        0 => {
            let outcome = catch_unwind(AssertUnwindSafe(life));
            // SAFETY: it ends the process, without what this program does at its end.
            unsafe { libc::_exit(i32::from(outcome.is_err())) }
        }
        child => {
            let mut status = 0;
            // SAFETY: the status outlives the call.
            let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!((waited, status), (child, 0));
        }
    }
}

/// A directory for the files of one measurement.
pub(crate) fn prepare<C: Contestant>() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    C::prepare(dir.path());
    dir
}

/// The time of a check of [`KEY`].
pub(crate) fn checks<C: Contestant>(contestant: &C, time: Duration) -> Figure {
    Figure::of(batches(time, C::BATCH as usize, || {
        for _ in 0..C::BATCH {
            black_box(contestant.admit(black_box(KEY)));
        }
    }))
}
