use jsonc_parser::ast::Value as Parsed;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const EVENTS: [&str; 3] = ["Stop", "Notification", "PreToolUse"];

fn runs(program: &str) -> Command<'_> {
    Command {
        program,
        in_place_of_original: program,
        args: "hook",
        path: program,
        may_exec: true,
    }
}

/// All tools of these events.
fn install(
    text: &str,
    agent: &Agent,
    events: &[&str],
    command: &Command<'_>,
    is_stale: impl Fn(&str) -> bool,
) -> Result<Planned, Fault> {
    let all = events.iter().map(|event| Wanted { event, tools: &[] });
    let events: Vec<_> = all.collect();
    super::install(text, agent, &events, command, is_stale)
}

fn uninstall(text: &str, base: Option<&str>) -> Result<Planned, Fault> {
    super::uninstall(Agent::claude(), text, base)
}

fn heralds(text: &str) -> Result<Vec<Hook>, Fault> {
    super::heralds(Agent::claude(), text)
}

const QUESTIONS: Wanted<'_> = Wanted {
    event: "PreToolUse",
    tools: &["AskUserQuestion", "ExitPlanMode"],
};

fn with_questions(text: &str) -> String {
    let claude = Agent::claude();
    super::install(text, claude, &[QUESTIONS], &runs("herald"), |_| false)
        .unwrap()
        .text
}

fn installed(text: &str, events: &[&str]) -> String {
    install(text, Agent::claude(), events, &runs("herald"), |_| false)
        .unwrap()
        .text
}

#[track_caller]
fn check_round_trip(before: &str) {
    let after = installed(before, &EVENTS);
    assert_eq!(installed(&after, &EVENTS), after, "twice is once");
    let back = uninstall(&after, Some(before)).unwrap();
    assert_eq!(back.text, before, "by way of:\n{after}");
}

/// What a text says, comments and trailing commas aside.
fn value(text: &str) -> Value {
    let text = text.trim_start_matches(MARK);
    herald_audio::internals::config::parse(text).map_or_else(|_| json!({}), converted)
}

fn converted(value: Parsed<'_>) -> Value {
    match value {
        Parsed::StringLit(text) => text.value.into(),
        Parsed::NumberLit(number) => number.value.parse().unwrap(),
        Parsed::BooleanLit(literal) => literal.value.into(),
        Parsed::NullKeyword(_) => Value::Null,
        Parsed::Array(array) => array.elements.into_iter().map(converted).collect(),
        Parsed::Object(object) => {
            let members = object.properties.into_iter();
            let members =
                members.map(|member| (member.name.into_string(), converted(member.value)));
            Value::Object(members.collect())
        }
    }
}

#[test]
fn a_hook_is_written_as_the_rest_is() {
    for (before, after) in [
        (
            "",
            "{\n  \"hooks\": {\n    \"Stop\": [\n      {\n        \"hooks\": [\n          {\n            \"type\": \"command\",\n            \"command\": \"herald hook\",\n            \"timeout\": 10\n          }\n        ]\n      }\n    ]\n  }\n}\n",
        ),
        (
            "{\"a\":1}",
            "{\"a\":1,\"hooks\":{\"Stop\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"herald hook\",\"timeout\":10}]}]}}",
        ),
        (
            "{\"hooks\": {\"Stop\": [ ]} }\n",
            "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"herald hook\", \"timeout\": 10}]}]} }\n",
        ),
        (
            "{\r\n\t\"a\": 1 // one\r\n}",
            "{\r\n\t\"a\": 1, // one\r\n\t\"hooks\": {\r\n\t\t\"Stop\": [\r\n\t\t\t{\r\n\t\t\t\t\"hooks\": [\r\n\t\t\t\t\t{\r\n\t\t\t\t\t\t\"type\": \"command\",\r\n\t\t\t\t\t\t\"command\": \"herald hook\",\r\n\t\t\t\t\t\t\"timeout\": 10\r\n\t\t\t\t\t}\r\n\t\t\t\t]\r\n\t\t\t}\r\n\t\t]\r\n\t}\r\n}",
        ),
        (
            "{\n   \"hooks\": {\n      \"Stop\": [\n         {\"hooks\": []},\n      ],\n   },\n}",
            "{\n   \"hooks\": {\n      \"Stop\": [\n         {\"hooks\": []},\n         {\n            \"hooks\": [\n               {\n                  \"type\": \"command\",\n                  \"command\": \"herald hook\",\n                  \"timeout\": 10\n               }\n            ]\n         },\n      ],\n   },\n}",
        ),
    ] {
        assert_eq!(installed(before, &["Stop"]), after);
    }
}

