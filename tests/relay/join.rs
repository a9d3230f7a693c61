//! Joining, leaving and being revoked.

use std::fs;
use std::net::TcpListener;

use serde_json::{Value, json};
use test_support::{Running, holding, wait_until};

use crate::machine::Machine;
use crate::server::{Server, ask, is_installed};

#[test]
fn a_box_joins_with_one_line_and_a_key_and_leaves_nothing_behind() {
    if !is_installed() {
        return;
    }
    let server = Server::start();
    let (desk, build) = (Machine::new(), Machine::new());
    let made = desk.init(&server, &["build-1"]);
    let made = made.iter().find(|made| made.name == "build-1").unwrap();
    let says = build.join(made);
    assert!(
        says.starts_with("this machine is the box build-1 of the fleet home\n"),
        "{says}"
    );
    let expected = json!({"name": "home.build-1", "url": server.url(), "role": "box"});
    assert_eq!(build.config()["fleet"], expected);
    assert_eq!(build.key(), made.key);

    let known: Vec<(String, String)> = ask(&mut server.admin(), "HGETALL {home}:boxes").unwrap();
    assert!(
        known.contains(&("build-1".to_owned(), "box".to_owned())),
        "{known:?}"
    );
    // Its key would stop working.
    let (url, key) = (server.url(), server.key_file());
    let again = [
        "init",
        "--url",
        &url,
        "--key-file",
        key.to_str().unwrap(),
        "build-1",
    ];
    let says = desk.fails(&again, "");
    assert!(says.contains("already has the machine build-1"), "{says}");
    assert!(
        says.contains("\nhint: choose another name, or run herald fleet revoke build-1"),
        "{says}"
    );

    let says = build.done(&["leave"], "");
    assert!(says.contains("herald fleet revoke build-1"), "{says}");
    assert_eq!(build.config(), json!({}));
    assert!(!build.key_file().exists());
    let says = build.fails(&["status"], "");
    assert!(says.contains("belongs to no fleet"), "{says}");
}

#[test]
fn a_revoked_key_ends_at_once() {
    if !is_installed() {
        return;
    }
    let server = Server::start();
    let (desk, build) = (Machine::new(), Machine::new());
    let made = desk.init(&server, &["build-1"]);
    let made = made.iter().find(|made| made.name == "build-1").unwrap();
    build.join(made);
    let mut connection = server.login("home.build-1", &made.key).unwrap();
    ask::<redis::Value>(&mut connection, "XADD {home}:in:build-1 * m x").unwrap();
    let key = server.key_file();
    let revoke = ["revoke", "build-1", "--key-file", key.to_str().unwrap()];
    assert_eq!(
        desk.done(&revoke, ""),
        "revoked home.build-1: its key no longer works\n"
    );
    assert!(
        ask::<redis::Value>(&mut connection, "GET {home}:mute").is_err(),
        "it is disconnected"
    );
    assert!(server.login("home.build-1", &made.key).is_err());
    let left: u64 = ask(&mut server.admin(), "EXISTS {home}:in:build-1").unwrap();
    assert_eq!(left, 0);
    let says = desk.fails(&revoke, "");
    assert!(
        says.contains("has no machine build-1\nhint: herald fleet status"),
        "{says}"
    );
    // The same name again, with another key.
    let again = desk.init(&server, &["build-1"]);
    assert_ne!(again[0].key, made.key);
    build.join(&again[0]);
}

#[test]
fn a_key_file_of_ones_own_stays_where_it_is() {
    if !is_installed() {
        return;
    }
    let server = Server::start();
    let (desk, build) = (Machine::new(), Machine::new());
    let made = desk.init(&server, &["build-1"]);
    let made = made.iter().find(|made| made.name == "build-1").unwrap();
    // As herald fleet writes it: readable only by this user.
    build.join(made);
    let own = build.path("ci.key");
    fs::rename(build.key_file(), &own).unwrap();
    let mut args = made.args();
    args.extend(["--key-file", own.to_str().unwrap()]);
    build.done(&args, "");
    assert_eq!(build.config()["fleet"]["key_file"], json!(own));
    build.done(&["leave"], "");
    assert!(own.exists());
}

/// All users of a machine can read the arguments of its programs.
#[test]
fn a_key_is_neither_an_argument_nor_a_variable() {
    const KEY: &str = "0123456789abcdef";
    // It accepts connections and never answers.
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let build = Machine::new();
    let mut command = build.command(&["join", &format!("redis://home.ci@127.0.0.1:{port}")]);
    command.stdin(holding(format!("{KEY}\n").as_bytes()));
    command.stderr(std::process::Stdio::piped());
    let mut join = Running::start(command);
    let pid = join.child().id();
    let connected = silent.accept().unwrap();
    for file in ["cmdline", "environ"] {
        let shown = fs::read(format!("/proc/{pid}/{file}")).unwrap();
        let is_shown = shown.windows(KEY.len()).any(|part| part == KEY.as_bytes());
        assert!(!shown.is_empty() && !is_shown, "{file}");
    }
    drop((connected, silent));
    let output = join.output();
    let says = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{says}");
    assert!(!says.contains(KEY), "{says}");
    assert_eq!(build.config(), Value::Null);
}

#[test]
fn a_desk_may_have_a_service() {
    if !is_installed() {
        return;
    }
    let server = Server::start();
    let (home, office) = (Machine::new(), Machine::new());
    let made = home.init(&server, &["--desk", "office"]);
    let made = made.iter().find(|made| made.name == "office").unwrap();
    let ran = office.path("ran");
    let script = format!("#!/bin/sh\necho \"$*\" >> {}\n", ran.display());
    let systemctl = office.path("bin/systemctl");
    fs::write(&systemctl, script).unwrap();
    fs::set_permissions(
        &systemctl,
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let mut args = made.args();
    args.push("--service");
    let says = wait_until("the stand-in is no longer being written", || {
        let output = office.fleet(&args, &made.key);
        let says = String::from_utf8_lossy(&output.stdout).into_owned();
        // Another test may have forked while it was.
        ran.exists().then_some(says)
    });
    let unit = office.path("home/.config/systemd/user/herald-relay.service");
    assert!(
        says.contains(&format!("service: {}\n", unit.display())),
        "{says}"
    );
    let text = fs::read_to_string(&unit).unwrap();
    let line = format!("ExecStart=\"{}\"\n", env!("CARGO_BIN_EXE_herald-relay"));
    assert!(text.contains(&line), "{text}");
    let ran = || fs::read_to_string(office.path("ran")).unwrap();
    assert!(ran().ends_with("--user daemon-reload\n--user enable --now herald-relay.service\n"));
    assert_eq!(office.config()["fleet"]["role"], "both");
    office.done(&["leave"], "");
    assert!(!unit.exists());
    assert!(ran().ends_with("--user disable --now herald-relay.service\n"));
}
