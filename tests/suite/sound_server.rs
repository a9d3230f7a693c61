//! Heard through a real sound server: PulseAudio with a sink that goes nowhere, recorded.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::sandbox::{Sandbox, complaint, noise, payload, run, wait_until};

/// Samples that a sound takes to fade in, in both channels: 5 ms.
const FADE: usize = 2 * 240;

/// A private PulseAudio daemon and a recording of what it plays.
struct SoundServer {
    daemon: Child,
    sink: Recording,
}

/// What a sink plays, recorded.
struct Recording {
    recorder: Child,
    path: PathBuf,
}

impl SoundServer {
    /// Starts a daemon for the programs of `sandbox`.
    fn start(sandbox: &Sandbox) -> Self {
        let dir = sandbox.path("pulse");
        fs::create_dir_all(&dir).unwrap();
        let socket = dir.join("native");
        let _ = fs::remove_file(&socket);
        let protocol = format!(
            "module-native-protocol-unix auth-anonymous=1 socket={}",
            socket.display()
        );
        let mut daemon = Self::command(sandbox, "pulseaudio");
        daemon
            .args(["-n", "--daemonize=no", "--use-pid-file=no"])
            .args(["--exit-idle-time=-1", "--disable-shm=yes"])
            .args(["--realtime=no", "-L", &protocol])
            .args(["-L", "module-rescue-streams"])
            .args(["-L", &sink("cap")])
            .stdout(Stdio::null())
            .stderr(File::create(dir.join("log")).unwrap());
        let daemon = daemon.spawn().expect("pulseaudio is installed");
        wait_until("the sound server listens", || socket.exists().then_some(()));
        let sink = Recording::start(sandbox, "cap");
        Self { daemon, sink }
    }

    /// Adds a sink called `name`.
    fn add_sink(sandbox: &Sandbox, name: &str) -> Recording {
        let module = sink(name);
        let mut load = vec!["load-module"];
        load.extend(module.split(' '));
        Self::pactl(sandbox, &load);
        Recording::start(sandbox, name)
    }

    fn pactl(sandbox: &Sandbox, args: &[&str]) -> String {
        let output = Self::command(sandbox, "pactl").args(args).output().unwrap();
        assert!(output.status.success(), "pactl {args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn command(sandbox: &Sandbox, program: &str) -> Command {
        let mut command = sandbox.command(program);
        command.env("PULSE_RUNTIME_PATH", sandbox.path("pulse"));
        command.env("PULSE_SERVER", server(sandbox));
        command
    }

    fn heard(&self, expected: usize) -> Vec<i16> {
        self.sink.heard(expected)
    }
}

/// The module that is a sink called `name`. Without norewinds it stalls for seconds.
fn sink(name: &str) -> String {
    format!("module-null-sink sink_name={name} format=s16le rate=48000 channels=2 norewinds=1")
}

impl Recording {
    fn start(sandbox: &Sandbox, sink: &str) -> Self {
        let monitor = format!("{sink}.monitor");
        let path = sandbox.path("pulse").join(sink);
        let mut recorder = SoundServer::command(sandbox, "parec");
        recorder
            .args(["-d", &monitor, "--raw", "--format=s16le", "--rate=48000"])
            .args(["--channels=2", "--latency-msec=20"])
            .stdout(File::create(&path).unwrap());
        let recorder = recorder.spawn().expect("parec is installed");
        // Connected is not yet recording.
        wait_until("the recorder records", || {
            (fs::metadata(&path).unwrap().len() > 0).then_some(())
        });
        Self { recorder, path }
    }

