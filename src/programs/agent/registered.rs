//! Which hooks are registered, and where.

use std::path::{Path, PathBuf};

use super::document::Hook;
use super::events::Wanted;
use super::foreign::foreign;
use super::layers::Layer;
use super::place::{Scope, registrable, settings_files};
use super::plan::{self, is_own};
use super::settings::Settings;
use super::silenced::{Cause, causes};
use herald_audio::internals::agents::Agent;
use herald_audio::internals::event::CALL;
use herald_audio::internals::system::env::Env;
use herald_audio::{Error, ErrorKind, Result};

/// A settings file with hooks of this or the original Herald.
#[derive(Debug)]
pub struct Registered {
    /// The agent that reads it.
    pub agent: &'static Agent,
    /// Where its hooks run.
    pub scope: Scope,
    /// The file.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
    /// The hooks in it.
    pub hooks: Vec<Hook>,
}

/// Every settings file with hooks, of every agent; an error for each file that has a mistake.
pub fn registered(env: &Env, root: Option<&Path>) -> Vec<Result<Registered>> {
    let files = registrable().flat_map(|agent| {
        let files = settings_files(agent, env, root).into_iter();
        files.map(move |(scope, file)| (agent, scope, file))
    });
    let read = |(agent, scope, file)| Registered::read(agent, scope, file).transpose();
    files.filter_map(read).collect()
}

/// The events of Herald's plugin; PreToolUse for questions only.
pub const OF_PLUGIN: [&str; 6] = [
    "SessionStart",
    "Notification",
    "PermissionRequest",
    "Stop",
    "StopFailure",
    CALL,
];

/// The agents that run Herald's plugin, with the file that enables it.
pub fn plugins(env: &Env, root: Option<&Path>) -> Vec<(&'static Agent, PathBuf)> {
    let of_agent = |agent: &'static Agent| {
        let path = agent.settings()?.plugin?;
        let files = settings_files(agent, env, root).into_iter();
        let mut layers = files.filter_map(|(_, file)| Layer::read(agent, file, false));
        let layer = layers.find(|layer| layer.value(path).as_deref() == Some("true"))?;
        Some((agent, layer.file))
    };
    registrable().filter_map(of_agent).collect()
}

/// Whether Herald's plugin for `agent` has a hook for `event`, with this detail.
pub fn is_of_plugin(agent: &Agent, event: &str, about: Option<&str>) -> bool {
    let questions = agent
        .settings()
        .map_or(&[][..], |settings| settings.questions);
    let is_question = || about.is_some_and(|tool| questions.contains(&tool));
    OF_PLUGIN.contains(&event) && (event != CALL || is_question())
}

impl Registered {
    fn read(agent: &'static Agent, scope: Scope, file: PathBuf) -> Result<Option<Self>> {
        let settings = Settings::read(agent, &file)?;
        let Some(text) = settings.text() else {
            return Ok(None);
        };
        let hooks = plan::heralds(agent, text).map_err(|fault| {
            let what = format!("{}:{fault}, so {} ignores it", file.display(), agent.title);
            Error::new(ErrorKind::Config, what).with_hint("fix the file by hand")
        })?;
        Ok((!hooks.is_empty()).then(|| Self {
            agent,
            scope,
            text: text.to_owned(),
            file,
            hooks,
        }))
    }

    /// The hooks of this Herald.
    pub fn own(&self) -> impl Iterator<Item = &Hook> {
        self.hooks.iter().filter(|hook| is_own(hook))
    }

    /// Whether there is one.
    pub fn has_own(&self) -> bool {
        self.own().next().is_some()
    }

    /// Whether this Herald or the original one is registered for what Herald calls `event`, with this detail.
    pub fn has(&self, event: &'static str, about: Option<&str>) -> bool {
        let names = self.agent.names_of(event);
        self.hooks.iter().any(|hook| {
            let wanted = Wanted {
                event: &hook.event,
                tools: &[],
            };
            let mut tools = hook.matcher.iter().flat_map(|matcher| matcher.split('|'));
            let is_for =
                wanted.is_met_by(hook, self.agent) || tools.any(|tool| about == Some(tool));
            names.contains(&&*hook.event) && is_for
        })
    }

    /// What else sounds at their events.
    pub fn foreign(&self, env: &Env, root: Option<&Path>) -> Vec<Cause> {
        let own: Vec<_> = self.own().cloned().collect();
        foreign(self.agent, (&self.file, &self.text), &own, env, root)
    }

    /// Why the agent does not run them.
    pub fn causes(&self, env: &Env, root: Option<&Path>) -> Vec<Cause> {
        causes(self.agent, (&self.file, &self.text), env, root)
    }
}
