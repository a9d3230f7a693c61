//! `herald choose`, which `herald-studio` runs.

/// Choose by ear what each event sounds like, on a screen
///
/// Hear each candidate with the arrow keys, set volumes, and keep one. Each key runs a plain command and
/// shows its answer: config set, config unset, events on, events off, play. `herald sounds` lists the
/// candidates.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald choose
  herald sounds                                      the same without a screen:
  herald play builtin:finished
  herald config set events.Stop.sound builtin:finished")]
pub(super) struct Args {}
