//! The programs: `herald`, which is the hook and the command line, and `herald-player`, which plays.
//!
//! | room | what is in it |
//! |---|---|
//! | [`cli`] | every command, from its arguments to what it prints |
//! | [`agent`] | the settings of agents: which events there are, and how hooks get in and out |

pub mod agent;
pub mod cli;
