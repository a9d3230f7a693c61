//! Parsers of arguments: times, volumes and names.

use std::time::Duration;

use herald_audio::internals::config::TimeOfDay;

/// A time such as `30s`; a number alone is seconds.
pub(super) fn window(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().map(Duration::try_from_secs_f64);
    match seconds {
        Some(Ok(window)) => Ok(window),
        Some(Err(_)) => Err("the time must not be negative; example: 30s".to_owned()),
        None => humantime::parse_duration(text)
            .map_err(|error| format!("{error}; examples: 500ms, 30s, 5m, 1h")),
    }
}

/// A change of the master volume.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Volume {
    To(f32),
    By(f32),
}

/// When a snooze ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum SnoozeEnd {
    After(Duration),
    At(TimeOfDay),
    Now,
}

/// A time such as `30m`, or `until 14:00`; a number alone is minutes.
pub(super) fn snooze_end(text: &str) -> Result<SnoozeEnd, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("off") {
        return Ok(SnoozeEnd::Now);
    }
    if let Some(time) = text.strip_prefix("until ") {
        let time = TimeOfDay::parse(time.trim());
        return time
            .map(SnoozeEnd::At)
            .ok_or_else(|| "not a time of day; example: 14:00".to_owned());
    }
    let minutes = text.parse::<f64>().is_ok();
    let time = match minutes {
        true => window(text)?.saturating_mul(60),
        false => window(text)?,
    };
    Ok(SnoozeEnd::After(time))
}

pub(super) fn volume(text: &str) -> Result<Volume, String> {
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1.0, rest),
        Some(("-", rest)) => (-1.0, rest),
        _ => return factor(text).map(Volume::To),
    };
    factor(rest).map(|factor| Volume::By(sign * factor))
}

/// A factor from 0 to 1, or a percentage; a number above 1 is a percentage.
pub(super) fn factor(text: &str) -> Result<f32, String> {
    let factor = match text.strip_suffix('%') {
        Some(percent) => percent.parse().map(|percent: f32| percent / 100.0),
        None => text.parse().map(|number: f32| match number > 1.0 {
            true => number / 100.0,
            false => number,
        }),
    };
    let factor = factor.ok().filter(|factor| (0.0..=1.0).contains(factor));
    factor.ok_or_else(|| "must be from 0 (silent) to 1, or a percentage".to_owned())
}

/// A key of the throttle.
pub(super) fn key(text: &str) -> Result<String, String> {
    match text {
        "" => Err("the key is empty".to_owned()),
        name => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_times_or_seconds() {
        for (text, ms) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("1h 30m", 5_400_000),
            ("2", 2_000),
            ("0.25", 250),
            ("0", 0),
        ] {
            assert_eq!(window(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "-1", "NaN", "inf", "1e300", "soon", "30 parsecs"] {
            assert!(window(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_snooze_ends_after_a_time_at_a_time_or_now() {
        let after = |seconds| Ok(SnoozeEnd::After(Duration::from_secs(seconds)));
        for (text, end) in [
            ("30m", after(1_800)),
            ("30", after(1_800)),
            ("0.5", after(30)),
            ("1h 30m", after(5_400)),
            ("off", Ok(SnoozeEnd::Now)),
            (
                "until 14:00",
                Ok(SnoozeEnd::At(TimeOfDay::parse("14:00").unwrap())),
            ),
        ] {
            assert_eq!(snooze_end(text), end, "{text}");
        }
        for text in [
            "",
            "-1",
            "a while",
            "until",
            "until noon",
            "until 24:00",
            "1e300",
        ] {
            assert!(snooze_end(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_volume_is_a_factor_a_percentage_or_a_change() {
        for (text, expected) in [
            ("0.25", Volume::To(0.25)),
            ("1", Volume::To(1.0)),
            ("25", Volume::To(0.25)),
            ("25%", Volume::To(0.25)),
            ("0.5%", Volume::To(0.005)),
            ("100", Volume::To(1.0)),
            ("+10%", Volume::By(0.1)),
            ("-10", Volume::By(-0.1)),
            ("+0.1", Volume::By(0.1)),
        ] {
            assert_eq!(volume(text), Ok(expected), "{text}");
        }
        for text in [
            "101", "-101%", "--1", "+", "loud", "NaN", "inf", "101%", "%", "NaN%", "",
        ] {
            assert!(volume(text).is_err(), "{text}");
        }
    }
}
