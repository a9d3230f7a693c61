//! The test sound: what came back of it, and whether it was heard at the sound server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::finding::Finding;
use super::monitor::{Heard, Monitor};
use crate::cli::run::{PATIENCE, said};
use crate::cli::terminal::progress;
use herald_audio::error::ErrorKind;
use herald_audio::manager::AudioManager;
use herald_audio::player::Authority;
use herald_audio::sound::{Chime, Output, Sound};
use herald_audio::system::env::Env;
use herald_audio::system::external;

/// How long the test sound may take: to start a player, to open an output, and to be heard.
const LIMIT: Duration = Duration::from_secs(15);
const SINK: &str = "@DEFAULT_SINK@";

pub(super) fn findings(env: &Env, manager: &AudioManager, player_answers: bool) -> Vec<Finding> {
    let volume = manager.config().volume();
    if let Some(silence) = manager.silence() {
        return vec![not_tested(&silence.to_string()).with_hint(silence.hint())];
    }
    if volume == 0.0 {
        let hint = "give audio_settings.volume a number above 0";
        return vec![not_tested("the config's volume is 0").with_hint(hint)];
    }
    if !player_answers {
        return vec![not_tested("the player does not answer")];
    }
    let Ok(Authority { output, .. }) = manager.authority() else {
        return vec![not_tested("HERALD_OUTPUT names no output")];
    };
    let pactl = external::on_path("pactl", env);
    let is_default = matches!(output, Output::Auto(None) | Output::Cpal(None));
    let mut findings = match &pactl {
        Some(pactl) if is_default => sink(pactl),
        _ => Vec::new(),
    };
    let parec = external::on_path("parec", env).filter(|_| is_default);
    findings.insert(
        0,
        play(manager, &output, volume, parec, findings.is_empty()),
    );
    findings
}

fn not_tested(why: &str) -> Finding {
    Finding::doubtful("sound", format!("not tested: {why}"))
}

/// Plays the test sound, with `parec` listening. `sink_is_on` tells that the server said of the
/// default sink nothing that keeps it silent.
fn play(
    manager: &AudioManager,
    output: &Output,
    volume: f32,
    parec: Option<PathBuf>,
    sink_is_on: bool,
) -> Finding {
    progress("playing the test sound ...");
    let monitor = parec.map(|parec| Monitor::start(&parec));
    let sound = Sound::Chime(Chime::Finished);
    let played = manager.play_and_wait("doctor", sound, volume, LIMIT);
    let heard = monitor.map(|monitor| monitor.map_or(Heard::NotListened, Monitor::heard));
    progress("");
    let through = match played {
        Ok(through) => through,
        Err(error) if error.kind() == ErrorKind::Muted => {
            return not_tested(&error.without_hint());
        }
        Err(error) => {
            let finding = Finding::error("sound", &error);
            return Finding {
                what: format!("the test sound was not heard: {}", finding.what),
                ..finding
            };
        }
    };
    let played = match output {
        Output::Wav(path) => format!("the test sound was written into {}", path.display()),
        Output::Null => "the test sound went nowhere, as HERALD_OUTPUT says".to_owned(),
        _ => format!("the test sound was played to its end through {through}"),
    };
    match heard.filter(|_| through.starts_with("PulseAudio")) {
        None => Finding::good("sound", played),
        Some(Heard::Peak(dbfs)) => {
            let at = "heard at the monitor of the default sink";
            Finding::good("sound", format!("{played}; {at}, peak {dbfs:.0} dBFS"))
        }
        Some(Heard::NotListened) => {
            let why = "nobody listened at the default sink: parec records nothing";
            Finding::good("sound", format!("{played}; {why}"))
        }
        Some(Heard::Nothing) if sink_is_on => {
            let what = format!("{played}, but nothing arrived at the monitor of the default sink");
            Finding::wrong("sound", what).with_hint(
                "pavucontrol, or pactl list sink-inputs, shows where Herald's stream goes",
            )
        }
        Some(Heard::Nothing) => Finding::good("sound", played),
    }
}

/// What keeps the default sink silent.
fn sink(pactl: &Path) -> Vec<Finding> {
    let ask = |what| said(pactl, &[what, SINK], PATIENCE).unwrap_or_default();
    let muted = ask("get-sink-mute").ends_with("yes");
    let down = is_down(&ask("get-sink-volume"));
    let muted = muted.then(|| {
        Finding::wrong("sound", "the default sink is muted")
            .with_hint(format!("pactl set-sink-mute {SINK} 0"))
    });
    let down = down.then(|| {
        Finding::wrong("sound", "the default sink is at volume 0 %")
            .with_hint(format!("pactl set-sink-volume {SINK} 50%"))
    });
    muted.into_iter().chain(down).collect()
}

/// Whether every channel is at 0 % in what `pactl get-sink-volume` says:
/// `Volume: front-left: 0 /   0% / -inf dB,   front-right: 0 /   0% / -inf dB`.
fn is_down(volume: &str) -> bool {
    let words = volume.split_whitespace();
    let mut percents = words.filter_map(|word| word.strip_suffix('%')).peekable();
    percents.peek().is_some() && percents.all(|percent| percent == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sink_is_down_if_all_of_its_channels_are() {
        for (volume, expected) in [
            (
                "Volume: front-left: 0 /   0% / -inf dB,   front-right: 0 /   0% / -inf dB",
                true,
            ),
            (
                "Volume: front-left: 0 /   0% / -inf dB,   front-right: 9 /  10% / -60 dB",
                false,
            ),
            (
                "Volume: mono: 65536 / 100% / 0.00 dB\n        balance 0.00",
                false,
            ),
            ("", false),
        ] {
            assert_eq!(is_down(volume), expected, "{volume}");
        }
    }
}
