//! The server that a desk starts itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use test_support::wait_until;

use crate::machine::Machine;
use crate::server::{ask, is_installed, login};

/// The process whose working directory is `dir`.
fn process_in(dir: &Path) -> Option<u32> {
    let mut pids = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let cwd = fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
            (cwd == dir).then_some(pid)
        });
    pids.next()
}

#[test]
fn one_command_a_side_is_enough() {
    if !is_installed() {
        return;
    }
    let (desk, build) = (Machine::new(), Machine::new());
    let says = desk.done(&["init", "build-1"], "");
    let line = |start: &str| {
        let mut lines = says.lines().map(str::trim);
        lines
            .find(|line| line.starts_with(start))
            .expect(start)
            .to_owned()
    };
    let url = desk.config()["fleet"]["url"].as_str().unwrap().to_owned();
    let port: u16 = url.rsplit_once(':').unwrap().1.parse().unwrap();
    assert!(
        line("ssh -R").starts_with(&format!("ssh -R {port}:127.0.0.1:{port} build-1")),
        "{says}"
    );
    let join = line("herald fleet join");
    let place = join.split(' ').nth(3).unwrap();
    assert_eq!(place, format!("redis://home.build-1@127.0.0.1:{port}"));
    let key = line("key: ").replace("key: ", "");
    build.done(&["join", place], &key);

    // Nobody else gets in, and nothing of it is readable or shown.
    let dir = desk.path("home/.local/state/herald/server");
    let mode = fs::metadata(&dir).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let admin = fs::read_to_string(dir.join("admin.key")).unwrap();
    let admin = admin.trim();
    assert!(login(port, "default", "").is_err());
    let mut connection = login(port, "herald", admin).unwrap();
    let bind: Vec<String> = ask(&mut connection, "CONFIG GET bind").unwrap();
    assert_eq!(bind, ["bind", "127.0.0.1"]);
    let pid = process_in(&dir).expect("it runs in its directory");
    let shown = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
    assert!(!shown.contains(admin) && !shown.contains(&key), "{shown}");

    // A second box, and the same server after it was killed: it has forgotten nothing.
    desk.done(&["init", "build-2"], "");
    std::process::Command::new("kill")
        .args(["-KILL", &pid.to_string()])
        .status()
        .unwrap();
    wait_until("it has ended", || {
        login(port, "herald", admin).is_err().then_some(())
    });
    let says = desk.done(&["init", "build-3"], "");
    assert!(says.contains("box build-3:"), "{says}");
    let mut connection = login(port, "herald", admin).unwrap();
    let known: std::collections::BTreeMap<String, String> =
        ask(&mut connection, "HGETALL {home}:boxes").unwrap();
    for name in ["build-1", "build-2", "build-3"] {
        assert_eq!(known[name], "box");
    }
    assert!(login(port, "home.build-1", &key).is_ok());

    desk.done(&["leave"], "");
    wait_until("its server has ended", || {
        process_in(&dir).is_none().then_some(())
    });

    // Who was here before may come back; its old login is still known.
    let name = |machine: &Machine| machine.config()["fleet"]["name"].clone();
    desk.done(&["init"], "");
    assert!(
        name(&desk).as_str().unwrap().ends_with("-2"),
        "{}",
        name(&desk)
    );
    desk.done(&["leave"], "");
}

#[test]
fn without_a_program_the_hint_says_what_to_install() {
    let desk = Machine::new();
    let mut command = desk.command(&["init", "build-1"]);
    command.env("PATH", "/nonexistent");
    let output = test_support::run(command, b"");
    let says = String::from_utf8(output.stderr).unwrap();
    assert!(
        says.contains("neither valkey-server nor redis-server\nhint: install one"),
        "{says}"
    );
    assert_eq!(desk.config(), serde_json::Value::Null);
}
