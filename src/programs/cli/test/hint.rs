//! Why a hook asked for no sound, and how to let it be heard.

use herald_audio::config::{self, Config, Source};
use herald_audio::controls::Silence;
use herald_audio::system::env::Env;

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

    /// One whose words tell the hint, if there is one.
    pub(super) fn told(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: None,
        }
    }
}

/// What `reason`, the hook's own word, means for `subject`, an event with what it is about. None
/// if it was to be heard, and the reason is what became of the request.
pub(super) fn explain(
    reason: &str,
    subject: &str,
    config: &Config,
    silence: Option<Silence>,
) -> Option<Trouble> {
    Some(match reason {
        "disabled" => disabled(subject, config),
        "headless" => Trouble::new(
            "not to be heard: the environment says that the agent has no terminal",
            r#"{"rules": {"mute_headless": false}} in the config lets it be heard"#,
        ),
        "quiet hours" => Trouble::new(
            "not to be heard: quiet hours",
            "rules.quiet_hours in the config",
        ),
        "subagent" => Trouble::new(
            "not to be heard: it is a subagent's",
            r#"{"rules": {"skip_subagents": false}} in the config lets it be heard"#,
        ),
        "category is muted" => {
            let category = config.category(subject).unwrap_or_default();
            let what = format!("not to be heard: its category {category} is muted");
            Trouble::new(what, "packs.muted in the config")
        }
        "muted" | "snoozed" => match silence {
            Some(silence) => Trouble::new(silence.to_string(), silence.hint()),
            None => {
                let hint = "audio_settings.volume and the events' volumes in the config";
                Trouble::new("its volume is 0", hint)
            }
        },
        "throttled" => Trouble::new(
            "suppressed: the same moment was heard already",
            "wait for its window to pass, or herald throttle reset PermissionRequest",
        ),
        "file_not_found" => Trouble::new("there is no sound for it", "herald config check"),
        _ => return None,
    })
}

/// Where it is switched off, or could be switched on.
fn disabled(subject: &str, config: &Config) -> Trouble {
    let event = subject.split('/').next().unwrap_or(subject);
    let keys = [config.finest_key(subject), event.to_owned()];
    let keys = keys.map(|key| format!("events.{key}.enabled"));
    let settings = config.settings();
    let source = |key: &String| {
        let setting = settings.iter().find(|setting| setting.key == *key)?;
        matches!(setting.source, Source::File { .. }).then(|| setting.source.to_string())
    };
    if let Some(place) = keys.iter().find_map(source) {
        return Trouble::new("switched off", format!("{place} says so"));
    }
    let file = config::user_file(&Env::process());
    let file = file.map_or("the config".to_owned(), |file| file.display().to_string());
    let line = serde_json::json!({ "events": { subject: { "enabled": true } } });
    Trouble::new(
        "off unless the config switches it on",
        format!("{line} in {file} does"),
    )
}
