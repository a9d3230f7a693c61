//! Times of day.

use std::fmt;

use serde::de::{Deserialize, Deserializer};

use super::read_text::read_text;

/// A time of day, written `22:30`, in minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(pub(super) u16);

impl TimeOfDay {
    /// Parses a time such as `22:30` or `7:05`.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |text: &str, below: u16| {
            let is_plain =
                (1..=2).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
            let number = text.parse::<u16>().ok();
            number.filter(|number| is_plain && *number < below)
        };
        let (hour, minute) = text.split_once(':')?;
        Some(Self(number(hour, 24)? * 60 + number(minute, 60)?))
    }

    /// The hour and the minute.
    pub const fn hour_and_minute(self) -> (i8, i8) {
        ((self.0 / 60) as i8, (self.0 % 60) as i8)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, "a time of day such as \"22:30\"", Self::parse)
    }
}
