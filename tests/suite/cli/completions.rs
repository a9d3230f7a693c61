//! `herald completions`: scripts that shells accept.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::sandbox::{Sandbox, run};

fn script(sandbox: &Sandbox, shell: &str) -> Vec<u8> {
    let output = run(sandbox.herald(&["completions", shell]), b"");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell}");
    assert!(output.status.success(), "{shell}");
    output.stdout
}

/// The output of `shell` for `input`; none if it is not installed.
fn ask(sandbox: &Sandbox, shell: &str, args: &[&str], input: &[u8]) -> Option<String> {
    let mut command: Command = sandbox.command(shell);
    command.args(args);
    let is_there = sandbox.command(shell).arg("-c").arg(":").output().is_ok();
    is_there.then(|| {
        let output = run(command, input);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell}");
        assert!(output.status.success(), "{shell}");
        String::from_utf8(output.stdout).unwrap()
    })
}

#[test]
fn every_shell_gets_a_script() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = String::from_utf8(script(&sandbox, shell)).unwrap();
        let question = format!("HERALD_COMPLETE={shell} ");
        let quoted = format!("HERALD_COMPLETE=\"{shell}\" ");
        let of_powershell = "$env:HERALD_COMPLETE = \"powershell\"";
        let asks = [&*question, &quoted, of_powershell];
        assert!(
            asks.iter().any(|question| script.contains(question)),
            "{script}"
        );
    }
    let unknown = run(sandbox.herald(&["completions", "tcsh"]), b"");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("powershell"));
}

#[test]
fn shells_that_are_here_understand_their_scripts() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = script(&sandbox, shell);
        if let Some(said) = ask(&sandbox, shell, &["-n"], &script) {
            assert_eq!(said, "", "{shell}");
        }
    }
}

/// What the last of `words` may become.
fn completed(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let mut herald = sandbox.herald(&["--", "herald"]);
    let index = words.len().to_string();
    herald
        .args(words)
        .env("HERALD_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", index);
    let output = run(herald, b"");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().map(str::to_owned).collect()
}

#[test]
fn events_sounds_packs_settings_and_keys_are_completed() {
    let sandbox = Sandbox::new().with_config(&json!({"events": {"Deploy": {"enabled": true}}}));
    for pack in ["peon", "peasant"] {
        let dir = sandbox.path("home/.openpeon/packs").join(pack);
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("openpeon.json"), "{}").unwrap();
    }
    let check = ["throttle", "check", "build", "--window", "1h"];
    assert!(run(sandbox.herald(&check), b"").status.success());
    for (words, expected) in [
        (&["pack", "use", "pe"][..], &["peasant", "peon"][..]),
        (&["pack", "use", "no"], &["none"]),
        (&["pack", "remove", "peo"], &["peon"]),
        (
            &["test", "StopF"],
            &["StopFailure", "StopFailure/rate_limit"],
        ),
        (&["test", "Dep"], &["Deploy"]),
        (&["events", "on", "AllI"], &["AllIdle"]),
        (
            &["config", "set", "audio_settings.vol"],
            &["audio_settings.volume"],
        ),
        (&["log", "--event", "AllI"], &["AllIdle"]),
        (&["play", "atten"], &["attention"]),
        (&["throttle", "reset", "bui"], &["build"]),
        (
            &["config", "show", "audio_settings.vol"],
            &["audio_settings.volume"],
        ),
        (&["volume", "--re"], &["--reset"]),
        (&["status", "--l"], &["--line"]),
    ] {
        let found = completed(&sandbox, words);
        for name in expected {
            assert!(
                found.iter().any(|found| found == name),
                "{words:?}: {found:?}"
            );
        }
        let begun = words[words.len() - 1];
        assert!(
            found.iter().all(|found| found.starts_with(begun)),
            "{words:?}: {found:?}"
        );
    }
    // No hook runs for a line that would run one.
    assert_eq!(completed(&sandbox, &["--hook", "St"]), [""; 0]);
    assert!(sandbox.record().is_empty());
}

#[test]
fn bash_completes_a_command_and_its_option() {
    let programs = Path::new(env!("CARGO_BIN_EXE_herald")).parent().unwrap();
    let sandbox = Sandbox::new();
    let path = std::env::var("PATH").unwrap_or_default();
    let sandbox = sandbox.with("PATH", format!("{}:{path}", programs.display()));
    let script = script(&sandbox, "bash");
    for (words, expected) in [
        ("herald thr", "throttle"),
        ("herald throttle re", "reset"),
        ("herald log --fo", "--follow"),
        ("herald completions fi", "fish"),
    ] {
        let ask_for = format!(
            "\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             set -- $(complete -p herald); while [ \"$1\" != -F ]; do shift; done\n\
             \"$2\" herald \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"\n\
             echo \"${{COMPREPLY[@]}}\"\n"
        );
        let input = [&script[..], ask_for.as_bytes()].concat();
        let Some(said) = ask(&sandbox, "bash", &["--norc"], &input) else {
            return test_support::not_tested("bash is not installed");
        };
        assert_eq!(said.trim_end(), expected, "{words}");
    }
}
