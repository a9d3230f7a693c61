//! How messages get from one process to another: to an inbox, that a path in the private state
//! directory names.
//!
//! # Purpose
//!
//! Whoever sends never waits: a message arrives whole and at once, or not at all. Whoever receives
//! learns of it as soon as it is there.
//!
//! | | what an inbox is | who can send | how many wait |
//! |---|---|---|---|
//! | Unix | a datagram socket at the path | this user: directory and socket are private, and on Linux the kernel says who sent | on Linux 11, then [`Sent::Busy`] |
//! | Windows | a named pipe; the file at the path holds its name, which nobody can guess | this user: the directory and the pipe are private | one a connection |

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::{Inbox, is_abandoned, send};
#[cfg(windows)]
pub(super) use windows::{Inbox, is_abandoned, send};

/// The longest message, in bytes: what every system's datagram sockets carry, or can be told to.
pub(super) const MAX_LEN: usize = 8 * 1024;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It is in the inbox.
    Delivered,
    /// There is no inbox, or one whose process is gone.
    NobodyThere,
    /// The inbox is full.
    Busy,
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// A message from this user.
    Message(Vec<u8>),
    /// Nothing, in the time given.
    Nothing,
    /// A message from somebody else, and why it was not taken.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    Refused(String),
}
