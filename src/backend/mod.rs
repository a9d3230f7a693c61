//! Ways out for samples, behind one trait: a sound device, a WAV file, nowhere.

mod cpal;
mod null;
mod paced;
mod wav;

use std::time::Duration;

use crate::audio::Format;
use crate::engine::Renderer;
use crate::error::Result;
use crate::sound::Output;

/// An output that is open and not yet running.
pub trait Backend: Send {
    /// What the output is, for people: the host and the device, or the file.
    fn name(&self) -> String;

    /// The samples it takes.
    fn format(&self) -> Format;

    /// Starts pulling samples from `renderer`, until the stream is dropped.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Output`] if the output cannot be started after all.
    fn start(self: Box<Self>, renderer: Renderer) -> Result<Box<dyn Stream>>;
}

/// A running output. Dropping it closes it; samples the device has not played yet may be lost.
pub trait Stream: Send {
    /// Frames pulled from the renderer so far.
    fn frames(&self) -> u64;

    /// How long a pulled frame takes until it is heard, by the system's own account, and the
    /// length of a period on top.
    fn latency(&self) -> Duration;

    /// How long it is worth keeping the stream open with nothing to play.
    fn idle_limit(&self) -> Duration;

    /// What ended the stream, if something did.
    fn failure(&self) -> Option<String>;
}

/// Opens `output`. May take seconds where a sound server hangs.
///
/// # Errors
///
/// [`crate::ErrorKind::Output`] if there is no such output, or none at all.
pub fn open(output: &Output) -> Result<Box<dyn Backend>> {
    match output {
        Output::Auto => cpal::open(None),
        Output::Cpal(device) => cpal::open(device.as_deref()),
        Output::Wav(path) => wav::open(path),
        Output::Null => Ok(null::open()),
    }
}
