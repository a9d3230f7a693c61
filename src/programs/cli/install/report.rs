//! What was done to the settings of an agent.

use serde_json::{Value, json};

use super::diff;
use super::notes::Note;
use super::place::Place;
use crate::agent::{Cause, Changed, plan};
use crate::cli::answer::listed;
use crate::cli::exit::{FAILED, OK};
use crate::cli::terminal;
use herald_audio::Error;
use herald_audio::internals::system::printable::printable;

/// What was done for one agent, or would be.
pub(in crate::cli) struct Report {
    pub(super) place: Place,
    pub(super) changed: Changed,
    pub(super) notes: Vec<Note>,
    pub(super) summary: Vec<String>,
    /// Why the agent does not run the hooks; none if nothing was installed.
    pub(super) verdict: Option<Vec<Cause>>,
    /// The command of a new hook.
    pub(super) command: Option<String>,
    pub(super) is_dry: bool,
}

/// The exit code: whether all was done, and whether the agents run the hooks.
pub(in crate::cli) fn code(done: &[Report], failures: &[Error]) -> u8 {
    let runs = |report: &Report| report.verdict.as_ref().is_none_or(Vec::is_empty);
    match failures.is_empty() && done.iter().all(runs) {
        true => OK,
        false => FAILED,
    }
}

/// What was done, for people.
pub(in crate::cli) fn words(done: &[Report]) -> String {
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
        let what = format!("{}{}{}", cause.what, terminal::HINT, cause.hint);
        terminal::labelled("warning", &what)
    });
    Some([line].into_iter().chain(causes).collect())
}

impl Report {
    pub(super) fn diff(&self) -> Option<String> {
        let Changed {
            file,
            before,
            after,
            ..
        } = &self.changed;
        self.is_dry
            .then(|| diff::diff(file, before.as_deref(), after.as_deref()))
    }

    pub(in crate::cli) fn to_json(&self) -> Value {
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
