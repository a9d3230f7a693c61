//! Rules that keep a sound quiet because of what the user does at that moment.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Makes the player program ask about the rules in force of the user's config, and print a JSON array of
/// [`Answer`].
pub const ASK: &str = "--ask";

/// How long a sound waits for all answers.
pub const PATIENCE: Duration = Duration::from_millis(50);

/// What came of asking about a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The name of the rule.
    pub rule: String,
    /// Whether it keeps sounds quiet now, or why that is unknown.
    pub quiet: Result<bool, String>,
    /// How long the answer took, in milliseconds.
    pub took_ms: u64,
}

/// A rule that the player asks about just before it plays a sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QuietRule {
    /// Quiet while a program records from a microphone.
    Calls,
    /// Quiet unless the output is headphones.
    Headphones,
    /// Quiet while the desktop's "do not disturb" is on.
    DoNotDisturb,
    /// Quiet while the screen is locked.
    Locked,
    /// Quiet if a program of the user's says so.
    Program,
}

impl QuietRule {
    /// All rules, in the order in which they are asked about.
    pub const ALL: [Self; 5] = [
        Self::Calls,
        Self::Headphones,
        Self::DoNotDisturb,
        Self::Locked,
        Self::Program,
    ];

    /// The last part of its key in a config: `rules.NAME`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calls => "quiet_in_calls",
            Self::Headphones => "only_headphones",
            Self::DoNotDisturb => "quiet_on_do_not_disturb",
            Self::Locked => "quiet_when_locked",
            Self::Program => "quiet_if",
        }
    }

    /// The rule called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// Why it keeps a sound quiet.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Calls => "a microphone is in use",
            Self::Headphones => "the output is not headphones",
            Self::DoNotDisturb => "do not disturb is on",
            Self::Locked => "the screen is locked",
            Self::Program => "its program exited with 0",
        }
    }

    /// Why this system cannot be asked, if so.
    pub const fn unsupported(self) -> Option<&'static str> {
        match self {
            Self::DoNotDisturb if cfg!(target_vendor = "apple") => {
                Some("macOS tells no program whether a Focus is on")
            }
            Self::DoNotDisturb if cfg!(windows) => {
                Some("Windows tells no program whether do not disturb is on")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_found_by_its_name() {
        for rule in QuietRule::ALL {
            assert_eq!(QuietRule::named(rule.name()), Some(rule));
        }
        assert_eq!(QuietRule::named("quiet_hours"), None);
    }
}
