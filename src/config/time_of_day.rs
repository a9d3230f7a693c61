//! Times of day, as a config file has them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A time of day, written `22:30`: minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(pub(super) u16);

impl TimeOfDay {
    /// The time that `text` is, as in `22:30` or `7:05`.
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

    /// Its hour and its minute.
    pub const fn hour_and_minute(self) -> (i8, i8) {
        ((self.0 / 60) as i8, (self.0 % 60) as i8)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

struct TimeOfDayVisitor;

impl Visitor<'_> for TimeOfDayVisitor {
    type Value = TimeOfDay;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time of day such as \"22:30\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<TimeOfDay, E> {
        let parsed = TimeOfDay::parse(text);
        parsed.ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TimeOfDayVisitor)
    }
}
