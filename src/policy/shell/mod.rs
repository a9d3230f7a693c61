//! Finds the programs that a shell would run for a command: its simple commands, those of shells it starts,
//! and programs after `sudo`, `env` and similar.
//!
//! Nothing is executed, expanded or looked up: `$x`, aliases and globs stay as written. The grammar is that
//! of bash where it determines the beginnings and words of commands; it accepts some input that bash would
//! refuse.
//!
//! Text is untrusted: nesting is limited ([`work::MAX_DEPTH`]), and so is the work ([`Work`]), because a text
//! within a text may be read twice at each level.
//!
//! | file | responsibility |
//! |---|---|
//! | `look` | walking through scripts |
//! | `work` | the limits, and why a text is unclear |
//! | `scan` | from text to simple commands |
//! | `found` | the content of a script |
//! | `redirection` | redirections and here-documents |
//! | `word` | words: quotes and expansions |
//! | `command` | the words of a simple command, after reserved words |
//! | `program` | from a simple command to its programs and scripts |
//! | `runners` | programs that run another one |

mod command;
mod found;
mod look;
mod program;
mod redirection;
mod runners;
mod scan;
#[cfg(test)]
mod tests;
mod word;
mod work;

pub(super) use look::{Run, See, look_at_text, look_at_words};
pub(super) use work::Work;