#[test]
fn a_hook_for_questions_has_a_matcher_until_it_is_for_all_calls() {
    let before = r#"{"a":1}"#;
    let narrow = with_questions(before);
    assert_eq!(
        narrow,
        r#"{"a":1,"hooks":{"PreToolUse":[{"matcher":"AskUserQuestion|ExitPlanMode","hooks":[{"type":"command","command":"herald hook","timeout":10}]}]}}"#
    );
    assert_eq!(with_questions(&narrow), narrow);
    let wide = installed(&narrow, &["PreToolUse"]);
    assert_eq!(wide, installed(before, &["PreToolUse"]));
    assert_eq!(with_questions(&wide), wide);
    for text in [&narrow, &wide] {
        assert_eq!(uninstall(text, Some(before)).unwrap().text, before);
    }
    // A matcher of the user's own stays, and one that another hook shares.
    let own = narrow.replace("AskUserQuestion|ExitPlanMode", "Bash");
    assert_eq!(installed(&own, &["PreToolUse"]), own);
    let shared = narrow.replace("\"hooks\":[", "\"hooks\":[{\"command\":\"x\"},");
    let hooks = heralds(&installed(&shared, &["PreToolUse"])).unwrap();
    let matchers: Vec<_> = hooks.iter().map(|hook| hook.matcher.is_some()).collect();
    assert_eq!(matchers, [true, false]);
}

/// Agents have different names and units for the time limit, and not all of them want groups and types.
#[test]
fn a_hook_has_the_form_of_its_agent() {
    for (agent, event, after) in [
        (
            "codex",
            "SessionEnd",
            json!({"hooks": {"SessionEnd": [{"hooks": [
                {"type": "command", "command": "herald hook", "timeout": 3}]}]}}),
        ),
        (
            "gemini",
            "AfterAgent",
            json!({"hooks": {"AfterAgent": [{"hooks": [
                {"type": "command", "command": "herald hook", "timeout": 10_000}]}]}}),
        ),
        (
            "cursor",
            "stop",
            json!({"version": 1, "hooks": {"stop": [{"command": "herald hook", "timeout": 10}]}}),
        ),
        (
            "copilot",
            "Stop",
            json!({"version": 1, "hooks": {"Stop": [
                {"type": "command", "exec": "herald", "args": ["hook"], "timeoutSec": 10}]}}),
        ),
        (
            "windsurf",
            "post_cascade_response",
            json!({"hooks": {"post_cascade_response": [{"command": "herald hook"}]}}),
        ),
    ] {
        let agent = Agent::named(agent).unwrap();
        let planned = install("", agent, &[event], &runs("herald"), |_| false).unwrap();
        assert_eq!(value(&planned.text), after);
        assert_eq!(uninstall(&planned.text, None).unwrap().text, "");
    }
}

