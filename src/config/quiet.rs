//! Quiet hours: times of day without sounds.
//!
//! They follow local time: an hour skipped in spring is not quiet, an hour repeated in autumn is quiet twice.

use std::fmt;

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use super::mistakes::shortened;
use super::time_of_day::TimeOfDay;
use super::tree::Maybe;

/// From one local time of day to another, possibly on the next day.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "editing", schemars(deny_unknown_fields))]
pub struct QuietHours {
    /// The begin: `"22:30"`.
    from: TimeOfDay,
    /// The end; equal to `from` for the whole day.
    to: TimeOfDay,
    /// The days on which they begin; by default all.
    #[serde(default)]
    days: Maybe<Vec<Maybe<Day>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    fn is(self, day: Weekday) -> bool {
        self as i8 == day.to_monday_zero_offset()
    }
}

impl QuietHours {
    /// As JSON.
    pub fn to_json(&self) -> Value {
        let mut hours = json!({ "from": self.from.to_string(), "to": self.to.to_string() });
        if let Some(days) = self.day_names() {
            hours["days"] = json!(days);
        }
        hours
    }

    /// Whether they include the local time `now`.
    pub fn cover(&self, now: DateTime) -> bool {
        let minute = TimeOfDay(now.hour() as u16 * 60 + now.minute() as u16);
        let today = now.weekday();
        let begins_on = |today| {
            let is_it = |day: &Maybe<Day>| day.0.is_some_and(|day| day.is(today));
            let days = self.days.0.as_ref();
            days.is_none_or(|days| days.iter().any(is_it))
        };
        if self.from < self.to {
            return begins_on(today) && (self.from..self.to).contains(&minute);
        }
        (begins_on(today) && minute >= self.from)
            || (begins_on(today.previous()) && minute < self.to)
    }

    fn day_names(&self) -> Option<Vec<String>> {
        let days = self.days.0.as_ref()?.iter();
        let names = days.filter_map(|day| Some(format!("{:?}", day.0?).to_lowercase()));
        Some(names.collect())
    }
}

/// `22:00 to 07:00`, `22:00 to 07:00 (fri, sat)`
impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.to)?;
        match self.day_names() {
            Some(days) => write!(f, " ({})", days.join(", ")),
            None => Ok(()),
        }
    }
}

/// The problem, if the environment names an unknown time zone: then times of day are UTC.
pub fn no_time_zone() -> Option<String> {
    let named = std::env::var("TZ").ok().filter(|name| !name.is_empty())?;
    TimeZone::try_system().err()?;
    Some(format!(
        "unknown time zone TZ={}; hint: install tzdata, or set TZ to a rule such as \
         EST5EDT,M3.2.0,M11.1.0",
        shortened(&named)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: u16, to: u16, days: &[Day]) -> QuietHours {
        QuietHours {
            from: TimeOfDay(from),
            to: TimeOfDay(to),
            days: Maybe(
                (!days.is_empty()).then(|| days.iter().map(|day| Maybe(Some(*day))).collect()),
            ),
        }
    }

    /// A Friday: 2 January 2026.
    fn friday(hour: i8, minute: i8) -> DateTime {
        jiff::civil::date(2026, 1, 2).at(hour, minute, 0, 0)
    }

    #[test]
    fn quiet_hours_include_their_begin_and_exclude_their_end() {
        let lunch = hours(12 * 60, 13 * 60, &[]);
        for (now, quiet) in [
            (friday(11, 59), false),
            (friday(12, 0), true),
            (friday(12, 59), true),
            (friday(13, 0), false),
        ] {
            assert_eq!(lunch.cover(now), quiet, "{now}");
        }
    }

    #[test]
    fn days_are_those_on_which_quiet_hours_begin() {
        let night = hours(22 * 60, 7 * 60, &[Day::Fri]);
        let saturday = |hour| friday(hour, 0).tomorrow().unwrap();
        for (now, quiet) in [
            (friday(6, 0), false),
            (friday(21, 59), false),
            (friday(22, 0), true),
            (saturday(6), true),
            (saturday(7), false),
            (saturday(22), false),
        ] {
            assert_eq!(night.cover(now), quiet, "{now}");
        }
    }

    #[test]
    fn they_are_shown_as_they_are_written() {
        let weekend = hours(22 * 60, 7 * 60 + 5, &[Day::Fri, Day::Sun]);
        assert_eq!(weekend.to_string(), "22:00 to 07:05 (fri, sun)");
        assert_eq!(hours(0, 60, &[]).to_string(), "00:00 to 01:00");
        assert_eq!(
            weekend.to_json(),
            json!({"from": "22:00", "to": "07:05", "days": ["fri", "sun"]})
        );
    }

    #[test]
    fn from_a_time_to_the_same_time_is_a_whole_day() {
        let weekend = hours(0, 0, &[Day::Sat, Day::Sun]);
        assert!(!weekend.cover(friday(23, 59)));
        assert!(weekend.cover(friday(23, 59).tomorrow().unwrap()));
    }
}
