//! The player at rest: how often it wakes, how long it runs, and how large it is, after no sounds and
//! after many.
//!
//! Its sounds go nowhere: what it costs to play them is measured elsewhere. Linux tells of the rest,
//! in `/proc`. Each row is a player of its own.
//!
//! `cargo bench -p benches --bench idle`, with `-- --test` for a second of one.

#[path = "../hook/home.rs"]
mod home;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use benches::{install, is_trial, table};
use home::{Home, run, wait_until};
use serde_json::json;

/// How many sounds a player has had before it is looked at.
const SOUNDS: [usize; 3] = [1, 100, 1_000];
/// For how long it is looked at.
const REST: Duration = Duration::from_secs(60);
const STOP: &str = include_str!("../../tests/fixtures/payloads/Stop.json");

fn main() {
    let is_test = is_trial();
    let (herald, _) = install();
    let columns = ["wake-ups a second", "of a core", "memory of its own"];
    let mut rows = table::heading(columns.map(str::to_owned));
    let (counts, rest) = match is_test {
        true => (&SOUNDS[..1], Duration::from_secs(1)),
        false => (&SOUNDS[..], REST),
    };
    for &sounds in counts {
        let figures = at_rest(&herald, sounds, rest);
        let name = format!("after {sounds} sounds, for {} s", rest.as_secs());
        rows.push(table::row(&name, figures));
    }
    table::print(&rows);
}

/// What a player costs that has played so many sounds and has nothing to do.
fn at_rest(herald: &Path, sounds: usize, rest: Duration) -> [String; 3] {
    let settings = json!({"throttle_seconds": {"Stop": 0}, "stream_idle_ms": 0});
    let home = Home::new(&noise(), &settings);
    for sound in 0..sounds {
        let mut hook = home.command(herald);
        hook.arg("hook");
        run(hook, STOP);
        home.wait_for_sounds(sound + 1);
    }
    let player = wait_until("there is a player", || home.player());
    let (before, started) = (Activity::of(&player), Instant::now());
    std::thread::sleep(rest);
    let (after, seconds) = (Activity::of(&player), started.elapsed().as_secs_f64());
    home.end_player();
    let wakes = (after.wakes - before.wakes) as f64 / seconds;
    let share = (after.ran_ns - before.ran_ns) as f64 / 1e9 / seconds;
    [
        format!("{wakes:.1}"),
        format!("{:.4} %", 100.0 * share),
        format!("{:.1} MiB", after.own_kib as f64 / 1024.0),
    ]
}

/// What a process has done so far, and what it has.
struct Activity {
    wakes: u64,
    ran_ns: u64,
    own_kib: u64,
}

impl Activity {
    fn of(pid: &str) -> Self {
        let process = Path::new("/proc").join(pid);
        let (mut wakes, mut ran_ns) = (0, 0);
        for thread in fs::read_dir(process.join("task")).unwrap() {
            let thread = thread.unwrap().path();
            wakes += number(&thread.join("status"), "voluntary_ctxt_switches:");
            let times = fs::read_to_string(thread.join("schedstat")).unwrap();
            ran_ns += times.split(' ').next().unwrap().parse::<u64>().unwrap();
        }
        let own_kib = number(&process.join("status"), "RssAnon:");
        Self {
            wakes,
            ran_ns,
            own_kib,
        }
    }
}

/// The number after `name` in a file.
fn number(path: &Path, name: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.unwrap().split_whitespace().next();
    number.unwrap().parse().unwrap()
}

/// A fiftieth of a second of noise in a WAV file: 48 kHz, mono, 16 bits.
fn noise() -> Vec<u8> {
    let mut wav = Vec::new();
    let format = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(std::io::Cursor::new(&mut wav), format).unwrap();
    for n in 0..960_u32 {
        let sample = n.wrapping_mul(2_654_435_761) >> 18;
        writer.write_sample(sample as i16).unwrap();
    }
    writer.finalize().unwrap();
    wav
}
