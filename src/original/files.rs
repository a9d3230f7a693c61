//! The files of the original, relative to the directory it is installed in: a project, or the home directory
//! for all projects.

use std::path::{Path, PathBuf};

use crate::system::env::Env;
use crate::system::file;

/// Its program.
pub const PROGRAM: &str = "herald.py";
const UTILS: &str = ".claude/hooks/utils";
pub(crate) const CONFIG: &str = ".claude/hooks/utils/audio_config.json";
pub(crate) const CONFIG_NAME: &str = "audio_config.json";
pub(crate) const POLICY: &str = ".claude/hooks/utils/decision_policy.json";
/// The default directory of its sound files.
pub(crate) const SOUNDS: &str = ".claude/sounds";
/// The default volume.
pub(crate) const VOLUME: f32 = 0.2;

/// Keys of its configs that Herald does not use. They cause no warning.
pub(crate) const KEYS_OF_CONFIG: [&str; 4] = [
    "audio_settings.enabled",
    "audio_settings.mode",
    "enabled",
    "mode",
];
/// Keys of its policies that cause no warning. The original did not use them either.
pub(crate) const KEYS_OF_POLICY: [&str; 13] = [
    "metadata",
    "session",
    "severity_thresholds",
    "pre_tool_use.built_in_tags",
    "pre_tool_use.default",
    "pre_tool_use.rules.name",
    "pre_tool_use.severity_thresholds",
    "post_tool_use.allow_on_empty_output",
    "post_tool_use.severity_thresholds",
    "stop.loop_detection",
    "stop.max_consecutive_stops",
    "stop.notes",
    "stop.required_fields",
];

/// Whether the project file at `path` is the user's own file `own`: the project may be the home directory
/// under another name. That file is read as the user's.
pub fn is_own(path: &Path, own: Option<&Path>) -> bool {
    own.is_some_and(|own| path == own || file::is_same_file(path, own))
}

/// The user's home directory, if the original is installed there. Costs one system call.
pub(crate) fn home(env: &Env) -> Option<PathBuf> {
    let home = env.home().filter(|home| home.is_absolute())?;
    file::exists(&home.join(UTILS)).is_ok().then_some(home)
}

/// Whether the user wants the original's replies: `HERALD_POLICY=original`.
pub(crate) fn is_wanted(env: &Env) -> bool {
    env.get("HERALD_POLICY")
        .is_some_and(|name| name.to_str().is_some_and(is_policy))
}

/// Whether this value of `HERALD_POLICY` means the original's replies.
pub fn is_policy(value: &str) -> bool {
    value.eq_ignore_ascii_case("original")
}
