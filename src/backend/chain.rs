//! The choices of outputs, and their order.

use super::command::Command;
use super::mixed::Mixed;
use super::output::{Backend, Context};
#[cfg(all(unix, not(target_vendor = "apple")))]
use super::pulse;
use super::{cpal, null, wav};
use crate::error::Result;
#[cfg(not(all(unix, not(target_vendor = "apple"))))]
use crate::error::{Error, ErrorKind};
use crate::sound::Output;
use crate::system::external::ExternalPlayer;
use crate::system::sound_server::SoundServer;

/// One way to output sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OutputChoice {
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
    /// The external player named in the environment.
    Named(ExternalPlayer),
    /// An installed external player.
    Found(ExternalPlayer),
    /// A WAV file.
    Wav(std::path::PathBuf),
    /// No output.
    Null,
}

impl OutputChoice {
    /// Whether opening it waits for an answer that may never come.
    pub(crate) const fn may_hang(&self) -> bool {
        matches!(self, Self::Server { .. } | Self::Device { .. })
    }
}

/// The choices for `output`, best first; `server` is the sound server.
///
/// An explicitly named server is never replaced by a local device, which may be in another room.
pub(crate) fn chain(output: &Output, server: &SoundServer) -> Vec<OutputChoice> {
    let has_servers = cfg!(all(unix, not(target_vendor = "apple")));
    let elsewhere = has_servers && server.address.is_some();
    let devices = |name: Option<&String>| {
        let name = name.cloned();
        let cards = cpal::hosts().filter(|_| !elsewhere);
        let cards = cards.map(|host| OutputChoice::Device {
            host,
            name: name.clone(),
        });
        let at_server = has_servers.then(|| OutputChoice::Server { name: name.clone() });
        at_server.into_iter().chain(cards).collect::<Vec<_>>()
    };
    let found = || {
        let found = ExternalPlayer::found().into_iter();
        // Other players may fall back to a local device, or do not know the server.
        let found = found.filter(|player| !elsewhere || player.name() == "paplay");
        found.map(OutputChoice::Found)
    };
    match output {
        Output::Auto(named) => {
            let mut chain: Vec<OutputChoice> =
                named.iter().cloned().map(OutputChoice::Named).collect();
            chain.extend(devices(None));
            chain.extend(found());
            chain
        }
        Output::Cpal(device) => devices(device.as_ref()),
        Output::Command(Some(named)) => vec![OutputChoice::Named(named.clone())],
        Output::Command(None) => found().collect(),
        Output::Wav(path) => vec![OutputChoice::Wav(path.clone())],
        Output::Null => vec![OutputChoice::Null],
    }
}

/// Opens `choice`. May take seconds if a sound server hangs.
///
/// # Errors
///
/// [`crate::ErrorKind::Output`] if it is not available.
pub(crate) fn open(choice: &OutputChoice, context: &Context) -> Result<Box<dyn Backend>> {
    let device = match choice {
        #[cfg(all(unix, not(target_vendor = "apple")))]
        OutputChoice::Server { name } => pulse::open(&context.server, name.as_deref())?,
        #[cfg(not(all(unix, not(target_vendor = "apple"))))]
        OutputChoice::Server { .. } => {
            let what = "this system has no sound server";
            return Err(Error::new(ErrorKind::Output, what));
        }
        OutputChoice::Device { host, name } => cpal::open(host, name.as_deref())?,
        OutputChoice::Wav(path) => wav::open(path)?,
        OutputChoice::Null => null::open(),
        OutputChoice::Named(player) => return Ok(Box::new(Command::new(player, true, context))),
        OutputChoice::Found(player) => return Ok(Box::new(Command::new(player, false, context))),
    };
    Ok(Box::new(Mixed::new(device, context)))
}
