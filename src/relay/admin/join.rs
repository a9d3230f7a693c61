//! `herald fleet join` and `leave`: the fleet in the user's config, and the key beside it.

use std::path::Path;

use herald_audio::Result;
use herald_audio::internals::config::fleet::{Fleet, Role};
use herald_audio::internals::system::env::Env;
use herald_audio::internals::trust::Owner;
use herald_cli::cli::fleet::{JoinArgs, OutputArgs};
use herald_cli::cli::internals::{ConfigFile, warn};
use serde_json::{Value, json};

use super::context::{done, fleet};
use super::own_server::OwnServer;
use super::server::Server;
use super::{key, rights, service, status};

pub(super) fn join(args: &JoinArgs, env: &Env) -> Result<u8> {
    let (url, name) = (&args.place.url, &args.place.name);
    let key = key::ask(args.key_file.as_deref(), &format!("key of {name}: "))?;
    let role = if args.desk { Role::Both } else { Role::Box };
    let fleet = Fleet {
        url: url.clone(),
        name: name.clone(),
        role,
        ..Fleet::default()
    };
    // Nothing is written that does not work.
    let mut server = Server::open(&fleet, Some((name, &key)))?;
    let keys = crate::engine::redis::keys::Keys::new(fleet.fleet());
    server.ask::<Option<String>>(&["GET", &keys.present()])?;
    if args.desk {
        server.ask::<String>(&["PING"])?;
    }
    match &args.key_file {
        Some(file) => {
            let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
            configure(env, url, name, role, Some(&file))?;
        }
        None => write(env, url, name, &key, role)?,
    }
    let (fleet, machine) = (fleet.fleet(), fleet.machine());
    let what = if args.desk { "desk" } else { "box" };
    let mut text = format!("this machine is the {what} {machine} of the fleet {fleet}\n");
    if args.desk {
        text += &service::offer(env, args.service)?;
    }
    text += "next: herald fleet test\n";
    let answer = json!({"fleet": fleet, "machine": machine, "role": role});
    Ok(done(args.json, &text, &answer))
}

pub(super) fn leave(args: &OutputArgs, env: &Env) -> Result<u8> {
    let fleet = fleet(env)?;
    service::remove(env)?;
    status::stop_relay(env)?;
    let own = OwnServer::of(&fleet, env);
    if let Some(own) = &own {
        // It may not run.
        let _ = own.stop();
    }
    let changes = ["url", "name", "key_file", "role"];
    let changes = changes.map(|key| (format!("fleet.{key}"), None));
    ConfigFile::find(env, None, Owner::User)?.change(&changes)?;
    let usual = key::usual_file(env)?;
    if fleet.key_file == usual
        && let Err(error) = std::fs::remove_file(&usual)
    {
        warn(&format_args!("cannot remove {}: {error}", usual.display()));
    }
    let mut text = format!("this machine has left the fleet {}\n", fleet.fleet());
    match own {
        Some(own) => {
            text += &format!(
                "its server is stopped; what it kept is in {}\n",
                own.dir().display()
            );
        }
        None => {
            let machine = fleet.machine();
            text += &format!("its key still works: run herald fleet revoke {machine} at a desk\n");
        }
    }
    Ok(done(args.json, &text, &json!({"left": fleet.fleet()})))
}

/// Writes the key and the config of this machine.
///
/// # Errors
///
/// [`ErrorKind::Config`](herald_audio::ErrorKind::Config) if one of them cannot be written.
pub(super) fn write(env: &Env, url: &str, name: &str, key: &str, role: Role) -> Result<()> {
    key::write(&key::usual_file(env)?, &format!("{key}\n"))?;
    configure(env, url, name, role, None)
}

fn configure(env: &Env, url: &str, name: &str, role: Role, key_file: Option<&Path>) -> Result<()> {
    let text = |text: &str| Some(json!(text));
    let changes: [(&str, Option<Value>); 4] = [
        ("fleet.name", text(name)),
        ("fleet.url", text(url)),
        (
            "fleet.key_file",
            key_file.and_then(|file| text(&file.to_string_lossy())),
        ),
        ("fleet.role", text(rights::name(role))),
    ];
    ConfigFile::find(env, None, Owner::User)?.change(&changes)?;
    // One that runs has the fleet of before.
    status::stop_relay(env)
}
