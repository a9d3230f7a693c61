//! A value in effect, for people.

use serde_json::Value;

use crate::cli::exit::FAILED;
use crate::cli::terminal::{self, HINT};
use herald_audio::internals::config::Setting;
use herald_audio::internals::event::canonical;
use herald_audio::internals::nearest::nearest;

/// The setting called `key`, in any spelling.
pub(super) fn find<'s>(settings: &'s [Setting], key: &str) -> Option<&'s Setting> {
    let mut settings = settings.iter();
    settings.find(|setting| canonical(&setting.key) == canonical(key))
}

/// A value, without the quotes of JSON.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Reports that no setting is called `key`, with the closest known name. Returns the exit code.
pub(super) fn unknown(key: &str, known: &[Setting]) -> u8 {
    let names = known.iter().map(|setting| setting.key.as_str());
    let hint = match nearest(key, names) {
        Some(meant) => format!("did you mean {meant}?"),
        None => "`herald config show --all` lists them".to_owned(),
    };
    let what = format!("no setting {key:?}{HINT}{hint}");
    terminal::error(&what);
    FAILED
}
