//! The devices that sound can go to, as the player program lists them.

use serde::{Deserialize, Serialize};

/// Makes the player program print a JSON array of [`OutputDevice`].
pub const DEVICES: &str = "--devices";

/// A device that `cpal:DEVICE` names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputDevice {
    /// What comes after `cpal:`.
    pub name: String,
    /// The name for people.
    pub description: String,
    /// The sound server or system that has it.
    pub host: String,
    /// Whether sound goes there by default.
    pub is_default: bool,
}

impl OutputDevice {
    /// Whether a person means this one by `name`, in any case.
    pub fn is_called(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        [&self.name, &self.description]
            .iter()
            .any(|own| own.to_lowercase() == name)
    }
}
