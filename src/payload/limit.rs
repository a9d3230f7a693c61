//! When a limit ends that stopped the agent, from the text in which the agent says so.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, ZonedDateTime};

use super::Payload;

impl Payload {
    /// When the limit ends that made the agent stop, if it says so. A time of day is the next one after
    /// `now`, in the zone that stands behind it in brackets, else in the zone of `now`.
    pub(crate) fn limit_ends(&self, now: &ZonedDateTime) -> Option<Timestamp> {
        let texts = [&self.last_message, &self.error_details];
        let ends = texts.into_iter().flatten().find_map(|text| {
            let text = text.to_ascii_lowercase();
            timestamp(&text).or_else(|| time_of_day(&text, now))
        });
        ends.filter(|ends| *ends > now.timestamp())
    }
}

/// The time at the end of `limit reached|1764356400`, in seconds since 1970.
fn timestamp(text: &str) -> Option<Timestamp> {
    let (_, seconds) = text.rsplit_once('|')?;
    Timestamp::from_second(seconds.trim().parse().ok()?).ok()
}

/// The time in `resets 2:10pm (Europe/Moscow)` or `limits will reset at 9:30 AM`.
fn time_of_day(text: &str, now: &ZonedDateTime) -> Option<Timestamp> {
    let (_, rest) = text.split_once("reset")?;
    let rest = rest.trim_start_matches('s').trim_start();
    let rest = rest.strip_prefix("at ").unwrap_or(rest).trim_start();
    let is_of_time = |c: char| c.is_ascii_digit() || c == ':';
    let len = rest.find(|c| !is_of_time(c)).unwrap_or(rest.len());
    let (time, rest) = rest.split_at(len);
    let (hour, minute) = time.split_once(':').unwrap_or((time, "0"));
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match rest.trim_start().get(..2) {
        Some("am") => hour % 12,
        Some("pm") => hour % 12 + 12,
        _ => hour,
    };
    let time = Time::new(hour, minute, 0, 0).ok()?;
    let zone = rest
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'));
    let there = match zone {
        Some((zone, _)) => now.with_time_zone(TimeZone::get(zone).ok()?),
        None => now.clone(),
    };
    let today = there.with().time(time).build().ok()?;
    let next = match today > there {
        true => today,
        false => today.checked_add(1.day()).ok()?,
    };
    Some(next.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_say_it_in_several_ways() {
        let now: ZonedDateTime = "2026-11-28T12:30:00+00:00[UTC]".parse().unwrap();
        for (text, ends) in [
            (
                "You've hit your limit · resets 6pm (UTC)",
                "2026-11-28T18:00:00Z",
            ),
            (
                "You've hit your limit · resets 2:10pm (Europe/Moscow)",
                "2026-11-29T11:10:00Z",
            ),
            (
                "You've hit your limit · resets 1:30am (Asia/Dhaka)",
                "2026-11-28T19:30:00Z",
            ),
            ("Limits will reset at 9:30 AM.", "2026-11-29T09:30:00Z"),
            ("resets 12am", "2026-11-29T00:00:00Z"),
            ("resets at 13:00", "2026-11-28T13:00:00Z"),
            (
                "Claude AI usage limit reached|1795874400",
                "2026-11-28T14:00:00Z",
            ),
        ] {
            let payload = Payload {
                last_message: Some(text.to_owned()),
                ..Payload::default()
            };
            let found = payload.limit_ends(&now).map(|ends| ends.to_string());
            assert_eq!(found.as_deref(), Some(ends), "{text}");
        }
        for text in [
            "429",
            "resets",
            "resets soon",
            "resets 25:00",
            "resets 6pm (Nowhere)",
            "reset your password at 6pm",
            "resets Nov 30, 9am",
            "limit reached|1",
            "limit reached|99999999999999999999",
            "resets é",
        ] {
            let payload = Payload {
                error_details: Some(text.to_owned()),
                ..Payload::default()
            };
            assert_eq!(payload.limit_ends(&now), None, "{text}");
        }
    }
}
