//! Finds the log lines of one request.
//!
//! A line belongs to the request if it has the same key, and the request was made between the hook's
//! start and its end, by the clock that both use.
//!
//! # Limits
//!
//! Another hook of the same key within the same millisecond or two cannot be told apart.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::{Duration, Instant};

use super::super::log::{Entry, Tail};
use super::super::run::PLAYER_PATIENCE;
use super::super::terminal::progress;
use herald_audio::internals::player::Authority;
use herald_audio::internals::player::client::PlayerClient;
use herald_audio::internals::player::protocol::Status;
use herald_audio::internals::system::log::Log;

/// How often to read the log.
const LOOK: Duration = Duration::from_millis(5);
/// How often to ask the player for its status.
const ASK: Duration = Duration::from_millis(500);
/// How many times in a row the player must be gone or idle until the wait ends.
const TURNS: u32 = 6;
/// The longest command, and time to log it.
const COMMAND_LIMIT: Duration = Duration::from_secs(15);
/// The longest sound, and time to open an output for it.
const LIMIT: Duration = Duration::from_secs(150);

/// The lines written to the log since a moment.
pub(super) struct LogSince {
    tail: Tail,
    entries: Vec<Entry>,
    client: PlayerClient,
}

impl LogSince {
    /// Watches from now on.
    pub(super) fn new(state_dir: &Path, authority: &Authority) -> Self {
        let mut tail = Tail::new(&Log::new(state_dir));
        tail.new_lines();
        Self {
            tail,
            entries: Vec::new(),
            client: PlayerClient::new(state_dir, authority),
        }
    }

    /// The player's status; none if none runs, or it does not answer.
    pub(super) fn player(&self) -> Option<Status> {
        self.client.status(PLAYER_PATIENCE).ok().flatten()
    }

    /// The line of the hook of `event` that ran during `time`.
    pub(super) fn line_of_hook(
        &mut self,
        event: &str,
        time: &RangeInclusive<u64>,
    ) -> Option<&Entry> {
        self.look();
        self.entries.iter().find(|entry| {
            let is_a_hooks = matches!(&*entry.status, "sent" | "suppressed" | "skipped" | "failed");
            is_a_hooks
                && entry.sound.is_none()
                && entry.command.is_none()
                && entry.event == event
                && time.contains(&entry.time_ms)
        })
    }

    /// The player's line about the request for `key` that was made during `time`.
    ///
    /// # Errors
    ///
    /// Why there will be no line.
    pub(super) fn line_of_player(
        &mut self,
        key: &str,
        time: &RangeInclusive<u64>,
    ) -> Result<Entry, String> {
        let is_its = |entry: &Entry| {
            entry.sound.is_some() && entry.event == key && time.contains(&entry.asked_ms())
        };
        let mut progress = Progress::default();
        let started = Instant::now();
        let mut asked = started;
        let mut idle = 0;
        loop {
            self.look();
            if let Some(found) = self.entries.iter().position(is_its) {
                return Ok(self.entries.swap_remove(found));
            }
            if idle >= TURNS {
                return Err(
                    "the player has exited without a line in the log, or cannot write the log"
                        .to_owned(),
                );
            }
            if started.elapsed() > LIMIT {
                return Err(format!("no line in the log after {} s", LIMIT.as_secs()));
            }
            if asked.elapsed() > ASK {
                let is_busy = match self.client.status(PLAYER_PATIENCE) {
                    Ok(status) => status.is_some_and(|status| status.open > 0),
                    Err(error) => return Err(error.to_string()),
                };
                idle = if is_busy { 0 } else { idle + 1 };
                asked = Instant::now();
                progress.show(started.elapsed());
            }
            std::thread::sleep(LOOK);
        }
    }

    /// The line about the command for `key` since `began`; none if there is none in time.
    pub(super) fn line_of_command(&mut self, key: &str, began: u64) -> Option<Entry> {
        let is_its = |entry: &Entry| {
            let is_a_commands = entry.command.is_some() || entry.status == "refused";
            is_a_commands && entry.event == key && entry.time_ms >= began
        };
        let started = Instant::now();
        while started.elapsed() < COMMAND_LIMIT {
            self.look();
            if let Some(found) = self.entries.iter().position(is_its) {
                return Some(self.entries.swap_remove(found));
            }
            std::thread::sleep(LOOK);
        }
        None
    }

    fn look(&mut self) {
        let lines = self.tail.new_lines();
        self.entries
            .extend(lines.iter().filter_map(|line| Entry::parse(line)));
    }
}

/// Shows on a terminal that `herald test` waits.
#[derive(Default)]
struct Progress {
    is_shown: bool,
}

impl Progress {
    fn show(&mut self, time: Duration) {
        self.is_shown = true;
        progress(&format!("waiting for the player, {} s", time.as_secs()));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            progress("");
        }
    }
}
