//! Whole hook processes beside `true`, in one run: what an agent waits for.
//!
//! Measures the programs that `cargo xtask install` installs from this checkout, and `herald` as
//! cargo builds it without further ado, linked dynamically. Each round runs every contestant once,
//! so that what the machine does meanwhile falls on all of them alike. A time is from just before
//! the process is started to just after it has been waited for; its payload is written to a pipe.
//! Where valgrind is installed, the instructions of one run are counted too: that figure is stable.
//!
//! `cargo bench -p benches --bench hook`, with `-- --test` for a single round.

mod home;
mod trouble;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use benches::{Plot, Scale, install, is_trial, median};
use home::{Home, run};
use serde_json::json;

const ROUNDS: usize = 500;
/// What an agent waits for, for the first page of the documentation.
const PLOT: Plot = Plot {
    name: "hook",
    title: "Run time of a whole hook, beside a program that does nothing (true)",
    scale: Scale::Linear,
};
const STOP: &str = include_str!("../../tests/fixtures/payloads/Stop.json");

fn main() {
    let rounds = if is_trial() { 1 } else { ROUNDS };
    let (installed, built) = install();
    let mut contestants = vec![Contestant::new("`true`", Case::True, &trivial_program())];
    for (linked, program) in [("", &installed), (", dynamic", &built)] {
        for (what, case) in [
            ("an event that is off", Case::Off),
            ("muted", Case::Muted),
            ("suppressed", Case::Suppressed { len: 0 }),
            (
                "suppressed, a payload of 2 KB",
                Case::Suppressed { len: 2_000 },
            ),
            (
                "suppressed, a payload of 5 MB",
                Case::Suppressed { len: 5_000_000 },
            ),
            ("admitted, player running", Case::Admitted),
            ("admitted, player not running", Case::Cold),
        ] {
            contestants.push(Contestant::new(&format!("{what}{linked}"), case, program));
        }
    }
    // Each round in another order: what the one before leaves in the caches is not always the same.
    let strides: Vec<_> = (1..contestants.len())
        .filter(|stride| common_divisor(*stride, contestants.len()) == 1)
        .collect();
    for round in 0..rounds {
        let stride = strides[round % strides.len()];
        for contestant in 0..contestants.len() {
            let next = (round + contestant * stride) % contestants.len();
            contestants[next].measure();
        }
    }
    let times: Vec<_> = contestants.iter().filter_map(Contestant::bar).collect();
    PLOT.finish(&times, rounds == 1);
    let trivial = median(contestants[0].times.clone());
    println!("| a whole process, {rounds} runs each | median | beside `true` | instructions |");
    println!("|---|---|---|---|");
    for contestant in contestants {
        let time = median(contestant.times.clone());
        let instructions = contestant
            .instructions()
            .map_or("–".to_owned(), |count| count.to_string());
        println!(
            "| {} | {:.2} ms | {:.2} | {instructions} |",
            contestant.name,
            time * 1e3,
            time / trivial
        );
    }
    trouble::measure(&installed, rounds);
}

/// A WAV file: 8 kHz, mono, 8 bits, 8 samples.
fn short_wav() -> Vec<u8> {
    let mut wav = b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0".to_vec();
    wav.extend(b"\x01\0\x08\0data\x08\0\0\0\x80\x81\x82\x83\x82\x81\x80\x80");
    wav
}

/// The greatest, by Euclid.
fn common_divisor(a: usize, b: usize) -> usize {
    match b {
        0 => a,
        _ => common_divisor(b, a % b),
    }
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    True,
    Off,
    Muted,
    Suppressed { len: usize },
    Admitted,
    Cold,
}

struct Contestant {
    name: String,
    case: Case,
    program: PathBuf,
    home: Home,
    times: Vec<f64>,
}

impl Contestant {
    fn new(name: &str, case: Case, program: &Path) -> Self {
        let (window_s, volume) = match case {
            Case::Suppressed { .. } => (3_600, 0.5),
            Case::Muted => (0, 0.0),
            _ => (0, 0.5),
        };
        let settings = json!({"volume": volume, "throttle_seconds": {"Stop": window_s}});
        let home = Home::new(&short_wav(), &settings);
        let contestant = Self {
            name: name.to_owned(),
            case,
            program: program.to_owned(),
            home,
            times: Vec::new(),
        };
        if let Case::Suppressed { .. } | Case::Admitted = case {
            // The first one sounds.
            run(contestant.command(), &contestant.payload());
            contestant.home.wait_for_sounds(1);
        }
        contestant
    }

    /// Its name and its median in nanoseconds, if the plot has it: as installed, with an ordinary payload.
    fn bar(&self) -> Option<(String, f64)> {
        let name = match self.case {
            _ if self.name.contains("dynamic") => return None,
            Case::True => "true".to_owned(),
            Case::Muted | Case::Suppressed { len: 1.. } => return None,
            _ => format!("herald hook, {}", self.name),
        };
        Some((name, median(self.times.clone()) * 1e9))
    }

    fn command(&self) -> Command {
        let mut command = self.home.command(&self.program);
        match self.case {
            Case::True => {}
            Case::Off => _ = command.args(["hook", "PreToolUse"]),
            _ => _ = command.args(["hook", "Stop"]),
        }
        command
    }

    /// A payload like no other: the same one twice would count as one event.
    fn payload(&self) -> String {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        let len = match self.case {
            Case::Suppressed { len } => len,
            _ => 0,
        };
        // As a tool's output looks: lines, with quotes here and there.
        let output = "a line of output with \\\"quotes\\\"\\n".repeat(len / 36);
        let call = CALLS.fetch_add(1, Relaxed);
        format!(
            r#"{{"prompt_id":"{call}","tool_response":{{"stdout":"{output}"}},{}"#,
            &STOP[1..]
        )
    }

    fn measure(&mut self) {
        let (command, payload) = (self.command(), self.payload());
        let sounds = self.home.sounds();
        let started = Instant::now();
        run(command, &payload);
        self.times.push(started.elapsed().as_secs_f64());
        match self.case {
            Case::True => {}
            // The sound is over before the next one, as it would be: no traffic jam is measured.
            Case::Admitted => self.home.wait_for_sounds(sounds + 1),
            Case::Cold => {
                self.home.wait_for_sounds(sounds + 1);
                self.home.end_player();
            }
            _ => assert_eq!(self.home.sounds(), sounds, "{}", self.name),
        }
    }

    /// Instructions of one run.
    fn instructions(&self) -> Option<u64> {
        let mut command = Command::new("valgrind");
        let counted = self.command();
        command
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(counted.get_program())
            .args(counted.get_args())
            .env_clear()
            .stderr(Stdio::piped());
        for (name, value) in counted.get_envs() {
            value.map(|value| command.env(name, value));
        }
        command.env("PATH", std::env::var_os("PATH")?);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .ok()?;
        let payload = self.payload();
        let _ = std::io::Write::write_all(&mut child.stdin.take()?, payload.as_bytes());
        let output = child.wait_with_output().ok()?;
        let told = String::from_utf8_lossy(&output.stderr);
        let count = told
            .lines()
            .find_map(|line| line.split_once("Collected : "))?;
        count.1.trim().parse().ok()
    }
}

/// `true`, by its path: what looks for a program on the path starts it later.
fn trivial_program() -> PathBuf {
    let places = ["/bin/true", "/usr/bin/true"].map(PathBuf::from);
    places
        .into_iter()
        .find(|place| place.exists())
        .expect("`true`")
}
