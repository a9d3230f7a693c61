//! Whether the user is at another machine (SSH, container, WSL), and how sound can reach them. See the
//! page `remote` of the documentation.

use std::path::Path;

use super::finding::Finding;
use super::output::Route;
use herald_audio::Config;
use herald_audio::internals::agents;
use herald_audio::internals::system::env::Env;

/// The socket of WSLg's sound server.
const WSLG: &str = "mnt/wslg/PulseServer";

/// Where Herald runs, as seen from the user's machine.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Codespace,
    Container,
    Ssh,
    Wsl,
}

impl Place {
    fn name(&self) -> &'static str {
        match self {
            Self::Codespace => "a codespace",
            Self::Container => "a container",
            Self::Ssh => "an SSH session",
            Self::Wsl => "WSL",
        }
    }
}

pub(super) fn findings(env: &Env, route: Route) -> Option<Finding> {
    find(env, Path::new("/"), route)
}

/// What needs no sound server: the terminal of the agent, which reaches the user wherever Herald runs.
pub(super) fn terminal(env: &Env, config: &Config) -> Option<Finding> {
    offer(env, Path::new("/"), config)
}

/// What needs no sound server either, and serves several machines.
pub(super) fn fleet(env: &Env, config: &Config, route: &Route) -> Option<Finding> {
    let is_far = matches!(place(env, Path::new("/")), Some(place) if place != Place::Wsl);
    let is_heard = matches!(route, Route::AsTold | Route::NamedServer(_));
    if config.fleet().is_some() || !is_far || is_heard {
        return None;
    }
    let what = "a fleet lets your own machine play the events of this one, without a sound server";
    let hint = "\
herald fleet init NAME   # on your own machine; it prints the next line with NAME and PORT filled in
herald fleet join redis://home.NAME@127.0.0.1:PORT   # here";
    Some(Finding::ok("fleet", what).with_hint(hint))
}

fn offer(env: &Env, root: &Path, config: &Config) -> Option<Finding> {
    let is_far = matches!(place(env, root), Some(place) if place != Place::Wsl);
    let is_in_tmux = env.get("TMUX").is_some();
    if config.has_terminal() || !(is_far || is_in_tmux) {
        return None;
    }
    let titles = agents::ALL.iter().filter(|agent| agent.can_use_terminal());
    let titles: Vec<_> = titles.map(|agent| agent.title).collect();
    let what = format!(
        "{} can ring the terminal's bell, which needs no sound server",
        titles.join(" and ")
    );
    let hint = r#"add {"events": {"Stop": {"terminal": "bell"}, "PermissionRequest": {"terminal": "bell"}}} to your config"#;
    Some(Finding::ok("terminal", what).with_hint(hint))
}

fn find(env: &Env, root: &Path, route: Route) -> Option<Finding> {
    let place = place(env, root)?;
    let name = place.name();
    Some(match route {
        Route::AsTold => Finding::ok(
            "remote",
            format!("running in {name}; output is set explicitly"),
        ),
        Route::NamedServer(address) => Finding::ok(
            "remote",
            format!("running in {name}; sound plays at {address}"),
        ),
        Route::Own if place == Place::Ssh => {
            let what = "running in an SSH session; sound plays on this machine, not on yours";
            Finding::warning("remote", what).with_hint(lines(&place, env, root))
        }
        Route::Own => Finding::ok("remote", format!("running in {name}, which has sound")),
        Route::None => {
            let what = format!(
                "running in {name}, which has no sound; to play it on your own machine, run:"
            );
            Finding::warning("remote", what).with_hint(lines(&place, env, root))
        }
    })
}

/// The innermost place: an SSH session in a container leads into the container.
fn place(env: &Env, root: &Path) -> Option<Place> {
    let has = |name: &str| env.get(name).is_some();
    let is_there = |path: &str| root.join(path).exists();
    let kernel = std::fs::read_to_string(root.join("proc/version")).unwrap_or_default();
    if has("CODESPACES") {
        Some(Place::Codespace)
    } else if has("SSH_CONNECTION") || has("SSH_TTY") {
        Some(Place::Ssh)
    } else if is_dev(env) || is_there(".dockerenv") || is_there("run/.containerenv") {
        Some(Place::Container)
    } else if kernel.to_ascii_lowercase().contains("microsoft") || has("WSL_DISTRO_NAME") {
        Some(Place::Wsl)
    } else {
        None
    }
}

/// The commands that bring sound to the user.
fn lines(place: &Place, env: &Env, root: &Path) -> String {
    match place {
        Place::Ssh => {
            let (user, home) = (value(env, "USER", "USER"), value(env, "HOME", "/home/USER"));
            let login = match server(env) {
                Some((host, 22)) => format!("{user}@{host}"),
                Some((host, port)) => format!("-p {port} {user}@{host}"),
                None => format!("{user}@HOST"),
            };
            let socket = format!("{home}/.herald-pulse");
            format!(
                "ssh {login} rm -f {socket}; ssh -R {socket}:$XDG_RUNTIME_DIR/pulse/native {login}   # on your own machine\n\
                 export PULSE_SERVER=unix:{socket}   # here, and in your shell's startup file"
            )
        }
        Place::Codespace => {
            let name = value(env, "CODESPACE_NAME", "NAME");
            let socket = "/tmp/herald-pulse";
            format!(
                "gh codespace ssh -c {name} -- -R {socket}:$XDG_RUNTIME_DIR/pulse/native   # on your own machine\n\
                 export PULSE_SERVER=unix:{socket}   # here, and in your shell's startup file"
            )
        }
        Place::Container if is_dev(env) => "\
\"mounts\": [\"source=${localEnv:XDG_RUNTIME_DIR}/pulse,target=/tmp/pulse,type=bind\", \"source=${localEnv:HOME}/.config/pulse/cookie,target=/tmp/pulse-cookie,type=bind\"],   // in devcontainer.json
\"containerEnv\": {\"PULSE_SERVER\": \"unix:/tmp/pulse/native\", \"PULSE_COOKIE\": \"/tmp/pulse-cookie\"}"
            .to_owned(),
        Place::Container => "\
docker run -v $XDG_RUNTIME_DIR/pulse:/tmp/pulse -v ~/.config/pulse/cookie:/tmp/pulse-cookie:ro \\
  -e PULSE_SERVER=unix:/tmp/pulse/native -e PULSE_COOKIE=/tmp/pulse-cookie ...   # on your own machine"
            .to_owned(),
        Place::Wsl if root.join(WSLG).exists() => {
            format!("export PULSE_SERVER=unix:/{WSLG}   # here, and in your shell's startup file")
        }
        Place::Wsl => "\
wsl --update   # in Windows: brings WSLg, which has a sound server
wsl --shutdown   # and start it again"
            .to_owned(),
    }
}

fn is_dev(env: &Env) -> bool {
    let names = ["REMOTE_CONTAINERS", "DEVCONTAINER"];
    names.iter().any(|name| env.get(name).is_some())
}

/// This machine's address and port, as the SSH client sees them.
fn server(env: &Env) -> Option<(String, u16)> {
    let connection = env.get("SSH_CONNECTION")?.into_string().ok()?;
    let mut words = connection.split(' ').skip(2);
    let host = words.next()?.to_owned();
    Some((host, words.next()?.parse().ok()?))
}

fn value(env: &Env, name: &str, otherwise: &str) -> String {
    let value = env.get(name).and_then(|value| value.into_string().ok());
    value.unwrap_or_else(|| otherwise.to_owned())
}

#[cfg(test)]
mod tests;
