//! Inboxes as datagram sockets.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{self, SocketAddrUnix};

use super::{MAX_LEN, Received, Sent};
use crate::system::file::Identity;
use crate::system::wait;

/// The number of longest messages that fit, as on Linux; and the overhead of each.
#[cfg(target_vendor = "apple")]
const MAX_WAITING: usize = 11;
#[cfg(target_vendor = "apple")]
const OVERHEAD: usize = 512;

/// A socket, reachable until it is dropped.
#[derive(Debug)]
pub(in crate::player) struct Inbox {
    socket: UnixDatagram,
    path: PathBuf,
    identity: Option<Identity>,
}

impl Inbox {
    /// Creates an inbox at `path`, which must not exist.
    ///
    /// # Errors
    ///
    /// The error of the system.
    pub(in crate::player) fn bind(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        carry_whole_messages(&socket)?;
        // Set before it has a name, so that each message comes with its sender.
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

    /// Whether senders can still reach it.
    pub(in crate::player) fn is_found(&self) -> bool {
        self.identity.is_some() && identity(&self.path) == self.identity
    }

    /// Makes it unreachable.
    pub(in crate::player) fn hide(&self) {
        if self.is_found() {
            let _ = fs::remove_file(&self.path);
        }
    }

    /// Receives a message within `patience`.
    pub(in crate::player) fn receive(&self, patience: Duration) -> Received {
        match wait::is_ready(&self.socket, PollFlags::IN, patience) {
            Ok(true) => self.take().unwrap_or(Received::Nothing),
            _ => Received::Nothing,
        }
    }

    /// Receives a pending message and checks its sender.
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
            Some(user) => Received::Refused(format!("sent by user {}", user.as_raw())),
            None => Received::Refused("unknown sender".to_owned()),
        })
    }

    /// Receives a pending message. Only this user can reach the socket.
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

/// Apple's datagram sockets carry 2 KiB by default.
#[cfg(target_vendor = "apple")]
fn carry_whole_messages(socket: &UnixDatagram) -> io::Result<()> {
    net::sockopt::set_socket_recv_buffer_size(socket, MAX_WAITING * (MAX_LEN + OVERHEAD))?;
    net::sockopt::set_socket_send_buffer_size(socket, MAX_LEN + OVERHEAD)?;
    Ok(())
}

#[cfg(not(target_vendor = "apple"))]
#[allow(clippy::unnecessary_wraps, reason = "as on Apple's systems")]
const fn carry_whole_messages(_: &UnixDatagram) -> io::Result<()> {
    Ok(())
}

/// Sends `message` to the inbox at `path`, without waiting.
///
/// # Errors
///
/// The error of the system, unless [`Sent`] covers it.
pub(in crate::player) fn send(path: &Path, message: &[u8]) -> io::Result<Sent> {
    let socket = UnixDatagram::unbound()?;
    carry_whole_messages(&socket)?;
    let to = SocketAddrUnix::new(path)?;
    match net::sendto(&socket, message, net::SendFlags::DONTWAIT, &to) {
        Ok(_) => Ok(Sent::Delivered),
        Err(Errno::NOENT | Errno::CONNREFUSED) => Ok(Sent::NobodyThere),
        Err(Errno::AGAIN | Errno::NOBUFS) => Ok(Sent::Busy),
        Err(error) => Err(error.into()),
    }
}

/// Whether the process of the inbox at `path` was killed: one that exits removes its inbox.
pub(in crate::player) fn is_abandoned(path: &Path) -> bool {
    let connected = UnixDatagram::unbound().and_then(|socket| socket.connect(path));
    connected.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[test]
    fn messages_arrive_whole_and_a_full_inbox_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("inbox");
        assert_eq!(send(&path, b"hello").unwrap(), Sent::NobodyThere);
        let inbox = Inbox::bind(&path).unwrap();
        let long = vec![b'x'; MAX_LEN];
        assert_eq!(send(&path, &long).unwrap(), Sent::Delivered);
        assert_eq!(inbox.receive(PATIENCE), Received::Message(long));
        assert_eq!(inbox.receive(Duration::ZERO), Received::Nothing);
        let mut sent = (0..10_000).map(|_| send(&path, b"hello").unwrap());
        assert!(sent.any(|sent| sent == Sent::Busy));
    }

    #[test]
    fn an_inbox_is_found_until_it_is_hidden_or_something_else_stands_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("inbox");
        let first = Inbox::bind(&path).unwrap();
        assert!(first.is_found());
        send(&path, b"on its way").unwrap();
        assert!(
            Inbox::bind(&path).is_err(),
            "it is not for another to replace"
        );
        fs::remove_file(&path).unwrap();
        let second = Inbox::bind(&path).unwrap();
        assert!(!first.is_found() && second.is_found());
        let message = Received::Message(b"on its way".to_vec());
        assert_eq!(first.receive(PATIENCE), message);
        drop(first);
        assert!(second.is_found(), "what is another's stays");
        second.hide();
        assert!(!is_abandoned(&path), "it was taken along");
        drop(UnixDatagram::bind(&path).unwrap());
        assert!(is_abandoned(&path));
        fs::remove_file(&path).unwrap();
        assert_eq!(send(&path, b"hello").unwrap(), Sent::NobodyThere);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_message_from_another_user_is_refused() {
        use rustix::process::{Gid, Uid};
        use rustix::thread::{set_thread_res_gid, set_thread_res_uid};
        use std::os::unix::fs::PermissionsExt;

        if !rustix::process::geteuid().is_root() {
            test_support::not_tested("only root can be another user for a moment");
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("inbox");
        let inbox = Inbox::bind(&path).unwrap();
        // As if directory and socket were not private.
        for (path, mode) in [(dir.path(), 0o711), (&path, 0o666)] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let somebody = 65_534;
        let to = path.clone();
        // On Linux each thread may have its own user.
        let stranger = std::thread::spawn(move || {
            let (user, group) = (Uid::from_raw(somebody), Gid::from_raw(somebody));
            set_thread_res_gid(group, group, group).unwrap();
            set_thread_res_uid(user, user, user).unwrap();
            send(&to, b"play this")
        });
        assert_eq!(stranger.join().unwrap().unwrap(), Sent::Delivered);
        let refused = Received::Refused("sent by user 65534".to_owned());
        assert_eq!(inbox.receive(PATIENCE), refused);
        assert_eq!(send(&path, b"play that").unwrap(), Sent::Delivered);
        let own = Received::Message(b"play that".to_vec());
        assert_eq!(inbox.receive(PATIENCE), own);
    }
}
