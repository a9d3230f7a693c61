//! Heard through a real sound server: PulseAudio with a sink that goes nowhere, recorded.

use std::fs::{self, File};
use std::io::Read;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::sandbox::{Sandbox, complaint, noise, payload, run, wait_until};

/// A private PulseAudio daemon and a recording of what it plays.
struct SoundServer {
    daemon: Child,
    recorder: Child,
    recording: std::path::PathBuf,
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
        // Without norewinds the sink stalls for seconds.
        let sink = "module-null-sink sink_name=cap format=s16le rate=48000 channels=2 norewinds=1";
        let mut daemon = Self::command(sandbox, "pulseaudio");
        daemon
            .args([
                "-n",
                "--daemonize=no",
                "--use-pid-file=no",
                "--exit-idle-time=-1",
            ])
            .args([
                "--disable-shm=yes",
                "--realtime=no",
                "-L",
                &protocol,
                "-L",
                sink,
            ])
            .stdout(Stdio::null())
            .stderr(File::create(dir.join("log")).unwrap());
        let daemon = daemon.spawn().expect("pulseaudio is installed");
        wait_until("the sound server listens", || socket.exists().then_some(()));

        let recording = dir.join("recording");
        let mut recorder = Self::command(sandbox, "parec");
        recorder
            .args([
                "-d",
                "cap.monitor",
                "--raw",
                "--format=s16le",
                "--rate=48000",
            ])
            .args(["--channels=2", "--latency-msec=20"])
            .stdout(File::create(&recording).unwrap());
        let recorder = recorder.spawn().expect("parec is installed");
        wait_until("the recorder is connected", || {
            let mut pactl = Self::command(sandbox, "pactl");
            let outputs = pactl
                .args(["list", "short", "source-outputs"])
                .output()
                .unwrap();
            (!outputs.stdout.is_empty()).then_some(())
        });
        // Connected is not yet recording.
        wait_until("the recorder records", || {
            (fs::metadata(&recording).unwrap().len() > 0).then_some(())
        });
        Self {
            daemon,
            recorder,
            recording,
        }
    }

    fn command(sandbox: &Sandbox, program: &str) -> Command {
        let mut command = sandbox.command(program);
        command.env("PULSE_RUNTIME_PATH", sandbox.path("pulse"));
        command.env("PULSE_SERVER", server(sandbox));
        command
    }

    /// The samples that were not silence, once there are as many as `expected`.
    fn heard(&self, expected: usize) -> Vec<i16> {
        let heard = || {
            let mut bytes = Vec::new();
            File::open(&self.recording)
                .unwrap()
                .read_to_end(&mut bytes)
                .unwrap();
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
        std::thread::sleep(std::time::Duration::from_millis(200));
        heard()
    }
}

fn server(sandbox: &Sandbox) -> String {
    format!("unix:{}", sandbox.path("pulse/native").display())
}

impl Drop for SoundServer {
    fn drop(&mut self) {
        for child in [&mut self.recorder, &mut self.daemon] {
            let _ = child.kill();
            let _ = child.wait();
        }
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
