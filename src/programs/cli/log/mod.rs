//! `herald log`

mod entry;
mod reader;
mod tail;

use std::io;

use jiff::tz::TimeZone;

pub(super) use entry::{Entry, short_sound};
pub(super) use tail::Tail;

use super::answer::{NO_ANSWER, told};
use super::terminal::{self, complain};
use herald_audio::event::Meant;
use herald_audio::system::env::Env;
use herald_audio::system::log::Log;
use herald_audio::system::printable::printable;
use herald_audio::system::state_dir;

/// Show the log: what became of each request for a sound, and why
///
/// One line for each request that the player got, with the reason if it was not heard, and with
/// each step on the way that took longer than 10 ms. Hooks that asked for no sound are in it
/// where HERALD_LOG=debug was set for them.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald log                       the last 20 lines
  herald log -f                    and those that come, until Ctrl-C
  herald log -n 5 --failed         the last five sounds that were not heard
  herald log --event Stop --json | jq .took_ms

Exit codes:
  0  done, or nobody reads any more
  2  wrong usage, or no answer: standard error says why")]
pub(super) struct Args {
    /// Go on with new lines as they come
    #[arg(short, long)]
    follow: bool,
    /// How many of the lines that are there
    #[arg(short = 'n', long, default_value_t = 20)]
    lines: usize,
    /// Only lines about this event, or a finer key of it such as PreToolUse/Bash
    #[arg(long)]
    event: Option<String>,
    /// Only what failed or was refused
    #[arg(long)]
    failed: bool,
    /// Write the lines as they are: a JSON object each
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> u8 {
    let state_dir = match state_dir::find(&Env::process()) {
        Ok((dir, passed_over)) => {
            passed_over.iter().for_each(|note| complain(note));
            dir
        }
        Err(error) => {
            complain(&error);
            return NO_ANSWER;
        }
    };
    let mut tail = Tail::new(&Log::new(&state_dir));
    let out = Out::new(args);
    let mut lines = out.chosen(tail.new_lines());
    if !args.follow {
        lines.extend(out.chosen(tail.torn().into_iter().collect()));
        if lines.is_empty() {
            complain(&none(args));
        }
        return told(out.write(last(args.lines, &lines)));
    }
    let written = out.write(last(args.lines, &lines));
    told(written.and_then(|()| follow(tail, &out)))
}

/// That there is nothing to show, and what was meant if nothing ever is.
fn none(args: &Args) -> String {
    let meant = args.event.as_deref().and_then(Meant::by);
    let meant = meant.map(|meant| format!(" (did you mean --event {meant}?)"));
    format!(
        "there is no such line in the log{}",
        meant.unwrap_or_default()
    )
}

fn last(count: usize, lines: &[Vec<u8>]) -> &[Vec<u8>] {
    &lines[lines.len().saturating_sub(count)..]
}

/// Writes lines as they come, until nobody reads them.
fn follow(mut tail: Tail, out: &Out<'_>) -> io::Result<()> {
    while reader::waits() {
        let lines = out.chosen(tail.new_lines());
        out.write(&lines)?;
    }
    Ok(())
}

/// Where lines go, which of them, and how.
struct Out<'a> {
    args: &'a Args,
    zone: TimeZone,
}

impl<'a> Out<'a> {
    fn new(args: &'a Args) -> Self {
        Self {
            args,
            zone: TimeZone::system(),
        }
    }

    /// Those of `lines` that were asked for.
    fn chosen(&self, mut lines: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let Args { event, failed, .. } = self.args;
        if event.is_some() || *failed {
            lines.retain(|line| {
                Entry::parse(line).is_some_and(|entry| {
                    let is_about = event.as_deref().is_none_or(|event| entry.is_about(event));
                    is_about && (!failed || entry.has_failed())
                })
            });
        }
        lines
    }

    fn write(&self, lines: &[Vec<u8>]) -> io::Result<()> {
        lines.iter().try_for_each(|line| match self.args.json {
            true => terminal::say_json(&(String::from_utf8_lossy(line) + "\n")),
            false => terminal::say(&(self.words(line) + "\n")),
        })
    }

    /// A line that is none of Herald's is shown as far as it can be.
    fn words(&self, line: &[u8]) -> String {
        match Entry::parse(line) {
            Some(entry) => entry.words(&self.zone),
            None => printable(String::from_utf8_lossy(line)),
        }
    }
}
