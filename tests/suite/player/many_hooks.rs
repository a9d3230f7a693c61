//! Many simultaneous hooks with one player.

use std::fs;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::mount::Mount;
use crate::support::process::{player, players, signal};
use crate::support::sandbox::{
    Gate, REPLY, Running, Sandbox, is_soak, noise, run, samples, wait_until,
};

/// A Stop with its own throttle key.
pub(crate) fn payload(marker: usize) -> String {
    format!(r#"{{"hook_event_name":"Stop","marker":"{marker}"}}"#)
}

/// Whether a hook with this output has sent its sound.
fn has_sent(output: Output) -> bool {
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY);
    let line = String::from_utf8(output.stderr).unwrap();
    let sent = line.contains("played=True");
    assert!(sent || line.contains("too many requests"), "{line}");
    sent
}

/// Runs a hook.
pub(crate) fn hook(sandbox: &Sandbox, marker: usize) -> bool {
    has_sent(run(
        sandbox.herald(&["--hook", "Stop"]),
        payload(marker).as_bytes(),
    ))
}

#[test]
fn of_64_hooks_on_a_cold_machine_one_starts_the_player_that_stays() {
    for round in 0..if is_soak() { 200 } else { 15 } {
        let sandbox = Sandbox::new().with_stop(&noise(5));
        let gate = Gate::new();
        let start = |marker| gate.herald(&sandbox, &["--hook", "Stop"], &payload(marker));
        let hooks: Vec<_> = (0..64).map(start).collect();
        gate.open();
        let sent = hooks.into_iter().map(Running::output).map(has_sent);
        let sent = sent.filter(|sent| *sent).count();
        assert!(sent > 0);
        // The one player received and logged everything that was sent.
        let record = sandbox.wait_for_record(sent);
        assert_eq!(record.len(), sent, "round {round}");
        // On a busy machine a sound may be too late.
        let is_late =
            |line: &serde_json::Value| line["reason"].as_str().unwrap().ends_with("in time");
        let failed = |line: &&serde_json::Value| line["status"] == "failed" && !is_late(line);
        let failed = record.iter().find(failed);
        assert!(failed.is_none(), "round {round}: {failed:?}");
        player(&sandbox);
    }
}

#[test]
fn a_player_that_is_killed_at_any_moment_is_replaced() {
    let sandbox = Sandbox::new().with_stop(&noise(5));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut pauses = noise(50).into_iter().map(i16::unsigned_abs).cycle();
            while !done.load(Relaxed) {
                for pid in players(&sandbox) {
                    signal(&pid, Signal::KILL);
                }
                let pause = u64::from(pauses.next().unwrap());
                thread::sleep(Duration::from_micros(2 * pause));
            }
        });
        let hooks: Vec<_> = (0..2)
            .map(|half| {
                let sandbox = &sandbox;
                scope.spawn(move || (0..100).for_each(|n| _ = hook(sandbox, 2 * n + half)))
            })
            .collect();
        let ended: Vec<_> = hooks
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect();
        done.store(true, Relaxed);
        for hooks in ended {
            hooks.unwrap();
        }
    });
    // The player may have a full queue until it has worked through it.
    wait_until("a new player plays", || sandbox.play("started").ok());
    player(&sandbox);
    let left: Vec<_> = fs::read_dir(sandbox.state_dir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".sock"))
        .collect();
    assert_eq!(
        left,
        [sandbox.inbox().file_name().unwrap().to_str().unwrap()]
    );
}

#[test]
fn after_a_storm_of_500_hooks_nothing_is_lost_and_the_next_sound_is_played() {
    let sandbox = Sandbox::new().with_stop(&noise(5));
    assert_eq!(sandbox.play("started"), Ok(()));
    let sent: usize = thread::scope(|scope| {
        let hooks: Vec<_> = (0..4)
            .map(|part| {
                let sandbox = &sandbox;
                let hooks = (0..125).filter(move |n| hook(sandbox, 4 * n + part));
                scope.spawn(|| hooks.count())
            })
            .collect();
        hooks.into_iter().map(|hooks| hooks.join().unwrap()).sum()
    });
    println!("500 hooks, {sent} sent");
    // Then there is space for another.
    sandbox.wait_for_record(sent + 1);
    assert_eq!(sandbox.play("started"), Ok(()));
    let record = sandbox.wait_for_record(sent + 2);
    assert_eq!(record.len(), sent + 2);
}

#[test]
fn a_player_that_stands_still_is_not_waited_for() {
    let sandbox = Sandbox::new().with_stop(&noise(5));
    assert_eq!(sandbox.play("started"), Ok(()));
    let pid = player(&sandbox);
    signal(&pid, Signal::STOP);
    // Hooks return while the player is stopped; a sound that does not fit in the inbox is not marked.
    let room = fs::read_to_string("/proc/sys/net/unix/max_dgram_qlen").unwrap();
    let room: usize = room.trim().parse().unwrap();
    let refused = (0..room + 2).position(|marker| !hook(&sandbox, marker));
    signal(&pid, Signal::CONT);
    let sent = refused.expect("an inbox holds no more than the system lets it");
    assert!(sent > 0, "nothing was taken");
    wait_until("a sound that was not heard may sound again", || {
        hook(&sandbox, sent).then_some(())
    });
    assert_eq!(sandbox.wait_for_record(sent + 2).len(), sent + 2);
    assert_eq!(player(&sandbox), pid, "nobody took its place");
}

#[test]
fn on_a_full_disk_hooks_are_answered_and_sound() {
    // Space for nothing more, or not even for a name.
    for options in ["size=64k,mode=700", "nr_inodes=2,mode=700"] {
        let Some(disk) = Mount::new(options) else {
            return;
        };
        let _ = fs::write(disk.path().join("full"), vec![b'x'; 1 << 20]);
        let stop = noise(5);
        // All of them use the player that the first one starts.
        let mut kept = Vec::new();
        for round in 0..3 {
            let sandbox = Sandbox::new().with_stop(&stop);
            let out = sandbox.path("out.wav");
            let sandbox = sandbox
                .with("HERALD_STATE_DIR", disk.path())
                .with("HERALD_OUTPUT", format!("wav:{}", out.display()));
            assert!(hook(&sandbox, round), "{options}");
            wait_until("the sound is there", || {
                let heard = samples(&out);
                let sound = heard.iter().position(|sample| *sample != 0)?;
                heard[sound..].starts_with(&stop).then_some(())
            });
            kept.push(sandbox);
        }
    }
}
