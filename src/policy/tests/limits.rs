//! The limits for rules, and what happens above them.

use serde_json::json;

use super::*;

/// Its compiled form takes 120 KB.
const LARGE: &str = "(a{50}){60}1";
/// After each letter there is a new set of possible positions.
const SLOW: &str = "[ab]*a[ab]{400}c";

fn deny(pattern: &str) -> Value {
    json!({"action": "deny", "pattern": pattern})
}

/// A long, fixed text of two letters without a pattern.
fn letters(len: usize) -> String {
    let mut state = 1_u32;
    let letter = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state >> 31 == 0 { 'a' } else { 'b' }
    };
    (0..len).map(letter).collect()
}

fn told(policy: &Policy) -> String {
    let issues = policy.issues().iter().map(ToString::to_string);
    issues.collect::<Vec<_>>().join("\n")
}

/// Regression: a repository made each hook compile 5,000 patterns, for half a minute and 1.7 GB.
#[test]
fn rules_are_counted_before_they_are_compiled_and_compiled_for_calls_alone() {
    let dir = tempfile::tempdir().unwrap();
    let env = Env::of([("XDG_CONFIG_HOME", dir.path())]);
    let [_, Some(file)] = files(&env, Some(dir.path())) else {
        panic!("no file of the project");
    };
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let mut rules = vec![deny(LARGE); 5_000];
    rules[0] = deny("^rule 0$");
    let rules = json!({"pre_tool_use": {"rules": rules}});
    std::fs::write(file, rules.to_string()).unwrap();
    let config = config::load(&env, Some(dir.path()));
    let load = |name| Policy::load_for(name, &env, &config).unwrap();
    for name in ["Stop", "PostToolUse", "SessionStart"] {
        let policy = load(name);
        assert!(
            policy.lists.is_empty() && policy.issues().is_empty(),
            "{name}"
        );
        assert!(policy.speaks());
    }
    let policy = load("pre_tool_use");
    let said = told(&policy);
    let too_large = said.matches("smaller pattern").count();
    assert_eq!(too_large, 20, "all that are named: {said}");
    // Of the first 100, seven large ones fit into a megabyte.
    assert!(said.contains("and 72 more problems"), "{said}");
    assert!(said.contains("only the first 100 rules are used"), "{said}");
    assert_eq!(action(&policy, "rule 0"), Some(Deny));
    assert_eq!(action(&policy, "ls"), None, "a project's loss is its own");
}

#[test]
fn a_rule_of_the_users_that_a_limit_leaves_out_means_ask() {
    let many: Vec<_> = (0..101)
        .map(|number| deny(&format!("^rule {number}$")))
        .collect();
    let heavy: Vec<_> = (0..20).map(|_| deny(LARGE)).collect();
    let cases = [
        json!(many),
        json!([deny("^rule 1$"), deny(&"a".repeat(1_001))]),
        json!([deny("^rule 1$"), deny(r"(\w{100}){100}")]),
        json!([&[deny("^rule 1$")][..], &heavy].concat()),
    ];
    for rules in cases {
        let shown = rules.to_string();
        let shown = &shown[..shown.len().min(120)];
        let user = of_user(rules.clone());
        assert!(!user.issues().is_empty(), "{shown}");
        let asked = ruling(&user, json!({"command": "ls"})).unwrap();
        assert_eq!(
            (asked.action, &asked.issues[..]),
            (Ask, &["rules_left_out"][..]),
            "{shown}"
        );
        assert!(asked.reason.unwrap().contains("herald doctor"));
        assert!(!asked.is_built_in);
        assert_eq!(action(&user, "rule 1"), Some(Deny), "{shown}");
        assert_eq!(action(&of_project(rules), "ls"), None, "{shown}");
    }
    // Rules before the ignored one decide first.
    let allow = json!({"action": "allow", "pattern": "^make$"});
    let rules = json!([allow, deny(&"a".repeat(1_001)), {"action": "allow", "pattern": "^ls$"}]);
    let user = of_user(rules);
    assert_eq!(action(&user, "make"), Some(Allow));
    assert_eq!(action(&user, "ls"), Some(Ask));
    // A mistake is not a limit; it is only reported.
    let user = of_user(json!([deny("("), deny("(?=a)")]));
    assert_eq!((user.issues().len(), action(&user, "ls")), (2, None));
    // A file that is too long may have rules, too.
    let long = json!({"pre_tool_use": {"rules": []}, "x": " ".repeat(256 << 10)}).to_string();
    let user = policy(Some(json!(long)), None, false).unwrap();
    assert_eq!(action(&user, "ls"), Some(Ask));
    assert_eq!(action(&user, "rm -rf /"), Some(Deny));
    let project = policy(None, Some(json!(long)), false).unwrap();
    assert_eq!(action(&project, "ls"), None);
    assert!(!project.speaks());
}

