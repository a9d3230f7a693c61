//! Configs as users write them, and their effect.

mod mistakes;
mod original;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::fleet::{Away, Desks, Fleet, Role, Scope};
use super::{Config, load, project_root};
use crate::playback::{Overlap, Playback};
use crate::sound::{Chime, Sound, Theme};
use crate::system::env::Env;

pub(super) struct Project(tempfile::TempDir);

impl Project {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub(super) fn load(&self) -> Config {
        self.load_with(Env::of::<&str, &str>([]))
    }

    pub(super) fn load_with(&self, env: Env) -> Config {
        load(&env, Some(self.root()))
    }
}

#[test]
fn without_files_built_in_defaults_apply() {
    let config = Project::new().load();
    assert!(config.is_enabled("Stop"));
    assert!(!config.is_enabled("PreToolUse"));
    assert!(!config.is_enabled("FutureEvent"));
    assert_eq!(config.window("stop"), Some(Duration::from_secs(5)));
    assert_eq!(config.sound("Stop"), Some(Sound::Chime(Chime::Finished)));
    assert_eq!(config.sound("failed"), Some(Sound::Chime(Chime::Failed)));
    assert_eq!(config.sound("FutureEvent"), None);
    assert!(config.issues().is_empty() && config.sources().next().is_none());
}

#[test]
fn playback_is_configured_key_by_key() {
    let user = r#"{"audio_settings": {"overlap": "queue", "max_voices": 2, "lead_in_ms": 300,
        "player_idle_exit": 60, "settle_ms": 0}}"#;
    let project = r#"{"audio_settings": {"overlap": "drop", "theme": "soft", "min_gap_ms": 40, "stream_idle_ms": 0}}"#;
    let home = Project::new().with("herald/config.json", user);
    let env = Env::of([("XDG_CONFIG_HOME", home.root())]);
    let config = Project::new()
        .with(".claude/herald.json", project)
        .load_with(env);
    let expected = Playback {
        overlap: Overlap::Drop,
        max_voices: 2,
        min_gap_ms: 40,
        lead_in_ms: Some(300),
        stream_idle_ms: 0,
        settle_ms: 0,
        player_idle_exit_s: 60,
        loudness: Some(-18),
        theme: Theme::Soft,
        voice_pitch: false,
    };
    assert_eq!(config.playback(), expected);
    assert!(config.issues().is_empty(), "{:?}", config.issues());
    assert_eq!(config.get("audio_settings.overlap"), Some("drop".into()));
    let without_files = Playback {
        loudness: Some(-18),
        ..Playback::default()
    };
    assert_eq!(Project::new().load().playback(), without_files);
}

