//! `herald player`

use std::io::{self, Write};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::answer::unless_unread;
use super::args::PlayerCommand;
use super::complain;
use crate::env::Env;
use crate::error::{Error, ErrorKind, Result};
use crate::player;
use crate::player::client::PlayerClient;
use crate::player::protocol::Status;
use crate::state_dir;

/// How long a player may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);
/// The exit code of `status` where no player is running.
const NOT_RUNNING: u8 = 1;
const NOBODY: &str = "no player is running";

pub(super) fn run(command: &PlayerCommand) -> Result<u8> {
    let (words, code) = match command {
        PlayerCommand::Run => return run_here(),
        PlayerCommand::Stop => match client()?.stop(PATIENCE)? {
            Some(_) => ("the player leaves".to_owned(), 0),
            None => (NOBODY.to_owned(), 0),
        },
        PlayerCommand::Status(args) => {
            let status = client()?.status(PATIENCE)?;
            let words = match &status {
                _ if args.json => json!(status).to_string(),
                Some(status) => words(status),
                None => NOBODY.to_owned(),
            };
            (words, if status.is_some() { 0 } else { NOT_RUNNING })
        }
    };
    let written = unless_unread(writeln!(io::stdout(), "{words}"));
    let cannot = |error| Error::new(ErrorKind::Player, "cannot write the answer").because(error);
    written.map(|()| code).map_err(cannot)
}

fn client() -> Result<PlayerClient> {
    let (state_dir, passed_over) = state_dir::find(&Env::process())?;
    passed_over.iter().for_each(|note| complain(note));
    Ok(PlayerClient::new(state_dir))
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
         sounds kept  {} KiB",
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
