//! Payloads of agents, in pieces of any length.

use super::*;
use proptest::prelude::*;
use serde_json::json;

/// Parses `bytes` in pieces of `len` bytes.
fn parse_in_pieces(bytes: &[u8], len: usize) -> Result<Payload> {
    let mut reader = PayloadReader::default();
    bytes.chunks(len).for_each(|piece| _ = reader.feed(piece));
    let (payload, error) = reader.finish();
    error.map_or(Ok(payload), Err)
}

#[test]
fn known_fields_are_kept_and_the_rest_is_passed_over() {
    let json = br#" {"hook_event_name":"Notification","x":{"deep":[1,{"message":"no"}]},
        "message":"say \"hi\"","notificationType":"idle_prompt","cwd" : "/home/dev", "y":"message"}"#;
    for len in [1, 2, 3, 7, 64, 1000] {
        let payload = parse_in_pieces(json, len).unwrap();
        assert_eq!(payload.event.as_deref(), Some("Notification"));
        assert_eq!(payload.message.as_deref(), Some("say \"hi\""));
        assert_eq!(payload.notification_type.as_deref(), Some("idle_prompt"));
        assert_eq!(payload.cwd.as_deref(), Some("/home/dev"));
        assert_eq!(payload.digest, Payload::parse(json).unwrap().digest);
    }
}

#[test]
fn it_is_complete_at_its_last_brace_and_not_before() {
    let text = br#" {"a":"}\"{\\","b":[{},{"c":"]"}]}"#;
    for len in 0..text.len() {
        let mut reader = PayloadReader::default();
        assert!(!reader.feed(&text[..len]), "after {len} bytes");
        assert!(reader.feed(&text[len..]), "after {len} bytes and the rest");
        assert!(reader.feed(b" and more"));
        assert_eq!(reader.finish().0, Payload::parse(text).unwrap());
        assert!(Payload::parse(&text[..len]).is_err());
    }
}