#[test]
fn the_loudness_is_a_number_or_off_and_the_originals_file_means_off() {
    let file = |name: &str, loudness: &str| {
        let text = format!(r#"{{"audio_settings": {{{loudness}}}}}"#);
        Project::new().with(name, text).load()
    };
    let own = ".claude/herald.json";
    let original = ".claude/hooks/utils/audio_config.json";
    for (name, text, loudness, shown) in [
        (own, r#""loudness": -23"#, Some(-23), "-23"),
        (own, r#""loudness": "off""#, None, r#""off""#),
        (original, "", None, r#""off""#),
        (original, r#""loudness": -16"#, Some(-16), "-16"),
    ] {
        let config = file(name, text);
        assert_eq!(config.playback().loudness, loudness, "{name}: {text}");
        let found = config.get("audio_settings.loudness").unwrap();
        assert_eq!(found.to_string(), shown, "{name}: {text}");
        assert!(config.issues().is_empty(), "{:?}", config.issues());
    }
}

#[test]
fn only_the_user_names_a_fleet() {
    let fleet = r#"{"fleet": {"url": "rediss://redis.example", "name": "home.ci", "key_file": "keys/ci",
        "role": "both", "scope": "session", "ttl_ms": 5000, "desks": "one", "away": "silent"}}"#;
    let home = Project::new().with("herald/config.json", fleet);
    let env = Env::of([("XDG_CONFIG_HOME", home.root())]);
    let expected = Fleet {
        url: "rediss://redis.example".to_owned(),
        key_file: home.root().join("herald/keys/ci"),
        name: "home.ci".to_owned(),
        role: Role::Both,
        scope: Scope::Session,
        ttl: Duration::from_secs(5),
        desks: Desks::One,
        away: Away::Silent,
    };
    let config = Project::new().load_with(env.clone());
    assert_eq!(
        (config.fleet(), config.issues()),
        (Some(&expected), &[][..])
    );
    assert_eq!(config.get("fleet.ttl_ms"), Some(5000.into()));
    let missing = config.missing_sounds()[0].to_string();
    assert!(
        missing.contains(":1:76: fleet.key_file: cannot use the key file"),
        "{missing}"
    );
    let project = Project::new().with(".claude/herald.json", r#"{"fleet": {"name": "evil.ci"}}"#);
    let config = project.load_with(env);
    assert_eq!(config.fleet(), Some(&expected));
    let issue = config.issues()[0].to_string();
    let says = ":1:11: fleet: only allowed in your own config, not in a project's";
    assert!(issue.ends_with(says), "{issue}");
    assert_eq!(Project::new().load().fleet(), None);
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
    assert_eq!(config.sources().count(), 2);
}

#[test]
fn a_projects_config_leaves_the_users_sounds_alone() {
    let elsewhere = tempfile::tempdir().unwrap();
    let absolute = elsewhere.path().join("absolute.wav");
    fs::write(&absolute, "").unwrap();
    let mappings = serde_json::json!({"Stop": "mine.wav", "StopFailure": absolute});
    let project = Project::new()
        .with(
            "home/herald/config.json",
            serde_json::json!({"sound_files": {"mappings": mappings}}).to_string(),
        )
        .with("home/herald/sounds/mine.wav", "")
        .with(".claude/herald.json", "{}");
    let config = project.load_with(Env::of([("XDG_CONFIG_HOME", project.root().join("home"))]));
    let mine = project.root().join("home/herald/sounds/mine.wav");
    assert_eq!(config.resolve_file("Stop"), Some(mine));
    assert_eq!(config.resolve_file("StopFailure"), Some(absolute));
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
    let climbing = format!(
        "../{}/secret.wav",
        outside.path().file_name().unwrap().to_str().unwrap()
    );
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
    let project = Project::new()
        .with(".git/HEAD", "")
        .with("src/deep/file", "");
    let deep = project.root().join("src/deep");
    let none = Env::of::<&str, &str>([]);
    assert_eq!(
        project_root(&none, Some(&deep)).as_deref(),
        Some(project.root())
    );
    assert_eq!(project_root(&none, Some(Path::new("relative"))), None);
    let endless = PathBuf::from("/x".repeat(100_000));
    assert_eq!(project_root(&none, Some(&endless)), None);
    let set = Env::of([("CLAUDE_PROJECT_DIR", "/set")]);
    assert_eq!(
        project_root(&set, Some(&deep)).as_deref(),
        Some(Path::new("/set"))
    );
}

/// README.md and all pages.
fn documentation() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = fs::read_dir(root.join("src/docs")).unwrap();
    let pages = entries.map(|entry| entry.unwrap().path());
    let pages = pages.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let files = pages.chain([root.join("README.md")]);
    files
        .map(|file| fs::read_to_string(file).unwrap())
        .collect()
}

/// Configs in the documentation can be copied.
#[test]
fn configs_that_are_shown_hold_as_they_are() {
    let mut shown = 0;
    for page in documentation() {
        for block in page.split("```json\n").skip(1) {
            let text = block.split("```").next().unwrap();
            let value: serde_json::Value = serde_json::from_str(text).expect(text);
            let parts = [
                "sound_files",
                "audio_settings",
                "events",
                "rules",
                "packs",
                "fleet",
            ];
            if parts.iter().any(|part| value.get(part).is_some()) {
                // The user's, because some keys are not for projects.
                let project = Project::new().with("config.json", text);
                let file = project.root().join("config.json");
                let config = project.load_with(Env::of([("HERALD_CONFIG", file)]));
                assert_eq!(config.issues(), [], "{text}");
                shown += 1;
            }
        }
    }
    assert!(shown >= 4, "only {shown} configs were shown");
}

/// On macOS and Windows, other directories are looked in.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn a_sound_of_the_system_has_a_name_and_is_the_users() {
    let project = Project::new()
        .with("data/sounds/freedesktop/stereo/bell.oga", "")
        .with(
            ".claude/herald.json",
            r#"{"events": {"Stop": {"sound": "system:bell"}, "Setup": {"sound": "system:none"}}}"#,
        );
    let data = project.root().join("data");
    let config = project.load_with(Env::of([("XDG_DATA_DIRS", &data)]));
    let bell = data.join("sounds/freedesktop/stereo/bell.oga");
    assert_eq!(config.sound("Stop"), Some(Sound::File(bell.clone())));
    assert_eq!(config.owner_of(&bell), crate::trust::Owner::User);
    assert_eq!(config.sound("Setup"), Some(Sound::Chime(Chime::Started)));
    let missing: Vec<_> = config
        .missing_sounds()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert!(
        missing[0].contains("the system has no sound \"none\""),
        "{missing:?}"
    );
}
