//! Connects to sound servers, checks access, and makes remote connections look local.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;
#[cfg(unix)]
use std::{os::unix::net::UnixStream, path::Path};

use super::Address;
use crate::error::{Error, ErrorKind, Result};

/// The protocol version in a greeting; the server answers with its own.
const VERSION: u32 = 32;
/// Command numbers of the protocol (native-common.h of PulseAudio).
const ERROR: u32 = 0;
const REPLY: u32 = 2;
const AUTH: u32 = 8;
/// The error code of a server that denies access.
const ACCESS_DENIED: u32 = 1;
/// Five 32-bit numbers precede each packet; the second is this for commands.
const DESCRIPTOR_LEN: usize = 20;
const COMMANDS: u32 = u32::MAX;
/// The delays before the first bytes, one for each attempt to get access.
const PAUSES: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(5),
    Duration::from_millis(50),
];

/// A connection to a sound server.
#[derive(Debug)]
pub enum Connection {
    /// To a socket in the file system.
    #[cfg(unix)]
    Unix(UnixStream),
    /// To a port.
    Tcp(TcpStream),
}

fn connect(address: &Address, limit: Duration) -> Result<Connection> {
    let connection = match address {
        #[cfg(unix)]
        Address::Unix(path) => connect_unix(path).map(Connection::Unix),
        #[cfg(not(unix))]
        Address::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        Address::Tcp { host, port } => connect_tcp(host, *port, limit).map(Connection::Tcp),
    };
    connection.map_err(|error| no_server(address).because(error))
}

/// A local server identifies its user, who needs no cookie, by credentials sent with the first bytes. The
/// server requests them only after it accepted the connection, too late for bytes written before. So this end
/// requests them first.
#[cfg(unix)]
fn connect_unix(path: &Path) -> io::Result<UnixStream> {
    let stream = UnixStream::connect(path)?;
    #[cfg(target_os = "linux")]
    rustix::net::sockopt::set_socket_passcred(&stream, true)?;
    Ok(stream)
}

fn connect_tcp(host: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
    let mut last = io::ErrorKind::NotFound.into();
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, limit) {
            Ok(stream) => {
                // Avoids delaying a period of sound until the next one.
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

pub(crate) fn no_server(address: &Address) -> Error {
    Error::new(ErrorKind::Output, format!("no sound server at {address}"))
}

/// Runs `ask` over a connection to the server at `address`. Each connection may take `limit`, plus the time
/// of the name lookup.
///
/// `ask` returns `None` when the server denies access; then it is asked up to two more times with a delay.
/// Through a relay to a socket, the first bytes may arrive after the server accepted the connection and
/// before it requested its user's credentials, which fails in up to one of four attempts.
///
/// # Errors
///
/// [`ErrorKind::Output`] if nothing listens there or access is denied, and the errors of `ask`.
pub fn let_in<T>(
    address: &Address,
    limit: Duration,
    mut ask: impl FnMut(Connection) -> Result<Option<T>>,
) -> Result<T> {
    for pause in PAUSES {
        let connection = connect(address, limit)?;
        std::thread::sleep(pause);
        if let Some(answer) = ask(connection)? {
            return Ok(answer);
        }
    }
    let what = format!("the sound server at {address} denies access");
    Err(Error::new(ErrorKind::Output, what).with_hint(
        "copy the server's ~/.config/pulse/cookie to this machine, or set PULSE_COOKIE to a copy",
    ))
}

impl Connection {
    /// Whether the server accepts `key`; waits up to `limit`. The connection cannot be used afterwards.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Output`] if there is no answer, or the answer is not a sound server's.
    pub fn greet(mut self, address: &Address, key: &[u8], limit: Duration) -> Result<bool> {
        let answer = self.set_limit(limit).and_then(|()| {
            self.writer().write_all(&greeting(key))?;
            let mut answer = [0; DESCRIPTOR_LEN + 15];
            self.reader().read_exact(&mut answer)?;
            Ok(answer)
        });
        let number = |bytes: &[u8]| u32::from_be_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]);
        let answer = answer.map_err(|error| no_answer(address, &error))?;
        let said = &answer[DESCRIPTOR_LEN..];
        match (number(said), number(&said[10..])) {
            (REPLY, _) => Ok(true),
            (ERROR, ACCESS_DENIED) => Ok(false),
            (other, _) => Err(no_server(address).because(format!("unexpected answer {other}"))),
        }
    }

    /// Makes reads and writes fail after `limit`.
    fn set_limit(&self, limit: Duration) -> io::Result<()> {
        match self {
            #[cfg(unix)]
            Self::Unix(stream) => {
                stream.set_read_timeout(Some(limit))?;
                stream.set_write_timeout(Some(limit))
            }
            Self::Tcp(stream) => {
                stream.set_read_timeout(Some(limit))?;
                stream.set_write_timeout(Some(limit))
            }
        }
    }

    fn reader(&mut self) -> &mut dyn Read {
        match self {
            #[cfg(unix)]
            Self::Unix(stream) => stream,
            Self::Tcp(stream) => stream,
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            #[cfg(unix)]
            Self::Unix(stream) => stream,
            Self::Tcp(stream) => stream,
        }
    }

    /// The connection as a local socket, because the `pulseaudio` crate supports no other. For a TCP
    /// connection, two threads copy the bytes and end with it.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the system has no more sockets or threads.
    #[cfg(unix)]
    pub fn into_local(self) -> io::Result<UnixStream> {
        let remote = match self {
            Self::Unix(stream) => return Ok(stream),
            Self::Tcp(stream) => stream,
        };
        let (ours, theirs) = UnixStream::pair()?;
        let (remote_reader, ours_writer) = (remote.try_clone()?, ours.try_clone()?);
        pass_on(ours, remote, |remote| {
            let _ = remote.shutdown(std::net::Shutdown::Both);
        })?;
        pass_on(remote_reader, ours_writer, |ours| {
            let _ = ours.shutdown(std::net::Shutdown::Both);
        })?;
        Ok(theirs)
    }
}

