//! `herald uninstall --all` leaves nothing but the user's config, sounds and packs.

use std::fs;

#[cfg(feature = "playback")]
use herald_audio::internals::player::client::PlayerClient;
use serde_json::{Value, json};

use super::{herald, say, user_settings};
#[cfg(feature = "playback")]
use crate::support::sandbox::wait_until;
use crate::support::sandbox::{Sandbox, payload, run};

/// Hooks for the user and the project, a log, a mute, and a player if this build has one.
fn used() -> Sandbox {
    // In the default place, which has a copy of the controls.
    let sandbox = Sandbox::new();
    let state = sandbox.path("run/herald");
    let sandbox = sandbox
        .with("HERALD_STATE_DIR", "")
        .with("PATH", super::dir_of_herald());
    say(
        &sandbox,
        &["install", "--agent", "claude", "--agent", "gemini"],
    );
    say(
        &sandbox,
        &["install", "--scope", "project", "--agent", "claude"],
    );
    run(sandbox.herald(&["hook"]), &payload("Stop"));
    #[cfg(feature = "playback")]
    wait_until("a player runs", || {
        (!PlayerClient::all(&state).is_empty()).then_some(())
    });
    say(&sandbox, &["mute"]);
    assert!(state.join("throttle.v1").exists());
    assert!(sandbox.path("home/.local/state/herald/controls").exists());
    sandbox
}

#[test]
fn every_agent_and_scope_the_player_and_the_state_are_gone() {
    let sandbox = used();
    let config = sandbox.path("home/.config/herald");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.json"), "{}").unwrap();
    let project = sandbox.path("project/.claude/settings.json");
    let told = say(&sandbox, &["uninstall", "--all", "--dry-run"]);
    assert!(
        told.contains("would remove log, throttle and mute in "),
        "{told}"
    );
    assert!(told.ends_with("dry run: nothing changed\n"), "{told}");
    assert!(user_settings(&sandbox).exists() && project.exists());

    let told = say(&sandbox, &["uninstall", "--all"]);
    for file in [
        &user_settings(&sandbox),
        &project,
        &sandbox.path("home/.gemini/settings.json"),
    ] {
        let line = format!(" from {}, and then the empty file\n", file.display());
        assert!(told.contains(&line), "{told}");
        assert!(!file.exists(), "{}", file.display());
    }
    for dir in ["run/herald", "home/.local/state/herald"] {
        let dir = sandbox.path(dir);
        let line = format!("removed log, throttle and mute in {}\n", dir.display());
        assert!(told.contains(&line), "{told}");
        assert!(!dir.exists(), "{}", dir.display());
    }
    #[cfg(feature = "playback")]
    assert!(told.contains("1 player stopped\n"), "{told}");
    let stays = format!("your config and sounds stay in {}\n", config.display());
    assert!(told.ends_with(&stays), "{told}");
    let told = say(&sandbox, &["uninstall", "--all"]);
    assert!(
        told.starts_with("nothing to do: no hook, player or state of Herald\n"),
        "{told}"
    );
    assert!(!sandbox.path("run/herald").exists());
}

#[test]
fn files_of_others_stay_in_the_state_directory() {
    let sandbox = Sandbox::new();
    say(&sandbox, &["mute"]);
    let state = sandbox.state_dir();
    fs::create_dir_all(state.join("config")).unwrap();
    for name in ["mine", "config/mine.json", "config/0123456789abcdef.json"] {
        fs::write(state.join(name), "").unwrap();
    }
    let told = say(&sandbox, &["uninstall", "--all", "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    let expected = json!({"agents": [], "players": 0, "state": [state], "dryRun": false});
    assert_eq!(told, expected);
    let names = |dir: &std::path::Path| {
        let entries = fs::read_dir(dir).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    };
    assert_eq!(names(&state), ["config", "mine"]);
    assert_eq!(names(&state.join("config")), ["mine.json"]);
}

/// What can be removed is removed; the rest is named.
#[test]
fn a_file_with_a_mistake_keeps_nothing_else_from_being_removed() {
    let sandbox = used();
    let broken = sandbox.path("home/.gemini/settings.json");
    fs::write(&broken, "{\"hooks\": 1}").unwrap();
    let (code, told, error) = herald(&sandbox, &["uninstall", "--all"]);
    assert_eq!(code, 1);
    let place = format!("error: {}:1:11: ", broken.display());
    assert!(error.starts_with(&place), "{error}");
    assert!(told.contains("removed log, throttle and mute"), "{told}");
    assert!(!user_settings(&sandbox).exists());
    let (code, _, error) = herald(&sandbox, &["uninstall", "--all", "--scope", "user"]);
    assert_eq!(code, 2, "{error}");
}
