//! Times as text.

use std::time::Duration;

/// Units with their lengths in milliseconds. A year has 365 days.
const UNITS: [(&str, u64); 6] = [
    ("y", 365 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// An age in its largest unit: `12s ago`, `2m ago`, `3d ago`.
pub fn ago(age: Duration) -> String {
    let seconds = age.as_secs() * 1_000;
    let largest = UNITS.into_iter().find(|(_, length)| seconds >= *length);
    match largest {
        Some((unit, length)) => format!("{}{unit} ago", seconds / length),
        None => "now".to_owned(),
    }
}

/// A time in its two largest units, rounded: `1h 30m`, `5s`, `500ms`.
pub fn span(time: Duration) -> String {
    let exact = ms(time);
    let Some(first) = UNITS.iter().position(|(_, length)| exact >= *length) else {
        return "0s".to_owned();
    };
    let (_, precision) = UNITS[(first + 1).min(UNITS.len() - 1)];
    let mut rest = exact.saturating_add(precision / 2) / precision * precision;
    let mut parts = Vec::new();
    // What was rounded up may fill the unit above: 59m 59.9s is an hour.
    for (unit, length) in &UNITS[first.saturating_sub(1)..] {
        if rest >= *length {
            parts.push(format!("{}{unit}", rest / length));
        }
        rest %= length;
    }
    parts.join(" ")
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

    #[test]
    fn a_span_has_its_two_largest_units_and_is_rounded() {
        for (ms, text) in [
            (0, "0s"),
            (500, "500ms"),
            (1_000, "1s"),
            (5_030, "5s 30ms"),
            (119_784, "2m"),
            (5_400_000, "1h 30m"),
            (3_599_999, "1h"),
            (86_400_000 * 7, "7d"),
            (86_400_000 * 36_500 - 1, "100y"),
            (u64::MAX, "584942417y 129d"),
        ] {
            assert_eq!(span(Duration::from_millis(ms)), text, "{ms}");
        }
    }
}
