//! Invalid files and calls that cannot be examined: they deny nothing, allow nothing, and are reported.

use serde_json::json;

use super::*;

#[test]
fn mistakes_are_told_and_cost_the_rule_they_are_in() {
    let policy = policy(
        None,
        Some(json!(
            r#"{
  // comments are allowed
  "pre_tool_use": {"rules": [
    {"action": "dney", "pattern": "a"},
    {"action": "deny", "pattern": "b("},
    {"action": "deny", "pattern": "(?=c)c"},
    {"action": "deny", "patern": "d"},
    {"action": "deny", "pattern": ["e"]},
    {"actoin": "deny", "pattern": "g"},
    {"action": "deny", "pattern": "f"}
  ]},
  "stop": {"block_on_loop": "no"}
}"#
        )),
        false,
    );
    let policy = policy.unwrap();
    for (command, expected) in [
        ("a", None),
        ("'b('", None),
        ("c", None),
        ("d", None),
        ("e", None),
        ("g", None),
    ] {
        assert_eq!(action(&policy, command), expected, "{command}");
    }
    assert_eq!(action(&policy, "f"), Some(Deny), "the others hold");
    let issues: Vec<_> = policy.issues().iter().map(ToString::to_string).collect();
    let places = ["4:", "5:", "6:", "7:", "8:", "9:", "12:"];
    for (place, said) in places.into_iter().zip([
        "expected allow, ask or deny, found \"dney\"",
        "linear time: unclosed group",
        "linear time: look-around",
        "unknown key; did you mean pattern?",
        "expected a string",
        "expected a rule with an action",
        "stop.block_on_loop: expected true or false, found \"no\"",
    ]) {
        let told = issues
            .iter()
            .any(|issue| issue.contains(&format!("{FILE_NAME}:{place}")) && issue.contains(said));
        assert!(told, "{place} {said} in {issues:#?}");
    }
}

#[test]
fn a_file_that_cannot_be_understood_denies_nothing_and_is_told() {
    for text in ["{\"pre_tool_use\":", "", "\u{0}"] {
        let policy = policy(None, Some(json!(text)), false).unwrap();
        assert_eq!(policy.issues().len(), 1, "{text:?}");
        assert!(!policy.speaks(), "{text:?}");
        assert_eq!(action(&policy, "rm -rf /"), None);
        let event = json!({"tool_name": "Bash", "tool_response": {"exit_code": 1}});
        let event = HookEvent::new(Some("PostToolUse"), event.as_object().unwrap().clone());
        assert_eq!(
            policy.on_outcome(event.tool_call().unwrap(), &event.other),
            None
        );
    }
}

/// In a valid file, mistakes are ignored one by one.
#[test]
fn a_file_that_is_json_keeps_the_built_in_rules() {
    for text in [
        "[]",
        "7",
        "{\"pre_tool_use\": 7}",
        "{\"pre_tool_use\": {\"rules\": {}}}",
        "{\"pre_tool_use\": {\"rules\": [7]}}",
    ] {
        for [user, project] in [[Some(json!(text)), None], [None, Some(json!(text))]] {
            let policy = policy(user, project, false).unwrap();
            assert_eq!(policy.issues().len(), 1, "{text}");
            assert!(policy.speaks(), "{text}");
            assert_eq!(action(&policy, "rm -rf /"), Some(Deny), "{text}");
            assert_eq!(action(&policy, "ls"), None, "{text}");
        }
    }
}

#[test]
fn a_misspelt_tag_is_suggested() {
    for (tag, says) in [
        ("git:destructiv", "; did you mean git:destructive?"),
        ("mine", "; valid tags: system:dangerous, package:install, "),
    ] {
        let policy = of_project(json!([{"action": "ask", "tags": [tag]}]));
        let told = policy.issues()[0].to_string();
        assert!(told.contains(says), "{told}");
    }
}

#[test]
fn a_rule_without_a_reason_gives_its_tags() {
    let policy = of_project(json!([{"action": "ask", "tags": ["git:destructive"]}]));
    let ruling = ruling(&policy, json!({"command": "git reset --hard"})).unwrap();
    assert_eq!(
        ruling.reason.as_deref(),
        Some("decision policy: git:destructive")
    );
}

#[test]
fn rules_have_limits() {
    let many: Vec<_> = (0..150)
        .map(|number| json!({"action": "deny", "pattern": format!("^rule {number}$")}))
        .collect();
    let policy = of_project(json!(many));
    assert_eq!(action(&policy, "rule 99"), Some(Deny));
    assert_eq!(action(&policy, "rule 100"), None);
    let told = policy.issues()[0].to_string();
    assert!(
        told.ends_with("only the first 100 rules are used"),
        "{told}"
    );
    for pattern in ["a".repeat(2_000), r"(\w{100}){100}".to_owned()] {
        let policy = of_project(json!([{"action": "deny", "pattern": pattern}]));
        assert_eq!(policy.issues().len(), 1, "{pattern:.20}");
    }
}

#[test]
fn calls_that_cannot_be_examined_lead_to_an_ask() {
    let quiet = of_project(json!([]));
    let allows = of_user(json!([{"action": "allow", "pattern": ".*"}]));
    for (input, issue) in [
        (json!("{not-json"), "invalid_tool_input_json"),
        (json!("7"), "unsupported_tool_input_type"),
        (json!(true), "unsupported_tool_input_type"),
        (
            json!({"command": "a".repeat(65 << 10)}),
            "tool_input_too_long",
        ),
    ] {
        for policy in [&quiet, &allows, &original()] {
            let asked = ruling(policy, input.clone()).unwrap();
            assert_eq!((asked.action, &asked.issues[..]), (Ask, &[issue][..]));
        }
    }
    let encoded = json!({"command": "rm -rf /"}).to_string();
    assert_eq!(ruling(&quiet, json!(encoded)).unwrap().action, Deny);
    let long = format!("rm -rf / {}", "ü".repeat(40 << 10));
    assert_eq!(
        action(&quiet, &long),
        Some(Deny),
        "as far as it is looked at"
    );
    let nameless = HookEvent::new(Some("PreToolUse"), Map::new());
    let asked = quiet.on_call(nameless.tool_call().unwrap(), &nameless.other);
    assert_eq!(asked.unwrap().issues, ["missing_tool_name"]);
}

#[test]
fn the_documented_policy_does_what_its_page_says() {
    let page = include_str!("../../docs/policy.md");
    let text = page
        .split("```json\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let policy = policy(Some(json!(text)), None, false).unwrap();
    assert!(policy.issues().is_empty(), "{:?}", policy.issues());
    for (input, expected) in [
        (json!({"command": "git push origin --force"}), Deny),
        (json!({"command": "pnpm add left-pad"}), Ask),
        (json!({"command": "git reset --hard"}), Ask),
        (json!({"file_path": "migrations/7.sql"}), Ask),
    ] {
        let found = ruling(&policy, input.clone()).unwrap();
        assert_eq!(found.action, expected, "{input}");
    }
    for tag in &tag::TAGS {
        assert!(page.contains(&format!("`{}`", tag.name)), "{}", tag.name);
    }
    let wrong = of_project(json!([{"action": "dney", "pattern": "x"}]));
    let told = wrong.issues()[0].to_string();
    let documented = page
        .split("```text\n")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let (_, documented) = documented.split_once(":4:7: ").unwrap();
    assert!(told.ends_with(documented), "{told}");
}
