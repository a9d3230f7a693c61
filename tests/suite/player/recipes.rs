//! The commands for `events.EVENT.run` in the pages, with the programs that they run.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::{Value, json};

use crate::sound::sound_server::server::{SoundServer, address};
use crate::support::desktop::{display, has, session_bus, started};
use crate::support::page::configs;
use crate::support::real_time::in_real_time;
use crate::support::rules::{log, with_user_config};
use crate::support::sandbox::{Sandbox, output_of, run, wait_until};

/// The command in the page that contains `word`, with `url` in place of its own.
fn recipe(word: &str, url: &str) -> Value {
    let pages = configs("config.md", "\"run\"");
    let events = pages
        .iter()
        .flat_map(|page| page["events"].as_object().unwrap().values());
    let commands = events.map(|event| event["run"].to_string());
    let found: Vec<_> = commands.filter(|command| command.contains(word)).collect();
    let [command] = &found[..] else {
        panic!("one recipe with {word}: {found:?}");
    };
    let own = command.split_once("https://");
    let own = own.map(|(_, rest)| rest.split('"').next().unwrap().trim_end_matches('\\'));
    let command = match own {
        Some(own) => command.replace(&format!("https://{own}"), url),
        None => command.clone(),
    };
    serde_json::from_str(&command).unwrap()
}

/// Sends a notification for which `command` runs, and waits for its end.
fn notify(sandbox: &Sandbox, command: &Value) {
    with_user_config(
        sandbox,
        &json!({"events": {"Notification": {"run": command, "throttle_seconds": 0}}}),
    );
    let ended = || {
        let lines = log(sandbox).into_iter();
        lines
            .filter(|line| line["status"] == "ran" || line["status"] == "failed")
            .count()
    };
    let before = ended();
    let message = format!("Done \"at last\" {before}");
    let event = json!({"hook_event_name": "Notification", "message": message});
    let output = run(sandbox.herald(&["hook"]), event.to_string().as_bytes());
    assert!(output.status.success());
    wait_until("the command has ended", || (ended() > before).then_some(()));
}

#[test]
fn notify_send_shows_a_message() {
    if !has(&["notify-send", "dunst", "dunstctl", "Xvfb"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (_server, display) = display(&sandbox);
    let sandbox = sandbox.with("DISPLAY", display);
    let _bus = session_bus(&sandbox);
    let _dunst = started(sandbox.command("dunst"));
    let counts = || {
        let mut dunstctl = sandbox.command("dunstctl");
        dunstctl.arg("count");
        let output = output_of(dunstctl);
        let counts = String::from_utf8(output.stdout).unwrap();
        Some(counts).filter(|_| output.status.success())
    };
    let before = wait_until("dunst answers", counts);
    assert!(!before.contains('1'), "{before}");
    // On a busy machine a command may be stopped after its ten seconds, and a message that was shown have gone.
    wait_until("a message is shown, or was", || {
        notify(&sandbox, &recipe("notify-send", ""));
        counts().unwrap().contains(": 1").then_some(())
    });
}

#[test]
fn speech_is_heard() {
    for (word, programs) in [
        ("espeak-ng", &["espeak-ng"][..]),
        ("spd-say", &["spd-say", "speech-dispatcher"]),
    ] {
        if !has(programs) {
            continue;
        }
        let sandbox = Sandbox::new();
        let address = address(&sandbox, "pulse");
        let sandbox = sandbox.with("PULSE_SERVER", address);
        let server = SoundServer::start(&sandbox, &["speaker"]);
        // The event's own sound goes nowhere. On a busy machine a command may be stopped after its ten seconds.
        wait_until("something is heard", || {
            notify(&sandbox, &recipe(word, ""));
            (server.heard_so_far("speaker").len() > 9_600).then_some(())
        });
    }
}

/// A server for one request: its body.
fn served(listener: TcpListener) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut len = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                len = value.trim().parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; len];
        reader.read_exact(&mut body).unwrap();
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        stream.write_all(answer).unwrap();
        String::from_utf8(body).unwrap()
    })
}

#[test]
fn curl_tells_a_phone_and_a_webhook() {
    in_real_time(|| {
        if !has(&["curl", "jq"]) {
            return;
        }
        for word in ["ntfy.sh", "webhook"] {
            let sandbox = Sandbox::new();
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}/topic", listener.local_addr().unwrap());
            let body = served(listener);
            notify(&sandbox, &recipe(word, &url));
            wait_until("the request has come", || body.is_finished().then_some(()));
            let body = body.join().unwrap();
            let said = format!("Notification in {}", sandbox.path("project").display());
            match word {
                "webhook" => {
                    let body: Value = serde_json::from_str(&body).unwrap();
                    assert_eq!(body, json!({"text": said}));
                }
                _ => assert_eq!(body, said),
            }
        }
    });
}
