//! Loads a config file of any content: whatever it says, what comes of it is in its range, and a
//! project's file reaches nothing outside of the project.
//!
//! `cargo xtask test` runs this for 8 s; `cargo fuzz run --fuzz-dir tests/fuzz config` as long as
//! you like.
#![no_main]

mod spelling;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use herald_audio::internals::config::{Config, ConfigIssue, check_file, load};
use herald_audio::internals::system::env::Env;
use herald_audio::internals::sound::Sound;
use libfuzzer_sys::fuzz_target;

const DAY: Duration = Duration::from_secs(86_400);
/// Mistakes of a file that are named, and the line that counts the others.
const MAX_ISSUES: usize = 21;
/// What a byte from 128 on stands for, so that chance finds configs that say something.
const WORDS: [&str; 48] = [
    r#"{"sound_files": {"#,
    r#"{"sound_files": {"base_path": "#,
    r#"{"sound_files": {"mappings": {"#,
    r#"{"audio_settings": {"#,
    r#"{"audio_settings": {"throttle_seconds": {"#,
    r#"{"events": {"#,
    r#"{"rules": {"#,
    r#"{"packs": {"#,
    r#""mappings": {"#,
    r#""base_path": "#,
    r#""volume": "#,
    r#""overlap": "queue""#,
    r#""max_voices": "#,
    r#""min_gap_ms": "#,
    r#""lead_in_ms": "#,
    r#""stream_idle_ms": "#,
    r#""player_idle_exit": "#,
    r#""throttle_seconds": "#,
    r#""quiet_hours": [{"from": "22:30", "to": "#,
    r#""days": ["mon""#,
    r#""mute_headless": "#,
    r#""active": "#,
    r#""categories": {"#,
    r#""muted": ["#,
    r#""Stop": "#,
    r#""stop": {"#,
    r#""SubagentStop/Explore": "#,
    r#""PreToolUse": {"#,
    r#""Notification/idle_prompt": "#,
    r#""enabled": true"#,
    r#""scope": "session""#,
    r#""sound": "#,
    r#""inside.wav""#,
    r#""link.wav""#,
    r#""../../../outside.wav""#,
    r#""linked/outside.wav""#,
    r#""ROOT/../outside.wav""#,
    r#""builtin:finished""#,
    r#""task.complete""#,
    r#""..""#,
    r#""7:00""#,
    "86400",
    "0.5",
    "1e400",
    "null",
    "/*",
    "}}",
    "\n",
];

/// A config that says something of everything.
const GOOD: &str = r#"{
  "sound_files": {
    "base_path": ".claude/sounds",
    "mappings": { "Stop": "inside.wav", "Notification/idle_prompt": ["link.wav", "inside.wav"] }
  },
  "audio_settings": {
    "volume": 0.25, "overlap": "queue", "max_voices": 3, "min_gap_ms": 5, "lead_in_ms": 300,
    "stream_idle_ms": 1000, "player_idle_exit": 60, "throttle_seconds": { "Stop": 30.5 }
  },
  "events": {
    "Stop": { "enabled": true, "volume": 0.5, "scope": "global", "throttle_seconds": 7, "min_turn": "30s" },
    "pre_tool_use/Bash": { "sound": "linked/outside.wav" }
  },
  "rules": {
    "quiet_hours": [{ "from": "22:30", "to": "7:00", "days": ["mon", "sun"] }],
    "mute_headless": false, "skip_stop_while_tasks_run": true,
    "skip_stop_while_subagents_run": false, "skip_subagents": true
  },
  "packs": { "active": "none", "categories": { "Stop": "task.complete" }, "muted": ["user.spam"] }
}"#;

/// A project with a sound file inside and one outside, and links that lead out.
struct Home {
    dir: tempfile::TempDir,
    root: PathBuf,
}

thread_local! {
    static HOME: Home = Home::new().expect("a temporary directory");
}

fuzz_target!(|data: &[u8]| {
    // The first byte says whose file it is, and what the others are.
    if let Some((kind, data)) = data.split_first() {
        let content = match (kind >> 2) % 3 {
            0 => data.to_vec(),
            1 => spelled(data),
            _ => spelling::spliced(GOOD.as_bytes(), data, spelled),
        };
        HOME.with(|home| match kind % 3 {
            0 => home.users(&content),
            1 => home.projects(".claude/herald.json", &content),
            _ => home.projects(".claude/hooks/utils/audio_config.json", &content),
        });
    }
});

