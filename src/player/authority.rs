//! The permissions of a player, and its address.
//!
//! # Invariants
//!
//! - The player's own environment and its user's config decide about the output, the sound server and its
//!   key, programs, files to write, and the log level. Messages never do. Whoever reaches the inbox, even
//!   from inside a sandbox, can only have sounds played; with a
//!   throttle mark that stands, also the command that the user's config has for its event, once.
//! - The names of a player's inbox and lock end in a hash of these settings. A hook with other settings
//!   reaches another player, which is started with that environment.

use std::ffi::OsString;

use xxhash_rust::xxh3::Xxh3Default;

use super::protocol::VERSION;
use crate::config;
use crate::error::Result;
use crate::sound::Output;
use crate::system::env::Env;
use crate::system::external::ExternalPlayer;
use crate::system::log::Level;
use crate::system::sound_server::SoundServer;

/// The variables that affect a player.
const VARIABLES: [&str; 11] = [
    "AUDIO_PLAYER_ARGS",
    "AUDIO_PLAYER_CMD",
    "AUDIO_PLAYER_TIMEOUT",
    "AUDIO_SOUNDS_DIR",
    "CLAUDE_SOUNDS_DIR",
    "HERALD_CONFIG",
    "HERALD_LOG",
    "HERALD_OUTPUT",
    "PULSE_COOKIE",
    "PULSE_SERVER",
    "XDG_CONFIG_HOME",
];

/// The settings of a player.
#[derive(Clone, Debug)]
pub struct Authority {
    /// The output.
    pub output: Output,
    /// The sound server, for outputs that need one.
    pub server: SoundServer,
    /// The log level.
    pub log: Level,
    /// The variables with these settings, independent of the working directory.
    pub(super) variables: Vec<(&'static str, OsString)>,
    /// The environment that they come from.
    pub(super) env: Env,
}

impl Authority {
    /// The settings in `env`; the output is `configured` if `env` names none.
    ///
    /// # Errors
    ///
    /// Those of [`Output::from_env`].
    pub fn new(env: &Env, configured: &Output) -> Result<Self> {
        let output = Output::from_env(env, configured)?;
        let log = Level::from_env(env);
        Ok(Self {
            variables: variables(env, &output, log),
            output,
            server: SoundServer::from_env(env),
            log,
            env: env.clone(),
        })
    }

    /// The settings in `env` and the user's config.
    ///
    /// # Errors
    ///
    /// Those of [`Self::new`].
    pub fn of_user(env: &Env) -> Result<Self> {
        Self::new(env, config::load(env, None).output())
    }

    /// The name of the player in its state directory.
    pub(super) fn player_name(&self) -> String {
        let mut hash = Xxh3Default::new();
        hash.update(self.output.to_string().as_bytes());
        for (name, value) in &self.variables {
            for part in [name.as_bytes(), value.as_encoded_bytes()] {
                hash.update(&[0]);
                hash.update(part);
            }
        }
        format!("{}{:016x}", names_of_players(), hash.digest())
    }
}

/// The variables for a player with this output and log level.
fn variables(env: &Env, output: &Output, log: Level) -> Vec<(&'static str, OsString)> {
    let command = output.named_player().and_then(ExternalPlayer::command);
    let value = |name| {
        let value = env.get(name)?;
        Some(match (name, &command) {
            ("AUDIO_PLAYER_CMD", Some(command)) => command.into(),
            // They are part of the command.
            ("AUDIO_PLAYER_ARGS", Some(_)) => return None,
            ("HERALD_CONFIG", _) => std::path::absolute(&value).map_or(value, Into::into),
            // Levels above requests only affect hooks.
            ("HERALD_LOG", _) => match log {
                Level::Off => "off".into(),
                Level::Warn => "warn".into(),
                Level::Info | Level::Debug => return None,
            },
            ("HERALD_OUTPUT", _) => output.to_string().into(),
            _ => value,
        })
    };
    let said = VARIABLES.into_iter();
    said.filter_map(|name| Some((name, value(name)?))).collect()
}

/// The common prefix of player names of this protocol version.
pub(super) fn names_of_players() -> String {
    format!("player.v{VERSION}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::external::ExternalPlayer;

    fn of(vars: &[(&str, &str)]) -> Authority {
        Authority::new(&Env::of(vars.iter().copied()), &Output::default()).unwrap()
    }

    #[test]
    fn other_settings_have_another_player() {
        let plain = of(&[("HOME", "/home/dev")]).player_name();
        assert_eq!(
            of(&[("HOME", "/home/dev"), ("SECRET", "x")]).player_name(),
            plain
        );
        // As listed in the page about security.
        for name in [
            "HERALD_OUTPUT",
            "HERALD_CONFIG",
            "HERALD_LOG",
            "AUDIO_PLAYER_CMD",
            "AUDIO_PLAYER_ARGS",
            "AUDIO_PLAYER_TIMEOUT",
            "PULSE_SERVER",
            "PULSE_COOKIE",
            "CLAUDE_SOUNDS_DIR",
            "AUDIO_SOUNDS_DIR",
            "XDG_CONFIG_HOME",
        ] {
            let value = match name {
                "HERALD_LOG" => "off",
                "HERALD_OUTPUT" => "null",
                "AUDIO_PLAYER_TIMEOUT" => "3",
                _ => "/somewhere",
            };
            assert_ne!(of(&[(name, value)]).player_name(), plain, "{name}");
        }
        let configured = Authority::new(&Env::of([("HOME", "/home/dev")]), &Output::Null);
        assert_ne!(configured.unwrap().player_name(), plain);
    }

    #[test]
    fn a_player_finds_itself_where_whoever_started_it_looks() {
        let env = [
            ("HERALD_OUTPUT", "wav:here.wav"),
            ("HERALD_CONFIG", "there.json"),
            ("HERALD_LOG", "WARN"),
            ("AUDIO_PLAYER_CMD", "no-such-player --fast 'two words'"),
            ("AUDIO_PLAYER_ARGS", "-v 1"),
            ("PULSE_SERVER", "tcp:laptop"),
        ];
        let asking = of(&env);
        let players = Env::of(asking.variables.clone());
        let player = Authority::new(&players, &Output::default()).unwrap();
        assert_eq!(player.player_name(), asking.player_name());
        assert_eq!(player.output, asking.output);
        let config = players.path("HERALD_CONFIG").unwrap();
        assert!(config.is_absolute(), "{}", config.display());
        let command = ExternalPlayer::from_env(&players).unwrap().unwrap();
        assert_eq!(command.args, ["--fast", "two words", "-v", "1"]);
    }
}
