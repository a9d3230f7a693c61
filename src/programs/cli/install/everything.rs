//! `herald uninstall --all`

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::args::Target;
use super::diff;
use super::place::Machine;
use super::removal::unregister;
use super::report::{Report, code, words};
use crate::agent;
use crate::cli::answer::{answer, answer_json, counted};
use crate::cli::{player, terminal};
use herald_audio::internals::config::user_file;
use herald_audio::internals::player::client::PlayerClient;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::printable::printable;
use herald_audio::internals::system::state_dir;
use herald_audio::{Error, ErrorKind, Result};

/// The beginnings of the names of Herald's files in its state directory.
const OWN: [&str; 6] = [
    "throttle.v",
    "player.v",
    "reply.",
    "log.ndjson",
    "settings.lock",
    "controls",
];
/// The directory with copies of configs, and how their names begin: with so many digits of a hash.
const COPIES: &str = "config";
const HASH_LEN: usize = 16;
/// How often a directory is looked at again while a player that ends writes into it.
const TRIES: u32 = 300;
const PAUSE: Duration = Duration::from_millis(10);

/// Removes the hooks of every agent and scope, the player and the state. Returns the exit code.
pub(super) fn remove(machine: &Machine, target: &Target) -> u8 {
    let (env, root) = (&machine.env, machine.root.as_deref());
    let mut failures = Vec::new();
    let mut places = Vec::new();
    for file in agent::registered(env, root) {
        match file {
            Ok(file) => {
                let place = (file.agent, file.scope);
                if file.has_own() && !places.contains(&place) {
                    places.push(place);
                }
            }
            Err(error) => failures.push(error),
        }
    }
    let (done, more) = unregister(machine, places.into_iter(), target.dry_run);
    failures.extend(more);
    let state = state_dir::in_use(env);
    let players: usize = state.iter().map(|dir| PlayerClient::all(dir).len()).sum();
    if players > 0 && !target.dry_run {
        failures.extend(player::stop().err());
    }
    if !target.dry_run {
        failures.extend(state.iter().filter_map(|dir| clear(dir).err()));
    }
    failures.iter().for_each(|error| terminal::error(error));
    let code = code(&done, &failures);
    if target.json {
        let state: Vec<_> = state.iter().map(|dir| dir.to_string_lossy()).collect();
        let answer = json!({
            "agents": done.iter().map(Report::to_json).collect::<Vec<_>>(),
            "players": players,
            "state": state,
            "dryRun": target.dry_run,
        });
        return answer_json(&answer, code);
    }
    answer(&told(&done, players, &state, env, target.dry_run), code)
}

/// What was done, and what stays.
fn told(done: &[Report], players: usize, state: &[PathBuf], env: &Env, is_dry: bool) -> String {
    let (stopped, removed) = match is_dry {
        true => ("would be stopped", "would remove"),
        false => ("stopped", "removed"),
    };
    let diffs = done.iter().filter_map(Report::diff);
    let mut text: String = diffs.map(|diff| diff::painted(&diff)).collect();
    text += &words(done);
    if players > 0 {
        text += &format!("{} {stopped}\n", counted(players, "player"));
    }
    for dir in state {
        let dir = printable(dir.display());
        text += &format!("{removed} log, throttle and mute in {dir}\n");
    }
    if text.is_empty() {
        text += "nothing to do: no hook, player or state of Herald\n";
    }
    let config = user_file(env);
    let config = config.as_deref().and_then(Path::parent);
    if let Some(dir) = config.filter(|dir| dir.exists()) {
        let dir = printable(dir.display());
        text += &format!("your config and sounds stay in {dir}\n");
    }
    if is_dry {
        text += "dry run: nothing changed\n";
    }
    text
}

/// Removes Herald's files from `dir`, and `dir` if nothing else is in it.
fn clear(dir: &Path) -> Result<()> {
    for _ in 0..TRIES {
        match clear_once(dir) {
            Ok(true) => return Ok(()),
            Ok(false) => thread::sleep(PAUSE),
            Err(error) => {
                let what = format!("cannot remove the state in {}", dir.display());
                return Err(Error::new(ErrorKind::State, what).because(error));
            }
        }
    }
    let what = format!("{} is in use", dir.display());
    Err(Error::new(ErrorKind::State, what).with_hint("end your agents, then run the command again"))
}

/// Returns false if another process has written into it meanwhile.
fn clear_once(dir: &Path) -> io::Result<bool> {
    let mut has_others = false;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().unwrap_or_default();
        let is_dir = entry.file_type()?.is_dir();
        has_others |= match (is_dir, name) {
            (false, name) if OWN.iter().any(|own| name.starts_with(own)) => {
                unless_gone(fs::remove_file(entry.path()))?;
                false
            }
            (true, COPIES) => !clear_copies(&entry.path())?,
            _ => true,
        };
    }
    Ok(is_removed(dir)? || has_others)
}

/// Removes the copies of configs, and their directory if nothing else is in it: returns whether.
fn clear_copies(dir: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let hash = name.to_str().and_then(|name| name.get(..HASH_LEN));
        if hash.is_some_and(|hash| hash.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            unless_gone(fs::remove_file(entry.path()))?;
        }
    }
    is_removed(dir)
}

/// Removes `dir`, unless it has files.
fn is_removed(dir: &Path) -> io::Result<bool> {
    match unless_gone(fs::remove_dir(dir)) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(false),
        removed => removed.map(|()| true),
    }
}

fn unless_gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