/// Also a form that others write: Claude Code runs `command` without a shell if it has `args`.
#[test]
fn a_program_that_needs_no_shell_is_recognized_and_changed() {
    for form in [
        r#"{"type": "command", "exec": "PROGRAM", "args": ["hook", "--agent", "copilot"]}"#,
        r#"{"type": "command", "command": "PROGRAM", "args": ["hook"]}"#,
    ] {
        let text = |program: &str| {
            let hook = form.replace("PROGRAM", program);
            format!("{{\"version\": 1, \"hooks\": {{\"Stop\": [{hook}]}}}}")
        };
        let agent = Agent::named("copilot").unwrap();
        let command = Command {
            path: "/new path/herald",
            ..runs("'/new path/herald'")
        };
        let is_stale = |program: &str| program == "/old path/herald";
        let old = text("/old path/herald");
        let planned = install(&old, agent, &["Stop"], &command, is_stale).unwrap();
        assert_eq!(planned.text, text("/new path/herald"));
        assert_eq!(
            (planned.events.len(), planned.replaced),
            (0, vec!["Stop".to_owned()])
        );
        assert_eq!(uninstall(&planned.text, None).unwrap().text, "");
        assert!(heralds(&text("/usr/bin/say")).unwrap().is_empty());
    }
    let original =
        r#"{"hooks": {"Stop": [{"exec": "uv", "args": ["run", "herald.py", "--hook", "Stop"]}]}}"#;
    assert!(heralds(original).unwrap().is_empty());
}

#[test]
fn odd_texts_come_back() {
    for before in [
        "",
        " \n",
        "// only a comment",
        "/* a */\n",
        "{}",
        "{ }\n",
        "{\n}\n",
        "{\n\n  }",
        "{ /* nothing */ }",
        "{ // nothing\n}",
        "{\"hooks\": {}}",
        "{\"hooks\": { }, }",
        "{\n  \"hooks\": {\n  }\n}",
        "{\n  \"hooks\": {\"Stop\": []}\n}",
        "{\n  \"hooks\": {\"Stop\": [\n  ], \"Notification\": [ ]}\n}",
        "{\n  \"hooks\": {\"Stop\": [ // mine\n  ]}\n}",
        "{\n  \"hooks\": {\"Stop\": [ /* mine */ ]}\n}",
        "{\"a\": 1 // one\n // two\n , // three\n}",
        "{\"a\": 1 /* one */ /* two */}",
        "{\"a\":[1],\n\"b\":{\"c\":2}}",
        "{\n\"a\": 1\n}",
        "\u{feff}{\r\n    \"a\": 1\r\n}\r\n",
        "\u{feff}",
        "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"other\"}]}]}}",
        "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"other\"}]} // end\n]}}",
        "{\n  \"hooks\": {\n    \"Stop\": [\n      { \"hooks\": [] }, // the last\n    ]\n  }\n}",
    ] {
        check_round_trip(before);
    }
}

#[test]
fn what_others_added_meanwhile_stays() {
    let before = "{\n  \"a\": 1\n}\n";
    let after = installed(before, &["Stop"]);
    let theirs = "{ \"hooks\": [{ \"type\": \"command\", \"command\": \"theirs\" }] }";
    let end = after.rfind("\n    ]").unwrap();
    let mut added = after.clone();
    added.insert_str(end, &format!(",\n      {theirs}"));
    let left = uninstall(&added, Some(before)).unwrap().text;
    let expected = format!(
        "{{\n  \"a\": 1,\n  \"hooks\": {{\n    \"Stop\": [\n      {theirs}\n    ]\n  }}\n}}\n"
    );
    assert_eq!(left, expected);
    // In the array of ours.
    let ours = "\"timeout\": 10\n          }";
    let added = after.replace(
        ours,
        &format!("{ours},\n          {{ \"type\": \"prompt\" }}"),
    );
    let left = uninstall(&added, None).unwrap().text;
    assert!(!left.contains("herald"), "{left}");
    assert!(
        left.contains("\"hooks\": [\n          { \"type\": \"prompt\" }\n        ]"),
        "{left}"
    );
    // In one line.
    let added = installed("{\"a\": 1}", &["Stop"]).replace("]}}", ", 5]}}");
    let left = uninstall(&added, None).unwrap().text;
    assert_eq!(left, "{\"a\": 1, \"hooks\": {\"Stop\": [5]}}");
}