    /// The samples that were not silence, once there are as many as `expected`.
    fn heard(&self, expected: usize) -> Vec<i16> {
        let heard = || {
            let bytes = fs::read(&self.path).unwrap();
            let samples = bytes
                .chunks_exact(2)
                .map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
            let samples: Vec<i16> = samples.collect();
            let frames = samples.chunks_exact(2).filter(|frame| **frame != [0, 0]);
            frames.flatten().copied().collect::<Vec<_>>()
        };
        wait_until("everything is recorded", || {
            Some(heard()).filter(|heard| heard.len() >= expected)
        });
        // Whatever should not come would come now.
        std::thread::sleep(Duration::from_millis(200));
        heard()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let _ = self.recorder.kill();
        let _ = self.recorder.wait();
    }
}

fn server(sandbox: &Sandbox) -> String {
    format!("unix:{}", sandbox.path("pulse/native").display())
}

impl Drop for SoundServer {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

#[track_caller]
fn assert_same(heard: &[i16], expected: &[i16]) {
    if heard == expected {
        return;
    }
    let first = heard
        .iter()
        .zip(expected)
        .position(|(heard, expected)| heard != expected);
    panic!(
        "heard {} samples of {}; the first that differs is {first:?}",
        heard.len(),
        expected.len()
    );
}

/// A sandbox whose programs find the sound server by its own protocol.
fn sandbox(noise: &[i16]) -> Sandbox {
    let sandbox = Sandbox::new().with_stop(noise);
    let server = server(&sandbox);
    sandbox
        .with("HERALD_OUTPUT", "auto")
        .with("PULSE_SERVER", server)
}

#[test]
fn a_hook_from_a_cold_start_is_heard_sample_by_sample() {
    for ms in [50, 300] {
        let noise = noise(ms);
        let sandbox = sandbox(&noise);
        let pulse = SoundServer::start(&sandbox);
        let hook = sandbox.herald(&["hook", "Stop"]);
        assert!(run(hook, &payload("Stop")).status.success());
        let line = &sandbox.wait_for_record(1)[0];
        assert_eq!(line["status"], "played", "{line}");
        assert_same(&pulse.heard(noise.len()), &noise);
    }
}

#[test]
fn a_sound_through_alsa_is_heard_sample_by_sample() {
    let noise = noise(100);
    let sandbox = Sandbox::new()
        .with_stop(&noise)
        .with("HERALD_OUTPUT", "auto");
    // ALSA knows the way to the server; by its own protocol it cannot be found.
    let server = server(&sandbox);
    let asound = format!("pcm.!default {{ type pulse server \"{server}\" }}\n");
    fs::write(sandbox.path("home/.asoundrc"), asound).unwrap();
    let pulse = SoundServer::start(&sandbox);
    assert_eq!(sandbox.play("Stop"), Ok(()));
    assert_same(&pulse.heard(noise.len()), &noise);
}

#[test]
fn a_sound_after_the_server_was_restarted_is_heard() {
    let noise = noise(50);
    let sandbox = sandbox(&noise);
    let first = SoundServer::start(&sandbox);
    assert_eq!(sandbox.play("Stop"), Ok(()));
    // The player still has its stream open, to a server that is gone.
    drop(first);
    let second = SoundServer::start(&sandbox);
    assert_eq!(sandbox.play("Stop"), Ok(()));
    assert_same(&second.heard(noise.len()), &noise);
}

#[test]
fn a_sound_that_the_server_cut_off_goes_on_when_it_is_back() {
    let noise = noise(1_000);
    let sandbox = sandbox(&noise);
    let first = SoundServer::start(&sandbox);
    let handed_over = run(sandbox.herald(&["play", "Stop"]), b"");
    assert_eq!(complaint(handed_over), Ok(()));
    let before = first.heard(noise.len() / 4);
    drop(first);
    let second = SoundServer::start(&sandbox);
    let line = &sandbox.wait_for_record(1)[0];
    assert_eq!(line["status"], "played", "{line}");
    // It fades in, and then it is the sound to its last frame, from somewhere that was not heard
    // before or only just.
    let after = second.heard(FADE + 2);
    let tail = &after[FADE..];
    assert!(
        noise.ends_with(tail),
        "{} samples that are not the end",
        tail.len()
    );
    let gap = noise.len() - after.len();
    assert!(gap <= before.len() + 9_600, "{gap} {}", before.len());
    assert_eq!(sandbox.play("Stop"), Ok(()));
    assert_same(
        &second.heard(after.len() + noise.len())[after.len()..],
        &noise,
    );
}

#[test]
fn a_sound_is_heard_at_the_device_that_is_the_default_when_it_starts() {
    let noise = noise(300);
    let sandbox = sandbox(&noise);
    let pulse = SoundServer::start(&sandbox);
    assert_eq!(sandbox.play("Stop"), Ok(()));
    assert_same(&pulse.heard(noise.len()), &noise);
    let other = SoundServer::add_sink(&sandbox, "other");
    // Or the recorder of the first would be moved to the other.
    SoundServer::pactl(&sandbox, &["set-default-source", "cap.monitor"]);
    SoundServer::pactl(&sandbox, &["set-default-sink", "other"]);
    assert_eq!(sandbox.play("Stop"), Ok(()));
    assert_same(&other.heard(noise.len()), &noise);
    assert_same(&pulse.heard(noise.len()), &noise);
}

#[test]
fn a_sound_whose_device_goes_away_goes_on_at_another() {
    let noise = noise(1_000);
    let sandbox = sandbox(&noise);
    let pulse = SoundServer::start(&sandbox);
    let other = SoundServer::add_sink(&sandbox, "other");
    let handed_over = run(sandbox.herald(&["play", "Stop"]), b"");
    assert_eq!(complaint(handed_over), Ok(()));
    pulse.heard(noise.len() / 4);
    // What is left of it is not.
    let modules = SoundServer::pactl(&sandbox, &["list", "short", "modules"]);
    let cap = modules.lines().find(|line| line.contains("sink_name=cap"));
    let index = cap.unwrap().split('\t').next().unwrap();
    SoundServer::pactl(&sandbox, &["unload-module", index]);
    let line = &sandbox.wait_for_record(1)[0];
    assert_eq!(line["status"], "played", "{line}");
    let rest = other.heard(FADE + 2);
    assert!(noise.ends_with(&rest[FADE..]), "{} samples", rest.len());
    assert_eq!(sandbox.play("Stop"), Ok(()));
    assert_same(&other.heard(rest.len() + noise.len())[rest.len()..], &noise);
}

#[test]
fn a_server_that_hangs_costs_its_sounds_and_nothing_else() {
    let noise = noise(50);
    let sandbox = sandbox(&noise);
    let pulse = SoundServer::start(&sandbox);
    let daemon = Pid::from_child(&pulse.daemon);
    kill_process(daemon, Signal::STOP).unwrap();
    for _ in 0..3 {
        let handed_over = run(sandbox.herald(&["play", "Stop"]), b"");
        assert_eq!(complaint(handed_over), Ok(()));
    }
    let mut other = sandbox.herald(&["play", "started", "--wait"]);
    other.env("HERALD_OUTPUT", "null");
    assert_eq!(complaint(run(other, b"")), Ok(()));
    assert_eq!(
        sandbox.record().len(),
        1,
        "the other output was not held up"
    );
    for line in &sandbox.wait_for_record(4)[1..] {
        assert_eq!(line["status"], "failed", "{line}");
    }
    kill_process(daemon, Signal::CONT).unwrap();
    wait_until("the server answers again", || sandbox.play("Stop").ok());
    // Those that failed do not come after all.
    assert_same(&pulse.heard(noise.len()), &noise);
}
