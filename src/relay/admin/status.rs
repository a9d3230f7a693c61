//! `herald fleet status` and `flush`: what the server and the relay of this machine know.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use herald_audio::internals::clock::{Clock, SystemClock};
use herald_audio::internals::config::fleet::Fleet;
use herald_audio::internals::player::Authority;
use herald_audio::internals::player::client::PlayerClient;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::state_dir;
use herald_audio::{Error, ErrorKind, Result};
use herald_cli::cli::fleet::{FlushArgs, OutputArgs};
use herald_cli::cli::internals::{FAILED, OK, ago, answer, answer_json, span, table};
use serde_json::json;

use super::context::fleet;
use super::server::{PATIENCE, Server};
use crate::engine::redis::keys::Keys;
use crate::resident::Status;

/// How often the relay is asked whether it has sent everything.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What the server knows, as far as this machine may ask.
struct Known {
    /// By name: its role, and, of a desk that is present, when somebody was last known to be at it, in
    /// milliseconds since 1970; 0 for never. Empty on a box.
    machines: BTreeMap<String, (String, Option<u64>)>,
    /// The name of a desk that is present.
    present: Option<String>,
    /// How long the fleet is muted. A box does not know how long.
    muted: Option<Option<Duration>>,
    round_trip: Duration,
}

pub(super) fn status(args: &OutputArgs, env: &Env) -> Result<u8> {
    let fleet = fleet(env)?;
    let relay = relay_status(env)?;
    let known = known(&fleet);
    let code = if known.is_ok() { OK } else { FAILED };
    if args.json {
        let server = match &known {
            Ok(known) => json!({
                "roundTripUs": known.round_trip.as_micros() as u64,
                "presentDesk": known.present,
                "muted": known.muted.is_some(),
                "mutedForMs": known.muted.flatten().map(|left| left.as_millis() as u64),
                "machines": known.machines.iter().map(|(name, (role, active_ms))| json!({
                    "name": name,
                    "role": role,
                    "isPresent": active_ms.is_some(),
                    "activeMs": active_ms.filter(|ms| *ms > 0),
                    "lastHeard": relay.as_ref().and_then(|relay| relay.last_heard_ms.get(name)),
                })).collect::<Vec<_>>(),
            }),
            Err(error) => json!({"error": error.to_string()}),
        };
        let answer = json!({
            "fleet": fleet.fleet(),
            "machine": fleet.machine(),
            "role": fleet.role,
            "url": fleet.url,
            "server": server,
            "relay": relay.as_ref().map(to_json),
        });
        return Ok(answer_json(&answer, code));
    }
    let known = known?;
    let mut text = format!(
        "fleet {} at {}: round trip {}\n",
        fleet.fleet(),
        fleet.url,
        in_ms(known.round_trip)
    );
    let muted = match known.muted {
        None => None,
        Some(None) => Some("muted".to_owned()),
        Some(Some(left)) => Some(format!("muted ({} left)", span(left))),
    };
    if let Some(muted) = muted {
        let _ = writeln!(text, "{muted}; `herald fleet unmute` at a desk ends it");
    }
    match &known.present {
        Some(_) => {}
        None => text += "no desk is present\n",
    }
    if let Some(relay) = &relay {
        text += &sums(relay);
    } else {
        text += "herald-relay does not run; the next event starts it\n";
    }
    if !known.machines.is_empty() {
        text += "\n";
        let now_ms = SystemClock.unix_ms();
        let since = |unix_ms: u64| ago(Duration::from_millis(now_ms.saturating_sub(unix_ms)));
        let rows = known.machines.iter().map(|(name, (role, active_ms))| {
            let heard = relay
                .as_ref()
                .and_then(|relay| relay.last_heard_ms.get(name));
            let desk = match active_ms {
                None => String::new(),
                Some(0) => "present".to_owned(),
                Some(active_ms) => format!("present, in use {}", since(*active_ms)),
            };
            let heard = heard.map_or_else(String::new, |ms| since(*ms));
            [name.clone(), role.clone(), heard, desk]
        });
        text += &table(["MACHINE", "ROLE", "HEARD", "DESK"], rows);
    }
    Ok(answer(&text, code))
}

