//! `herald fleet init` and `revoke`: the logins of machines at the server.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use herald_audio::internals::config::fleet::{Fleet, Role};
use herald_audio::internals::system::env::Env;
use herald_audio::{Error, ErrorKind, Result};
use herald_cli::cli::fleet::{InitArgs, RevokeArgs};
use herald_cli::cli::internals::warn;
use serde_json::json;

use super::context::{config, done, fleet};
use super::own_server::OwnServer;
use super::server::Server;
use super::{join, key, rights, service};
use crate::engine::redis::keys::Keys;

/// The name of a fleet that nobody has named.
const FLEET: &str = "home";
/// How much of a host name is used, which leaves room for a number.
const MAX_HOST_LEN: usize = 27;
/// The oldest version whose logins can be restricted this far.
const VERSION: u64 = 7;

/// The machines of a fleet, each with its role.
type Machines = BTreeMap<String, String>;

/// A login that was made.
struct Made {
    machine: String,
    role: Role,
    key: String,
}

pub(super) fn init(args: &InitArgs, env: &Env) -> Result<u8> {
    let current = config(env).fleet().cloned();
    let named = args.fleet.as_deref();
    let own = current.as_ref().map(Fleet::fleet);
    let name = named.or(own).unwrap_or(FLEET).to_owned();
    let configured = current.as_ref().map(|fleet| fleet.url.clone());
    let url = args.url.clone().or(configured);
    let (url, own_server) = match url {
        Some(url) => {
            let own = OwnServer::find(env).filter(|own| own.url() == url);
            (url, own)
        }
        None => {
            let own = OwnServer::make(env)?;
            (own.url(), Some(own))
        }
    };
    let mut server = administer(&url, own_server.as_ref(), args_of(args), env)?;
    check_version(&mut server)?;
    let keys = Keys::new(&name);
    let known: Machines = server.ask(&["HGETALL", &keys.boxes()])?;
    let here = current.is_none().then(|| free_name(&known));
    let boxes = args.boxes.iter().map(|name| (name, Role::Box));
    let desks = args.desks.iter().map(|name| (name, Role::Both));
    let others: Vec<_> = boxes.chain(desks).collect();
    let all = here.iter().chain(others.iter().map(|(name, _)| *name));
    check_new(&known, &name, all)?;
    let mut make = |machine: &str, role| {
        let made = Made {
            machine: machine.to_owned(),
            role,
            key: key::new()?,
        };
        add(&mut server, &keys, &name, &made).map(|()| made)
    };
    let role = if args.is_box { Role::Box } else { Role::Both };
    let here = here.map(|machine| make(&machine, role)).transpose()?;
    let others: Result<Vec<_>> = others
        .iter()
        .map(|(name, role)| make(name, *role))
        .collect();
    let others = others?;
    keep(&mut server, &keys);
    if let Some(here) = &here {
        let login = format!("{name}.{}", here.machine);
        join::write(env, &url, &login, &here.key, here.role)?;
    }
    let mut text = String::new();
    if let Some(here) = &here {
        let (what, machine) = (kind(role), &here.machine);
        let _ = writeln!(
            text,
            "this machine is the {what} {machine} of the fleet {name}"
        );
    }
    for made in &others {
        text += &instructions(&url, &name, made, own_server.as_ref(), args.is_box);
    }
    if here.is_some() && !args.is_box && !args.json {
        text += &service::offer(env, false)?;
    }
    if text.is_empty() {
        "nothing to do: name a box, such as herald fleet init build-1\n".clone_into(&mut text);
    }
    let machines: Vec<_> = here
        .iter()
        .chain(&others)
        .map(|made| {
            json!({
                "machine": made.machine,
                "role": rights::name(made.role),
                "join": join_line(&url, &name, made),
                "key": made.key,
            })
        })
        .collect();
    let answer = json!({"fleet": name, "url": url, "machines": machines});
    Ok(done(args.json, &text, &answer))
}

pub(super) fn revoke(args: &RevokeArgs, env: &Env) -> Result<u8> {
    let fleet = fleet(env)?;
    let own = OwnServer::of(&fleet, env);
    let login = (&*args.login, args.key_file.as_deref());
    let mut server = administer(&fleet.url, own.as_ref(), login, env)?;
    let keys = Keys::new(fleet.fleet());
    let login = format!("{}.{}", fleet.fleet(), args.machine);
    // Its connections end with it.
    let logins: u64 = server.ask(&["ACL", "DELUSER", &login])?;
    let machines: u64 = server.ask(&["HDEL", &keys.boxes(), &args.machine])?;
    server.ask::<()>(&[
        "DEL",
        &keys.stream(&args.machine),
        &keys.desk(&args.machine),
    ])?;
    keep(&mut server, &keys);
    if logins + machines == 0 {
        let what = format!(
            "the fleet {} has no machine {}",
            fleet.fleet(),
            args.machine
        );
        return Err(Error::new(ErrorKind::Config, what).with_hint("herald fleet status"));
    }
    let words = format!("revoked {login}: its key no longer works\n");
    Ok(done(args.json, &words, &json!({"revoked": login})))
}

fn args_of(args: &InitArgs) -> (&str, Option<&std::path::Path>) {
    (&args.login, args.key_file.as_deref())
}

/// Connects as the administrator, whose name and key file are `login`, unless this machine has the server.
fn administer(
    url: &str,
    own: Option<&OwnServer>,
    login: (&str, Option<&std::path::Path>),
    env: &Env,
) -> Result<Server> {
    if let Some(own) = own {
        own.start(env)?;
        return own.connect();
    }
    let (name, file) = login;
    let key = key::ask(file, &format!("password of {name} at {url}: "))?;
    let fleet = Fleet {
        url: url.to_owned(),
        ..Fleet::default()
    };
    Server::open(&fleet, Some((name, &key)))
}

