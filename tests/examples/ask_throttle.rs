//! Asks Herald's throttle from a program of your own: at most once in an hour, whoever asks.

use std::time::Duration;

use herald_audio::{AudioManager, Decision};

fn main() {
    let manager = AudioManager::new();
    match manager.admit("build finished", Duration::from_secs(3_600)) {
        Decision::Admit(_) => println!("admitted"),
        Decision::Suppress { retry_after } => println!("suppressed for {retry_after:?}"),
    }
}
