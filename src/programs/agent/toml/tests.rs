use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;

const EVENTS: [&str; 3] = ["Stop", "Notification", "PreToolUse"];

fn runs(program: &str) -> Command<'_> {
    Command {
        program,
        in_place_of_original: program,
        args: "hook --agent kimi",
        path: program,
        may_exec: true,
    }
}

fn planned(text: &str, events: &[&str], program: &str) -> Planned {
    let events = events.iter().map(|event| Wanted { event, tools: &[] });
    let events: Vec<_> = events.collect();
    let is_stale = |program: &str| program.starts_with("/old");
    install(text, &events, &runs(program), 10, is_stale).unwrap()
}

fn installed(text: &str, events: &[&str]) -> String {
    planned(text, events, "herald").text
}

/// What a text says, read by another parser.
#[track_caller]
fn read(text: &str) -> Json {
    let text = text.trim_start_matches('\u{feff}');
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[track_caller]
fn check_round_trip(before: &str) {
    let first = installed(before, &EVENTS[..1]);
    let after = installed(&first, &EVENTS);
    assert_eq!(installed(&after, &EVENTS), after, "twice is once");
    let mut expected = read(before);
    let hooks = EVENTS
        .map(|event| json!({"event": event, "command": "herald hook --agent kimi", "timeout": 10}));
    let mut all = expected["hooks"].as_array().cloned().unwrap_or_default();
    all.extend(hooks);
    expected["hooks"] = all.into();
    assert_eq!(read(&after), expected, "{after}");
    let back = uninstall(&after, Some(before)).unwrap();
    assert_eq!(back.text, before, "by way of:\n{after}");
    assert_eq!(back.events, EVENTS);
}

#[test]
fn a_hook_is_a_table_at_the_end_or_an_item_of_a_list_in_brackets() {
    let table =
        "[[hooks]]\nevent = \"Stop\"\ncommand = \"herald hook --agent kimi\"\ntimeout = 10\n";
    let item = "{ event = \"Stop\", command = \"herald hook --agent kimi\", timeout = 10 }";
    for (before, after) in [
        ("", table.to_owned()),
        ("a = 1\n", format!("a = 1\n\n{table}")),
        ("a = 1", format!("a = 1\n\n{table}")),
        (
            "[t]\r\na = 1\r\n",
            format!("[t]\r\na = 1\r\n\r\n{}", table.replace('\n', "\r\n")),
        ),
        ("hooks = []\n", format!("hooks = [{item}]\n")),
        (
            "hooks = [{event = \"Stop\", inject_prompt = \"x\"},]",
            format!("hooks = [{{event = \"Stop\", inject_prompt = \"x\"}}, {item},]"),
        ),
    ] {
        assert_eq!(installed(before, &["Stop"]), after);
    }
}

#[test]
fn odd_texts_come_back() {
    for before in [
        "",
        "\n",
        " ",
        "# only a comment",
        "\u{feff}",
        "\u{feff}a = 1\r\n",
        "a = 1\n\n\n",
        "hooks = [ ]",
        "hooks = [ # none\n]\n[t]\n",
        "hooks = [\n  { event = \"Stop\", command = \"other\" }, # mine\n]\n",
        "[[hooks]]\nevent = \"Stop\"\ncommand = '''\n[[hooks]]\n'''",
        "[t]\nx = \"\"\"\nhooks = []\n\"\"\" # end",
    ] {
        check_round_trip(before);
    }
}

#[test]
fn what_others_changed_meanwhile_stays() {
    let after = installed("a = 1\n", &["Stop", "StopFailure"]);
    let mut changed = after.replace("a = 1", "a = 2") + "\n[t] # new\nx = 1\n";
    assert_eq!(
        uninstall(&changed, Some("a = 1\n")).unwrap().text,
        "a = 2\n\n[t] # new\nx = 1\n"
    );
    // As Kimi CLI writes it.
    changed =
        "hooks = [{event=\"Stop\",command=\"herald hook\"} , {event=\"Stop\",command=\"other\"}]"
            .to_owned();
    assert_eq!(
        uninstall(&changed, None).unwrap().text,
        "hooks = [ {event=\"Stop\",command=\"other\"}]"
    );
}

#[test]
fn a_stale_program_is_replaced_in_place() {
    let before = "hooks = []\n\n[t]\n";
    let old = planned(before, &["Stop"], "'/old one/herald'");
    let new = planned(&old.text, &["Stop"], "/new/herald");
    assert_eq!(
        (new.events.len(), &*new.replaced),
        (0, &["Stop".to_owned()][..])
    );
    assert_eq!(new.text, planned(before, &["Stop"], "/new/herald").text);
}

#[test]
fn a_fault_is_where_it_is() {
    for (text, place, what) in [
        ("a = 1\nb = \n", Some((2, 5)), ""),
        ("a = 1\nhooks = 2\n", Some((2, 9)), "not a list"),
        ("\n[hooks]\n", Some((2, 1)), "not a list"),
        ("hooks.a = 1", Some((1, 11)), "not a list"),
    ] {
        let fault = hooks(text).unwrap_err();
        let position = fault.position.map(|place| (place.line, place.column));
        assert_eq!(position, place, "{text:?}: {fault}");
        assert!(fault.what.contains(what), "{fault}");
        assert!(commands(text).is_empty());
    }
}

#[test]
fn values_and_commands_are_read() {
    let text = "notify = [ # mine\n  \"afplay\",\n  'a.aiff'\n]\nfeatures.hooks = false\nb = { c = { d = 'x' } }\n\
                [tui]\nnotify = 1\n[ features ] # experimental\nmore = true\n\
                [[hooks]]\nevent = 'Stop'\ncommand = 'afplay a.aiff'\n";
    for (path, found) in [
        (&["notify"][..], Some("[\"afplay\",\"a.aiff\"]")),
        (&["tui", "notify"], Some("1")),
        (&["features", "hooks"], Some("false")),
        (&["features", "more"], Some("true")),
        (&["b", "c", "d"], Some("x")),
        (&["more"], None),
        (&["features", "no"], None),
        (&["hooks", "event"], None),
    ] {
        assert_eq!(value(text, path).as_deref(), found, "{path:?}");
    }
    let stop = ("Stop".to_owned(), "afplay a.aiff".to_owned());
    assert_eq!(commands(text), [stop]);
}

/// A text in one of many forms, with hooks that are not Herald's.
fn settings() -> impl Strategy<Value = String> {
    const ROOT: [&str; 6] = [
        "# a comment\n",
        "\n",
        "KEY = 1\n",
        "\"KEY.b\" = 'x' # why\n",
        "KEY = [ 1, # one\n 2,\n]\n",
        "KEY.a = { b = [], c = \"]\" }\n",
    ];
    const LISTS: [&str; 7] = [
        "",
        "hooks = []\n",
        "hooks=[  ]# none\n",
        "hooks = [ # none\n]\n",
        "hooks = [{event='Stop',command='other'}]\n",
        "hooks = [\n  {event = \"Stop\", command = \"other\"}, # mine\n  {event='Stop',inject_prompt='x'}\n]\n",
        "\"hooks\" = [ { event = \"Stop\", command = \"other\" } , ]\n",
    ];
    const TABLES: [&str; 6] = [
        "\n",
        "# a comment\n",
        "[KEY]\n",
        "  [KEY.a] # a table\n  x = \"\"\"\n[[hooks]]\n\"\"\"\n",
        "[[KEY]]\ny = 2020-01-01\n\n",
        "[[hooks]]\nevent = \"Stop\" \ncommand = 'other' # mine\n",
    ];
    let roots = || prop::collection::vec(prop::sample::select(&ROOT[..]), 0..4);
    let tables = prop::collection::vec(prop::sample::select(&TABLES[..]), 0..5);
    let list = prop::sample::select(&LISTS[..]);
    let ends = (any::<bool>(), any::<bool>());
    (roots(), list, roots(), tables, ends).prop_map(|(root, list, more, tables, ends)| {
        // A list is either in brackets or in tables.
        let tables = tables.into_iter();
        let tables = tables.filter(|table| list.is_empty() || !table.starts_with("[[hooks"));
        let parts = root.into_iter().chain([list]).chain(more).chain(tables);
        let parts = parts.enumerate();
        let text: String = parts
            .map(|(number, part)| part.replace("KEY", &format!("key{number}")))
            .collect();
        let (has_no_end, is_windows) = ends;
        let text = match has_no_end {
            true => text.trim_end().to_owned(),
            false => text,
        };
        match is_windows {
            true => text.replace('\n', "\r\n"),
            false => text,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_formatting_comes_back(before in settings()) {
        check_round_trip(&before);
    }
}
