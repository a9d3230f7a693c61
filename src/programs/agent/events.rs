//! Selects the events to register: those that sound with the config, and those that a rule or a decision
//! policy needs. Calls of the tools that ask the user something are registered for these tools alone.

use std::fmt;

use super::document::{Hook, named};
use herald_audio::internals::agents::Agent;
use herald_audio::internals::config::Config;
use herald_audio::internals::event::{CALL, EVENTS, OWN, REQUEST};
use herald_audio::internals::policy::DECIDED;

/// Events whose hooks must return a value: a hook that only plays a sound breaks the agent.
/// WorktreeCreate expects the path of a worktree.
pub const PROVIDERS: [&str; 1] = ["WorktreeCreate"];

/// The events of every Claude Code that has hooks.
const LONG_KNOWN: [&str; 9] = [
    "Notification",
    "PostToolUse",
    "PreCompact",
    "PreToolUse",
    "SessionEnd",
    "SessionStart",
    "Stop",
    "SubagentStop",
    "UserPromptSubmit",
];

/// The first version of Claude Code that skips unknown events, by its change log. Earlier ones ignore
/// the whole settings file.
const FORGIVING: [u64; 3] = [2, 1, 101];

/// An event to register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The event, in the agent's words.
    pub event: &'a str,
    /// The tools it is wanted for; none for all.
    pub tools: &'a [&'a str],
}

impl Wanted<'_> {
    /// The value of a group's `matcher`.
    pub fn matcher(&self) -> Option<String> {
        (!self.tools.is_empty()).then(|| self.tools.join("|"))
    }

    /// Whether `hook`, for the same event of `agent`, does this. One with a matcher of the user's own does.
    pub fn is_met_by(&self, hook: &Hook, agent: &Agent) -> bool {
        let of_questions = Wanted {
            event: self.event,
            tools: questions(agent),
        };
        !self.tools.is_empty() || hook.matcher.is_none() || hook.matcher != of_questions.matcher()
    }
}

impl fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let questions = (!self.tools.is_empty()).then_some("questions");
        f.write_str(&named(self.event, questions))
    }
}

/// Events for a hook, and those that sound but get none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registrable {
    /// Events to register.
    pub events: Vec<Wanted<'static>>,
    /// The agent has no such event.
    pub unknown: Vec<&'static str>,
    /// The agent is too old to skip them if it does not know them.
    pub too_new: Vec<&'static str>,
    /// See [`PROVIDERS`].
    pub providers: Vec<&'static str>,
}

/// The events to register for `agent`, of that `version` if it is known; `has_policy` says whether
/// there is a decision policy.
pub fn events_to_register(
    agent: &Agent,
    version: Option<[u64; 3]>,
    config: &Config,
    has_policy: bool,
) -> Registrable {
    let is_old = agent.is_claude() && version.is_some_and(|version| version < FORGIVING);
    let has = |event: &&&'static str| !agent.names_of(event).is_empty();
    let needed = config.needed_events();
    let needed: Vec<_> = needed
        .filter_map(|events| events.iter().find(has))
        .collect();
    let mut found = Registrable::default();
    let of_agents = EVENTS.iter().map(|event| event.name);
    for event in of_agents.filter(|event| !OWN.contains(event)) {
        let is_decided = has_policy && DECIDED.contains(&event);
        if !(is_decided || needed.contains(&&event) || config.is_enabled_in_part(event, agent)) {
            continue;
        }
        let names = agent.names_of(event);
        let list = match event {
            _ if PROVIDERS.contains(&event) => &mut found.providers,
            _ if names.is_empty() => &mut found.unknown,
            _ if is_old && !LONG_KNOWN.contains(&event) => &mut found.too_new,
            _ => {
                for event in names {
                    let wanted = Wanted { event, tools: &[] };
                    if !found.events.contains(&wanted) {
                        found.events.push(wanted);
                    }
                }
                continue;
            }
        };
        list.push(event);
    }
    // Before 2.0.76, Claude Code lost the answers to questions whose call has a hook (claude-code#13439).
    if !is_old && sounds_for_questions(agent, config) {
        for event in agent.names_of(CALL) {
            if found.events.iter().all(|wanted| wanted.event != event) {
                let tools = questions(agent);
                found.events.push(Wanted { event, tools });
            }
        }
    }
    found
}

/// These events, for people.
pub fn names(events: &[Wanted<'_>]) -> Vec<String> {
    events.iter().map(ToString::to_string).collect()
}

fn questions(agent: &Agent) -> &'static [&'static str] {
    agent.settings().map_or(&[], |settings| settings.questions)
}

/// Whether some tool of `agent` that asks the user something makes a sound.
fn sounds_for_questions(agent: &Agent, config: &Config) -> bool {
    questions(agent).iter().any(|tool| {
        let request = format!("{REQUEST}/{tool}@{}", agent.name);
        config.is_request(tool) && config.is_enabled(&request)
    })
}

#[cfg(test)]
mod tests;
