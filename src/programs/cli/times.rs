//! Times as text.

use std::time::Duration;

/// An age in its largest unit: `12s ago`, `2m ago`, `3d ago`.
pub(super) fn ago(age: Duration) -> String {
    let seconds = age.as_secs();
    let units = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
    let largest = units.into_iter().find(|(_, length)| seconds >= *length);
    match largest {
        Some((unit, length)) => format!("{}{unit} ago", seconds / length),
        None => "now".to_owned(),
    }
}

/// A time in whole milliseconds.
pub(super) fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_its_largest_unit() {
        for (seconds, text) in [
            (0, "now"),
            (1, "1s ago"),
            (59, "59s ago"),
            (119, "1m ago"),
            (3_600, "1h ago"),
            (86_399, "23h ago"),
            (10 * 86_400, "10d ago"),
        ] {
            assert_eq!(ago(Duration::from_secs(seconds)), text);
        }
    }
}
