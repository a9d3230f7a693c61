//! D-Bus, as far as the questions about a desktop need it: calls with texts, and the first value of the answer.
//!
//! Own code: the one small blocking crate (rustbus 0.19) never returns from a bus that hangs, spins when it
//! closes the connection, and leaves its socket to child processes. Others have an async stack or a library
//! in C.
//!
//! # Limits
//!
//! Sockets in the file system and Linux's abstract ones. An answer has at most [`MAX_LEN`] bytes.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// How long a bus, with all calls, may take.
const LIMIT: Duration = Duration::from_secs(2);
/// The longest line of the greeting.
const MAX_LINE_LEN: u64 = 1 << 10;
/// The longest header, and the longest body.
const MAX_LEN: usize = 1 << 16;

/// Message types and the flag "do not start the service for this".
const CALL: u8 = 1;
const RETURN: u8 = 2;
const ERROR: u8 = 3;
const NO_AUTO_START: u8 = 2;
/// Header fields.
const PATH: u8 = 1;
const INTERFACE: u8 = 2;
const MEMBER: u8 = 3;
const REPLY_SERIAL: u8 = 5;
const DESTINATION: u8 = 6;
const SIGNATURE: u8 = 8;

/// A connection to a bus.
pub(super) struct Bus {
    stream: BufReader<UnixStream>,
    until: Instant,
    serial: u32,
}

/// A call of a method of a service.
pub(super) struct Call<'a> {
    /// The service's name on the bus.
    pub(super) name: &'a str,
    pub(super) path: &'a str,
    pub(super) interface: &'a str,
    pub(super) member: &'a str,
    pub(super) args: &'a [&'a str],
}

/// The first value of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    Bool(bool),
    Texts(Vec<String>),
    Other,
}

impl Bus {
    /// Connects to the first bus of `addresses`, in the syntax of `DBUS_SESSION_BUS_ADDRESS`, that answers.
    pub(super) fn connect(addresses: &str) -> Result<Self, String> {
        let mut why = "no address".to_owned();
        for address in addresses.split(';').filter(|address| !address.is_empty()) {
            match Self::connect_to(address) {
                Ok(bus) => return Ok(bus),
                Err(error) => why = format!("no D-Bus at {address}: {error}"),
            }
        }
        Err(why)
    }

    fn connect_to(address: &str) -> io::Result<Self> {
        let mut bus = Self {
            stream: BufReader::new(socket(address)?),
            until: Instant::now() + LIMIT,
            serial: 0,
        };
        let user = rustix::process::geteuid().as_raw().to_string();
        let user: String = user.bytes().map(|digit| format!("{digit:02x}")).collect();
        bus.write(format!("\0AUTH EXTERNAL {user}\r\n").as_bytes())?;
        let mut line = Vec::new();
        bus.set_limit()?;
        let mut limited = (&mut bus.stream).take(MAX_LINE_LEN);
        limited.read_until(b'\n', &mut line)?;
        if !line.starts_with(b"OK ") {
            return Err(io::Error::other("access denied"));
        }
        bus.write(b"BEGIN\r\n")?;
        let hello = Call {
            member: "Hello",
            ..BUS
        };
        bus.call(&hello).map_err(io::Error::other)?;
        Ok(bus)
    }

    /// Whether some service has the name `name`.
    pub(super) fn is_there(&mut self, name: &str) -> Result<bool, String> {
        let call = Call {
            member: "NameHasOwner",
            args: &[name],
            ..BUS
        };
        Ok(self.call(&call)? == Value::Bool(true))
    }

    /// Calls a method. Starts no service.
    pub(super) fn call(&mut self, call: &Call<'_>) -> Result<Value, String> {
        self.serial += 1;
        let asked = self.write(&message(call, self.serial));
        let answer = asked.and_then(|()| {
            loop {
                let message = self.read()?;
                if message.answers == Some(self.serial) {
                    return Ok(message);
                }
            }
        });
        let answer = answer.map_err(|error| format!("{} does not answer: {error}", call.name))?;
        match answer.kind {
            RETURN => Ok(answer.value),
            _ => Err(format!("{} does not know {}", call.name, call.member)),
        }
    }

    fn read(&mut self) -> io::Result<Message> {
        self.set_limit()?;
        let mut start = [0; 16];
        self.stream.read_exact(&mut start)?;
        let is_little = start[0] == b'l';
        let number = |at: usize| {
            let bytes = [start[at], start[at + 1], start[at + 2], start[at + 3]];
            number(bytes, is_little) as usize
        };
        let (body_len, fields_len) = (number(4), number(12));
        if body_len > MAX_LEN || fields_len > MAX_LEN {
            return Err(io::Error::other("too long"));
        }
        let mut fields = vec![0; fields_len.next_multiple_of(8)];
        self.stream.read_exact(&mut fields)?;
        let mut body = vec![0; body_len];
        self.stream.read_exact(&mut body)?;
        fields.truncate(fields_len);
        let message = Message::parse(start[1], &fields, &body, is_little);
        message.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.set_limit()?;
        self.stream.get_mut().write_all(bytes)
    }

    /// Makes the next step fail when the time is over.
    fn set_limit(&self) -> io::Result<()> {
        let rest = self.until.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.get_ref().set_read_timeout(Some(rest))?;
        self.stream.get_ref().set_write_timeout(Some(rest))
    }
}

/// The bus itself.
const BUS: Call<'_> = Call {
    name: "org.freedesktop.DBus",
    path: "/org/freedesktop/DBus",
    interface: "org.freedesktop.DBus",
    member: "",
    args: &[],
};

