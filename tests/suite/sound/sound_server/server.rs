//! A private PulseAudio daemon, and recordings of its sinks.

use std::fs::{self, File};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::process::is_held_up;
use crate::support::real_time::note_a_delay;
use crate::support::sandbox::{Running, Sandbox, output_of, wait_until};
use test_support::wait_within;

/// How long to wait for a recording, including sounds of 24 s. A recorder never gets later what it missed.
const PATIENCE: Duration = Duration::from_secs(40);

/// A fifth of a second, in frames.
const QUIET: usize = 9_600;

/// A daemon that listens in a sandbox's directory, and its sinks.
pub(crate) struct SoundServer<'a> {
    sandbox: &'a Sandbox,
    name: &'static str,
    daemon: Running,
    sinks: Vec<Sink>,
}

/// A null sink that plays in real time, and its recorder.
struct Sink {
    name: &'static str,
    recorder: Running,
    recording: PathBuf,
}

/// The address of a daemon called `name`.
pub(crate) fn address(sandbox: &Sandbox, name: &str) -> String {
    format!("unix:{}", sandbox.path(name).join("native").display())
}

impl<'a> SoundServer<'a> {
    /// Starts the daemon that the programs of `sandbox` find, with `sinks`; the first is the default.
    pub(crate) fn start(sandbox: &'a Sandbox, sinks: &[&'static str]) -> Self {
        Self::start_as("pulse", sandbox, sinks)
    }

    /// Starts a daemon called `name` that accepts all users.
    pub(super) fn start_as(
        name: &'static str,
        sandbox: &'a Sandbox,
        sinks: &[&'static str],
    ) -> Self {
        Self::start_with("auth-anonymous=1", name, sandbox, sinks)
    }

    /// As [`Self::start`], but only accepts its own user, as usual.
    pub(super) fn start_for_its_user(sandbox: &'a Sandbox, sinks: &[&'static str]) -> Self {
        Self::start_with("auth-anonymous=0", "pulse", sandbox, sinks)
    }

    fn start_with(
        auth: &str,
        name: &'static str,
        sandbox: &'a Sandbox,
        sinks: &[&'static str],
    ) -> Self {
        let dir = sandbox.path(name);
        fs::create_dir_all(&dir).unwrap();
        let socket = dir.join("native");
        let _ = fs::remove_file(&socket);
        let protocol = format!(
            "module-native-protocol-unix {auth} socket={}",
            socket.display()
        );
        let mut daemon = client(sandbox, name, "pulseaudio");
        daemon
            .args(["-n", "--daemonize=no", "--use-pid-file=no"])
            .args(["--exit-idle-time=-1", "--disable-shm=yes", "--realtime=no"])
            // As root it would get a nice level of -11. With busy programs, Linux 6.18 then makes others,
            // including its own ksoftirqd, wait for seconds.
            .arg("--high-priority=no")
            .args(["-L", &protocol])
            .stdout(Stdio::null())
            .stderr(File::create(dir.join("log")).unwrap());
        let daemon = Running::start(daemon);
        let mut server = Self {
            sandbox,
            name,
            daemon,
            sinks: Vec::new(),
        };
        wait_until("the sound server listens", || {
            UnixStream::connect(&socket).ok()
        });
        // Otherwise the recorders follow the default sink.
        server.control(&["load-module", "module-null-source", "source_name=silence"]);
        server.control(&["set-default-source", "silence"]);
        for sink in sinks {
            server.add(sink);
        }
        server.choose(sinks[0]);
        server
    }

    /// Adds a sink with a recorder.
    pub(super) fn add(&mut self, sink: &'static str) {
        self.add_with(sink, &[]);
    }

    /// As [`Self::add`], with more options.
    pub(super) fn add_with(&mut self, sink: &'static str, more: &[&str]) {
        // Without norewinds the sink stalls for seconds.
        let options = ["format=s16le", "rate=48000", "channels=2", "norewinds=1"];
        let named = format!("sink_name={sink}");
        let load = ["load-module", "module-null-sink", &named];
        self.control(&[&load[..], &options, more].concat());

        let recording = self.sandbox.path(self.name).join(sink);
        let mut recorder = client(self.sandbox, self.name, "parec");
        recorder
            .args(["-d", &format!("{sink}.monitor")])
            .args(["--raw", "--format=s16le", "--rate=48000", "--channels=2"])
            .arg("--latency-msec=20")
            .stdout(File::create(&recording).unwrap())
            .stderr(Stdio::null());
        self.sinks.push(Sink {
            name: sink,
            recorder: Running::start(recorder),
            recording: recording.clone(),
        });
        // A connected recorder may not record yet.
        wait_until("the recorder records", || {
            (fs::metadata(&recording).unwrap().len() > 0).then_some(())
        });
    }

    /// Makes `sink` the default.
    pub(super) fn choose(&self, sink: &str) {
        self.control(&["set-default-sink", sink]);
    }

    /// Removes `sink`.
    pub(super) fn remove(&self, sink: &str) {
        let modules = self.control(&["list", "short", "modules"]);
        let is_its = |line: &&str| line.contains(&format!("sink_name={sink} "));
        let line = modules.lines().find(is_its).expect("the sink is there");
        self.control(&["unload-module", line.split('\t').next().unwrap()]);
    }

    /// Prevents new streams on `sink` until the returned client is dropped.
    pub(super) fn occupy(&self, sink: &str) -> Running {
        let mut passthrough = client(self.sandbox, self.name, "pacat");
        passthrough
            .args(["--passthrough", "-d", sink, "--format=s16le"])
            .args(["--rate=48000", "--channels=2"])
            .stdin(File::open("/dev/zero").unwrap())
            .stderr(Stdio::null());
        let passthrough = Running::start(passthrough);
        wait_until("the sink is occupied", || {
            let inputs = self.control(&["list", "short", "sink-inputs"]);
            (!inputs.is_empty()).then_some(())
        });
        passthrough
    }

    /// Kills the daemon.
    pub(super) fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.daemon.wait();
    }

    pub(super) fn signal(&mut self, signal: Signal) {
        kill_process(Pid::from_child(self.daemon.child()), signal).unwrap();
    }

    /// Runs `pactl`, and returns its output.
    pub(super) fn control(&self, args: &[&str]) -> String {
        let mut pactl = client(self.sandbox, self.name, "pactl");
        pactl.args(args);
        let output = output_of(pactl);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The samples of `sink` so far that are not silence.
    pub(crate) fn heard_so_far(&self, sink: &str) -> Vec<i16> {
        sounding(&self.recorded(sink))
    }

    /// The number of silent frames between the first and the last that is not.
    pub(super) fn gaps(&self, sink: &str) -> usize {
        let bytes = self.recorded(sink);
        let (frames, _) = bytes.as_chunks::<4>();
        let sounds = |frame: &[u8; 4]| *frame != [0; 4];
        let first = frames.iter().position(sounds).unwrap_or_default();
        let end = frames.iter().rposition(sounds).map_or(0, |last| last + 1);
        let sound = frames.get(first..end).unwrap_or_default();
        sound.iter().filter(|frame| !sounds(frame)).count()
    }

    /// The samples that are not silence, once there are as many as `expected` followed by [`QUIET`] silence,
    /// which would contain any surplus.
    pub(super) fn heard(&self, sink: &str, expected: usize) -> Vec<i16> {
        self.wait_for(sink, expected);
        wait_within(PATIENCE, "the sink has nothing more to play", || {
            (self.silence_since(sink) >= QUIET).then_some(())
        });
        self.heard_so_far(sink)
    }

    /// The number of silent frames after the last that is not.
    fn silence_since(&self, sink: &str) -> usize {
        let bytes = self.recorded(sink);
        let (frames, _) = bytes.as_chunks::<4>();
        let last = frames.iter().rposition(|frame| *frame != [0; 4]);
        frames.len() - last.map_or(0, |last| last + 1)
    }

    /// The recording of `sink` so far.
    fn recorded(&self, sink: &str) -> Vec<u8> {
        let sink = self.sinks.iter().find(|found| found.name == sink);
        fs::read(&sink.expect("the sink was added").recording).unwrap()
    }

    /// Waits until this many samples are not silence.
    pub(super) fn wait_for(&self, sink: &str, samples: usize) {
        wait_within(PATIENCE, "enough is recorded", || {
            (self.heard_so_far(sink).len() >= samples).then_some(())
        });
    }

    /// Waits until `sound` is the last that was heard, each sample of it.
    pub(super) fn wait_for_end(&self, sink: &str, sound: &[i16]) {
        wait_within(PATIENCE, "the sound is recorded without a flaw", || {
            self.heard_so_far(sink).ends_with(sound).then_some(())
        });
    }
}

impl Drop for SoundServer<'_> {
    fn drop(&mut self) {
        let recorders = self.sinks.iter_mut().map(|sink| &mut sink.recorder);
        for program in recorders.chain([&mut self.daemon]) {
            note_a_delay(is_held_up(&program.child().id().to_string()));
        }
    }
}

/// The samples of a recording, without frames of silence.
fn sounding(bytes: &[u8]) -> Vec<i16> {
    let (frames, _) = bytes.as_chunks::<4>();
    frames
        .iter()
        .filter(|frame| **frame != [0; 4])
        .flat_map(|[a, b, c, d]| [i16::from_le_bytes([*a, *b]), i16::from_le_bytes([*c, *d])])
        .collect()
}

/// A program that talks to the daemon called `name`.
pub(super) fn client(sandbox: &Sandbox, name: &str, program: &str) -> Command {
    let mut command = sandbox.command(program);
    command.env("PULSE_RUNTIME_PATH", sandbox.path(name));
    command.env("PULSE_SERVER", address(sandbox, name));
    command
}
