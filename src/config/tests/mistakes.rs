//! The exact message of each kind of mistake. No mistake affects other values.

use std::fs::{self, File};
use std::path::Path;

use serde_json::json;

use super::Project;
use crate::config::document::KEYS;
use crate::config::mistakes::ANY;
use crate::config::model::DEFAULT_VOLUME;
use crate::config::names::USERS_OWN;
use crate::config::{Config, Severity, Source, check_file, load};
use crate::quiet_rule::QuietRule;
use crate::system::env::Env;

/// Loads a user's config with this content. Returns it with the problems, without the file name.
fn load_bytes(content: &[u8]) -> (Config, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.json");
    fs::write(&file, content).unwrap();
    load_file(&file)
}

fn load_file(file: &Path) -> (Config, Vec<String>) {
    let config = load(&Env::of([("HERALD_CONFIG", file)]), None);
    let name = file.display().to_string();
    let issues = config.issues().iter();
    let issues = issues.map(|issue| format!("{}: {issue}", issue.severity).replace(&name, "FILE"));
    let issues = issues.collect();
    (config, issues)
}

/// A mistake between valid settings costs only itself.
#[track_caller]
fn costs_itself_alone(mistake: &str, message: &str) {
    let text = format!(
        r#"{{"audio_settings": {{"max_voices": 3, {mistake}, "min_gap_ms": 7}}, "events": {{"Setup": {{"enabled": true}}}}}}"#
    );
    let (config, issues) = load_bytes(text.as_bytes());
    assert_eq!(issues, [message]);
    assert_eq!(config.playback().max_voices, 3);
    assert_eq!(config.playback().min_gap_ms, 7);
    assert!(config.is_enabled("Setup"));
}

