//! Ways out for sound, behind one trait.
//!
//! ```text
//!                      ┌─ pulse   a sound server, here or on another machine
//!                      ├─ cpal    a sound card
//!  Backend ─┬─ Mixed ──┼─ wav     a file
//!           │  engine  └─ null    nowhere
//!           └─ Command            an external player, a process for each sound
//! ```
//!
//! A [`Backend`] takes sounds. Most mix them themselves (`mixed`) and hand the samples to a
//! `Device`, which knows nothing of sounds; an external player does its own mixing. [`chain`]
//! says which to try, in which order.

mod command;
mod cpal;
mod meter;
mod mixed;
mod null;
mod paced;
mod pull;
#[cfg(all(unix, not(target_vendor = "apple")))]
mod pulse;
mod wav;

use std::sync::Arc;
use std::time::Duration;

use command::Command;

use crate::audio::{Clip, Format};
use crate::engine::{Master, Renderer};
use crate::error::{Error, ErrorKind, Result};
use crate::sound::{Output, Sound};
use crate::system::external::ExternalPlayer;
use crate::system::sound_server::SoundServer;

/// Silence before the first sound on a Bluetooth device: what was found to be enough
/// (PeonPing/peon-ping#543).
const BLUETOOTH_LEAD_IN: Duration = Duration::from_millis(300);

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
    fn clip(&self) -> Result<Arc<Clip>> {
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

/// Something that pulls samples: a device that is open and not yet running.
trait Device: Send {
    /// What the device is, for people.
    fn name(&self) -> String;

    /// The samples it takes.
    fn format(&self) -> Format;

    /// How long it sleeps through the first samples: silence to send first.
    fn lead_in(&self) -> Duration {
        Duration::ZERO
    }

    /// Starts pulling samples from `renderer`, until the stream is dropped.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Output`] if it cannot be started after all.
    fn start(self: Box<Self>, renderer: Renderer) -> Result<Box<dyn Stream>>;

    /// Whether opening it again costs something, or is heard.
    fn is_worth_keeping(&self) -> bool;
}

/// A running device. Dropping it closes it; samples that it has not played yet may be lost.
trait Stream: Send {
    /// Frames pulled from the renderer so far.
    fn frames(&self) -> u64;

    /// How long a pulled frame takes until it is heard, by the system's own account, and the
    /// length of a period on top.
    fn latency(&self) -> Duration;

    /// What ended the stream, if something did.
    fn failure(&self) -> Option<String>;
}

/// Whether a sound server names the devices of Bluetooth like `id`.
fn is_bluetooth(id: &str) -> bool {
    let name = id.split_once(':').map_or(id, |(_host, name)| name);
    ["bluez_output.", "bluez_sink.", "bluealsa"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// One way to make sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// A device of the sound server: the named one, or the default.
    Server {
        /// The device's name.
        name: Option<String>,
    },
    /// A sound device of a host: the named one, or the default.
    Device {
        /// The host's name.
        host: &'static str,
        /// The device's name.
        name: Option<String>,
    },
    /// The external player that the environment names.
    Named(ExternalPlayer),
    /// An external player that is installed.
    Found(ExternalPlayer),
    /// A file.
    Wav(std::path::PathBuf),
    /// Nowhere.
    Null,
}

impl Link {
    /// Whether opening it waits for an answer, which may never come.
    pub(crate) const fn may_hang(&self) -> bool {
        matches!(self, Self::Server { .. } | Self::Device { .. })
    }
}

/// The ways to make sound at `output`, the best first, for somebody whose sound server is `server`.
///
/// Who names a server is heard there or not at all: this machine's own devices may be in another
/// room.
pub fn chain(output: &Output, server: &SoundServer) -> Vec<Link> {
    let has_servers = cfg!(all(unix, not(target_vendor = "apple")));
    let elsewhere = has_servers && server.address.is_some();
    let devices = |name: Option<&String>| {
        let name = name.cloned();
        let cards = cpal::hosts().filter(|_| !elsewhere);
        let cards = cards.map(|host| Link::Device {
            host,
            name: name.clone(),
        });
        let at_server = has_servers.then(|| Link::Server { name: name.clone() });
        at_server.into_iter().chain(cards).collect::<Vec<_>>()
    };
    let found = || {
        let found = ExternalPlayer::found().into_iter();
        // The others do without the server if need be, or know of none.
        let found = found.filter(|player| !elsewhere || player.name() == "paplay");
        found.map(Link::Found)
    };
    match output {
        Output::Auto(named) => {
            let mut chain: Vec<Link> = named.iter().cloned().map(Link::Named).collect();
            chain.extend(devices(None));
            chain.extend(found());
            chain
        }
        Output::Cpal(device) => devices(device.as_ref()),
        Output::Command(Some(named)) => vec![Link::Named(named.clone())],
        Output::Command(None) => found().collect(),
        Output::Wav(path) => vec![Link::Wav(path.clone())],
        Output::Null => vec![Link::Null],
    }
}

/// Opens `link`. May take seconds where a sound server hangs.
///
/// # Errors
///
/// [`crate::ErrorKind::Output`] if it is not there.
pub fn open(link: &Link, context: &Context) -> Result<Box<dyn Backend>> {
    let device = match link {
        #[cfg(all(unix, not(target_vendor = "apple")))]
        Link::Server { name } => pulse::open(&context.server, name.as_deref())?,
        #[cfg(not(all(unix, not(target_vendor = "apple"))))]
        Link::Server { .. } => {
            let what = "there is no sound server on this system";
            return Err(Error::new(ErrorKind::Output, what));
        }
        Link::Device { host, name } => cpal::open(host, name.as_deref())?,
        Link::Wav(path) => wav::open(path)?,
        Link::Null => null::open(),
        Link::Named(player) => return Ok(Box::new(Command::new(player, true, context))),
        Link::Found(player) => return Ok(Box::new(Command::new(player, false, context))),
    };
    Ok(Box::new(mixed::Mixed::new(device, context)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bluetooth_devices_are_known_by_the_names_of_sound_servers() {
        for id in [
            "pulseaudio:bluez_sink.AA_BB_CC_DD_EE_FF.a2dp_sink",
            "pulseaudio:bluez_output.AA_BB_CC_DD_EE_FF.1",
            "alsa:bluealsa:DEV=AA:BB:CC:DD:EE:FF,PROFILE=a2dp",
        ] {
            assert!(is_bluetooth(id), "{id}");
        }
        for id in [
            "pulseaudio:alsa_output.pci-0000_00_1f.3.analog-stereo",
            "pulseaudio:combined_bluez_output",
            "alsa:default",
        ] {
            assert!(!is_bluetooth(id), "{id}");
        }
    }
}