fn check_version(server: &mut Server) -> Result<()> {
    let info: String = server.ask(&["INFO", "server"])?;
    let version = info
        .lines()
        .find_map(|line| line.strip_prefix("redis_version:"));
    let version = version.unwrap_or_default().trim();
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    match major {
        Some(VERSION..) => Ok(()),
        _ => {
            let what = format!("the server has version {version}");
            Err(Error::new(ErrorKind::Config, what)
                .because("logins cannot be restricted far enough before 7.0")
                .with_hint("update it to Valkey, or to Redis 7.0 or later"))
        }
    }
}

/// Checks that the fleet has none of the `machines`: a new key would lock the present one out.
fn check_new<'m>(
    known: &Machines,
    fleet: &str,
    machines: impl Iterator<Item = &'m String>,
) -> Result<()> {
    let mut seen = BTreeSet::new();
    for machine in machines {
        if known.contains_key(machine) || !seen.insert(machine) {
            let what = format!("the fleet {fleet} already has the machine {machine}");
            let hint = format!("choose another name, or run herald fleet revoke {machine} first");
            return Err(Error::new(ErrorKind::Config, what).with_hint(hint));
        }
    }
    Ok(())
}

/// Makes the login of a machine, then names the machine to the desks.
fn add(server: &mut Server, keys: &Keys, fleet: &str, made: &Made) -> Result<()> {
    let login = format!("{fleet}.{}", made.machine);
    let password = format!(">{}", made.key);
    let rules = rights::rules(keys, &made.machine, made.role);
    let start = ["ACL", "SETUSER", &login, "reset", "on", &password];
    let words: Vec<&str> = start
        .into_iter()
        .chain(rules.iter().map(String::as_str))
        .collect();
    server.ask::<()>(&words)?;
    server.ask::<()>(&[
        "HSET",
        &keys.boxes(),
        &made.machine,
        rights::name(made.role),
    ])
}

/// Has the server keep its logins, and tells the desks that the machines have changed.
fn keep(server: &mut Server, keys: &Keys) {
    let saved = server.ask::<()>(&["ACL", "SAVE"]);
    let saved = saved.or_else(|_| server.ask::<()>(&["CONFIG", "REWRITE"]));
    if saved.is_err() {
        warn(
            &"the server does not keep logins when it restarts; hint: give it an aclfile, or check that your \
              provider keeps them",
        );
    }
    // Desks that miss it look again within a minute.
    let _ = server.ask::<String>(&[
        "XADD",
        &keys.signal(),
        "MAXLEN",
        "~",
        "16",
        "*",
        "s",
        "boxes",
    ]);
}

fn join_line(url: &str, fleet: &str, made: &Made) -> String {
    let (scheme, address) = url.split_once("://").unwrap_or(("rediss", url));
    let desk = if made.role == Role::Box {
        ""
    } else {
        " --desk"
    };
    format!(
        "herald fleet join {scheme}://{fleet}.{}@{address}{desk}",
        made.machine
    )
}

/// What to do on a machine that was added; `is_box` if this machine, which has the server, is a box.
fn instructions(
    url: &str,
    fleet: &str,
    made: &Made,
    own: Option<&OwnServer>,
    is_box: bool,
) -> String {
    let Made { machine, role, key } = made;
    let tunnel = own.map(|own| {
        let port = own.port();
        let here = this_machine();
        match is_box {
            true => format!("  ssh -L {port}:127.0.0.1:{port} {here}   # there; keep it open\n"),
            false => format!("  ssh -R {port}:127.0.0.1:{port} {machine}   # here; keep it open\n"),
        }
    });
    let (what, line) = (kind(*role), join_line(url, fleet, made));
    format!(
        "{what} {machine}:\n{}  {line}   # there; paste the key when it asks\n  key: {key}\n",
        tunnel.unwrap_or_default()
    )
}

const fn kind(role: Role) -> &'static str {
    match role {
        Role::Box => "box",
        Role::Desk | Role::Both => "desk",
    }
}

/// A name for this machine that the fleet does not have: several may have one host name.
fn free_name(known: &Machines) -> String {
    let host = this_machine();
    let numbered = (2..).map(|number| format!("{host}-{number}"));
    let mut names = std::iter::once(host.clone()).chain(numbered);
    names.find(|name| !known.contains_key(name)).unwrap_or(host)
}

/// A name for this machine: its host name, as far as that may be one.
fn this_machine() -> String {
    let host = host_name().to_ascii_lowercase();
    let short = host.split('.').next().unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let plain: String = short.chars().map(plain).take(MAX_HOST_LEN).collect();
    match plain.trim_matches('-') {
        "" => "desk".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(unix)]
fn host_name() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

#[cfg(not(unix))]
fn host_name() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use herald_audio::internals::config::fleet::is_name;

    use super::*;

    #[test]
    fn a_machine_that_is_added_is_told_how_it_joins() {
        let made = |role| Made {
            machine: "build-1".to_owned(),
            role,
            key: "k".to_owned(),
        };
        assert_eq!(
            join_line("rediss://redis.example:6380", "home", &made(Role::Box)),
            "herald fleet join rediss://home.build-1@redis.example:6380"
        );
        assert_eq!(
            join_line("redis://127.0.0.1:6390", "home", &made(Role::Both)),
            "herald fleet join redis://home.build-1@127.0.0.1:6390 --desk"
        );
        assert!(is_name(&this_machine()));
    }
}
