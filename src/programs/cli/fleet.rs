//! `herald fleet`: its arguments, and the way to `herald-relay`, which carries them out. Only that program links a
//! client of the engine.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::companion;
use super::terminal::HINT;
use super::values::{self, SnoozeEnd};
use herald_audio::internals::config::fleet::{is_full_name, is_name, is_url};
use herald_audio::{LONGEST_SNOOZE, Result};

/// Hear agents on many machines at your desk, each event once
///
/// Boxes, where agents run, send their events to a Valkey or Redis server; desks, where people sit, play
/// them. Needs the program herald-relay.
#[derive(Clone, Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  herald fleet init build-1         make a fleet of this desk and one box
  herald fleet init build-2         add a box
  herald fleet init --desk office   add a desk
  herald fleet init --url rediss://redis.example build-1
                                    use a server that you have
  herald fleet join rediss://home.build-1@redis.example
                                    on a box, as `init` has printed it
  herald fleet test                 send an event the whole way
  herald fleet snooze 30m           no sound at any desk for half an hour
  herald fleet flush --wait 10s     on a CI runner, before it ends

Exit codes:
  0  done, or the answer is yes
  1  failed, or the answer is no
  2  wrong usage")]
pub enum Command {
    /// Create the logins of boxes and desks, and print how each one joins
    ///
    /// Also makes this machine a desk, if it does not belong to a fleet yet. Without a server, it starts one
    /// that only this machine can reach (valkey-server or redis-server), and prints how a box reaches it
    /// through SSH.
    Init(InitArgs),
    /// Make this machine a box or a desk of a fleet
    ///
    /// Writes the fleet into your config, and the key into a file that only you can read.
    Join(JoinArgs),
    /// Make this machine leave its fleet
    Leave(OutputArgs),
    /// Remove the login of a machine and the events that it has sent
    Revoke(RevokeArgs),
    /// Show the connection, and each box and desk
    Status(OutputArgs),
    /// Send an event the whole way, and report each step with its time
    Test(OutputArgs),
    /// Make this desk the one in use
    Here(OutputArgs),
    /// Mute every desk until `herald fleet unmute`, at most 7 days
    Mute(OutputArgs),
    /// End a mute or a snooze of the fleet
    Unmute(OutputArgs),
    /// Mute every desk for a while
    Snooze(SnoozeArgs),
    /// Show whether this machine has sent all its events
    Flush(FlushArgs),
    /// Print what `herald doctor` shows about the fleet, as JSON
    #[command(hide = true)]
    Examine,
}

/// The arguments of `init`.
#[derive(Clone, Debug, clap::Args)]
pub struct InitArgs {
    /// Boxes to add: up to 31 lower-case letters, digits and -
    #[arg(value_name = "BOX", value_parser = name)]
    pub boxes: Vec<String>,
    /// Desk to add; repeatable
    #[arg(long = "desk", value_name = "NAME", value_parser = name)]
    pub desks: Vec<String>,
    /// Make this machine a box instead of a desk
    #[arg(long = "box")]
    pub is_box: bool,
    /// Name of the fleet [default: the one of this machine, else home]
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub fleet: Option<String>,
    /// Server: rediss://HOST:PORT, or redis:// with localhost [default: the one of this machine's fleet]
    #[arg(long, value_parser = url)]
    pub url: Option<String>,
    /// Administrator's login at the server
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub login: String,
    /// File with the administrator's password [default: ask on the terminal]
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `join`.
#[derive(Clone, Debug, clap::Args)]
pub struct JoinArgs {
    /// Server and login, as `herald fleet init` prints them: rediss://FLEET.MACHINE@HOST:PORT
    #[arg(value_name = "URL", value_parser = place)]
    pub place: Place,
    /// File with the key, readable only by you [default: read it from standard input, and keep it]
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Hear the boxes here
    #[arg(long)]
    pub desk: bool,
    /// With --desk: write a service that keeps herald-relay running, without asking
    #[arg(long, requires = "desk")]
    pub service: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `revoke`.
#[derive(Clone, Debug, clap::Args)]
pub struct RevokeArgs {
    /// Box or desk
    #[arg(value_name = "MACHINE", value_parser = name)]
    pub machine: String,
    /// Administrator's login at the server
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub login: String,
    /// File with the administrator's password [default: ask on the terminal]
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Whether to print JSON.
#[derive(Clone, Debug, clap::Args)]
pub struct OutputArgs {
    /// Print JSON, with times in milliseconds
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `snooze`.
#[derive(Clone, Debug, clap::Args)]
pub struct SnoozeArgs {
    /// How long: 90s, 30m, 2h, or a number of minutes; at most 7 days
    #[arg(value_name = "TIME", value_parser = snooze)]
    pub time: Duration,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `flush`.
#[derive(Clone, Debug, clap::Args)]
pub struct FlushArgs {
    /// Wait until they are sent, at most this long
    #[arg(long, value_name = "TIME", value_parser = values::window, default_missing_value = "10s", num_args = 0..=1)]
    pub wait: Option<Duration>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// A server, and the login of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The server's URL without a login.
    pub url: String,
    /// The login: `FLEET.MACHINE`.
    pub name: String,
}

fn name(text: &str) -> std::result::Result<String, String> {
    match is_name(text) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "not a name{HINT}use up to 31 lower-case letters, digits and -, such as build-1"
        )),
    }
}

fn url(text: &str) -> std::result::Result<String, String> {
    match is_url(text) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "not the address of a server{HINT}write rediss://HOST:PORT, or redis://localhost:PORT for one that is \
             on this machine or tunnelled to it"
        )),
    }
}

