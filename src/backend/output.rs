//! The interface of outputs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::audio::{Clip, Format, Treatment};
use crate::engine::Master;
use crate::error::{Error, ErrorKind, Result};
use crate::sound::Sound;
use crate::system::sound_server::SoundServer;

/// An open output. Dropping it closes it within half a second, even if a sound server hangs; sounds not yet
/// played may be lost.
pub(crate) trait Backend: Send {
    /// The name for messages: host and device, file, or program.
    fn name(&self) -> String;

    /// The format in which to load a sound that starts at `from`; none if the file is played unchanged.
    fn wants(&self, sound: &Sound, from: Duration) -> Option<Format>;

    /// Prepares a sound, or starts it if the output is started. Use the returned value in later calls.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Sound`] if it cannot be played, [`crate::ErrorKind::Busy`] if too many sounds
    /// play.
    fn play(&mut self, cue: Cue) -> Result<Voice>;

    /// Starts the output with the sounds prepared so far at its beginning. Call once.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Output`] if the output cannot be started.
    fn start(&mut self) -> Result<()>;

    /// The progress of a sound. After a final answer the output forgets it.
    fn progress(&mut self, voice: VoiceId) -> Progress;

    /// Fades a sound out, or stops it at once where fading is unsupported.
    fn stop(&mut self, voice: VoiceId);

    /// How much of a sound was certainly played: where another output would continue.
    fn heard(&self, voice: VoiceId) -> Duration;

    /// Why the output ended, if it did.
    fn failure(&mut self) -> Option<String>;

    /// Whether to keep it open for a while when idle.
    fn is_worth_keeping(&self) -> bool;
}

/// A sound to play, with its settings.
#[derive(Clone, Debug)]
pub(crate) struct Cue {
    /// The sound.
    pub sound: Sound,
    /// The clip in the [wanted](Backend::wants) format; none if it is not loaded.
    pub clip: Option<Arc<Clip>>,
    /// How it is changed when it is loaded.
    pub treatment: Treatment,
    /// A factor; 1 is the sound's own level.
    pub gain: f32,
    /// Factors for left and right.
    pub sides: [f32; 2],
    /// The position to start from; not zero for an interrupted sound.
    pub from: Duration,
}

impl Cue {
    /// The clip, for an output that needs it.
    pub(super) fn clip(&self) -> Result<Arc<Clip>> {
        let not_loaded = || Error::new(ErrorKind::Sound, "the sound was not loaded");
        self.clip.clone().ok_or_else(not_loaded)
    }
}

/// Identifies a sound at its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct VoiceId(pub(super) u64);

/// A sound that plays, or will play when the output starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Voice {
    /// Its identifier.
    pub id: VoiceId,
    /// The length; zero if unknown.
    pub length: Duration,
}

/// The progress of a sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Samples are still to be rendered.
    Sounding,
    /// All samples are rendered, but not yet played.
    Fading,
    /// Final: played to its end.
    Heard,
    /// Final: stopped before its end.
    Stopped,
    /// Final: not played, or not completely, for this reason.
    Failed(String),
}

/// State that outputs share with the rest of the program.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Volume and mute.
    pub master: Arc<Master>,
    /// The sound server to use.
    pub server: SoundServer,
    /// Silence before the first sound; by default what the device needs.
    pub lead_in: Option<Duration>,
    /// The directory for files that external players read; without it, the system's for temporary files.
    pub state_dir: Option<PathBuf>,
}
