//! The connection to a sound server, and what it is asked.

use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use pulseaudio::{Client, ClientError, protocol};

use super::within::within;
use crate::error::Result;
use crate::system::sound_server::{self, Address, Connection, SoundServer};

/// How long the server may take for an answer.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// How long a machine may take to take a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// A client's connection, which ends when this is dropped.
pub(super) struct PulseClient {
    pub(super) client: Client,
    socket: UnixStream,
    /// Its address, if it is not the user's own server.
    pub(super) named: Option<Address>,
}

impl Drop for PulseClient {
    fn drop(&mut self) {
        // It may have ended already.
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

    /// A client, and its connection; none, if the server does not let the owner of `key` in.
    fn client(
        connection: Connection,
        address: &Address,
        key: &[u8],
    ) -> Result<Option<(Client, UnixStream)>> {
        let nobody = || sound_server::nobody(address);
        let opened = connection.into_local().and_then(|socket| {
            socket.set_read_timeout(Some(ANSWER_LIMIT))?;
            socket.set_write_timeout(Some(ANSWER_LIMIT))?;
            Ok((socket.try_clone()?, socket))
        });
        let (ours, socket) = opened.map_err(|error| nobody().because(error))?;
        match Client::new_unix(c"Herald", socket, Some(key)) {
            Ok(client) => Ok(Some((client, ours))),
            Err(error) => match reason(&error) {
                Reason::Refused => Ok(None),
                Reason::Other(why) => Err(nobody().because(why)),
            },
        }
    }

    /// What the server says, if it does in time.
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

/// What is behind an error of the crate, which keeps it to itself.
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
