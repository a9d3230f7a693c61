//! A parsed line of the log.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::cli::paint;
use herald_audio::internals::config::Key;
use herald_audio::internals::event::{canonical, official};
use herald_audio::internals::system::printable::printable;

/// The length of `suppressed`, the longest status.
const STATUS_WIDTH: usize = 10;

/// A line that [`herald_audio::internals::system::log::Line`] wrote.
#[derive(Debug, Deserialize, PartialEq)]
pub(in crate::cli) struct Entry {
    pub(in crate::cli) time_ms: u64,
    pub(in crate::cli) event: String,
    pub(in crate::cli) agent: Option<String>,
    pub(in crate::cli) project: Option<String>,
    /// The machine of the fleet that reported it.
    #[serde(rename = "box")]
    pub(in crate::cli) from: Option<String>,
    pub(in crate::cli) status: String,
    pub(in crate::cli) reason: Option<String>,
    pub(in crate::cli) sound: Option<String>,
    pub(in crate::cli) volume: Option<f32>,
    pub(in crate::cli) output: Option<String>,
    pub(in crate::cli) command: Option<String>,
    pub(in crate::cli) took_ms: Option<u64>,
    #[serde(default)]
    pub(in crate::cli) slow: BTreeMap<String, u64>,
}

impl Entry {
    /// Parses `line`; none if it is not a complete line of Herald's log.
    pub(in crate::cli) fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    /// When the sound was asked for, in milliseconds since 1970-01-01 UTC.
    pub(in crate::cli) fn asked_ms(&self) -> u64 {
        self.time_ms.saturating_sub(self.took_ms.unwrap_or(0))
    }

    /// Whether it is about `key`: an event or a finer key, in any spelling.
    pub(super) fn is_about(&self, key: &str) -> bool {
        let (key, own) = (Key::of(key), Key::of(&self.event));
        let is_event = canonical(official(key.event)) == canonical(official(own.event));
        let about = key.about.filter(|about| !about.is_empty()).map(canonical);
        let is_detail = about.is_none() || about == own.about.map(canonical);
        let is_command = key.command.is_none() || key.command == own.command;
        is_event && is_detail && is_command && (key.agent.is_none() || key.agent == own.agent)
    }

    pub(super) fn has_failed(&self) -> bool {
        matches!(self.status.as_str(), "failed" | "refused" | "dropped")
    }

    /// The entry as a line of text, with times in `zone`.
    pub(super) fn words(&self, zone: &TimeZone) -> String {
        let event = printable(&self.event);
        let status = printable(&self.status);
        let details = printable(self.details());
        let gap = match details.is_empty() {
            true => 0,
            false => STATUS_WIDTH.saturating_sub(status.chars().count()) + 2,
        };
        let status = match self.status.as_str() {
            "played" => paint::good(&status),
            "failed" | "refused" | "dropped" => paint::wrong(&status),
            "stopped" | "skipped" | "suppressed" => paint::doubtful(&status),
            _ => status,
        };
        let time = self.local_time(zone);
        format!("{time}  {event:17}  {status}{:gap$}{details}", "")
    }

    fn local_time(&self, zone: &TimeZone) -> String {
        let time = i64::try_from(self.time_ms)
            .ok()
            .and_then(|ms| Timestamp::from_millisecond(ms).ok());
        match time {
            Some(time) => {
                let local = time.to_zoned_datetime(zone.clone());
                local.strftime("%Y-%m-%d %H:%M:%S").to_string()
            }
            None => self.time_ms.to_string(),
        }
    }

    fn details(&self) -> String {
        let sound = self.sound.as_deref().map(short_sound);
        let sound = match (sound, &self.output) {
            (Some(sound), Some(output)) => Some(format!("{sound} on {output}")),
            (sound, _) => sound.map(str::to_owned),
        };
        let took = self.took_ms.map(|ms| format!("{ms} ms"));
        let slow = (!self.slow.is_empty()).then(|| format!("slow: {}", self.slow_steps()));
        let facts: Vec<_> = [sound, took, self.origin(), slow]
            .into_iter()
            .flatten()
            .collect();
        let parts = [self.reason.clone(), Some(facts.join(", "))];
        let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("; ")
    }

