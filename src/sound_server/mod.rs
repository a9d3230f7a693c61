//! Where the sound server is: what `PULSE_SERVER` and `PULSE_COOKIE` say, understood as PulseAudio's
//! own clients do.
//!
//! It is read where a sound is asked for and travels with the request: the resident player may
//! have been started from another session, whose sound server is another one or gone.

mod address;
mod connect;

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::env::Env;

pub use address::Address;
#[cfg(all(feature = "playback", unix, not(target_vendor = "apple")))]
pub(crate) use connect::nobody;
pub use connect::{Connection, let_in};

/// The length of a cookie, in bytes.
const COOKIE_LEN: usize = 256;

/// The sound server that a program's environment names, if it names one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SoundServer {
    /// `PULSE_SERVER`: one or more addresses. None given: this user's own server.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
    /// `PULSE_COOKIE`: the file with the key to it. None given: the user's own key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cookie: Option<PathBuf>,
}

impl SoundServer {
    /// What `env` says. A value that is not Unicode names no server.
    pub fn from_env(env: &Env) -> Self {
        let address = env.get("PULSE_SERVER");
        let cookie = env.path("PULSE_COOKIE");
        Self {
            address: address.and_then(|address| address.into_string().ok()),
            // JSON has no other paths.
            cookie: cookie.filter(|path| path.to_str().is_some()),
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
    pub fn addresses(&self, env: &Env) -> Vec<Address> {
        match &self.address {
            Some(text) => Address::parse_all(text, &address::machine_names()),
            None => address::own(env),
        }
    }

    /// The key to it. Without one it is all zeros, as PulseAudio's own clients do it: a server that
    /// knows the user by other means wants its length only.
    pub fn key(&self, env: &Env) -> Vec<u8> {
        let home = env.path("HOME").unwrap_or_default();
        let config = env.path("XDG_CONFIG_HOME");
        let config = config.unwrap_or_else(|| home.join(".config")).join("pulse");
        // A relative path is one from there.
        let named = self.cookie.as_ref().map(|path| config.join(path));
        let own = [config.join("cookie"), home.join(".pulse-cookie")];
        let mut found = named.into_iter().chain(own);
        let mut key = found
            .find_map(|path| std::fs::read(path).ok())
            .unwrap_or_default();
        key.resize(COOKIE_LEN, 0);
        key
    }
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
        let mut server = SoundServer::default();
        assert_eq!(server.key(&env), [0; COOKIE_LEN]);
        std::fs::write(home.path().join(".pulse-cookie"), [1; COOKIE_LEN]).unwrap();
        assert_eq!(server.key(&env), [1; COOKIE_LEN]);
        std::fs::write(config.join("cookie"), [2; COOKIE_LEN]).unwrap();
        assert_eq!(server.key(&env), [2; COOKIE_LEN]);
        std::fs::write(config.join("laptop"), [3; 300]).unwrap();
        for name in [PathBuf::from("laptop"), config.join("laptop")] {
            server.cookie = Some(name);
            assert_eq!(server.key(&env), [3; COOKIE_LEN]);
        }
    }

    #[test]
    fn a_server_travels_with_what_programs_need_to_find_it() {
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
        let text = serde_json::to_string(&server).unwrap();
        assert_eq!(serde_json::from_str::<SoundServer>(&text).unwrap(), server);
        let none = SoundServer::from_env(&Env::of([("PULSE_SERVER", "")]));
        assert_eq!(serde_json::to_string(&none).unwrap(), "{}");
        assert!(none.variables().iter().all(|(_, value)| value.is_none()));
    }
}
