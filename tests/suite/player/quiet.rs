//! `rules.quiet_if`, a program of the user's that is asked before each sound.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::thread;

use herald_audio::Throttle;
use herald_audio::internals::player::protocol::{Message, Request, Run};
use herald_audio::internals::sound::{Chime, Sound};
use serde_json::{Value, json};

use crate::support::real_time::in_real_time;
use crate::support::rules::{becomes, doctor_about_rules, stop, with_rules, with_user_config};
use crate::support::sandbox::{Sandbox, make_fifo, run, wait_until, write_program};

/// A sandbox whose user has a program that says quiet while the returned file exists. It writes what it was
/// told to the file `told`.
fn sandbox() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    let (program, quiet) = (sandbox.path("program"), sandbox.path("quiet"));
    let script = format!(
        "echo \"$1 $HERALD_EVENT $HERALD_TMUX_PANE\" >> {}; test -e {}",
        sandbox.path("told").display(),
        quiet.display()
    );
    write_program(&program, &script);
    with_rules(&sandbox, &json!({"quiet_if": [program, "{event}"]}));
    (sandbox, quiet)
}

fn told(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.path("told")).unwrap_or_default()
}

#[test]
fn a_program_keeps_events_quiet_while_it_exits_with_0() {
    let (sandbox, quiet) = sandbox();
    let sandbox = sandbox.with("TMUX_PANE", "%7");
    becomes(&sandbox, "played");
    assert!(told(&sandbox).starts_with("Stop Stop %7\n"));
    fs::write(&quiet, "").unwrap();
    let line = becomes(&sandbox, "skipped");
    assert_eq!(line["reason"], "rules.quiet_if: its program exited with 0");
    let status = run(sandbox.herald(&["status", "--json"]), b"").stdout;
    let status: Value = serde_json::from_slice(&status).unwrap();
    let rule = &status["rules"][0];
    assert_eq!(rule["key"], "rules.quiet_if", "{rule}");
    assert!(rule["lastEffect"].is_u64(), "{rule}");
    wait_until("herald doctor asks it", || {
        let doctor = doctor_about_rules(&sandbox).concat();
        doctor.starts_with("rules.quiet_if: ").then_some(())
    });
    wait_until("herald test explains it", || {
        let test = run(sandbox.herald(&["test"]), b"").stdout;
        let test = String::from_utf8(test).unwrap();
        let why = "silent, because its program exited with 0";
        let hint = "hint: change rules.quiet_if in your config";
        (test.contains(why) && test.contains(hint)).then_some(())
    });
    fs::remove_file(&quiet).unwrap();
    becomes(&sandbox, "played");
}

/// A program that is too slow or cannot run keeps nothing quiet, and leaves nothing behind.
#[test]
fn a_program_without_an_answer_keeps_nothing_quiet() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        let (program, held) = (sandbox.path("program"), sandbox.path("held"));
        make_fifo(&held);
        write_program(&program, &format!("sleep 1000 > {} & wait", held.display()));
        with_rules(&sandbox, &json!({"quiet_if": [program]}));
        // It ends when the program's child does.
        let child = thread::spawn(move || fs::read(held));
        assert_eq!(stop(&sandbox)["status"], "played");
        wait_until("its child is stopped", || child.is_finished().then_some(()));

        with_rules(&sandbox, &json!({"quiet_if": ["no-such-program"]}));
        assert_eq!(stop(&sandbox)["status"], "played");
        let doctor = doctor_about_rules(&sandbox).concat();
        assert!(
            doctor.contains("no-such-program is not installed"),
            "{doctor}"
        );
    });
}

#[test]
fn a_project_sets_no_rule_that_the_player_asks_about() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        let program = sandbox.path("program");
        write_program(
            &program,
            &format!("touch {}", sandbox.path("ran").display()),
        );
        let rules = json!({"quiet_if": [program], "only_headphones": true});
        let sandbox = sandbox.with_config(&json!({"rules": rules}));
        assert_eq!(stop(&sandbox)["status"], "played");
        assert!(!sandbox.path("ran").exists());
        let said = run(sandbox.herald(&["config", "check"]), b"").stdout;
        let said = String::from_utf8(said).unwrap();
        for key in ["quiet_if", "only_headphones"] {
            let error = format!("rules.{key}: only allowed in your own config");
            assert!(said.contains(&error), "{said}");
        }
    });
}

#[test]
fn a_message_without_a_mark_runs_no_program() {
    in_real_time(|| {
        let (sandbox, quiet) = sandbox();
        fs::write(quiet, "").unwrap();
        assert_eq!(sandbox.play("started"), Ok(()));
        let inbox = sandbox.inbox();
        let said = Run::new("Stop", [("event", "Stop".to_owned())]);
        let send = |mark: Option<(usize, u64)>| {
            let mut request = Request::new("Stop", vec![Sound::Chime(Chime::Finished)], 1.0);
            request.quiet = vec!["quiet_if".to_owned(), "no_such_rule".to_owned()];
            request.admissions.extend(mark);
            request.run = Some(said.clone());
            let message = Message::Play(request.into()).encode().unwrap();
            let socket = UnixDatagram::unbound().unwrap();
            socket.send_to(message.as_bytes(), &inbox).unwrap();
        };
        // A sandboxed program knows names, and no marks.
        send(None);
        send(Some((7, 7)));
        let record = sandbox.wait_for_record(3);
        assert!(
            record.iter().all(|line| line["status"] == "played"),
            "{record:?}"
        );
        assert_eq!(told(&sandbox), "");
        let throttle = Throttle::open(sandbox.state_dir()).unwrap();
        let mark = throttle.mark(&*said.key, std::time::SystemTime::now());
        send(mark.map(|mark| mark.to_parts()));
        sandbox.wait_for_record(4);
        wait_until("the program is told", || {
            Some(told(&sandbox)).filter(|told| told == "Stop Stop \n")
        });
    });
}

/// Who cannot listen may want to read: the event's command runs, and once although its sound is quiet.
#[test]
fn a_command_learns_which_rule_keeps_its_sound_quiet() {
    let (sandbox, quiet) = sandbox();
    let (command, ran) = (sandbox.path("command"), sandbox.path("ran"));
    write_program(
        &command,
        &format!("echo \"$HERALD_QUIET.\" >> {}", ran.display()),
    );
    fs::write(quiet, "").unwrap();
    let config = json!({
        "rules": {"quiet_if": [sandbox.path("program")]},
        "events": {"Stop": {"scope": "session", "throttle_seconds": 3600, "run": [command]}},
    });
    with_user_config(&sandbox, &config);
    let ran = || fs::read_to_string(&ran).unwrap_or_default();
    wait_until("the command learns it", || {
        let line = stop(&sandbox);
        let events = sandbox.record().len();
        wait_until("the command has run", || {
            (ran().lines().count() == events).then_some(())
        });
        (line["status"] == "skipped" && ran().ends_with("quiet_if.\n")).then_some(())
    });
    // Its mark stands.
    let session = format!("session {}", sandbox.record().len() - 1);
    let again = json!({"hook_event_name": "Stop", "session_id": session, "other": true});
    let mut hook = sandbox.herald(&["--hook", "Stop"]);
    hook.env("HERALD_LOG", "debug");
    let said = run(hook, again.to_string().as_bytes()).stderr;
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("throttled"), "{said}");
}
