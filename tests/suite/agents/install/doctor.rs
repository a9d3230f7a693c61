//! Doctor's findings about registered hooks.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{answer, herald, say, user_settings};
use crate::support::doctor::{assert_found, examined, of};
use crate::support::sandbox::Sandbox;

/// The findings about hooks.
fn findings(sandbox: &Sandbox) -> Vec<Value> {
    of(&examined(sandbox, &["--no-sound"]), "hooks")
}

#[track_caller]
fn check_told(sandbox: &Sandbox, state: &str, says: &str, hint: &str) {
    assert_found(&findings(sandbox), state, says, hint);
}

fn change(file: PathBuf, change: impl Fn(&mut Value)) {
    let mut settings = super::read(&file);
    change(&mut settings);
    fs::write(file, settings.to_string()).unwrap();
}

/// A sandbox with hooks registered for the user.
fn installed() -> Sandbox {
    let sandbox = Sandbox::new();
    say(&sandbox, &["install"]);
    sandbox
}

#[test]
fn all_is_well_after_installing() {
    let sandbox = Sandbox::new();
    check_told(
        &sandbox,
        "warning",
        "no hook is registered",
        "herald install",
    );
    say(&sandbox, &["install"]);
    let found = findings(&sandbox);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_found(&found, "ok", "Claude Code, ", "");
    say(&sandbox, &["install", "--agent", "gemini"]);
    assert_eq!(findings(&sandbox).len(), 2);
}

#[test]
fn a_duplicate_registration_is_reported_and_its_hint_fixes_it() {
    let sandbox = installed().with("PATH", super::dir_of_herald());
    say(&sandbox, &["install", "--scope", "project"]);
    let hint = "herald uninstall --agent claude --scope project";
    check_told(&sandbox, "warning", "Claude Code runs both", hint);
    say(&sandbox, &["uninstall", "--scope", "project"]);
    assert_eq!(findings(&sandbox).len(), 1);

    change(user_settings(&sandbox), |settings| {
        let stop = settings["hooks"]["Stop"].as_array_mut().unwrap();
        stop.push(stop[0].clone());
    });
    let hint = "herald uninstall --agent claude, then herald install --agent claude";
    check_told(&sandbox, "warning", "two hooks for Stop", hint);
    say(&sandbox, &["uninstall"]);
    say(&sandbox, &["install"]);
    assert_eq!(findings(&sandbox).len(), 1);
}

#[test]
fn a_stale_path_is_reported_and_its_hint_fixes_it() {
    let sandbox = installed();
    let replace = |program: &str| {
        change(user_settings(&sandbox), |settings| {
            let hook = &mut settings["hooks"]["Stop"][0]["hooks"][0];
            hook["command"] = json!(format!("{program} hook"));
        });
    };
    replace("/gone/herald");
    check_told(
        &sandbox,
        "error",
        "/gone/herald, which does not exist",
        "herald install --agent claude",
    );
    let other = sandbox.path("herald");
    fs::write(&other, "another program").unwrap();
    replace(other.to_str().unwrap());
    check_told(
        &sandbox,
        "warning",
        "not this program",
        "herald install --agent claude",
    );
    assert_eq!(answer(&sandbox, &["install"])["replaced"], json!(["Stop"]));
    assert_eq!(findings(&sandbox).len(), 1);
}

#[test]
fn broken_duplicate_and_silenced_hooks_are_reported() {
    let with = |event: &str, command: &str| {
        let sandbox = installed();
        change(user_settings(&sandbox), |settings| {
            let hook = json!({"type": "command", "command": command});
            settings["hooks"][event] = json!([{"hooks": [hook]}]);
        });
        sandbox
    };
    let sandbox = with("WorktreeCreate", &super::command());
    let hint = "herald uninstall --agent claude, then herald install --agent claude";
    check_told(
        &sandbox,
        "error",
        "a hook that only plays a sound breaks WorktreeCreate",
        hint,
    );
    assert_eq!(herald(&sandbox, &["doctor", "--no-sound"]).0, 1);
    let sandbox = with("SessionStart", "uv run herald.py --hook SessionStart");
    let hint = "herald install --agent claude";
    check_told(
        &sandbox,
        "warning",
        "runs the original Herald (herald.py) for SessionStart, and this Herald, too",
        hint,
    );
    say(&sandbox, &["install"]);
    assert_eq!(findings(&sandbox).len(), 1);
    let sandbox = installed();
    change(user_settings(&sandbox), |settings| {
        settings["hooks"].as_object_mut().unwrap().remove("Stop");
        settings["disableAllHooks"] = json!(true);
    });
    check_told(
        &sandbox,
        "error",
        "disableAllHooks is true",
        "remove disableAllHooks",
    );
    check_told(
        &sandbox,
        "warning",
        "not registered with Claude Code: Stop",
        "herald install --agent claude",
    );
}

