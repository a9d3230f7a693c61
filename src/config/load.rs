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

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::model::{Config, ConfigIssue, Trust};
use crate::env::Env;

/// The largest config file that is read, in bytes.
const MAX_LEN: u64 = 1 << 20;
/// The name of an original Herald's config file: with such a file its built-in values hold.
const ORIGINAL_NAME: &str = "audio_config.json";

/// The directory of the project that `cwd` is in: `CLAUDE_PROJECT_DIR`, else the repository
/// around `cwd`, else `cwd` itself.
pub fn project_root(env: &Env, cwd: Option<&Path>) -> Option<PathBuf> {
    env.path("CLAUDE_PROJECT_DIR").or_else(|| {
        let cwd = cwd.filter(|cwd| cwd.is_absolute())?;
        let repository = cwd.ancestors().find(|dir| dir.join(".git").exists());
        Some(repository.unwrap_or(cwd).to_owned())
    })
}

/// Loads the config that holds in the project at `root`.
///
/// Relative sounds directories start at `root`; in the user's own config, beside that file. With
/// no sounds directory configured it is `.claude/sounds` in the project, or `sounds` beside the
/// user's config if the project has none.
pub fn load(env: &Env, root: Option<&Path>) -> Config {
    let mut config = Config::builtin();
    config.set_project_root(root);
    let asked_for = env.get("HERALD_CONFIG").is_some();
    let start = root.unwrap_or(Path::new(""));
    let mut layers = Vec::new();
    for (path, trust) in files(env, root) {
        match read(&path) {
            Ok(value) => layers.push((path, value, trust)),
            // Only a file that was asked for by name is missed.
            Err(ReadError::Io(error)) if !asked_for && is_absent(&error) => {}
            Err(error) => config.push_issue(ConfigIssue::new(&path, error)),
        }
    }
    let is_original = |path: &Path| path.file_name().is_some_and(|name| name == ORIGINAL_NAME);
    if layers.iter().any(|(path, ..)| is_original(path)) {
        config.apply_original_defaults();
    }
    for (path, value, trust) in layers {
        let relative_to = match path.parent() {
            Some(dir) if trust == Trust::User && !asked_for => dir.to_owned(),
            _ => start.to_owned(),
        };
        let default_base = match trust {
            Trust::User if !asked_for => "sounds",
            _ => ".claude/sounds",
        };
        config.set_default_base(relative_to.join(default_base), trust);
        config.apply(&path, value, &relative_to, trust);
    }
    for name in ["AUDIO_SOUNDS_DIR", "CLAUDE_SOUNDS_DIR"] {
        if let Some(dir) = env.path(name) {
            config.set_base(start.join(dir), Trust::User);
        }
    }
    config
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn files(env: &Env, root: Option<&Path>) -> Vec<(PathBuf, Trust)> {
    if let Some(path) = env.path("HERALD_CONFIG") {
        return vec![(path, Trust::User)];
    }
    let user = user_config_dir(env).map(|dir| (dir.join("herald").join("config.json"), Trust::User));
    let project = |name: &str| root.map(|root| (root.join(name), Trust::Project));
    [user, project(".claude/hooks/utils/audio_config.json"), project(".claude/herald.json")]
        .into_iter()
        .flatten()
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
    Content(String),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::Content(what) => f.write_str(what),
        }
    }
}

fn read(path: &Path) -> Result<Value, ReadError> {
    let mut text = Vec::new();
    let file = open(path).map_err(ReadError::Io)?;
    if !file.metadata().map_err(ReadError::Io)?.is_file() {
        return Err(ReadError::Content("it is not a regular file".to_owned()));
    }
    file.take(MAX_LEN + 1).read_to_end(&mut text).map_err(ReadError::Io)?;
    if text.len() as u64 > MAX_LEN {
        return Err(ReadError::Content(format!("it is larger than {MAX_LEN} bytes")));
    }
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&text);
    serde_json::from_slice(text).map_err(|error| ReadError::Content(format!("it is not valid JSON: {error}")))
}

