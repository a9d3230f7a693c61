//! The categories of CESP, and their events.

use crate::event::{canonical, official};

/// The categories that every pack should have sounds for.
pub(crate) const CORE: [&str; 6] = [
    "session.start",
    "task.acknowledge",
    "task.complete",
    "task.error",
    "input.required",
    "resource.limit",
];

/// The other categories of CESP 1.0.
pub(crate) const EXTENDED: [&str; 3] = ["user.spam", "session.end", "task.progress"];

/// All categories of CESP 1.0, core ones first.
pub fn all() -> impl Iterator<Item = &'static str> {
    CORE.into_iter().chain(EXTENDED)
}

/// Whether CESP 1.0 has a category called `name`.
pub(crate) fn is_known(name: &str) -> bool {
    all().any(|category| category == name)
}

/// The usual category of `event`, if any.
///
/// `detail` is the type of a notification or the reason of a failure. Case, `_` and `-` are ignored in both.
pub(crate) fn usual(event: &str, detail: Option<&str>) -> Option<&'static str> {
    let detail = detail.map(canonical);
    let category = match (official(event), detail.as_deref()) {
        ("SessionStart", _) => "session.start",
        ("SessionEnd", _) => "session.end",
        ("UserPromptSubmit" | "SubagentStart" | "TaskCreated", _) => "task.acknowledge",
        ("Stop" | "SubagentStop" | "TaskCompleted" | "AllIdle", _)
        | ("Notification", Some("agentcompleted")) => "task.complete",
        ("PreCompact", _)
        | ("StopFailure", Some("ratelimit" | "billingerror" | "maxoutputtokens")) => {
            "resource.limit"
        }
        ("PostToolUseFailure" | "StopFailure" | "PermissionDenied", _) => "task.error",
        ("PermissionRequest" | "Elicitation" | "TeammateIdle", _)
        | (
            "Notification",
            None
            | Some("permissionprompt" | "idleprompt" | "elicitationdialog" | "agentneedsinput"),
        ) => "input.required",
        _ => return None,
    };
    Some(category)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EVENTS;

    #[test]
    fn events_have_their_usual_categories() {
        for (event, detail, category) in [
            ("SessionStart", Some("resume"), Some("session.start")),
            ("Stop", None, Some("task.complete")),
            ("agent_stop", None, Some("task.complete")),
            ("user-prompt-submit", None, Some("task.acknowledge")),
            ("PostToolUseFailure", Some("Bash"), Some("task.error")),
            ("StopFailure", None, Some("task.error")),
            ("StopFailure", Some("server_error"), Some("task.error")),
            ("StopFailure", Some("Rate-Limit"), Some("resource.limit")),
            ("PreCompact", Some("auto"), Some("resource.limit")),
            ("Notification", None, Some("input.required")),
            ("Notification", Some("idle_prompt"), Some("input.required")),
            (
                "Notification",
                Some("agent_completed"),
                Some("task.complete"),
            ),
            ("Notification", Some("auth_success"), None),
            ("PermissionRequest", Some("Bash"), Some("input.required")),
            ("SessionEnd", None, Some("session.end")),
            ("PreToolUse", Some("Bash"), None),
            ("FutureEvent", None, None),
        ] {
            assert_eq!(usual(event, detail), category, "{event} {detail:?}");
        }
    }

    #[test]
    fn what_events_are_for_is_a_category() {
        for event in &EVENTS {
            assert!(
                usual(event.name, None).is_none_or(is_known),
                "{}",
                event.name
            );
        }
    }

    #[test]
    fn what_sounds_without_any_config_has_a_core_category() {
        for event in EVENTS.iter().filter(|event| event.on) {
            let category = usual(event.name, None).unwrap();
            assert!(CORE.contains(&category), "{}", event.name);
        }
    }
}
