//! Asks Herald's throttle from a program of your own: at most once in an hour, whoever asks.

use std::time::Duration;

use herald_audio::AudioManager;

fn main() {
    let manager = AudioManager::new();
    let decision = manager.admit("build finished", Duration::from_secs(3_600));
    match decision.retry_after() {
        None => println!("admitted"),
        Some(wait) => println!("suppressed for {wait:?}"),
    }
}
