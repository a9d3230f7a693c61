//! Herald's chores: `cargo xtask first-sound` sets everything up and makes a sound,
//! `cargo xtask install` installs it, `cargo xtask test` sets everything up and runs every test,
//! those of the Python package by `cargo xtask python`; `cargo xtask lint` checks what no compiler does,
//! `cargo xtask pictures` records what the documentation shows, `cargo xtask site` makes a website of it.
//!
//! It depends on the Rust toolchain alone, so that it compiles in a second on a fresh machine
//! and can then say, or install, what else is needed. What to do is decided by pure functions
//! ([`args`], [`packages`], [`record`], [`results`], [`steps`]); the other modules carry it out.
//!
//! Limits: it installs system packages only with apt-get, and elsewhere prints the command.

mod agents;
mod args;
mod dist;
mod failure;
mod first_sound;
mod hook;
mod install;
mod lint;
mod order;
mod packages;
mod pictures;
mod process;
mod program;
mod python;
mod record;
mod results;
mod run;
mod say;
mod setup;
mod site;
mod steps;
mod stress;

use std::process::ExitCode;

use args::Task;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let result = args::parse(&args).and_then(|task| match task {
        Task::Help => {
            say::line(args::USAGE.trim_end());
            Ok(())
        }
        Task::FirstSound => first_sound::run(),
        Task::Install(extras) => install::run(&extras),
        Task::Test(scope) => run::run(scope),
        Task::Stress(rounds) => stress::run(rounds),
        Task::Lint { advisories } => lint::run(advisories),
        Task::Dist(targets) => dist::run(&targets),
        Task::DistAgain(targets) => dist::reproduce(&targets),
        Task::DistFinish => dist::finish(),
        Task::Publish { registry, dry_run } => dist::publish(registry, dry_run),
        Task::Python => python::run(),
        Task::Order => order::run(),
        Task::Pictures => pictures::run(),
        Task::Site => site::run(),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_shown() {
                say::error(&failure.to_string());
            }
            failure.exit_code()
        }
    }
}
