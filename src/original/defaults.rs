//! The original's defaults for events that its config did not mention.

/// A sound file and a throttle window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// The event's official name.
    pub event: &'static str,
    /// The sound file, relative to the sounds directory.
    pub file: &'static str,
    /// The throttle window, in seconds.
    pub window_s: u32,
}

/// The defaults of all events that it knew. All were on.
pub(crate) const DEFAULTS: [Defaults; 8] = [
    of("Notification", "user_prompt.wav", 30),
    of("Stop", "task_complete.wav", 120),
    of("SubagentStop", "agent_complete.wav", 120),
    of("PreToolUse", "security_check.wav", 60),
    of("PostToolUse", "task_complete.wav", 45),
    of("SessionStart", "session_start.wav", 5),
    of("SessionEnd", "session_complete.wav", 5),
    of("UserPromptSubmit", "user_prompt.wav", 10),
];

const fn of(event: &'static str, file: &'static str, window_s: u32) -> Defaults {
    Defaults {
        event,
        file,
        window_s,
    }
}

/// The defaults of the event with the official name `event`, if it knew that.
pub fn defaults(event: &str) -> Option<&'static Defaults> {
    DEFAULTS.iter().find(|defaults| defaults.event == event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;

    #[test]
    fn they_are_of_events_by_their_official_names() {
        for defaults in &DEFAULTS {
            let event = Event::find(defaults.event).unwrap();
            assert_eq!(event.name, defaults.event);
        }
    }
}
