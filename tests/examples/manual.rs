//! Writes the manual pages and the completions for shells into the directory that is its argument:
//! what a release brings beside the programs.

use std::path::PathBuf;
use std::{env, fs, io};

use clap::Command;
use herald_cli::cli::{command, completion_scripts};

fn main() -> io::Result<()> {
    let dir = PathBuf::from(env::args_os().nth(1).expect("usage: manual DIRECTORY"));
    let (manual, completions) = (dir.join("man"), dir.join("completions"));
    fs::create_dir_all(&manual)?;
    fs::create_dir_all(&completions)?;
    for (name, script) in completion_scripts() {
        fs::write(completions.join(name), script)?;
    }
    clap_mangen::generate_to(without_help(command()), &manual)
}

/// `herald help COMMAND` shows what the page of that command says.
fn without_help(command: Command) -> Command {
    command
        .disable_help_subcommand(true)
        .mut_subcommands(without_help)
}
