//! The relay of a fleet. Links no audio library.

use std::process::ExitCode;

fn main() -> ExitCode {
    herald_relay::run()
}
