//! The throttle by names: what programs and people call a key.

use std::path::PathBuf;
use std::time::Duration;

use super::AudioManager;
use crate::hook::dispatch::{NO_DETAIL, key_name};
use crate::hook::event::{self, EVENTS, Event};
use crate::state_file::Names;
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

    /// Lets the key called `name` fire again at once; for an event also the key of this project's
    /// hooks, but for those of payloads with a message or marker. Returns whether it had fired.
    pub fn reset(&self, name: &str) -> bool {
        let scoped = Event::find(name).map(|event| self.hook_key(event));
        let scoped = scoped.is_some_and(|key| self.throttle().reset(key.as_str()));
        self.throttle().reset(event::key(name)) || scoped
    }

    /// The keys that have fired and whose names are known: events, events of this project's hooks,
    /// and keys that programs made up.
    pub fn firings(&self) -> Vec<KnownFiring> {
        let throttle = self.throttle();
        let of_events = EVENTS.iter().flat_map(|event| {
            let plain = throttle.recall(event.key).map(|firing| (None, firing));
            let scoped = throttle.recall(self.hook_key(event).as_str());
            let root = || self.0.project_root.clone().unwrap_or_default();
            let scoped = scoped.map(|firing| (Some(root()), firing));
            let known = |(project, firing)| KnownFiring {
                name: event.name.to_owned(),
                project,
                firing,
            };
            plain.into_iter().chain(scoped).map(known)
        });
        let names = self.names();
        let names = names.iter().flat_map(Names::read);
        let of_names = names.filter_map(|name| {
            let firing = throttle.recall(name.as_str())?;
            Some(KnownFiring {
                name,
                project: None,
                firing,
            })
        });
        of_events.chain(of_names).collect()
    }

    /// The name of the key that hooks of this project use for `event`.
    fn hook_key(&self, event: &Event) -> String {
        key_name(self.0.project_root.as_deref(), event.name, NO_DETAIL)
    }

    pub(super) fn remember(&self, name: &str, mark: Admission) {
        if let (true, None, Some(names)) = (mark.is_new(), Event::find(name), self.names()) {
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