#[test]
fn without_a_base_what_is_empty_goes() {
    for (before, left) in [
        ("", ""),
        ("{\"a\": 1}", "{\"a\": 1}"),
        ("{\"hooks\": {\"Stop\": []}, \"a\": 1}", "{\"a\": 1}"),
    ] {
        let after = installed(before, &EVENTS);
        assert_eq!(uninstall(&after, None).unwrap().text, left);
    }
}

#[test]
fn a_stale_program_is_replaced_in_place_and_the_rest_of_its_command_stays() {
    let before = r#"{"hooks": {
  "Stop": [{"matcher": "", "hooks": [{"command": "'/old one/herald' hook Stop 2>>\"/tmp/log\"", "type": "command"}]}],
  "Other": [{"hooks": [{"type": "command", "command": "/old/herald --hook Other"}, {"type": "command", "command": "x"}]}]
}}"#;
    let is_stale = |program: &str| program.starts_with("/old");
    let planned = install(
        before,
        Agent::claude(),
        &["Stop"],
        &runs("'/new one/herald'"),
        is_stale,
    )
    .unwrap();
    let after = before
        .replace("'/old one/herald'", "'/new one/herald'")
        .replace("/old/herald", "'/new one/herald'");
    assert_eq!(planned.text, after);
    assert_eq!((planned.replaced.len(), planned.events.len()), (2, 0));
    let left = uninstall(&after, Some(before)).unwrap().text;
    let left = value(&left);
    assert_eq!(
        left["hooks"],
        json!({"Other": [{"hooks": [{"type": "command", "command": "x"}]}]})
    );
}

const ORIGINALS: &str = r#"{"hooks": {
  "Stop": [{"matcher": "*", "hooks": [{"type": "command", "command": "$CLAUDE_PROJECT_DIR/.claude/hooks/herald.py --hook Stop --enable-audio"}]}],
  "PreCompact": [{"hooks": [{"type": "command", "command": "theirs"}, {"command": "cd \"$X\" && uv run 'herald.py' --hook=PreCompact || true", "type": "command"}]}]
}} // mine"#;

#[test]
fn the_original_is_replaced_in_place_and_nothing_is_added() {
    let install = |text: &str| {
        install(
            text,
            Agent::claude(),
            &EVENTS,
            &runs("'/a b/herald'"),
            |_| false,
        )
        .unwrap()
    };
    let planned = install(ORIGINALS);
    let after = ORIGINALS
        .replace(
            "$CLAUDE_PROJECT_DIR/.claude/hooks/herald.py",
            "'/a b/herald'",
        )
        .replace("uv run 'herald.py'", "'/a b/herald'");
    assert_eq!(planned.text, after);
    assert_eq!(planned.events, [""; 0]);
    assert_eq!(planned.replaced, ["Stop", "PreCompact"]);
    assert_eq!(planned.originals, planned.replaced);
    let again = install(&after);
    assert_eq!((again.text, again.replaced), (after.clone(), vec![]));
    let back = uninstall(&after, Some(ORIGINALS)).unwrap();
    assert_eq!((&*back.text, back.events.len()), (ORIGINALS, 2));
    // Without a text from before, and where that had others in their place, they go.
    for base in [
        None,
        Some(ORIGINALS.replace("theirs\"}, {", "theirs\"}, 1, {")),
    ] {
        let left = value(&uninstall(&after, base.as_deref()).unwrap().text);
        let theirs = json!([{"hooks": [{"type": "command", "command": "theirs"}]}]);
        assert_eq!(left["hooks"]["PreCompact"], theirs, "{base:?}");
    }
}

