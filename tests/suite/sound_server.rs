//! Heard through a real sound server: PulseAudio with a sink that goes nowhere, recorded.

use std::fs::{self, File};
use std::io::Read;
use std::process::{Child, Command, Stdio};

use crate::sandbox::{Sandbox, noise, payload, run, wait_until};

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
        fs::create_dir(&dir).unwrap();
        let socket = dir.join("native");
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

#[test]
fn a_hook_from_a_cold_start_is_heard_sample_by_sample() {
    for ms in [50, 300] {
        let noise = noise(ms);
        let sandbox = Sandbox::new()
            .with_stop(&noise)
            .with("HERALD_OUTPUT", "auto");
        let url = server(&sandbox);
        let sandbox = sandbox.with("PULSE_SERVER", &url);
        let pulse = SoundServer::start(&sandbox);
        let output = run(sandbox.herald(&["hook", "Stop"]), &payload("Stop"));
        assert!(output.status.success());
        let line = &sandbox.wait_for_record(1)[0];
        assert_eq!(line["status"], "played", "{line}");
        assert_same(&pulse.heard(noise.len()), &noise);
    }
}
