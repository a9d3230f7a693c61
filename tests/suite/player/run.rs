//! Commands of the user's config that run beside a sound.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, SystemTime};

use herald_audio::Throttle;
use herald_audio::internals::player::protocol::{Message, Request, Run};
use herald_audio::internals::sound::{Chime, Sound};
use serde_json::{Value, json};

use crate::support::rules::{log, with_user_config};
use crate::support::sandbox::{Sandbox, run, wait_until, write_program};

const HOUR: Duration = Duration::from_secs(3_600);
/// The throttle key of a Stop in the project.
const KEY: &str = "/p\0Stop\0default";

/// A sandbox whose user has `program` run at a Stop, which writes its arguments and variables to a file.
fn sandbox(args: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    let script = sandbox.path("program");
    let ran = sandbox.path("ran");
    let writes = format!(
        "printf '%s\\n' \"$@\" \"$HERALD_EVENT\" >> {}",
        ran.display()
    );
    write_program(&script, &writes);
    let command = [&[script.to_str().unwrap()], args].concat();
    with_user_config(
        &sandbox,
        &json!({"events": {
            "Stop": {"run": command}, "Notification": {"run": command},
        }}),
    );
    sandbox
}

fn hook(sandbox: &Sandbox, payload: &Value) {
    let output = run(sandbox.herald(&["hook"]), payload.to_string().as_bytes());
    assert!(output.status.success());
}

/// The line of the log about a command with this status, once it is there.
fn line(sandbox: &Sandbox, status: &str) -> Value {
    wait_until(&format!("the log has a line {status}"), || {
        log(sandbox)
            .into_iter()
            .find(|line| line["status"] == status)
    })
}

fn ran(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.path("ran")).unwrap_or_default()
}

#[test]
fn a_command_runs_once_with_what_the_event_says() {
    let sandbox = sandbox(&["-u", "{event}", "{project}", "{message}"]);
    let message = "--help \u{1b}[31mred\n";
    let event = json!({"hook_event_name": "Notification", "message": message});
    hook(&sandbox, &event);
    let told = line(&sandbox, "ran");
    assert_eq!(told["event"], "Notification", "{told}");
    let project = sandbox.path("project");
    let expected = format!(
        "-u\nNotification\n{}\nhelp  [31mred \nNotification\n",
        project.display()
    );
    assert_eq!(ran(&sandbox), expected);
    // The throttle suppresses the second one, and its command.
    hook(&sandbox, &event);
    sandbox.wait_for_record(1);
    assert_eq!(ran(&sandbox), expected);
    let status = run(sandbox.herald(&["status", "--json"]), b"").stdout;
    let status: Value = serde_json::from_slice(&status).unwrap();
    let mut rules = status["rules"].as_array().unwrap().iter();
    let rule = rules
        .find(|rule| rule["key"] == "events.Notification.run")
        .unwrap();
    assert!(rule["lastEffect"].is_u64(), "{rule}");
}

#[test]
fn a_command_may_run_without_a_sound_but_not_while_muted() {
    let sandbox = sandbox(&[]);
    let config = json!({"audio_settings": {"volume": 0}});
    let sandbox = sandbox.with_config(&config);
    run(sandbox.herald(&["mute"]), b"");
    hook(&sandbox, &json!({"hook_event_name": "Notification"}));
    run(sandbox.herald(&["unmute"]), b"");
    hook(&sandbox, &json!({"hook_event_name": "Stop"}));
    line(&sandbox, "ran");
    assert_eq!(ran(&sandbox), "Stop\n");
}

#[test]
fn what_fails_is_in_the_log() {
    let sandbox = Sandbox::new();
    let script = sandbox.path("program");
    write_program(&script, "echo out of paper >&2; exit 3");
    let run_it = json!({"events": {"Stop": {"run": [script]}}});
    with_user_config(&sandbox, &run_it);
    hook(&sandbox, &json!({"hook_event_name": "Stop"}));
    let told = line(&sandbox, "failed");
    let reason = told["reason"].as_str().unwrap();
    assert!(reason.contains("exit status: 3): out of paper"), "{told}");
    with_user_config(
        &sandbox,
        &json!({"events": {"Stop": {"run": ["no-such-program"]}}}),
    );
    let doctor = run(sandbox.herald(&["doctor", "--no-sound"]), b"").stdout;
    let doctor = String::from_utf8(doctor).unwrap();
    let missing = "events.Stop.run: no-such-program is not installed";
    assert!(doctor.contains(missing), "{doctor}");
}

#[test]
fn a_projects_config_runs_nothing() {
    let sandbox = Sandbox::new();
    let script = sandbox.path("program");
    write_program(&script, &format!("touch {}", sandbox.path("ran").display()));
    let sandbox = sandbox.with_config(&json!({"events": {"Stop": {"run": [script]}}}));
    hook(&sandbox, &json!({"hook_event_name": "Stop"}));
    sandbox.wait_for_record(1);
    let said = run(sandbox.herald(&["config", "check"]), b"").stdout;
    let said = String::from_utf8(said).unwrap();
    assert!(
        said.contains("events.Stop.run: only allowed in your own config"),
        "{said}"
    );
    assert!(!sandbox.path("ran").exists());
}

/// A message whose command may run: its mark is in the state file.
fn message(admitted: Option<(usize, u64)>) -> Vec<u8> {
    let mut request = Request::new("Stop", vec![Sound::Chime(Chime::Finished)], 1.0);
    request.admissions.extend(admitted);
    request.run = Run::new(KEY, [("event", "Stop".to_owned())]);
    Message::Play(request.into()).encode().unwrap().into_bytes()
}

#[test]
fn a_message_runs_something_once_and_only_for_a_fresh_mark() {
    let sandbox = sandbox(&[]);
    assert_eq!(sandbox.play("started"), Ok(()));
    let inbox = sandbox.inbox();
    let send = |message: Vec<u8>| {
        let socket = UnixDatagram::unbound().unwrap();
        socket.send_to(&message, &inbox).unwrap();
    };
    let refusals = |count: usize| {
        wait_until(&format!("{count} commands are refused"), || {
            let lines = log(&sandbox);
            let refused = lines.iter().filter(|line| line["status"] == "refused");
            (refused.count() == count).then_some(())
        });
    };
    // A sandboxed program knows names, and no marks.
    send(message(None));
    refusals(1);
    send(message(Some((7, 7))));
    refusals(2);
    let throttle = Throttle::open(sandbox.state_dir()).unwrap();
    let another = throttle.admit("/p\0StopFailure\0default", HOUR).admission();
    send(message(another.map(|mark| mark.to_parts())));
    refusals(3);
    let long_ago = SystemTime::now() - Duration::from_secs(11);
    let old = throttle.mark(KEY, long_ago);
    send(message(old.map(|mark| mark.to_parts())));
    refusals(4);
    assert_eq!(ran(&sandbox), "");
    let mark = throttle.mark(KEY, SystemTime::now());
    let parts = mark.map(|mark| mark.to_parts());
    send(message(parts));
    send(message(parts));
    refusals(5);
    line(&sandbox, "ran");
    assert_eq!(ran(&sandbox), "Stop\n");
}
