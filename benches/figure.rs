//! Times of batches, and their statistics.

use std::time::{Duration, Instant};

/// A duration, in nanoseconds.
#[derive(Clone, Copy)]
pub struct Figure {
    /// Of the median batch.
    pub median: f64,
    /// On average. A participant that waits for another is slow in few long batches, which the median does
    /// not show.
    pub mean: f64,
}

impl Figure {
    /// Of batches with these times.
    pub fn of(times: Vec<f64>) -> Self {
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        let median = median(times);
        Self { median, mean }
    }

    /// Of participants with these figures: the mean weighs each by its rate, so a participant that achieved
    /// little counts little.
    pub fn of_all(figures: &[Self]) -> Self {
        let rate = |figure: &Self| 1.0 / figure.mean;
        let rates = figures.iter().map(rate).sum::<f64>();
        Self {
            median: median(figures.iter().map(|figure| figure.median).collect()),
            mean: figures.len() as f64 / rates,
        }
    }

    /// Of repeated measurements.
    pub fn middle(repeats: &[Self]) -> Self {
        Self {
            median: median(repeats.iter().map(|figure| figure.median).collect()),
            mean: median(repeats.iter().map(|figure| figure.mean).collect()),
        }
    }
}

/// The median of `times`.
pub fn median(mut times: Vec<f64>) -> f64 {
    let middle = times.len() / 2;
    *times.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Times batches of `count` until `time` is over; nanoseconds per item.
pub fn batches(time: Duration, count: usize, mut batch: impl FnMut()) -> Vec<f64> {
    let mut times = Vec::new();
    let first = Instant::now();
    loop {
        let start = Instant::now();
        batch();
        let end = Instant::now();
        times.push((end - start).as_nanos() as f64 / count as f64);
        if end - first >= time {
            return times;
        }
    }
}

/// Participants per processor; at least 1.
pub fn crowding(participants: usize) -> f64 {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    (participants as f64 / processors as f64).max(1.0)
}
