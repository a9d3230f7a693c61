//! Keys of a config: an event, optionally followed by a slash and a detail.
//!
//! `PreToolUse/Bash` is finer than `PreToolUse`, whose settings apply where the finer key has none. Spelling
//! is ignored, see [`canonical`].

use crate::event::{canonical, official};

/// The event and the detail of a key.
pub(super) fn split(key: &str) -> (&str, Option<&str>) {
    match key.split_once('/') {
        Some((event, about)) => (event, Some(about)),
        None => (key, None),
    }
}

/// The comparison form.
pub(super) fn compared(key: &str) -> String {
    compared_and_shown(key).0
}

/// The display form, with the event's own name.
pub(super) fn shown(key: &str) -> String {
    compared_and_shown(key).1
}

/// The comparison form and the display form.
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
