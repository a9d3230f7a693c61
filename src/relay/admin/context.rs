//! What several commands need: the fleet of this machine, and an answer.

use herald_audio::internals::config::fleet::Fleet;
use herald_audio::internals::config::{self, Config};
use herald_audio::internals::system::env::Env;
use herald_audio::{Error, ErrorKind, Result};
use herald_cli::cli::internals::{OK, answer, answer_json};
use serde_json::Value;

/// Says what was done: as JSON, or in `words`. Returns the exit code.
pub(super) fn done(is_json: bool, words: &str, json: &Value) -> u8 {
    match is_json {
        true => answer_json(json, OK),
        false => answer(words, OK),
    }
}

pub(super) fn config(env: &Env) -> Config {
    config::load(env, None)
}

/// The fleet of this machine.
///
/// # Errors
///
/// [`ErrorKind::Config`] if it belongs to none.
pub(super) fn fleet(env: &Env) -> Result<Fleet> {
    let what = "this machine belongs to no fleet";
    let none = || {
        Error::new(ErrorKind::Config, what)
            .with_hint("herald fleet init at your desk, or herald fleet join on a box")
    };
    config(env).fleet().cloned().ok_or_else(none)
}
