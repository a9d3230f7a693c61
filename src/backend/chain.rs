//! Which ways to make sound there are, and which to try first.

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
    Ok(Box::new(Mixed::new(device, context)))
}