/// Regression: the rules of a project delayed the hook, and the user's deny, for minutes.
#[test]
fn slow_rules_lead_to_an_ask_and_the_users_deny_applies() {
    let slow = Some(json!({"pre_tool_use": {"rules": vec![deny(SLOW); 50]}}));
    let push = Some(json!({"pre_tool_use": {"rules": [deny("git push .*--force")]}}));
    let command = format!("{}; git push --force", letters(60_000));
    for is_original in [false, true] {
        let both = policy(push.clone(), slow.clone(), is_original).unwrap();
        assert!(both.issues().is_empty(), "{}", told(&both));
        assert_eq!(
            action(&both, &command),
            Some(Deny),
            "the user's list decides first"
        );
        let project = policy(None, slow.clone(), is_original).unwrap();
        let asked = ruling(&project, json!({"command": command})).unwrap();
        let found = (asked.action, &asked.issues[..], asked.is_built_in);
        assert_eq!(found, (Ask, &["undecided_in_time"][..], false));
        assert_eq!(action(&project, "git status").or(Some(Allow)), Some(Allow));
    }
    // A rule that gives up does not hide later ones.
    let user = of_user(json!([deny(SLOW), deny("--force$")]));
    assert_eq!(action(&user, &command), Some(Deny));
    let user =
        of_user(json!([{"action": "allow", "pattern": SLOW}, {"action": "allow", "pattern": "."}]));
    assert_eq!(
        action(&user, &command),
        Some(Ask),
        "nor is it taken for one that allows"
    );
}

#[test]
fn paths_are_capped_as_commands_are() {
    let project = of_project(json!([{"type": "path", "action": "deny", "pattern": SLOW}]));
    let path = letters(7 << 20);
    for input in [
        json!({"file_path": path}),
        json!({"paths": vec![letters(1_000); 100]}),
        json!({"paths": vec!["a"; 1_001]}),
    ] {
        let asked = ruling(&project, input).unwrap();
        assert_eq!(
            (asked.action, &asked.issues[..]),
            (Ask, &["tool_input_too_long"][..])
        );
    }
    let both = json!({"paths": [".env", path]});
    assert_eq!(
        ruling(&project, both).unwrap().action,
        Deny,
        "as far as it is looked at"
    );
}

/// The patterns of a rule's tags are combined without duplicates.
#[test]
fn a_tag_counts_once_however_often_it_is_named() {
    let tags = ["package:remove", "git:destructive"].repeat(5_000);
    let user = of_user(json!([{"action": "deny", "tags": tags}]));
    assert!(user.issues().is_empty(), "{}", told(&user));
    assert_eq!(action(&user, "npm uninstall x"), Some(Deny));
    assert_eq!(action(&user, "git reset --hard"), Some(Deny));
    assert_eq!(action(&user, "ls"), None);
}

/// JSON takes a hundred times as much memory as its text.
#[test]
fn json_of_very_many_values_in_a_text_is_not_made() {
    let user = of_user(json!([deny("--force$")]));
    let many = format!("{{\"x\": [{}0]}}", "{\"a\":0},".repeat(50_000));
    let few = json!({"command": "git push --force"}).to_string();
    for (input, expected) in [
        (json!(many), Some(Ask)),
        (json!({"input": many}), Some(Ask)),
        (json!(few), Some(Deny)),
        (json!({"arguments": few}), Some(Deny)),
    ] {
        let action = ruling(&user, input).map(|ruling| ruling.action);
        assert_eq!(action, expected);
    }
}
