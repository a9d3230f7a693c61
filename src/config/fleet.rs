//! The fleet: agents on many machines, heard at one desk or several. Only `herald-relay` connects to it; see the
//! page `fleet` of the documentation.

use std::io::{self, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use super::read_text::read_text;
use crate::error::{Error, ErrorKind, Result};
use crate::system::file::{check_private, open_regular};

/// The limits of `ttl_ms`, in milliseconds.
pub(super) const MIN_TTL_MS: u32 = 1_000;
pub(super) const MAX_TTL_MS: u32 = 600_000;
/// The longest part of a name.
const MAX_NAME_LEN: usize = 31;
/// The largest key file, in bytes.
const MAX_KEY_LEN: u64 = 1 << 10;
/// The usual key file, beside the user's config.
pub(super) const KEY_FILE: &str = "fleet.key";

/// What this machine is to its fleet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Its agents are heard at the desks.
    #[default]
    Box,
    /// Boxes are heard here; its own agents are heard only here.
    Desk,
    /// Boxes are heard here; its own agents are heard at every desk.
    Both,
}

/// What shares one window at a desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "editing",
    derive(schemars::JsonSchema),
    schemars(rename = "FleetScope")
)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// An event, wherever it happens.
    Event,
    /// An event in all projects of one name.
    #[default]
    Project,
    /// An event in all projects of one name on one box.
    Box,
    /// An event in one session.
    Session,
}

/// Which of several desks sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Desks {
    /// One while it is known which desk is in use; else all.
    #[default]
    Auto,
    /// The one in use; if it cannot sound, another.
    One,
    /// All.
    All,
}

/// What a box does while no desk can hear it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Away {
    /// Nothing.
    Silent,
    /// It plays its sounds itself.
    #[default]
    Local,
}

/// The fleet that this machine belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fleet {
    /// The engine: `rediss://HOST:PORT`, or `redis://` on this machine. Empty for no fleet.
    pub url: String,
    /// The file with the password.
    pub key_file: PathBuf,
    /// `FLEET.MACHINE`: the login. Empty for no fleet.
    pub name: String,
    /// What this machine is to the fleet.
    pub role: Role,
    /// What shares one window at a desk.
    pub scope: Scope,
    /// How old an event may be when it is heard.
    pub ttl: Duration,
    /// Which of several desks sound.
    pub desks: Desks,
    /// What happens while no desk can hear this machine.
    pub away: Away,
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            url: String::new(),
            key_file: PathBuf::new(),
            name: String::new(),
            role: Role::default(),
            scope: Scope::default(),
            ttl: Duration::from_secs(10),
            desks: Desks::default(),
            away: Away::default(),
        }
    }
}

impl Fleet {
    /// The fleet's name.
    pub fn fleet(&self) -> &str {
        self.name.split_once('.').map_or("", |(fleet, _)| fleet)
    }

    /// This machine's name in the fleet.
    pub fn machine(&self) -> &str {
        self.name.split_once('.').map_or("", |(_, machine)| machine)
    }

    /// Whether the desks hear this machine's events.
    pub const fn sends(&self) -> bool {
        matches!(self.role, Role::Box | Role::Both)
    }

    /// Whether the boxes are heard here.
    pub const fn follows(&self) -> bool {
        matches!(self.role, Role::Desk | Role::Both)
    }

    /// The password.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] as of [`read_key`].
    pub fn key(&self) -> Result<String> {
        read_key(&self.key_file)
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        let written = |text: &str| (!text.is_empty()).then(|| json!(text));
        json!({
            "url": written(&self.url),
            "key_file": self.key_file,
            "name": written(&self.name),
            "role": self.role,
            "scope": self.scope,
            "ttl_ms": self.ttl.as_millis() as u64,
            "desks": self.desks,
            "away": self.away,
        })
    }
}

/// Whether `text` may name a fleet or a machine.
pub fn is_name(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=MAX_NAME_LEN).contains(&text.len()) && text.chars().all(is_inner) && !text.starts_with('-')
}

/// Whether `text` is `FLEET.MACHINE`.
pub fn is_full_name(text: &str) -> bool {
    let parts = text.split_once('.');
    parts.is_some_and(|(fleet, machine)| is_name(fleet) && is_name(machine))
}

/// Whether `text` is `rediss://HOST:PORT`, or `redis://` with a host of this machine: passwords and events never
/// go unencrypted through a network.
pub fn is_url(text: &str) -> bool {
    let Some((scheme, address)) = text.split_once("://") else {
        return false;
    };
    let address = address.strip_suffix('/').unwrap_or(address);
    let parts = match address.strip_prefix('[') {
        Some(rest) => rest.split_once(']'),
        None => Some(address.split_at(address.find(':').unwrap_or(address.len()))),
    };
    let Some((host, port)) = parts else {
        return false;
    };
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    let has_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    let is_host = !host.is_empty() && host.chars().all(is_part);
    let is_here = || {
        let address = host.parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    };
    let is_scheme = match scheme {
        "rediss" => true,
        "redis" => is_here(),
        _ => false,
    };
    is_scheme && is_host && has_port
}