/// Asks the server what this machine may know.
fn known(fleet: &Fleet) -> Result<Known> {
    let mut server = Server::open(fleet, None)?;
    let keys = Keys::new(fleet.fleet());
    let (present, round_trip) = server.time(&["GET", &keys.present()])?;
    let mut known = Known {
        machines: BTreeMap::new(),
        present,
        muted: None,
        round_trip,
    };
    if !fleet.follows() {
        let muted: Option<String> = server.ask(&["GET", &keys.mute()])?;
        known.muted = muted.map(|_| None);
        return Ok(known);
    }
    let left_ms: i64 = server.ask(&["PTTL", &keys.mute()])?;
    known.muted = match left_ms {
        -2 | 0 => None,
        left_ms => Some(u64::try_from(left_ms).ok().map(Duration::from_millis)),
    };
    let machines: BTreeMap<String, String> = server.ask(&["HGETALL", &keys.boxes()])?;
    for (name, role) in machines {
        let active_ms = match &*role {
            "box" => None,
            _ => server.ask::<Option<u64>>(&["GET", &keys.desk(&name)])?,
        };
        known.machines.insert(name, (role, active_ms));
    }
    Ok(known)
}

pub(super) fn flush(args: &FlushArgs, env: &Env) -> Result<u8> {
    fleet(env)?;
    let started = Instant::now();
    let waiting = loop {
        let waiting = relay_status(env)?.map_or(0, |relay| relay.queued);
        if waiting == 0 || args.wait.is_none_or(|wait| started.elapsed() >= wait) {
            break waiting;
        }
        thread::sleep(LOOK_AGAIN);
    };
    let code = if waiting == 0 { OK } else { FAILED };
    let words = match waiting {
        0 => "all events are sent\n".to_owned(),
        1 => "1 event waits\n".to_owned(),
        several => format!("{several} events wait\n"),
    };
    Ok(match args.json {
        true => answer_json(&json!({"waiting": waiting}), code),
        false => answer(&words, code),
    })
}

/// What the relay of this machine says; none if it does not run.
///
/// # Errors
///
/// If it does not answer.
pub(super) fn relay_status(env: &Env) -> Result<Option<Status>> {
    relay(env)?.status_as::<Status>(PATIENCE)
}

/// Stops the relay of this machine, if it runs: the next event starts one that knows the config of then.
///
/// # Errors
///
/// If it does not answer.
pub(super) fn stop_relay(env: &Env) -> Result<()> {
    relay(env)?.stop_as::<Status>(PATIENCE).map(drop)
}

fn relay(env: &Env) -> Result<PlayerClient> {
    let (state_dir, _) = state_dir::find(env)?;
    Ok(PlayerClient::relay(state_dir, &Authority::of_user(env)?))
}

/// One line: what the relay has done since it started.
fn sums(relay: &Status) -> String {
    let dropped = &relay.dropped;
    let state = match (&relay.last_error, relay.is_connected) {
        (_, true) => "connected".to_owned(),
        (Some(error), false) => format!("not connected: {error}"),
        (None, false) => "not connected".to_owned(),
    };
    format!(
        "herald-relay {}: process {}, {state}\n\
         {} waiting, {} sent, {} received, {} played, {} suppressed\n\
         dropped: {} late, {} repeated, {} invalid, {} over the rate, {} for lack of room\n",
        relay.version,
        relay.pid,
        relay.queued,
        relay.appended,
        relay.received,
        relay.played,
        relay.suppressed,
        dropped.late,
        dropped.repeated,
        dropped.invalid,
        dropped.capped,
        dropped.full
    )
}

fn to_json(relay: &Status) -> serde_json::Value {
    let dropped = &relay.dropped;
    json!({
        "version": relay.version,
        "pid": relay.pid,
        "runningMs": relay.running_ms,
        "isConnected": relay.is_connected,
        "lastError": relay.last_error,
        "queued": relay.queued,
        "appended": relay.appended,
        "received": relay.received,
        "played": relay.played,
        "suppressed": relay.suppressed,
        "dropped": {
            "late": dropped.late,
            "repeated": dropped.repeated,
            "invalid": dropped.invalid,
            "capped": dropped.capped,
            "full": dropped.full,
        },
    })
}

/// A short time: `0.4 ms`.
pub(super) fn in_ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

/// The error for a relay that does not run though it must.
pub(super) fn no_relay() -> Error {
    Error::new(ErrorKind::Player, "herald-relay does not run").with_hint("herald test starts it")
}
