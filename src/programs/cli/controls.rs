//! `herald mute`, `herald unmute`, `herald snooze` and `herald volume`

use std::time::Duration;

use jiff::ZonedDateTime;
use serde_json::{Value, json};

use super::answer::unless_unread;
use super::terminal::{self, complain};
use super::times::ms;
use super::values::{self, SnoozeEnd, Volume};
use herald_audio::clock::{Clock, SystemClock};
use herald_audio::config::{TimeOfDay, no_time_zone};
use herald_audio::controls::{Controls, Silence, Snooze};
use herald_audio::error::Result;
use herald_audio::manager::AudioManager;

/// Mute everything, in every agent and at once, until `herald unmute`
///
/// What sounds already falls silent, too. No config is changed; it is forgotten with the state
/// directory, which most systems remove when the user logs out.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald mute
  herald mute --toggle  mute, or end a mute or snooze: for a key of your desktop
  herald mute --json    the same, and tell a script what is in force then")]
pub(super) struct MuteArgs {
    /// Mute, or end the mute or snooze that is in force
    #[arg(long)]
    toggle: bool,
    #[command(flatten)]
    told: Told,
}

/// Let sounds be heard again: end a mute and a snooze
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald unmute
  herald unmute --json   the same, and tell a script what is in force then")]
pub(super) struct UnmuteArgs {
    #[command(flatten)]
    told: Told,
}

/// Mute everything for a while; without TIME, show the time left
///
/// It ends by itself, or with `herald unmute`. Another one takes its place; it does not add to it.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald snooze 30           no sound for 30 minutes
  herald snooze 1h 30m
  herald snooze until 14:00  the next time it is 2 pm
  herald snooze off          end it; a mute stays
  herald snooze              how long still?
  herald snooze --json       the same for a script")]
pub(super) struct SnoozeArgs {
    /// How long: 90s, 30m, 2h, a number of minutes, or until 14:00; at most 7 days. Or off
    #[arg(value_name = "TIME")]
    time: Vec<String>,
    #[command(flatten)]
    told: Told,
}

/// Set the master volume, a factor on top of every configured volume; without VOLUME, show it
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald volume 0.4      everything at less than half of its volume, at once
  herald volume 40       the same: a number above 1 is percent
  herald volume +10%     louder than it is; -10% is softer
  herald volume --reset  as configured
  herald volume          what is it?
  herald volume --json   the same for a script, with mute and snooze")]
pub(super) struct VolumeArgs {
    /// From 0 (silent) to 1 or 100% (as configured); with + or - a change of what is set
    #[arg(value_parser = values::volume, conflicts_with = "reset", allow_hyphen_values = true)]
    volume: Option<Volume>,
    /// As if it had never been set
    #[arg(long)]
    reset: bool,
    #[command(flatten)]
    told: Told,
}

#[derive(clap::Args, Debug)]
pub(super) struct Told {
    /// Write what is in force as JSON, with times in milliseconds
    #[arg(long)]
    json: bool,
}

const UNMUTE: &str = "herald unmute lets sounds be heard again";

pub(super) fn mute(args: &MuteArgs) -> Result<()> {
    let ask = match args.toggle {
        true => AudioManager::toggle_mute,
        false => AudioManager::mute,
    };
    run(&args.told, ask, in_force)
}

pub(super) fn unmute(args: &UnmuteArgs) -> Result<()> {
    run(&args.told, AudioManager::unmute, in_force)
}

impl SnoozeArgs {
    /// How long the snooze is to be; `Some(None)` if it is to end, and `None` if it is only shown.
    pub(super) fn length(&self) -> std::result::Result<Option<Option<Duration>>, String> {
        match &*self.time.join(" ") {
            "" => Ok(None),
            text => values::snooze_end(text).and_then(length).map(Some),
        }
    }
}

pub(super) fn snooze(args: &SnoozeArgs, length: Option<Option<Duration>>) -> Result<()> {
    let ask = |manager: &AudioManager| match length {
        Some(Some(length)) => manager.snooze(length),
        Some(None) => manager.end_snooze(),
        None => Ok(manager.controls()),
    };
    run(&args.told, ask, snooze_left)
}

