//! Takes hooks out of agents' settings.

use super::notes;
use super::place::{Machine, Place};
use super::report::Report;
use crate::agent::{self, Changed, Scope, Settings};
use crate::cli::answer::listed;
use herald_audio::Error;
use herald_audio::internals::agents::Agent;

/// Removes own hooks from the settings of each agent, in one scope of it.
pub(super) fn unregister(
    machine: &Machine,
    places: impl Iterator<Item = (&'static Agent, Scope)>,
    is_dry: bool,
) -> (Vec<Report>, Vec<Error>) {
    let (mut done, mut failures) = (Vec::new(), Vec::new());
    let one = |place: Place| {
        let changed = match is_dry {
            true => Settings::read(place.agent, &place.file)?.uninstalled()?,
            false => agent::uninstall(place.agent, &place.file, &place.outer_dir, &machine.env)?,
        };
        Ok::<_, Error>(Report {
            notes: notes::of_uninstall(&changed),
            summary: uninstalled(&place, &changed, is_dry),
            place,
            changed,
            verdict: None,
            command: None,
            is_dry,
        })
    };
    for (agent, scope) in places {
        let places = match Place::all(machine, agent, scope) {
            Ok(places) => places,
            Err(error) => {
                failures.push(error);
                continue;
            }
        };
        // Of a file for each event, those that are there.
        let is_there = |place: &Place| place.event().is_none() || place.file.exists();
        for place in places.into_iter().filter(is_there) {
            match one(place) {
                Ok(report) => done.push(report),
                Err(error) => failures.push(error),
            }
        }
    }
    (done, failures)
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
