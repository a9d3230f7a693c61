//! Inboxes: messages between processes, addressed by a path in the private state directory.
//!
//! # Purpose
//!
//! Senders never wait: a message arrives completely and at once, or not at all. Receivers are notified at
//! once.
//!
//! | | implementation | allowed senders | capacity |
//! |---|---|---|---|
//! | Unix | a datagram socket at the path | this user: directory and socket are private, and on Linux the kernel identifies the sender | on Linux 11, then [`Sent::Busy`] |
//! | Windows | a named pipe with a secret name in the file at the path | this user: the directory and the pipe are private | one per connection |

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::{Inbox, is_abandoned, send};
#[cfg(windows)]
pub(super) use windows::{Inbox, is_abandoned, send};

/// The longest message, in bytes: what the datagram sockets of all systems support.
pub(super) const MAX_LEN: usize = 8 * 1024;

/// The result of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// The message is in the inbox.
    Delivered,
    /// The inbox is missing, or its process has ended.
    NobodyThere,
    /// The inbox is full.
    Busy,
}

/// The result of receiving.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// A message of this user.
    Message(Vec<u8>),
    /// No message in the given time.
    Nothing,
    /// A message of another user, and why it was refused.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    Refused(String),
}
