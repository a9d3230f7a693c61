//! Reads the player's log and cargo's messages: one flat JSON object per line.
//!
//! A string search suffices, because both are written by known programs: a key's text cannot occur inside a
//! string, where its quotes would be escaped.

use std::path::{Path, PathBuf};

use crate::program::Program;

/// The outcome of a sound in the player's log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Played { output: String },
    Failed { reason: String },
}

/// The outcome in the first complete line of `log` that has one.
pub(crate) fn outcome(log: &str) -> Option<Outcome> {
    log.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .find_map(|line| {
            let status = string_field(line, "status")?;
            Some(if status == "played" {
                let output = string_field(line, "output").unwrap_or_else(|| "auto".to_owned());
                Outcome::Played { output }
            } else {
                let reason = string_field(line, "reason").unwrap_or(status);
                Outcome::Failed { reason }
            })
        })
}

/// The program `name` in the messages of `cargo build --message-format=json`.
pub(crate) fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|message| string_field(message, "executable").map(PathBuf::from))
        .find(|path| path.file_stem() == Path::new(name).file_stem())
}

/// The test program in a message of `cargo build --message-format=json`.
pub(crate) fn test_program(message: &str) -> Option<Program> {
    let (_, profile) = message.split_once("\"profile\":")?;
    let (profile, _) = profile.split_once('}')?;
    if !profile.contains("\"test\":true") {
        return None;
    }
    let (_, target) = message.split_once("\"target\":")?;
    let manifest = PathBuf::from(string_field(message, "manifest_path")?);
    Some(Program {
        name: string_field(target, "name")?,
        path: string_field(message, "executable")?.into(),
        dir: manifest.parent()?.to_owned(),
    })
}

/// The string at `key`; none if it is missing or not a string.
fn string_field(object: &str, key: &str) -> Option<String> {
    let (_, rest) = object.split_once(&format!("\"{key}\":"))?;
    unescape(rest.trim_start().strip_prefix('"')?)
}

/// The string that ends at the first unescaped quote; none without one.
fn unescape(text: &str) -> Option<String> {
    let mut string = String::new();
    let mut rest = text.chars();
    loop {
        match rest.next()? {
            '"' => return Some(string),
            '\\' => string.push(match rest.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'u' => {
                    let digits: String = rest.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).ok()?;
                    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
                literal => literal,
            }),
            plain => string.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_and_unescaped() {
        let line = r#"{"n":1,"reason":"no \"hw:0\": C:\\x, a\tb\u0007 é", "status" :"x","s": "y"}"#;
        assert_eq!(
            string_field(line, "reason").as_deref(),
            Some("no \"hw:0\": C:\\x, a\tb\u{7} é")
        );
        assert_eq!(string_field(line, "s").as_deref(), Some("y"));
    }

    #[test]
    fn only_strings_are_fields() {
        for line in [
            r#"{"status":null}"#,
            r#"{"status":3}"#,
            r#"{"other":"status"}"#,
            r#"{"status":"cut off"#,
            r#"{"status":"cut off\"#,
            r#"{"status":"\u00"#,
            "",
        ] {
            assert_eq!(string_field(line, "status"), None, "{line}");
        }
    }

    #[test]
    fn a_quoted_key_inside_a_string_is_not_taken() {
        let line = r#"{"reason":"it said {\"status\":\"played\"}","status":"failed"}"#;
        assert_eq!(string_field(line, "status").as_deref(), Some("failed"));
    }

    #[test]
    fn outcomes() {
        let failed =
            r#"{"time_ms":1,"output":"auto","status":"failed","reason":"no sound device"}"#;
        let played = r#"{"time_ms":1,"output":"wav:/x.wav","status":"played"}"#;
        assert_eq!(outcome(""), None);
        assert_eq!(outcome(played), None, "the line is not complete");
        let reason = "no sound device".to_owned();
        assert_eq!(
            outcome(&format!("{failed}\n{played}\n")),
            Some(Outcome::Failed { reason })
        );
        let output = "wav:/x.wav".to_owned();
        assert_eq!(
            outcome(&format!("{{\"started\":true}}\n{played}\n")),
            Some(Outcome::Played { output })
        );
        let reason = "skipped".to_owned();
        assert_eq!(
            outcome("{\"status\":\"skipped\"}\n"),
            Some(Outcome::Failed { reason })
        );
    }

    #[test]
    fn cargo_names_the_program_it_built() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","executable":null,"fresh":true}"#,
            "\n",
            r#"{"reason":"compiler-artifact","executable":"/t/release/herald-player"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","executable":"/t/release/herald.exe"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        let found = executable(messages, "herald");
        assert_eq!(found, Some(PathBuf::from("/t/release/herald.exe")));
        assert_eq!(executable(messages, "other"), None);
    }

    #[test]
    fn cargo_names_the_programs_with_tests() {
        let message = |is_test: bool, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"path+file:///r#herald-audio@0.1.0","manifest_path":"/r/Cargo.toml","target":{{"kind":["test"],"name":"suite","test":true}},"profile":{{"opt_level":"0","test":{is_test}}},"features":[],"executable":{executable},"fresh":true}}"#
            )
        };
        let program = test_program(&message(true, r#""/t/debug/deps/suite-1""#)).unwrap();
        assert_eq!(program.name, "suite");
        assert_eq!(program.path, Path::new("/t/debug/deps/suite-1"));
        assert_eq!(program.dir, Path::new("/r"));
        assert_eq!(test_program(&message(false, r#""/t/debug/herald""#)), None);
        assert_eq!(test_program(&message(true, "null")), None);
        assert_eq!(test_program(r#"{"reason":"build-finished"}"#), None);
    }
}
