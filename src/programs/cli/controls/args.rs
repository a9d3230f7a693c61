//! The command lines of `herald mute`, `unmute`, `snooze` and `volume`, as clap reads them.

use std::time::Duration;

use clap::Args;

use crate::cli::args::window;
use herald_audio::config::TimeOfDay;

/// Mute everything, in every agent and at once, until `herald unmute`
///
/// What sounds already falls silent, too. No config is changed; it is forgotten with the state
/// directory, which most systems remove when the user logs out.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald mute
  herald mute --toggle  mute, or end a mute or snooze: for a key of your desktop
  herald mute --json    the same, and tell a script what is in force then")]
pub(in crate::cli) struct MuteArgs {
    /// Mute, or end the mute or snooze that is in force
    #[arg(long)]
    pub(super) toggle: bool,
    #[command(flatten)]
    pub(in crate::cli) told: Told,
}

/// Let sounds be heard again: end a mute and a snooze
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald unmute
  herald unmute --json   the same, and tell a script what is in force then")]
pub(in crate::cli) struct UnmuteArgs {
    #[command(flatten)]
    pub(in crate::cli) told: Told,
}

/// Mute everything for a while; without TIME, show the time left
///
/// It ends by itself, or with `herald unmute`. Another one takes its place; it does not add to it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald snooze 30           no sound for 30 minutes
  herald snooze 1h 30m
  herald snooze until 14:00  the next time it is 2 pm
  herald snooze off          end it; a mute stays
  herald snooze              how long still?
  herald snooze --json       the same for a script")]
pub(in crate::cli) struct SnoozeArgs {
    /// How long: 90s, 30m, 2h, a number of minutes, or until 14:00; at most 7 days. Or off
    #[arg(value_name = "TIME")]
    pub(super) time: Vec<String>,
    #[command(flatten)]
    pub(super) told: Told,
}

/// Set the master volume, a factor on top of every configured volume; without VOLUME, show it
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald volume 0.4      everything at less than half of its volume, at once
  herald volume 40       the same: a number above 1 is percent
  herald volume +10%     louder than it is; -10% is softer
  herald volume --reset  as configured
  herald volume          what is it?
  herald volume --json   the same for a script, with mute and snooze")]
pub(in crate::cli) struct VolumeArgs {
    /// From 0 (silent) to 1 or 100% (as configured); with + or - a change of what is set
    #[arg(value_parser = volume, conflicts_with = "reset", allow_hyphen_values = true)]
    pub(super) volume: Option<Volume>,
    /// As if it had never been set
    #[arg(long)]
    pub(super) reset: bool,
    #[command(flatten)]
    pub(super) told: Told,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Told {
    /// Write what is in force as JSON, with times in milliseconds
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// What becomes of the master volume.
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
            .ok_or_else(|| "give a time of day such as 14:00".to_owned());
    }
    let minutes = text.parse::<f64>().is_ok();
    let time = match minutes {
        true => window(text)?.saturating_mul(60),
        false => window(text)?,
    };
    Ok(SnoozeEnd::After(time))
}

fn volume(text: &str) -> Result<Volume, String> {
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1.0, rest),
        Some(("-", rest)) => (-1.0, rest),
        _ => return factor(text).map(Volume::To),
    };
    factor(rest).map(|factor| Volume::By(sign * factor))
}

/// A factor from 0 to 1, or a percentage: a number above 1 is one.
pub(in crate::cli) fn factor(text: &str) -> Result<f32, String> {
    let factor = match text.strip_suffix('%') {
        Some(percent) => percent.parse().map(|percent: f32| percent / 100.0),
        None => text.parse().map(|number: f32| match number > 1.0 {
            true => number / 100.0,
            false => number,
        }),
    };
    let factor = factor.ok().filter(|factor| (0.0..=1.0).contains(factor));
    factor.ok_or_else(|| "give a number from 0 (silent) to 1, or a percentage".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

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