/// The fields before a truncation are kept.
#[test]
fn a_payload_cut_short_keeps_what_came_before() {
    let text = br#"{"hook_event_name":"PreToolUse","turn_id":"7","cwd":"/home/dev/shop","tool_in"#;
    let (payload, error) = Payload::read(text);
    assert_eq!(error.unwrap().to_string(), "payload: truncated");
    let expected = Payload {
        event: Some("PreToolUse".to_owned()),
        agent: Agent::named("codex"),
        cwd: Some("/home/dev/shop".to_owned()),
        ..Payload::default()
    };
    assert_eq!(payload, expected);
    // An incomplete value is ignored.
    let (payload, _) = Payload::read(br#"{"hook_event_name":"PreToolU"#);
    assert_eq!(payload, Payload::default());
}

#[test]
fn input_that_is_not_an_object_ends_the_reading() {
    for text in ["hello", "1", "}", "[]", "null", "\"{"] {
        assert!(PayloadReader::default().feed(text.as_bytes()), "{text}");
        let error = Payload::parse(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error, "payload: not a JSON object", "{text}");
    }
    assert!(!PayloadReader::default().feed(b" \n"));
}

#[test]
fn a_field_of_another_type_counts_as_absent() {
    for value in [
        "1",
        "-1",
        "1.5",
        "null",
        "true",
        "[1,[\"2\"]]",
        r#"{"a":{"b":"1"}}"#,
    ] {
        let json = format!(r#"{{"message":{value},"cwd":"/"}}"#);
        let payload = Payload::parse(json.as_bytes()).unwrap();
        assert_eq!(payload.message, None, "{value}");
        assert_eq!(payload.cwd.as_deref(), Some("/"));
    }
}

#[test]
fn text_that_is_not_quite_unicode_is_mended() {
    for (json, message) in [
        (
            &br#"{"message":"cut \ud83d","cwd":"/"}"#[..],
            "cut \u{fffd}",
        ),
        (
            br#"{"message":"\ude80 \ud83d\ude80 \\ud83d \n","cwd":"/"}"#,
            "\u{fffd} \u{1f680} \\ud83d \n",
        ),
        (
            br#"{"message":"\ud83d\ud83d\ude80","cwd":"/"}"#,
            "\u{fffd}\u{1f680}",
        ),
        (b"{\"message\":\"\xff\",\"cwd\":\"/\"}", "\u{fffd}"),
        (b"{\"message\":\"\\q\n\",\"cwd\":\"/\"}", "\\q\n"),
        (
            "\u{feff}{\"message\":\"mark\",\"cwd\":\"/\"}".as_bytes(),
            "mark",
        ),
    ] {
        let payload = Payload::parse(json).unwrap();
        assert_eq!(payload.message.as_deref(), Some(message));
        assert_eq!(payload.cwd.as_deref(), Some("/"));
    }
}

#[test]
fn text_of_no_fair_length_is_not_kept() {
    let long = "x".repeat(MAX_TEXT_LEN + 1);
    let json = format!(r#"{{"message":"{long}","{long}":1,"cwd":"/"}}"#);
    let payload = parse_in_pieces(json.as_bytes(), 1000).unwrap();
    assert_eq!(payload.message, None);
    assert_eq!(payload.cwd.as_deref(), Some("/"));
}

#[test]
fn tasks_in_the_background_run_until_they_have_ended() {
    let running = |tasks: &str| {
        let json = format!(
            r#"{{"x":[{{"background_tasks":[{{}}]}}],"background_tasks":{tasks},"cwd":"/"}}"#
        );
        [1, 3, 1000].map(|len| {
            let payload = parse_in_pieces(json.as_bytes(), len).unwrap();
            assert_eq!(payload.cwd.as_deref(), Some("/"));
            payload.has_running_tasks()
        })
    };
    for tasks in [
        r#"[{"id":"t1","status":"running","description":"a \"]}"}]"#,
        r#"[{"status":"completed"},{"status":"running"}]"#,
        r#"[{"id":"of a kind that says nothing"}]"#,
    ] {
        assert_eq!(running(tasks), [true; 3], "{tasks}");
    }
    for tasks in [
        "[]",
        "null",
        "7",
        "\"running\"",
        r#"{"status":"running"}"#,
        r#"[{"status":"completed"},{"status":"Killed"}]"#,
        "[1]",
    ] {
        assert_eq!(running(tasks), [false; 3], "{tasks}");
    }
}

#[test]
fn deep_nesting_is_passed_over_without_recursion() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let json = format!(r#"{{"tool_response":{deep},"cwd":"/"}}"#);
    let payload = Payload::parse(json.as_bytes()).unwrap();
    assert_eq!(payload.cwd.as_deref(), Some("/"));
}

/// Any JSON value of limited size, with some known field names.
fn any_value() -> impl Strategy<Value = Value> {
    let name = prop_oneof!["\\PC*", Just("message".to_owned()), Just("cwd".to_owned())];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<f64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_object_yields_what_a_parser_finds(
        fields in prop::collection::vec((
            prop_oneof![Just("message"), Just("cwd"), Just("marker"), Just("other")],
            any_value(),
        ), 0..8),
        pretty: bool,
        len in 1..50usize,
    ) {
        let object = Value::Object(
            fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        );
        let json = if pretty { format!("{object:#}") } else { object.to_string() };
        let payload = parse_in_pieces(json.as_bytes(), len).unwrap();
        let expected = |name: &str| object.get(name).and_then(Value::as_str);
        prop_assert_eq!(payload.message.as_deref(), expected("message"));
        prop_assert_eq!(payload.cwd.as_deref(), expected("cwd"));
        prop_assert_eq!(payload.marker.as_deref(), expected("marker"));
        prop_assert!(Payload::parse(&json.as_bytes()[..json.len() - 1]).is_err());
    }

    #[test]
    fn any_bytes_are_read_alike_in_any_pieces(bytes: Vec<u8>, len in 1..20usize) {
        let bytes = [b"{", &bytes[..]].concat();
        prop_assert_eq!(
            parse_in_pieces(&bytes, len).map_err(|error| error.to_string()),
            Payload::parse(&bytes).map_err(|error| error.to_string())
        );
    }
}
