//! Pages to read, one a topic. There is no code here.
//!
//! Their links lead from file to file, for readers of the repository. In the documentation, `links.md`,
//! which precedes each page, redefines them as links between modules: the first definition counts. A file
//! that is not in the documentation is replaced by the module closest to it.

#[doc = include_str!("links.md")]
#[doc = include_str!("agents.md")]
pub mod agents {}

#[doc = include_str!("links.md")]
#[doc = include_str!("c.md")]
pub mod c {}

#[doc = include_str!("links.md")]
#[doc = include_str!("changes.md")]
pub mod changes {}

#[doc = include_str!("links.md")]
#[doc = include_str!("commands.md")]
pub mod commands {}

#[doc = include_str!("links.md")]
#[doc = include_str!("config.md")]
pub mod config {}

#[doc = include_str!("links.md")]
#[doc = include_str!("design.md")]
pub mod design {}

#[doc = include_str!("links.md")]
#[doc = include_str!("fleet.md")]
pub mod fleet {}

#[doc = include_str!("links.md")]
#[doc = include_str!("hooks.md")]
pub mod hooks {}

#[doc = include_str!("links.md")]
#[doc = include_str!("install.md")]
pub mod install {}

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
#[doc = include_str!("scripts.md")]
pub mod scripts {}

#[doc = include_str!("links.md")]
#[doc = include_str!("security.md")]
pub mod security {}

#[doc = include_str!("links.md")]
#[doc = include_str!("state_file.md")]
pub mod state_file {}

#[doc = include_str!("links.md")]
#[doc = include_str!("throttle.md")]
pub mod throttle {}

#[doc = include_str!("links.md")]
#[doc = include_str!("trouble.md")]
pub mod trouble {}
