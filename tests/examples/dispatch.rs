//! Does what a hook does, in an agent's own process: a sound, and what to reply.
//!
//! `cargo run --example dispatch`

use std::thread;

use herald_audio::{AudioManager, Dispatcher};
use serde_json::json;

fn main() {
    let dispatcher = Dispatcher::new(AudioManager::new());
    let payload = json!({"session_id": "1", "message": "The agent waits for you"});
    let payload = payload.as_object().cloned().unwrap_or_default();
    // Events come when they like: any thread may dispatch them.
    thread::scope(|scope| {
        for event in ["Notification", "Stop", "PreToolUse", "PostToolUse"] {
            let (dispatcher, payload) = (&dispatcher, &payload);
            scope.spawn(move || {
                let report = dispatcher.dispatch(&dispatcher.create_context(event, payload));
                let reply = report.reply().trim_end();
                match report.audio_played {
                    true => println!("{event}: sounds; reply {reply}"),
                    false => println!("{event}: {}; reply {reply}", report.notes.join(", ")),
                }
            });
        }
    });
}
