//! Pages to read, a topic each. There is no code here.
//!
//! Their links lead from file to file, where a repository is browsed. Here `links.md`, which comes
//! before each page, makes links between modules of the same names: of two definitions, the first
//! one counts.

#[doc = include_str!("links.md")]
#[doc = include_str!("agents.md")]
pub mod agents {}

#[doc = include_str!("links.md")]
#[doc = include_str!("c.md")]
pub mod c {}

#[doc = include_str!("links.md")]
#[doc = include_str!("config.md")]
pub mod config {}

#[doc = include_str!("links.md")]
#[doc = include_str!("design.md")]
pub mod design {}

#[doc = include_str!("links.md")]
#[doc = include_str!("hooks.md")]
pub mod hooks {}

#[doc = include_str!("links.md")]
#[doc = include_str!("library.md")]
pub mod library {}

#[doc = include_str!("links.md")]
#[doc = include_str!("original.md")]
pub mod original {}

#[doc = include_str!("links.md")]
#[doc = include_str!("packs.md")]
pub mod packs {}

#[doc = include_str!("links.md")]
#[doc = include_str!("performance.md")]
pub mod performance {}

#[doc = include_str!("links.md")]
#[doc = include_str!("policy.md")]
pub mod policy {}

#[doc = include_str!("links.md")]
#[doc = include_str!("python.md")]
pub mod python {}

#[doc = include_str!("links.md")]
#[doc = include_str!("quiet.md")]
pub mod quiet {}

#[doc = include_str!("links.md")]
#[doc = include_str!("remote.md")]
pub mod remote {}

#[doc = include_str!("links.md")]
#[doc = include_str!("security.md")]
pub mod security {}

#[doc = include_str!("links.md")]
#[doc = include_str!("throttle.md")]
pub mod throttle {}

#[doc = include_str!("links.md")]
#[doc = include_str!("trouble.md")]
pub mod trouble {}
