//! Where the original has its files, below the directory that it is installed for: a project, or the home
//! directory of a user who has it for every project.

use std::path::{Path, PathBuf};

use crate::system::env::Env;
use crate::system::file;

/// The file of its program.
pub const PROGRAM: &str = "herald.py";
const UTILS: &str = ".claude/hooks/utils";
/// Its config.
pub(crate) const CONFIG: &str = ".claude/hooks/utils/audio_config.json";
pub(crate) const CONFIG_NAME: &str = "audio_config.json";
/// Its decision policy.
pub(crate) const POLICY: &str = ".claude/hooks/utils/decision_policy.json";
/// Its sound files, unless its config or the environment says otherwise.
pub(crate) const SOUNDS: &str = ".claude/sounds";
/// The volume, unless its config says otherwise.
pub(crate) const VOLUME: f32 = 0.2;

/// Keys of its configs that nothing here reads, and nobody need be told of at each event.
pub(crate) const KEYS_OF_CONFIG: [&str; 4] = [
    "audio_settings.enabled",
    "audio_settings.mode",
    "enabled",
    "mode",
];
/// The same of its policies: it read none of them itself.
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

/// Whether a project's file at `path` is the one at `own`, which is read as the user's: the project may be
/// the home directory, by whatever name.
pub fn is_own(path: &Path, own: Option<&Path>) -> bool {
    own.is_some_and(|own| path == own || file::is_same_file(path, own))
}

/// The user's home directory, if the original is installed there, for every project. One system call tells.
pub(crate) fn home(env: &Env) -> Option<PathBuf> {
    let home = env.home().filter(|home| home.is_absolute())?;
    file::exists(&home.join(UTILS)).is_ok().then_some(home)
}

/// Whether the user wants its replies: `HERALD_POLICY=original`.
pub fn is_wanted(env: &Env) -> bool {
    env.get("HERALD_POLICY")
        .is_some_and(|name| name.eq_ignore_ascii_case("original"))
}
