//! Inboxes that are datagram sockets.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{self, SocketAddrUnix};

use super::{MAX_LEN, Received, Sent};
use crate::file::Identity;

/// A socket, which is there for others until it is dropped.
#[derive(Debug)]
pub(in crate::player) struct Inbox {
    socket: UnixDatagram,
    path: PathBuf,
    identity: Option<Identity>,
}

impl Inbox {
    /// An inbox at `path`. Whatever stood there is replaced.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(in crate::player) fn bind(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = UnixDatagram::unbound()?;
        // Before it has a name, so that no message comes without its sender's.
        #[cfg(target_os = "linux")]
        net::sockopt::set_socket_passcred(&socket, true)?;
        net::bind(&socket, &SocketAddrUnix::new(path)?)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        Ok(Self {
            socket,
            path: path.to_owned(),
            identity: identity(path),
        })
    }

    /// Whether others still find it.
    pub(in crate::player) fn is_found(&self) -> bool {
        self.identity.is_some() && identity(&self.path) == self.identity
    }

    /// Lets nobody find it any more.
    pub(in crate::player) fn hide(&self) {
        if self.is_found() {
            let _ = fs::remove_file(&self.path);
        }
    }

    /// Takes a message, if one comes within `patience`.
    pub(in crate::player) fn receive(&self, patience: Duration) -> Received {
        let patience = Timespec {
            tv_sec: patience.as_secs().cast_signed(),
            tv_nsec: patience.subsec_nanos().into(),
        };
        match poll(
            &mut [PollFd::new(&self.socket, PollFlags::IN)],
            Some(&patience),
        ) {
            Ok(1..) => self.take().unwrap_or(Received::Nothing),
            _ => Received::Nothing,
        }
    }

    /// Takes the message that is there, and asks the system who sent it.
    #[cfg(target_os = "linux")]
    fn take(&self) -> rustix::io::Result<Received> {
        use net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};
        use std::mem::MaybeUninit;

        let mut message = vec![0; MAX_LEN + 1];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmCredentials(1))];
        let mut extras = RecvAncillaryBuffer::new(&mut space);
        let len = net::recvmsg(
            &self.socket,
            &mut [io::IoSliceMut::new(&mut message)],
            &mut extras,
            RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC,
        )?
        .bytes;
        let sender = extras.drain().find_map(|extra| match extra {
            RecvAncillaryMessage::ScmCredentials(sender) => Some(sender.uid),
            _ => None,
        });
        message.truncate(len);
        Ok(match sender {
            Some(user) if user == rustix::process::geteuid() || user.is_root() => {
                Received::Message(message)
            }
            Some(user) => Received::Refused(format!("it is from user {}", user.as_raw())),
            None => Received::Refused("nobody knows who sent it".to_owned()),
        })
    }

    /// Takes the message that is there. Who can reach the socket is this user.
    #[cfg(not(target_os = "linux"))]
    fn take(&self) -> rustix::io::Result<Received> {
        let mut message = vec![0; MAX_LEN + 1];
        let (len, _) = net::recv(&self.socket, &mut message[..], net::RecvFlags::DONTWAIT)?;
        message.truncate(len);
        Ok(Received::Message(message))
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.hide();
    }
}

fn identity(path: &Path) -> Option<Identity> {
    Some(Identity::of(&fs::symlink_metadata(path).ok()?))
}

/// Sends `message` to the inbox at `path`, or fails at once.
///
/// # Errors
///
/// What the system says, unless [`Sent`] has a name for it.
pub(in crate::player) fn send(path: &Path, message: &[u8]) -> io::Result<Sent> {
    let socket = UnixDatagram::unbound()?;
    let to = SocketAddrUnix::new(path)?;
    match net::sendto(&socket, message, net::SendFlags::DONTWAIT, &to) {
        Ok(_) => Ok(Sent::Delivered),
        Err(Errno::NOENT | Errno::CONNREFUSED) => Ok(Sent::NobodyThere),
        Err(Errno::AGAIN | Errno::NOBUFS) => Ok(Sent::Busy),
        Err(error) => Err(error.into()),
    }
}
