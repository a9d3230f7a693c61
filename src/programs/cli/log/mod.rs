//! `herald log`

mod entry;
mod reader;
mod tail;

use std::io;

use jiff::tz::TimeZone;

pub(super) use entry::{Entry, short_sound};
pub(super) use tail::Tail;

use super::answer::finish;
use super::completions;
use super::exit::FAILED;
use super::terminal::{self, HINT};
use herald_audio::internals::event::Meant;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::log::Log;
use herald_audio::internals::system::printable::printable;
use herald_audio::internals::system::state_dir;

/// Show the log: the outcome of each request for a sound
///
/// One line per request that the player received, with the reason if it was not played, and each
/// step that took longer than 10 ms. Suppressed hooks are logged if they ran with HERALD_LOG=debug.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald log                       show the last 20 lines
  herald log -f                    also show new lines, until Ctrl-C
  herald log -n 5 --failed         show the last five sounds that failed
  herald log --event Stop --json | jq .took_ms")]
pub(super) struct Args {
    /// Show new lines as they are written
    #[arg(short, long)]
    follow: bool,
    /// Show the last LINES lines
    #[arg(short = 'n', long, default_value_t = 20)]
    lines: usize,
    /// Show only this event, or a finer key such as PreToolUse/Bash
    #[arg(long, add = completions::events())]
    event: Option<String>,
    /// Show only what failed or was refused
    #[arg(long)]
    failed: bool,
    /// Print the lines as they are stored: one JSON object each
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> u8 {
    let state_dir = match state_dir::find(&Env::process()) {
        Ok((dir, passed_over)) => {
            passed_over.iter().for_each(|note| terminal::warn(note));
            dir
        }
        Err(error) => {
            terminal::error(&error);
            return FAILED;
        }
    };
    let mut tail = Tail::new(&Log::new(&state_dir));
    let out = Out::new(args);
    let mut lines = out.chosen(tail.new_lines());
    if !args.follow {
        lines.extend(out.chosen(tail.torn().into_iter().collect()));
        if lines.is_empty() {
            terminal::warn(&none(args));
        }
        return finish(out.write(last(args.lines, &lines)));
    }
    let written = out.write(last(args.lines, &lines));
    finish(written.and_then(|()| follow(tail, &out)))
}

/// Says that there is nothing to show, and suggests an event if the name is a misspelling.
fn none(args: &Args) -> String {
    let what = match (&args.event, args.failed) {
        (None, false) => "the log is empty",
        _ => "no line of the log matches",
    };
    match args.event.as_deref().and_then(Meant::by) {
        Some(meant) => format!("{what}{HINT}did you mean --event {meant}?"),
        None => what.to_owned(),
    }
}

fn last(count: usize, lines: &[Vec<u8>]) -> &[Vec<u8>] {
    &lines[lines.len().saturating_sub(count)..]
}

/// Prints lines as they are written, until the reader is gone.
fn follow(mut tail: Tail, out: &Out<'_>) -> io::Result<()> {
    while reader::waits() {
        let lines = out.chosen(tail.new_lines());
        out.write(&lines)?;
    }
    Ok(())
}

/// Selects and prints lines.
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

    /// The lines that match the arguments.
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

    /// A line that cannot be parsed is printed as it is, escaped.
    fn words(&self, line: &[u8]) -> String {
        match Entry::parse(line) {
            Some(entry) => entry.words(&self.zone),
            None => printable(String::from_utf8_lossy(line)),
        }
    }
}
