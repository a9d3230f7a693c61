use std::fs;

use super::super::finding::State;
use super::*;

/// The findings where the user's settings of Claude Code say `user`, and the project's
/// `project`.
fn found(user: &str, project: Option<&str>) -> Vec<Finding> {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("project");
    fs::create_dir_all(root.join(".claude")).unwrap();
    fs::write(dir.path().join("settings.json"), user).unwrap();
    if let Some(text) = project {
        fs::write(root.join(".claude/settings.json"), text).unwrap();
    }
    let here = dir.path().to_str().unwrap();
    let env = Env::of([("CLAUDE_CONFIG_DIR", here), ("HERALD_CONFIG", "/nowhere")]);
    hooks(&env, Some(&root))
}

fn group(command: &str) -> String {
    format!(r#"{{"hooks": [{{"type": "command", "command": "{command}"}}]}}"#)
}

fn settings(events: &[(&str, &[&str])]) -> String {
    let events = events.iter().map(|(event, commands)| {
        let groups: Vec<_> = commands.iter().map(|command| group(command)).collect();
        format!("\"{event}\": [{}]", groups.join(", "))
    });
    format!(
        "{{\"hooks\": {{{}}}}}",
        events.collect::<Vec<_>>().join(", ")
    )
}

/// Only a shell can find it.
const OWN: &[&str] = &["$SOMEWHERE/herald hook"];
const ALL: [&str; 5] = [
    "Notification",
    "PermissionRequest",
    "Stop",
    "StopFailure",
    "PreToolUse",
];

#[test]
fn each_trouble_is_told_with_its_mend() {
    let all = ALL.map(|event| (event, OWN));
    let good = settings(&all);
    let with = |commands: &[&str]| settings(&[&all[1..], &[("Notification", commands)]].concat());
    let twice = with(&[OWN[0], OWN[0]]);
    let provider = settings(&[&all[..], &[("WorktreeCreate", OWN)]].concat());
    let original = with(&[OWN[0], "python3 herald.py --hook Notification"]);
    let alone = settings(&[("Stop", &["$HOME/herald.py --hook Stop"])]);
    let gone = with(&["/nowhere/herald hook"]);
    let off = good.replacen('{', "{\"disableAllHooks\": true, ", 1);
    for (user, project, state, says) in [
        (
            "{}",
            None,
            State::Warning,
            &["no hook is registered", "(herald install)"][..],
        ),
        (
            &good,
            None,
            State::Ok,
            &["Claude Code, ", "Notification, Permission"],
        ),
        (
            &twice,
            None,
            State::Warning,
            &[
                "two hooks for Notification",
                "(herald uninstall --agent claude, then herald install --agent claude)",
            ],
        ),
        (
            &good,
            Some(&good),
            State::Warning,
            &[
                "runs both",
                "(herald uninstall --agent claude --scope project)",
            ],
        ),
        (
            &provider,
            None,
            State::Error,
            &[
                "breaks WorktreeCreate",
                "(herald uninstall --agent claude, then",
            ],
        ),
        (
            &original,
            None,
            State::Warning,
            &[
                "settings.json runs the original Herald (herald.py) for Notification, and this",
                "(herald install --agent claude)",
            ],
        ),
        (
            &alone,
            None,
            State::Warning,
            &["(herald.py) for Stop (herald install --agent claude)"],
        ),
        (
            "{}",
            Some(&alone),
            State::Warning,
            &["(herald.py) for Stop (herald install --agent claude --scope project)"],
        ),
        (
            &gone,
            None,
            State::Error,
            &[
                "/nowhere/herald, which does not exist",
                "(herald install --agent claude)",
            ],
        ),
        (
            &off,
            None,
            State::Error,
            &["disableAllHooks is true", "(remove disableAllHooks from"],
        ),
        (
            "{\n\"hooks\": 1}",
            None,
            State::Error,
            &[
                "settings.json:2:10: \"hooks\" is not an object",
                "(fix the file by hand)",
            ],
        ),
        (
            "{",
            None,
            State::Error,
            &["not valid JSON", "(fix the file by hand)"],
        ),
        (
            &format!("{good} // mine"),
            None,
            State::Error,
            &["comment", "(remove it)"],
        ),
        (
            &settings(&all[1..]),
            None,
            State::Warning,
            &[
                "not registered with Claude Code: Notification",
                "(herald install --agent claude)",
            ],
        ),
        (
            &settings(&all[..4]),
            None,
            State::Warning,
            &["with Claude Code: PreToolUse (questions)"],
        ),
    ] {
        let findings = found(user, project.map(String::as_str));
        let is_it = |finding: &&Finding| {
            let hint = finding.hint.as_deref().unwrap_or_default();
            let told = format!("{} ({hint})", finding.what);
            finding.state == state && says.iter().all(|says| told.contains(says))
        };
        let told = findings.iter().filter(is_it).count();
        assert_eq!(told, 1, "{says:?}: {findings:#?}");
    }
    for text in [
        &good,
        &alone,
        &settings(&[("Stop", &["$X/herald --hook Stop"])]),
    ] {
        let findings = found(text, None);
        assert_eq!(findings.len(), 1, "{findings:#?}");
    }
}

#[test]
fn different_matchers_do_not_collide() {
    let hook = |matcher: &str| {
        group("$X/herald hook").replacen('{', &format!("{{\"matcher\": \"{matcher}\", "), 1)
    };
    let count = |one: &str, other: &str| {
        let text = format!(
            "{{\"hooks\": {{\"Stop\": [{}, {}]}}}}",
            hook(one),
            hook(other)
        );
        let findings = found(&text, None);
        findings
            .iter()
            .filter(|finding| finding.what.contains("two hooks"))
            .count()
    };
    assert_eq!(count("Bash", "Write"), 0);
    assert_eq!(count("Bash", "Bash"), 1);
    assert_eq!(count("Bash", "*"), 1);
}
