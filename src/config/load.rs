//! Where a config comes from, lowest precedence first:
//!
//! 1. what is built in
//! 2. the user's `$XDG_CONFIG_HOME/herald/config.json` (else `~/.config/herald/config.json`;
//!    `%APPDATA%\herald\config.json` on Windows)
//! 3. the project's `.claude/hooks/utils/audio_config.json`, a config of the original Herald
//! 4. the project's `.claude/herald.json`
//! 5. the environment
//!
//! `HERALD_CONFIG` names one file instead of 2 to 4. Loading never fails: what cannot be read or
//! understood is left out and reported by [`Config::issues`].

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::layer::Layer;
use super::model::{Config, ConfigIssue, SoundsDir, Trust};
use crate::env::Env;
use crate::file;

/// The largest config file that is read, in bytes.
pub(super) const MAX_LEN: u64 = 1 << 20;
/// The longest path that systems take, in bytes; looking for a repository takes time for each part.
const MAX_PATH_LEN: usize = 4096;
/// The name of an original Herald's config file: with such a file its built-in values hold.
const ORIGINAL_NAME: &str = "audio_config.json";

/// The directory of the project that `cwd` is in: `CLAUDE_PROJECT_DIR`, else the repository
/// around `cwd`, else `cwd` itself.
pub fn project_root(env: &Env, cwd: Option<&Path>) -> Option<PathBuf> {
    env.path("CLAUDE_PROJECT_DIR").or_else(|| {
        let cwd = cwd.filter(|cwd| cwd.is_absolute() && cwd.as_os_str().len() <= MAX_PATH_LEN)?;
        let repository = cwd.ancestors().find(|dir| dir.join(".git").exists());
        Some(repository.unwrap_or(cwd).to_owned())
    })
}

/// Loads the config that holds in the project at `root`.
///
/// Relative paths start at `root`; in the user's own config, at that file's directory. A file's
/// sounds are in the sounds directory that is configured, else in `.claude/sounds` of the
/// project, else, for the user's own config, in `sounds` beside it.
pub fn load(env: &Env, root: Option<&Path>) -> Config {
    let mut config = Config::builtin();
    config.project_root = root.map(Path::to_owned);
    let root = root.unwrap_or(Path::new(""));
    let mut layers = Vec::new();
    for (path, origin) in files(env, root) {
        match read(&path) {
            Ok(value) => layers.push(layer(path, value, origin, root)),
            // Only a file that was asked for by name is missed.
            Err(ReadError::Io(error)) if origin != Origin::AskedFor && is_absent(&error) => {}
            Err(error) => config.issues.push(ConfigIssue::new(&path, error)),
        }
    }
    let is_original = |path: &Path| path.file_name().is_some_and(|name| name == ORIGINAL_NAME);
    if let Some(original) = layers.iter().find(|layer| is_original(&layer.source)) {
        config.apply_original_defaults(original);
    }
    for layer in layers {
        config.apply(layer);
    }
    for name in ["AUDIO_SOUNDS_DIR", "CLAUDE_SOUNDS_DIR"] {
        if let Some(dir) = env.path(name) {
            config.sounds_dir = Some(SoundsDir {
                path: root.join(dir),
                trust: Trust::User,
            });
        }
    }
    config
}

/// How a config file was come by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It is the user's own.
    User,
    /// It is the project's.
    Project,
    /// The user named it in `HERALD_CONFIG`, wherever it is.
    AskedFor,
}

fn layer(source: PathBuf, value: Value, origin: Origin, root: &Path) -> Layer {
    let trust = match origin {
        Origin::User | Origin::AskedFor => Trust::User,
        Origin::Project => Trust::Project,
    };
    let (relative_to, default_dir) = match (origin, source.parent()) {
        (Origin::User, Some(own)) => (
            own,
            SoundsDir {
                path: own.join("sounds"),
                trust,
            },
        ),
        // What a repository has there is the repository's word, whoever asks for it.
        _ => (
            root,
            SoundsDir {
                path: root.join(".claude/sounds"),
                trust: Trust::Project,
            },
        ),
    };
    let relative_to = relative_to.to_owned();
    Layer {
        source,
        value,
        trust,
        relative_to,
        default_dir,
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn files(env: &Env, root: &Path) -> Vec<(PathBuf, Origin)> {
    if let Some(path) = env.path("HERALD_CONFIG") {
        return vec![(path, Origin::AskedFor)];
    }
    let user = user_config_dir(env).map(|dir| dir.join("herald").join("config.json"));
    let project = [
        ".claude/hooks/utils/audio_config.json",
        ".claude/herald.json",
    ];
    let user = user.map(|path| (path, Origin::User));
    let project = project.map(|name| (root.join(name), Origin::Project));
    user.into_iter()
        .chain(project)
        .filter(|(path, _)| path.is_absolute())
        .collect()
}

fn user_config_dir(env: &Env) -> Option<PathBuf> {
    if cfg!(windows) {
        return env.path("APPDATA");
    }
    env.path("XDG_CONFIG_HOME")
        .filter(|dir| dir.is_absolute())
        .or_else(|| Some(env.path("HOME")?.join(".config")))
}

enum ReadError {
    Io(io::Error),
    Json(serde_json::Error),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::Json(error) => write!(f, "it is not valid JSON: {error}"),
        }
    }
}

fn read(path: &Path) -> Result<Value, ReadError> {
    let mut text = Vec::new();
    file::open_regular(path, MAX_LEN)
        .and_then(|file| file.take(MAX_LEN).read_to_end(&mut text))
        .map_err(ReadError::Io)?;
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&text);
    serde_json::from_slice(text).map_err(ReadError::Json)
}
