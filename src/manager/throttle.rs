//! The throttle by names of keys.

use std::path::PathBuf;
use std::time::Duration;

use super::AudioManager;
use super::decide::{NO_DETAIL, key_name};
use super::names::Names;
use crate::config::Scope;
use crate::event::{self, EVENTS, Event};
use crate::throttle::{Admission, Decision, Firing};

impl AudioManager {
    /// Asks whether the key called `name` may fire, at most once per `window`, and marks it if so.
    ///
    /// The name of an event may be in any spelling. Any other name is your own key; it is stored when it
    /// first fires, so that it can be listed.
    pub fn admit(&self, name: &str, window: Duration) -> Decision {
        let decision = self.throttle().admit(event::key(name), window);
        if let Decision::Admit(mark) = decision {
            self.remember(name, mark);
        }
        decision
    }

    /// The time until the key called `name` may fire; `None` if it may now. Marks nothing.
    pub fn peek(&self, name: &str, window: Duration) -> Option<Duration> {
        self.throttle().peek(event::key(name), window)
    }

    /// Lets the key called `name` fire again at once. For an event or a finer key (`PreToolUse/Bash`), also
    /// resets the keys of its hooks: those of this project and of global scope, and configured finer ones;
    /// not those with a session, a message or a marker, which are unknown. Returns whether any of them had
    /// fired.
    pub fn reset(&self, name: &str) -> bool {
        let config = self.config();
        let used = config.finest_key(name);
        let of_hooks = [used.as_str()].into_iter().chain(config.finer_keys(name));
        let of_hooks: Vec<_> = of_hooks.flat_map(|name| self.hook_keys(name)).collect();
        let reset = |key: &String| self.throttle().reset(key.as_str());
        let of_hooks = of_hooks.iter().filter(|key| reset(key)).count();
        self.throttle().reset(event::key(name)) || of_hooks > 0
    }

    /// The firing of this project's hooks for `name`.
    fn firing_here(&self, name: &str) -> Option<KnownFiring> {
        let [of_project, _] = self.hook_keys(name);
        Some(KnownFiring {
            name: name.to_owned(),
            project: Some(self.0.project_root.clone().unwrap_or_default()),
            firing: self.throttle().recall(of_project.as_str())?,
        })
    }

    /// The keys that hooks for `name` use: in this project, and in global scope.
    fn hook_keys(&self, name: &str) -> [String; 2] {
        [self.0.project_root.as_deref(), None].map(|root| key_name(root, name, NO_DETAIL))
    }

    pub(crate) fn remember(&self, name: &str, mark: Admission) {
        // In this order, because locating the file of names takes as long as several checks.
        if mark.is_new()
            && Event::find(name).is_none()
            && let Some(names) = self.names()
        {
            // A name that cannot be stored is missing from lists.
            let _ = names.remember(name);
        }
    }
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl AudioManager {
    /// When a hook of this project for the configured key `name` last fired, except those with a message, a
    /// marker or session scope.
    pub fn recall_hook(&self, name: &str) -> Option<Firing> {
        let [of_project, global] = self.hook_keys(name);
        let key = match self.config().scope(name) {
            Scope::Global => global,
            Scope::Project => of_project,
            Scope::Session => return None,
        };
        self.throttle().recall(key.as_str())
    }

    /// The known keys that have fired: events, events of this project's hooks, and programs' own keys.
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
}

/// A firing of a known key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFiring {
    /// The key's name.
    pub name: String,
    /// The project of the hooks that use it, if any.
    pub project: Option<PathBuf>,
    /// The firing.
    pub firing: Firing,
}
