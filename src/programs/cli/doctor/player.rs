//! The player: whether it runs, answers, and has this version.

use std::path::Path;

use super::finding::Finding;
use crate::cli::run::PLAYER_PATIENCE;
use herald_audio::AudioManager;
use herald_audio::internals::player;
use herald_audio::internals::player::client::PlayerClient;
use herald_audio::internals::player::protocol::Status;
use herald_audio::internals::system::state_dir;

pub(super) fn finding(manager: &AudioManager) -> Finding {
    let client = match (state_dir::find(manager.env()), manager.authority()) {
        (Ok((dir, _)), Ok(authority)) => PlayerClient::new(dir, &authority),
        (Err(error), _) => return Finding::error("player", &error),
        // `output` has that error.
        (_, Err(_)) => return Finding::warning("player", "cannot run without an output"),
    };
    match client.status(PLAYER_PATIENCE) {
        Ok(Some(status)) => runs(&status),
        Ok(None) => none_runs(&client),
        Err(error) => match holder(&client) {
            Some((pid, true)) => {
                let what =
                    format!("process {pid} is suspended: it accepts sounds but does not play them");
                Finding::error("player", what).with_hint(format!("kill -CONT {pid}"))
            }
            Some((pid, false)) => {
                let what = format!("process {pid} does not answer: {}", error.without_hint());
                Finding::error("player", what).with_hint(format!("kill -KILL {pid}"))
            }
            None => Finding::error("player", &error),
        },
    }
}

fn runs(status: &Status) -> Finding {
    let Status { version, pid, .. } = status;
    let own = env!("CARGO_PKG_VERSION");
    if version == own {
        return Finding::ok(
            "player",
            format!("version {version}, running as process {pid}"),
        );
    }
    let what = format!("version {version} is running, but herald has version {own}");
    Finding::warning("player", what).with_hint("herald player stop")
}

fn none_runs(client: &PlayerClient) -> Finding {
    if !player::program().exists() {
        return Finding::error("player", "missing: no sound can play")
            .with_hint(player::TO_HAVE_IT);
    }
    let none = || Finding::ok("player", "not running; the next sound starts it");
    let Ok(inbox) = client.inbox() else {
        return none();
    };
    let place = inbox.display();
    match left_behind(&inbox) {
        None => none(),
        Some(true) => {
            let what = format!(
                "not running; {place} remains of a killed player, and the next sound starts a new one"
            );
            Finding::warning("player", what)
        }
        Some(false) => {
            let what = format!("cannot start: {place} is not a socket");
            Finding::error("player", what).with_hint(format!("remove {place}"))
        }
    }
}

/// Whether the file at `inbox`, which no player has open, is a socket; none if it does not exist.
#[cfg(unix)]
fn left_behind(inbox: &Path) -> Option<bool> {
    use std::os::unix::fs::FileTypeExt;
    let metadata = inbox.symlink_metadata().ok()?;
    Some(metadata.file_type().is_socket())
}

/// On Windows, a pipe is removed with its player.
#[cfg(not(unix))]
fn left_behind(_: &Path) -> Option<bool> {
    None
}

/// The process that has the player's lock file open, and whether it is stopped.
#[cfg(target_os = "linux")]
fn holder(client: &PlayerClient) -> Option<(u32, bool)> {
    let lock = client.lock().canonicalize().ok()?;
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let mut pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let pid: u32 = pids.find(|pid: &u32| {
        let files = std::fs::read_dir(format!("/proc/{pid}/fd"));
        let mut files = files.into_iter().flatten().flatten();
        files.any(|file| file.path().read_link().is_ok_and(|link| link == lock))
    })?;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The state follows the name, which is in parentheses and may contain some.
    let state = stat.rsplit_once(") ")?.1.chars().next()?;
    Some((pid, matches!(state, 'T' | 't')))
}

/// Only Linux shows it.
#[cfg(not(target_os = "linux"))]
fn holder(_: &PlayerClient) -> Option<(u32, bool)> {
    None
}
