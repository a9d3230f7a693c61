//! Medians and means of batches: in one thread, in several, and from open to close.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::Duration;

use benches::{Figure, batches};
use herald_audio::internals::throttle::Key;
use tempfile::TempDir;

use crate::contestants::Contestant;

/// What every check asks about, in all threads and processes: the worst case for who shares.
pub(crate) const KEY: Key = Key::of_static("Stop");
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
/// What the answer is to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The key fired just now, and its window is an hour.
    Suppressed,
    /// There is no window.
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

/// How much to measure.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// Time for one figure; at least one batch is measured.
    pub(crate) time: Duration,
    /// Checks of a race.
    pub(crate) rounds: u32,
    /// Times everything is measured; the median counts.
    pub(crate) repeats: usize,
}

impl Effort {
    /// For figures to believe.
    pub(crate) const FULL: Self = Self {
        time: Duration::from_millis(200),
        rounds: 200,
        repeats: 3,
    };
    /// To see that everything runs.
    pub(crate) const ONCE: Self = Self {
        time: Duration::ZERO,
        rounds: 2,
        repeats: 1,
    };
}

/// What a check takes in one thread that asks about `keys` in turn; and the share of the checks
/// that were admitted.
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

/// What a check takes in each of several threads at once.
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

/// What it takes to open, ask once and close.
pub(crate) fn one_shot<C: Contestant>(answer: Answer, effort: Effort) -> Figure {
    let dir = prepare::<C>();
    let shot = || _ = black_box(C::open(dir.path(), answer.window()).admit(black_box(KEY)));
    shot();
    Figure::of(batches(effort.time, 1, shot))
}

/// A directory for the files of one measurement.
pub(crate) fn prepare<C: Contestant>() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    C::prepare(dir.path());
    dir
}

/// What a check of [`KEY`] takes.
pub(crate) fn checks<C: Contestant>(contestant: &C, time: Duration) -> Figure {
    Figure::of(batches(time, C::BATCH as usize, || {
        for _ in 0..C::BATCH {
            black_box(contestant.admit(black_box(KEY)));
        }
    }))
}
