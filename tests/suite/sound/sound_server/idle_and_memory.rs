//! Open files and memory of an idle player.
//!
//! For wake-ups and size, see `cargo bench -p benches --bench idle`.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use herald_audio::internals::playback::Playback;
use herald_audio::internals::player::protocol::Request;
use herald_audio::internals::sound::Sound;
use serde_json::json;

use super::{SoundServer, Way, is_soak};
use crate::support::process::{number, player};
use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, noise, wait_until, wav};

/// A sound of `ms` milliseconds, old enough for the player's cache.
fn sound(sandbox: &Sandbox, n: usize, ms: usize) -> PathBuf {
    let path = sandbox.path(&format!("{n}.wav"));
    fs::write(&path, wav(&noise(ms))).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    let hour_ago = SystemTime::now() - Duration::from_secs(3_600);
    file.set_modified(hour_ago).unwrap();
    path
}

/// The private memory of the process, in KiB.
fn resident(pid: &str) -> u64 {
    number(&format!("/proc/{pid}/status"), "RssAnon:")
}

/// Waits until the process has at most `most` KiB.
fn wait_for_memory(pid: &str, most: u64) {
    // Freed memory is returned later.
    wait_until(&format!("it has no more than {most} KiB again"), || {
        (resident(pid) <= most).then_some(())
    });
}

#[test]
fn an_idle_player_has_no_stream_open_and_no_thread_of_one() {
    in_real_time(|| {
        let sandbox = Way::Native.sandbox(&noise(50));
        let pulse = SoundServer::start(&sandbox, &["cap"]);
        for n in 0..10 {
            let path = sound(&sandbox, n, 100 + n);
            assert_eq!(sandbox.play(path.to_str().unwrap()), Ok(()));
        }
        wait_until("the stream is closed", || {
            let streams = pulse.control(&["list", "short", "sink-inputs"]);
            streams.is_empty().then_some(())
        });
        let pid = player(&sandbox);
        // The player, its speaker, and two that watch the config; those of the stream are exiting.
        wait_until("four threads are left", || {
            let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap().count();
            (threads == 4).then_some(())
        });
    });
}

#[test]
fn memory_stays_where_it_is_however_often_the_device_is_opened() {
    in_real_time(|| {
        let sandbox = Way::Native.sandbox(&noise(20)).with_config(&json!({
            "sound_files": {"mappings": {"Stop": "stop.wav"}},
            "audio_settings": {"stream_idle_ms": 0},
        }));
        let _pulse = SoundServer::start(&sandbox, &["cap"]);
        let play = |count: usize| (0..count).for_each(|_| assert_eq!(sandbox.play("Stop"), Ok(())));
        play(3);
        let pid = player(&sandbox);
        let before = resident(&pid);
        play(if is_soak() { 500 } else { 40 });
        assert_eq!(player(&sandbox), pid, "it is the same player");
        // A stream's buffer has 1 MiB, and one of them may be kept.
        wait_for_memory(&pid, before + 2_048);
    });
}

#[test]
fn memory_stays_where_it_is_however_much_is_played() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        let client = sandbox.player();
        let sounds: Vec<Sound> = (0..10)
            .map(|n| Sound::File(sound(&sandbox, n, 20 + n)))
            .collect();
        assert_eq!(sandbox.play("started"), Ok(()));
        let play = |count: usize| {
            for n in 0..count {
                let sound = sounds[n % sounds.len()].clone();
                let mut request = Request::new("test", vec![sound], 0.5);
                request.playback = Playback {
                    max_voices: 32,
                    ..Playback::default()
                };
                // A full queue is not a failure here.
                wait_until("there is room", || client.send(request.clone()).ok());
            }
        };
        // Until the log was rotated once, and everything that grows has grown.
        play(1_000);
        let pid = player(&sandbox);
        let before = resident(&pid);
        play(if is_soak() { 100_000 } else { 4_000 });
        assert_eq!(player(&sandbox), pid, "it is the same player");
        wait_for_memory(&pid, before + 1_024);
    });
}
