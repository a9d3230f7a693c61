use super::*;
use proptest::prelude::*;
use serde_json::json;
use std::fs::{self, Permissions};

const ACTIVE: &[&str] = &["packs", "active"];

fn with(text: &str, name: &str) -> String {
    set(Path::new("F"), text, ACTIVE, Some(&json!(name))).unwrap()
}

fn without(text: &str) -> String {
    set(Path::new("F"), text, ACTIVE, None).unwrap()
}

#[test]
fn existing_values_are_replaced_in_place() {
    for text in [
        r#"{"packs":{"active":"OLD"}}"#,
        "{ // mine\n\t\"packs\" : { /* now */ \"active\" :\"OLD\" , },\n\n\n  \"x\":[1,\n2],}",
        "{\r\n   \"packs\": {\r\n      \"active\": \"OLD\" // this one\r\n   }\r\n}",
        "\u{feff}{\n\"a\": 1.50e3, \"packs\": {\"muted\": [ ], \"active\": \"OLD\"}\n}\n\n",
        "// before\n{\"packs\": {\"active\": \"OLD\"}} // after",
    ] {
        assert_eq!(with(text, "NEW"), text.replace("OLD", "NEW"), "{text}");
    }
}

#[test]
fn new_values_follow_the_existing_style() {
    for (text, expected) in [
        ("", "{\n  \"packs\": {\n    \"active\": \"p\"\n  }\n}\n"),
        (" \n", "{\n  \"packs\": {\n    \"active\": \"p\"\n  }\n}\n"),
        ("{}", "{\n  \"packs\": {\n    \"active\": \"p\"\n  }\n}"),
        (
            "{\n\t// loud\n\t\"volume\": 1 // very\n}\n",
            "{\n\t// loud\n\t\"volume\": 1, // very\n\t\"packs\": {\n\t\t\"active\": \"p\"\n\t}\n}\n",
        ),
        (
            "{\r\n    \"packs\": {\r\n        \"muted\": [],\r\n    },\r\n}",
            "{\r\n    \"packs\": {\r\n        \"muted\": [],\r\n        \"active\": \"p\",\r\n    },\r\n}",
        ),
        (
            "{\"packs\": null}",
            "{\"packs\": {\n    \"active\": \"p\"\n  }}",
        ),
    ] {
        let new = with(text, "p");
        assert_eq!(new, expected, "{text:?}");
        // A second identical change has no effect.
        assert_eq!(with(&new, "p"), new);
    }
}

#[test]
fn removal_preserves_the_rest() {
    for (text, expected) in [
        ("", ""),
        ("{}", "{}"),
        ("{\"packs\": {}, \"x\": 1}", "{\"packs\": {}, \"x\": 1}"),
        ("{\"packs\": {\"active\": 1}}", "{}"),
        (
            "{\n  // one\n  \"a\": 1,\n  \"packs\": {\n    \"active\": \"p\"\n  }\n}\n",
            "{\n  // one\n  \"a\": 1\n}\n",
        ),
        (
            "{\n  \"packs\": {\n    \"muted\": [1], // shh\n    \"active\": \"p\"\n  }\n}",
            "{\n  \"packs\": {\n    \"muted\": [1] // shh\n  }\n}",
        ),
        (
            "{\n  \"packs\": {\n    // none now\n    \"active\": \"p\"\n  }\n}",
            "{\n  \"packs\": {\n    // none now\n  }\n}",
        ),
        ("{\"packs\": 5}", "{\"packs\": 5}"),
    ] {
        assert_eq!(without(text), expected, "{text:?}");
    }
}

#[test]
fn setting_and_removing_restores_the_text() {
    for text in [
        "{\n  \"a\": 1\n}\n",
        "{\r\n\t\"a\": {\r\n\t\t\"b\": [1, 2]\r\n\t}, // why\r\n\t\"c\": 2\r\n}",
        "/* top */\n{\n    \"packs\": {\n        \"muted\": [\"user.spam\"]\n    }\n}\n// end\n",
    ] {
        assert_eq!(without(&with(text, "p")), text);
    }
}

#[test]
fn a_key_that_is_there_twice_is_changed_where_readers_look() {
    let twice = r#"{"packs": {"active": "a"}, "packs": {"active": "b"}}"#;
    let new: Value = serde_json::from_str(&with(twice, "c")).unwrap();
    assert_eq!(new["packs"]["active"], "c");
    assert!(!without(twice).contains("active"), "{}", without(twice));
}

#[test]
fn texts_that_cannot_be_changed_are_errors() {
    for (text, says) in [
        ("{\n  \"a\":", "F:2:7: not valid JSON: expected"),
        ("{'a': 1}", "not valid JSON"),
        ("{a: 1}", "not valid JSON"),
        ("{\"a\": 1 \"b\": 2}", "not valid JSON"),
        ("{} {}", "not valid JSON"),
        ("[1]", "not a JSON object"),
        ("5", "not a JSON object"),
        (
            "{\"packs\": []}",
            "F: \"packs\" is not an object; hint: replace it",
        ),
        (
            "{\"packs\": \"p\"}",
            "F: \"packs\" is not an object; hint: replace it",
        ),
        (&"[".repeat(100_000), "not valid JSON"),
    ] {
        let error = set(Path::new("F"), text, ACTIVE, Some(&json!("p")))
            .unwrap_err()
            .to_string();
        assert!(error.contains(says), "{text:.20}: {error}");
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "(?s).{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        let object =
            prop::collection::btree_map("packs|active|[ab\"\\\\\n]{0,3}", inner.clone(), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..3).prop_map(Value::from),
            object.prop_map(Value::from_iter),
        ]
    })
}