/// Connects to `unix:path=…` or, on Linux, `unix:abstract=…`.
fn socket(address: &str) -> io::Result<UnixStream> {
    let unsupported = || io::Error::from(io::ErrorKind::Unsupported);
    let pairs = address.strip_prefix("unix:").ok_or_else(unsupported)?;
    let value = |key: &str| {
        let mut pairs = pairs.split(',').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(name, _)| *name == key)
            .map(|(_, value)| unescaped(value))
    };
    if let Some(path) = value("path") {
        use std::os::unix::ffi::OsStringExt;
        return UnixStream::connect(std::ffi::OsString::from_vec(path));
    }
    #[cfg(target_os = "linux")]
    if let Some(name) = value("abstract") {
        use std::os::linux::net::SocketAddrExt;
        let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
        return UnixStream::connect_addr(&address);
    }
    Err(unsupported())
}

/// The bytes of a value in an address, where `%20` is a space.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let escaped = rest.strip_prefix('%').and_then(|rest| rest.get(..2));
        let escaped = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(first));
        let len = if escaped.is_some() { 3 } else { 1 };
        rest = rest.get(len..).unwrap_or_default();
    }
    bytes
}

/// The message for a call, in this machine's byte order.
fn message(call: &Call<'_>, serial: u32) -> Vec<u8> {
    let mut body = Vec::new();
    for arg in call.args {
        push_text(&mut body, arg);
    }
    let mut fields = Vec::new();
    for (field, kind, text) in [
        (PATH, b'o', call.path),
        (INTERFACE, b's', call.interface),
        (MEMBER, b's', call.member),
        (DESTINATION, b's', call.name),
    ] {
        pad(&mut fields, 8);
        fields.extend([field, 1, kind, 0]);
        push_text(&mut fields, text);
    }
    if !call.args.is_empty() {
        pad(&mut fields, 8);
        fields.extend([SIGNATURE, 1, b'g', 0, call.args.len() as u8]);
        fields.extend(call.args.iter().map(|_| b's').chain([0]));
    }
    let order = if cfg!(target_endian = "little") {
        b'l'
    } else {
        b'B'
    };
    let mut message = vec![order, CALL, NO_AUTO_START, 1];
    for number in [body.len() as u32, serial, fields.len() as u32] {
        message.extend(number.to_ne_bytes());
    }
    message.extend(fields);
    pad(&mut message, 8);
    message.extend(body);
    message
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    pad(bytes, 4);
    bytes.extend((text.len() as u32).to_ne_bytes());
    bytes.extend(text.as_bytes());
    bytes.push(0);
}

fn pad(bytes: &mut Vec<u8>, to: usize) {
    bytes.resize(bytes.len().next_multiple_of(to), 0);
}

fn number(bytes: [u8; 4], is_little: bool) -> u32 {
    match is_little {
        true => u32::from_le_bytes(bytes),
        false => u32::from_be_bytes(bytes),
    }
}

/// A message that arrived.
#[derive(Debug)]
struct Message {
    kind: u8,
    /// The serial of the call that it answers.
    answers: Option<u32>,
    value: Value,
}

impl Message {
    fn parse(kind: u8, fields: &[u8], body: &[u8], is_little: bool) -> Option<Self> {
        let mut cursor = Cursor {
            bytes: fields,
            at: 0,
            is_little,
        };
        let mut answers = None;
        let mut signature = "";
        while cursor.at < fields.len() {
            cursor.align(8);
            let field = cursor.byte()?;
            match (field, cursor.signature()?) {
                (REPLY_SERIAL, "u") => answers = Some(cursor.number()?),
                (SIGNATURE, "g") => signature = cursor.signature()?,
                (_, "s" | "o") => _ = cursor.text()?,
                (_, "u") => _ = cursor.number()?,
                (_, "g") => _ = cursor.signature()?,
                _ => return None,
            }
        }
        let mut cursor = Cursor {
            bytes: body,
            at: 0,
            is_little,
        };
        let value = match kind {
            RETURN | ERROR => cursor.value(signature)?,
            _ => Value::Other,
        };
        Some(Self {
            kind,
            answers,
            value,
        })
    }
}

/// Reads values, each at a multiple of its length.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    is_little: bool,
}

impl<'a> Cursor<'a> {
    fn value(&mut self, signature: &str) -> Option<Value> {
        Some(match signature.as_bytes() {
            [b'b', ..] => Value::Bool(self.number()? != 0),
            [b'a', b's', ..] => {
                let len = self.number()? as usize;
                let end = self.at.checked_add(len)?;
                let mut texts = Vec::new();
                while self.at < end {
                    texts.push(self.text()?.to_owned());
                }
                Value::Texts(texts)
            }
            [b'v', ..] => {
                let signature = self.signature()?;
                // A variant in a variant is nothing that is asked for.
                match signature {
                    "v" => Value::Other,
                    signature => self.value(signature)?,
                }
            }
            _ => Value::Other,
        })
    }

    fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(len)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn number(&mut self) -> Option<u32> {
        self.align(4);
        let bytes = self.take(4)?.try_into().ok()?;
        Some(number(bytes, self.is_little))
    }

    /// A text, with its length before it and a null behind it.
    fn text(&mut self) -> Option<&'a str> {
        let len = self.number()? as usize;
        let text = self.take(len)?;
        self.byte()?;
        std::str::from_utf8(text).ok()
    }

    fn signature(&mut self) -> Option<&'a str> {
        let len = self.byte()?;
        let text = self.take(len.into())?;
        self.byte()?;
        std::str::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests;
