//! External players: one process per sound.
//!
//! # Purpose
//!
//! For systems without an accessible device, and for users of the original Herald (`AUDIO_PLAYER_CMD`). A
//! player named in the environment gets the sound file itself, as in the original, and the volume in
//! `HERALD_VOLUME`. Other players, and built-in sounds, get a WAV file with the volume applied, so any format
//! and volume works with any player.
//!
//! # Invariants
//!
//! - A player that exceeds its time is stopped together with its children: it has its own process group,
//!   which is terminated, and killed a moment later.
//! - Its process is reaped and its WAV file is removed in every case. If this process is killed, the next
//!   resident player removes the file.
//!
//! # Limits
//!
//! The volume is fixed when a sound starts, and nothing fades. Muting stops the player, and unmuting does not
//! resume its sound.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use hound::WavWriter;
use tempfile::NamedTempFile;

use super::output::{Backend, Context, Cue, Progress, Voice, VoiceId};
use super::paced::FORMAT;
use super::wav::{SPEC, to_16_bits};
use crate::audio::{Clip, Format, MAX_SECONDS};
use crate::error::{Cause, Error, ErrorKind, Result};
use crate::sound::Sound;
use crate::system::external::ExternalPlayer;
use crate::system::leftover::{self, Name};
use crate::system::process::start_apart;

/// How much longer than the sound a player may run.
const PATIENCE: Duration = Duration::from_secs(5);
/// The time between terminating and killing a player.
const GRACE: Duration = Duration::from_millis(100);
/// How many bytes of its error output are read, from the end.
const MAX_STDERR: u64 = 500;
/// The beginning and the end of the name of a WAV file.
const NAME: Name = ("herald-", ".wav");
/// ffplay prints this, continues silently, and exits successfully.
const UNHEARD: &str = "audio open failed";

pub(super) struct Command {
    player: ExternalPlayer,
    /// Whether the environment names it.
    named: bool,
    context: Context,
    running: HashMap<VoiceId, Running>,
    next: u64,
}

struct Running {
    /// None if there was nothing to play.
    child: Option<Child>,
    /// Its standard error.
    stderr: File,
    /// The file to play, if it was created for it.
    _file: Option<NamedTempFile>,
    until: Instant,
    limit: Duration,
    /// Why and when it was stopped.
    ending: Option<(End, Instant)>,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Stopped,
    TimedOut,
}

impl Command {
    pub(super) fn new(player: &ExternalPlayer, named: bool, context: &Context) -> Self {
        Self {
            player: player.clone(),
            named,
            context: context.clone(),
            running: HashMap::new(),
            next: 0,
        }
    }

    /// The file that the player gets unchanged.
    fn own_file<'a>(&self, sound: &'a Sound, from: Duration) -> Option<&'a Path> {
        let is_given = self.named && from.is_zero();
        sound.path().filter(|_| is_given)
    }

    /// Runs the player on `file` at `gain`.
    fn run(&self, file: &Path, gain: f32, stderr: &File) -> std::io::Result<Child> {
        // Located here, because the system would also search relative directories.
        let program = self
            .player
            .installed()
            .ok_or_else(|| std::io::Error::other("program not found"))?;
        let mut command = std::process::Command::new(program);
        command
            .args(&self.player.args)
            .arg(file)
            .env("HERALD_VOLUME", gain.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr.try_clone()?);
        for (variable, value) in self.context.server.variables() {
            match value {
                Some(value) => command.env(variable, value),
                None => command.env_remove(variable),
            };
        }
        start_apart(&mut command)
    }
}

impl Backend for Command {
    fn name(&self) -> String {
        self.player.name()
    }

    fn wants(&self, sound: &Sound, from: Duration) -> Option<Format> {
        self.own_file(sound, from).is_none().then_some(FORMAT)
    }

    fn play(&mut self, cue: Cue) -> Result<Voice> {
        let gain = cue.gain * self.context.master.gain();
        let cannot = |error: Cause| {
            let what = format!("cannot run the external player {}", self.player.name());
            Error::new(ErrorKind::Output, what).because(error)
        };
        let own_file = self.own_file(&cue.sound, cue.from);
        let (file, length) = match own_file {
            Some(_) => (None, Duration::ZERO),
            None => {
                let clip = cue.clip()?;
                let state_dir = self.context.state_dir.as_deref();
                let gains = cue.sides.map(|side| side * gain);
                let file = write(&clip, cue.from, gains, state_dir).map_err(cannot)?;
                (Some(file), clip.duration())
            }
        };
        let stderr = tempfile::tempfile().map_err(|error| cannot(error.into()))?;
        let path = own_file.or(file.as_ref().map(NamedTempFile::path));
        let child = match path {
            Some(path) if gain > 0.0 => {
                let child = self.run(path, gain, &stderr);
                Some(child.map_err(|error| cannot(error.into()))?)
            }
            _ => None,
        };
        let limit = match (self.player.timeout_ms, own_file) {
            (Some(ms), _) => Duration::from_millis(ms),
            (None, None) => length + PATIENCE,
            (None, Some(_)) => Duration::from_secs(MAX_SECONDS.into()) + PATIENCE,
        };
        let id = VoiceId(self.next);
        self.next += 1;
        let running = Running {
            child,
            stderr,
            _file: file,
            until: Instant::now() + limit,
            limit,
            ending: None,
        };
        self.running.insert(id, running);
        Ok(Voice { id, length })
    }

    fn start(&mut self) -> Result<()> {
        Ok(())
    }

