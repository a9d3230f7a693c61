//! Every help text stands in `help.txt`, as the programs print it.
//!
//! After a change: `HERALD_BLESS=1 cargo test -p herald-cli --test suite -- messages help`, then read what has changed
//! as a user would.

use std::fs;

use crate::support::sandbox::{Sandbox, run};
use crate::support::{is_recording, repository};

const SNAPSHOT: &str = "tests/suite/cli/help.txt";

fn commands(command: &clap::Command, path: &[&str], found: &mut Vec<Vec<String>>) {
    found.push(path.iter().map(|name| (*name).to_owned()).collect());
    for command in command.get_subcommands() {
        commands(command, &[path, &[command.get_name()]].concat(), found);
    }
}

#[test]
fn each_help_text_is_in_the_snapshot() {
    let sandbox = Sandbox::new();
    let mut all = Vec::new();
    commands(&herald_cli::cli::command(), &[], &mut all);
    let mut printed = String::new();
    let mut print = |line: String, output: std::process::Output| {
        assert!(output.status.success(), "{line}");
        let text = String::from_utf8(output.stdout).unwrap();
        printed += &format!("$ {line}\n{text}\n");
    };
    for path in all {
        let args: Vec<_> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let output = run(sandbox.herald(&args), b"");
        print(format!("herald {}", args.join(" ")), output);
    }
    let mut player = sandbox.command(env!("CARGO_BIN_EXE_herald-player"));
    player.arg("--help");
    print("herald-player --help".to_owned(), run(player, b""));

    let path = repository().join(SNAPSHOT);
    if is_recording() {
        fs::write(&path, &printed).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    assert!(
        stored == printed,
        "{SNAPSHOT} is not what the programs print: run \
         HERALD_BLESS=1 cargo test -p herald-cli --test suite -- messages help, and read it"
    );
}
