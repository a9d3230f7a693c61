//! What an output does: it takes sounds, and tells how far they are.

use std::sync::Arc;
use std::time::Duration;

use crate::audio::{Clip, Format};
use crate::engine::Master;
use crate::error::{Error, ErrorKind, Result};
use crate::sound::Sound;
use crate::system::sound_server::SoundServer;

/// An open output. Dropping it closes it, and takes half a second at most, even where a sound
/// server hangs; what it has not played yet may be lost.
pub trait Backend: Send {
    /// What it is, for people: the host and the device, or the file, or the program.
    fn name(&self) -> String;

    /// The format in which a sound from `from` on is to be loaded to be played here; none if its file
    /// is played as it is.
    fn wants(&self, sound: &Sound, from: Duration) -> Option<Format>;

    /// Gets a sound ready, or starts it if the output is started. Later callers go on with what
    /// it returns.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Sound`] if it cannot be played, [`crate::ErrorKind::Busy`] if there
    /// is too much already.
    fn play(&mut self, cue: Cue) -> Result<Voice>;

    /// Starts the output, with the sounds it has got so far at its very beginning. Once.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Output`] if the output cannot be started after all.
    fn start(&mut self) -> Result<()>;

    /// How far a sound is. After an answer that is final the output has forgotten it.
    fn progress(&mut self, voice: VoiceId) -> Progress;

    /// Fades a sound out, or ends it where that cannot be done.
    fn stop(&mut self, voice: VoiceId);

    /// How much of a sound was certainly heard: where another output would go on.
    fn heard(&self, voice: VoiceId) -> Duration;

    /// What ended the output, if something did.
    fn failure(&mut self) -> Option<String>;

    /// Whether it is worth keeping open for a while with nothing to play.
    fn is_worth_keeping(&self) -> bool;
}

/// What to play, and how.
#[derive(Clone, Debug)]
pub struct Cue {
    /// The sound.
    pub sound: Sound,
    /// The same, loaded as the output [wants](Backend::wants) it; none if it is not, yet.
    pub clip: Option<Arc<Clip>>,
    /// A factor, 1 is the sound's own level.
    pub gain: f32,
    /// Where in the sound to begin; not at its start where it goes on after it was cut off.
    pub from: Duration,
}

impl Cue {
    /// The clip, for an output that wants one.
    pub(super) fn clip(&self) -> Result<Arc<Clip>> {
        let not_loaded = || Error::new(ErrorKind::Sound, "the sound was not loaded");
        self.clip.clone().ok_or_else(not_loaded)
    }
}

/// A sound's name at the output that plays it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VoiceId(pub(super) u64);

/// A sound that plays, or will when the output starts.
#[derive(Clone, Copy, Debug)]
pub struct Voice {
    /// Its name.
    pub id: VoiceId,
    /// How long it sounds; zero if nobody knows.
    pub length: Duration,
}

/// How far a sound is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Samples are still to come.
    Sounding,
    /// The last sample is on its way to the ear.
    Fading,
    /// Final: it was heard to its end.
    Heard,
    /// Final: it was stopped before its end.
    Stopped,
    /// Final: it was not heard, or not all of it, for this reason.
    Failed(String),
}

/// What outputs share with the rest of the program.
#[derive(Clone, Debug)]
pub struct Context {
    /// Volume and mute.
    pub master: Arc<Master>,
    /// The sound server of whoever asks.
    pub server: SoundServer,
    /// Silence before the first sound; none given: what the device needs.
    pub lead_in: Option<Duration>,
}
