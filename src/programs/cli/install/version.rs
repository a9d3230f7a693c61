//! Which version of Claude Code is installed.

use std::time::Duration;

use crate::cli::run::output_of;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::external;

/// How long `claude --version` may take; if it takes longer, all known events are registered.
const PATIENCE: Duration = Duration::from_secs(1);

/// The version that `claude --version` prints, if it is on PATH.
pub(super) fn of_claude(env: &Env) -> Option<[u64; 3]> {
    let claude = external::on_path("claude", env)?;
    parse(&output_of(&claude, &["--version"], PATIENCE).ok()?)
}

fn parse(text: &str) -> Option<[u64; 3]> {
    let version = text.split_whitespace().next()?;
    let mut numbers = version.splitn(3, '.').map(|part| {
        let end = part
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(part.len());
        part[..end].parse().ok()
    });
    Some([numbers.next()??, numbers.next()??, numbers.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read() {
        for (text, version) in [
            ("2.1.303 (Claude Code)\n", Some([2, 1, 303])),
            ("2.2.0-beta.1", Some([2, 2, 0])),
            ("1.0", None),
            ("", None),
            ("claude: not logged in", None),
        ] {
            assert_eq!(parse(text), version, "{text:?}");
        }
    }
}
