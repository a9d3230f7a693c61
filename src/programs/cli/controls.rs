//! `herald mute`, `herald unmute`, `herald snooze` and `herald volume`

use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use serde_json::{Value, json};

use super::answer::unless_unread;
use super::terminal;
use super::times::{ms, span};
use super::values::{self, SnoozeEnd, Volume};
use herald_audio::AudioManager;
use herald_audio::Result;
use herald_audio::internals::clock::{Clock, SystemClock};
use herald_audio::internals::config::{TimeOfDay, no_time_zone};
use herald_audio::internals::controls::{Controls, Silence, Snooze};

/// Mute every agent at once, until `herald unmute`
///
/// Sounds that are playing fall silent, too. No config file changes. The mute lasts through logout and
/// reboot; only in a directory named by HERALD_STATE_DIR it is lost with that directory.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald mute
  herald mute --toggle  mute, or unmute: for a keyboard shortcut
  herald mute --json    mute, and print the new state as JSON")]
pub(super) struct MuteArgs {
    /// Mute; if muted or snoozed already, unmute
    #[arg(long)]
    toggle: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// End a mute or a snooze
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald unmute
  herald unmute --json   unmute, and print the new state as JSON")]
pub(super) struct UnmuteArgs {
    #[command(flatten)]
    output: OutputArgs,
}

/// Mute everything for a while; without TIME, show the time left
///
/// A snooze ends by itself, or with `herald unmute`. A second snooze replaces the first.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald snooze 30           no sound for 30 minutes
  herald snooze 1h 30m
  herald snooze until 14:00  the next time it is 2 pm
  herald snooze off          end the snooze; a mute stays
  herald snooze              show the time left
  herald snooze --json       print it as JSON")]
pub(super) struct SnoozeArgs {
    /// How long: 90s, 30m, 2h, a number of minutes, or `until 14:00`; at most 7 days. `off` ends it
    #[arg(value_name = "TIME", allow_negative_numbers = true)]
    time: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Set the master volume, which scales every configured volume; without VOLUME, show it
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald volume 0.4      play everything at 40 % of its volume
  herald volume 40       the same: a number from 2 on is a percentage
  herald volume +10%     louder by 10 %; -10% is softer
  herald volume --reset  back to the configured volumes
  herald volume          show the master volume
  herald volume --json   print volume, mute and snooze as JSON")]
pub(super) struct VolumeArgs {
    /// From 0 (silent) to 1 or 100% (as configured); + or - changes the current one
    #[arg(value_parser = values::volume, conflicts_with = "reset", allow_hyphen_values = true)]
    volume: Option<Volume>,
    /// Remove the master volume
    #[arg(long)]
    reset: bool,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(clap::Args, Debug)]
pub(super) struct OutputArgs {
    /// Print JSON, with times in milliseconds
    #[arg(long)]
    json: bool,
}

pub(super) fn mute(args: &MuteArgs) -> Result<()> {
    let ask = match args.toggle {
        true => AudioManager::toggle_mute,
        false => AudioManager::mute,
    };
    run(&args.output, ask, in_force)
}

pub(super) fn unmute(args: &UnmuteArgs) -> Result<()> {
    run(&args.output, AudioManager::unmute, in_force)
}

impl SnoozeArgs {
    /// How long to snooze; `Some(None)` ends a snooze, `None` shows it.
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
    run(&args.output, ask, snooze_left)
}

/// The length of a snooze that begins now; none if it ends now.
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

/// The time from `now` to the next `time`, in the zone of `now`: tomorrow's, if today's is past.
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
    run(&args.output, ask, master_volume)
}

/// Reads or changes the controls, then prints them: in `words` or as JSON.
fn run(
    output: &OutputArgs,
    ask: impl FnOnce(&AudioManager) -> Result<Controls>,
    words: impl FnOnce(Controls, &Now) -> String,
) -> Result<()> {
    let manager = AudioManager::new();
    let controls = ask(&manager)?;
    manager.notes().iter().for_each(|note| terminal::warn(note));
    let written = match output.json {
        true => terminal::say_json(&format!("{}\n", to_json(controls, SystemClock.unix_ms()))),
        false => terminal::say(&format!("{}\n", words(controls, &Now::local()))),
    };
    // Ending a mute does not end this one.
    if let Some(silence @ Silence::Session) = manager.silence() {
        terminal::warn(&Now::local().silence(silence));
    }
    unless_unread(written)
}

/// Warns if everything is muted since a known time, which somebody may have forgotten.
pub(super) fn warn_if_muted(manager: &AudioManager) {
    if let Some(since) = manager.muted_since() {
        let muted = Now::local().muted(since);
        terminal::warn(&format!("{muted}; `herald unmute` ends it"));
    }
}

/// One-line summary.
fn in_force(controls: Controls, now: &Now) -> String {
    match controls.silence(now.unix_ms) {
        Some(silence) => now.silence(silence),
        None => match controls.thousandths() {
            Some(_) => format!("unmuted, master volume {}", volume_of(controls)),
            None => "unmuted".to_owned(),
        },
    }
}

fn snooze_left(controls: Controls, now: &Now) -> String {
    let snooze = controls.snooze().left(now.unix_ms);
    match (snooze, controls.silence(now.unix_ms)) {
        (Some(left), Some(Silence::Muted)) => {
            let muted = now.silence(Silence::Muted);
            format!("{}, and {muted}", now.snoozed(left))
        }
        (Some(_), Some(snoozed)) => now.silence(snoozed),
        (None, Some(other)) => format!("not snoozed, but {}", now.silence(other)),
        (_, None) => "not snoozed".to_owned(),
    }
}

fn master_volume(controls: Controls, now: &Now) -> String {
    let volume = format!("master volume {}", volume_of(controls));
    match controls.silence(now.unix_ms) {
        Some(Silence::TurnedDown) => format!("{volume} (silent)"),
        Some(silence) => format!("{volume}, but {}", now.silence(silence)),
        None => volume,
    }
}

/// The present, for times of day.
pub(super) struct Now {
    unix_ms: u64,
    zone: TimeZone,
}

impl Now {
    /// Milliseconds since 1970-01-01 UTC.
    pub(super) fn unix_ms(&self) -> u64 {
        self.unix_ms
    }

