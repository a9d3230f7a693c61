//! Pages to read, a topic each. There is no code here.

#[doc = include_str!("config.md")]
pub mod config {}

#[doc = include_str!("remote.md")]
pub mod remote {}
