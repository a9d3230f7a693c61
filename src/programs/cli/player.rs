//! `herald player`

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::answer::unless_unread;
use super::exit::{FAILED, OK};
use super::run::PLAYER_PATIENCE;
use super::terminal;
use super::times::span;
use herald_audio::Result;
use herald_audio::internals::player::client::PlayerClient;
use herald_audio::internals::player::protocol::Status;
use herald_audio::internals::player::{self, Authority};
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::state_dir;

const NO_PLAYER: &str = "no player is running\n";

/// Show, run or stop the resident player, which hooks start on demand
///
/// The player keeps decoded sounds and an open output, so that the next sound starts without delay.
/// It exits after 5 idle minutes (player_idle_exit in the config).
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  herald player status         show whether one is running, and since when
  herald player status --json  print it as JSON
  herald player stop           stop it; the next sound starts another one
  herald player run            run it in this terminal, and see its messages

Exit codes:
  0  running (status), or done
  1  not running (status), or failed
  2  wrong usage")]
pub(super) enum PlayerCommand {
    /// Run the player in this terminal until it is stopped or idle
    Run,
    /// Show whether the player is running, and what it does
    Status(StatusArgs),
    /// Stop the player after its last sound; the next sound starts another one
    Stop(StopArgs),
}

#[derive(clap::Args, Debug)]
pub(super) struct StopArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub(super) struct StatusArgs {
    /// Print JSON, with times in milliseconds; null if none is running
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &PlayerCommand) -> Result<u8> {
    let (written, code) = match command {
        PlayerCommand::Run => return run_here(),
        PlayerCommand::Stop(args) => {
            let stopped = stop()?;
            let words = match stopped {
                0 => NO_PLAYER.to_owned(),
                1 => "player stopped\n".to_owned(),
                several => format!("{several} players stopped\n"),
            };
            let written = match args.json {
                true => terminal::say_json(&format!("{}\n", json!({ "stopped": stopped }))),
                false => terminal::say(&words),
            };
            (written, OK)
        }
        PlayerCommand::Status(args) => {
            let players = answers(PlayerClient::status)?;
            let code = if players.is_empty() { FAILED } else { OK };
            let written = match players.is_empty() {
                _ if args.json => terminal::say_json(&format!("{}\n", all_to_json(&players))),
                true => terminal::say(NO_PLAYER),
                false => {
                    let words = players.iter().map(words).collect::<Vec<_>>();
                    terminal::say(&words.join("\n"))
                }
            };
            (written, code)
        }
    };
    unless_unread(written).map(|()| code)
}

/// Stops the players of the state directory after their last sounds. Returns how many.
///
/// # Errors
///
/// If a player does not answer.
pub(super) fn stop() -> Result<usize> {
    Ok(answers(PlayerClient::stop)?.len())
}

/// The answers of the players of the state directory, first the one of this environment.
/// Environments that differ in where sounds go, or in what a player may use, have separate players.
///
/// # Errors
///
/// If a player does not answer.
fn answers(ask: impl Fn(&PlayerClient, Duration) -> Result<Option<Status>>) -> Result<Vec<Status>> {
    let env = Env::process();
    let (state_dir, passed_over) = state_dir::find(&env)?;
    passed_over.iter().for_each(|note| terminal::warn(note));
    let own = Authority::of_user(&env).ok();
    let own = own.map(|own| PlayerClient::new(&state_dir, &own).lock());
    let mut players = PlayerClient::all(&state_dir);
    players.sort_by_key(|player| Some(player.lock()) != own);
    let answers = players.iter().map(|player| ask(player, PLAYER_PATIENCE));
    let answers: Vec<_> = answers.filter_map(Result::transpose).collect();
    answers.into_iter().collect()
}

/// The first player, with the others as a member.
fn all_to_json(players: &[Status]) -> Value {
    let Some((first, others)) = players.split_first() else {
        return Value::Null;
    };
    let mut json = to_json(first);
    if !others.is_empty() {
        json["others"] = others.iter().map(to_json).collect();
    }
    json
}

pub(super) fn to_json(status: &Status) -> Value {
    let Status {
        version,
        pid,
        running_ms,
        leaves_in_ms,
        requests,
        open,
        kept_bytes,
        reminders,
        peak,
    } = status;
    json!({
        "version": version,
        "pid": pid,
        "runningMs": running_ms,
        "exitsInMs": leaves_in_ms,
        "requests": requests,
        "open": open,
        "keptBytes": kept_bytes,
        "reminders": reminders,
        "peak": f64::from(*peak) / 1_000.0,
    })
}

fn words(status: &Status) -> String {
    let time = |ms: u64| span(Duration::from_secs(ms.div_ceil(1_000)));
    let Status {
        version,
        pid,
        running_ms,
        leaves_in_ms,
        requests,
        open,
        kept_bytes,
        reminders,
        peak: _,
    } = status;
    format!(
        "player {version} is running as process {pid}\n\
         running for  {}\n\
         exits in     {}, unless a sound comes first\n\
         requests     {requests}; {open} playing or waiting\n\
         to repeat    {reminders}\n\
         sounds kept  {} KiB\n",
        time(*running_ms),
        time(*leaves_in_ms),
        kept_bytes.div_ceil(1 << 10),
    )
}

/// Becomes the player, with this terminal for its messages.
fn run_here() -> Result<u8> {
    let program = player::program();
    let mut command = Command::new(&program);
    #[cfg(unix)]
    let error = std::os::unix::process::CommandExt::exec(&mut command);
    #[cfg(not(unix))]
    let error = match command.status() {
        Ok(status) => return Ok(u8::try_from(status.code().unwrap_or(1)).unwrap_or(FAILED)),
        Err(error) => error,
    };
    Err(player::cannot_start(&program, error))
}