    fn progress(&mut self, voice: VoiceId) -> Progress {
        let Some(running) = self.running.get_mut(&voice) else {
            return Progress::Stopped;
        };
        if self.context.master.gain() == 0.0 {
            running.end(End::Stopped);
        }
        let progress = running.progress(&self.player);
        if progress != Progress::Sounding {
            self.running.remove(&voice);
        }
        progress
    }

    fn stop(&mut self, voice: VoiceId) {
        if let Some(running) = self.running.get_mut(&voice) {
            running.end(End::Stopped);
        }
    }

    fn heard(&self, _: VoiceId) -> Duration {
        Duration::ZERO
    }

    fn failure(&mut self) -> Option<String> {
        None
    }

    fn is_worth_keeping(&self) -> bool {
        false
    }
}

impl Running {
    fn progress(&mut self, player: &ExternalPlayer) -> Progress {
        if self.ending.is_none() && self.child.is_some() && Instant::now() >= self.until {
            self.end(End::TimedOut);
        }
        let Some(child) = &mut self.child else {
            return Progress::Heard;
        };
        if let Some((end, since)) = self.ending {
            // Not reaped yet: its group, which may outlive it, is addressed by its process id.
            if since.elapsed() < GRACE {
                return Progress::Sounding;
            }
            signal(child, Signal::Kill);
            let _ = child.wait();
            return match end {
                End::Stopped => Progress::Stopped,
                End::TimedOut => Progress::Failed(format!(
                    "{} did not finish within {:.1} s and was stopped",
                    player.name(),
                    self.limit.as_secs_f64()
                )),
            };
        }
        match child.try_wait().or_else(if_reaped) {
            Ok(None) => Progress::Sounding,
            Ok(Some(status)) => {
                let stderr = self.stderr();
                if status.success() && !stderr.contains(UNHEARD) {
                    return Progress::Heard;
                }
                let ended = match status.success() {
                    true => format!("{} played nothing", player.name()),
                    false => format!("{} failed ({status})", player.name()),
                };
                // The last line is the reason for giving up.
                Progress::Failed(match stderr.lines().next_back() {
                    Some(last_word) => format!("{ended}: {last_word}"),
                    None => ended,
                })
            }
            Err(error) => Progress::Failed(format!("cannot wait for {}: {error}", player.name())),
        }
    }

    fn end(&mut self, why: End) {
        if let (None, Some(child)) = (self.ending, &mut self.child) {
            signal(child, Signal::Terminate);
            self.ending = Some((why, Instant::now()));
        }
    }

    fn stderr(&mut self) -> String {
        let mut text = Vec::new();
        let len = self.stderr.stream_position().unwrap_or_default();
        let start = len.saturating_sub(MAX_STDERR);
        let _ = self.stderr.seek(SeekFrom::Start(start));
        let _ = (&self.stderr).take(MAX_STDERR).read_to_end(&mut text);
        String::from_utf8_lossy(&text).trim().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child
            && let Ok(None) = child.try_wait()
        {
            signal(child, Signal::Kill);
            let _ = child.wait();
        }
    }
}

enum Signal {
    Terminate,
    Kill,
}

/// The status of a child reaped elsewhere: by another part of the program, or by the system if SIGCHLD is
/// ignored. It is unknown, so assume success.
fn if_reaped(error: std::io::Error) -> std::io::Result<Option<ExitStatus>> {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::CHILD.raw_os_error()) {
        return Ok(Some(ExitStatus::default()));
    }
    Err(error)
}

/// Signals `child` and its group, unless it was reaped elsewhere and its process id may be reused.
#[cfg(unix)]
fn signal(child: &mut Child, signal: Signal) {
    use rustix::process::{self, Pid, WaitId, WaitIdOptions};
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    if process::waitid(WaitId::Pid(Pid::from_child(child)), look).is_err() {
        return;
    }
    let signal = match signal {
        Signal::Terminate => process::Signal::TERM,
        Signal::Kill => process::Signal::KILL,
    };
    // It may just have exited.
    let _ = process::kill_process_group(Pid::from_child(child), signal);
}

#[cfg(not(unix))]
fn signal(child: &mut Child, _: Signal) {
    let _ = child.kill();
}

/// Writes `clip` from `from` on, with the `gains` of left and right, into a WAV file that is removed when dropped. It
/// is locked, see [`sweep`].
fn write(
    clip: &Clip,
    from: Duration,
    gains: [f32; 2],
    state_dir: Option<&Path>,
) -> std::result::Result<NamedTempFile, Cause> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, SPEC)?;
    let first = clip.format().frames(from) * usize::from(FORMAT.channels);
    let samples = clip.samples().get(first..).unwrap_or_default();
    for (sample, gain) in samples.iter().zip(gains.into_iter().cycle()) {
        writer.write_sample(to_16_bits(sample * gain))?;
    }
    writer.finalize()?;
    loop {
        let mut file = create(state_dir)?;
        file.write_all(bytes.get_ref())?;
        // Shared and last, because on Windows a locked file cannot be written, and an exclusively locked one
        // not read by the player. Without locks, nothing is swept.
        let _ = file.as_file().lock_shared();
        if !leftover::is_swept(&file)? {
            return Ok(file);
        }
    }
}

fn create(state_dir: Option<&Path>) -> std::io::Result<NamedTempFile> {
    let builder = leftover::builder(NAME);
    match state_dir.map(|dir| builder.tempfile_in(dir)) {
        Some(Ok(file)) => Ok(file),
        // Without a state directory, or where it was just removed.
        Some(Err(_)) | None => builder.tempfile(),
    }
}

/// Removes the files of killed processes from `state_dir`.
pub(crate) fn sweep(state_dir: &Path) {
    leftover::sweep(state_dir, NAME);
}
