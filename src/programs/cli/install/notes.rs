//! Warnings and next steps after the summary.

use crate::agent::{Cause, Changed, Registrable, plan};
use crate::cli::answer::listed;
use crate::cli::terminal::HINT;
use herald_audio::internals::agents::Agent;
use herald_audio::internals::system::replace;

/// A line after the summary.
pub(super) struct Note {
    pub(super) label: &'static str,
    pub(super) what: String,
}

impl Note {
    pub(super) fn plain(what: String) -> Self {
        let label = "note";
        Self { label, what }
    }

    fn warning(what: String) -> Self {
        let label = "warning";
        Self { label, what }
    }
}

pub(super) fn of_install(agent: &Agent, changed: &Changed, registrable: &Registrable) -> Vec<Note> {
    let agent = agent.title;
    let Registrable {
        events: _,
        unknown,
        too_new,
        providers,
    } = registrable;
    let mut notes = Vec::new();
    if !unknown.is_empty() {
        let what = format!("{agent} has no event for {}", listed(unknown));
        notes.push(Note::plain(what));
    }
    if !too_new.is_empty() {
        notes.push(Note::warning(format!(
            "not registered: {}; {agent} before 2.1.101 ignores its whole settings if they name an event it does not know; hint: update {agent}, then run herald install",
            listed(too_new)
        )));
    }
    if !providers.is_empty() {
        notes.push(Note::warning(format!(
            "{} is never registered: its hooks must return a value, which Herald cannot",
            listed(providers)
        )));
    }
    notes.extend(of_other_names(changed));
    notes.extend(of_text(changed));
    notes
}

fn of_text(changed: &Changed) -> Option<Note> {
    let what = "only the events of the original Herald (herald.py) are registered; hint: for all events that sound, run herald uninstall, remove the remaining hooks of herald.py, then run herald install";
    plan::keeps_events(&changed.hooks()).then(|| Note::warning(what.to_owned()))
}

/// What else sounds.
pub(super) fn beside(Cause { what, hint }: Cause) -> Note {
    Note::warning(format!("{what}{HINT}{hint}"))
}

/// A program that goes with the environment that it is in.
pub(super) fn environment(command: &str) -> Note {
    Note::warning(format!(
        "{command} is in a virtual environment, and its hooks stop when you remove that; hint: install herald outside of it"
    ))
}

pub(super) fn of_uninstall(changed: &Changed) -> Vec<Note> {
    let backup = changed.backup.iter();
    let backup = backup.filter(|_| !changed.planned.events.is_empty());
    let note = backup.map(|backup| {
        Note::warning(format!(
            "the file has other changes since herald install, so they stay; backup: {}",
            backup.display()
        ))
    });
    of_other_names(changed).into_iter().chain(note).collect()
}

fn of_other_names(changed: &Changed) -> Option<Note> {
    let is_shared = changed.is_change() && replace::has_other_names(&changed.file);
    let file = changed.file.display();
    is_shared.then(|| Note::warning(format!("{file} has hard links, which changed with it")))
}
