//! What is to be done for one agent, doing it, and what to say about it.

use super::args::Command;
use super::notes::{self, Note};
use super::place::{Machine, Place};
use super::report::Report;
use super::version;
use crate::agent::{
    self, Cause, Changed, Form, Found, Program, Registrable, Scope, Settings, Wanted, is_portable,
    plan,
};
use crate::cli::answer::listed;
use herald_audio::internals::agents::Format;
use herald_audio::internals::policy;
use herald_audio::{Config, Result};

/// Behind the command of a hook that other machines run, too: silent where Herald is not installed.
const SILENT: &str = " 2>/dev/null || true";

/// What is to be done for one agent.
pub(super) struct Installation<'a> {
    machine: &'a Machine,
    program: &'a Program,
    place: Place,
    registrable: Registrable,
    /// The program of a new hook.
    in_command: String,
    /// The program in the place of the original's.
    in_place_of_original: String,
    hook_args: String,
    form: Form,
    upgrades: bool,
}

impl<'a> Installation<'a> {
    pub(super) fn new(
        machine: &'a Machine,
        program: &'a Program,
        config: &Config,
        place: Place,
        command: Command,
    ) -> Self {
        let agent = place.agent;
        let version = match agent.is_claude() {
            true => version::of_claude(&machine.env),
            false => None,
        };
        let is_projects = place.scope == Scope::Project;
        // A project's policy must not register hooks for every project.
        let of_project = machine.root.as_deref().filter(|_| is_projects);
        let has_policy = policy::is_on(&machine.env, of_project);
        let mut registrable = agent::events_to_register(agent, version, config, has_policy);
        if let Some(event) = place.event() {
            registrable.events.retain(|wanted| wanted.event == event);
        }
        let form = match place.scope {
            Scope::Project => Form::Name,
            Scope::User if command.portable || place.is_shared() => Form::Portable,
            Scope::User | Scope::Local => Form::Absolute,
        };
        let mut hook_args = agent::hook_args(agent);
        if is_projects {
            hook_args += SILENT;
        }
        let in_place_of_original = match form {
            // What the original's users have goes on sounding.
            Form::Name if !program.is_on_path() => Form::Absolute,
            form => form,
        };
        Self {
            machine,
            program,
            registrable,
            in_command: program.in_command(form),
            in_place_of_original: program.in_command(in_place_of_original),
            hook_args,
            form,
            upgrades: command.upgrade
                || !agent.settings().is_some_and(|it| it.is_trusted_one_by_one),
            place,
        }
    }

    /// Whether there is anything to do, or to say.
    pub(super) fn is_wanted(&self) -> bool {
        let is_for_one = self.place.event().is_some();
        !(is_for_one && self.registrable.events.is_empty() && !self.place.file.exists())
    }

    pub(super) fn plan(&self, text: &str) -> std::result::Result<plan::Planned, agent::Fault> {
        let path = self.program.path();
        let command = plan::Command {
            program: &self.in_command,
            in_place_of_original: &self.in_place_of_original,
            args: &self.hook_args,
            path: &path.to_string_lossy(),
            may_exec: self.form == Form::Absolute,
        };
        let is_stale = |name: &str| self.is_stale(name);
        let events = &self.registrable.events;
        plan::install(text, self.place.agent, events, &command, is_stale)
    }

    /// Whether a hook that names its program `name` is to name it anew.
    fn is_stale(&self, name: &str) -> bool {
        let is_name = !name.contains(['/', '\\']);
        let is_projects = self.place.scope == Scope::Project;
        if is_portable(name) || is_name && is_projects {
            return false;
        }
        match self.program.find(name) {
            Found::Another(_) | Found::Nothing => true,
            // Agents that a desktop starts may not find it by its name.
            Found::This => is_name && self.upgrades,
            Found::Unknown => false,
        }
    }

    /// What would be done, if the file would change.
    pub(super) fn would_change(&self) -> Result<Option<String>> {
        let changed = self.run(true)?;
        let lines = installed(&self.place, &changed, &self.registrable, true);
        Ok(changed.is_change().then(|| lines.join("\n")))
    }

    pub(super) fn run(&self, is_dry: bool) -> Result<Changed> {
        let plan = |text: &str| self.plan(text);
        match is_dry {
            true => Settings::read(self.place.agent, &self.place.file)?.installed(plan),
            false => agent::install(self.place.agent, &self.place.file, &self.machine.env, plan),
        }
    }

