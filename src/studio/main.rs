//! Fetches sound packs. `herald` starts it with its own arguments.

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    herald_studio::run(&args).into()
}
