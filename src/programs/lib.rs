//! The programs: `herald`, the hook and the command line, and `herald-player`, which plays.
//!
//! | module | what is in it |
//! |---|---|
//! | [`cli`] | every command, from its arguments to its output |
//! | [`agent`] | the settings of agents: adds and removes hooks |

#[cfg(feature = "cli")]
pub mod agent;
#[cfg(feature = "cli")]
pub mod cli;
