//! The table of events: sound, counts, and when each last sounded.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use super::super::answer::count_cells;
use super::super::log::{Entry, Tail, short_sound};
use super::super::table::{table as columns, widest};
use super::super::times::{ago, ms, span};
use herald_audio::AudioManager;
use herald_audio::internals::config::{Config, Key, Scope, rounded};
use herald_audio::internals::event::{EVENTS, Event, counter_line};
use herald_audio::internals::state_file::Counts;
use herald_audio::internals::system::log::Log;
use herald_audio::internals::system::printable::printable;

/// The narrowest column for a sound's name.
const LEAST: usize = 9;

/// What the log knows of sounds.
#[derive(Default)]
pub(super) struct Heard {
    /// When each event last sounded, in milliseconds since 1970-01-01 UTC.
    last: HashMap<String, u64>,
    /// Why the last sound failed, if it did.
    pub(super) failure: Option<String>,
    /// The events whose command failed, and why, in order.
    pub(super) failed_commands: Vec<(String, String)>,
}

impl Heard {
    pub(super) fn read(state_dir: &Path) -> Self {
        let lines = Tail::new(&Log::new(state_dir)).new_lines();
        let mut heard = Self::default();
        for entry in lines.iter().filter_map(|line| Entry::parse(line)) {
            match &*entry.status {
                "played" | "stopped" => {
                    let asked = entry.asked_ms();
                    let last = heard.last.entry(entry.event).or_insert(asked);
                    *last = asked.max(*last);
                    heard.failure = None;
                }
                "failed" if entry.command.is_some() => {
                    let reason = entry.reason.unwrap_or_default();
                    heard.failed_commands.push((entry.event, reason));
                }
                // Lines about configs also have the status `failed`.
                "failed" if entry.event != "config" => {
                    heard.failure = Some(entry.reason.unwrap_or_default());
                }
                _ => {}
            }
        }
        heard
    }
}

/// The rows of the table.
pub(super) struct Events {
    rows: Vec<Row>,
    /// The counts of events that Herald does not know.
    pub(super) others: Option<Counts>,
}

struct Row {
    /// An event, or a finer key of it.
    name: String,
    is_enabled: bool,
    sounds: Vec<String>,
    volume: f32,
    window: Option<Duration>,
    scope: Scope,
    /// In milliseconds since 1970-01-01 UTC.
    last_heard: Option<u64>,
    /// None for a finer key, which is counted with its event.
    counts: Option<Counts>,
}

/// The events that are on or were reported, or `all`, each with its finer keys.
pub(super) fn of(manager: &AudioManager, heard: &Heard, all: bool) -> Events {
    let config = manager.config();
    let row = |name: &str| Row::of(name, manager, &config, heard);
    let mut rows = Vec::new();
    for event in &EVENTS {
        let row_of_event = row(event.name);
        let is_finer = |key: &&str| *key != event.name && Key::of(key).event == event.name;
        let finer = config.configured_keys().filter(is_finer);
        let finer: Vec<_> = finer
            .map(row)
            .filter(|row| all || row.is_listed())
            .collect();
        if all || row_of_event.is_listed() || !finer.is_empty() {
            rows.push(row_of_event);
            rows.extend(finer);
        }
    }
    let is_other = |key: &&str| Event::find(Key::of(key).event).is_none();
    let others = config.configured_keys().filter(is_other).map(row);
    rows.extend(others.filter(|row| all || row.is_listed()));
    let counts = manager.throttle().state_file().counts(counter_line(""));
    Events {
        rows,
        others: counts.filter(|counts| *counts != Counts::default()),
    }
}

impl Row {
    fn of(name: &str, manager: &AudioManager, config: &Config, heard: &Heard) -> Self {
        let is_event = Event::find(name).is_some();
        let state = manager.throttle().state_file();
        let of_log = heard.last.get(name).copied();
        let volume = config.volume_of(name);
        let firing = manager
            .recall_hook(name)
            .filter(|firing| !firing.is_cancelled && volume > 0.0);
        let of_throttle =
            firing.map(|firing| ms(firing.at.duration_since(UNIX_EPOCH).unwrap_or_default()));
        let sounds = config.sounds(name);
        Self {
            is_enabled: config.is_enabled(name),
            sounds: sounds.iter().map(ToString::to_string).collect(),
            volume,
            window: config.window(name),
            scope: config.scope(name),
            last_heard: of_log.max(of_throttle),
            counts: state.counts(counter_line(name)).filter(|_| is_event),
            name: name.to_owned(),
        }
    }

    fn is_listed(&self) -> bool {
        let was_counted = self
            .counts
            .is_some_and(|counts| counts != Counts::default());
        self.is_enabled || was_counted || self.last_heard.is_some()
    }

