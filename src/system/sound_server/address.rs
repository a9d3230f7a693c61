//! Addresses of sound servers, in the syntax of `PULSE_SERVER`.

use std::fmt;
use std::path::PathBuf;

use crate::system::env::Env;

const PORT: u16 = 4713;

/// Where a sound server may listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A socket in the file system.
    Unix(PathBuf),
    /// A port of a machine.
    Tcp {
        /// The machine, by name or number.
        host: String,
        /// The port.
        port: u16,
    },
}

impl Address {
    /// Parses addresses separated by spaces. Each may begin with the `{name}` of the machine it is for;
    /// `names` are those of this machine. Invalid addresses are skipped.
    pub(super) fn parse_all(text: &str, names: &[String]) -> Vec<Self> {
        let words = text.split_whitespace();
        words.filter_map(|word| Self::parse(word, names)).collect()
    }

    fn parse(word: &str, names: &[String]) -> Option<Self> {
        let word = match word.strip_prefix('{') {
            None => word,
            Some(rest) => {
                let (name, word) = rest.split_once('}')?;
                names.iter().any(|known| known == name).then_some(word)?
            }
        };
        if let Some(path) = word.strip_prefix("unix:") {
            return Some(Self::Unix(path.into()));
        }
        if word.starts_with('/') {
            return Some(Self::Unix(word.into()));
        }
        let tcp = ["tcp:", "tcp4:", "tcp6:"];
        let machine = tcp.iter().find_map(|kind| word.strip_prefix(kind));
        Self::parse_machine(machine.unwrap_or(word))
    }

    /// `HOST`, `HOST:PORT`, `[NUMBER]`, `[NUMBER]:PORT`, or an IPv6 number.
    fn parse_machine(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                (
                    host,
                    port.strip_prefix(':').or(port.is_empty().then_some("")),
                )
            }
            None if text.matches(':').count() > 1 => (text, Some("")),
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, Some("")),
            },
        };
        let port = match port? {
            "" => PORT,
            port => port.parse().ok()?,
        };
        let host = host.to_owned();
        (!host.is_empty()).then_some(Self::Tcp { host, port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp:[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp:{host}:{port}"),
        }
    }
}

/// The addresses of the user's own server.
pub(super) fn own(env: &Env) -> Vec<Address> {
    let runtime = env.path("PULSE_RUNTIME_PATH");
    let session = env.path("XDG_RUNTIME_DIR");
    let session = session.map(|dir| dir.join("pulse"));
    #[cfg(unix)]
    let usual = {
        let user = rustix::process::geteuid().as_raw();
        Some(PathBuf::from(format!("/run/user/{user}/pulse")))
    };
    #[cfg(not(unix))]
    let usual = None;
    let mut addresses: Vec<_> = runtime
        .or(session)
        .or(usual)
        .into_iter()
        .map(|dir| Address::Unix(dir.join("native")))
        .collect();
    addresses.dedup();
    addresses
}

/// The names of this machine that may precede an address.
pub(super) fn machine_names() -> Vec<String> {
    let files = [
        "/etc/machine-id",
        "/var/lib/dbus/machine-id",
        "/proc/sys/kernel/hostname",
    ];
    let names = files
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok());
    names.map(|name| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<String> {
        let addresses = Address::parse_all(text, &["here".to_owned()]);
        addresses.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn addresses_are_understood_as_pulseaudio_understands_them() {
        for (text, expected) in [
            ("unix:/run/pulse/native", &["unix:/run/pulse/native"][..]),
            ("/run/pulse/native", &["unix:/run/pulse/native"]),
            ("tcp:127.0.0.1:4713", &["tcp:127.0.0.1:4713"]),
            ("tcp4:laptop", &["tcp:laptop:4713"]),
            ("tcp6:[::1]:24713", &["tcp:[::1]:24713"]),
            ("tcp:[::1]", &["tcp:[::1]:4713"]),
            ("tcp:::1", &["tcp:[::1]:4713"]),
            ("laptop", &["tcp:laptop:4713"]),
            ("laptop:1", &["tcp:laptop:1"]),
            (
                "{here}unix:/a {there}unix:/b  tcp:c",
                &["unix:/a", "tcp:c:4713"],
            ),
            ("", &[]),
            ("tcp:", &[]),
            ("tcp:a:b", &[]),
            ("tcp:a:70000", &[]),
            ("[::1", &[]),
            ("[::1]x", &[]),
            ("{here", &[]),
        ] {
            assert_eq!(parsed(text), expected, "{text}");
        }
    }

    #[test]
    fn the_users_own_server_is_in_the_runtime_directory() {
        let env = Env::of([("XDG_RUNTIME_DIR", "/run/user/7")]);
        assert_eq!(
            own(&env),
            [Address::Unix("/run/user/7/pulse/native".into())]
        );
        let env = Env::of([("XDG_RUNTIME_DIR", "/x"), ("PULSE_RUNTIME_PATH", "/run/p")]);
        assert_eq!(own(&env), [Address::Unix("/run/p/native".into())]);
    }
}
