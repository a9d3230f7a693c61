//! Reading the config, alone and during reloads.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use benches::table::{heading, print, row, show};
use benches::{Figure, batches, crowding, median};

use crate::contestants::{
    Contestant, HeraldReader, HeraldSnapshot, MutexCounted, MutexOriginal, Origin, RwLockCounted,
    RwLockHeld,
};
use crate::{Effort, Home};

/// The period of reloads.
const PERIOD: Duration = Duration::from_millis(10);
/// Reads timed together: enough to make the timer's 50 ns negligible.
const BATCH: usize = 2_000;
/// The numbers of reading threads.
const READERS: [usize; 3] = [1, 2, 8];
const ENTRANTS: [Entrant; 6] = [
    Entrant::new::<HeraldReader>(),
    Entrant::new::<HeraldSnapshot>(),
    Entrant::new::<RwLockCounted>(),
    Entrant::new::<RwLockHeld>(),
    Entrant::new::<MutexCounted>(),
    Entrant::new::<MutexOriginal>(),
];
/// The target for a read alone, and the factor under reloads.
const TARGET_NS: f64 = 10.0;
const TARGET_RATIO: f64 = 1.5;

/// A contestant and its measurement.
struct Entrant {
    name: &'static str,
    measure: fn(Origin, usize, bool, Effort) -> Reads,
}

impl Entrant {
    const fn new<C: Contestant>() -> Self {
        Self {
            name: C::NAME,
            measure: measure::<C>,
        }
    }
}

/// The times of reads.
#[derive(Clone, Copy)]
struct Reads {
    /// Per read.
    figure: Figure,
    /// The slowest batch of all readers, in nanoseconds.
    slowest: f64,
}

impl Reads {
    fn of(times: Vec<f64>) -> Self {
        Self {
            slowest: slowest(&times) * BATCH as f64,
            figure: Figure::of(times),
        }
    }

    fn of_all(readers: &[Self]) -> Self {
        Self {
            slowest: slowest(&of_each(readers, |reads| reads.slowest)),
            figure: Figure::of_all(&of_each(readers, |reads| reads.figure)),
        }
    }

    fn middle(repeats: &[Self]) -> Self {
        Self {
            slowest: median(of_each(repeats, |reads| reads.slowest)),
            figure: Figure::middle(&of_each(repeats, |reads| reads.figure)),
        }
    }
}

fn of_each<T>(reads: &[Reads], of: impl Fn(&Reads) -> T) -> Vec<T> {
    reads.iter().map(of).collect()
}

fn slowest(times: &[f64]) -> f64 {
    times.iter().copied().fold(0.0, f64::max)
}

/// The time of a read in each of `readers` threads; under reloads, if `is_reloaded`.
fn measure<C: Contestant>(
    origin: Origin,
    readers: usize,
    is_reloaded: bool,
    effort: Effort,
) -> Reads {
    let contestant = C::new(origin);
    let barrier = Barrier::new(readers);
    let is_over = AtomicBool::new(false);
    let read = || {
        let mut reader = contestant.reader();
        barrier.wait();
        Reads::of(batches(effort.time, BATCH, || {
            for _ in 0..BATCH {
                black_box(reader());
            }
        }))
    };
    let reload = || {
        while !is_over.load(Relaxed) {
            let next = Instant::now() + PERIOD;
            contestant.reload();
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    };
    thread::scope(|scope| {
        if is_reloaded {
            scope.spawn(reload);
        }
        let started: Vec<_> = (0..readers).map(|_| scope.spawn(read)).collect();
        let reads = started.into_iter().map(|thread| thread.join().unwrap());
        let reads: Vec<_> = reads.collect();
        is_over.store(true, Relaxed);
        Reads::of_all(&reads)
    })
}

/// Alone, and under reloads.
type Pair<T> = [T; 2];

pub(crate) fn run(home: &Home, effort: Effort) {
    // By entrant, then by number of readers.
    let mut repeats: Vec<[Pair<Vec<Reads>>; READERS.len()]> = ENTRANTS
        .iter()
        .map(|_| std::array::from_fn(|_| Default::default()))
        .collect();
    for _ in 0..effort.repeats {
        for (entrant, of_entrant) in ENTRANTS.iter().zip(&mut repeats) {
            for (readers, pair) in READERS.into_iter().zip(of_entrant) {
                for (is_reloaded, reads) in [false, true].into_iter().zip(pair) {
                    reads.push((entrant.measure)(
                        home.origin(),
                        readers,
                        is_reloaded,
                        effort,
                    ));
                }
            }
        }
    }
    let middles = |pair: &Pair<Vec<Reads>>| pair.each_ref().map(|reads| Reads::middle(reads));
    let measured: Vec<_> = repeats
        .iter()
        .map(|of_entrant| of_entrant.each_ref().map(middles))
        .collect();

    println!("A read, alone / with a reload every 10 ms (ratio), median:\n");
    print_each(&measured, |pair, _| {
        ratio(pair.map(|reads| reads.figure.median))
    });
    println!(
        "The same on average, without the time spent waiting for a processor. Whoever waits for another is\n\
         slow in few batches, long as they are:\n"
    );
    print_each(&measured, |pair, readers| {
        ratio(pair.map(|reads| reads.figure.mean / crowding(readers)))
    });
    println!("The slowest batch of {BATCH} reads, alone / with a reload every 10 ms:\n");
    print_each(&measured, |pair, _| {
        let [alone, reloaded] = pair.map(|reads| show(reads.slowest));
        format!("{alone} / {reloaded}")
    });
    print_targets(measured[0][0]);
}

fn print_each(
    measured: &[[Pair<Reads>; READERS.len()]],
    cell: impl Fn(Pair<Reads>, usize) -> String,
) {
    let name = |readers: usize| match readers {
        1 => "1 reader".to_owned(),
        count => format!("{count} readers"),
    };
    let mut table = heading(READERS.map(name));
    for (entrant, of_entrant) in ENTRANTS.iter().zip(measured) {
        let cells = READERS.into_iter().zip(of_entrant);
        let cells = cells.map(|(readers, pair)| cell(*pair, readers));
        table.push(row(entrant.name, cells));
    }
    print(&table);
}

fn ratio([alone, reloaded]: Pair<f64>) -> String {
    format!(
        "{} / {} ({:.2})",
        show_digits(alone),
        show_digits(reloaded),
        reloaded / alone
    )
}

/// As [`show`], with two digits for a nanosecond.
fn show_digits(ns: f64) -> String {
    match ns {
        ..10.0 => format!("{ns:.2} ns"),
        ns => show(ns),
    }
}

fn print_targets(reader: Pair<Reads>) {
    let [alone, reloaded] = reader.map(|reads| reads.figure.median);
    println!("Herald's reader beside what it is meant to be:\n");
    let mut table = heading(["target", "measured"].map(str::to_owned));
    table.push(row(
        "alone",
        [format!("≤ {TARGET_NS} ns"), show_digits(alone)],
    ));
    table.push(row(
        "with a reload every 10 ms, by alone",
        [
            format!("≤ {TARGET_RATIO}"),
            format!("{:.2}", reloaded / alone),
        ],
    ));
    print(&table);
}