    pub(super) fn report(&self, changed: Changed, is_dry: bool) -> Report {
        let agent = self.place.agent;
        let mut notes = notes::of_install(agent, &changed, &self.registrable);
        let hooks = changed.hooks();
        let silent = agent::silent(agent, &hooks, &self.machine.env);
        notes.extend(silent.into_iter().map(Note::plain));
        notes.extend(self.foreign(&changed));
        if self.program.is_in_environment() {
            notes.push(notes::environment(&self.in_command));
        }
        Report {
            notes,
            summary: installed(&self.place, &changed, &self.registrable, is_dry),
            verdict: (!is_dry).then(|| self.causes(&changed)),
            command: Some(format!("{} {}", self.in_command, self.hook_args)),
            place: self.place.clone(),
            changed,
            is_dry,
        }
    }

    /// What else sounds at the events that are registered now.
    fn foreign(&self, changed: &Changed) -> impl Iterator<Item = Note> {
        let text = changed.after.as_deref().unwrap_or_default();
        let mut hooks = changed.hooks();
        hooks.retain(plan::is_own);
        let place = (&*self.place.file, text);
        let (env, root) = (&self.machine.env, self.machine.root.as_deref());
        let causes = agent::foreign(self.place.agent, place, &hooks, env, root);
        causes.into_iter().map(notes::beside)
    }

    /// Why the agent does not run the hooks that are registered now.
    fn causes(&self, changed: &Changed) -> Vec<Cause> {
        let text = changed.after.as_deref().unwrap_or_default();
        let hooks = changed.hooks();
        if !hooks.iter().any(plan::is_own) {
            return Vec::new();
        }
        let (agent, file) = (self.place.agent, &*self.place.file);
        let (env, root) = (&self.machine.env, self.machine.root.as_deref());
        let mut causes = agent::causes(agent, (file, text), env, root);
        causes.extend(agent::missing_programs(&hooks, file, self.program));
        causes
    }
}

fn installed(
    place: &Place,
    changed: &Changed,
    registrable: &Registrable,
    is_dry: bool,
) -> Vec<String> {
    let file = place.file.display();
    let planned = &changed.planned;
    let (added, replaced, updated) = match is_dry {
        true => ("would register", "would replace", "would update"),
        false => ("registered", "replaced", "updated"),
    };
    let mut lines = Vec::new();
    let is_new = |wanted: &&Wanted<'_>| planned.events.iter().any(|event| event == wanted.event);
    let new: Vec<_> = registrable.events.iter().filter(is_new).copied().collect();
    if !new.is_empty() {
        let events = listed(&agent::names(&new));
        lines.push(format!("{added} {events} in {file}"));
    }
    let (originals, stale): (Vec<_>, Vec<_>) = planned
        .replaced
        .iter()
        .partition(|event| planned.originals.contains(event));
    if !originals.is_empty() {
        let events = listed(&originals);
        lines.push(format!(
            "{replaced} the original Herald (herald.py) for {events} in {file}"
        ));
    }
    if !stale.is_empty() {
        let events = listed(&stale);
        let why = match place.agent.format() {
            Format::Json(_) | Format::Toml => {
                "they ran another herald, a missing one, or `herald` without a path"
            }
            Format::Scripts | Format::Plugin(_) => {
                "it ran another herald or a missing one, or was of another version"
            }
        };
        lines.push(format!("{updated} the hooks for {events} in {file}: {why}"));
    }
    if lines.is_empty() {
        let hooks = changed.hooks();
        lines.push(match &registrable.events[..] {
            _ if plan::keeps_events(&hooks) => {
                format!("nothing to do: {file} has hooks for the events of the original Herald")
            }
            [] => "nothing to do: no event sounds with this config".to_owned(),
            events => {
                let events = listed(&agent::names(events));
                format!("nothing to do: {file} has hooks for {events}")
            }
        });
        return lines;
    }
    if is_dry {
        return lines;
    }
    if let Some(backup) = &changed.backup {
        lines.push(format!("backup: {}", backup.display()));
    }
    let next = place.agent.settings().map(|settings| settings.next);
    lines.extend(next.map(str::to_owned));
    lines
}