/// Opens a file without waiting for the other end of a pipe that somebody put in its place.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        rustix::fs::OFlags::NONBLOCK.bits().cast_signed(),
    );
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::{Chime, Sound};
    use std::fs;
    use std::time::Duration;

    struct Project(tempfile::TempDir);

    impl Project {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn root(&self) -> &Path {
            self.0.path()
        }

        fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
            let path = self.root().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
            self
        }

        fn load(&self) -> Config {
            self.load_with(Env::of::<&str, &str>([]))
        }

        fn load_with(&self, env: Env) -> Config {
            load(&env, Some(self.root()))
        }
    }

    const ORIGINAL: &str = include_str!("../../tests/fixtures/original/audio_config.json");
    const ORIGINAL_PATH: &str = ".claude/hooks/utils/audio_config.json";

    #[test]
    fn with_no_file_what_is_built_in_holds() {
        let config = Project::new().load();
        assert!(config.is_enabled("Stop"));
        assert!(!config.is_enabled("PreToolUse"));
        assert!(!config.is_enabled("FutureEvent"));
        assert_eq!(config.window("stop"), Some(Duration::from_secs(5)));
        assert_eq!(config.sound("Stop"), Some(Sound::Chime(Chime::Finished)));
        assert_eq!(config.sound("failed"), Some(Sound::Chime(Chime::Failed)));
        assert_eq!(config.sound("FutureEvent"), None);
        assert!(config.issues().is_empty() && config.sources().is_empty());
    }

    #[test]
    fn the_originals_config_holds_unchanged() {
        let project = Project::new()
            .with(ORIGINAL_PATH, ORIGINAL)
            .with(".claude/sounds/task_complete.wav", "");
        let config = project.load();
        assert_eq!(config.issues(), []);
        assert_eq!(config.volume(), 0.2);
        assert_eq!(config.base_path(), Some(project.root().join("./.claude/sounds").as_path()));
        for (name, seconds) in [
            ("Stop", 120),
            ("SubagentStop", 120),
            ("Notification", 30),
            ("PreToolUse", 60),
            ("PostToolUse", 45),
            ("SessionStart", 5),
            ("SessionEnd", 5),
            ("UserPromptSubmit", 10),
        ] {
            assert!(config.is_enabled(name), "{name}");
            assert_eq!(config.window(name), Some(Duration::from_secs(seconds)), "{name}");
        }
        let task_complete = project.root().canonicalize().unwrap().join(".claude/sounds/task_complete.wav");
        assert_eq!(config.resolve_file("Stop"), Some(task_complete));
        assert_eq!(config.resolve_file("Notification"), None, "no such file");
        assert_eq!(config.sound("Notification"), Some(Sound::Chime(Chime::Attention)));
        assert_eq!(config.get("audio_settings.throttle_seconds.Stop").unwrap(), 120.0);
        assert_eq!(config.get("sound_files.mappings.SessionEnd").unwrap(), "task_complete.wav");
        assert_eq!(config.get("no.such.key"), None);
    }

    #[test]
    fn an_empty_original_config_brings_the_originals_defaults() {
        let config = Project::new().with(ORIGINAL_PATH, "{}").load();
        assert_eq!(config.get("sound_files.mappings.PreToolUse").unwrap(), "security_check.wav");
        assert_eq!(config.window("PostToolUse"), Some(Duration::from_secs(45)));
        assert!(config.is_enabled("PermissionRequest"), "what the original did not know stays");
    }

    #[test]
    fn later_sources_win_key_by_key() {
        let project = Project::new()
            .with("home/herald/config.json", r#"{"audio_settings":{"volume":0.9,"throttle_seconds":{"Stop":7,"Setup":8}}}"#)
            .with(".claude/herald.json", r#"{"audio_settings":{"throttle_seconds":{"Stop":9}},"events":{"stop":{"enabled":false}}}"#);
        let config = project.load_with(Env::of([("XDG_CONFIG_HOME", project.root().join("home"))]));
        assert_eq!(config.volume(), 0.9);
        assert_eq!(config.window("Stop"), Some(Duration::from_secs(9)));
        assert_eq!(config.window("Setup"), Some(Duration::from_secs(8)));
        assert!(!config.is_enabled("Stop"));
        assert_eq!(config.sources().len(), 2);
    }

    #[test]
    fn a_mistake_costs_its_key_and_is_named() {
        let config = Project::new()
            .with(
                ".claude/herald.json",
                r#"{"audio_settings":{"volume":"loud","throttle_seconds":{"Stop":-1,"Setup":3}},
                    "sound_files":{"base_path":7,"mappings":{"Stop":["x"]}},"events":{"Stop":{"enabled":"no"}}}"#,
            )
            .load();
        let issues: Vec<String> = config.issues().iter().map(ToString::to_string).collect();
        for key in ["base_path", "mappings.Stop", "volume", "throttle_seconds.Stop", "events.Stop.enabled"] {
            assert!(issues.iter().any(|issue| issue.contains(key) && issue.contains("expected")), "{key}: {issues:?}");
        }
        assert_eq!(config.volume(), super::super::DEFAULT_VOLUME);
        assert_eq!(config.window("Stop"), Some(Duration::from_secs(5)));
        assert_eq!(config.window("Setup"), Some(Duration::from_secs(3)));
        assert!(config.is_enabled("Stop"));
    }

    #[test]
    fn a_file_that_is_no_config_changes_nothing_and_is_named() {
        let large = vec![b' '; MAX_LEN as usize + 1];
        for (content, says) in [
            (&b"{\"a\": 1,\n oops}"[..], "line 2"),
            (b"\xff\xfe", "JSON"),
            (b"[]", "an object"),
            (&large, "larger"),
        ] {
            let config = Project::new().with(".claude/herald.json", content).load();
            let issue = config.issues()[0].to_string();
            assert!(issue.contains(says) && issue.contains("herald.json"), "{issue}");
            assert!(config.is_enabled("Stop"));
        }
        let byte_order_mark = Project::new().with(".claude/herald.json", "\u{feff}{}").load();
        assert_eq!(byte_order_mark.issues(), []);
    }

    #[test]
    fn a_config_asked_for_by_name_is_missed() {
        let config = Project::new().load_with(Env::of([("HERALD_CONFIG", "/nowhere.json")]));
        assert!(config.issues()[0].to_string().contains("/nowhere.json: cannot be read"));
    }

    #[test]
    fn a_project_cannot_reach_outside_itself() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.wav"), "").unwrap();
        let named = |file: &str, base: &str| {
            format!(r#"{{"sound_files":{{"base_path":{base:?},"mappings":{{"Stop":{file:?}}}}}}}"#)
        };
        let secret = outside.path().join("secret.wav");
        let secret = secret.to_str().unwrap();
        let climbing = format!("../{}/secret.wav", outside.path().file_name().unwrap().to_str().unwrap());
        for config in [
            named(secret, "."),
            named(&climbing, "."),
            named("secret.wav", outside.path().to_str().unwrap()),
        ] {
            let project = Project::new().with(".claude/herald.json", &config);
            assert_eq!(project.load().resolve_file("Stop"), None, "{config}");
        }
        #[cfg(unix)]
        {
            let project = Project::new().with(".claude/herald.json", named("link.wav", "."));
            std::os::unix::fs::symlink(secret, project.root().join("link.wav")).unwrap();
            assert_eq!(project.load().resolve_file("Stop"), None, "through a link");
        }
        // The user may; and a project may use the user's own sounds directory.
        let project = Project::new().with(".claude/herald.json", named("secret.wav", "."));
        let users = project.load_with(Env::of([("CLAUDE_SOUNDS_DIR", outside.path())]));
        assert!(users.resolve_file("Stop").is_some());
    }

    #[test]
    fn the_project_is_the_repository_around_the_directory() {
        let project = Project::new().with(".git/HEAD", "").with("src/deep/file", "");
        let deep = project.root().join("src/deep");
        let none = Env::of::<&str, &str>([]);
        assert_eq!(project_root(&none, Some(&deep)).as_deref(), Some(project.root()));
        assert_eq!(project_root(&none, Some(Path::new("relative"))), None);
        let set = Env::of([("CLAUDE_PROJECT_DIR", "/set")]);
        assert_eq!(project_root(&set, Some(&deep)).as_deref(), Some(Path::new("/set")));
    }
}
