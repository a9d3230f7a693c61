//! Does what a hook does, in an agent's own process: a sound, and what to reply.
//!
//! `cargo run --example dispatch`

use std::thread;

use herald_audio::{AudioManager, Dispatcher};

fn main() {
    let dispatcher = Dispatcher::new(AudioManager::new());
    let payload = r#"{"session_id": "1", "message": "The agent waits for you"}"#;
    // Events come when they like: any thread may dispatch them.
    thread::scope(|scope| {
        for event in ["Notification", "Stop", "PreToolUse", "PostToolUse"] {
            let dispatcher = &dispatcher;
            scope.spawn(move || {
                let report = dispatcher.dispatch(event, payload);
                let reply = report.reply().trim_end();
                match report.sound.played {
                    true => println!("{event}: sounds; reply {reply}"),
                    false => println!("{event}: {}; reply {reply}", report.sound.reason),
                }
            });
        }
    });
}
