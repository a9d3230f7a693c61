//! `herald install` and `herald uninstall`

mod args;
mod diff;
mod notes;
mod version;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use args::Target;
pub(super) use args::{InstallArgs, UninstallArgs};

use super::answer::{answer, answer_json, listed};
use super::controls;
use super::exit::OK;
use super::terminal;
use crate::agent::{self, Agent, Changed, Program, Registrable, Scope, Settings, plan};
use herald_audio::AudioManager;
use herald_audio::internals::config;
use herald_audio::internals::policy;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::printable::printable;
use herald_audio::{Error, ErrorKind, Result};

pub(super) fn install(args: &InstallArgs) -> Result<u8> {
    let context = Context::new(&args.target)?;
    let program = Program::running(&context.env, context.root.as_deref())?;
    let version = match context.agent {
        Agent::Claude => version::of_claude(&context.env),
        Agent::Codex => None,
    };
    let manager = AudioManager::new();
    controls::warn_if_muted(&manager);
    let config = manager.config();
    // A project's policy must not register hooks for every project.
    let of_project = context
        .root
        .as_deref()
        .filter(|_| context.scope == Scope::Project);
    let has_policy = policy::is_on(&context.env, of_project);
    let registrable = agent::events_to_register(context.agent, version, &config, has_policy);
    let in_command = program.in_command();
    let is_stale = |name: &str| {
        let found = program.find(name);
        matches!(found, agent::Found::Another(_) | agent::Found::Nothing)
    };
    let hook_args = context.agent.hook_args();
    let plan =
        |text: &str| plan::install(text, &registrable.events, &in_command, hook_args, is_stale);
    let changed = match args.target.dry_run {
        true => Settings::read(&context.file)?.installed(plan)?,
        false => agent::install(&context.file, &context.env, plan)?,
    };
    let mut notes = notes::of_install(context.agent, &changed, &registrable);
    if context.scope == Scope::Project && !program.is_on_path() {
        notes.push(notes::path_of_this_machine(&in_command));
    }
    let answer = Answer {
        context: &context,
        changed: &changed,
        notes,
        summary: installed(&context, &changed, &registrable, args.target.dry_run),
    };
    Ok(answer.give(
        &args.target,
        &json!({ "command": format!("{in_command} {hook_args}") }),
    ))
}

pub(super) fn uninstall(args: &UninstallArgs) -> Result<u8> {
    let context = Context::new(&args.target)?;
    let changed = match args.target.dry_run {
        true => Settings::read(&context.file)?.uninstalled()?,
        false => agent::uninstall(&context.file, &context.env)?,
    };
    let answer = Answer {
        context: &context,
        changed: &changed,
        notes: notes::of_uninstall(&changed),
        summary: uninstalled(&context, &changed, args.target.dry_run),
    };
    Ok(answer.give(&args.target, &json!({})))
}

/// The settings to change.
struct Context {
    env: Env,
    root: Option<PathBuf>,
    agent: Agent,
    scope: Scope,
    file: PathBuf,
}

impl Context {
    fn new(target: &Target) -> Result<Self> {
        let env = Env::process();
        let cwd = std::env::current_dir().ok();
        let root = config::project_root(&env, cwd.as_deref());
        let (agent, scope) = (target.agent, target.scope);
        let file = agent.settings_file(scope, &env, root.as_deref());
        let file = file.ok_or_else(|| {
            let what = format!("cannot find the settings of {}", agent.name());
            Error::new(ErrorKind::Config, what).with_hint(match scope {
                Scope::User => "set HOME",
                _ => "go to the project's directory, or set CLAUDE_PROJECT_DIR",
            })
        })?;
        if let (Scope::Project, Some(root)) = (scope, &root)
            && leads_out(&file, root)
        {
            let what = format!("{} leads out of the project", file.display());
            return Err(Error::new(ErrorKind::Config, what)
                .with_hint("put a file there instead of the link, or use --scope user"));
        }
        Ok(Self {
            env,
            root,
            agent,
            scope,
            file,
        })
    }
}

