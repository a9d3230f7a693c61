//! From the start of a hook to its sound, beside players that are started for each sound.
//!
//! A private PulseAudio daemon plays to nowhere at the pace of real time. Two times are taken from
//! just before the program is started: until the first frame that is not silence is handed to the
//! sound server, as seen by a proxy between the server and its clients, to the microsecond; and
//! until a recorder gets it back from the sink's monitor. The recorder asks for a latency of 5 ms,
//! and gets what it gets in pieces; so that column is good to some 10 ms, and is the same for all.
//! Lead-in is 0, the file is 50 ms of noise, and each round plays every contestant once.
//!
//! `cargo bench -p benches --bench latency`, with `-- --test` for a single round.

mod ear;
#[path = "../hook/home.rs"]
mod home;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use benches::{install, is_trial, median};
use ear::{Ear, eavesdrop};
use home::{Home, run, wait_until};
use serde_json::json;

const ROUNDS: usize = 50;
const RATE: u32 = 48_000;
/// Longer than a round of all contestants takes: the stream stays open.
const STAYS_OPEN_MS: u32 = 60_000;

fn main() {
    let rounds = match is_trial() {
        true => 1,
        false => ROUNDS,
    };
    let (herald, _) = install();
    let server = Server::start();
    let contestants = [
        ("herald, player there, stream open", Case::Open),
        ("herald, player there, stream closed", Case::Closed),
        ("herald, no player yet", Case::Cold),
        ("`paplay`", Case::Program("paplay")),
        (
            "`aplay`, through ALSA's pulse plugin",
            Case::Program("aplay"),
        ),
    ];
    let contestants = contestants.into_iter().filter(|(_, case)| case.is_there());
    let mut contestants: Vec<_> = contestants
        .map(|(name, case)| Contestant::new(name, case, &herald))
        .collect();
    for round in 0..rounds {
        for contestant in 0..contestants.len() {
            let next = (round + contestant) % contestants.len();
            contestants[next].measure(&server);
        }
    }
    println!(
        "| from start to first sound, {rounds} runs each | at the server | slowest | recorded |"
    );
    println!("|---|---|---|---|");
    for contestant in contestants {
        let ms = |times: &[f64]| median(times.to_vec()) * 1e3;
        let slowest = contestant.handed_over.iter().copied().fold(0.0, f64::max);
        println!(
            "| {} | {:.1} ms | {:.1} ms | {:.0} ms |",
            contestant.name,
            ms(&contestant.handed_over),
            slowest * 1e3,
            ms(&contestant.recorded),
        );
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Open,
    Closed,
    Cold,
    Program(&'static str),
}

impl Case {
    fn is_there(self) -> bool {
        let Self::Program(program) = self else {
            return true;
        };
        let mut asked = Command::new(program);
        asked.arg("--version").stdout(Stdio::null());
        let is_there = asked.status().is_ok();
        if !is_there {
            println!("{program} is not installed");
        }
        is_there
    }
}

struct Contestant {
    name: &'static str,
    case: Case,
    herald: PathBuf,
    home: Home,
    runs: usize,
    /// Seconds, one a run.
    handed_over: Vec<f64>,
    recorded: Vec<f64>,
}

impl Contestant {
    fn new(name: &'static str, case: Case, herald: &Path) -> Self {
        let stream_idle_ms = match case {
            Case::Open => STAYS_OPEN_MS,
            _ => 0,
        };
        let settings = json!({
            "volume": 1.0, "throttle_seconds": {"Stop": 0},
            "lead_in_ms": 0, "stream_idle_ms": stream_idle_ms,
        });
        Self {
            name,
            case,
            herald: herald.to_owned(),
            home: Home::new(&noise(), &settings),
            runs: 0,
            handed_over: Vec::new(),
            recorded: Vec::new(),
        }
    }

    fn measure(&mut self, server: &Server) {
        if self.runs == 0 && matches!(self.case, Case::Open | Case::Closed) {
            // So that the player is there.
            self.play(server);
        }
        let (started, handed_over, recorded) = self.play(server);
        self.handed_over.push((handed_over - started).as_secs_f64());
        self.recorded.push((recorded - started).as_secs_f64());
        if self.case == Case::Cold {
            self.home.end_player();
        }
    }

    /// Plays the sound, to its end.
    fn play(&mut self, server: &Server) -> (Instant, Instant, Instant) {
        self.runs += 1;
        let mut command;
        match self.case {
            Case::Program(program) => {
                command = Command::new(program);
                command.arg(self.home.path("stop.wav")).env_clear();
                // aplay would tell what it plays.
                command.stderr(Stdio::null());
                command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
            }
            _ => {
                command = self.home.command(&self.herald);
                command.args(["hook", "Stop"]).env("HERALD_OUTPUT", "auto");
            }
        }
        server.be_found_by(&mut command);
        let payload = format!(r#"{{"prompt_id":"{}"}}"#, self.runs);
        let started = Instant::now();
        run(command, &payload);
        let handed_over = server.clients.first(self.name);
        let recorded = server.recorder.first(self.name);
        if !matches!(self.case, Case::Program(_)) {
            self.home.wait_for_sounds(self.runs);
        }
        (started, handed_over, recorded)
    }
}

/// 50 ms of stereo noise without a frame of zeros, as a WAV file.
fn noise() -> Vec<u8> {
    let mut wav = std::io::Cursor::new(Vec::new());
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(&mut wav, spec).unwrap();
    let mut state = 1_u32;
    for _ in 0..RATE / 20 * 2 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let sample = ((state >> 18) as i16).max(1);
        writer.write_sample(sample).unwrap();
    }
    writer.finalize().unwrap();
    wav.into_inner()
}

/// A private sound server, and who listens to it.
struct Server {
    dir: tempfile::TempDir,
    daemon: Child,
    parec: Option<Child>,
    /// What clients send to be played.
    clients: Ear,
    /// What the sink plays.
    recorder: Ear,
}

impl Server {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("native");
        let mut daemon = Command::new("pulseaudio");
        let protocol = format!(
            "module-native-protocol-unix auth-anonymous=1 socket={}",
            socket.display()
        );
        daemon
            .args([
                "-n",
                "--daemonize=no",
                "--use-pid-file=no",
                "--exit-idle-time=-1",
            ])
            .args(["--disable-shm=yes", "--realtime=no", "-L", &protocol])
            // Without norewinds the sink stalls for seconds.
            .args([
                "-L",
                "module-null-sink sink_name=cap format=s16le rate=48000 channels=2 norewinds=1",
            ])
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env_remove("DISPLAY")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        at_home(&mut daemon, dir.path());
        let mut server = Self {
            daemon: daemon.spawn().expect("pulseaudio is installed"),
            dir,
            parec: None,
            clients: Ear::default(),
            recorder: Ear::default(),
        };
        wait_until("the sound server listens", || socket.exists().then_some(()));
        let asound = format!(
            "pcm.!default {{ type pulse server \"{}\" }}\n",
            server.address()
        );
        std::fs::write(server.dir.path().join("asound.conf"), asound).unwrap();
        eavesdrop(
            &server.dir.path().join("proxy"),
            socket.clone(),
            server.clients.clone(),
        );
        let mut parec = Command::new("parec");
        parec
            .args([
                "-d",
                "cap.monitor",
                "--raw",
                "--format=s16le",
                "--rate=48000",
            ])
            .args(["--channels=2", "--latency-msec=5"])
            .env("PULSE_SERVER", format!("unix:{}", socket.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        at_home(&mut parec, server.dir.path());
        let mut parec = parec.spawn().expect("parec is installed");
        server.recorder.follow(parec.stdout.take().unwrap());
        server.parec = Some(parec);
        // Connected is not yet recording.
        std::thread::sleep(Duration::from_millis(500));
        server
    }

    /// Where clients are listened to.
    fn address(&self) -> String {
        format!("unix:{}", self.dir.path().join("proxy").display())
    }

    fn be_found_by(&self, command: &mut Command) {
        command.env("PULSE_SERVER", self.address());
        command.env("ALSA_CONFIG_PATH", self.dir.path().join("asound.conf"));
        at_home(command, self.dir.path());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for child in self.parec.iter_mut().chain([&mut self.daemon]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Away from this user's own sound server.
fn at_home(command: &mut Command, dir: &Path) {
    command
        .env("HOME", dir)
        .env("XDG_RUNTIME_DIR", dir)
        .env("PULSE_RUNTIME_PATH", dir);
}
