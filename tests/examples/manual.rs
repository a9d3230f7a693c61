//! Writes the manual pages and the completions for shells into the directory that is its argument:
//! what a release brings beside the programs.

use std::path::PathBuf;
use std::{env, fs, io};

use clap::Command;
use clap_complete::{Shell, generate_to};
use herald_cli::cli::command;

fn main() -> io::Result<()> {
    let dir = PathBuf::from(env::args_os().nth(1).expect("usage: manual DIRECTORY"));
    let (manual, completions) = (dir.join("man"), dir.join("completions"));
    fs::create_dir_all(&manual)?;
    fs::create_dir_all(&completions)?;
    let mut herald = command();
    for shell in [
        Shell::Bash,
        Shell::Elvish,
        Shell::Fish,
        Shell::PowerShell,
        Shell::Zsh,
    ] {
        generate_to(shell, &mut herald, "herald", &completions)?;
    }
    clap_mangen::generate_to(without_help(command()), &manual)
}

/// `herald help COMMAND` shows what the page of that command says.
fn without_help(command: Command) -> Command {
    command
        .disable_help_subcommand(true)
        .mut_subcommands(without_help)
}
