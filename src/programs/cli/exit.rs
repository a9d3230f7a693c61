//! Exit codes: one set for every command but `hook`, which always exits with 0.

use std::fmt;

use super::terminal;

/// Done, or the answer is yes.
pub const OK: u8 = 0;
/// Failed, or the answer is no: suppressed, not running, not heard, errors found.
pub const FAILED: u8 = 1;
/// Wrong usage: no file, config or machine could make these arguments work. So the name of a sound, event,
/// setting or pack that does not exist is a failure instead.
pub(super) const USAGE: u8 = 2;

/// For `herald --help`.
pub(super) const HELP: &str = "\
Exit codes:
  0  done, or the answer is yes
  1  failed, or the answer is no
  2  wrong usage: such arguments never work";

/// Reports wrong usage. Returns the exit code.
pub(super) fn misused(why: &dyn fmt::Display) -> u8 {
    terminal::error(why);
    USAGE
}
