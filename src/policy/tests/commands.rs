//! What the built-in rules find in commands and in the members of a call.

use super::*;

/// A project's empty policy, and one with the original's replies.
pub(super) fn both() -> [Policy; 2] {
    [of_project(json!([])), original()]
}

pub(super) fn assert_all(commands: &[&str], expected: Option<Action>) {
    let [quiet, original] = both();
    let mut wrong = Vec::new();
    for command in commands {
        let found = (action(&quiet, command), action(&original, command));
        // If everything else is allowed, more may be denied.
        if found.0 != expected || expected.is_some() && found.1 != expected {
            wrong.push(format!("{command}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "not {expected:?}:\n{}", wrong.join("\n"));
}

#[test]
fn the_originals_replies_allow_nothing_that_is_denied_without_them() {
    assert_all(
        &[
            "rm -rf .",
            "rm -rf ./",
            "rm -rf $PWD",
            "rm -rf \"${PWD}\"/",
            "poweroff",
        ],
        Some(Deny),
    );
    assert_all(&["npm i", "npm ci", "pnpm i", "bun add x"], Some(Ask));
}

#[test]
fn options_and_operands_come_in_any_order() {
    assert_all(
        &[
            "rm -r -v -f /",
            "rm -r --force /",
            "rm --force -v --recursive /",
            "rm --rec --f /",
            "rm / -rf",
            "rm -rf foo ~",
            "rm -rf tmp /",
            "rm -rf -- tmp /",
            "rm -rf / tmp",
            "rm -rf /*",
            "rm -rf ~/* ~/.*",
            "rm -rf *",
            "rm -rf ../..",
            "rm -rf /tmp/..",
            "rm -rf //",
            "rm -rf $HOME/.",
            "rm -rf '/'",
            "rm -R /",
        ],
        Some(Deny),
    );
    assert_all(
        &[
            "git -C sub -c a.b=c reset -q --hard",
            "git clean -d -x -f",
            "git --git-dir=x clean --force",
            "git checkout HEAD -- .",
            "git restore --source=HEAD~1 .",
            "git restore -s HEAD .",
            "npm --prefix web install",
            "npm -g i x",
            "pip3.12 --quiet install x",
            "python3 -W ignore -m pip --quiet install x",
            "uv --offline pip install x",
            "yarn global add x",
            "yarn",
        ],
        Some(Ask),
    );
}

#[test]
fn a_program_is_found_however_it_is_started() {
    assert_all(
        &[
            "/bin/rm -rf /",
            "<&-rm -rf /",
            ">&-rm -rf /",
            "2<&1- rm -rf /",
            "a[1<<2]=3\nrm -rf /",
            "\\rm -rf /",
            "'rm' -rf /",
            "r\"m\" -rf /",
            "$'\\x72m' -rf /",
            "r\\\nm -rf /",
            "sudo -n rm -rf /",
            "sudo -u root -g wheel -- rm -rf /",
            "sudo --user root A=1 rm -rf /",
            "A=1 B='x y' rm -rf /",
            "A[1]+=2 rm -rf /",
            "timeout 5 rm -rf /",
            "timeout -k 3 -s KILL 5s rm -rf /",
            "env rm -rf /",
            "env -i -u X A=1 rm -rf /",
            "env -S 'rm -rf /'",
            "command rm -rf /",
            "exec -a x rm -rf /",
            "nice -n 5 ionice -c2 -n 7 rm -rf /",
            "stdbuf -oL nohup setsid rm -rf /",
            "time -p rm -rf /",
            "busybox rm -rf /",
            "echo x | xargs -n 1 rm -rf /",
            "find . -name x -exec rm -rf / ';'",
            ">log rm -rf /",
            "rm 2>/dev/null -rf /",
            "{ rm -rf /; }",
            "! rm -rf /",
            "if true; then rm -rf /; fi",
            "while :; do rm -rf /; done",
            "for x in a; do rm -rf /; done",
            "case x in x) rm -rf / ;; esac",
            "case $(uname) in (Linux|Darwin) : ;; *) rm -rf / ;; esac",
            "f() { rm -rf /; }; f",
            "function f { rm -rf /; }",
            "a=(1 2); rm -rf /",
            "((i=1<<2)); rm -rf /",
            "echo $((1<<2)); rm -rf /",
            "true && rm -rf /",
            "false || rm -rf /",
            "sleep 1 & rm -rf /",
            "a | rm -rf /",
            "a |& rm -rf /",
            "[[ a =~ ^(b|c)$ ]] && rm -rf /",
            "echo ${#x} # x\nrm -rf /",
            "cat <<'A' <<-B\n'\nA\n\t$(rm -rf /)\n\tB\n",
            "cat <<A\n`rm -rf /`\nA",
            "cat <(rm -rf /)",
            "tee >(rm -rf /)",
            "echo \"${x:-$(rm -rf /)}\"",
            "echo $(echo `rm -rf /`)",
            "echo \"`echo \\`rm -rf /\\``\"",
            "echo \"$(echo \"$(rm -rf \"/\")\")\"",
            "x=$(case a in a) rm -rf /;; esac)",
            "echo $((echo 1); rm -rf /)",
            "[ -n \"$(shutdown now)\" ]",
            "systemctl --no-block poweroff",
        ],
        Some(Deny),
    );
}

#[test]
fn a_shell_within_is_looked_into() {
    assert_all(
        &[
            "sh -c 'rm -rf /'",
            "bash -lc \"cd x && rm -rf /\"",
            "/usr/bin/env bash -e -o pipefail -c 'rm -rf /'",
            "bash -c \"sh -c 'sudo sh -c \\\"rm -rf /\\\"'\"",
            "eval \"rm -rf /\"",
            "eval rm -rf /",
            "su -c 'rm -rf /' root",
            "trap 'rm -rf /' EXIT",
            "xargs sh -c 'rm -rf /'",
            "bash <<EOF\nrm -rf /\nEOF",
            "cat <<'EOF' | sudo bash -s\nrm -rf /\nEOF",
            "bash <<< 'rm -rf /'",
            "echo 'rm -rf /' | sh",
            "$SHELL -c 'rm -rf /'",
        ],
        Some(Deny),
    );
}

#[test]
fn a_word_within_a_command_is_not_one() {
    assert_all(
        &[
            "git commit -m 'build; halt on error'",
            "git commit -m \"$(cat <<'EOF'\nreboot; don't rm -rf /\nnpm install (\nEOF\n)\"",
            "cat > notes.md <<EOF\nreboot\nnpm install\nEOF",
            "sudo grep -rn shutdown src",
            "timeout 5 echo reboot",
            "sudo -u root echo reboot",
            "command -v reboot",
            "echo a # ; reboot",
            "rm -rf ./build ../other /tmp/x '$x'",
            "rm -rf /tmp/x/*",
            "rm -f *",
            "rm -r -- -x",
            "case x in reboot) echo x;; esac",
            "echo \"reboot\nhalt\"",
            "for x in rm -rf /; do echo $x; done",
            "grep -E '(halt|reboot)' x",
            "[[ $x =~ ^(halt|reboot)$ ]]",
            "git log --grep 'reset --hard'",
            "npm run install-all",
            "npm run install",
            "python3 -m build",
            "x=reboot; echo $x",
            "awk '{print $1}' x | sort -u",
            "python3 - <<'E'\nhalt = \"don't\"\nE",
            "printf '%s\\n' \"$(date)\" >> a.log 2>&1",
            "bash </dev/tty; echo \"can't; halt\"",
        ],
        None,
    );
}

#[test]
fn what_cannot_be_parsed_is_matched_as_text_and_otherwise_asked_about() {
    let [quiet, original] = both();
    for policy in [&quiet, &original] {
        for command in [
            "echo 'a",
            "echo $(a",
            "a )",
            "echo `a",
            "x=${y",
            "case x in a) b",
        ] {
            let found = ruling(policy, json!({"command": command})).unwrap();
            assert_eq!(found.action, Ask, "{command}");
            assert_eq!(found.issues, ["command_not_understood"], "{command}");
        }
        let found = ruling(policy, json!({"command": "rm -rf / '"})).unwrap();
        assert_eq!((found.action, found.issues.len()), (Deny, 0));
    }
    let nested = |depth: usize| format!("{}:{}", "echo $(".repeat(depth), ")".repeat(depth));
    assert_eq!(action(&quiet, &nested(31)), None);
    assert_eq!(action(&quiet, &nested(33)), Some(Ask));
}

/// Text that is not for a shell is matched as text, and causes no ask because of its grammar.
#[test]
fn what_no_shell_reads_need_not_be_parsed() {
    let quiet = of_project(json!([]));
    let call = |tool: &str, input: Value| {
        let payload = json!({"tool_name": tool, "tool_input": input});
        let event = HookEvent::new(Some("PreToolUse"), payload.as_object().unwrap().clone());
        let ruling = quiet.on_call(event.tool_call().unwrap(), &event.other);
        ruling.map(|ruling| ruling.action)
    };
    for (tool, input) in [
        ("Task", json!({"prompt": "Don't forget (ever"})),
        ("Skill", json!({"args": "it's"})),
        ("SlashCommand", json!({"command": "/fix what's broken"})),
        ("apply_patch", json!({"command": "*** Begin Patch\n+don't"})),
        ("PowerShell", json!({"command": "echo \"a`\"b\" 'it''s' `"})),
        (
            "Bash",
            json!({"command": ["git", "commit", "-m", "don't reboot; halt"]}),
        ),
        (
            "Bash",
            json!({"command": "git", "args": ["log", "--grep", "it's"]}),
        ),
    ] {
        assert_eq!(call(tool, input.clone()), None, "{tool} {input}");
    }
}

#[test]
fn members_within_members_are_looked_at() {
    let quiet = of_project(json!([]));
    for (input, expected) in [
        (json!({"edits": [{"file_path": ".env"}]}), Some(Deny)),
        (
            json!({"edits": [{"a": [{"file_path": ".env"}]}]}),
            Some(Deny),
        ),
        (json!({"paths": [["a", ".env"]]}), Some(Deny)),
        (json!({"arguments": {"path": "x/.env"}}), Some(Deny)),
        (json!({"arguments": "{\"path\": \"x/.env\"}"}), Some(Deny)),
        (json!({"files": [{"name": ".env"}]}), Some(Deny)),
        (json!({"commands": [{"command": "rm -rf /"}]}), Some(Deny)),
        (json!({"commands": ["cd x", "rm -rf /"]}), Some(Deny)),
        (json!({"arguments": {"command": "rm -rf /"}}), Some(Deny)),
        (
            json!({"command": ["bash", "-lc", "cd x; rm -rf /"]}),
            Some(Deny),
        ),
        (json!({"command": "rm", "args": ["-rf", "/"]}), Some(Deny)),
        (json!({"commands": [["rm", "-rf", "/"]]}), Some(Deny)),
        (json!({"command": "rm", "args": "-rf /"}), Some(Deny)),
        (
            json!({"command": {"command": "rm", "args": ["-rf", "/"]}}),
            Some(Deny),
        ),
        (json!([{"command": "rm -rf /"}]), Some(Deny)),
        (json!(["rm", "-rf", "/"]), Some(Deny)),
        (json!({"file_path": ".env/"}), Some(Deny)),
        (json!({"file_path": ".env "}), Some(Deny)),
        (json!({"file_path": ".env\n"}), Some(Deny)),
        (json!({"file_path": "a/.env/./"}), Some(Deny)),
        (json!({"file_path": ".env/x/.."}), Some(Deny)),
        (json!({"file_path": "Cargo.lock/ "}), Some(Ask)),
        (json!({"file_path": ".env/bin/python"}), None),
        (json!({"file_path": "a".repeat(70_000)}), Some(Ask)),
        (
            json!({"todos": [{"content": ".env", "status": "rm -rf /"}]}),
            None,
        ),
    ] {
        let found = ruling(&quiet, input.clone()).map(|ruling| ruling.action);
        assert_eq!(found, expected, "{input}");
    }
}

/// A rule with a tag finds what the built-in rule of that tag finds.
#[test]
fn a_tag_is_what_a_shell_would_run() {
    let user = of_user(json!([{"action": "deny", "tags": ["package:remove"]}]));
    for command in [
        "sudo -n npm -g uninstall x",
        "A=1 pip3.12 uninstall x",
        "echo '$(npm rm x",
    ] {
        assert_eq!(action(&user, command), Some(Deny), "{command}");
    }
    assert_eq!(action(&user, "echo '; npm rm x'"), None);
}
