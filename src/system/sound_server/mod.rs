//! Where the sound server is: what `PULSE_SERVER` and `PULSE_COOKIE` say, understood as PulseAudio's
//! own clients do.
//!
//! Sessions may differ in it, so each has a resident player of its own for it: see
//! [`crate::player::Authority`].

mod address;
mod connect;

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::system::env::Env;
use crate::system::file;

pub use address::Address;
#[cfg(all(feature = "playback", unix, not(target_vendor = "apple")))]
pub(crate) use connect::nobody;
pub use connect::{Connection, let_in};

/// The length of a cookie, in bytes.
const COOKIE_LEN: usize = 256;
/// The longest file that is taken for one, in bytes.
const MAX_COOKIE_LEN: u64 = 1 << 10;

/// The sound server that a program's environment names, if it names one.
#[derive(Clone, Debug)]
pub struct SoundServer {
    /// `PULSE_SERVER`: one or more addresses. None given: this user's own server.
    pub address: Option<String>,
    /// `PULSE_COOKIE`: the file with the key to it. None given: the user's own key.
    pub cookie: Option<PathBuf>,
    /// Where the user's own are.
    env: Env,
}

impl SoundServer {
    /// What `env` says. A value that is not Unicode names no server.
    pub fn from_env(env: &Env) -> Self {
        let address = env.get("PULSE_SERVER");
        Self {
            address: address.and_then(|address| address.into_string().ok()),
            cookie: env.path("PULSE_COOKIE"),
            env: env.clone(),
        }
    }

    /// The variables to give to a program that shall find this server; those without a value are
    /// to be taken away from it.
    pub fn variables(&self) -> [(&'static str, Option<&std::ffi::OsStr>); 2] {
        [
            ("PULSE_SERVER", self.address.as_ref().map(AsRef::as_ref)),
            ("PULSE_COOKIE", self.cookie.as_ref().map(AsRef::as_ref)),
        ]
    }

    /// Where it may be, the best first. Empty if no address can be understood.
    pub fn addresses(&self) -> Vec<Address> {
        match &self.address {
            Some(text) => Address::parse_all(text, &address::machine_names()),
            None => address::own(&self.env),
        }
    }

    /// The key to it. Without one it is all zeros, as PulseAudio's own clients do it: a server that
    /// knows the user by other means wants its length only.
    pub fn key(&self) -> Vec<u8> {
        let home = self.env.path("HOME").unwrap_or_default();
        let config = self.env.path("XDG_CONFIG_HOME");
        let config = config.unwrap_or_else(|| home.join(".config")).join("pulse");
        // A relative path is one from there.
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

/// What a cookie file holds. Anything else there is none: a pipe, a device, a long file.
fn read_key(path: &Path) -> io::Result<Vec<u8>> {
    let mut key = Vec::new();
    file::open_regular(path, MAX_COOKIE_LEN)?
        .take(MAX_COOKIE_LEN)
        .read_to_end(&mut key)?;
    Ok(key)
}

/// The address; `the user's own` where none is named.
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
