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
    let sandbox = furnished();
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

/// In a script of `shell` that asks what `line` becomes: how, after the script for completion.
fn asks(shell: &str, line: &str) -> String {
    match shell {
        "bash" => format!(
            "\nCOMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             set -- $(complete -p herald); while [ \"$1\" != -F ]; do shift; done\n\
             \"$2\" herald \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
        ),
        "fish" => format!("\ncomplete --do-complete '{line}'\n"),
        _ => unreachable!("{shell}"),
    }
}

/// A user with two packs, an event of their own, finer keys and a throttle key; and the programs on the `PATH`.
fn furnished() -> Sandbox {
    let programs = Path::new(env!("CARGO_BIN_EXE_herald")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let sandbox = Sandbox::new()
        .with("PATH", format!("{}:{path}", programs.display()))
        .with_config(&json!({"events": {
            "Deploy": {"enabled": true},
            "PreToolUse/Bash:git commit*": {"enabled": true},
            "SessionStart@codex": {"enabled": true},
        }}));
    for pack in ["peon", "peasant"] {
        let dir = sandbox.path("home/.openpeon/packs").join(pack);
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("openpeon.json"), "{}").unwrap();
    }
    let check = ["throttle", "check", "build", "--window", "1h"];
    assert!(run(sandbox.herald(&check), b"").status.success());
    sandbox
}

/// Beginnings of lines whose last word can become only one thing.
const LINES: [(&str, &str); 11] = [
    ("herald thr", "throttle"),
    ("herald throttle re", "reset"),
    ("herald log --fo", "--follow"),
    ("herald completions fi", "fish"),
    ("herald test AllI", "AllIdle"),
    ("herald events on Dep", "Deploy"),
    ("herald test StopFailure/rate", "StopFailure/rate_limit"),
    ("herald pack use peo", "peon"),
    ("herald play atten", "attention"),
    ("herald throttle reset bui", "build"),
    (
        "herald config set audio_settings.vol",
        "audio_settings.volume",
    ),
];

/// With keys for a command and for an agent.
const KEYS: [(&str, &str); 2] = [
    (
        "herald test PreToolUse/Bash:",
        "PreToolUse/Bash:git commit*",
    ),
    ("herald test SessionStart@", "SessionStart@codex"),
];

#[test]
fn bash_and_fish_complete_commands_and_names() {
    for (shell, arg) in [("bash", "--norc"), ("fish", "--no-config")] {
        let sandbox = furnished();
        let script = script(&sandbox, shell);
        // bash takes words apart at a colon and an @.
        let with_keys = KEYS.into_iter().filter(|_| shell == "fish");
        for (line, expected) in LINES.into_iter().chain(with_keys) {
            let input = [&script[..], asks(shell, line).as_bytes()].concat();
            let Some(said) = ask(&sandbox, shell, &[arg], &input) else {
                test_support::not_tested(&format!("{shell} is not installed"));
                break;
            };
            // fish explains what it has found.
            let found = said.trim_end().split('\t').next();
            assert_eq!(found, Some(expected), "{shell}: {line}");
        }
    }
}

/// In a terminal, where a key is pressed: zsh completes nowhere else. The line is written into a file.
#[test]
fn zsh_completes_commands_and_names() {
    let sandbox = furnished();
    let functions = sandbox.path("functions");
    fs::create_dir(&functions).unwrap();
    fs::write(functions.join("_herald"), script(&sandbox, "zsh")).unwrap();
    let completed = sandbox.path("completed");
    let setup = sandbox.path("setup.zsh");
    let commands = format!(
        "fpath=({} $fpath)\nautoload -Uz compinit; compinit -u -D\n\
         write() {{ print -r -- \"$BUFFER\" > {}; kill -KILL $$ }}\n\
         zle -N write; bindkey '^G' write; PROMPT='ready>'\n",
        functions.display(),
        completed.display(),
    );
    fs::write(&setup, commands).unwrap();
    let setup = setup.display();
    for (line, expected) in LINES.into_iter().chain(KEYS) {
        let driver = format!(
            "zmodload zsh/zpty; zpty inner zsh -f -i\n\
             zpty -w inner 'source {setup}'\n\
             zpty -r inner said '*ready>*'\n\
             zpty -n -w inner $'{line}\\t\\a'\n\
             while zpty -r inner said; do done\n"
        );
        if ask(&sandbox, "zsh", &["-f"], driver.as_bytes()).is_none() {
            return test_support::not_tested("zsh is not installed");
        }
        let (begun, _) = line.rsplit_once(' ').unwrap();
        let quoted = expected.replace(' ', r"\ ").replace('*', r"\*");
        let found = fs::read_to_string(&completed).unwrap();
        assert_eq!(found.trim_end(), format!("{begun} {quoted}"));
    }
}
