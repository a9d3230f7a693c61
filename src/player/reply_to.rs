//! Addresses of answers: inboxes of clients, which the player locates by name.

use std::hash::{BuildHasher, RandomState};
#[cfg(any(feature = "playback", feature = "relay"))]
use std::path::Path;

use serde::{Deserialize, Serialize};

#[cfg(any(feature = "playback", feature = "relay"))]
use super::inbox;
#[cfg(any(feature = "playback", feature = "relay"))]
use crate::system::state_dir;

/// The unique name of a client's inbox. The player knows the directory and sends nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReplyTo(u128);

impl ReplyTo {
    /// A new name.
    pub(super) fn random() -> Self {
        let random = || u128::from(RandomState::new().hash_one(0));
        Self(random() << 64 | random())
    }

    /// The file name of the inbox in the state directory.
    pub(super) fn inbox_name(&self) -> String {
        format!("{REPLIES}{:032x}.sock", self.0)
    }
}

/// The prefix of all inboxes for answers.
pub(super) const REPLIES: &str = "reply.";

impl From<ReplyTo> for String {
    fn from(reply_to: ReplyTo) -> Self {
        format!("{:032x}", reply_to.0)
    }
}

impl TryFrom<String> for ReplyTo {
    type Error = &'static str;

    fn try_from(text: String) -> std::result::Result<Self, Self::Error> {
        let number = u128::from_str_radix(&text, 16).ok().map(Self);
        let number = number.filter(|number| String::from(number.clone()) == text);
        number.ok_or("expected 32 hexadecimal digits")
    }
}

/// Sends an answer to a client's inbox in `state_dir`, if it still exists.
#[cfg(any(feature = "playback", feature = "relay"))]
pub(super) fn answer(state_dir: &Path, reply_to: &ReplyTo, answer: &impl Serialize) {
    let inbox = state_dir::inbox_path(state_dir, &reply_to.inbox_name());
    if let (Ok(inbox), Ok(answer)) = (inbox, serde_json::to_vec(answer)) {
        let _ = inbox::send(&inbox, &answer);
    }
}
