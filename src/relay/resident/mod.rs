//! The resident relay: one process per user and state directory.
//!
//! # Lifecycle
//!
//! A hook starts it when none runs, and it hands its request over if another one was faster, like a player. That
//! of a box exits when it was idle for a while; that of a desk stays. Each exits on a stop request, when the
//! fleet's settings change, when its program was replaced, or when nobody can reach it any more; what is still
//! queued is sent first.
//!
//! # Threads
//!
//! | thread | what it does |
//! |---|---|
//! | main | receives requests from hooks; at a desk, plays them |
//! | append | sends them to the server, and asks it who plays (`append`) |
//! | follow | at a desk: reads what other machines send, decides and plays (`follow`) |
//!
//! The desk's decisions are behind one lock, held for microseconds and never while the server or the player is
//! waited for. So a server that is away costs a desk's own events nothing.

mod append;
mod follow;
mod held;
mod outbox;
mod relay;
mod status;
mod unpoisoned;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use herald_audio::internals::clock::boot_ms;
use herald_audio::internals::player::protocol::{Message, ReplyTo, Request};
use herald_audio::internals::player::relay::{Incoming, RelayLock, first_request};
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::state_dir;
use herald_audio::{AudioManager, Error, ErrorKind, Result};

use crate::admin::own_server::OwnServer;
use crate::engine::redis::Server;
use held::Held;
use relay::Relay;
pub use status::{Dropped, Status};

/// How often it checks whether it is still needed and reachable.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How long an exiting relay waits for requests already sent.
const EXIT_GRACE: Duration = Duration::from_millis(50);

/// Runs the relay of this user's state directory until it is no longer needed.
///
/// # Errors
///
/// [`ErrorKind::Config`] if this machine belongs to no fleet, [`ErrorKind::State`] without a state directory,
/// [`ErrorKind::Player`] if a relay already runs or this one cannot listen.
pub fn run(env: &Env) -> Result<()> {
    let (state_dir, _) = state_dir::find(env)?;
    serve(&state_dir, env, None)
}

/// Runs the relay that a hook started, with the hook's request from standard input.
///
/// # Errors
///
/// Those of [`run`], and [`ErrorKind::Player`] if there is no request.
pub fn run_for_hook(env: &Env) -> Result<()> {
    let first = first_request()?;
    // Not created if it is missing: then everything that the hook knew is gone.
    let state_dir = state_dir::named(env)?;
    let served = serve(&state_dir, env, Some(first.clone()));
    if served.is_err() {
        // As without a relay.
        AudioManager::with_env(env.clone(), None).hand_on(first)?;
    }
    served
}

/// Fails only before `first` was taken.
fn serve(state_dir: &Path, env: &Env, first: Option<Request>) -> Result<()> {
    let manager = AudioManager::with_env(env.clone(), None);
    let fleet = manager.config().fleet().cloned();
    let Some(fleet) = fleet else {
        let error = Error::new(ErrorKind::Config, "this machine belongs to no fleet");
        return Err(error.with_hint("herald fleet join"));
    };
    let Some(lock) = RelayLock::take(state_dir, &manager.authority()?, first.as_ref())? else {
        return Ok(());
    };
    let relay = Arc::new(Relay::new(fleet, manager, state_dir));
    let server = || Server::new(relay.fleet.clone());
    let appending = append::start(relay.clone(), server(), env.clone()).map_err(no_thread)?;
    if relay.fleet.follows() {
        follow::start(relay.clone(), server()).map_err(no_thread)?;
    }
    let is_stopped = hold(&relay, lock, first);
    // The next relay can start now.
    let _ = relay.is_leaving.set(());
    relay.outbox.wake();
    let _ = appending.join();
    if is_stopped && let Some(own_server) = OwnServer::of(&relay.fleet, env) {
        // It may have ended already.
        let _ = own_server.stop();
    }
    Ok(())
}

fn no_thread(error: io::Error) -> Error {
    Error::new(ErrorKind::Player, "cannot start a thread").because(error)
}

/// Serves messages, after the request `first`, while there is a reason to. Returns whether it was told to stop.
fn hold(relay: &Relay, lock: RelayLock, first: Option<Request>) -> bool {
    let mut held = Held::default();
    first
        .into_iter()
        .for_each(|request| take(relay, &mut held, request));
    // Where files cannot be watched, the config is read again at each check.
    let watch = relay.manager.watch_config();
    let mut needed = Instant::now();
    let mut stopped_by = None;
    while stopped_by.is_none() && lock.is_current() && is_needed(relay, needed) {
        match receive(relay, &lock, &mut held, CHECK_INTERVAL) {
            Turn::Nothing => {
                if watch.is_err() {
                    relay.manager.reload_config();
                }
                continue;
            }
            Turn::Message => {}
            Turn::Stop(reply_to) => stopped_by = Some(reply_to),
        }
        needed = Instant::now();
    }
    lock.leave();
    // A hook may have found the inbox just before.
    while !matches!(receive(relay, &lock, &mut held, EXIT_GRACE), Turn::Nothing)
        || held.next().is_some()
    {}
    if let Some(reply_to) = &stopped_by {
        lock.answer(reply_to, &relay.status());
    }
    stopped_by.is_some()
}

fn is_needed(relay: &Relay, needed: Instant) -> bool {
    let config = relay.manager.config();
    let stays = relay.desk.is_some() || relay.outbox.len() > 0;
    let is_idle = || needed.elapsed() >= config.playback().player_idle_exit();
    config.fleet() == Some(&relay.fleet) && (stays || !is_idle())
}

fn receive(relay: &Relay, lock: &RelayLock, held: &mut Held, patience: Duration) -> Turn {
    let now_ms = boot_ms();
    let until = |at_ms: u64| Duration::from_millis(at_ms.saturating_sub(now_ms));
    let deadline = relay.outbox.next_deadline().map(until);
    let patience = [deadline, held.next()]
        .into_iter()
        .flatten()
        .fold(patience, Duration::min);
    let incoming = lock.receive(patience);
    held.due(&relay.manager)
        .into_iter()
        .for_each(|request| relay.take(request));
    // A server that does not answer in time is not waited for.
    for asked in relay.outbox.overdue(boot_ms()) {
        relay.settle(asked, None);
    }
    match incoming {
        Incoming::Nothing => return Turn::Nothing,
        Incoming::Refused(why) => relay.journal.refused(&why),
        Incoming::Message(Message::Play(request)) => take(relay, held, *request),
        Incoming::Message(Message::Status { reply_to }) => {
            lock.answer(&reply_to, &relay.status());
        }
        Incoming::Message(Message::Stop { reply_to }) => return Turn::Stop(reply_to),
    }
    Turn::Message
}

fn take(relay: &Relay, held: &mut Held, request: Request) {
    if let Some(request) = held.hold(request, &relay.manager) {
        relay.take(request);
    }
}

/// The result of waiting for a message.
enum Turn {
    Nothing,
    Message,
    Stop(ReplyTo),
}