proptest! {
    /// The new value is read back, and all other values are unchanged.
    #[test]
    fn set_values_are_read_back_and_others_unchanged(
        before in json(), value in json(), pretty: bool,
    ) {
        let text = if pretty { format!("{before:#}") } else { before.to_string() };
        let Ok(new) = set(Path::new("F"), &text, ACTIVE, Some(&value)) else {
            let is_in_the_way = |value: &Value| !value.is_object() && !value.is_null();
            prop_assert!(!before.is_object() || is_in_the_way(&before["packs"]));
            return Ok(());
        };
        let mut expected = before;
        if expected["packs"].is_null() {
            expected["packs"] = json!({});
        }
        expected["packs"]["active"] = value;
        prop_assert_eq!(serde_json::from_str::<Value>(&new).unwrap(), expected.clone());
        let gone: Value = serde_json::from_str(&set(Path::new("F"), &new, ACTIVE, None).unwrap()).unwrap();
        prop_assert_eq!(gone.get("packs").and_then(|packs| packs.get("active")), None);
    }

    #[test]
    fn no_text_is_too_strange(text in "[\\{\\}\\[\\]\":,/*\n\r\t a1\\\\pcks-]{0,40}") {
        let _ = set(Path::new("F"), &text, ACTIVE, Some(&json!("p")));
        let _ = set(Path::new("F"), &text, ACTIVE, None);
    }
}

#[test]
fn a_file_is_made_with_its_directories() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a/b/config.json");
    assert!(replace(&path, None, "{}").unwrap());
    assert_eq!(fs::read_to_string(&path).unwrap(), "{}");
    assert_eq!(fs::read_dir(dir.path().join("a/b")).unwrap().count(), 1);
}

#[test]
fn a_file_that_has_changed_since_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.json");
    fs::write(&path, "theirs").unwrap();
    for before in [None, Some("ours")] {
        assert!(!replace(&path, before, "new").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
    }
}

#[test]
fn a_dotted_key_leads_to_the_event_that_the_file_has() {
    let text = r#"{"events": {"pre_tool_use/bash": {}, "STOP": {}, "Stop": {}}}"#;
    for (key, path) in [
        ("audio_settings.volume", &["audio_settings", "volume"][..]),
        ("events", &["events"]),
        ("events.stop", &["events", "Stop"]),
        (
            "events.PreToolUse/Bash.sound",
            &["events", "pre_tool_use/bash", "sound"],
        ),
        (
            "events.post-tool-use/mcp__a.b.enabled",
            &["events", "PostToolUse/mcp__a.b", "enabled"],
        ),
        (
            "sound_files.mappings.agent_stop",
            &["sound_files", "mappings", "SubagentStop"],
        ),
        (
            "audio_settings.throttle_seconds.PreToolUse/a.b",
            &["audio_settings", "throttle_seconds", "PreToolUse/a.b"],
        ),
        ("rules.mute_headless", &["rules", "mute_headless"]),
        ("", &[""]),
    ] {
        assert_eq!(path_of(text, key), path, "{key}");
    }
}

#[test]
fn a_directory_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let error = replace(dir.path(), None, "{}").unwrap_err().to_string();
    assert!(error.contains("not a regular file"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let mode = |name: &str| fs::metadata(path(name)).unwrap().permissions().mode() & 0o777;
    fs::create_dir(path("dotfiles")).unwrap();
    fs::write(path("dotfiles/herald.json"), "old").unwrap();
    fs::set_permissions(path("dotfiles/herald.json"), Permissions::from_mode(0o640)).unwrap();
    symlink("dotfiles/herald.json", path("link")).unwrap();
    symlink("link", path("config.json")).unwrap();
    symlink("new/file.json", path("dangling")).unwrap();
    symlink("loop", path("loop")).unwrap();

    assert!(replace(&path("config.json"), Some("old"), "new").unwrap());
    assert!(path("config.json").is_symlink() && path("link").is_symlink());
    assert_eq!(
        fs::read_to_string(path("dotfiles/herald.json")).unwrap(),
        "new"
    );
    assert_eq!(mode("dotfiles/herald.json"), 0o640);

    assert!(replace(&path("dangling"), None, "new").unwrap());
    assert_eq!(fs::read_to_string(path("new/file.json")).unwrap(), "new");
    fs::write(path("usual"), "").unwrap();
    assert_eq!(mode("new/file.json"), mode("usual"));

    let error = replace(&path("loop"), None, "new").unwrap_err().to_string();
    assert!(error.contains("too many links"), "{error}");
}

#[test]
fn the_users_file_is_where_the_environment_says() {
    let file = |vars: &[(&str, &str)]| user_file(&Env::of(vars.iter().copied()));
    assert_eq!(file(&[]), None);
    assert_eq!(
        file(&[("HERALD_CONFIG", "/c.json"), ("HOME", "/h")]),
        Some("/c.json".into())
    );
    if !cfg!(windows) {
        let own = Some("/h/.config/herald/config.json".into());
        assert_eq!(
            file(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "relative")]),
            own
        );
        let own = Some("/x/herald/config.json".into());
        assert_eq!(file(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")]), own);
    }
}
