//! Sounds beside Herald's: other hooks on the same events, and the agent's own notifications.

use std::path::Path;

use super::layers::{Layer, layers};
use super::place::user_dir;
use super::{Cause, Hook, recognize};
use herald_audio::internals::agents::{Agent, Notifier};
use herald_audio::internals::system::env::Env;

/// Programs that do nothing but sound.
const PLAYERS: [&str; 10] = [
    "afplay",
    "aplay",
    "canberra-gtk-play",
    "ffplay",
    "mpg123",
    "paplay",
    "peon-ping",
    "peon.sh",
    "pw-play",
    "spd-say",
];

/// What else sounds when the agent runs the `hooks` of Herald in `file`, where `text` is what that says.
pub fn foreign(
    agent: &'static Agent,
    (file, text): (&Path, &str),
    hooks: &[Hook],
    env: &Env,
    root: Option<&Path>,
) -> Vec<Cause> {
    let Some(settings) = agent.settings() else {
        return Vec::new();
    };
    let mut layers = layers(agent, (file, text), env, root);
    layers.extend(settings.notifier_file.and_then(|name| {
        let moved = settings
            .variable
            .and_then(|(variable, _)| env.path(variable));
        let dir = moved
            .and_then(|_| user_dir(agent, env))
            .or_else(|| env.home())?;
        Layer::read(agent, dir.join(name), false)
    }));
    let of_hooks = layers.iter().flat_map(|layer| other_hooks(layer, hooks));
    let of_agent = layers.iter().flat_map(|layer| {
        let on = settings.notifiers.iter();
        on.filter_map(|notifier| notifications(agent, layer, notifier))
    });
    of_hooks.chain(of_agent).collect()
}

/// Hooks in a layer that sound on the events of `hooks`.
fn other_hooks(layer: &Layer, hooks: &[Hook]) -> Vec<Cause> {
    let mut found: Vec<(&str, Vec<String>)> = Vec::new();
    for (event, command) in layer.commands() {
        let Some(player) = player_in(&command) else {
            continue;
        };
        if !hooks.iter().any(|hook| hook.event == event) {
            continue;
        }
        match found.iter_mut().find(|(known, _)| *known == player) {
            Some((_, events)) if events.contains(&event) => {}
            Some((_, events)) => events.push(event),
            None => found.push((player, vec![event])),
        }
    }
    let cause = |(player, events): (&str, Vec<String>)| {
        let file = layer.file.display();
        let events = events.join(", ");
        let what = format!("{file} also runs {player} for {events}: you hear both");
        Cause::new(what, format!("remove that hook from {file}"))
    };
    found.into_iter().map(cause).collect()
}

/// The program in `command`, also in a script within it, that sounds.
fn player_in(command: &str) -> Option<&'static str> {
    if recognize(command).is_some() {
        return None;
    }
    let is_of_path = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '~');
    let mut words = command.split(|c| !is_of_path(c));
    words.find_map(|word| {
        let name = word.rsplit('/').next().unwrap_or(word);
        PLAYERS.iter().find(|player| **player == name).copied()
    })
}

/// What the agent does itself because a layer says so.
fn notifications(agent: &Agent, layer: &Layer, notifier: &Notifier) -> Option<Cause> {
    let value = layer.value(notifier.path)?;
    let is_on = match notifier.values {
        [] => value != "false",
        values => values.contains(&&*value),
    };
    // A `notify` that runs Herald is the same event again, and sounds once.
    if !is_on || value.contains("herald") {
        return None;
    }
    let (file, key) = (layer.file.display(), notifier.path.join("."));
    let what = format!(
        "{file}: {key} is {value}, so {} may sound beside Herald",
        agent.title
    );
    Some(Cause::new(what, format!("{} {file}", notifier.off)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_sound_are_found_wherever_they_stand() {
        for (command, player) in [
            ("afplay /System/Library/Sounds/Glass.aiff", Some("afplay")),
            ("/usr/bin/paplay done.wav &", Some("paplay")),
            (
                "nohup bash -c 'for i in 1 2; do afplay -v 4 a.aiff; done' >/dev/null",
                Some("afplay"),
            ),
            ("~/.claude/hooks/peon-ping/peon.sh", Some("peon.sh")),
            ("echo afplayer", None),
            ("notify-send done", None),
            ("herald hook", None),
        ] {
            assert_eq!(player_in(command), player, "{command}");
        }
    }
}