#[test]
fn where_herald_is_registered_already_the_original_goes() {
    let own = r#"{"hooks": [{"type": "command", "command": "herald hook", "timeout": 10}]}"#;
    let with =
        |own: &str, more: &str| format!(r#"{{"hooks": {{"Stop": [{own}{more}], "Other": []}}}}"#);
    let original = r#", {"hooks": [{"type": "command", "command": "herald.py --hook Stop"}]}"#;
    let planned = install(
        &with(own, original),
        Agent::claude(),
        &["Stop"],
        &runs("herald"),
        |_| false,
    )
    .unwrap();
    assert_eq!(planned.text, with(own, ""));
    assert_eq!(planned.originals, ["Stop"]);
    // One for a part of the event does not do what the original did.
    let of_part = own.replacen('{', r#"{"matcher": "a", "#, 1);
    let text = with(&of_part, original);
    let planned = install(&text, Agent::claude(), &["Stop"], &runs("herald"), |_| {
        false
    })
    .unwrap();
    assert_eq!(planned.text, text.replace("herald.py", "herald"));
}

#[test]
fn faults_have_their_place() {
    for (text, place, what) in [
        ("{\n  \"a\": }", (2, 8), "not valid JSON"),
        ("[1]", (1, 1), "not an object"),
        ("{\"hooks\": [1]}", (1, 11), "\"hooks\" is not an object"),
        ("{\"hooks\": null}", (1, 11), "\"hooks\" is not an object"),
        (
            "{\"hooks\": {\n\"Stop\": {}}}",
            (2, 9),
            "\"Stop\" in \"hooks\" is not an array",
        ),
        ("{} {}", (1, 4), "not valid JSON"),
    ] {
        let fault =
            install(text, Agent::claude(), &["Stop"], &runs("herald"), |_| false).unwrap_err();
        let position = fault.position.map(|place| (place.line, place.column));
        assert_eq!(position, Some(place), "{text}: {fault}");
        assert!(fault.what.contains(what), "{text}: {fault}");
    }
}

/// Settings in any formatting: what stands between two tokens is drawn anew each time.
fn settings(commands: &'static [&'static str]) -> impl Strategy<Value = String> {
    (any::<u64>(), 0..4u8, any::<bool>()).prop_map(move |(seed, kind, crlf)| {
        let state = seed | 1;
        let mut dice = Dice { state, commands };
        let text = dice.object(kind);
        match crlf {
            true => text.replace('\n', "\r\n"),
            false => text,
        }
    })
}

struct Dice {
    state: u64,
    /// What hooks may run.
    commands: &'static [&'static str],
}

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 8) % sides
    }

    fn space(&mut self) -> &'static str {
        const SPACES: [&str; 10] = [
            "",
            "",
            "",
            " ",
            "\n",
            "\n  ",
            "\n\t",
            " // c\n",
            "/* c */",
            "\n /* , */\n   ",
        ];
        SPACES[self.roll(SPACES.len() as u64) as usize]
    }

    fn list(&mut self, brackets: [&str; 2], items: Vec<String>) -> String {
        let mut text = brackets[0].to_owned();
        let len = items.len();
        for (number, item) in items.into_iter().enumerate() {
            text += self.space();
            text += &item;
            text += self.space();
            if number + 1 < len || self.roll(4) == 0 {
                text += ",";
            }
        }
        text += self.space();
        text + brackets[1]
    }

    fn member(&mut self, key: &str, value: &str) -> String {
        format!("\"{key}\"{}:{}{value}", self.space(), self.space())
    }

    fn hook(&mut self) -> String {
        let number = self.roll(self.commands.len() as u64) as usize;
        let members = vec![
            "\"type\": \"command\"".to_owned(),
            format!("\"command\": {:?}", self.commands[number]),
        ];
        self.list(["{", "}"], members)
    }

    fn group(&mut self) -> String {
        let hooks = (0..=self.roll(2)).map(|_| self.hook()).collect();
        let hooks = self.list(["[", "]"], hooks);
        let hooks = self.member("hooks", &hooks);
        self.list(["{", "}"], vec![hooks])
    }

    fn object(&mut self, kind: u8) -> String {
        let mut members = Vec::new();
        if self.roll(2) == 0 {
            members.push(self.member("a", "{\"b\": [1, 2]}"));
        }
        if kind > 0 {
            let mut events = Vec::new();
            for event in ["Stop", "Other", "PreToolUse"] {
                if self.roll(2) == 0 && kind > 1 {
                    let groups = (0..self.roll(3)).map(|_| self.group()).collect();
                    let groups = self.list(["[", "]"], groups);
                    events.push(self.member(event, &groups));
                }
            }
            let hooks = self.list(["{", "}"], events);
            members.push(self.member("hooks", &hooks));
        }
        if self.roll(2) == 0 {
            members.push(self.member("z", "null"));
        }
        let (before, after) = (self.space(), self.space());
        format!("{before}{}{after}", self.list(["{", "}"], members))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_formatting_comes_back(before in settings(&["other"])) {
        // In two steps, as when the config changes between two installations.
        let first = with_questions(&installed(&before, &EVENTS[..1]));
        prop_assert_eq!(&uninstall(&first, Some(&before)).unwrap().text, &before, "by way of:\n{}", first);
        let after = installed(&first, &EVENTS);
        prop_assert_eq!(&installed(&after, &EVENTS), &after);
        let mut expected = value(&before);
        for event in EVENTS {
            let hook = json!({"type": "command", "command": "herald hook", "timeout": 10});
            let groups = &mut expected["hooks"][event];
            match groups.as_array_mut() {
                Some(groups) => groups.push(json!({"hooks": [hook]})),
                None => *groups = json!([{"hooks": [hook]}]),
            }
        }
        prop_assert_eq!(value(&after), expected);
        let back = uninstall(&after, Some(&before)).unwrap();
        prop_assert_eq!(&back.text, &before, "by way of:\n{}", after);
    }

    #[test]
    fn any_formatting_comes_back_where_hooks_stand_alone(before in settings(&["other"])) {
        let cursor = Agent::named("cursor").unwrap();
        let installed = |text: &str| install(text, cursor, &EVENTS, &runs("herald"), |_| false);
        let after = installed(&before).unwrap().text;
        prop_assert_eq!(&installed(&after).unwrap().text, &after);
        let back = uninstall(&after, Some(&before)).unwrap();
        prop_assert_eq!(&back.text, &before, "by way of:\n{}", after);
    }

    #[test]
    fn the_original_comes_back(before in settings(&["other", "python3 herald.py --hook Stop"])) {
        let after = installed(&before, &EVENTS);
        prop_assert_eq!(&installed(&after, &EVENTS), &after);
        prop_assert!(!after.contains("herald.py"), "{}", after);
        let back = uninstall(&after, Some(&before)).unwrap();
        prop_assert_eq!(&back.text, &before, "by way of:\n{}", after);
    }

    #[test]
    fn own_hooks_go_however_others_have_written_them(text in settings(&["other", "herald hook"])) {
        let left = uninstall(&text, None).unwrap().text;
        let own = heralds(&left).map(|hooks| hooks.len());
        prop_assert_eq!(own, Ok(0), "{}\nof\n{}", left, text);
        let others = |text: &str| text.matches("\"other\"").count();
        prop_assert_eq!(others(&left), others(&text), "{}", left);
        prop_assert_eq!(&uninstall(&left, None).unwrap().text, &left);
    }

    #[test]
    fn own_hooks_go_all_at_once_as_they_would_one_by_one(
        text in settings(&["other", "herald hook"]),
        base in settings(&["other"]),
    ) {
        for base in [None, Some(&*base)] {
            let known = base.map(|base| Document::parse(base).unwrap());
            let mut left = text.clone();
            loop {
                let document = Document::parse(&left).unwrap();
                let mut hooks = document.heralds().unwrap();
                hooks.retain(is_own);
                hooks.truncate(1);
                let Some(less) = without(&document, &hooks, known.as_ref()) else {
                    break;
                };
                left = less;
            }
            if left != text {
                left = without_root(left, known.as_ref());
            }
            prop_assert_eq!(&uninstall(&text, base).unwrap().text, &left, "of\n{}", text);
        }
    }
}