    pub(super) fn local() -> Self {
        Self {
            unix_ms: SystemClock.unix_ms(),
            zone: TimeZone::system(),
        }
    }

    /// Why nothing is heard, and the command that ends it.
    pub(super) fn silence(&self, silence: Silence) -> String {
        match silence {
            Silence::Muted => "muted until you run `herald unmute`".to_owned(),
            Silence::Snoozed { ends_in } => {
                format!("{}; `herald unmute` ends it", self.snoozed(ends_in))
            }
            Silence::TurnedDown => {
                "master volume 0 (silent); `herald volume --reset` ends it".to_owned()
            }
            other => format!("{other}; `{}` ends it", other.hint()),
        }
    }

    /// `muted since Tuesday 14:35`
    pub(super) fn muted(&self, since: SystemTime) -> String {
        let since = Timestamp::try_from(since).ok();
        let now = i64::try_from(self.unix_ms).ok();
        let now = now.and_then(|now| Timestamp::from_millisecond(now).ok());
        let zoned = [since, now].map(|time| Some(time?.to_zoned_datetime(self.zone.clone())));
        let [Some(since), Some(now)] = zoned else {
            return "muted".to_owned();
        };
        let days = now.date().duration_since(since.date()).as_hours() / 24;
        let format = match days {
            0 => "%H:%M",
            1..7 => "%A %H:%M",
            _ => "%Y-%m-%d",
        };
        format!("muted since {}", since.strftime(format))
    }

