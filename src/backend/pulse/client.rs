//! A connection to a sound server, and its requests.

use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use pulseaudio::{Client, ClientError, protocol};

use super::within::within;
use crate::error::Result;
use crate::system::sound_server::{self, Address, Connection, SoundServer};

/// The time limit for an answer.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// The time limit for connecting.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// A client's connection, closed when dropped.
pub(super) struct PulseClient {
    pub(super) client: Client,
    socket: UnixStream,
    /// The address, unless it is the user's own server.
    pub(super) named: Option<Address>,
}

impl Drop for PulseClient {
    fn drop(&mut self) {
        // It may be closed already.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

impl PulseClient {
    pub(super) fn to(address: &Address, key: &[u8], server: &SoundServer) -> Result<Self> {
        let named = server.address.is_some().then(|| address.clone());
        sound_server::let_in(address, CONNECT_LIMIT, |connection| {
            let client = Self::client(connection, address, key)?;
            Ok(client.map(|(client, socket)| Self {
                client,
                socket,
                named: named.clone(),
            }))
        })
    }

    /// A client with its connection; none if the server denies access to the owner of `key`.
    fn client(
        connection: Connection,
        address: &Address,
        key: &[u8],
    ) -> Result<Option<(Client, UnixStream)>> {
        let no_server = || sound_server::no_server(address);
        let opened = connection.into_local().and_then(|socket| {
            socket.set_read_timeout(Some(ANSWER_LIMIT))?;
            socket.set_write_timeout(Some(ANSWER_LIMIT))?;
            Ok((socket.try_clone()?, socket))
        });
        let (ours, socket) = opened.map_err(|error| no_server().because(error))?;
        match Client::new_unix(c"Herald", socket, Some(key)) {
            Ok(client) => Ok(Some((client, ours))),
            Err(error) => match reason(&error) {
                Reason::Refused => Ok(None),
                Reason::Other(why) => Err(no_server().because(why)),
            },
        }
    }

    /// The server's answer, within the time limit.
    pub(super) fn ask<T>(
        &self,
        question: impl Future<Output = std::result::Result<T, ClientError>>,
    ) -> std::result::Result<T, String> {
        match within(ANSWER_LIMIT, question) {
            None => Err("the sound server does not answer".to_owned()),
            Some(answer) => answer.map_err(|error| match reason(&error) {
                Reason::Refused => "access denied".to_owned(),
                Reason::Other(why) => why,
            }),
        }
    }
}

pub(super) enum Reason {
    Refused,
    Other(String),
}

/// The cause of the crate's error, which it does not expose.
pub(super) fn reason(error: &ClientError) -> Reason {
    use protocol::{ProtocolError, PulseError};
    let of_io = |error: &std::io::Error| match error.kind() {
        std::io::ErrorKind::WouldBlock => Reason::Other("no answer".to_owned()),
        std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::BrokenPipe => {
            Reason::Other("the connection was closed".to_owned())
        }
        _ => Reason::Other(error.to_string()),
    };
    match error {
        ClientError::ServerError(PulseError::AccessDenied)
        | ClientError::Protocol(ProtocolError::ServerError(PulseError::AccessDenied)) => {
            Reason::Refused
        }
        ClientError::Protocol(ProtocolError::Io(error)) | ClientError::Io(error) => of_io(error),
        ClientError::Protocol(error) => Reason::Other(error.to_string()),
        ClientError::Disconnected => Reason::Other("the connection was closed".to_owned()),
        other => Reason::Other(other.to_string()),
    }
}
