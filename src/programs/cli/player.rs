//! `herald player`

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::answer::unless_unread;
use super::run::PLAYER_PATIENCE;
use super::terminal::{self, complain};
use herald_audio::error::Result;
use herald_audio::player::client::PlayerClient;
use herald_audio::player::protocol::Status;
use herald_audio::player::{self, Authority};
use herald_audio::system::env::Env;
use herald_audio::system::state_dir;

/// The exit code of `status` where no player is running.
const NOT_RUNNING: u8 = 1;
const NOBODY: &str = "no player is running\n";

/// Look after the resident player, which hooks start when there is something to play
///
/// It keeps sounds and an open device at hand, so that the next sound starts at once, and leaves
/// when it was not needed for a while (player_idle_exit in the config, by default 5 minutes).
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  herald player status         is one running, and for how long?
  herald player status --json  the same for a script
  herald player stop           begin anew with the next sound
  herald player run            see what it complains of

Exit codes:
  0  done (stop), or it is running (status)
  1  none is running (status), or something is wrong: standard error says what
  2  wrong usage")]
pub(super) enum PlayerCommand {
    /// Run the player in this terminal, until it is stopped or not needed any more
    Run,
    /// Tell how the player is; the exit code is 1 if none is running
    Status(StatusArgs),
    /// Let the player leave when its last sound has ended; the next sound starts another one
    Stop,
}

#[derive(clap::Args, Debug)]
pub(super) struct StatusArgs {
    /// Write JSON, with times in milliseconds; null if none is running
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &PlayerCommand) -> Result<u8> {
    let (written, code) = match command {
        PlayerCommand::Run => return run_here(),
        PlayerCommand::Stop => {
            let words = match answers(PlayerClient::stop)?.len() {
                0 => NOBODY.to_owned(),
                1 => "the player leaves\n".to_owned(),
                several => format!("{several} players leave\n"),
            };
            (terminal::say(&words), 0)
        }
        PlayerCommand::Status(args) => {
            let players = answers(PlayerClient::status)?;
            let code = if players.is_empty() { NOT_RUNNING } else { 0 };
            let written = match players.is_empty() {
                _ if args.json => terminal::say_json(&format!("{}\n", to_json(&players))),
                true => terminal::say(NOBODY),
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

/// What the players of the state directory answer, first the one of this environment. Each
/// environment that says otherwise where sounds go, or what a player may use, has one of its own.
///
/// # Errors
///
/// That of the last one that does not answer.
fn answers(ask: impl Fn(&PlayerClient, Duration) -> Result<Option<Status>>) -> Result<Vec<Status>> {
    let env = Env::process();
    let (state_dir, passed_over) = state_dir::find(&env)?;
    passed_over.iter().for_each(|note| complain(note));
    let own = Authority::of_user(&env).ok();
    let own = own.map(|own| PlayerClient::new(&state_dir, &own).lock());
    let mut players = PlayerClient::all(&state_dir);
    players.sort_by_key(|player| Some(player.lock()) != own);
    let answers = players.iter().map(|player| ask(player, PLAYER_PATIENCE));
    let answers: Vec<_> = answers.filter_map(Result::transpose).collect();
    answers.into_iter().collect()
}

/// The first, with the others in it.
fn to_json(players: &[Status]) -> Value {
    let Some((first, others)) = players.split_first() else {
        return Value::Null;
    };
    let mut told = json!(first);
    if !others.is_empty() {
        told["others"] = json!(others);
    }
    told
}

fn words(status: &Status) -> String {
    let time = |ms: u64| humantime::format_duration(Duration::from_secs(ms.div_ceil(1_000)));
    let Status {
        version,
        pid,
        running_ms,
        leaves_in_ms,
        requests,
        open,
        kept_bytes,
    } = status;
    format!(
        "player {version} is running as process {pid}\n\
         running for  {}\n\
         leaves in    {}, unless it is needed before\n\
         requests     {requests}, of which {open} sound or wait\n\
         sounds kept  {} KiB\n",
        time(*running_ms),
        time(*leaves_in_ms),
        kept_bytes.div_ceil(1 << 10),
    )
}

/// The player in this terminal, with what it has to say.
fn run_here() -> Result<u8> {
    let program = player::program();
    let mut command = Command::new(&program);
    #[cfg(unix)]
    let error = std::os::unix::process::CommandExt::exec(&mut command);
    #[cfg(not(unix))]
    let error = match command.status() {
        Ok(status) => return Ok(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
        Err(error) => error,
    };
    Err(player::cannot_start(&program, error))
}
