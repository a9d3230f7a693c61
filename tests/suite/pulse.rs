//! A private PulseAudio whose sinks go nowhere, and recordings of what they play.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::sandbox::{Sandbox, wait_until};

/// A private PulseAudio daemon and a recording of what it plays.
pub(crate) struct SoundServer {
    pub(crate) daemon: Child,
    sink: Recording,
}

/// What a sink plays, recorded.
pub(crate) struct Recording {
    recorder: Child,
    path: PathBuf,
}

impl SoundServer {
    /// Starts a daemon for the programs of `sandbox`.
    pub(crate) fn start(sandbox: &Sandbox) -> Self {
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
    pub(crate) fn add_sink(sandbox: &Sandbox, name: &str) -> Recording {
        let module = sink(name);
        let mut load = vec!["load-module"];
        load.extend(module.split(' '));
        Self::pactl(sandbox, &load);
        Recording::start(sandbox, name)
    }

    pub(crate) fn pactl(sandbox: &Sandbox, args: &[&str]) -> String {
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

    pub(crate) fn heard(&self, expected: usize) -> Vec<i16> {
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
    pub(crate) fn heard(&self, expected: usize) -> Vec<i16> {
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

pub(crate) fn server(sandbox: &Sandbox) -> String {
    format!("unix:{}", sandbox.path("pulse/native").display())
}

impl Drop for SoundServer {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// A sandbox whose programs find the sound server by its own protocol, and whose Stop is `noise`.
pub(crate) fn sandbox(noise: &[i16]) -> Sandbox {
    let sandbox = Sandbox::new().with_stop(noise);
    let server = server(&sandbox);
    sandbox
        .with("HERALD_OUTPUT", "auto")
        .with("PULSE_SERVER", server)
}