fn spelled(data: &[u8]) -> Vec<u8> {
    spelling::spelled(data, &WORDS)
}

impl Home {
    fn new() -> std::io::Result<Self> {
        let dir = tempfile::tempdir()?;
        let root = dir.path().canonicalize()?.join("project");
        let sounds = root.join(".claude/sounds");
        fs::create_dir_all(&sounds)?;
        fs::create_dir_all(root.join(".claude/hooks/utils"))?;
        fs::write(sounds.join("inside.wav"), "a sound")?;
        fs::write(dir.path().join("outside.wav"), "a sound")?;
        symlink(dir.path().join("outside.wav"), sounds.join("link.wav"))?;
        symlink(dir.path(), sounds.join("linked"))?;
        Ok(Self { dir, root })
    }

    fn users(&self, content: &[u8]) {
        let file = self.dir.path().join("config.json");
        self.write(&file, content);
        let config = load(&Env::of([("HERALD_CONFIG", &file)]), Some(&self.root));
        self.check(&config, &file);
    }

    fn projects(&self, name: &str, content: &[u8]) {
        let file = self.root.join(name);
        self.write(&file, content);
        let config = load(&Env::of::<&str, &str>([]), Some(&self.root));
        for name in self.check(&config, &file) {
            for sound in config.sounds(&name) {
                if let Sound::File(path) = sound {
                    assert!(path.starts_with(&self.root), "{path:?} is outside");
                }
            }
        }
        fs::remove_file(file).expect("to remove the file");
    }

    fn write(&self, file: &Path, content: &[u8]) {
        let root = self.root.to_str().expect("a temporary path is Unicode");
        let content = match std::str::from_utf8(content) {
            Ok(text) => text.replace("ROOT", root).into_bytes(),
            Err(_) => content.to_vec(),
        };
        fs::write(file, content).expect("to write the file");
    }

    /// Checks what holds of `config`, whoever's `file` it was loaded from. Returns the names that
    /// it was asked about.
    fn check(&self, config: &Config, file: &Path) -> Vec<String> {
        let effective = config.effective();
        let names = names(&effective);
        check_issues(config);
        check_values(config, &names);
        let checked = check_file(file);
        assert!(checked.len() <= MAX_ISSUES + 1);
        checked.iter().for_each(check_issue);
        let settings = config.settings();
        assert!(
            settings
                .iter()
                .any(|one| one.key == "audio_settings.volume")
        );
        for missing in config.missing_sounds() {
            check_issue(&missing);
        }
        // What is in force, written as a config, puts the same in force.
        let again = self.dir.path().join("effective.json");
        fs::write(&again, effective.to_string()).expect("to write the file");
        let again = load(&Env::of([("HERALD_CONFIG", &again)]), Some(&self.root));
        assert_eq!(again.volume(), config.volume());
        assert_eq!(again.playback(), config.playback());
        for name in &names {
            assert_eq!(again.is_enabled(name), config.is_enabled(name), "{name}");
            assert_eq!(again.window(name), config.window(name), "{name}");
            assert_eq!(again.scope(name), config.scope(name), "{name}");
        }
        names
    }
}

fn check_issues(config: &Config) {
    assert!(config.issues().len() <= MAX_ISSUES);
    config.issues().iter().for_each(check_issue);
}

/// It fits on a line, and no terminal obeys it.
fn check_issue(issue: &ConfigIssue) {
    let shown = issue.to_string();
    assert!(shown.len() < 1_500, "{} bytes", shown.len());
    assert!(!shown.contains(char::is_control), "{shown:?}");
}

fn check_values(config: &Config, names: &[String]) {
    assert!((0.0..=1.0).contains(&config.volume()));
    assert!(config.playback().is_sane(), "{:?}", config.playback());
    for name in names {
        assert!((0.0..=1.0).contains(&config.volume_of(name)), "{name}");
        assert!(config.window(name).is_none_or(|window| window <= DAY));
        let finest = config.finest_key(name);
        assert_eq!(config.finest_key(&finest), finest);
    }
}

/// Events, finer keys, and whatever the config names.
fn names(effective: &serde_json::Value) -> Vec<String> {
    let configured = effective["events"].as_object().into_iter().flatten();
    let configured = configured.map(|(name, _)| name.clone());
    let finer = [
        "PreToolUse/Bash",
        "notification/idlePrompt",
        "Notification/auth_success",
        "Stop/",
        "",
    ];
    let finer = finer.map(str::to_owned);
    finer.into_iter().chain(configured).collect()
}
