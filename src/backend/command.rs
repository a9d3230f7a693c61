//! External players: a process for each sound.
//!
//! # Purpose
//!
//! What plays where no device can be opened, and what users of the original Herald have set up
//! (`AUDIO_PLAYER_CMD`). A player that was named gets the sound file itself, as the original gave
//! it, and the volume in `HERALD_VOLUME`. One that was only found, and one that shall play a
//! built-in sound, gets a WAV file with everything in it: so any format and any volume works with
//! any player.
//!
//! # Invariants
//!
//! - A player that takes too long is really ended, and so is what it has started: it has a process
//!   group of its own, which is told to stop, and killed a moment later.
//! - Its process is reaped, and its WAV file removed, whatever becomes of it.
//!
//! # Limits
//!
//! The volume is that of the moment when a sound starts. Nothing fades. Where everything is muted
//! the player is ended, and unmuting does not bring its sound back.

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

/// How much longer than the sound a player may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a player that was told to stop has until it is killed.
const GRACE: Duration = Duration::from_millis(100);
/// How much of its complaint is read, in bytes: the end of it.
const MAX_COMPLAINT: u64 = 500;
/// What ffplay says before it plays on in silence, and ends as if all had been well.
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
    /// None where there was nothing to hear.
    child: Option<Child>,
    /// What it says on its standard error.
    complaint: File,
    /// What it plays, if that was made for it.
    _file: Option<NamedTempFile>,
    until: Instant,
    limit: Duration,
    /// Why it was told to stop, and when.
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

    /// The file that the player gets as it is.
    fn own_file<'a>(&self, sound: &'a Sound, from: Duration) -> Option<&'a Path> {
        let is_given = self.named && from.is_zero();
        sound.path().filter(|_| is_given)
    }

    /// Runs the player on `file`, at `gain`.
    fn run(&self, file: &Path, gain: f32, complaint: &File) -> std::io::Result<Child> {
        // Found here: the system would look in relative directories, too.
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
            .stderr(complaint.try_clone()?);
        for (variable, value) in self.context.server.variables() {
            match value {
                Some(value) => command.env(variable, value),
                None => command.env_remove(variable),
            };
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
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
                let file = write(&clip, cue.from, gain).map_err(cannot)?;
                (Some(file), clip.duration())
            }
        };
        let complaint = tempfile::tempfile().map_err(|error| cannot(error.into()))?;
        let path = own_file.or(file.as_ref().map(NamedTempFile::path));
        let child = match path {
            Some(path) if gain > 0.0 => {
                let child = self.run(path, gain, &complaint);
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
            complaint,
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
            // Not reaped before: its group, which may outlive it, is called by its number.
            if since.elapsed() < GRACE {
                return Progress::Sounding;
            }
            signal(child, Signal::Kill);
            let _ = child.wait();
            return match end {
                End::Stopped => Progress::Stopped,
                End::TimedOut => Progress::Failed(format!(
                    "{} did not finish within {:?} and was stopped",
                    player.name(),
                    self.limit
                )),
            };
        }
        match child.try_wait().or_else(if_reaped) {
            Ok(None) => Progress::Sounding,
            Ok(Some(status)) => {
                let complaint = self.complaint();
                if status.success() && !complaint.contains(UNHEARD) {
                    return Progress::Heard;
                }
                let ended = format!("{} failed ({status})", player.name());
                // Its last word is what it gave up for.
                Progress::Failed(match complaint.lines().next_back() {
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

    fn complaint(&mut self) -> String {
        let mut text = Vec::new();
        let len = self.complaint.stream_position().unwrap_or_default();
        let start = len.saturating_sub(MAX_COMPLAINT);
        let _ = self.complaint.seek(SeekFrom::Start(start));
        let _ = (&self.complaint).take(MAX_COMPLAINT).read_to_end(&mut text);
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

/// How a child has ended that somebody else has reaped, as the program that this is in may do with any
/// child, or the system where children are ignored: nobody knows, so nothing went wrong.
fn if_reaped(error: std::io::Error) -> std::io::Result<Option<ExitStatus>> {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::CHILD.raw_os_error()) {
        return Ok(Some(ExitStatus::default()));
    }
    Err(error)
}

/// Tells `child` and all of its group; not if somebody else has reaped it, since its number may be
/// another process's by now.
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
    // It may just have ended.
    let _ = process::kill_process_group(Pid::from_child(child), signal);
}

#[cfg(not(unix))]
fn signal(child: &mut Child, _: Signal) {
    let _ = child.kill();
}

/// Writes `clip` from `from` on, at `gain`, into a WAV file that goes when it is dropped.
fn write(clip: &Clip, from: Duration, gain: f32) -> std::result::Result<NamedTempFile, Cause> {
    let file = tempfile::Builder::new()
        .prefix("herald-")
        .suffix(".wav")
        .tempfile()?;
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, SPEC)?;
    let first = clip.format().frames(from) * usize::from(FORMAT.channels);
    for sample in clip.samples().get(first..).unwrap_or_default() {
        writer.write_sample(to_16_bits(sample * gain))?;
    }
    writer.finalize()?;
    file.as_file().write_all(&bytes.into_inner())?;
    Ok(file)
}
