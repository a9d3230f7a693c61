//! Why a hook started no sound, and how to change that.

use crate::cli::terminal::split_hint;
use herald_audio::internals::config::{self, Config, Source};
use herald_audio::internals::controls::Silence;
use herald_audio::internals::quiet_rule::QuietRule;
use herald_audio::internals::system::env::Env;

/// What stopped an event, and how to fix it.
pub(super) struct Trouble {
    pub(super) what: String,
    pub(super) hint: Option<String>,
}

impl Trouble {
    pub(super) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: Some(hint.into()),
        }
    }

    pub(super) fn volume_is_0() -> Self {
        let hint = "change audio_settings.volume or the event's volume in your config";
        Self::new("silent, because its volume is 0", hint)
    }

    /// A problem whose text may contain its hint.
    pub(super) fn plain(text: impl AsRef<str>) -> Self {
        let (what, hint) = split_hint(text.as_ref());
        Self {
            what: what.to_owned(),
            hint: hint.map(str::to_owned),
        }
    }
}

/// Explains `reason`, from the hook's log line, for `subject`, an event with its finer key. None if the
/// hook did start a sound, and the reason is the outcome.
pub(super) fn explain(
    reason: &str,
    subject: &str,
    config: &Config,
    silence: Option<Silence>,
) -> Option<Trouble> {
    Some(match reason {
        "disabled" => disabled(subject, config),
        "excluded directory" => Trouble::new(
            "silent, because this directory is excluded",
            "change rules.exclude in your config",
        ),
        "headless" => Trouble::new(
            "silent, because the agent runs without a terminal",
            r#"add {"rules": {"mute_headless": false}} to your config"#,
        ),
        "quiet hours" => Trouble::new(
            "silent, because of quiet hours",
            "change rules.quiet_hours in your config",
        ),
        "subagent" => Trouble::new(
            "silent, because a subagent sent it",
            r#"add {"rules": {"skip_subagents": false}} to your config"#,
        ),
        "subagents are running" => Trouble::new(
            "silent, because subagents of the agent still run",
            r#"add {"rules": {"skip_stop_while_subagents_run": false}} to your config"#,
        ),
        "short turn" => Trouble::new(
            "silent, because the turn was shorter than the event's min_turn",
            "change events.Stop.min_turn in your config",
        ),
        "no Stop was missed" => Trouble::new(
            "silent, because it would say again what a Stop has said",
            r#"add {"events": {"Notification/idle_prompt": {"enabled": true}}} to your config"#,
        ),
        "category is muted" => {
            let category = config.category(subject).unwrap_or_default();
            let what = format!("silent, because its category {category} is muted");
            Trouble::new(what, "change packs.muted in your config")
        }
        "muted" | "snoozed" => match silence {
            Some(silence) => Trouble::new(silence.to_string(), silence.hint()),
            None => Trouble::volume_is_0(),
        },
        "throttled" => Trouble::new(
            "suppressed, because the same key fired within its window",
            "wait, or run herald throttle reset PermissionRequest",
        ),
        "file_not_found" => Trouble::new("its sound does not exist", "herald config check"),
        _ => return None,
    })
}

/// Why the player made no sound, by the `reason` in its log line.
pub(super) fn explain_outcome(reason: &str) -> Trouble {
    let mut rules = QuietRule::ALL.into_iter();
    match rules.find(|rule| reason.starts_with(&format!("rules.{}:", rule.name()))) {
        Some(rule) => Trouble::new(
            format!("silent, because {}", rule.reason()),
            format!("change rules.{} in your config", rule.name()),
        ),
        None => Trouble::plain(reason),
    }
}

/// Where the event is switched off, or can be switched on.
fn disabled(subject: &str, config: &Config) -> Trouble {
    let settings = config.settings();
    let place = |key: &str| {
        let key = format!("events.{key}.enabled");
        let setting = settings.iter().find(|setting| setting.key == key)?;
        matches!(setting.source, Source::File { .. }).then(|| setting.source.to_string())
    };
    if let Some(place) = config.keys_for(subject).find_map(place) {
        return Trouble::new(
            "silent, because the event is off",
            format!("change {place}"),
        );
    }
    let file = config::user_file(&Env::process());
    let file = file.map_or("the config".to_owned(), |file| file.display().to_string());
    let line = serde_json::json!({ "events": { subject: { "enabled": true } } });
    Trouble::new(
        "silent, because the event is off by default",
        format!("add {line} to {file}"),
    )
}
