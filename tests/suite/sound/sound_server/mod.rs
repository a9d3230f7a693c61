//! A real sound server: PulseAudio with null sinks, recorded.

mod connections;
mod heard_by_doctor;
mod idle_and_memory;
mod listening;
mod lost_servers_and_devices;
mod remote;
mod sample_by_sample;
pub(crate) mod server;
mod tunnel;

use std::fs;
use std::path::PathBuf;

use crate::support::sandbox::{Sandbox, is_soak, noise, wav};
use server::SoundServer;

/// How the player reaches the sound server.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Through the server's own protocol.
    Native,
    /// Through ALSA; with its own protocol the server cannot be found.
    Alsa,
}

impl Way {
    const BOTH: [Self; 2] = [Self::Native, Self::Alsa];

    /// A sandbox whose programs find the sound server this way, with `stop` for Stop.
    fn sandbox(self, stop: &[i16]) -> Sandbox {
        let sandbox = Sandbox::new().with_stop(stop).with("HERALD_OUTPUT", "auto");
        match self {
            Self::Native => {
                let address = server::address(&sandbox, "pulse");
                sandbox.with("PULSE_SERVER", address)
            }
            Self::Alsa => with_alsa_to(sandbox, "pulse"),
        }
    }
}

/// Makes the sound server called `name` ALSA's default device.
fn with_alsa_to(sandbox: Sandbox, name: &str) -> Sandbox {
    let address = server::address(&sandbox, name);
    let path = sandbox.path("asound.conf");
    let asound = format!("pcm.default {{ type pulse server \"{address}\" }}\n");
    fs::write(&path, asound).unwrap();
    sandbox.with("ALSA_CONFIG_PATH", path)
}

/// Runs `attempt` during a sound of the given length in milliseconds; again with a longer one if it ended too
/// early, because on a busy machine everything except a sound takes longer.
#[track_caller]
fn in_the_middle_of_a_sound(attempt: impl Fn(usize) -> Option<()>) {
    let lengths = [1_500, 3_000, 6_000, 12_000, 24_000];
    let tried = lengths.into_iter().find_map(attempt);
    assert!(tried.is_some(), "it was over too soon each time");
}

/// Two unrelated sounds: one of `ms` milliseconds, and one of 300.
fn two_sounds(ms: usize) -> (Vec<i16>, Vec<i16>) {
    let mut first = noise(ms + 300);
    let second = first.split_off(ms * 96);
    (first, second)
}

/// Writes `samples` to a sound file.
fn sound_file(sandbox: &Sandbox, samples: &[i16]) -> PathBuf {
    let path = sandbox.path("other.wav");
    fs::write(&path, wav(samples)).unwrap();
    path
}

#[track_caller]
fn assert_same(heard: &[i16], expected: &[i16]) {
    assert_eq!(difference(heard, expected), None);
}

/// The difference between recorded and expected samples.
fn difference(heard: &[i16], expected: &[i16]) -> Option<String> {
    if heard == expected {
        return None;
    }
    let differs = |(heard, expected)| heard != expected;
    let first = heard.iter().zip(expected).position(differs);
    Some(format!(
        "heard {} samples of {}; the first that differs is {first:?}",
        heard.len(),
        expected.len()
    ))
}
