//! Commands of the user's config that run beside a sound.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, SystemTime};

use herald_audio::internals::player::protocol::{Message, Request, Run};
use herald_audio::internals::sound::{Chime, Sound};
use herald_audio::{Admission, Throttle};
use serde_json::{Value, json};

use crate::support::real_time::in_real_time;
use crate::support::rules::{log, with_user_config};
use crate::support::sandbox::{Sandbox, run, wait_until, write_program};

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
    in_real_time(|| {
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
        assert_eq!(rule["lastFailure"], Value::Null, "{rule}");
        let words = status_words(&sandbox);
        let rule = |key: &str| words.lines().find(|line| line.contains(key)).unwrap();
        assert!(
            rule("events.Notification.run").contains(": last ran "),
            "{words}"
        );
        assert!(
            rule("events.Stop.run").ends_with(": not applied yet"),
            "{words}"
        );
    });
}

fn status_words(sandbox: &Sandbox) -> String {
    String::from_utf8(run(sandbox.herald(&["status"]), b"").stdout).unwrap()
}

/// The event's own throttle key has no window then, and only the latest mark.
#[test]
fn a_command_runs_for_each_event_that_a_window_of_0_admits() {
    in_real_time(|| {
        const STOPS: usize = 5;
        let sandbox = sandbox(&[]);
        let config = json!({"audio_settings": {"throttle_seconds": {"Stop": 0}}});
        let sandbox = sandbox.with_config(&config);
        for session in 0..STOPS {
            hook(
                &sandbox,
                &json!({"hook_event_name": "Stop", "session_id": session.to_string()}),
            );
        }
        wait_until("each command ran", || {
            (ran(&sandbox) == "Stop\n".repeat(STOPS)).then_some(())
        });
    });
}

#[test]
fn an_event_at_volume_0_was_not_heard() {
    let sandbox = sandbox(&[]);
    let config = json!({"audio_settings": {"volume": 0}});
    let sandbox = sandbox.with_config(&config);
    hook(&sandbox, &json!({"hook_event_name": "Stop"}));
    let skipped = line(&sandbox, "skipped");
    assert_eq!(skipped["reason"], "its volume is 0");
    let status = run(sandbox.herald(&["status", "--json"]), b"").stdout;
    let status: Value = serde_json::from_slice(&status).unwrap();
    let mut events = status["events"].as_array().unwrap().iter();
    let stop = events.find(|event| event["name"] == "Stop").unwrap();
    assert_eq!(
        (&stop["lastHeard"], &stop["admitted"]),
        (&Value::Null, &json!(1))
    );
}

#[test]
fn the_test_of_an_event_says_what_became_of_its_command() {
    in_real_time(|| {
        let sandbox = sandbox(&[]);
        let config = json!({"events": {"Stop": {"volume": 0}}});
        let sandbox = sandbox.with_config(&config);
        let steps = |event: &str, code: i32| {
            let output = run(sandbox.herald(&["test", event]), b"");
            let said = String::from_utf8(output.stdout).unwrap();
            assert_eq!(output.status.code(), Some(code), "{said}");
            said
        };
        let program = sandbox.path("program");
        let ran = format!("command        {} ran\n", program.display());
        let silent = steps("Stop", 1);
        let says = "sound          silent, because its volume is 0";
        assert!(silent.contains(&ran) && silent.contains(says), "{silent}");
        let heard = steps("Notification", 0);
        assert!(
            heard.contains(&ran) && heard.contains("played attention"),
            "{heard}"
        );
        fs::remove_file(&program).unwrap();
        let failed = steps("Notification", 1);
        let says = format!("command        cannot run {}", program.display());
        assert!(
            failed.contains(&says) && failed.contains("played attention"),
            "{failed}"
        );
    });
}

#[test]
fn a_command_may_run_without_a_sound_but_not_while_muted() {
    in_real_time(|| {
        let sandbox = sandbox(&[]);
        let config = json!({"audio_settings": {"volume": 0}});
        let sandbox = sandbox.with_config(&config);
        run(sandbox.herald(&["mute"]), b"");
        hook(&sandbox, &json!({"hook_event_name": "Notification"}));
        run(sandbox.herald(&["unmute"]), b"");
        let hook = run(sandbox.herald(&["--hook", "Stop"]), b"{}");
        let told = String::from_utf8(hook.stderr).unwrap();
        assert!(
            told.contains("played=False") && told.contains("notes=muted"),
            "{told}"
        );
        line(&sandbox, "ran");
        assert_eq!(ran(&sandbox), "Stop\n");
    });
}

#[test]
fn what_fails_is_in_the_log() {
    in_real_time(|| {
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
        run(sandbox.herald(&["throttle", "reset", "Stop"]), b"");
        hook(&sandbox, &json!({"hook_event_name": "Stop"}));
        let why = "no-such-program is not installed";
        wait_until("the second one fails", || {
            log(&sandbox).into_iter().find(|line| line["reason"] == why)
        });
        let status = status_words(&sandbox);
        assert!(
            status.contains("rule    events.Stop.run no-such-program: last failed "),
            "{status}"
        );
        assert!(status.contains(&format!(": {why}\n")), "{status}");
        assert!(!status.contains("the last sound failed"), "{status}");
    });
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

/// A message about `run` of a Stop, with a mark of the state file.
fn message(run: &Run, mark: Option<Admission>) -> Vec<u8> {
    let mut request = Request::new("Stop", vec![Sound::Chime(Chime::Finished)], 1.0);
    request.admissions.extend(mark.map(Admission::to_parts));
    request.run = Some(run.clone());
    Message::Play(request.into()).encode().unwrap().into_bytes()
}

#[test]
fn a_message_runs_something_once_and_only_for_a_fresh_mark() {
    in_real_time(|| {
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
        let throttle = Throttle::open(sandbox.state_dir()).unwrap();
        let now = SystemTime::now;
        let of = |event| Run::new(event, [("event", event.to_owned())]);
        let stop = of("Stop");
        // A sandboxed program knows names, and no marks.
        send(message(&stop, None));
        refusals(1);
        send(message(&stop, Some(Admission::from_parts((7, 7)))));
        refusals(2);
        let other = of("StopFailure");
        send(message(&other, throttle.mark(&*other.key, now())));
        refusals(3);
        // The mark of an event is not that of a run.
        send(message(&stop, throttle.mark("/p\0Stop\0default", now())));
        refusals(4);
        let old = of("Stop");
        let long_ago = now() - Duration::from_secs(11);
        send(message(&old, throttle.mark(&*old.key, long_ago)));
        refusals(5);
        assert_eq!(ran(&sandbox), "");
        let mark = throttle.mark(&*stop.key, now());
        send(message(&stop, mark));
        send(message(&stop, mark));
        refusals(6);
        line(&sandbox, "ran");
        assert_eq!(ran(&sandbox), "Stop\n");
    });
}
