//! Figures of the whole way, printed: `HERALD_SOAK=1 cargo test --release -p herald-relay --test fleet -- figures
//! --nocapture`. They judge nothing but memory, which does not depend on how busy the machine is.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use herald_audio::internals::config::fleet::{Fleet, Role};
use herald_relay::engine::Engine;
use herald_relay::engine::redis::Server as Appender;
use test_support::wait_until;

use crate::hooks::{Station, fleet};
use crate::machine::Made;
use crate::server::{Server, is_installed};

const BOXES: usize = 1_000;
const HOOKS: usize = 20;
const EVENTS: u64 = 1_000_000;
const THREADS: usize = 4;
const MEMORY_KIB: u64 = 8 * 1024;

fn appender(made: &Made, server: &Server, dir: &tempfile::TempDir) -> Appender {
    let key_file = dir.path().join(&made.name);
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&key_file)
        .unwrap();
    std::io::Write::write_all(&mut file, made.key.as_bytes()).unwrap();
    Appender::new(Fleet {
        url: server.url(),
        key_file,
        name: format!("home.{}", made.name),
        role: Role::Box,
        ..Fleet::default()
    })
}

fn noise(sequence: u64) -> Vec<u8> {
    let text = serde_json::json!({"version": 1, "sequence": sequence, "event": "Stop", "project": "noise"});
    text.to_string().into_bytes()
}

fn decided(desk: &Station) -> u64 {
    let status = desk.status().unwrap();
    status.suppressed + status.played
}

#[test]
fn figures_of_a_thousand_boxes() {
    if std::env::var_os("HERALD_SOAK").is_none() || !is_installed() {
        return;
    }
    let server = Server::start();
    let names: Vec<_> = (0..BOXES).map(|number| format!("build-{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let (desk, made) = fleet(&server, &names);
    let desk = desk.with_relay().listens();
    let (with_hooks, others) = made.split_at(HOOKS);
    let stations: Vec<_> = with_hooks.iter().map(Station::of).collect();
    let keys = tempfile::tempdir().unwrap();
    let mut others: Vec<_> = others
        .iter()
        .map(|made| appender(made, &server, &keys))
        .collect();

    // Beside 200 events a second.
    let (stop, stopped) = channel::<()>();
    let background = thread::spawn(move || {
        let mut sequence = 0;
        while stopped.recv_timeout(Duration::from_millis(5)) == Err(RecvTimeoutError::Timeout) {
            let place = sequence as usize % others.len();
            let _ = others[place].append(&noise(sequence));
            sequence += 1;
        }
        (others, sequence)
    });
    let mut times = Vec::new();
    for round in 0..20 {
        for station in &stations {
            let before = desk.asked().len();
            let started = Instant::now();
            station.stop(&format!("project-{round}"));
            wait_until("the desk's player is asked", || {
                (desk.asked().len() > before).then_some(())
            });
            times.push(started.elapsed());
        }
    }
    times.sort_unstable();
    println!(
        "hook to player: p50 {:?}, p99 {:?}",
        times[times.len() / 2],
        times[times.len() * 99 / 100]
    );
    drop(stop);
    let (others, sequence) = background.join().unwrap();

    let before = decided(&desk);
    let started = Instant::now();
    let mut others = others;
    let share = others.len().div_ceil(THREADS);
    let each = EVENTS / others.len() as u64;
    let sent = each * others.len() as u64;
    thread::scope(|scope| {
        for others in others.chunks_mut(share) {
            scope.spawn(move || {
                for number in 0..each {
                    for other in &mut *others {
                        other.append(&noise(sequence + number)).unwrap();
                    }
                }
            });
        }
    });
    let appended = started.elapsed();
    let counted = |desk: &Station| {
        let status = desk.status().unwrap();
        let dropped = status.dropped;
        status.suppressed + status.played + dropped.late + dropped.repeated + dropped.capped
    };
    let mut last = 0;
    // Until nothing more comes: what was trimmed before it was read is gone.
    let read = wait_until("everything is read", || {
        thread::sleep(Duration::from_millis(500));
        let now = counted(&desk);
        (std::mem::replace(&mut last, now) == now).then_some(now)
    });
    println!(
        "{sent} events appended in {appended:?}: {:.0} a second; read {} of them",
        sent as f64 / appended.as_secs_f64(),
        read - before
    );
    for (what, station) in [("desk", &desk), ("box", &stations[0])] {
        let kib = memory_kib(station.status().unwrap().pid);
        println!("memory of the relay of a {what}: {kib} KiB");
        assert!(kib <= MEMORY_KIB);
    }
}

/// Memory that is not shared with other processes: what one more costs.
fn memory_kib(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let private = text.lines().filter(|line| line.starts_with("Private_"));
    private
        .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
        .sum()
}
