//! Fetches files from the web, within limits of size and time: over TLS, or from this machine.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::net::IpAddr;
use std::time::Duration;

use sha2::{Digest, Sha256};
use ureq::Agent;
use ureq::http::{StatusCode, Uri};
use ureq::tls::{RootCerts, TlsConfig};

use herald_audio::{Error, ErrorKind, Result};

use crate::bar::Bar;
use crate::interrupt;

/// Redirects that are followed, from one address with TLS to another.
const MAX_REDIRECTS: u32 = 5;
const CONNECT_LIMIT: Duration = Duration::from_secs(20);
const PROXY: &str = "check the network; HTTPS_PROXY names a proxy";

/// What is fetched at most, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// In bytes.
    pub len: u64,
    /// From the first look-up to the last byte.
    pub time: Duration,
}

/// The way to the web.
pub struct Web {
    roots: RootCerts,
}

/// A file without a name, which is gone when this is dropped.
#[derive(Debug)]
pub struct Fetched {
    /// Read from its beginning.
    pub file: File,
    /// In bytes.
    pub len: u64,
    /// In hexadecimal.
    pub sha256: String,
}

impl Default for Web {
    fn default() -> Self {
        Self::new(RootCerts::PlatformVerifier)
    }
}

impl Web {
    /// Trusts servers with a certificate of `roots`.
    pub const fn new(roots: RootCerts) -> Self {
        Self { roots }
    }

    /// Fetches what is at `address`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pack`] if it cannot be fetched within `limits`, or as a whole.
    pub fn fetch(&self, address: &str, limits: Limits) -> Result<Fetched> {
        let cannot = || Error::new(ErrorKind::Pack, format!("cannot fetch {address}"));
        let is_secure = is_secure(address).map_err(|why| cannot().because(why))?;
        let mut config = Agent::config_builder()
            .https_only(is_secure)
            // What this machine serves without TLS could lead anywhere.
            .max_redirects(if is_secure { MAX_REDIRECTS } else { 0 })
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_LIMIT.min(limits.time)))
            .timeout_global(Some(limits.time))
            .user_agent(concat!("herald/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(self.roots.clone()).build());
        if !is_secure {
            config = config.proxy(None);
        }
        let mut bar = Bar::new("connecting ...");
        let answered = config.build().new_agent().get(address).call();
        let response = answered.map_err(|error| cannot().because(shown(error)).with_hint(PROXY))?;
        let status = response.status();
        if status != StatusCode::OK {
            let error = cannot().because(format!("the server answered {status}"));
            return Err(match status {
                StatusCode::NOT_FOUND => {
                    error.with_hint("check the address; what is private cannot be fetched")
                }
                _ => error,
            });
        }
        let body = response.into_body();
        let len = body.content_length();
        if len.is_some_and(|len| len > limits.len) {
            return Err(cannot().because(too_large(limits.len)));
        }
        keep(body.into_reader(), len, limits.len, &mut bar).map_err(|error| {
            let why = shown(ureq::Error::from(error));
            cannot().because(why)
        })
    }
}

/// Copies what `reader` gives into a file, at most `max_len` bytes, and `len` if that is known.
///
/// # Errors
///
/// If it gives more or less, or nothing for too long.
pub(crate) fn keep(
    mut reader: impl Read,
    len: Option<u64>,
    max_len: u64,
    bar: &mut Bar,
) -> io::Result<Fetched> {
    let mut file = tempfile::tempfile()?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    let mut done = 0;
    loop {
        interrupt::check()?;
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        done += count as u64;
        if done > max_len {
            return Err(io::Error::other(too_large(max_len)));
        }
        hash.update(&buffer[..count]);
        file.write_all(&buffer[..count])?;
        bar.show(done, len);
    }
    if let Some(len) = len.filter(|len| *len != done) {
        let why = format!("{done} of {len} bytes came");
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
    }
    file.rewind()?;
    Ok(Fetched {
        file,
        len: done,
        sha256: hex(&hash.finalize()),
    })
}

/// Whether `address` has TLS; without, it must be on this machine.
fn is_secure(address: &str) -> std::result::Result<bool, String> {
    let no_address = || "not an https:// address".to_owned();
    let uri: Uri = address.parse().map_err(|_| no_address())?;
    let host = uri.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_here = || {
        host == "localhost"
            || host
                .parse()
                .is_ok_and(|address: IpAddr| address.is_loopback())
    };
    match uri.scheme_str() {
        Some("https") if !host.is_empty() => Ok(true),
        Some("http") if is_here() => Ok(false),
        Some("http") => {
            Err("without TLS anybody on the way can change it; use https://".to_owned())
        }
        _ => Err(no_address()),
    }
}

/// In words that say what happened.
fn shown(error: ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "it took too long".to_owned(),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
            "it took too long".to_owned()
        }
        ureq::Error::Io(error) => error.to_string(),
        ureq::Error::HostNotFound => "no such server".to_owned(),
        ureq::Error::RequireHttpsOnly(to) => format!("the server leads to {to}, without TLS"),
        error => error.to_string(),
    }
}

fn too_large(max_len: u64) -> String {
    format!("it is larger than {} MB", max_len / 1_000_000)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