#[test]
fn a_wrong_type_or_range_costs_its_key() {
    for (mistake, message) in [
        (
            r#""volume": "loud""#,
            r#"error: FILE:1:48: audio_settings.volume: expected a number from 0 to 1, found "loud""#,
        ),
        (
            r#""volume": 1.5"#,
            "error: FILE:1:48: audio_settings.volume: expected a number from 0 to 1, or from 2 on for percent (1 is 100 %, 0.015 is 1.5 %), found 1.5",
        ),
        (
            r#""volume": 2"#,
            "warning: FILE:1:48: audio_settings.volume: read as 0.02 (values above 1 are percent): expected a number from 0 to 1, found 2",
        ),
        (
            r#""loudness": "loud""#,
            r#"error: FILE:1:50: audio_settings.loudness: expected a whole number of LUFS from -40 to -6, or "off", found "loud""#,
        ),
        (
            r#""loudness": 18"#,
            r#"warning: FILE:1:50: audio_settings.loudness: read as -6: expected a whole number of LUFS from -40 to -6, or "off", found 18"#,
        ),
        (
            r#""lead_in_ms": 60001"#,
            "warning: FILE:1:52: audio_settings.lead_in_ms: read as 60000: expected a whole number from 0 to 60000, found 60001",
        ),
        (
            r#""throttle_seconds": {"Stop": -1, "Setup": 3}"#,
            "warning: FILE:1:67: audio_settings.throttle_seconds.Stop: read as 0: expected a number of seconds from 0 to 86400, found -1",
        ),
        (
            r#""overlap": "Mix""#,
            r#"error: FILE:1:49: audio_settings.overlap: expected mix, replace, queue or drop, found "Mix""#,
        ),
        (
            r#""lead_in_ms": 7.5"#,
            "warning: FILE:1:52: audio_settings.lead_in_ms: read as 8: expected a whole number from 0 to 60000, found 7.5",
        ),
        (
            r#""lead_in_ms": "8""#,
            r#"error: FILE:1:52: audio_settings.lead_in_ms: expected a whole number from 0 to 60000, found "8""#,
        ),
        (
            r#""throttle_seconds": [1, 2]"#,
            "error: FILE:1:58: audio_settings.throttle_seconds: expected an object, found [1, 2]",
        ),
    ] {
        costs_itself_alone(mistake, message);
    }
    let (config, issues) = load_bytes(br#"{"audio_settings": {"max_voices": 7.0}}"#);
    assert_eq!((config.playback().max_voices, issues), (7, vec![]));
}

#[test]
fn an_unknown_key_is_named_with_the_one_that_was_meant() {
    for (mistake, message) in [
        (
            r#""volumne": 1"#,
            "warning: FILE:1:38: audio_settings.volumne: unknown key; did you mean volume?",
        ),
        (
            r#""colour": "red""#,
            "warning: FILE:1:38: audio_settings.colour: unknown key; valid keys: volume, throttle_seconds, output, overlap, \
             max_voices, min_gap_ms, lead_in_ms, stream_idle_ms, settle_ms, player_idle_exit, loudness, voice, voice_pitch, theme",
        ),
        (
            r#""overlap": "drop", "overlap": "queue""#,
            "warning: FILE:1:38: audio_settings.overlap: duplicate key: the last one is used",
        ),
        (
            r#""throttle_seconds": {"Notifcation": 1}"#,
            "warning: FILE:1:59: audio_settings.throttle_seconds.Notifcation: unknown event; did you mean Notification?",
        ),
        (
            r#""throttle_seconds": {"Notification/idle_promt": 1}"#,
            "warning: FILE:1:59: audio_settings.throttle_seconds.Notification/idle_promt: unknown kind of event; \
             did you mean idle_prompt?",
        ),
    ] {
        costs_itself_alone(mistake, message);
    }
}

#[test]
fn mistakes_outside_of_the_settings_are_named_as_well() {
    for (text, messages) in [
        (
            r#"{"events": {"Stop": false}}"#,
            &[
                r#"error: FILE:1:21: events.Stop: expected an object such as {"enabled": false}, found false"#,
            ][..],
        ),
        (
            r#"{"events": {"Stop": 7}}"#,
            &["error: FILE:1:21: events.Stop: expected an object, found 7"],
        ),
        (
            r#"{"rules": {"quiet_hours": "22:00-7:00"}}"#,
            &[
                r#"error: FILE:1:27: rules.quiet_hours: expected a list such as [{"from": "22:00", "to": "07:00"}], found "22:00-7:00""#,
            ],
        ),
        (
            r#"{"rules": {"quiet_hours": ["22:00 – 07:00", "night"]}}"#,
            &[
                r#"error: FILE:1:28: rules.quiet_hours: expected an object such as {"from": "22:00", "to": "07:00"}, found "22:00 – 07:00""#,
                r#"error: FILE:1:45: rules.quiet_hours: expected an object, found "night""#,
            ],
        ),
        (
            r#"{"volume": 1, "audio_settings": {"enabled": true}, "events": {"Stop": {"overlap": "mix"}}, "sound": 1}"#,
            &[
                "warning: FILE:1:2: volume: unknown key; did you mean audio_settings.volume?",
                "warning: FILE:1:34: audio_settings.enabled: unknown key; did you mean events.EVENT.enabled?",
                "warning: FILE:1:72: events.Stop.overlap: unknown key; did you mean audio_settings.overlap?",
                "warning: FILE:1:92: sound: unknown key; did you mean events.EVENT.sound?",
            ],
        ),
        (
            r#"{"events": {"Notification/idle": {}}}"#,
            &[
                "warning: FILE:1:13: events.Notification/idle: unknown kind of event; did you mean idle_prompt?",
            ],
        ),
        (
            r#"{"events": {"Stop": {"scope": "user", "enabled": "yes"}}}"#,
            &[
                r#"error: FILE:1:31: events.Stop.scope: expected global, project or session, found "user""#,
                r#"error: FILE:1:50: events.Stop.enabled: expected true or false, found "yes""#,
            ],
        ),
        (
            r#"{"audio_settings": 7, "events": ["Stop"]}"#,
            &[
                "error: FILE:1:20: audio_settings: expected an object, found 7",
                r#"error: FILE:1:33: events: expected an object, found ["Stop"]"#,
            ],
        ),
        (
            r#"{"sound_files": {"base_path": 7, "mappings": {"Stop": ["a.wav", 7]}}}"#,
            &[
                "error: FILE:1:31: sound_files.base_path: expected a string, found 7",
                "error: FILE:1:65: sound_files.mappings.Stop: expected a string, found 7",
            ],
        ),
        (
            r#"{"rules": {"quiet_hours": [{"from": "22:00"}, {"from": "8", "to": "9:00"}]}}"#,
            &[
                r#"error: FILE:1:28: rules.quiet_hours: expected an object with "to", found {"from": "22:00"}"#,
                r#"error: FILE:1:56: rules.quiet_hours.from: expected a time of day such as "22:30", found "8""#,
            ],
        ),
        (
            r#"{"packs": {"categories": {"Stop": "task.complet"}, "muted": ["spam"]}}"#,
            &[
                "warning: FILE:1:35: packs.categories.Stop: unknown category; did you mean task.complete?",
                "warning: FILE:1:62: packs.muted: unknown category; valid categories: session.start, task.acknowledge, \
                 task.complete, task.error, input.required, resource.limit, user.spam, session.end, task.progress",
            ],
        ),
        ("[1]", &["error: FILE:1:1: expected an object, found [1]"]),
    ] {
        assert_eq!(load_bytes(text.as_bytes()).1, messages, "{text}");
    }
}

/// A missing key would not be suggested; a surplus one would be suggested in vain.
#[test]
fn every_key_is_known_wherever_it_was_meant_to_be() {
    let settings = Config::builtin().settings();
    let general = settings.iter().map(|setting| {
        let path: Vec<_> = setting.key.split('.').collect();
        match path[..] {
            ["events", _, key] => format!("events.EVENT.{key}"),
            [outer, inner, ..] => format!("{outer}.{inner}"),
            _ => setting.key.clone(),
        }
    });
    let missing: Vec<_> = general.filter(|key| !KEYS.contains(&&**key)).collect();
    assert_eq!(missing, [""; 0]);
    for key in KEYS {
        let value = key.rsplit('.').fold("null".to_owned(), |value, name| {
            format!("{{\"{name}\": {value}}}")
        });
        assert_eq!(load_bytes(value.as_bytes()).1, [""; 0], "{key}");
    }
}

#[test]
fn a_file_that_cannot_be_understood_is_left_out_whole_and_says_where() {
    let deep = format!("{{\"events\": {}", "[".repeat(100_000));
    for (content, message) in [
        (
            &b"{\"audio_settings\": {\"volume\": 1 \"overlap\": 2}}"[..],
            "error: FILE:1:32: not valid JSON: expected comma; the whole file is ignored; hint: correct that line, then run `herald config check`",
        ),
        (
            b"{\n  \"events\": {\n",
            "error: FILE:2:13: not valid JSON: unterminated object; the whole file is ignored; hint: correct that line, then run `herald config check`",
        ),
        (
            b"{'events': {}}",
            "error: FILE:1:2: not valid JSON: single-quoted strings are not allowed; the whole file is ignored; hint: correct that line, then run `herald config check`",
        ),
        (
            b"volume: 1",
            "error: FILE:1:1: not valid JSON: unexpected word; the whole file is ignored; hint: correct that line, then run `herald config check`",
        ),
        (
            b"",
            "error: FILE: the file is empty; the whole file is ignored; hint: use {} for \"no settings\"",
        ),
        (
            b"{\n\"events\": \"\xff\"}",
            "error: FILE:2:12: the file is not UTF-8; the whole file is ignored; hint: save it as UTF-8",
        ),
        (
            b"\xff\xfe{\0}\0",
            "error: FILE: the file is UTF-16; the whole file is ignored; hint: save it as UTF-8",
        ),
        (
            deep.as_bytes(),
            "error: FILE:1:522: not valid JSON: maximum nesting depth exceeded; the whole file is ignored; hint: correct that line, then run `herald config check`",
        ),
    ] {
        let (config, issues) = load_bytes(content);
        assert_eq!(issues, [message]);
        assert_eq!(config.volume(), DEFAULT_VOLUME);
        assert!(config.is_enabled("Stop"), "built-in defaults apply");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_left_out_and_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let large = dir.path().join("large.json");
    File::create(&large).unwrap().set_len(100 << 20).unwrap();
    let says = |file: &Path| load_file(file).1;
    assert_eq!(
        says(&large),
        [
            "error: FILE: cannot be read: larger than 256 KiB; the whole file is ignored; hint: make it a small file that you can read"
        ]
    );
    assert_eq!(
        says(&dir.path().join("missing.json")),
        [
            "error: FILE: cannot be read: No such file or directory (os error 2); the whole file is ignored; hint: create it, or name another file"
        ]
    );
    assert_eq!(
        says(dir.path()),
        [
            "error: FILE: cannot be read: not a regular file; the whole file is ignored; hint: make it a small file that you can read"
        ]
    );
}

#[test]
fn comments_commas_and_a_byte_order_mark_are_read_past() {
    let text = "\u{feff}{\n  // as loud as it gets\n  \"audio_settings\": {\"volume\": 1,},\n}";
    let (config, issues) = load_bytes(text.as_bytes());
    assert_eq!(issues, [""; 0]);
    assert_eq!(config.volume(), 1.0);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.json");
    for (text, note) in [
        (text, Some("2:3: comment")),
        ("{\"events\": {},}", Some("1:15: trailing comma")),
        ("{\"events\": {}}", None),
    ] {
        fs::write(&file, text).unwrap();
        let issues = check_file(&file);
        assert!(issues.iter().all(|issue| issue.severity == Severity::Note));
        let told = issues.first().map(ToString::to_string);
        assert_eq!(told.is_some(), note.is_some(), "{told:?}");
        assert!(told.unwrap_or_default().contains(note.unwrap_or_default()));
    }
}

/// A repository may contain any file; neither its length nor its mistakes may cost much time.
#[test]
fn a_hostile_file_is_bounded() {
    let names: String = (0..5_000).map(|n| format!("\"k{n}\": {n},")).collect();
    let same = "\"volume\": null,".repeat(5_000);
    for text in [
        format!("{{{names} \"z\": 1}}"),
        format!("{{\"audio_settings\": {{{names}{same} \"volume\": true}}}}"),
        format!("{{\"events\": {{{names} \"z\": 1}}}}"),
        format!("{{\"sound_files\": {{\"mappings\": {{{names} \"z\": 1}}}}}}"),
        format!("{{\"{}\": 1}}", "x".repeat(200_000)),
        format!(
            "{{\"audio_settings\": {{\"volume\": \"{}\"}}}}",
            "x".repeat(200_000)
        ),
    ] {
        let (config, issues) = load_bytes(text.as_bytes());
        assert!((1..=21).contains(&issues.len()), "{}", issues.len());
        let more = issues.get(20);
        assert!(
            more.is_none_or(|more| more.ends_with("81 more problems")),
            "{more:?}"
        );
        assert!(issues.iter().all(|issue| issue.len() < 400));
        assert_eq!(config.volume(), DEFAULT_VOLUME);
        // Regression: reading the file again for each of them took hours.
        assert!(config.settings().len() > 20);
    }
}

/// Regression: 240,000 files were looked up at every Stop.
#[test]
fn an_event_has_so_many_sounds_and_no_more() {
    let sounds = |count| {
        let sounds = vec!["\"builtin:failed\""; count].join(", ");
        let text = format!("{{\"sound_files\": {{\"mappings\": {{\"Stop\": [{sounds}]}}}}}}");
        let (config, issues) = load_bytes(text.as_bytes());
        (config.sounds("Stop").len(), issues)
    };
    assert_eq!(sounds(100), (100, vec![]));
    let (count, issues) = sounds(101);
    assert_eq!(count, 1, "built-in defaults apply");
    assert!(issues[0].contains("mappings.Stop: expected at most 100 file names, found ["));
}

/// Keys of a repository could contain control sequences.
#[test]
fn messages_are_plain_text_on_one_line() {
    for (mistake, message) in [
        (
            r#""\u001b[2J\n": 1"#,
            "warning: FILE:1:38: audio_settings. [2J : unknown key; valid keys: volume, throttle_seconds, output, overlap, \
             max_voices, min_gap_ms, lead_in_ms, stream_idle_ms, settle_ms, player_idle_exit, loudness, voice, voice_pitch, theme",
        ),
        (
            "\"volume\": [\n\t1]",
            "error: FILE:1:48: audio_settings.volume: expected a number from 0 to 1, found [  1]",
        ),
    ] {
        costs_itself_alone(mistake, message);
    }
    let (config, _) = load_bytes(br#"{"events": {"\u001b[2J": {"sound": "/\u001b[2J.wav"}}}"#);
    let missing = config.missing_sounds()[0].to_string();
    assert!(!missing.contains(char::is_control), "{missing:?}");
}

#[test]
fn a_project_does_not_say_who_is_trusted() {
    let project = tempfile::tempdir().unwrap();
    let file = project.path().join(".claude/herald.json");
    fs::create_dir(project.path().join(".claude")).unwrap();
    fs::write(&file, r#"{"trusted_projects": ["*"]}"#).unwrap();
    let config = load(&Env::of::<&str, &str>([]), Some(project.path()));
    let issue = config.issues()[0].to_string();
    let says = ":1:22: trusted_projects: only allowed in your own config, not in a project's";
    assert!(issue.ends_with(says), "{issue}");
    assert!(config.trusted_projects.is_empty());
    let (config, issues) = load_file(&file);
    assert_eq!((config.trusted_projects.len(), issues), (1, vec![]));
    let (config, issues) = load_bytes(br#"{"trusted_projects": ["../p", "/a", 5, "/b/*"]}"#);
    assert_eq!(config.trusted_projects.len(), 2);
    assert_eq!(
        issues,
        [
            "error: FILE:1:23: trusted_projects: expected an absolute path, one that ends in /*, or *, found \"../p\"",
            "error: FILE:1:37: trusted_projects: expected an absolute path, one that ends in /*, or *, found 5",
        ]
    );
}

/// In the user's own config each has an effect.
#[test]
fn what_only_the_user_may_set_has_no_effect_in_a_project() {
    let hostile = [
        (
            "audio_settings.output",
            json!({"audio_settings": {"output": "wav:/x.wav"}}),
        ),
        (
            "events.Stop.run",
            json!({"events": {"Stop": {"run": ["touch", "/x"]}}}),
        ),
        (
            "events.Stop@claude.run",
            json!({"events": {"Stop@claude": {"run": ["touch", "/x"]}}}),
        ),
        (
            "events.PreToolUse/Bash:*.run",
            json!({"events": {"PreToolUse/Bash:*": {"run": ["touch", "/x"]}}}),
        ),
        (
            "events.Stop.remind",
            json!({"events": {"Stop": {"remind": "1m"}}}),
        ),
        (
            "events.PreToolUse/Bash:*@codex.remind",
            json!({"events": {"PreToolUse/Bash:*@codex": {"remind": "1m"}}}),
        ),
        (
            "fleet",
            json!({"fleet": {"url": "rediss://redis.example", "name": "home.ci"}}),
        ),
        (
            "packs.by_agent",
            json!({"packs": {"by_agent": {"claude": "peon"}}}),
        ),
        (
            "packs.by_path",
            json!({"packs": {"by_path": {"/*/*": ["peon", "peasant"]}}}),
        ),
        (
            "packs.registry",
            json!({"packs": {"registry": "https://example.com/index.json"}}),
        ),
        (
            "rules.exclude",
            json!({"rules": {"exclude": ["/", "/*", "~/*"]}}),
        ),
        (
            "rules.quiet_in_calls",
            json!({"rules": {"quiet_in_calls": true}}),
        ),
        (
            "rules.only_headphones",
            json!({"rules": {"only_headphones": true}}),
        ),
        (
            "rules.quiet_on_do_not_disturb",
            json!({"rules": {"quiet_on_do_not_disturb": true}}),
        ),
        (
            "rules.quiet_when_locked",
            json!({"rules": {"quiet_when_locked": true}}),
        ),
        (
            "rules.quiet_if",
            json!({"rules": {"quiet_if": ["touch", "/x"]}}),
        ),
        ("trusted_projects", json!({"trusted_projects": ["*"]})),
    ];
    for path in USERS_OWN {
        let is_it = |key: &str| {
            let mut parts = key.split('.');
            let mut path = path.iter();
            path.all(|part| parts.next().is_some_and(|it| *part == ANY || *part == it))
        };
        assert!(hostile.iter().any(|(key, _)| is_it(key)), "{path:?}");
    }
    let is_in_force = |config: &Config, key: &str| {
        let settings = config.settings().into_iter();
        let mut settings = settings.filter(|setting| setting.key.starts_with(key));
        settings.any(|setting| matches!(setting.source, Source::File { .. }))
    };
    for (key, text) in hostile {
        let project = Project::new().with(".claude/herald.json", text.to_string());
        let file = project.root().join(".claude/herald.json");
        assert!(is_in_force(&load_file(&file).0, key), "{key}");
        let config = project.load();
        assert!(!is_in_force(&config, key), "{key}");
        let error = format!("{key}: only allowed in your own config");
        let mut issues = config.issues().iter().map(ToString::to_string);
        assert!(issues.any(|issue| issue.contains(&error)), "{key}");
    }
}

/// Rules that the player asks about; what is wrong with one leaves the others alone.
#[test]
fn a_rule_that_cannot_be_asked_about_is_reported() {
    for (mistake, message) in [
        (
            r#""only_headphones": "yes""#,
            r#"error: FILE:1:55: rules.only_headphones: expected true or false, found "yes""#,
        ),
        (
            r#""quiet_if": []"#,
            "error: FILE:1:48: rules.quiet_if: expected a program, with its arguments, found []",
        ),
        (
            r#""quiet_if": "focused""#,
            r#"error: FILE:1:48: rules.quiet_if: expected a list such as ["notify-send", "{event}"], found "focused""#,
        ),
        (
            r#""quiet_if": ["sh", "-c", "{message}"]"#,
            r#"error: FILE:1:48: rules.quiet_if: sh would read a placeholder as code (use a variable such as $HERALD_MESSAGE), found ["sh", "-c", "{message}"]"#,
        ),
        (
            r#""quiet_in_call": true"#,
            "warning: FILE:1:36: rules.quiet_in_call: unknown key; did you mean quiet_in_calls?",
        ),
    ] {
        let text = format!(r#"{{"rules": {{"quiet_in_calls": true, {mistake}}}}}"#);
        let (config, issues) = load_bytes(text.as_bytes());
        assert_eq!(issues, [message], "{mistake}");
        let rules: Vec<_> = config.quiet_rules().map(QuietRule::name).collect();
        assert_eq!(rules, ["quiet_in_calls"], "{mistake}");
    }
}

/// A password is not repeated in a message, which people show to others.
#[test]
fn a_fleet_that_cannot_be_reached_is_off() {
    for (fleet, messages) in [
        (
            r#""url": "rediss://home.ci:secret@redis.example", "name": "home.ci""#,
            &[
                "error: FILE:1:19: fleet.url: contains a login; hint: write its name into fleet.name, and its password into the key file",
            ][..],
        ),
        (
            r#""url": "redis://redis.example", "name": "home.ci""#,
            &[
                r#"error: FILE:1:19: fleet.url: expected rediss://HOST:PORT, or redis:// with localhost, found "redis://redis.example""#,
            ],
        ),
        (
            r#""url": "rediss://redis.example""#,
            &[
                "warning: FILE:1:19: fleet.url: no effect without fleet.name; hint: herald fleet join URL --key-file FILE",
            ],
        ),
        (
            r#""name": "ci", "url": "rediss://redis.example", "ttl_ms": 1, "role": "server""#,
            &[
                r#"error: FILE:1:20: fleet.name: expected FLEET.MACHINE, each of up to 31 lower-case letters, digits and -, found "ci""#,
                "warning: FILE:1:69: fleet.ttl_ms: read as 1000: expected a whole number from 1000 to 600000, found 1",
                r#"error: FILE:1:80: fleet.role: expected box, desk or both, found "server""#,
            ],
        ),
    ] {
        let (config, issues) = load_bytes(format!(r#"{{"fleet": {{{fleet}}}}}"#).as_bytes());
        assert_eq!(issues, messages);
        assert_eq!(config.fleet(), None);
        assert!(!format!("{:?}", config.settings()).contains("secret"));
    }
}
