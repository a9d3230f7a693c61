//! Keys of a config: an event, optionally followed by a slash and a detail.
//!
//! `PreToolUse/Bash` is finer than `PreToolUse`, whose settings apply where the finer key has none. A tool may
//! be followed by a pattern of its command, as in `PreToolUse/Bash:git commit*`, and any key by an agent, as in
//! `Stop@codex`. Spelling is ignored, see [`canonical`], except in commands.

use crate::agents::Agent;
use crate::event::{Event, Field, canonical, official};

/// The parts of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'k> {
    /// The event, or the name of a sound.
    pub event: &'k str,
    /// The detail.
    pub about: Option<&'k str>,
    /// The pattern of a tool's command.
    pub command: Option<&'k str>,
    /// The agent.
    pub agent: Option<&'static Agent>,
}

impl<'k> Key<'k> {
    /// The parts of `key`.
    pub fn of(key: &'k str) -> Self {
        let with_agent = key.rsplit_once('@');
        let with_agent = with_agent.and_then(|(rest, agent)| Some((rest, Agent::known(agent)?)));
        let (key, agent) = match with_agent {
            Some((rest, agent)) => (rest, Some(agent)),
            None => (key, None),
        };
        let (event, about) = match key.split_once('/') {
            Some((event, about)) => (event, Some(about)),
            None => (key, None),
        };
        let has_tool = || Event::find(event).is_some_and(|it| it.told_by == Some(Field::ToolName));
        let with_command = about.and_then(|about| about.split_once(':'));
        let (about, command) = match with_command.filter(|_| has_tool()) {
            Some((tool, command)) => (Some(tool), Some(command)),
            None => (about, None),
        };
        Self {
            event,
            about,
            command,
            agent,
        }
    }

    /// As it is written, without the agent and the command.
    pub fn plain(&self) -> String {
        self.written(official(self.event), self.about, None, None)
    }

    fn compared(&self) -> String {
        let about = self.about.map(canonical);
        let event = canonical(official(self.event));
        self.written(&event, about.as_deref(), self.command, self.agent)
    }

    /// As it is written, with the event's own name.
    pub fn shown(&self) -> String {
        self.written(official(self.event), self.about, self.command, self.agent)
    }

    fn written(
        &self,
        event: &str,
        about: Option<&str>,
        command: Option<&str>,
        agent: Option<&Agent>,
    ) -> String {
        let parts = [
            about.map(|about| ("/", about)),
            command.map(|command| (":", command)),
            agent.map(|agent| ("@", agent.name)),
        ];
        let mut key = event.to_owned();
        for (mark, part) in parts.into_iter().flatten() {
            key.push_str(mark);
            key.push_str(part);
        }
        key
    }
}

/// The event and the detail of a key.
pub(super) fn split(key: &str) -> (&str, Option<&str>) {
    let Key { event, about, .. } = Key::of(key);
    (event, about)
}

/// The comparison form.
pub(super) fn compared(key: &str) -> String {
    Key::of(key).compared()
}

/// The display form, with the event's own name.
pub(super) fn shown(key: &str) -> String {
    Key::of(key).shown()
}

/// The comparison form and the display form.
pub(super) fn compared_and_shown(key: &str) -> (String, String) {
    let key = Key::of(key);
    (key.compared(), key.shown())
}

/// The comparison forms of the keys whose settings apply to `key`, the finest first.
pub(super) fn with_coarser(key: &str) -> impl Iterator<Item = String> {
    let key = Key::of(key);
    let tool = key.command.map(|_| Key {
        command: None,
        ..key
    });
    let event = key.about.map(|_| Key {
        about: None,
        command: None,
        ..key
    });
    let keys = [Some(key), tool, event].into_iter().flatten();
    keys.flat_map(|key| {
        let of_any_agent = key.agent.map(|_| Key { agent: None, ..key });
        [Some(key), of_any_agent].into_iter().flatten()
    })
    .map(|key| key.compared())
}

/// Whether `text` matches `pattern`, in which `*` stands for any text.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let Some(end) = pieces.next_back() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(end)
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
            ("me@home", "me@home", "me@home"),
            ("stop@Claude-Code", "stop@claude", "Stop@claude"),
            (
                "pre_tool_use/Bash:git -C x*@codex",
                "pretooluse/bash:git -C x*@codex",
                "PreToolUse/Bash:git -C x*@codex",
            ),
            // Agents and commands of plugins have a colon in their names.
            (
                "SubagentStop/my-plugin:agent",
                "subagentstop/myplugin:agent",
                "SubagentStop/my-plugin:agent",
            ),
        ] {
            assert_eq!(compared(key), as_compared);
            assert_eq!(shown(key), as_shown);
        }
    }

    #[test]
    fn a_finer_key_has_coarser_ones() {
        let keys = |key: &str| with_coarser(key).collect::<Vec<_>>();
        assert_eq!(keys("Stop"), ["stop"]);
        assert_eq!(keys("PreToolUse/Bash"), ["pretooluse/bash", "pretooluse"]);
        assert_eq!(
            keys("PreToolUse/Bash:ls*@codex"),
            [
                "pretooluse/bash:ls*@codex",
                "pretooluse/bash:ls*",
                "pretooluse/bash@codex",
                "pretooluse/bash",
                "pretooluse@codex",
                "pretooluse",
            ]
        );
    }

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text) in [
            ("git commit*", "git commit -m x"),
            ("git commit*", "git commit"),
            ("git commit", "git commit"),
            ("*", ""),
            ("git * --force*", "git push origin --force now"),
            ("*.sh", "./run.sh"),
            ("a*a", "aba"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("git commit", "git commit -m x"),
            ("git commit*", "sudo git commit"),
            ("", "ls"),
            ("a*a", "a"),
            ("*x*y", "y x"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