/// How long a snooze is that begins now; none if it ends now.
fn length(end: SnoozeEnd) -> std::result::Result<Option<Duration>, String> {
    let length = match end {
        SnoozeEnd::Now => return Ok(None),
        SnoozeEnd::After(length) => length,
        SnoozeEnd::At(time) => match no_time_zone() {
            Some(why) => return Err(why),
            None => until(time, &ZonedDateTime::now()).map_err(|error| error.to_string())?,
        },
    };
    let checked = Snooze::new(0, length).map(|_| Some(length));
    checked.map_err(|error| error.to_string())
}

/// How long it is from `now` until it is `time` there: that of the next day, if it is past.
fn until(time: TimeOfDay, now: &ZonedDateTime) -> std::result::Result<Duration, jiff::Error> {
    let (hour, minute) = time.hour_and_minute();
    let mut date = now.date();
    loop {
        let end = date
            .at(hour, minute, 0, 0)
            .to_zoned_datetime(now.time_zone().clone())?;
        if let Ok(length @ 1..) = u64::try_from(now.duration_until(&end).as_millis()) {
            return Ok(Duration::from_millis(length));
        }
        date = date.tomorrow()?;
    }
}

pub(super) fn volume(args: &VolumeArgs) -> Result<()> {
    let ask = |manager: &AudioManager| match (args.volume, args.reset) {
        (None, false) => Ok(manager.controls()),
        (None, true) => manager.set_volume(None),
        (Some(Volume::To(volume)), _) => manager.set_volume(Some(volume)),
        (Some(Volume::By(by)), _) => manager.change_volume(by),
    };
    run(&args.told, ask, master_volume)
}

/// Asks for controls or changes them, and says what is in force then: in `words` or as JSON.
fn run(
    told: &Told,
    ask: impl FnOnce(&AudioManager) -> Result<Controls>,
    words: impl FnOnce(Controls, u64) -> String,
) -> Result<()> {
    let manager = AudioManager::new();
    let controls = ask(&manager)?;
    manager.notes().iter().for_each(|note| complain(note));
    let now = SystemClock.unix_ms();
    let written = match told.json {
        true => terminal::say_json(&format!("{}\n", to_json(controls, now))),
        false => terminal::say(&format!("{}\n", words(controls, now))),
    };
    unless_unread(written)
}

/// What is to be heard, of all that there is to say about it.
fn in_force(controls: Controls, unix_ms: u64) -> String {
    match controls.silence(unix_ms) {
        Some(silence) => is_silent(silence),
        None => match controls.thousandths() {
            Some(_) => format!("sounds are heard, at master volume {}", volume_of(controls)),
            None => "sounds are heard".to_owned(),
        },
    }
}

pub(super) fn is_silent(silence: Silence) -> String {
    match silence {
        Silence::TurnedDown => format!("{silence}: herald volume --reset turns it up again"),
        _ => format!("{silence}: {UNMUTE}"),
    }
}

fn snooze_left(controls: Controls, unix_ms: u64) -> String {
    match (controls.snooze().left(unix_ms), controls.silence(unix_ms)) {
        (Some(ends_in), Some(Silence::Muted)) => {
            let snoozed = Silence::Snoozed { ends_in };
            format!("{snoozed}, and muted: {UNMUTE}")
        }
        (Some(_), Some(snoozed)) => is_silent(snoozed),
        // This does not end by itself.
        (None, Some(other)) => format!("not snoozed, but {}", is_silent(other)),
        (_, None) => "not snoozed".to_owned(),
    }
}

fn master_volume(controls: Controls, unix_ms: u64) -> String {
    let volume = format!("master volume {}", volume_of(controls));
    match controls.silence(unix_ms) {
        Some(Silence::TurnedDown) => format!("{volume}: nothing is heard"),
        Some(silence) => format!("{volume}, but {}", is_silent(silence)),
        None => volume,
    }
}

