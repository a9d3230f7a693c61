//! What `herald doctor` says about the fleet. That program has no client of the server, so it asks this one.

use std::time::Duration;

use herald_audio::Result;
use herald_audio::internals::config::fleet::{Away, Fleet};
use herald_audio::internals::system::env::Env;
use herald_cli::cli::internals::{OK, answer_json};
use serde::Serialize;

use super::context::fleet;
use super::own_server::OwnServer;
use super::server::Server;
use super::status::{in_ms, no_relay, relay_status};
use crate::engine::redis::keys::Keys;

/// The result of one check. `herald doctor` reads these names.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Finding {
    state: &'static str,
    what: String,
    hint: Option<String>,
}

impl Finding {
    fn ok(what: String) -> Self {
        Self {
            state: "ok",
            what,
            hint: None,
        }
    }

    fn warning(what: impl Into<String>, hint: &str) -> Self {
        Self {
            state: "warning",
            what: what.into(),
            hint: Some(hint.to_owned()),
        }
    }

    fn error(error: &herald_audio::Error) -> Self {
        Self {
            state: "error",
            what: error.without_hint(),
            hint: error.hint().map(str::to_owned),
        }
    }
}

pub(super) fn run(env: &Env) -> Result<u8> {
    Ok(answer_json(
        &serde_json::json!(findings(&fleet(env)?, env)),
        OK,
    ))
}

fn findings(fleet: &Fleet, env: &Env) -> Vec<Finding> {
    if let Some(own) = OwnServer::of(fleet, env)
        && let Err(error) = own.start(env)
    {
        return vec![Finding::error(&error)];
    }
    let mut found = match of_server(fleet) {
        Ok(found) => found,
        Err(error) => return vec![Finding::error(&error)],
    };
    match relay_status(env) {
        Ok(Some(relay)) => {
            let dropped = &relay.dropped;
            let lost = dropped.late + dropped.invalid + dropped.capped + dropped.full;
            if lost > 0 {
                let what = format!(
                    "{lost} events were dropped since herald-relay started: {} late, {} invalid, {} over the rate, {} \
                     for lack of room",
                    dropped.late, dropped.invalid, dropped.capped, dropped.full
                );
                found.push(Finding::warning(what, "herald log --failed"));
            }
            let own = env!("CARGO_PKG_VERSION");
            if relay.version != own {
                let what = format!(
                    "herald-relay {} is running, but {own} is installed",
                    relay.version
                );
                found.push(Finding::warning(what, &format!("kill {}", relay.pid)));
            }
        }
        Ok(None) if fleet.follows() => found.push(Finding::warning(
            no_relay().without_hint(),
            "herald fleet join … --desk --service keeps it running; herald test starts it",
        )),
        Ok(None) => {}
        Err(error) => found.push(Finding::error(&error)),
    }
    found
}

/// What the server is like.
fn of_server(fleet: &Fleet) -> Result<Vec<Finding>> {
    let mut server = Server::open(fleet, None)?;
    let keys = Keys::new(fleet.fleet());
    let (present, round_trip) = server.time::<Option<String>>(&["GET", &keys.present()])?;
    let mut found = vec![Finding::ok(reached(fleet, round_trip))];
    if present.is_none() && !fleet.follows() {
        let what = match fleet.away {
            Away::Local => "no desk is present, so events sound on this machine",
            Away::Silent => "no desk is present, so nobody hears an event",
        };
        found.push(Finding::warning(what, "herald fleet status, at the desk"));
    }
    if fleet.follows() {
        let info: String = server.ask(&["INFO"])?;
        found.extend(of_info(&info));
    }
    Ok(found)
}

fn reached(fleet: &Fleet, round_trip: Duration) -> String {
    format!(
        "{} of the fleet {} at {}, round trip {}",
        fleet.machine(),
        fleet.fleet(),
        fleet.url,
        in_ms(round_trip)
    )
}

/// What is wrong with the settings of a server, by its answer to `INFO`.
fn of_info(info: &str) -> Vec<Finding> {
    let value = |name: &str| {
        let mut lines = info.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    };
    let mut found = Vec::new();
    let version = value("redis_version").unwrap_or("unknown");
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < 7) {
        let what = format!("the server has version {version}");
        found.push(Finding::warning(
            what,
            "update it to Valkey, or to Redis 7.0 or later",
        ));
    }
    if value("aof_enabled") == Some("0") {
        found.push(Finding::warning(
            "the server writes no AOF, so if it is killed, it forgets the machines of the fleet",
            "appendonly yes, in the server's config",
        ));
    }
    if let Some(policy) = value("maxmemory_policy")
        && policy != "noeviction"
    {
        found.push(Finding::warning(
            format!(
                "the server removes keys when its memory is full: maxmemory-policy is {policy}"
            ),
            "maxmemory-policy noeviction, in the server's config",
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_may_forget_is_found() {
        let good =
            "# Server\r\nredis_version:7.0.15\r\naof_enabled:1\r\nmaxmemory_policy:noeviction\r\n";
        assert_eq!(of_info(good), []);
        for (there, wrong, says) in [
            ("7.0.15", "6.2.1", "version 6.2.1"),
            ("aof_enabled:1", "aof_enabled:0", "writes no AOF"),
            ("noeviction", "allkeys-lru", "is allkeys-lru"),
        ] {
            let found = of_info(&good.replace(there, wrong));
            assert!(
                found.len() == 1 && found[0].what.contains(says),
                "{found:?}"
            );
            assert!(found[0].hint.is_some());
        }
    }
}
