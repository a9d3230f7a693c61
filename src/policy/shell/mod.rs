//! Which programs a shell would run, given a command: its simple commands, those of the shells that
//! it starts, and the programs behind `sudo`, `env` and their like.
//!
//! Nothing is executed, expanded or looked up: `$x`, aliases and globs stay as they are written. The
//! grammar is that of bash as far as it decides where a command begins and which words it has; what
//! bash would refuse may pass.
//!
//! Text is hostile: nesting is limited ([`work::MAX_DEPTH`]), and so is the work, since a text within a
//! text may be read twice at each level ([`Work`]).
//!
//! | file | responsibility |
//! |---|---|
//! | `look` | which scripts are looked at, and what is known of them |
//! | `work` | the work that this may take, and why it may be in vain |
//! | `scan` | from text to simple commands |
//! | `found` | what a text consists of |
//! | `redirection` | redirections and here-documents |
//! | `word` | words: quotes and expansions |
//! | `command` | a simple command's words, and those before it that are reserved |
//! | `program` | from a simple command to the programs and scripts that it runs |
//! | `runners` | the programs that run another one |

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
