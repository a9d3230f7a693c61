//! Presets: settings of several events for one purpose.

use serde_json::{Value, json};

/// Settings of several events.
pub(super) struct Preset {
    pub(super) name: &'static str,
    events: &'static [Settings],
}

struct Settings {
    event: &'static str,
    /// The name of a built-in sound.
    sound: &'static str,
    volume: f64,
    throttle_seconds: u32,
}

const fn settings(
    event: &'static str,
    sound: &'static str,
    volume: f64,
    throttle_seconds: u32,
) -> Settings {
    Settings {
        event,
        sound,
        volume,
        throttle_seconds,
    }
}

pub(super) const PRESETS: [Preset; 1] = [
    // What a screen shows meanwhile: that the agent works, and how each step ends.
    Preset {
        name: "screen-reader",
        events: &[
            settings("PreToolUse", "tick", 0.5, 0),
            settings("PostToolUse", "tock", 0.5, 0),
            settings("PostToolUseFailure", "failed", 0.5, 0),
            settings("Stop", "finished", 1.0, 5),
            settings("StopFailure", "failed", 1.0, 30),
        ],
    },
];

impl Preset {
    /// The events that it switches on.
    pub(super) fn events(&self) -> Vec<String> {
        let events = self.events.iter();
        events.map(|settings| settings.event.to_owned()).collect()
    }

    /// The settings, by dotted key.
    pub(super) fn changes(&self) -> Vec<(String, Option<Value>)> {
        let values = |settings: &Settings| {
            let event = settings.event;
            let values = [
                ("enabled", json!(true)),
                ("sound", json!(format!("builtin:{}", settings.sound))),
                ("volume", json!(settings.volume)),
                ("throttle_seconds", json!(settings.throttle_seconds)),
            ];
            values.map(|(key, value)| (format!("events.{event}.{key}"), Some(value)))
        };
        self.events.iter().flat_map(values).collect()
    }
}
