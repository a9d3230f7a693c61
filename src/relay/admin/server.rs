//! A connection for commands of a person: each error has a hint.

use std::time::{Duration, Instant};

use herald_audio::internals::config::fleet::Fleet;
use herald_audio::{Error, ErrorKind, Result};
use redis::FromRedisValue;

use crate::engine::redis::connect;

/// How long the server may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// The hint for a login without the right to administer.
const AS_ADMINISTRATOR: &str = "use a login that may change logins: --login NAME --key-file FILE";

/// A server, connected.
pub(super) struct Server(redis::Connection);

impl Server {
    /// Connects as this machine, or with the name and the key of another `login`.
    ///
    /// # Errors
    ///
    /// As of [`connect`].
    pub(super) fn open(fleet: &Fleet, login: Option<(&str, &str)>) -> Result<Self> {
        connect(fleet, login, PATIENCE).map(Self)
    }

    /// Sends a command and waits for its answer.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if the server refuses or does not answer. The message does not repeat the arguments,
    /// which may be keys.
    pub(super) fn ask<T: FromRedisValue>(&mut self, words: &[&str]) -> Result<T> {
        let mut command = redis::Cmd::new();
        for word in words {
            command.arg(*word);
        }
        command.query(&mut self.0).map_err(|error| {
            let named = match words {
                ["ACL" | "CONFIG", part, ..] => format!("{} {part}", words[0]),
                [name, ..] => (*name).to_owned(),
                [] => String::new(),
            };
            let what = format!("the server refuses {named}");
            let refusal = Error::new(ErrorKind::State, what).because(error.to_string());
            match error.code() {
                Some("NOPERM") => refusal.with_hint(AS_ADMINISTRATOR),
                Some("OOM") => refusal.with_hint("give the server more memory (maxmemory)"),
                _ => refusal.with_hint("herald doctor"),
            }
        })
    }

    /// As [`Self::ask`], with the time that it takes.
    ///
    /// # Errors
    ///
    /// As of [`Self::ask`].
    pub(super) fn time<T: FromRedisValue>(&mut self, words: &[&str]) -> Result<(T, Duration)> {
        let started = Instant::now();
        Ok((self.ask(words)?, started.elapsed()))
    }
}
