//! A sample payload, as an agent would write it to the hook.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::terminal::HINT;
use herald_audio::internals::agents::Agent;
use herald_audio::internals::config::{Config, Key};
use herald_audio::internals::event::{EVENTS, Event, Field, canonical};
use herald_audio::internals::nearest::nearest;

/// A sample event.
#[derive(Debug)]
pub(super) struct Sample {
    /// The event's name.
    pub(super) event: String,
    /// The finer key: a payload field and its value.
    about: Option<(Field, String)>,
    /// The command of a tool.
    command: Option<String>,
    pub(super) agent: Option<&'static Agent>,
    /// The event with its finer key, as the config has it.
    subject: String,
}

impl Sample {
    /// A sample for `key`: an event, or a finer key.
    ///
    /// # Errors
    ///
    /// Why no agent can report `key`.
    pub(super) fn named(key: &str, config: &Config) -> Result<Self, String> {
        let parts = Key::of(key);
        let Some(event) = Event::find(parts.event) else {
            return Self::of_another_name(key, config);
        };
        let about = parts.about.map(|about| about_of(event, about));
        let about = about.transpose()?;
        let command = parts.command.map(|pattern| pattern.replace('*', ""));
        let subject = match &about {
            Some((_, about)) => format!("{}/{about}", event.name),
            None => event.name.to_owned(),
        };
        let agent = parts.agent.unwrap_or_else(Agent::claude);
        Ok(Self {
            event: event.name.to_owned(),
            about,
            subject: config.refined(subject, || command.clone(), agent),
            command,
            agent: parts.agent,
        })
    }

    /// Configs may name events of other programs.
    fn of_another_name(key: &str, config: &Config) -> Result<Self, String> {
        let configured: Vec<_> = config.configured_keys().collect();
        let is_configured = |name: &&str| canonical(name) == canonical(key);
        if configured.iter().any(is_configured) {
            return Ok(Self {
                event: key.to_owned(),
                about: None,
                command: None,
                agent: None,
                subject: key.to_owned(),
            });
        }
        let known = EVENTS.iter().map(|event| event.name).chain(configured);
        let name = key.split('/').next().unwrap_or(key);
        Err(unknown("event", name, known))
    }

    /// The event with its finer key.
    pub(super) fn subject(&self) -> String {
        self.subject.clone()
    }

    /// The payload; `marker` identifies it, and `cwd` is the agent's working directory.
    pub(super) fn payload(&self, marker: &str, cwd: Option<&Path>) -> Value {
        let names = |agent: &Agent| agent.names_of(Event::find(&self.event)?.name).pop();
        let name = self.agent.and_then(names).unwrap_or(&self.event);
        let mut payload = json!({
            "session_id": marker,
            "hook_event_name": name,
            "marker": marker,
        });
        // Without `cwd`, the hook uses its own.
        if let Some(cwd) = cwd.and_then(Path::to_str) {
            payload["cwd"] = json!(cwd);
        }
        if let Some((field, about)) = &self.about {
            payload[field_name(*field)] = json!(about);
        }
        if let Some(command) = &self.command {
            payload["tool_input"] = json!({ "command": command });
        }
        if self.event == "Notification" {
            payload["message"] = json!(format!("This is {marker}"));
        }
        payload
    }
}

fn about_of(event: &Event, about: &str) -> Result<(Field, String), String> {
    let Some(field) = event.told_by else {
        return Err(format!(
            "{} has no finer keys{HINT}herald test {0}",
            event.name
        ));
    };
    if about.is_empty() {
        return Err(format!(
            "the finer key of {} is empty{HINT}name it after the slash",
            event.name
        ));
    }
    let mut known = event.about.iter();
    let same = known.find(|word| canonical(word) == canonical(about));
    match same {
        Some(word) => Ok((field, (*word).to_owned())),
        // Unknown values are allowed, because agents add new ones; near misses are misspellings.
        None => match nearest(about, event.about.iter().copied()) {
            Some(meant) => Err(format!(
                "unknown event {}/{about}{HINT}did you mean {0}/{meant}?",
                event.name
            )),
            None => Ok((field, about.to_owned())),
        },
    }
}

fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let hint = match nearest(name, known) {
        Some(meant) => format!("did you mean {meant}?"),
        None => "`herald status --all` lists them".to_owned(),
    };
    format!("unknown {what} {name}{HINT}{hint}")
}

const fn field_name(field: Field) -> &'static str {
    match field {
        Field::NotificationType => "notification_type",
        Field::ToolName => "tool_name",
        Field::AgentType => "agent_type",
        Field::CommandName => "command_name",
        Field::Source => "source",
        Field::Reason => "reason",
        Field::Error => "error",
        Field::Trigger => "trigger",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use herald_audio::internals::payload::Payload;

    fn named(key: &str) -> Result<Sample, String> {
        Sample::named(key, &Config::builtin())
    }

    #[test]
    fn a_finer_key_stands_in_its_payload_field() {
        let abouts = EVENTS.iter().flat_map(|event| {
            let any = event.told_by.is_some().then_some("anything else");
            event
                .about
                .iter()
                .copied()
                .chain(any)
                .map(move |about| (event, about))
        });
        let mut seen = 0;
        for (event, about) in abouts {
            let sample = named(&format!("{}/{about}", event.name)).unwrap();
            let payload = sample.payload("m", None).to_string();
            let payload = Payload::parse(payload.as_bytes()).unwrap();
            assert_eq!(payload.event.as_deref(), Some(event.name));
            assert_eq!(payload.about(event), Some(about), "{}", event.name);
            assert_eq!(payload.marker.as_deref(), Some("m"));
            seen += 1;
        }
        assert!(seen > 30);
    }

    #[test]
    fn any_spelling_is_accepted() {
        for (key, subject) in [
            ("stop", "Stop"),
            ("agent_stop/Explore", "SubagentStop/Explore"),
            (
                "Notification/permissionPrompt",
                "Notification/permission_prompt",
            ),
            ("PreToolUse/mcp__a__b", "PreToolUse/mcp__a__b"),
            ("stop@codex", "Stop"),
        ] {
            assert_eq!(named(key).unwrap().subject(), subject);
        }
    }

    #[test]
    fn unknown_events_are_refused_with_a_suggestion() {
        for (key, says) in [
            ("Stpo", "unknown event Stpo; hint: did you mean Stop?"),
            (
                "zzz/y",
                "unknown event zzz; hint: `herald status --all` lists them",
            ),
            ("Stop/now", "Stop has no finer keys; hint: herald test Stop"),
            (
                "Notification/permision_prompt",
                "did you mean Notification/permission_prompt?",
            ),
            ("PreToolUse/", "the finer key of PreToolUse is empty"),
        ] {
            let refused = named(key).unwrap_err();
            assert!(refused.contains(says), "{key}: {refused}");
        }
    }
}
