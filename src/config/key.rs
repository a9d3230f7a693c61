//! Keys of a config: an event, or what it is about after a slash.
//!
//! `PreToolUse/Bash` is finer than `PreToolUse`: where a config says nothing of the finer key, what
//! it says of the event holds. Spelling does not count, see [`canonical`].

use crate::event::{canonical, official};

/// The event's part of a key, and what it is about.
pub(super) fn split(key: &str) -> (&str, Option<&str>) {
    match key.split_once('/') {
        Some((event, about)) => (event, Some(about)),
        None => (key, None),
    }
}

/// The key as it is compared.
pub(super) fn compared(key: &str) -> String {
    compared_and_shown(key).0
}

/// The key as it is shown: the event by its own name.
pub(super) fn shown(key: &str) -> String {
    compared_and_shown(key).1
}

/// Both.
pub(super) fn compared_and_shown(key: &str) -> (String, String) {
    let (event, about) = split(key);
    let event = official(event);
    let compared = canonical(event);
    match about {
        Some(about) => (
            format!("{compared}/{}", canonical(about)),
            format!("{event}/{about}"),
        ),
        None => (compared, event.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_count_on_either_side_of_the_slash() {
        for (key, as_compared, as_shown) in [
            ("pre_tool_use", "pretooluse", "PreToolUse"),
            ("pre-tool-use/bash", "pretooluse/bash", "PreToolUse/bash"),
            (
                "agentstop/Explore",
                "subagentstop/explore",
                "SubagentStop/Explore",
            ),
            (
                "Notification/idlePrompt",
                "notification/idleprompt",
                "Notification/idlePrompt",
            ),
            ("my_sound", "mysound", "my_sound"),
        ] {
            assert_eq!(compared(key), as_compared);
            assert_eq!(shown(key), as_shown);
        }
    }
}
