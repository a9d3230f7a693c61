//! Plays sounds from a program of your own, which mixes them itself: no other program is needed.
//!
//! `cargo run --example play_in_process`

use std::time::Duration;

use herald_audio::{AudioManager, Options};

fn main() -> herald_audio::Result<()> {
    let manager = AudioManager::open(Options::new().in_process())?;
    for event in ["SessionStart", "Notification", "Stop"] {
        // Returns at once: the three sound together.
        let (played, _, context) = manager.play_audio(event, true, None);
        let why = context.get("reason").and_then(|reason| reason.as_str());
        println!(
            "{event}: {}",
            if played {
                "plays"
            } else {
                why.unwrap_or("failed")
            }
        );
    }
    // Sounds end with the process that they come from.
    let is_silent = manager.wait_until_silent(Duration::from_secs(60));
    println!("{}", if is_silent { "done" } else { "still playing" });
    Ok(())
}