pub(super) fn to_json(controls: Controls, unix_ms: u64) -> Value {
    let left = controls.snooze().left(unix_ms).unwrap_or_default();
    json!({
        "volume": volume_of(controls),
        "muted": controls.is_muted(),
        "snoozedForMs": ms(left),
    })
}

/// The master volume as it was given: 0.4 has no exact `f32`.
pub(super) fn volume_of(controls: Controls) -> f64 {
    f64::from(controls.thousandths().unwrap_or(1_000)) / 1_000.0
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use std::time::Duration;

    use super::*;
    use herald_audio::controls::Snooze;

    const NOW: u64 = 1_800_000_000_000;

    #[test]
    fn what_is_in_force_is_said_in_a_line() {
        let snooze = Snooze::new(NOW, Duration::from_secs(1_800)).unwrap();
        let none = Controls::NONE;
        let snoozed = none.snoozed(snooze);
        let (softer, off) = (none.at_volume(Some(0.4)), none.at_volume(Some(0.0)));
        for (said, expected) in [
            (in_force(none, NOW), "sounds are heard"),
            (
                in_force(softer, NOW),
                "sounds are heard, at master volume 0.4",
            ),
            (
                in_force(snoozed.muted(), NOW),
                "muted: herald unmute lets sounds be heard again",
            ),
            (
                in_force(snoozed, NOW + 1_000),
                "snoozed for 29m 59s more: herald unmute lets sounds be heard again",
            ),
            (in_force(snoozed, NOW + 1_800_000), "sounds are heard"),
            (
                in_force(off, NOW),
                "turned down to volume 0: herald volume --reset turns it up again",
            ),
            (snooze_left(none, NOW), "not snoozed"),
            (
                snooze_left(snoozed, NOW),
                "snoozed for 30m more: herald unmute lets sounds be heard again",
            ),
            (
                snooze_left(snoozed.muted(), NOW),
                "snoozed for 30m more, and muted: herald unmute lets sounds be heard again",
            ),
            (
                snooze_left(none.muted(), NOW),
                "not snoozed, but muted: herald unmute lets sounds be heard again",
            ),
            (master_volume(none, NOW), "master volume 1"),
            (master_volume(softer, NOW), "master volume 0.4"),
            (master_volume(off, NOW), "master volume 0: nothing is heard"),
            (
                master_volume(softer.muted(), NOW),
                "master volume 0.4, but muted: herald unmute lets sounds be heard again",
            ),
        ] {
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn a_time_of_day_is_the_next_one_by_the_clock_on_the_wall() {
        let zone = TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap();
        for (now, time, minutes) in [
            (date(2026, 1, 2).at(13, 0, 0, 0), "14:00", 60),
            (date(2026, 1, 2).at(14, 0, 0, 0), "14:00", 24 * 60),
            (date(2026, 12, 31).at(23, 59, 0, 0), "7:05", 7 * 60 + 6),
            // An hour is left out, and one comes twice.
            (date(2026, 3, 8).at(1, 0, 0, 0), "03:00", 60),
            (date(2026, 11, 1).at(0, 30, 0, 0), "02:00", 150),
        ] {
            let zoned = now.to_zoned_datetime(zone.clone()).unwrap();
            let length = until(TimeOfDay::parse(time).unwrap(), &zoned).unwrap();
            assert_eq!(length, Duration::from_secs(minutes * 60), "{now} {time}");
        }
    }

    #[test]
    fn scripts_get_numbers() {
        let snooze = Snooze::new(NOW, Duration::from_secs(60)).unwrap();
        let controls = Controls::NONE.at_volume(Some(0.4)).snoozed(snooze);
        assert_eq!(
            to_json(controls.muted(), NOW).to_string(),
            r#"{"muted":true,"snoozedForMs":60000,"volume":0.4}"#
        );
        assert_eq!(
            to_json(Controls::NONE, NOW).to_string(),
            r#"{"muted":false,"snoozedForMs":0,"volume":1.0}"#
        );
    }
}
