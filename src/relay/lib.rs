//! The relay: brings events of agents on many machines to a desk, each once, through a Valkey or Redis server.
//!
//! # Modules
//!
//! From the lowest layer up; none uses what is above it.
//!
//! | module | what it is for |
//! |---|---|
//! | [`message`] | what a box says about an event, and what a desk believes of it |
//! | [`engine`] | the server between the machines: append, follow, claim, controls, presence |
//! | `queue` | what a box could not append yet |
//! | `desk` | whether an event sounds at this desk, without I/O |
//! | [`resident`] | the resident program: receives from hooks, appends, follows and plays |
//! | [`admin`] | `herald fleet`: logins, joining and leaving, status, test, mute |

pub mod admin;
mod desk;
pub mod engine;
pub mod message;
mod queue;
pub mod resident;
