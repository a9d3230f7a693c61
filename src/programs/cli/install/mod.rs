//! `herald install` and `herald uninstall`

mod args;
mod diff;
mod everything;
mod installation;
mod notes;
mod place;
mod removal;
mod report;
mod version;

use args::{Command, Target};
pub(super) use args::{InstallArgs, UninstallArgs};
use installation::Installation;
use place::{Machine, Place, Verb, misuse};
use removal::unregister;
pub(super) use report::{Report, code, words};

use super::answer::{answer, answer_json};
use super::controls;
use super::exit::{FAILED, OK, misused};
use super::terminal::{self, HINT};
use crate::agent::{self, Program, Registered};
use herald_audio::internals::system::printable::printable;
use herald_audio::internals::system::state_dir;
use herald_audio::{AudioManager, Error, ErrorKind, Result};

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
