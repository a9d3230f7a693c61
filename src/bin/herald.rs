//! The command line and the hook. Links no audio library.

use std::process::ExitCode;

fn main() -> ExitCode {
    herald::cli::main()
}