#[test]
fn unreadable_settings_are_told() {
    let sandbox = installed();
    let file = user_settings(&sandbox);
    fs::write(&file, "{\n  \"hooks\": nonsense\n}").unwrap();
    check_told(
        &sandbox,
        "error",
        "settings.json:2:12: not valid JSON",
        "fix the file by hand",
    );
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let hint = "make it a file that you can read and write";
    check_told(&sandbox, "error", "cannot read ", hint);
}

/// Two sounds for one event are as bad as none.
#[test]
fn sounds_beside_heralds_are_told_with_what_turns_them_off() {
    let sandbox = Sandbox::new();
    let file = user_settings(&sandbox);
    fs::create_dir(file.parent().unwrap()).unwrap();
    let hook = |command: &str| json!([{"hooks": [{"type": "command", "command": command}]}]);
    let settings = json!({"hooks": {
        "Stop": hook("afplay /System/Library/Sounds/Glass.aiff"),
        "SubagentStop": hook("paplay done.wav"),
        "Notification": hook("notify-send 'Claude needs you'"),
    }});
    fs::write(&file, settings.to_string()).unwrap();
    let bell = sandbox.path("home/.claude.json");
    fs::write(&bell, r#"{"preferredNotifChannel": "terminal_bell"}"#).unwrap();
    let of_hook = format!(
        "{} also runs afplay for Stop: you hear both",
        file.display()
    );
    let of_claude = format!("{}: preferredNotifChannel is terminal_bell", bell.display());
    let notes = answer(&sandbox, &["install"])["notes"].to_string();
    assert!(
        notes.contains(&of_hook) && notes.contains(&of_claude),
        "{notes}"
    );
    assert!(
        !notes.contains("paplay") && !notes.contains("notify-send"),
        "{notes}"
    );
    let remove = format!("remove that hook from {}", file.display());
    check_told(&sandbox, "warning", &of_hook, &remove);
    let switch = "set preferredNotifChannel to \"notifications_disabled\" in ";
    check_told(&sandbox, "warning", &of_claude, switch);
    fs::write(
        &bell,
        r#"{"preferredNotifChannel": "notifications_disabled"}"#,
    )
    .unwrap();
    change(file, |settings| {
        let stop = settings["hooks"]["Stop"].as_array_mut().unwrap();
        stop.remove(0);
    });
    assert_eq!(findings(&sandbox).len(), 1);

    let sandbox = Sandbox::new();
    let config = sandbox.path("home/.codex/config.toml");
    fs::create_dir(config.parent().unwrap()).unwrap();
    fs::write(
        &config,
        "notify = [\"terminal-notifier\", \"-sound\", \"default\"]\n",
    )
    .unwrap();
    herald(&sandbox, &["install", "--agent", "codex"]);
    let notify = format!("remove notify from {}", config.display());
    check_told(
        &sandbox,
        "warning",
        "so Codex may sound beside Herald",
        &notify,
    );
    fs::write(&config, "[tui]\nnotifications = [\"approval-requested\"]\n").unwrap();
    let switch = format!("set tui.notifications to false in {}", config.display());
    let what = "tui.notifications is [\"approval-requested\"], so Codex may sound";
    check_told(&sandbox, "warning", what, &switch);
    fs::write(
        &config,
        "notify = [\"herald\", \"hook\", \"--agent\", \"codex\"]\n[tui]\nnotifications = false\n",
    )
    .unwrap();
    let left = findings(&sandbox);
    assert!(
        !left
            .iter()
            .any(|found| found["what"].to_string().contains("notif")),
        "{left:?}"
    );
}

#[test]
fn what_does_not_fire_somewhere_is_told_by_install_and_doctor() {
    let sandbox = Sandbox::new();
    let notes = || answer(&sandbox, &["install"])["notes"].to_string();
    assert!(!notes().contains("does not fire"));
    let extensions = sandbox.path("home/.vscode/extensions");
    fs::create_dir_all(extensions.join("anthropic.claude-code-2.1.0")).unwrap();
    let told = "in VS Code's panel, Claude Code does not fire Notification, PermissionRequest";
    assert!(notes().contains(told));
    check_told(&sandbox, "ok", told, "");
}
