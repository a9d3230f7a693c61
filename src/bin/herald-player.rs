//! The resident player: started by hooks on demand, the only program that links the audio stack.

use std::process::ExitCode;

use herald::env::Env;
use herald::player::protocol::Request;

const USAGE: &str = "\
The resident player of Herald. Hooks start it on demand; it leaves when it is not needed.

Usage: herald-player [--request JSON]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let first = match args[..] {
        [] => Ok(None),
        ["--request", json] => Request::decode(json.as_bytes()).map(Some),
        ["-V" | "--version"] => {
            println!("herald-player {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        _ => {
            println!("{USAGE}");
            return ExitCode::from(if args[..] == ["--help"] { 0 } else { 2 });
        }
    };
    match first.and_then(|first| herald::player::server::run(&Env::process(), first)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("herald-player: {error}");
            ExitCode::FAILURE
        }
    }
}
