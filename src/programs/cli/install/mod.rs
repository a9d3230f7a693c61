//! `herald install` and `herald uninstall`

mod args;
mod diff;
mod everything;
mod notes;
mod place;
mod removal;
mod report;
mod version;

use args::{Command, Target};
pub(super) use args::{InstallArgs, UninstallArgs};
use notes::Note;
use place::{Machine, Place, Verb, misuse};
use removal::unregister;
pub(super) use report::{Report, code, words};

use super::answer::{answer, answer_json, listed};
use super::controls;
use super::exit::{FAILED, OK, misused};
use super::terminal::{self, HINT};
use crate::agent::{
    self, Cause, Changed, Form, Found, Program, Registered, Registrable, Scope, Settings, Wanted,
    is_portable, plan,
};
use herald_audio::internals::agents::Format;
use herald_audio::internals::policy;
use herald_audio::internals::system::printable::printable;
use herald_audio::internals::system::state_dir;
use herald_audio::{AudioManager, Config, Error, ErrorKind, Result};

/// Behind the command of a hook that other machines run, too: silent where Herald is not installed.
const SILENT: &str = " 2>/dev/null || true";

pub(super) fn install(args: &InstallArgs) -> Result<u8> {
    if let Some(why) = misuse(Verb::Install, &args.target) {
        return Ok(misused(&why));
    }
    let machine = Machine::this();
    let program = Program::running(&machine.env, machine.root.as_deref())?;
    let agents = machine.agents_to_install(&args.target);
    let manager = AudioManager::new();
    let config = manager.config();
    let mut installations = Vec::new();
    let mut failures = Vec::new();
    for agent in agents {
        match Place::all(&machine, agent, args.target.scope) {
            Ok(places) => {
                let new =
                    |place| Installation::new(&machine, &program, &config, place, args.command);
                let new = places.into_iter().map(new);
                installations.extend(new.filter(Installation::is_wanted));
            }
            Err(error) => failures.push(error),
        }
    }
    if args.print {
        return print(&installations, failures);
    }
    // A dry run must not create the state directory.
    if !args.target.dry_run || !state_dir::in_use(&machine.env).is_empty() {
        controls::warn_if_muted(&manager);
    }
    if args.target.agents.is_empty() && !args.yes && !args.target.dry_run {
        let files = installations.iter().map(Installation::would_change);
        let files: Vec<_> = files.filter_map(Result::transpose).collect::<Result<_>>()?;
        if !files.is_empty() && !terminal::agrees(&question(&files)) {
            return Ok(answer("nothing changed\n", FAILED));
        }
    }
    let mut done = Vec::new();
    for installation in &installations {
        match installation.run(args.target.dry_run) {
            Ok(changed) => done.push(installation.report(changed, args.target.dry_run)),
            Err(error) => failures.push(error),
        }
    }
    give(&args.target, done, failures)
}

pub(super) fn uninstall(args: &UninstallArgs) -> Result<u8> {
    let (machine, target) = (Machine::this(), &args.target);
    if args.all {
        return Ok(everything::remove(&machine, target));
    }
    if let Some(why) = misuse(Verb::Uninstall, target) {
        return Ok(misused(&why));
    }
    let agents = machine.agents_to_uninstall(target);
    let places = agents.iter().map(|agent| (*agent, target.scope));
    let (done, failures) = unregister(&machine, places, target.dry_run);
    give(target, done, failures)
}

/// Registers the events that sound, or that a rule needs, with each agent that has hooks of Herald.
pub(super) fn register() -> Result<(Vec<Report>, Vec<Error>)> {
    let machine = Machine::this();
    let (env, root) = (&machine.env, machine.root.as_deref());
    let program = Program::running(env, root)?;
    let config = AudioManager::new().config();
    let (mut done, mut failures) = (Vec::new(), Vec::new());
    let mut agents = Vec::new();
    let registered = agent::registered(env, root).into_iter().flatten();
    for file in registered.filter(Registered::has_own) {
        // A second file of the agent would have it run two hooks.
        if agents.contains(&file.agent) {
            continue;
        }
        agents.push(file.agent);
        let places = match Place::all(&machine, file.agent, file.scope) {
            Ok(places) => places,
            Err(error) => {
                failures.push(error);
                continue;
            }
        };
        for place in places {
            let command = Command::default();
            let new = Installation::new(&machine, &program, &config, place, command);
            match new.is_wanted().then(|| new.run(false)).transpose() {
                Ok(changed) => done.extend(changed.map(|changed| new.report(changed, false))),
                Err(error) => failures.push(error),
            }
        }
    }
    Ok((done, failures))
}

/// What is to be done for one agent.
struct Installation<'a> {
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
    fn new(
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
    fn is_wanted(&self) -> bool {
        let is_for_one = self.place.event().is_some();
        !(is_for_one && self.registrable.events.is_empty() && !self.place.file.exists())
    }

    fn plan(&self, text: &str) -> std::result::Result<plan::Planned, agent::Fault> {
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
    fn would_change(&self) -> Result<Option<String>> {
        let changed = self.run(true)?;
        let lines = installed(&self.place, &changed, &self.registrable, true);
        Ok(changed.is_change().then(|| lines.join("\n")))
    }

    fn run(&self, is_dry: bool) -> Result<Changed> {
        let plan = |text: &str| self.plan(text);
        match is_dry {
            true => Settings::read(self.place.agent, &self.place.file)?.installed(plan),
            false => agent::install(self.place.agent, &self.place.file, &self.machine.env, plan),
        }
    }

    fn report(&self, changed: Changed, is_dry: bool) -> Report {
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

fn print(installations: &[Installation<'_>], failures: Vec<Error>) -> Result<u8> {
    if let Some(error) = failures.into_iter().next() {
        return Err(error);
    }
    let [installation] = installations else {
        let what = format!("--print needs one agent{HINT}add --agent NAME");
        return Ok(misused(&what));
    };
    let planned = installation.plan("");
    let planned = planned.map_err(|fault| Error::new(ErrorKind::Config, fault.to_string()))?;
    Ok(answer(&printable_lines(&planned.text), OK))
}

fn question(files: &[String]) -> String {
    format!("{}\nChange these files? [Y/n] ", files.join("\n"))
}

/// Prints what was done and what went wrong. Returns the exit code.
fn give(target: &Target, done: Vec<Report>, mut failures: Vec<Error>) -> Result<u8> {
    if done.is_empty() && failures.len() == 1 {
        return Err(failures.remove(0));
    }
    failures.iter().for_each(|error| terminal::error(error));
    let code = code(&done, &failures);
    if target.json {
        let objects: Vec<_> = done.iter().map(Report::to_json).collect();
        return Ok(match &objects[..] {
            [object] => answer_json(object, code),
            objects => answer_json(&objects.into(), code),
        });
    }
    let diffs = done.iter().filter_map(Report::diff);
    let mut text: String = diffs.map(|diff| diff::painted(&diff)).collect();
    text += &words(&done);
    let has_new = done
        .iter()
        .any(|report| report.command.is_some() && report.changed.is_change());
    if target.dry_run {
        text += "dry run: nothing changed\n";
    } else if has_new {
        text += "next: run `herald test` to hear it\n";
    }
    Ok(answer(&text, code))
}

/// Text of several lines, each of them printable.
fn printable_lines(text: &str) -> String {
    text.lines().map(|line| printable(line) + "\n").collect()
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
