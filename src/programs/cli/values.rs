//! Parsers of arguments: times, volumes and names.

use std::time::Duration;

use super::terminal::HINT;
use herald_audio::internals::config::TimeOfDay;
use herald_audio::internals::sound::Theme;

/// A time such as `30s`; a number alone is seconds.
pub(super) fn window(text: &str) -> Result<Duration, String> {
    let examples = "examples: 500ms, 30s, 5m, 1h 30m";
    time(text, 1.0).ok_or_else(|| format!("not a time{HINT}{examples}"))
}

/// A time such as `1h 30m`; a number alone counts units of `unit` seconds.
fn time(text: &str, unit: f64) -> Option<Duration> {
    match text.parse::<f64>() {
        Ok(number) => Duration::try_from_secs_f64(number * unit).ok(),
        Err(_) => humantime::parse_duration(text).ok(),
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
    let end = match text.strip_prefix("until ") {
        _ if text.eq_ignore_ascii_case("off") => Some(SnoozeEnd::Now),
        Some(time) => TimeOfDay::parse(time.trim()).map(SnoozeEnd::At),
        None => time(text, 60.0).map(SnoozeEnd::After),
    };
    let examples = "herald snooze 30, herald snooze 1h 30m, or herald snooze until 14:00";
    end.ok_or_else(|| format!("not a time: {text:?}{HINT}{examples}"))
}

pub(super) fn volume(text: &str) -> Result<Volume, String> {
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1.0, rest),
        Some(("-", rest)) => (-1.0, rest),
        _ => return factor(text).map(Volume::To),
    };
    match rest {
        "1" => Err(format!(
            "it could mean 1 or 100 %{HINT}write {text}% or {text}00%"
        )),
        _ => factor(rest).map(|factor| Volume::By(sign * factor)),
    }
}

/// A theme of built-in sounds.
pub(super) fn theme(text: &str) -> Result<Theme, String> {
    let names = Theme::ALL.map(Theme::name).join(", ");
    Theme::named(text).ok_or_else(|| format!("not a theme{HINT}valid themes: {names}"))
}

/// A factor from 0 to 1, or a percentage; a number from 2 on is a percentage.
pub(super) fn factor(text: &str) -> Result<f32, String> {
    let number = |text: &str| text.parse().unwrap_or(f32::NAN);
    let factor = match text.strip_suffix('%') {
        Some(percent) => number(percent) / 100.0,
        None => match number(text) {
            small if 1.0 < small && small < 2.0 => {
                let hint = format!("1 is full volume; for a percentage, write {text}%");
                return Err(format!("more than full volume{HINT}{hint}"));
            }
            percent if percent > 1.0 => percent / 100.0,
            factor => factor,
        },
    };
    match (0.0..=1.0).contains(&factor) {
        true => Ok(factor),
        false => Err(format!(
            "not a volume from 0 (silent) to 1 (full){HINT}examples: 0.4, 40%"
        )),
    }
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
    fn a_value_that_nobody_means_is_refused_with_what_could_be_meant() {
        let hint = |error: String| error.split_once(HINT).unwrap().1.to_owned();
        for (text, expected) in [
            ("1.5", "1 is full volume; for a percentage, write 1.5%"),
            ("+1", "write +1% or +100%"),
            ("101", "examples: 0.4, 40%"),
        ] {
            assert_eq!(hint(volume(text).unwrap_err()), expected, "{text}");
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
            ("2", Volume::To(0.02)),
            ("1.5%", Volume::To(0.015)),
            ("+10%", Volume::By(0.1)),
            ("-10", Volume::By(-0.1)),
            ("+0.1", Volume::By(0.1)),
            ("+1%", Volume::By(0.01)),
        ] {
            assert_eq!(volume(text), Ok(expected), "{text}");
        }
        for text in [
            "101", "-101%", "--1", "+", "loud", "NaN", "inf", "101%", "%", "NaN%", "", "1.5",
            "+1.5", "+1", "-1",
        ] {
            assert!(volume(text).is_err(), "{text}");
        }
    }
}
