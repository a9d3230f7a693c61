//! Lengths of time.

use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;
use serde::de::{Deserialize, Deserializer};

use super::read_text::read_text;

/// The longest one: a day.
const MAX: Duration = Duration::from_secs(86_400);

/// A length of time up to a day, written `30s`, `5m` or `1h 30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimeSpan(pub(super) Duration);

impl TimeSpan {
    /// Parses a length such as `30s`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // ISO 8601 has another form for them, which nobody types.
        let is_plain = text.starts_with(|c: char| c.is_ascii_digit());
        let span = text.parse::<SignedDuration>().ok().filter(|_| is_plain)?;
        let span = Duration::try_from(span).ok()?;
        (span <= MAX).then_some(Self(span))
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = SignedDuration::try_from(self.0).unwrap_or(SignedDuration::MAX);
        write!(f, "{span:#}")
    }
}

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a time up to 24h, such as \"30s\" or \"5m\"";
        read_text(deserializer, expected, Self::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_with_a_unit() {
        for (text, shown, seconds) in [
            ("30s", "30s", 30.0),
            ("5m", "5m", 300.0),
            ("5 minutes", "5m", 300.0),
            ("1h 30m", "1h 30m", 5_400.0),
            ("90s", "1m 30s", 90.0),
            ("500ms", "500ms", 0.5),
            ("24h", "24h", 86_400.0),
        ] {
            let span = TimeSpan::parse(text).expect(text);
            assert_eq!(span.0.as_secs_f64(), seconds, "{text}");
            assert_eq!(span.to_string(), shown, "{text}");
        }
        for text in ["", "30", "s", "-30s", "30s ago", "25h", "PT30S", "soon"] {
            assert_eq!(TimeSpan::parse(text), None, "{text}");
        }
    }
}
