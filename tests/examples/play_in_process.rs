//! Plays sounds from a program of your own, which mixes them itself: no other program is needed.
//!
//! `cargo run --example play_in_process`

use std::time::Duration;

use herald_audio::{AudioManager, Options};

fn main() -> herald_audio::Result<()> {
    let manager = AudioManager::open(Options::new().in_process())?;
    for event in ["SessionStart", "Notification", "Stop"] {
        // Returns at once: the three sound together.
        let report = manager.play_audio(event, true);
        match report.played {
            true => println!("{event}: plays"),
            false => println!("{event}: {}", report.reason),
        }
    }
    // Sounds end with the process that they come from.
    let is_silent = manager.wait_until_silent(Duration::from_secs(60));
    println!("{}", if is_silent { "done" } else { "still playing" });
    Ok(())
}
