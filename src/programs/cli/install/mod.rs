//! `herald install` and `herald uninstall`

mod args;
mod diff;
mod notes;
mod place;
mod version;

use serde_json::{Value, json};

use args::{Command, Target};
pub(super) use args::{InstallArgs, UninstallArgs};
use notes::Note;
use place::{Machine, Place, Verb, misuse};

use super::answer::{answer, answer_json, listed};
use super::controls;
use super::exit::{FAILED, OK, misused};
use super::terminal::{self, HINT};
use crate::agent::{
    self, Cause, Changed, Form, Found, Program, Registered, Registrable, Scope, Settings, Wanted,
    is_portable, plan,
};
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
        match Place::new(&machine, agent, args.target.scope) {
            Ok(place) => {
                let new = Installation::new(&machine, &program, &config, place, args.command);
                installations.push(new);
            }
            Err(error) => failures.push(error),
        }
    }
    if args.print {
        return print(&installations, failures);
    }
    // A dry run must not create the state directory.
    if !args.target.dry_run || state_dir::is_in_use(&machine.env) {
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
    if let Some(why) = misuse(Verb::Uninstall, &args.target) {
        return Ok(misused(&why));
    }
    let machine = Machine::this();
    let mut done = Vec::new();
    let mut failures = Vec::new();
    let uninstalled = |agent| {
        let place = Place::new(&machine, agent, args.target.scope)?;
        let changed = match args.target.dry_run {
            true => Settings::read(&place.file)?.uninstalled()?,
            false => agent::uninstall(&place.file, &place.outer_dir, &machine.env)?,
        };
        Ok(Report {
            notes: notes::of_uninstall(&changed),
            summary: uninstalled(&place, &changed, args.target.dry_run),
            place,
            changed,
            verdict: None,
            command: None,
            is_dry: args.target.dry_run,
        })
    };
    for agent in machine.agents_to_uninstall(&args.target) {
        match uninstalled(agent) {
            Ok(report) => done.push(report),
            Err(error) => failures.push(error),
        }
    }
    give(&args.target, done, failures)
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
        let run = Place::new(&machine, file.agent, file.scope).and_then(|place| {
            let command = Command::default();
            let new = Installation::new(&machine, &program, &config, place, command);
            Ok(new.report(new.run(false)?, false))
        });
        match run {
            Ok(report) => done.push(report),
            Err(error) => failures.push(error),
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
        let registrable = agent::events_to_register(agent, version, config, has_policy);
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
            upgrades: command.upgrade
                || !agent.settings().is_some_and(|it| it.is_trusted_one_by_one),
            place,
        }
    }

    fn plan(&self, text: &str) -> std::result::Result<plan::Planned, agent::Fault> {
        let command = plan::Command {
            program: &self.in_command,
            in_place_of_original: &self.in_place_of_original,
            args: &self.hook_args,
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
            true => Settings::read(&self.place.file)?.installed(plan),
            false => agent::install(&self.place.file, &self.machine.env, plan),
        }
    }

    fn report(&self, changed: Changed, is_dry: bool) -> Report {
        let agent = self.place.agent;
        let mut notes = notes::of_install(agent, &changed, &self.registrable);
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

/// What was done for one agent, or would be.
pub(super) struct Report {
    place: Place,
    changed: Changed,
    notes: Vec<Note>,
    summary: Vec<String>,
    /// Why the agent does not run the hooks; none if nothing was installed.
    verdict: Option<Vec<Cause>>,
    /// The command of a new hook.
    command: Option<String>,
    is_dry: bool,
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

/// The exit code: whether all was done, and whether the agents run the hooks.
pub(super) fn code(done: &[Report], failures: &[Error]) -> u8 {
    let runs = |report: &Report| report.verdict.as_ref().is_none_or(Vec::is_empty);
    match failures.is_empty() && done.iter().all(runs) {
        true => OK,
        false => FAILED,
    }
}

/// What was done, for people.
pub(super) fn words(done: &[Report]) -> String {
    let mut text = verdict(done).unwrap_or_default();
    for report in done {
        let summary = report.summary.iter().map(|line| printable(line) + "\n");
        text.extend(summary);
        let notes = report.notes.iter();
        text.extend(notes.map(|note| terminal::labelled(note.label, &note.what)));
    }
    text
}

/// The first line: whether the agents will run the hooks, and why not.
fn verdict(done: &[Report]) -> Option<String> {
    let has_hooks = |report: &&Report| {
        report.verdict.is_some() && report.changed.hooks().iter().any(plan::is_own)
    };
    let (good, bad): (Vec<_>, Vec<_>) = done
        .iter()
        .filter(has_hooks)
        .partition(|report| report.verdict.as_ref().is_some_and(Vec::is_empty));
    let names = |reports: &[&Report]| {
        let names: Vec<_> = reports
            .iter()
            .map(|report| report.place.agent.title)
            .collect();
        listed(&names)
    };
    let line = match (good.is_empty(), bad.is_empty()) {
        (true, true) => return None,
        (false, true) => format!("installed: {} will run Herald\n", names(&good)),
        (true, false) => format!("not effective yet: {} will not run Herald\n", names(&bad)),
        (false, false) => format!(
            "not effective yet: {} will not run Herald; {} will\n",
            names(&bad),
            names(&good)
        ),
    };
    let causes = bad
        .iter()
        .flat_map(|report| report.verdict.iter().flatten());
    let causes = causes.map(|cause| {
        let what = format!("{}{HINT}{}", cause.what, cause.hint);
        terminal::labelled("warning", &what)
    });
    Some([line].into_iter().chain(causes).collect())
}

impl Report {
    fn diff(&self) -> Option<String> {
        let Changed {
            file,
            before,
            after,
            ..
        } = &self.changed;
        self.is_dry
            .then(|| diff::diff(file, before.as_deref(), after.as_deref()))
    }

    pub(super) fn to_json(&self) -> Value {
        let changed = &self.changed;
        let diff = self.diff();
        let backup = changed.backup.as_ref().filter(|path| path.exists());
        let mut answer = json!({
            "agent": self.place.agent.name,
            "scope": self.place.scope,
            "file": changed.file.to_string_lossy(),
            "changed": changed.is_change() && diff.is_none(),
            "events": changed.planned.events,
            "replaced": changed.planned.replaced,
            "originals": changed.planned.originals,
            "backup": backup.map(|path| path.to_string_lossy()),
            "notes": self.notes.iter().map(|note| &note.what).collect::<Vec<_>>(),
        });
        if let Some(command) = &self.command {
            answer["command"] = json!(command);
        }
        if let Some(causes) = &self.verdict {
            let causes: Vec<_> = causes.iter().map(|cause| &cause.what).collect();
            answer["willRun"] = json!(causes.is_empty());
            answer["causes"] = json!(causes);
        }
        if let Some(diff) = diff {
            answer["diff"] = diff.into();
        }
        answer
    }
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
        lines.push(format!(
            "{updated} the hooks for {events} in {file}: they ran another herald, a missing one, or `herald` without a path"
        ));
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

fn uninstalled(place: &Place, changed: &Changed, is_dry: bool) -> Vec<String> {
    let file = place.file.display();
    let events = &changed.planned.events;
    if events.is_empty() {
        return vec![format!("nothing to do: no hook of Herald in {file}")];
    }
    let events = listed(events);
    let mut lines = vec![match (is_dry, &changed.after) {
        (true, Some(_)) => format!("would remove the hooks for {events} from {file}"),
        (true, None) => {
            format!("would remove the hooks for {events} from {file}, and then the empty file")
        }
        (false, Some(_)) => format!("removed the hooks for {events} from {file}"),
        (false, None) => {
            format!("removed the hooks for {events} from {file}, and then the empty file")
        }
    }];
    if !is_dry && changed.backup.is_none() && changed.after.is_some() {
        lines.push("the file is as it was before herald install".to_owned());
    }
    lines
}
