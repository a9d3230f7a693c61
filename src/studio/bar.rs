//! How much is fetched, on a terminal.

use std::time::{Duration, Instant};

use herald_cli::cli::studio::progress;

const WIDTH: u64 = 12;
const INTERVAL: Duration = Duration::from_millis(100);
const MB: f64 = 1e6;

/// A line on standard error that is removed at the end.
pub(crate) struct Bar {
    shown: Instant,
}

impl Bar {
    pub(crate) fn new(text: &str) -> Self {
        progress(text);
        Self {
            shown: Instant::now(),
        }
    }

    /// Shows that `done` bytes have come, of `whole`, if that is known; not at every call.
    pub(crate) fn show(&mut self, done: u64, whole: Option<u64>) {
        if self.shown.elapsed() >= INTERVAL {
            self.shown = Instant::now();
            progress(&line(done, whole));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        progress("");
    }
}

fn line(done: u64, whole: Option<u64>) -> String {
    let mb = |len: u64| format!("{:.1}", len as f64 / MB);
    let Some(whole) = whole.filter(|whole| *whole > 0) else {
        return format!("{} MB", mb(done));
    };
    let done = done.min(whole);
    let filled = WIDTH * done / whole;
    let bar: String = (0..WIDTH)
        .map(|place| if place < filled { '#' } else { '.' })
        .collect();
    format!("[{bar}] {} of {} MB", mb(done), mb(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_what_has_come() {
        assert_eq!(line(0, Some(4_000_000)), "[............] 0.0 of 4.0 MB");
        assert_eq!(
            line(1_000_000, Some(4_000_000)),
            "[###.........] 1.0 of 4.0 MB"
        );
        assert_eq!(
            line(9_000_000, Some(4_000_000)),
            "[############] 4.0 of 4.0 MB"
        );
        assert_eq!(line(1_234_567, None), "1.2 MB");
        assert_eq!(line(5, Some(0)), "0.0 MB");
    }
}
