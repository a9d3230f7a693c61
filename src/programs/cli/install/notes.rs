//! What a user should know besides.

use crate::agent::{Agent, Changed, Registrable, plan};
use crate::cli::answer::listed;
use herald_audio::system::replace;

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
        notes.push(format!("{agent} has no such event: {}", unknown.join(", ")));
    }
    if !too_new.is_empty() {
        notes.push(format!(
            "left out {}: before version 2.1.101, {agent} ignores its whole settings for an event that it does not know (update it, and run herald install again)",
            listed(too_new)
        ));
    }
    if !providers.is_empty() {
        notes.push(format!(
            "{} is never registered: {agent} expects an answer there that Herald has not",
            listed(providers)
        ));
    }
    notes.extend(of_other_names(changed));
    notes.extend(of_text(agent, changed.after.as_deref().unwrap_or_default()));
    notes
}

fn of_text(agent: &str, text: &str) -> Vec<String> {
    let mut notes = Vec::new();
    if plan::disables_all_hooks(text).is_ok_and(|disabled| disabled) {
        notes.push(format!(
            "disableAllHooks is set there: {agent} runs no hook"
        ));
    }
    if let Some(fault) = plan::not_strict(text) {
        notes.push(format!(
            "{fault}: {agent} wants strict JSON, and ignores the whole file"
        ));
    }
    let hooks = plan::heralds(text).unwrap_or_default();
    if plan::keeps_events(&hooks) {
        notes.push("only the events that the original Herald (herald.py) was registered for have a hook (to have all that sound: herald uninstall, take out what is left of herald.py, then herald install)".to_owned());
    }
    notes
}

/// What is left to do before the agent runs new hooks.
pub(super) fn of_agent(agent: Agent) -> String {
    match agent {
        Agent::Claude => "a session of Claude Code that runs already may have to be started anew",
        Agent::Codex => "Codex runs no hook that you have not reviewed: see /hooks there",
    }
    .to_owned()
}

pub(super) fn path_of_this_machine(command: &str) -> String {
    format!(
        "everybody who works on the project gets the path {command}; with herald on PATH, herald install writes its name alone"
    )
}

pub(super) fn of_uninstall(changed: &Changed) -> Vec<String> {
    let backup = changed.backup.iter();
    let backup = backup.filter(|_| !changed.planned.events.is_empty());
    let note = backup.map(|backup| {
        format!(
            "others have changed the file, too; as it was before herald install, it is kept in {}",
            backup.display()
        )
    });
    of_other_names(changed).into_iter().chain(note).collect()
}

fn of_other_names(changed: &Changed) -> Option<String> {
    let is_shared = changed.is_change() && replace::has_other_names(&changed.file);
    let file = changed.file.display();
    is_shared.then(|| format!("{file} has other names (hard links): it changes under all of them"))
}