/// Copies bytes from one stream to the other on a new thread until one ends, then closes the other.
#[cfg(unix)]
fn pass_on<R: Read + Send + 'static, W: Write + Send + 'static>(
    mut from: R,
    mut to: W,
    end: impl FnOnce(&W) + Send + 'static,
) -> io::Result<()> {
    let thread = std::thread::Builder::new().name("herald-relay".to_owned());
    thread.spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        end(&to);
    })?;
    Ok(())
}

/// A client's first packet.
fn greeting(key: &[u8]) -> Vec<u8> {
    let number = |value: u32| [&b"L"[..], &value.to_be_bytes()].concat();
    let key_len = (key.len() as u32).to_be_bytes();
    let said = [
        number(AUTH),
        number(0), // the tag of the answer
        number(VERSION),
        [b"x", &key_len[..], key].concat(),
    ]
    .concat();
    let descriptor = [said.len() as u32, COMMANDS, 0, 0, 0];
    let descriptor = descriptor.map(u32::to_be_bytes).concat();
    [descriptor, said].concat()
}

fn no_answer(address: &Address, error: &io::Error) -> Error {
    use io::ErrorKind::{ConnectionReset, TimedOut, UnexpectedEof, WouldBlock};
    let no_server = no_server(address);
    match error.kind() {
        TimedOut | WouldBlock => no_server.because("no answer"),
        UnexpectedEof | ConnectionReset => no_server
            .because("the connection was closed; nothing listens at the other end of the tunnel"),
        _ => no_server.because(error.to_string()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::net::TcpListener;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    fn listen() -> (TcpListener, Address) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let host = "127.0.0.1".to_owned();
        (listener, Address::Tcp { host, port })
    }

    /// The client's result if a server reads its greeting and answers `answer`.
    fn greeted(answer: &[u8]) -> String {
        let (listener, address) = listen();
        let answer = answer.to_owned();
        let server = std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut said = vec![0; greeting(&[7; 256]).len()];
            client.read_exact(&mut said).unwrap();
            client.write_all(&answer).unwrap();
            said
        });
        let connection = connect(&address, LIMIT).unwrap();
        let heard = connection.greet(&address, &[7; 256], LIMIT);
        assert_eq!(server.join().unwrap(), greeting(&[7; 256]));
        match heard {
            Ok(true) => "welcome".to_owned(),
            Ok(false) => "no".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn answers_refusals_and_silence_are_distinguished() {
        let answer = |command: u8, code: u8| {
            let mut answer = vec![0; DESCRIPTOR_LEN];
            for number in [command, 0, code] {
                answer.extend([b'L', 0, 0, 0, number]);
            }
            answer
        };
        assert_eq!(greeted(&answer(2, 35)), "welcome");
        assert_eq!(greeted(&answer(0, 1)), "no");
        assert!(greeted(&answer(0, 7)).contains("unexpected answer 0"));
        assert!(greeted(b"").contains("nothing listens at the other end of the tunnel"));
    }

    #[test]
    fn a_server_is_asked_a_few_times_before_it_is_believed() {
        // Connections are accepted by nobody, so they wait.
        let (_listener, address) = listen();
        let asked = |lets_in_at: usize| {
            let mut times = 0;
            let heard = let_in(&address, LIMIT, |_| {
                times += 1;
                Ok((times == lets_in_at).then_some("welcome"))
            });
            (times, heard.map_err(|error| error.to_string()))
        };
        assert_eq!(asked(1), (1, Ok("welcome")));
        assert_eq!(asked(3), (3, Ok("welcome")));
        let (times, refused) = asked(4);
        assert_eq!(times, 3);
        let what = format!("the sound server at {address} denies access; hint: copy");
        assert!(refused.unwrap_err().starts_with(&what));
        let mut times = 0;
        let broken = let_in(&address, LIMIT, |_| {
            times += 1;
            Err::<Option<()>, _>(no_server(&address))
        });
        assert!(broken.is_err());
        assert_eq!(times, 1);
    }

    #[test]
    fn a_missing_server_is_reported_with_its_address() {
        let address = Address::Unix("/nowhere/native".into());
        let error = connect(&address, LIMIT).unwrap_err().to_string();
        assert!(
            error.starts_with("no sound server at unix:/nowhere/native: No such file"),
            "{error}"
        );
    }

    #[test]
    fn a_port_looks_local_and_either_end_ends_the_other() {
        let (listener, address) = listen();
        for local_ends_first in [true, false] {
            let connection = connect(&address, LIMIT).unwrap();
            let (mut remote, _) = listener.accept().unwrap();
            let mut local = connection.into_local().unwrap();
            local.set_read_timeout(Some(LIMIT)).unwrap();
            remote.set_read_timeout(Some(LIMIT)).unwrap();
            let mut found = [0; 4];
            local.write_all(b"ping").unwrap();
            remote.read_exact(&mut found).unwrap();
            remote.write_all(&found).unwrap();
            local.read_exact(&mut found).unwrap();
            assert_eq!(&found, b"ping");
            if local_ends_first {
                drop(local);
                assert_eq!(remote.read(&mut found).unwrap(), 0);
            } else {
                drop(remote);
                assert_eq!(local.read(&mut found).unwrap(), 0);
            }
        }
    }
}