/// Whether `file`, or its nearest existing directory, is outside of the project at `root` through a link:
/// a repository must not make Herald change or copy the user's files.
fn leads_out(file: &Path, root: &Path) -> bool {
    let there = file
        .ancestors()
        .find(|path| path.symlink_metadata().is_ok());
    let [there, root] = [there.unwrap_or(file), root].map(std::fs::canonicalize);
    match (there, root) {
        (Ok(there), Ok(root)) => !there.starts_with(root),
        // A dangling link.
        (Err(_), Ok(_)) => true,
        (_, Err(_)) => false,
    }
}

/// What is printed at the end.
struct Answer<'a> {
    context: &'a Context,
    changed: &'a Changed,
    notes: Vec<String>,
    summary: Vec<String>,
}

impl Answer<'_> {
    fn give(&self, target: &Target, more: &Value) -> u8 {
        let diff = target.dry_run.then(|| {
            let Changed {
                file,
                before,
                after,
                ..
            } = self.changed;
            diff::diff(file, before.as_deref(), after.as_deref())
        });
        if target.json {
            return answer_json(&self.json(diff.as_deref(), more), OK);
        }
        let diff = diff.as_deref().map(diff::painted).unwrap_or_default();
        let notes = self
            .notes
            .iter()
            .map(|note| terminal::labelled("warning", note));
        let summary = self.summary.iter().map(|line| printable(line) + "\n");
        let end = if target.dry_run {
            "dry run: nothing changed\n"
        } else {
            ""
        };
        let text: String = summary.chain(notes).collect();
        answer(&(diff + &text + end), OK)
    }

    fn json(&self, diff: Option<&str>, more: &Value) -> Value {
        let Self {
            context, changed, ..
        } = self;
        let backup = changed.backup.as_ref().filter(|path| path.exists());
        let mut answer = json!({
            "agent": context.agent,
            "scope": context.scope,
            "file": changed.file.to_string_lossy(),
            "changed": changed.is_change() && diff.is_none(),
            "events": changed.planned.events,
            "replaced": changed.planned.replaced,
            "originals": changed.planned.originals,
            "backup": backup.map(|path| path.to_string_lossy()),
            "notes": self.notes,
        });
        let more = more.as_object().into_iter().flatten();
        for (key, value) in more {
            answer[key] = value.clone();
        }
        if let Some(diff) = diff {
            answer["diff"] = diff.into();
        }
        answer
    }
}

fn installed(
    context: &Context,
    changed: &Changed,
    registrable: &Registrable,
    is_dry: bool,
) -> Vec<String> {
    let file = context.file.display();
    let planned = &changed.planned;
    let (added, replaced, updated) = match is_dry {
        true => ("would register", "would replace", "would update"),
        false => ("registered", "replaced", "updated"),
    };
    let mut lines = Vec::new();
    if !planned.events.is_empty() {
        lines.push(format!("{added} {} in {file}", listed(&planned.events)));
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
            "{updated} the hooks for {events} in {file}: they ran a different or missing herald"
        ));
    }
    if lines.is_empty() {
        let hooks = changed.after.as_deref().map(plan::heralds);
        let hooks = hooks.and_then(std::result::Result::ok).unwrap_or_default();
        lines.push(match &registrable.events[..] {
            _ if plan::keeps_events(&hooks) => {
                format!("nothing to do: {file} has hooks for the events of the original Herald")
            }
            [] => "nothing to do: no event sounds with this config".to_owned(),
            events => format!("nothing to do: {file} has hooks for {}", listed(events)),
        });
        return lines;
    }
    if is_dry {
        return lines;
    }
    if let Some(backup) = &changed.backup {
        lines.push(format!("backup: {}", backup.display()));
    }
    lines.push(notes::next_step(context.agent).to_owned());
    lines.push("next: run `herald test` to hear it".to_owned());
    lines
}

fn uninstalled(context: &Context, changed: &Changed, is_dry: bool) -> Vec<String> {
    let file = context.file.display();
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
