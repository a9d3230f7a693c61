//! Exit codes: one set for every command but `hook`, which always exits with 0.

/// Done, or the answer is yes.
pub(super) const OK: u8 = 0;
/// Failed, or the answer is no: suppressed, not running, not heard, errors found.
pub(super) const FAILED: u8 = 1;
/// The arguments are wrong.
pub(super) const USAGE: u8 = 2;

/// For `herald --help`.
pub(super) const HELP: &str = "\
Exit codes:
  0  done, or the answer is yes
  1  failed, or the answer is no
  2  wrong usage";
