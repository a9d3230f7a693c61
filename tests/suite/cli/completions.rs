//! `herald completions`: scripts that shells accept.

use std::process::Command;

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
fn every_shell_gets_a_script_that_knows_the_commands() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = String::from_utf8(script(&sandbox, shell)).unwrap();
        for word in ["herald", "throttle", "snooze", "completions", "follow"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
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

#[test]
fn bash_completes_a_command_and_its_option() {
    let sandbox = Sandbox::new();
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