/// The key in `file`, which only this user can read: one line, without the white space around it.
///
/// # Errors
///
/// [`ErrorKind::Config`] if it is missing, empty, larger than 1 KiB, or open to other users.
pub fn read_key(file: &Path) -> Result<String> {
    let unusable = |why: String, hint: String| {
        let what = format!("cannot use the key file {}", file.display());
        let error = Error::new(ErrorKind::Config, what).because(why);
        error.with_hint(hint)
    };
    let cannot_read = |error: io::Error| {
        let hint = "herald fleet join URL --key-file FILE";
        unusable(error.to_string(), hint.to_owned())
    };
    let mut opened = open_regular(file, MAX_KEY_LEN).map_err(cannot_read)?;
    let metadata = opened.metadata().map_err(cannot_read)?;
    if let Err(why) = check_private(&metadata) {
        let hint = format!("chmod 600 {}", file.display());
        return Err(unusable(why.to_owned(), hint));
    }
    let mut text = String::new();
    opened.read_to_string(&mut text).map_err(cannot_read)?;
    let key = text.trim();
    if key.is_empty() || key.contains(char::is_control) {
        let hint = "write the key into it, on one line".to_owned();
        return Err(unusable("it does not contain one key".to_owned(), hint));
    }
    Ok(key.to_owned())
}

/// `fleet.url` as written; none if it has a login, which `names` reports.
#[derive(Clone, Debug)]
pub(super) struct Url(pub(super) Option<String>);

/// `FLEET.MACHINE`
#[derive(Clone, Debug)]
pub(super) struct FullName(pub(super) String);

impl<'de> Deserialize<'de> for Url {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let expected = "rediss://HOST:PORT, or redis:// with localhost";
        read_text(deserializer, expected, |text| match has_login(text) {
            true => Some(Self(None)),
            false => is_url(text).then(|| Self(Some(text.to_owned()))),
        })
    }
}

impl<'de> Deserialize<'de> for FullName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let expected = "FLEET.MACHINE, each of up to 31 lower-case letters, digits and -";
        read_text(deserializer, expected, |text| {
            is_full_name(text).then(|| Self(text.to_owned()))
        })
    }
}

/// Whether `url` names a login.
pub(super) fn has_login(url: &str) -> bool {
    url.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_encrypted_or_of_this_machine() {
        for text in [
            "rediss://redis.example",
            "rediss://10.0.0.7:6380",
            "rediss://[2001:db8::1]:6380/",
            "redis://127.0.0.1:6390",
            "redis://[::1]",
            "redis://localhost/",
        ] {
            assert!(is_url(text), "{text}");
        }
        for text in [
            "",
            "redis.example",
            "http://redis.example",
            "rediss://",
            "rediss://home.ci@redis.example",
            "rediss://redis.example:port",
            "rediss://redis.example:0",
            "rediss://redis.example/1",
            "rediss://redis.example?insecure",
            "rediss://[::1",
            "rediss://[::1]6379",
            "redis://redis.example",
            "redis://localhost.example",
            "redis://10.0.0.7",
        ] {
            assert!(!is_url(text), "{text}");
        }
    }

    #[test]
    fn a_name_has_a_fleet_and_a_machine() {
        for text in ["home.ci", "h.c", "0-home.build-1"] {
            assert!(is_full_name(text), "{text}");
        }
        let long = format!("home.{}", "c".repeat(32));
        for text in [
            "", "home", "home.", ".ci", "a.b.c", "Home.ci", "-a.b", "a.b*", &long,
        ] {
            assert!(!is_full_name(text), "{text}");
        }
        let fleet = Fleet {
            name: "home.ci".to_owned(),
            ..Fleet::default()
        };
        assert_eq!((fleet.fleet(), fleet.machine()), ("home", "ci"));
    }

    #[test]
    fn only_a_private_file_is_a_key_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("fleet.key");
        let says = || read_key(&file).unwrap_err().without_hint();
        assert!(says().contains("No such file"), "{}", says());
        let write = |text: &str| {
            let mut options = crate::system::file::own();
            let options = options.write(true).create(true).truncate(true);
            let mut opened = options.open(&file).unwrap();
            io::Write::write_all(&mut opened, text.as_bytes()).unwrap();
        };
        for (text, key) in [(" abc \n", Some("abc")), ("\n", None), ("a\nb\n", None)] {
            write(text);
            assert_eq!(read_key(&file).ok().as_deref(), key, "{text:?}");
        }
        write(&"x".repeat(2_000));
        assert!(says().contains("larger than 1 KiB"), "{}", says());
        #[cfg(unix)]
        {
            use std::fs::{Permissions, set_permissions};
            use std::os::unix::fs::PermissionsExt;
            write("abc");
            set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
            let error = read_key(&file).unwrap_err();
            assert!(error.without_hint().ends_with("readable by other users"));
            assert!(error.hint().unwrap().starts_with("chmod 600 "));
        }
    }
}
