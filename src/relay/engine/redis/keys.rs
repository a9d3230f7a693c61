//! The names of a fleet's keys on the server.
//!
//! | key | what | who |
//! |---|---|---|
//! | `{F}:in:BOX` | a stream: the events of a box, in the field `m` | its box appends; desks read and trim |
//! | `{F}:boxes` | a hash: who is in the fleet, with `box`, `desk` or `both` | written by the administrator's login; desks read |
//! | `{F}:mute` | there while the fleet is muted; with an expiry | desks write; boxes read |
//! | `{F}:present` | there while some desk is; with an expiry | desks write; boxes read |
//! | `{F}:desk:DESK` | the server's milliseconds when somebody was last at the desk, or 0; with an expiry | desks |
//! | `{F}:claim:KEY` | the desk that sounds; with an expiry | desks |
//! | `{F}:signal` | a stream: something of the others changed | desks and the administrator |
//!
//! The name of the fleet is a hash tag, so that a cluster keeps all of them together.

/// The keys of a fleet.
#[derive(Clone, Debug)]
pub struct Keys {
    prefix: String,
}

impl Keys {
    /// The keys of `fleet`.
    pub fn new(fleet: &str) -> Self {
        Self {
            prefix: format!("{{{fleet}}}:"),
        }
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The stream of a box.
    pub fn stream(&self, machine: &str) -> String {
        self.key(&format!("in:{machine}"))
    }

    /// The box of a stream.
    pub fn machine_of<'k>(&self, key: &'k str) -> Option<&'k str> {
        key.strip_prefix(&self.prefix)?.strip_prefix("in:")
    }

    /// Who is in the fleet.
    pub fn boxes(&self) -> String {
        self.key("boxes")
    }

    /// The fleet's mute.
    pub fn mute(&self) -> String {
        self.key("mute")
    }

    /// Whether some desk is present.
    pub fn present(&self) -> String {
        self.key("present")
    }

    /// The presence of a desk.
    pub fn desk(&self, machine: &str) -> String {
        self.key(&format!("desk:{machine}"))
    }

    /// Who sounds.
    pub fn claim(&self, hash: &str) -> String {
        self.key(&format!("claim:{hash}"))
    }

    /// The stream of what changed.
    pub fn signal(&self) -> String {
        self.key("signal")
    }
}
