//! The config in force, shared by threads that read it and threads that replace it.
//!
//! Readers never wait: a snapshot is an atomic load, and stays whole however long it is held. A
//! reload builds the new value first and swaps it in last, so nobody sees half a config.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::Config;

/// A config that can be replaced while others read it.
#[derive(Debug)]
pub struct LiveConfig(ArcSwap<Config>);

impl LiveConfig {
    /// Puts `config` in force.
    pub fn new(config: Config) -> Self {
        Self(ArcSwap::from_pointee(config))
    }

    /// The config in force now. It does not change under its holder.
    pub fn snapshot(&self) -> Arc<Config> {
        self.0.load_full()
    }

    /// Puts `config` in force for every snapshot from now on.
    pub fn replace(&self, config: Config) {
        self.0.store(Arc::new(config));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_stays_as_it_was() {
        let live = LiveConfig::new(Config::builtin());
        let before = live.snapshot();
        let mut quiet = Config::builtin();
        quiet.volume = 0.0;
        live.replace(quiet);
        assert_eq!(before.volume(), super::super::DEFAULT_VOLUME);
        assert_eq!(live.snapshot().volume(), 0.0);
    }
}
