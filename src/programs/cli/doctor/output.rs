//! The output: sound server, sound cards and external players.

use std::time::Duration;

use super::finding::Finding;
use crate::cli::run::within;
use herald_audio::AudioManager;
use herald_audio::Error;
use herald_audio::internals::player::Authority;
use herald_audio::internals::sound::Output;
use herald_audio::internals::system::external::{ExternalPlayer, TO_HAVE_ONE};
use herald_audio::internals::system::sound_server::{Address, SoundServer, let_in};

/// How long a sound server may take to accept a connection, and then to answer.
const SERVER_LIMIT: Duration = Duration::from_secs(2);
/// How long all named servers together may take, with name resolution.
const ALL_SERVERS_LIMIT: Duration = Duration::from_secs(8);

/// Where a sound would play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The sound server at this address, which `PULSE_SERVER` names.
    NamedServer(String),
    /// A device of this machine.
    Own,
    /// What the user has named: a file, a program, or `null`.
    AsTold,
    /// No device and no server.
    None,
}

pub(super) fn findings(manager: &AudioManager) -> (Route, Vec<Finding>) {
    let Authority { output, server, .. } = match manager.authority() {
        Ok(authority) => authority,
        Err(error) => return (Route::AsTold, vec![Finding::error("output", &error)]),
    };
    let told = match &output {
        Output::Wav(path) => Some(Finding::ok(
            "output",
            format!("writes to the file {}", path.display()),
        )),
        Output::Null => {
            let by = match manager.env().get("HERALD_OUTPUT") {
                Some(_) => "HERALD_OUTPUT",
                None => "audio_settings.output of your config",
            };
            let what = format!("null: {by} switches sound off");
            Some(Finding::warning("output", what).with_hint(format!("unset {by}")))
        }
        Output::Auto(Some(named)) | Output::Command(Some(named)) => Some(external(named)),
        Output::Command(None) => Some(installed()),
        Output::Auto(None) | Output::Cpal(_) => None,
    };
    if let Some(told) = told {
        return (Route::AsTold, vec![told]);
    }
    let (route, finding) = device(&server, &output);
    (route, vec![finding])
}

/// The external player that AUDIO_PLAYER_CMD names.
fn external(player: &ExternalPlayer) -> Finding {
    let program = player.program.display();
    if player.is_installed() {
        return Finding::ok("output", format!("the external player {program}"));
    }
    let what = format!("AUDIO_PLAYER_CMD names {program}, which does not exist");
    Finding::error("output", what).with_hint("install it, or unset AUDIO_PLAYER_CMD")
}

/// The external players that are installed.
fn installed() -> Finding {
    let found: Vec<_> = ExternalPlayer::found()
        .iter()
        .map(ExternalPlayer::name)
        .collect();
    match &found[..] {
        [] => Finding::error(
            "output",
            "no external player is installed, and HERALD_OUTPUT=command needs one",
        )
        .with_hint(TO_HAVE_ONE),
        found => Finding::ok("output", format!("external players: {}", found.join(", "))),
    }
}

/// A sound server, else a card.
fn device(server: &SoundServer, output: &Output) -> (Route, Finding) {
    if cfg!(not(all(unix, not(target_vendor = "apple")))) {
        return (Route::Own, Finding::ok("output", output.to_string()));
    }
    let named = server.address.is_some();
    let reason = match ask(server) {
        Ok(address) if named => {
            let what = format!("{output}: sound server at {address}, named by PULSE_SERVER");
            return (Route::NamedServer(address), Finding::ok("output", what));
        }
        Ok(address) => {
            let what = format!("{output}: sound server at {address}");
            return (Route::Own, Finding::ok("output", what));
        }
        Err(reason) => reason,
    };
    let cards = cards();
    let is_refused = reason.hint().is_some();
    let hint = match reason.hint() {
        Some(hint) => hint,
        None if named => "open the tunnel to it, or unset PULSE_SERVER to use this machine's sound",
        None => "start PulseAudio or PipeWire, or set PULSE_SERVER to a server of another machine",
    };
    let reason = reason.without_hint();
    let finding = match &cards[..] {
        [] if named => Finding::error("output", reason),
        [] => Finding::error("output", format!("{reason}; no sound card either")),
        cards => {
            let what = format!("{output}: sound card {}; {reason}", cards.join(", "));
            match named || is_refused {
                true => Finding::error("output", what),
                false => return (Route::Own, Finding::ok("output", what)),
            }
        }
    };
    let route = match cards.is_empty() {
        true => Route::None,
        false => Route::Own,
    };
    (route, finding.with_hint(hint))
}

/// The address of the first server that accepts this user; else the last server's error.
fn ask(server: &SoundServer) -> Result<String, Error> {
    let (addresses, key) = (server.addresses(), server.key());
    let failure = |why: String| Error::new(herald_audio::ErrorKind::Output, why);
    let mut last = failure(format!("invalid PULSE_SERVER {server}"));
    let tried = addresses
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>();
    let asked = within(ALL_SERVERS_LIMIT, move || {
        for address in addresses {
            match greet(&address, &key) {
                Ok(()) => return Ok(address.to_string()),
                Err(error) => last = error,
            }
        }
        Err(last)
    });
    let no_answer = || failure(format!("no answer from {}", tried.join(", ")));
    asked.unwrap_or_else(|| Err(no_answer()))
}

fn greet(address: &Address, key: &[u8]) -> Result<(), Error> {
    let_in(address, SERVER_LIMIT, |server| {
        let lets_in = server.greet(address, key, SERVER_LIMIT)?;
        Ok(lets_in.then_some(()))
    })
}

/// The sound cards that the kernel knows.
fn cards() -> Vec<String> {
    parse_cards(&std::fs::read_to_string("/proc/asound/cards").unwrap_or_default())
}

/// The bracketed names in lines like ` 0 [PCH            ]: HDA-Intel - HDA Intel PCH`.
fn parse_cards(text: &str) -> Vec<String> {
    let names = text.lines().filter_map(|line| {
        let (number, rest) = line.trim_start().split_once(' ')?;
        number.parse::<u32>().ok()?;
        let name = rest.trim_start().strip_prefix('[')?.split_once(']')?.0;
        Some(name.trim().to_owned())
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_those_of_the_kernel() {
        let two = " 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n\
                   \u{20}                     HDA Intel PCH at 0xf7 irq 31\n\
                   \u{20}1 [NVidia         ]: HDA-Intel - HDA NVidia\n";
        assert_eq!(parse_cards(two), ["PCH", "NVidia"]);
        assert!(parse_cards("--- no soundcards ---\n").is_empty());
        assert!(parse_cards("").is_empty());
    }
}
