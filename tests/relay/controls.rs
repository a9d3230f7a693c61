//! What desks say to each other, and what is known of the fleet.

use serde_json::{Value, json};

use crate::machine::Machine;
use crate::server::{Server, ask, is_installed};

/// A desk and the box `build-1`, joined.
fn fleet(server: &Server) -> (Machine, Machine) {
    let (desk, build) = (Machine::new(), Machine::new());
    let made = desk.init(server, &["build-1"]);
    let made = made.iter().find(|made| made.name == "build-1");
    build.join(made.unwrap());
    (desk, build)
}

fn answer(machine: &Machine, args: &[&str]) -> Value {
    let output = machine.fleet(&[args, &["--json"]].concat(), "");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_desk_mutes_the_fleet_for_a_time_and_a_box_does_not() {
    if !is_installed() {
        return;
    }
    let server = Server::start();
    let (desk, build) = fleet(&server);
    let left_ms = || ask::<i64>(&mut server.admin(), "PTTL {home}:mute").unwrap();
    let day_ms = 24 * 60 * 60 * 1_000;
    for (args, longest_ms) in [
        (&["mute"][..], 7 * day_ms),
        (&["snooze", "30m"], 30 * 60 * 1_000),
    ] {
        assert_eq!(answer(&desk, args)["mutedForMs"], longest_ms);
        let left_ms = left_ms();
        assert!(
            left_ms > longest_ms - day_ms && left_ms <= longest_ms,
            "{args:?}: {left_ms}"
        );
        assert_eq!(answer(&desk, &["status"])["server"]["muted"], true);
        assert_eq!(answer(&build, &["status"])["server"]["muted"], true);
    }
    for args in [&["mute"][..], &["unmute"], &["snooze", "1"], &["here"]] {
        let says = build.fails(args, "");
        assert!(
            says.contains("build-1 is a box: only desks may do this\nhint: "),
            "{says}"
        );
    }
    desk.done(&["unmute"], "");
    assert_eq!(left_ms(), -2, "the key is gone");
    assert_eq!(answer(&desk, &["status"])["server"]["muted"], false);
}

#[test]
fn the_status_of_a_desk_has_all_machines_and_a_box_knows_whether_a_desk_is_present() {
    if !is_installed() {
        return;
    }
    let server = Server::start();
    let (desk, build) = fleet(&server);
    let own = answer(&desk, &["status"])["machine"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        answer(&build, &["status"])["server"]["presentDesk"],
        Value::Null
    );
    let says = build.done(&["status"], "");
    assert!(says.contains("\nno desk is present\n"), "{says}");

    let says = desk.done(&["here"], "");
    assert_eq!(says, format!("the desk in use is {own}\n"));
    let status = answer(&build, &["status"]);
    assert_eq!(status["server"]["presentDesk"], json!(own));
    assert_eq!(status["server"]["machines"], json!([]));
    let status = answer(&desk, &["status"]);
    let machines = status["server"]["machines"].as_array().unwrap();
    let of = |name: &str| {
        machines
            .iter()
            .find(|machine| machine["name"] == name)
            .unwrap()
    };
    assert_eq!(of("build-1")["role"], "box");
    assert_eq!(
        (&of(&own)["role"], &of(&own)["isPresent"]),
        (&json!("both"), &json!(true))
    );
    assert!(of(&own)["activeMs"].as_u64() > Some(1_700_000_000_000));
    assert_eq!(
        answer(&build, &["flush", "--wait", "1s"]),
        json!({"waiting": 0})
    );

    drop(server);
    let status = build.fleet(&["status", "--json"], "");
    assert_eq!(status.status.code(), Some(1));
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    let error = status["server"]["error"].as_str().unwrap();
    assert!(error.contains("cannot be reached"), "{error}");
}

#[test]
fn each_step_of_a_test_has_its_time_and_one_that_fails_says_why() {
    if !is_installed() {
        return;
    }
    let server = Server::start();
    let (desk, build) = fleet(&server);
    let steps = |machine: &Machine| {
        let answer = answer(machine, &["test"]);
        let steps = answer["steps"].as_array().unwrap().clone();
        assert!(
            steps.iter().all(|step| step["timeUs"].is_u64()),
            "{steps:?}"
        );
        let of = |step: &Value| {
            let name = step["step"].as_str().unwrap().to_owned();
            (name, step["isOk"].as_bool().unwrap())
        };
        steps.iter().map(of).collect::<Vec<_>>()
    };
    let named = |steps: &[(&str, bool)]| {
        let named = steps
            .iter()
            .map(|(name, is_ok)| ((*name).to_owned(), *is_ok));
        named.collect::<Vec<_>>()
    };
    let of_box = |is_heard| {
        named(&[
            ("key", true),
            ("login", true),
            ("desk", is_heard),
            ("send", true),
            ("relay", true),
        ])
    };
    assert_eq!(steps(&build), of_box(false));
    assert_eq!(build.fleet(&["test"], "").status.code(), Some(1));
    desk.done(&["here"], "");
    assert_eq!(steps(&build), of_box(true));
    let says = build.done(&["test"], "");
    assert!(
        says.ends_with("next: herald test Stop is heard at the desk\n"),
        "{says}"
    );
    let of_desk = steps(&desk);
    assert!(of_desk.contains(&("read".to_owned(), true)), "{of_desk:?}");
    // Whoever is at the box reads it, too.
    let key = build.key_file();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&key, mode).unwrap();
    let says = String::from_utf8(build.fleet(&["test"], "").stdout).unwrap();
    assert!(
        says.contains("readable by other users\nhint: chmod 600 "),
        "{says}"
    );
}

#[test]
fn doctor_learns_what_the_server_is_like() {
    if !is_installed() {
        return;
    }
    let server = Server::with(
        "port PORT\nmaxmemory 100mb\nmaxmemory-policy allkeys-lru",
        |_| {},
    );
    let (desk, build) = fleet(&server);
    let found = |machine: &Machine| {
        let found = machine.done(&["examine"], "");
        let found: Vec<Value> = serde_json::from_str(&found).unwrap();
        let state = |found: &Value| found["state"].as_str().unwrap().to_owned();
        let what = |found: &Value| found["what"].as_str().unwrap().to_owned();
        found
            .iter()
            .map(|found| (state(found), what(found)))
            .collect::<Vec<_>>()
    };
    let says = |found: &[(String, String)], state: &str, part: &str| {
        let is_it = |(of, what): &(String, String)| of == state && what.contains(part);
        assert!(found.iter().any(is_it), "{part}: {found:?}");
    };
    let of_desk = found(&desk);
    says(&of_desk, "ok", "round trip");
    says(&of_desk, "warning", "maxmemory-policy is allkeys-lru");
    says(&of_desk, "warning", "herald-relay does not run");
    says(
        &found(&build),
        "warning",
        "no desk is present, so events sound on this machine",
    );
    ask::<redis::Value>(&mut server.admin(), "CONFIG SET appendonly no").unwrap();
    says(&found(&desk), "warning", "writes no AOF");
    drop(server);
    says(&found(&desk), "error", "cannot be reached");
}
