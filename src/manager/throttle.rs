//! The throttle by names: what programs and people call a key.

use std::path::PathBuf;
use std::time::Duration;

use super::AudioManager;
use super::decide::{NO_DETAIL, key_name};
use super::names::Names;
use crate::config::Scope;
use crate::event::{self, EVENTS, Event};
use crate::throttle::{Admission, Decision, Firing};

/// The throttle, by names.
impl AudioManager {
    /// Asks whether the key called `name` may fire, at most once in `window`, and marks it if so.
    ///
    /// An event's name may be spelled in any way. Any other name is a key of the caller's own; it
    /// is remembered when it first fires, so that it can be listed.
    pub fn admit(&self, name: &str, window: Duration) -> Decision {
        let decision = self.throttle().admit(event::key(name), window);
        if let Decision::Admit(mark) = decision {
            self.remember(name, mark);
        }
        decision
    }

    /// How long until the key called `name` may fire, or `None` if it may now. Marks nothing.
    pub fn peek(&self, name: &str, window: Duration) -> Option<Duration> {
        self.throttle().peek(event::key(name), window)
    }

    /// Lets the key called `name` fire again at once. For an event, or what it is about
    /// (`PreToolUse/Bash`), also the keys of its hooks: of this project and of global scope, and
    /// finer ones that are configured. Not those of a session, nor of payloads with a message or
    /// marker, which nobody can know. Returns whether any of them had fired.
    pub fn reset(&self, name: &str) -> bool {
        let config = self.config();
        let used = config.finest_key(name);
        let inside = format!("{used}/");
        let is_finer = |key: &&str| !name.contains('/') && key.starts_with(&inside);
        let finer = config.configured_keys().filter(is_finer);
        let of_hooks = [used.as_str()].into_iter().chain(finer);
        let of_hooks: Vec<_> = of_hooks.flat_map(|name| self.hook_keys(name)).collect();
        let reset = |key: &String| self.throttle().reset(key.as_str());
        let of_hooks = of_hooks.iter().filter(|key| reset(key)).count();
        self.throttle().reset(event::key(name)) || of_hooks > 0
    }

    /// When a hook of this project about `name`, a key as it is configured, last fired; not of
    /// those whose payload had a message or marker, or whose scope is a session.
    pub fn recall_hook(&self, name: &str) -> Option<Firing> {
        let [of_project, global] = self.hook_keys(name);
        let key = match self.config().scope(name) {
            Scope::Global => global,
            Scope::Project => of_project,
            Scope::Session => return None,
        };
        self.throttle().recall(key.as_str())
    }

    /// The keys that have fired and whose names are known: events, events of this project's hooks,
    /// and keys that programs made up.
    pub fn firings(&self) -> Vec<KnownFiring> {
        let throttle = self.throttle();
        let config = self.config();
        let known = |name: &str, project, firing| KnownFiring {
            name: name.to_owned(),
            project,
            firing,
        };
        let of_events = EVENTS.iter().flat_map(|event| {
            let plain = throttle.recall(event.key);
            let plain = plain.map(|firing| known(event.name, None, firing));
            plain.into_iter().chain(self.firing_here(event.name))
        });
        let of_finer = config
            .configured_keys()
            .filter(|key| Event::find(key).is_none());
        let of_finer = of_finer.filter_map(|key| self.firing_here(key));
        let names = self.names();
        let names = names.iter().flat_map(Names::read);
        let of_names = names.filter_map(|name| {
            let firing = throttle.recall(name.as_str())?;
            Some(known(&name, None, firing))
        });
        of_events.chain(of_finer).chain(of_names).collect()
    }

    /// The firing of this project's hooks about `name`.
    fn firing_here(&self, name: &str) -> Option<KnownFiring> {
        let [of_project, _] = self.hook_keys(name);
        Some(KnownFiring {
            name: name.to_owned(),
            project: Some(self.0.project_root.clone().unwrap_or_default()),
            firing: self.throttle().recall(of_project.as_str())?,
        })
    }

    /// The names of the keys that hooks about `name` use: in this project, and in global scope.
    fn hook_keys(&self, name: &str) -> [String; 2] {
        [self.0.project_root.as_deref(), None].map(|root| key_name(root, name, NO_DETAIL))
    }

    pub(crate) fn remember(&self, name: &str, mark: Admission) {
        // In this order: looking where names are kept takes as long as several checks.
        if mark.is_new()
            && Event::find(name).is_none()
            && let Some(names) = self.names()
        {
            // A name that cannot be written is missing from lists, that is all.
            let _ = names.remember(name);
        }
    }
}

/// A firing of a key whose name is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFiring {
    /// The key's name.
    pub name: String,
    /// The project whose hooks use it, if it is theirs.
    pub project: Option<PathBuf>,
    /// The firing.
    pub firing: Firing,
}
