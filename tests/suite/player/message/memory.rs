//! Many large requests: memory, and other clients.

use std::fs;
use std::path::Path;

use herald_audio::internals::player::protocol::Request;
use herald_audio::internals::sound::Sound;
use serde_json::Value;

use super::HOUR;
use crate::support::process::{number, player};
use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, noise, wait_until, wav};

/// A minute of silence in a sparse file.
fn long_wav(path: &Path) -> Sound {
    let bytes = 60 * 192_000_u32;
    let mut header = wav(&[]);
    let len = header.len();
    header[4..8].copy_from_slice(&(bytes + len as u32 - 8).to_le_bytes());
    header[len - 4..].copy_from_slice(&bytes.to_le_bytes());
    fs::write(path, header).unwrap();
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_len(u64::from(bytes) + len as u64).unwrap();
    Sound::File(path.to_owned())
}

/// Sends `request` as soon as there is space for it.
fn send_patiently(sandbox: &Sandbox, request: &Request) {
    let client = sandbox.player();
    wait_until("the inbox has room", || client.send(request.clone()).ok());
}

/// The peak memory of the sandbox's player, in MiB.
fn peak_memory(sandbox: &Sandbox) -> u64 {
    let pid = player(sandbox);
    number(&format!("/proc/{pid}/status"), "VmHWM:") >> 10
}

/// Each takes 23 MiB while playing, and a file of 11 MiB.
#[test]
fn many_long_sounds_at_once_take_the_memory_of_a_few() {
    const MANY: usize = 64;
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.play("started"), Ok(()));
    for number in 0..MANY {
        let sound = long_wav(&sandbox.path(&format!("{number}.wav")));
        let mut request = Request::new("Stop", vec![sound], 1.0);
        request.is_users = true;
        request.playback.max_voices = 1;
        send_patiently(&sandbox, &request);
    }
    // The last one that came in time is still playing.
    sandbox.wait_for_record(MANY);
    let peak = peak_memory(&sandbox);
    assert!(peak < 320, "{peak} MiB");
}

#[test]
fn many_sounds_that_go_on_take_the_memory_of_a_few() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.play("started"), Ok(()));
    for number in 0..24 {
        let sound = long_wav(&sandbox.path(&format!("{number}.wav")));
        let mut request = Request::new("Stop", vec![sound], 1.0);
        request.is_users = true;
        request.playback.max_voices = 32;
        send_patiently(&sandbox, &request);
    }
    wait_until("each has begun or has not", || {
        let status = sandbox.player().status(HOUR).ok()??;
        (status.open <= 5).then_some(())
    });
    let peak = peak_memory(&sandbox);
    assert!(peak < 320, "{peak} MiB");
}

#[test]
fn a_project_that_asks_for_very_much_costs_others_nothing() {
    in_real_time(|| {
        let sandbox = Sandbox::new().with_stop(&noise(5));
        assert_eq!(sandbox.play("started"), Ok(()));
        let greedy = sandbox.path("greedy");
        fs::create_dir(&greedy).unwrap();
        let request = |project: &str, sound| {
            let mut request = Request::new("Stop", vec![sound], 1.0);
            let project = sandbox.path(project);
            request.project = Some(project.to_str().unwrap().to_owned());
            request
        };
        for number in 0..150 {
            let sound = long_wav(&greedy.join(format!("{number}.wav")));
            send_patiently(&sandbox, &request("greedy", sound));
        }
        let own = sandbox.path("project/.claude/sounds/stop.wav");
        let mut modest = request("project", Sound::File(own));
        send_patiently(&sandbox, &modest);
        (modest.is_users, modest.project) = (true, None);
        send_patiently(&sandbox, &modest);
        let theirs = wait_until("both have become something", || {
            let record = sandbox.record();
            let is_theirs = |line: &&Value| line["sound"].as_str().unwrap().ends_with("/stop.wav");
            let theirs: Vec<_> = record.iter().filter(is_theirs).cloned().collect();
            (theirs.len() == 2).then_some(theirs)
        });
        for line in theirs {
            assert_eq!(line["status"], "played", "{line}");
        }
    });
}