fn place(text: &str) -> std::result::Result<Place, String> {
    let parts = text.split_once("://").and_then(|(scheme, rest)| {
        let (name, address) = rest.rsplit_once('@')?;
        let url = url(&format!("{scheme}://{address}")).ok()?;
        is_full_name(name).then(|| Place {
            url,
            name: name.to_owned(),
        })
    });
    parts.ok_or_else(|| {
        format!(
            "not the address of a fleet{HINT}write rediss://FLEET.MACHINE@HOST:PORT as `herald fleet init` prints it; \
             the key is read from standard input"
        )
    })
}

fn snooze(text: &str) -> std::result::Result<Duration, String> {
    match values::snooze_end(text)? {
        SnoozeEnd::After(length) if !length.is_zero() && length <= LONGEST_SNOOZE => Ok(length),
        _ => Err(format!(
            "not a time up to 7 days{HINT}herald fleet snooze 30m"
        )),
    }
}

/// The program that carries the commands out.
pub(super) const PROGRAM: &str = "herald-relay";
/// The hint where it is missing.
pub(super) const TO_HAVE_IT: &str =
    "put herald-relay beside herald, or on the PATH: cargo xtask install --fleet installs it";

/// Runs `herald-relay` with `args`, those after `fleet`. Returns its exit code.
///
/// # Errors
///
/// Those of [`companion::run`].
pub(super) fn run(args: &[OsString]) -> Result<u8> {
    companion::run(PROGRAM, args, TO_HAVE_IT).map_err(|error| match error.hint() {
        Some(_) => error,
        None => error.with_hint("herald doctor"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_a_login_and_no_password() {
        let place_of = |url: &str, name: &str| Place {
            url: url.to_owned(),
            name: name.to_owned(),
        };
        for (text, expected) in [
            (
                "rediss://home.ci@redis.example:6380",
                place_of("rediss://redis.example:6380", "home.ci"),
            ),
            (
                "redis://home.ci@127.0.0.1:6390",
                place_of("redis://127.0.0.1:6390", "home.ci"),
            ),
        ] {
            assert_eq!(place(text), Ok(expected), "{text}");
        }
        for text in [
            "rediss://redis.example",
            "rediss://ci@redis.example",
            "rediss://home.ci:secret@redis.example",
            "redis://home.ci@redis.example",
            "home.ci@redis.example",
        ] {
            let error = place(text).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_snooze_of_the_fleet_ends() {
        assert_eq!(snooze("30m"), Ok(Duration::from_secs(1_800)));
        for text in ["0", "8d", "off", "until 14:00", "soon"] {
            assert!(snooze(text).is_err(), "{text}");
        }
    }
}
