use std::fs;

use super::*;
use crate::cli::doctor::finding::State;
use herald_audio::internals::config;

/// What is found in `env` on a machine with `files`.
fn found(env: &[(&str, &str)], files: &[(&str, &str)], route: Route) -> Option<Finding> {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    find(&Env::of(env.iter().copied()), root.path(), route)
}

const SSH: (&str, &str) = ("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22");
const WSL: (&str, &str) = ("proc/version", "Linux version 6.6-microsoft-standard-WSL2");

#[test]
fn places_are_known_by_what_is_in_them() {
    let docker = (".dockerenv", "");
    for (env, files, expected) in [
        (&[][..], &[][..], None),
        (&[("SSH_TTY", "/dev/pts/1")], &[], Some("an SSH session")),
        (&[SSH], &[docker], Some("an SSH session")),
        (&[], &[docker], Some("a container")),
        (&[], &[("run/.containerenv", "")], Some("a container")),
        (&[("DEVCONTAINER", "true")], &[], Some("a container")),
        (&[("CODESPACES", "true")], &[docker], Some("a codespace")),
        (&[], &[WSL], Some("WSL")),
        (&[], &[("proc/version", "Linux version 6.6")], None),
    ] {
        let finding = found(env, files, Route::None);
        let what = finding.map(|finding| finding.what);
        let expected = expected.map(|name| {
            format!("running in {name}, which has no sound; to play it on your own machine, run:")
        });
        assert_eq!(what, expected);
    }
}

#[test]
fn the_lines_for_ssh_can_be_pasted() {
    let me = [SSH, ("USER", "me"), ("HOME", "/home/me")];
    let finding = found(&me, &[], Route::None).unwrap();
    assert_eq!(
        finding.hint.as_deref(),
        Some(
            "ssh me@192.0.2.1 rm -f /home/me/.herald-pulse; \
             ssh -R /home/me/.herald-pulse:$XDG_RUNTIME_DIR/pulse/native me@192.0.2.1   # on your own machine\n\
             export PULSE_SERVER=unix:/home/me/.herald-pulse   # here, and in your shell's startup file"
        )
    );
    let port = [
        ("SSH_CONNECTION", "192.0.2.7 5 192.0.2.1 2222"),
        me[1],
        me[2],
    ];
    let finding = found(&port, &[], Route::None).unwrap();
    let first = finding.hint.unwrap();
    assert!(
        first.starts_with("ssh -p 2222 me@192.0.2.1 rm -f "),
        "{first}"
    );
}

#[test]
fn every_place_has_its_own_lines() {
    for (env, files, first, last) in [
        (
            &[][..],
            &[(".dockerenv", "")][..],
            "docker run -v $XDG_RUNTIME_DIR/pulse:",
            "PULSE_COOKIE=/tmp",
        ),
        (
            &[("REMOTE_CONTAINERS", "1")],
            &[],
            "\"mounts\": [",
            "\"containerEnv\": {",
        ),
        (
            &[("CODESPACES", "true"), ("CODESPACE_NAME", "fluffy")],
            &[],
            "gh codespace ssh -c fluffy -- -R /tmp/",
            "PULSE_SERVER=unix:/tmp/",
        ),
        (
            &[],
            &[WSL, (WSLG, "")],
            "export PULSE_SERVER=unix:/mnt/wslg/PulseServer",
            "",
        ),
        (&[], &[WSL], "wsl --update", "wsl --shutdown"),
    ] {
        let finding = found(env, files, Route::None).unwrap();
        let hint = finding.hint.unwrap();
        assert!(hint.starts_with(first), "{hint}");
        assert!(hint.lines().last().unwrap().contains(last), "{hint}");
    }
}

#[test]
fn the_place_of_the_sound_is_named() {
    let at = || Route::NamedServer("tcp:127.0.0.1:4713".to_owned());
    for (files, route, state, expected) in [
        (
            &[][..],
            at(),
            State::Ok,
            "running in an SSH session; sound plays at tcp:127.0.0.1:4713",
        ),
        (
            &[],
            Route::Own,
            State::Warning,
            "running in an SSH session; sound plays on this machine, not on yours",
        ),
        (
            &[],
            Route::AsTold,
            State::Ok,
            "running in an SSH session; output is set explicitly",
        ),
        (
            &[(".dockerenv", "")],
            Route::Own,
            State::Ok,
            "running in a container, which has sound",
        ),
    ] {
        let env: &[_] = if files.is_empty() { &[SSH] } else { &[] };
        let finding = found(env, files, route).unwrap();
        assert_eq!((finding.state, finding.what.as_str()), (state, expected));
    }
}

#[test]
fn the_bell_is_offered_where_the_user_is_elsewhere_until_it_is_used() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("config.json");
    let offered = |vars: &[(&str, &str)], config: &str| {
        fs::write(&file, config).unwrap();
        let config = config::load(&Env::of([("HERALD_CONFIG", &file)]), None);
        let finding = offer(&Env::of(vars.iter().copied()), root.path(), &config)?;
        Some(finding.what)
    };
    let what =
        "Claude Code and Qwen Code can ring the terminal's bell, which needs no sound server";
    for vars in [
        SSH,
        ("TMUX", "/tmp/tmux"),
        ("DEVCONTAINER", "true"),
        ("CODESPACES", "true"),
    ] {
        assert_eq!(offered(&[vars], "{}").as_deref(), Some(what), "{vars:?}");
        let used = r#"{"events": {"Stop": {"terminal": "notify"}}}"#;
        assert_eq!(offered(&[vars], used), None, "{vars:?}");
    }
    assert_eq!(offered(&[("TERM", "xterm")], "{}"), None);
}
