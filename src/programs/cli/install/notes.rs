//! Warnings and next steps after the summary.

use crate::agent::{Agent, Changed, Registrable, plan};
use crate::cli::answer::listed;
use herald_audio::internals::system::replace;

pub(super) fn of_install(
    agent: Agent,
    changed: &Changed,
    registrable: &Registrable,
) -> Vec<String> {
    let agent = agent.name();
    let Registrable {
        events: _,
        unknown,
        too_new,
        providers,
    } = registrable;
    let mut notes = Vec::new();
    if !unknown.is_empty() {
        notes.push(format!(
            "not registered, because {agent} has no such event: {}",
            unknown.join(", ")
        ));
    }
    if !too_new.is_empty() {
        notes.push(format!(
            "not registered: {}; {agent} before 2.1.101 ignores its whole settings if they name an event it does not know; hint: update {agent}, then run herald install",
            listed(too_new)
        ));
    }
    if !providers.is_empty() {
        notes.push(format!(
            "{} is never registered: its hooks must return a value, which Herald cannot",
            listed(providers)
        ));
    }
    notes.extend(of_other_names(changed));
    notes.extend(of_text(agent, changed));
    notes
}

fn of_text(agent: &str, changed: &Changed) -> Vec<String> {
    let Changed { file, after, .. } = changed;
    let text = after.as_deref().unwrap_or_default();
    let mut notes = Vec::new();
    if plan::disables_all_hooks(text).is_ok_and(|disabled| disabled) {
        notes.push(format!(
            "disableAllHooks is set, so {agent} runs no hook; hint: remove it"
        ));
    }
    if let Some(fault) = plan::not_strict(text) {
        notes.push(format!(
            "{}:{fault}, so {agent} ignores the whole file; hint: remove it, or no hook will run",
            file.display()
        ));
    }
    let hooks = plan::heralds(text).unwrap_or_default();
    if plan::keeps_events(&hooks) {
        notes.push("only the events of the original Herald (herald.py) are registered; hint: for all events that sound, run herald uninstall, remove the remaining hooks of herald.py, then run herald install".to_owned());
    }
    notes
}

/// What the user must do before the agent runs new hooks.
pub(super) const fn next_step(agent: Agent) -> &'static str {
    match agent {
        Agent::Claude => "restart running Claude Code sessions to pick up the hooks",
        Agent::Codex => "review the hook in Codex with /hooks; until then Codex does not run it",
    }
}

pub(super) fn path_of_this_machine(command: &str) -> String {
    format!(
        "everybody in this project gets the path {command}; hint: put herald on PATH and run herald install to register the name alone"
    )
}

pub(super) fn of_uninstall(changed: &Changed) -> Vec<String> {
    let backup = changed.backup.iter();
    let backup = backup.filter(|_| !changed.planned.events.is_empty());
    let note = backup.map(|backup| {
        format!(
            "the file has other changes since herald install, so they stay; backup: {}",
            backup.display()
        )
    });
    of_other_names(changed).into_iter().chain(note).collect()
}

fn of_other_names(changed: &Changed) -> Option<String> {
    let is_shared = changed.is_change() && replace::has_other_names(&changed.file);
    let file = changed.file.display();
    is_shared.then(|| format!("{file} has hard links, which changed with it"))
}