    fn sound_words(&self) -> String {
        match &self.sounds[..] {
            _ if !self.is_enabled => "off".to_owned(),
            [] => "none".to_owned(),
            _ if self.volume == 0.0 => "volume 0".to_owned(),
            [only] => printable(short_sound(only)),
            several => format!("{} sounds", several.len()),
        }
    }

    fn cells(&self, unix_ms: u64, sound_width: usize) -> [String; 7] {
        let name = match self.name.strip_prefix(Key::of(&self.name).event) {
            None | Some("") => printable(&self.name),
            Some(finer) => format!("  {}", printable(finer.trim_start_matches('/'))),
        };
        let window = self.window.map(span);
        let heard = self
            .last_heard
            .map(|at| ago(Duration::from_millis(unix_ms.saturating_sub(at))));
        let [admitted, suppressed, failed] = count_cells(self.counts);
        [
            name,
            shortened(self.sound_words(), sound_width),
            window.unwrap_or_default(),
            heard.unwrap_or_else(|| "-".to_owned()),
            admitted,
            suppressed,
            failed,
        ]
    }

    fn to_json(&self) -> Value {
        let counts = self.counts;
        json!({
            "name": self.name,
            "enabled": self.is_enabled,
            "sounds": self.sounds,
            "volume": rounded(self.volume),
            "windowMs": self.window.map(ms),
            "scope": self.scope,
            "lastHeard": self.last_heard,
            "admitted": counts.map(|counts| counts.admitted),
            "suppressed": counts.map(|counts| counts.suppressed),
            "failed": counts.map(|counts| counts.failed),
        })
    }
}

impl Events {
    pub(super) fn to_json(&self) -> Value {
        self.rows.iter().map(Row::to_json).collect()
    }
}

/// The events in columns, in lines of `width`; the names of sounds get what is left of it.
pub(super) fn table(events: &Events, unix_ms: u64, width: usize) -> String {
    const HEADINGS: [&str; 7] = [
        "EVENT",
        "SOUND",
        "WINDOW",
        "HEARD",
        "ADMITTED",
        "SUPPRESSED",
        "FAILED",
    ];
    let rows = |sound_width| {
        let rows = events.rows.iter();
        let rows = rows
            .map(|row| row.cells(unix_ms, sound_width))
            .collect::<Vec<_>>();
        let others = events.others.map(|counts| {
            let [admitted, suppressed, failed] = count_cells(Some(counts));
            let nothing = String::new;
            let name = "other events".to_owned();
            [
                name,
                nothing(),
                nothing(),
                nothing(),
                admitted,
                suppressed,
                failed,
            ]
        });
        rows.into_iter().chain(others)
    };
    let without_sounds = columns(HEADINGS, rows(0));
    let left = (width + "SOUND".len()).saturating_sub(widest(&without_sounds));
    columns(HEADINGS, rows(left.max(LEAST)))
}

/// At most `width` characters of `name`; a shortened one ends in an ellipsis.
fn shortened(name: String, width: usize) -> String {
    match name.chars().count() > width {
        true => name
            .chars()
            .take(width.saturating_sub(1))
            .chain(['…'])
            .collect(),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, sound: &str) -> Row {
        Row {
            name: name.to_owned(),
            is_enabled: true,
            sounds: vec![sound.to_owned()],
            volume: 0.5,
            window: Some(Duration::from_secs(5)),
            scope: Scope::Project,
            last_heard: Some(1_000),
            counts: (!name.contains('/')).then_some(Counts::default()),
        }
    }

    #[test]
    fn the_table_fits_eighty_columns_and_long_sound_names_are_shortened() {
        let long = "/sounds/a long name that nobody wants to read to its end.wav";
        let events = Events {
            rows: vec![
                row("PermissionRequest", "builtin:attention"),
                row("Notification/permission_prompt", long),
            ],
            others: None,
        };
        let table = table(&events, 121_000, 80);
        for line in table.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        let rows: Vec<_> = table.lines().skip(1).collect();
        assert_eq!(
            rows,
            [
                "PermissionRequest    attention      5s      2m ago  0         0           0",
                "  permission_prompt  a long name …  5s      2m ago",
            ]
        );
    }

    #[test]
    fn a_silent_event_says_why_in_place_of_its_sound() {
        let mut row = row("Stop", "builtin:finished");
        assert_eq!(row.sound_words(), "finished");
        row.sounds.push("/b.wav".to_owned());
        assert_eq!(row.sound_words(), "2 sounds");
        row.volume = 0.0;
        assert_eq!(row.sound_words(), "volume 0");
        row.sounds.clear();
        assert_eq!(row.sound_words(), "none");
        row.is_enabled = false;
        assert_eq!(row.sound_words(), "off");
    }
}
