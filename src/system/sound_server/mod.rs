//! Locates the sound server from `PULSE_SERVER` and `PULSE_COOKIE`, with the rules of PulseAudio's own
//! clients.
//!
//! Each distinct server has its own resident player, because sessions may differ in these variables: see
//! [`crate::player::Authority`].

mod address;
mod connect;

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::system::env::Env;
use crate::system::file;

pub use address::Address;
#[cfg(feature = "playback")]
pub(crate) use connect::Connection;
pub use connect::let_in;
#[cfg(all(feature = "playback", unix, not(target_vendor = "apple")))]
pub(crate) use connect::no_server;

const COOKIE_LEN: usize = 256;
/// The longest file accepted as a cookie, in bytes.
const MAX_COOKIE_LEN: u64 = 1 << 10;

/// The sound server named in the environment.
#[derive(Clone, Debug)]
pub struct SoundServer {
    /// `PULSE_SERVER`: one or more addresses. By default this user's own server.
    pub address: Option<String>,
    /// `PULSE_COOKIE`: the file with the key. By default this user's own.
    pub cookie: Option<PathBuf>,
    /// Locates the user's own server and cookie.
    env: Env,
}

impl SoundServer {
    /// From `env`. A value that is not Unicode is ignored.
    pub fn from_env(env: &Env) -> Self {
        let address = env.get("PULSE_SERVER");
        Self {
            address: address.and_then(|address| address.into_string().ok()),
            cookie: env.path("PULSE_COOKIE"),
            env: env.clone(),
        }
    }

    /// The variables for a child process that must use this server. `None` means to remove the variable.
    pub fn variables(&self) -> [(&'static str, Option<&std::ffi::OsStr>); 2] {
        [
            ("PULSE_SERVER", self.address.as_ref().map(AsRef::as_ref)),
            ("PULSE_COOKIE", self.cookie.as_ref().map(AsRef::as_ref)),
        ]
    }

    /// The possible addresses, best first. Empty if no address is valid.
    pub fn addresses(&self) -> Vec<Address> {
        match &self.address {
            Some(text) => Address::parse_all(text, &address::machine_names()),
            None => address::own(&self.env),
        }
    }

    /// The cookie. Without one it is all zeros, as in PulseAudio's own clients: a server that identifies the
    /// user otherwise only requires its length.
    pub fn key(&self) -> Vec<u8> {
        let home = self.env.path("HOME").unwrap_or_default();
        let config = self.env.path("XDG_CONFIG_HOME");
        let config = config.unwrap_or_else(|| home.join(".config")).join("pulse");
        // A relative path starts there.
        let named = self.cookie.as_ref().map(|path| config.join(path));
        let own = [config.join("cookie"), home.join(".pulse-cookie")];
        let mut found = named.into_iter().chain(own);
        let mut key = found
            .find_map(|path| read_key(&path).ok())
            .unwrap_or_default();
        key.resize(COOKIE_LEN, 0);
        key
    }
}

/// The content of a cookie file. Pipes, devices and long files are refused.
fn read_key(path: &Path) -> io::Result<Vec<u8>> {
    let mut key = Vec::new();
    file::open_regular(path, MAX_COOKIE_LEN)?
        .take(MAX_COOKIE_LEN)
        .read_to_end(&mut key)?;
    Ok(key)
}

/// The address, or `the user's own`.
impl fmt::Display for SoundServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.address.as_deref().unwrap_or("the user's own"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_named_one_then_the_users_own_then_zeros() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::of([("HOME", home.path())]);
        let config = home.path().join(".config/pulse");
        std::fs::create_dir_all(&config).unwrap();
        let mut server = SoundServer::from_env(&env);
        assert_eq!(server.key(), [0; COOKIE_LEN]);
        std::fs::write(home.path().join(".pulse-cookie"), [1; COOKIE_LEN]).unwrap();
        assert_eq!(server.key(), [1; COOKIE_LEN]);
        std::fs::write(config.join("cookie"), [2; COOKIE_LEN]).unwrap();
        assert_eq!(server.key(), [2; COOKIE_LEN]);
        std::fs::write(config.join("laptop"), [3; 300]).unwrap();
        for name in [PathBuf::from("laptop"), config.join("laptop")] {
            server.cookie = Some(name);
            assert_eq!(server.key(), [3; COOKIE_LEN]);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_a_short_regular_file_is_a_key() {
        use rustix::fs::{CWD, Mode, mknodat};

        let home = tempfile::tempdir().unwrap();
        let mut server = SoundServer::from_env(&Env::of([("HOME", home.path())]));
        std::fs::write(home.path().join(".pulse-cookie"), [1; COOKIE_LEN]).unwrap();
        let pipe = home.path().join("pipe");
        mknodat(CWD, &pipe, rustix::fs::FileType::Fifo, Mode::RUSR, 0).unwrap();
        let long = home.path().join("long");
        std::fs::write(&long, [3; 1_025]).unwrap();
        for none in [pipe, long, "/dev/zero".into(), home.path().to_owned()] {
            server.cookie = Some(none);
            assert_eq!(server.key(), [1; COOKIE_LEN]);
        }
    }

    #[test]
    fn programs_are_told_where_it_is() {
        let env = Env::of([("PULSE_SERVER", "tcp:x"), ("PULSE_COOKIE", "/key")]);
        let server = SoundServer::from_env(&env);
        let variables = server
            .variables()
            .map(|(name, value)| (name, value.unwrap().to_str()));
        assert_eq!(
            variables,
            [
                ("PULSE_SERVER", Some("tcp:x")),
                ("PULSE_COOKIE", Some("/key"))
            ]
        );
        let none = SoundServer::from_env(&Env::of([("PULSE_SERVER", "")]));
        assert!(none.variables().iter().all(|(_, value)| value.is_none()));
    }
}
