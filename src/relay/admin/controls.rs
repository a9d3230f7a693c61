//! `herald fleet here`, `mute`, `unmute` and `snooze`: by the login of this desk.

use std::time::Duration;

use herald_audio::internals::config::fleet::Fleet;
use herald_audio::internals::system::env::Env;
use herald_audio::{Error, ErrorKind, Result};
use herald_cli::cli::internals::span;
use serde_json::json;

use super::context::{done, fleet};
use crate::engine::Engine;
use crate::engine::redis::Server;

pub(super) fn here(is_json: bool, env: &Env) -> Result<u8> {
    let fleet = desk(env)?;
    Server::new(fleet.clone()).announce(Some(Duration::ZERO))?;
    let words = format!("the desk in use is {}\n", fleet.machine());
    Ok(done(
        is_json,
        &words,
        &json!({"deskInUse": fleet.machine()}),
    ))
}

pub(super) fn mute(is_json: bool, env: &Env, time: Duration) -> Result<u8> {
    Server::new(desk(env)?).set_controls(Some(time))?;
    let left = span(time);
    let words = format!("every desk is muted for {left}; `herald fleet unmute` ends it\n");
    let left_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Ok(done(is_json, &words, &json!({"mutedForMs": left_ms})))
}

pub(super) fn unmute(is_json: bool, env: &Env) -> Result<u8> {
    Server::new(desk(env)?).set_controls(None)?;
    let words = "the fleet is unmuted; a mute of one machine stays\n";
    Ok(done(is_json, words, &json!({"mutedForMs": null})))
}

/// The fleet, if this machine is a desk: a box may not silence anybody.
fn desk(env: &Env) -> Result<Fleet> {
    let fleet = fleet(env)?;
    match fleet.follows() {
        true => Ok(fleet),
        false => {
            let what = format!("{} is a box", fleet.machine());
            Err(Error::new(ErrorKind::Config, what)
                .because("only desks may do this")
                .with_hint("run it at a desk; `herald mute` mutes this machine"))
        }
    }
}
