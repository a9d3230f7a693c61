//! `herald fleet test`: the way of an event, step by step.

use std::time::{Duration, Instant};

use herald_audio::internals::config::fleet::{Away, Fleet};
use herald_audio::internals::system::env::Env;
use herald_audio::{Error, ErrorKind, Result};
use herald_cli::cli::fleet::OutputArgs;
use herald_cli::cli::internals::{FAILED, OK, answer, answer_json};
use serde_json::json;

use super::context::fleet;
use super::server::Server;
use super::status::{in_ms, relay_status};
use crate::engine::redis::keys::Keys;

/// A step that was done.
struct Step {
    name: &'static str,
    what: String,
    time: Duration,
    is_ok: bool,
}

pub(super) fn test(args: &OutputArgs, env: &Env) -> Result<u8> {
    let fleet = fleet(env)?;
    let mut steps = Vec::new();
    let failure = walk(&fleet, env, &mut steps).err();
    let is_ok = failure.is_none() && steps.iter().all(|step| step.is_ok);
    let code = if is_ok { OK } else { FAILED };
    if args.json {
        let steps: Vec<_> = steps
            .iter()
            .map(|step| {
                json!({
                    "step": step.name,
                    "what": step.what,
                    "timeUs": step.time.as_micros() as u64,
                    "isOk": step.is_ok,
                })
            })
            .collect();
        let error = failure.map(|error| error.to_string());
        return Ok(answer_json(
            &json!({"steps": steps, "error": error, "isOk": is_ok}),
            code,
        ));
    }
    let lines = steps.iter().map(|step| {
        let mark = if step.is_ok { "ok    " } else { "failed" };
        format!(
            "{mark}  {:10}  {:>8}  {}\n",
            step.name,
            in_ms(step.time),
            step.what
        )
    });
    let mut text: String = lines.collect();
    if let Some(error) = failure {
        text += &format!(
            "failed  {}\n",
            error.to_string().replace("; hint: ", "\nhint: ")
        );
    } else if is_ok {
        text += match fleet.follows() {
            true => "next: herald test plays the sound of an event here\n",
            false => "next: herald test Stop is heard at the desk\n",
        };
    }
    Ok(answer(&text, code))
}

/// Does the steps until one fails.
fn walk(fleet: &Fleet, env: &Env, steps: &mut Vec<Step>) -> Result<()> {
    let mut add = |name, what: String, started: Instant, is_ok| {
        let time = started.elapsed();
        steps.push(Step {
            name,
            what,
            time,
            is_ok,
        });
    };
    let started = Instant::now();
    let key = fleet.key()?;
    let file = fleet.key_file.display();
    add(
        "key",
        format!("{file} is readable only by you"),
        started,
        true,
    );

    let started = Instant::now();
    let mut server = Server::open(fleet, Some((&fleet.name, &key)))?;
    let secure = if fleet.url.starts_with("rediss:") {
        ", encrypted"
    } else {
        ""
    };
    add(
        "login",
        format!("{} at {}{secure}", fleet.name, fleet.url),
        started,
        true,
    );

    let keys = Keys::new(fleet.fleet());
    let started = Instant::now();
    let present: Option<String> = server.ask(&["GET", &keys.present()])?;
    let (what, is_ok) = match (&present, fleet.away) {
        (Some(desk), _) => (format!("{desk} is present"), true),
        (None, _) if fleet.follows() => (
            "herald-relay has not told that this desk is present".to_owned(),
            false,
        ),
        (None, Away::Local) => (
            "none is present: events sound on this machine".to_owned(),
            false,
        ),
        (None, Away::Silent) => ("none is present: nobody hears an event".to_owned(), false),
    };
    add("desk", what, started, is_ok);

    let started = Instant::now();
    let own = keys.stream(fleet.machine());
    // Desks ignore it: it has no message.
    let id: String = server.ask(&["XADD", &own, "MAXLEN", "~", "256", "*", "t", "test"])?;
    add("send", format!("the server has taken {id}"), started, true);

    if fleet.follows() {
        let started = Instant::now();
        let before = before(&id)?;
        let read: redis::Value = server.ask(&["XREAD", "COUNT", "1", "STREAMS", &own, &before])?;
        let is_read = !matches!(read, redis::Value::Nil);
        add(
            "read",
            "this desk reads what boxes send".to_owned(),
            started,
            is_read,
        );
    }

    let started = Instant::now();
    let (what, is_ok) = match relay_status(env)? {
        Some(relay) if relay.is_connected => (format!("process {}, connected", relay.pid), true),
        Some(relay) => {
            let why = relay
                .last_error
                .unwrap_or_else(|| "it has not tried yet".to_owned());
            (
                format!("process {}, not connected: {why}", relay.pid),
                false,
            )
        }
        None => (
            "does not run; the next event starts it".to_owned(),
            !fleet.follows(),
        ),
    };
    add("relay", what, started, is_ok);
    Ok(())
}

/// The place directly before `id`, after which it is the next one.
fn before(id: &str) -> Result<String> {
    let parts = id.split_once('-').and_then(|(ms, number)| {
        let (ms, number) = (ms.parse::<u64>().ok()?, number.parse::<u64>().ok()?);
        Some(match number.checked_sub(1) {
            Some(number) => format!("{ms}-{number}"),
            None => format!("{}-{}", ms.checked_sub(1)?, u64::MAX),
        })
    });
    let what = format!("the server answers with the place {id}");
    parts.ok_or_else(|| Error::new(ErrorKind::State, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_one_before_it() {
        assert_eq!(before("17-2").unwrap(), "17-1");
        assert_eq!(before("17-0").unwrap(), format!("16-{}", u64::MAX));
        assert!(before("0-0").is_err() && before("x").is_err());
    }
}