    /// `snoozed until 14:35 (30m left)`
    fn snoozed(&self, left: Duration) -> String {
        let end = self.unix_ms.saturating_add(ms(left));
        // To the nearest minute, so that half an hour is neither 29m 59s nor 30m 1s; the last one in seconds.
        let left = match ms(left) {
            0..60_000 => Duration::from_millis(ms(left).next_multiple_of(1_000)),
            ms => Duration::from_secs((ms + 30_000) / 60_000 * 60),
        };
        let time = |unix_ms| {
            let time = Timestamp::from_millisecond(i64::try_from(unix_ms).ok()?).ok()?;
            Some(time.to_zoned_datetime(self.zone.clone()))
        };
        let date = |time: &ZonedDateTime| time.date();
        let until = match time(end) {
            Some(end) if time(self.unix_ms).as_ref().map(date) == Some(end.date()) => {
                end.strftime("%H:%M").to_string()
            }
            Some(end) => end.strftime("%Y-%m-%d %H:%M").to_string(),
            None => return format!("snoozed ({} left)", span(left)),
        };
        format!("snoozed until {until} ({} left)", span(left))
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

    use std::time::Duration;

    use super::*;
    use herald_audio::internals::controls::Snooze;

    const NOW: u64 = 1_800_000_000_000;

    #[test]
    fn controls_are_summed_up_in_a_line() {
        let at = |unix_ms| Now {
            unix_ms,
            zone: TimeZone::UTC,
        };
        let now = at(NOW);
        let snooze = Snooze::new(NOW, Duration::from_secs(1_800)).unwrap();
        let long = Snooze::new(NOW, Duration::from_secs(24 * 3_600)).unwrap();
        let none = Controls::NONE;
        let snoozed = none.snoozed(snooze);
        let (softer, off) = (none.at_volume(Some(0.4)), none.at_volume(Some(0.0)));
        for (words, expected) in [
            (in_force(none, &now), "unmuted"),
            (in_force(softer, &now), "unmuted, master volume 0.4"),
            (
                in_force(snoozed.muted(), &now),
                "muted until you run `herald unmute`",
            ),
            (
                in_force(snoozed, &at(NOW + 900)),
                "snoozed until 08:30 (30m left); `herald unmute` ends it",
            ),
            (in_force(snoozed, &at(NOW + 1_800_000)), "unmuted"),
            (
                in_force(off, &now),
                "master volume 0 (silent); `herald volume --reset` ends it",
            ),
            (snooze_left(none, &now), "not snoozed"),
            (
                snooze_left(none.snoozed(long), &at(NOW + 61_000)),
                "snoozed until 2027-01-16 08:00 (23h 59m left); `herald unmute` ends it",
            ),
            (
                snooze_left(snoozed, &at(NOW + 1_790_500)),
                "snoozed until 08:30 (10s left); `herald unmute` ends it",
            ),
            (
                snooze_left(snoozed.muted(), &now),
                "snoozed until 08:30 (30m left), and muted until you run `herald unmute`",
            ),
            (
                snooze_left(none.muted(), &now),
                "not snoozed, but muted until you run `herald unmute`",
            ),
            (master_volume(none, &now), "master volume 1"),
            (master_volume(softer, &now), "master volume 0.4"),
            (master_volume(off, &now), "master volume 0 (silent)"),
            (
                master_volume(softer.muted(), &now),
                "master volume 0.4, but muted until you run `herald unmute`",
            ),
        ] {
            assert_eq!(words, expected);
        }
    }

    #[test]
    fn a_mute_says_since_when() {
        let now = Now {
            unix_ms: NOW,
            zone: TimeZone::UTC,
        };
        // A Friday, 08:00.
        let ago =
            |hours: u64| SystemTime::UNIX_EPOCH + Duration::from_millis(NOW - hours * 3_600_000);
        for (since, words) in [
            (ago(1), "muted since 07:00"),
            (ago(9), "muted since Thursday 23:00"),
            (ago(72), "muted since Tuesday 08:00"),
            (ago(7 * 24), "muted since 2027-01-08"),
        ] {
            assert_eq!(now.muted(since), words);
        }
    }

    #[test]
    fn a_time_of_day_is_the_next_one_by_the_local_clock() {
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
