//! The test sound: whether it was played, and arrived at the sound server's default sink.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::finding::Finding;
use super::monitor::{Heard, Monitor};
use crate::cli::run::{PATIENCE, output_of};
use crate::cli::terminal::progress;
use herald_audio::AudioManager;
use herald_audio::ErrorKind;
use herald_audio::internals::player::Authority;
use herald_audio::internals::sound::{Chime, Output, Sound};
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::external;

/// How long the test sound may take: start a player, open an output, and play.
const LIMIT: Duration = Duration::from_secs(15);
const SINK: &str = "@DEFAULT_SINK@";

pub(super) fn findings(env: &Env, manager: &AudioManager, player_answers: bool) -> Vec<Finding> {
    let volume = manager.config().volume();
    if let Some(silence) = manager.silence() {
        return vec![not_tested(&silence.to_string()).with_hint(silence.hint())];
    }
    if volume == 0.0 {
        let hint = "set audio_settings.volume above 0";
        return vec![not_tested("audio_settings.volume is 0").with_hint(hint)];
    }
    if !player_answers {
        return vec![not_tested("the player does not answer")];
    }
    let Ok(Authority { output, .. }) = manager.authority() else {
        return vec![not_tested("the output is invalid")];
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
    Finding::warning("sound", format!("not tested: {why}"))
}

/// Plays the test sound while `parec` records. `sink_is_on` means that the default sink is neither muted
/// nor at volume 0.
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
                what: format!("the test sound failed: {}", finding.what),
                ..finding
            };
        }
    };
    let played = match output {
        Output::Wav(path) => format!("the test sound was written to {}", path.display()),
        Output::Null => "the test sound was discarded, because the output is null".to_owned(),
        _ => format!("the test sound was played to its end through {through}"),
    };
    match heard.filter(|_| through.starts_with("PulseAudio")) {
        None => Finding::ok("sound", played),
        Some(Heard::Peak(dbfs)) => {
            let at = "the default sink";
            Finding::ok(
                "sound",
                format!("{played}; it arrived at {at}, peak {dbfs:.0} dBFS"),
            )
        }
        Some(Heard::NotListened) => {
            let why = "the default sink was not checked, because parec recorded nothing";
            Finding::ok("sound", format!("{played}; {why}"))
        }
        Some(Heard::Nothing) if sink_is_on => {
            let what = format!("{played}, but did not arrive at the default sink");
            Finding::error("sound", what)
                .with_hint("find Herald's stream with pavucontrol or `pactl list sink-inputs`")
        }
        Some(Heard::Nothing) => Finding::ok("sound", played),
    }
}

/// Why the default sink is silent.
fn sink(pactl: &Path) -> Vec<Finding> {
    let ask = |what| output_of(pactl, &[what, SINK], PATIENCE).unwrap_or_default();
    let muted = ask("get-sink-mute").ends_with("yes");
    let down = is_down(&ask("get-sink-volume"));
    let muted = muted.then(|| {
        Finding::error("sound", "the default sink is muted")
            .with_hint(format!("pactl set-sink-mute {SINK} 0"))
    });
    let down = down.then(|| {
        Finding::error("sound", "the default sink is at volume 0 %")
            .with_hint(format!("pactl set-sink-volume {SINK} 50%"))
    });
    muted.into_iter().chain(down).collect()
}

/// Whether every channel is at 0 % in the output of `pactl get-sink-volume`:
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
