//! The table of commands lists all commands and nothing else.

use std::collections::BTreeSet;

use super::{help, page};
use crate::support::sandbox::Sandbox;

/// The commands in a cell such as `herald throttle check|peek KEY --window 30s`.
fn commands(span: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in without_brackets(span).split_whitespace().skip(1) {
        let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase());
        let names: Vec<_> = word.split('|').filter(|name| is_name(name)).collect();
        if word.starts_with('-') {
            break;
        }
        // `use NAME|check DIR`: placeholders come in between.
        match words.last_mut() {
            Some(last) if word.contains('|') && words_go_on(word) => extend(last, &names),
            _ if names.is_empty() => {}
            _ => words.push(names.into_iter().map(str::to_owned).collect::<Vec<_>>()),
        }
    }
    let mut commands = vec!["herald".to_owned()];
    for alternatives in words {
        let longer = |command: &String| {
            let longer = alternatives.iter().map(|word| format!("{command} {word}"));
            longer.collect::<Vec<_>>()
        };
        commands = commands.iter().flat_map(longer).collect();
    }
    commands
}

/// Whether `word` begins with a placeholder or is empty: `NAME|check`, `|check`.
fn words_go_on(word: &str) -> bool {
    word.starts_with(|c: char| c == '|' || c.is_ascii_uppercase())
}

fn extend(words: &mut Vec<String>, names: &[&str]) {
    words.extend(names.iter().map(|name| (*name).to_owned()));
}

fn without_brackets(span: &str) -> String {
    let mut depth = 0;
    let outside = |c: &char| {
        depth += i32::from(*c == '[');
        let outside = depth == 0;
        depth -= i32::from(*c == ']');
        outside
    };
    span.chars().filter(outside).collect()
}

#[test]
fn cells_are_taken_apart() {
    for (span, expected) in [
        ("herald mute", &["herald mute"][..]),
        (
            "herald hook [EVENT] [--agent NAME] [--no-audio]",
            &["herald hook"],
        ),
        ("herald snooze [30m|2h]", &["herald snooze"]),
        (
            "herald install|uninstall [--dry-run]",
            &["herald install", "herald uninstall"],
        ),
        (
            "herald player status [--json]|stop",
            &["herald player status", "herald player stop"],
        ),
        ("herald play SOUND|FILE [--wait]", &["herald play"]),
        (
            "herald pack list|use NAME|check DIR",
            &["herald pack list", "herald pack use", "herald pack check"],
        ),
        (
            "herald throttle check|peek KEY --window 30s",
            &["herald throttle check", "herald throttle peek"],
        ),
        (
            "herald throttle reset KEY|--all",
            &["herald throttle reset"],
        ),
        (
            "herald config path|show [KEY]|schema",
            &[
                "herald config path",
                "herald config show",
                "herald config schema",
            ],
        ),
        ("herald --hook EVENT", &["herald"]),
    ] {
        assert_eq!(commands(span), expected, "{span}");
    }
}

#[test]
fn every_command_in_the_table_is_there_and_has_its_options() {
    let place = Sandbox::new();
    let mut named = BTreeSet::new();
    let mut wrong = Vec::new();
    for span in page("src/docs/commands.md").command_spans() {
        let commands = commands(&span);
        named.extend(
            commands
                .iter()
                .filter_map(|command| command.split(' ').nth(1).map(str::to_owned)),
        );
        // The original's spelling, which has no help.
        if span.starts_with("herald --hook ") {
            continue;
        }
        let helps: Vec<_> = commands
            .iter()
            .map(|command| help(&place, command))
            .collect();
        let missing = commands
            .iter()
            .zip(&helps)
            .filter(|(_, help)| help.is_none());
        wrong.extend(missing.map(|(command, _)| format!("there is no {command}")));
        let is_end = |c: char| !(c.is_ascii_lowercase() || c == '-');
        let options = span.split(is_end).filter(|word| word.starts_with('-'));
        for option in options {
            let is_known = helps.iter().flatten().any(|help| help.contains(option));
            if !is_known {
                wrong.push(format!("{span}: there is no {option}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all = help(&place, "herald").unwrap();
    let lines = all.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    let is_first = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let there = lines
        .filter(is_first)
        .map(|line| line.split_whitespace().next().unwrap());
    let untold: Vec<_> = there
        .filter(|name| *name != "help" && !named.contains(*name))
        .collect();
    assert_eq!(untold, [""; 0], "commands that the table does not name");
    assert!(named.len() > 12, "the table is gone: {named:?}");
}
