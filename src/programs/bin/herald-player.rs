//! The resident player: started by hooks on demand, and the only program that links the audio stack.

use std::process::ExitCode;

use herald_audio::internals::device::DEVICES;
use herald_audio::internals::player::decoder::{self, DECODE};
use herald_audio::internals::player::{FIRST_REQUEST, devices, quiet, server};
use herald_audio::internals::quiet_rule::ASK;
use herald_audio::internals::system::env::Env;

const USAGE: &str = "\
The resident player of Herald. Hooks start it on demand; it exits when it is idle.

Usage: herald-player [--first-request | --decode [RATE CHANNELS] | --ask | --devices]

Options:
      --first-request  Read the first request from standard input, then run in the background
      --decode RATE CHANNELS
                       Decode the sound on standard input, within limits of memory and time
      --decode         Report for each path in the JSON array on standard input whether the sound file
                       can be played
      --devices        List the devices that sound can go to
      --ask            Report for each rule of your config whether it keeps sounds quiet now
  -h, --help           Print help
  -V, --version        Print version";

fn main() -> ExitCode {
    herald_audio::internals::state_file::catch_truncation();
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let args: Vec<_> = args.iter().map(|arg| arg.to_str()).collect();
    let done = match args[..] {
        [] => server::run(&Env::process()),
        [Some(FIRST_REQUEST)] => server::run_for_hook(&Env::process()),
        [Some(DECODE), ref format @ ..] => decoder::run(format),
        [Some(DEVICES)] => devices::run(&Env::process()),
        [Some(ASK)] => quiet::run(&Env::process()),
        [Some("-V" | "--version")] => {
            println!("herald-player {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        [Some("-h" | "--help")] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            server::say(error);
            ExitCode::FAILURE
        }
    }
}