    /// The agent, the name of the project's directory, and the box: `codex in herald on build-1`
    fn origin(&self) -> Option<String> {
        let project = self.project.as_deref().map(name_of);
        let project = project.map(|name| format!("in {name}"));
        let from = self.from.as_deref().map(|from| format!("on {from}"));
        let parts = self.agent.clone().into_iter().chain(project).chain(from);
        let parts: Vec<_> = parts.collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// `arrive 12 ms, wait 30 ms`
    pub(in crate::cli) fn slow_steps(&self) -> String {
        let steps = self.slow.iter().map(|(step, ms)| format!("{step} {ms} ms"));
        steps.collect::<Vec<_>>().join(", ")
    }
}

/// The short name of a sound in the log: `finished` for a built-in one, else the file's name.
pub(in crate::cli) fn short_sound(sound: &str) -> &str {
    sound
        .strip_prefix("builtin:")
        .unwrap_or_else(|| name_of(sound))
}

/// The last part of a path.
fn name_of(path: &str) -> &str {
    let name = Path::new(path).file_name().and_then(|name| name.to_str());
    name.unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> String {
        let entry = Entry::parse(line.as_bytes()).unwrap();
        paint::plain(&entry.words(&TimeZone::fixed(jiff::tz::offset(2))))
    }

    #[test]
    fn an_entry_is_one_line() {
        for (line, text) in [
            (
                r#"{"time_ms":1767225600000,"event":"Stop","status":"played","sound":"builtin:finished","volume":0.5,"output":"null","took_ms":912}"#,
                "2026-01-01 02:00:00  Stop               played      finished on null, 912 ms",
            ),
            (
                r#"{"time_ms":1767225600000,"event":"Stop","agent":"codex","project":"/dev/my api","session":"1","status":"suppressed","reason":"throttled"}"#,
                "2026-01-01 02:00:00  Stop               suppressed  throttled; codex in my api",
            ),
            (
                r#"{"time_ms":1767225600000,"event":"Stop","project":"api","box":"build-1","status":"dropped","reason":"too late"}"#,
                "2026-01-01 02:00:00  Stop               dropped     too late; in api on build-1",
            ),
            (
                r#"{"time_ms":1767225600000,"event":"Stop","status":"failed","reason":"two\nlines","sound":"/a/b.wav","output":"auto","took_ms":1,"slow":{"open":12,"wait":30}}"#,
                "2026-01-01 02:00:00  Stop               failed      two\\nlines; b.wav on auto, 1 ms, slow: open 12 ms, wait 30 ms",
            ),
            (
                r#"{"time_ms":1767225600000,"event":"\u001b[2J","status":"sent","new":1}"#,
                "2026-01-01 02:00:00  \\u{1b}[2J          sent",
            ),
            (
                r#"{"time_ms":18446744073709551615,"event":"Stop","status":"suppressed","reason":"throttled"}"#,
                "18446744073709551615  Stop               suppressed  throttled",
            ),
        ] {
            assert_eq!(words(line), text);
        }
        for line in ["", "{}", "[1]", r#"{"time_ms":1,"event":"St"#] {
            assert_eq!(Entry::parse(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn an_entry_is_about_its_event_and_its_finer_key_in_any_spelling() {
        let line = br#"{"time_ms":1,"event":"PreToolUse/Bash","status":"played"}"#;
        let entry = Entry::parse(line).unwrap();
        for (key, is_about) in [
            ("PreToolUse", true),
            ("pre_tool_use/bash", true),
            ("PreToolUse/Edit", false),
            ("PostToolUse", false),
            ("PreToolUse/Bas", false),
        ] {
            assert_eq!(entry.is_about(key), is_about, "{key}");
        }
    }

    #[test]
    fn a_sound_is_named_shortly() {
        for (sound, name) in [
            ("builtin:finished", "finished"),
            ("/sounds/bell.wav", "bell.wav"),
            ("..", ".."),
        ] {
            assert_eq!(short_sound(sound), name);
        }
    }
}
