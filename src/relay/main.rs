//! The relay: resident without a subcommand, started by a hook; with one, what `herald fleet` does.

use std::process::ExitCode;

fn main() -> ExitCode {
    herald_relay::run()
}
