//! What keeps the relay of a desk running: a systemd user unit, or a launchd agent on macOS. Without one, the first
//! hook or sound of the desk starts the relay.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::external::on_path;
use herald_audio::{Error, ErrorKind, Result};
use herald_cli::cli::internals::{agrees, can_ask, warn};

/// A service manager that this system has.
struct Manager {
    /// The file that describes the service.
    file: PathBuf,
    text: String,
    /// The commands that start it, and those that end it.
    start: Vec<Vec<String>>,
    stop: Vec<Vec<String>>,
}

/// Asks on a terminal whether to write the service, and writes it; with `is_wanted`, without asking. Returns what
/// was done, for people.
///
/// # Errors
///
/// [`ErrorKind::State`] if the file cannot be written.
pub(super) fn offer(env: &Env, is_wanted: bool) -> Result<String> {
    let Some(manager) = Manager::find(env) else {
        return Ok(match is_wanted {
            true => "no service: this system has neither systemd nor launchd; run herald-relay at login\n".to_owned(),
            false => String::new(),
        });
    };
    let file = manager.file.display();
    if !is_wanted {
        if !can_ask() {
            return Ok(
                "to hear boxes from login on: herald fleet join … --desk --service\n".to_owned(),
            );
        }
        let question = format!("Keep herald-relay running from login on, by {file}? [Y/n] ");
        if !agrees(&question) {
            return Ok(String::new());
        }
    }
    let cannot = |error| {
        let what = format!("cannot write {file}");
        Error::new(ErrorKind::State, what).because(error)
    };
    if let Some(dir) = manager.file.parent() {
        fs::create_dir_all(dir).map_err(cannot)?;
    }
    fs::write(&manager.file, &manager.text).map_err(cannot)?;
    run(&manager.start);
    Ok(format!("service: {file}\n"))
}

/// Ends and removes the service, if there is one.
///
/// # Errors
///
/// [`ErrorKind::State`] if its file cannot be removed.
pub(super) fn remove(env: &Env) -> Result<()> {
    let Some(manager) = Manager::find(env).filter(|manager| manager.file.exists()) else {
        return Ok(());
    };
    run(&manager.stop);
    fs::remove_file(&manager.file).map_err(|error| {
        let what = format!("cannot remove {}", manager.file.display());
        Error::new(ErrorKind::State, what).because(error)
    })
}

/// Runs commands; one that fails is named, so that a person can run it.
fn run(commands: &[Vec<String>]) {
    for words in commands {
        let done = Command::new(&words[0]).args(&words[1..]).output();
        if !done.is_ok_and(|output| output.status.success()) {
            warn(&format_args!("failed: {}", words.join(" ")));
        }
    }
}

impl Manager {
    fn find(env: &Env) -> Option<Self> {
        let program = std::env::current_exe().ok()?;
        match cfg!(target_vendor = "apple") {
            true => Some(Self::launchd(&env.home()?, &program)),
            false => {
                on_path("systemctl", env)?;
                let config = env.path("XDG_CONFIG_HOME").filter(|dir| dir.is_absolute());
                let config = config.or_else(|| Some(env.home()?.join(".config")))?;
                Some(Self::systemd(&config, &program))
            }
        }
    }

    fn systemd(config: &Path, program: &Path) -> Self {
        let program = program.display().to_string();
        // In a unit, % begins a placeholder.
        let program = program
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('%', "%%");
        let call = |words: &[&str]| {
            let words = ["systemctl", "--user"].iter().chain(words);
            words.map(|word| (*word).to_owned()).collect()
        };
        Self {
            file: config.join("systemd/user/herald-relay.service"),
            text: format!(
                "[Unit]\nDescription=Herald: hear the agents of your fleet\n\n[Service]\nExecStart=\"{program}\"\n\
                 Restart=on-failure\n\n[Install]\nWantedBy=default.target\n"
            ),
            start: vec![
                call(&["daemon-reload"]),
                call(&["enable", "--now", "herald-relay.service"]),
            ],
            stop: vec![call(&["disable", "--now", "herald-relay.service"])],
        }
    }

    fn launchd(home: &Path, program: &Path) -> Self {
        let program = program.display().to_string();
        let program = program.replace('&', "&amp;").replace('<', "&lt;");
        let file = home.join("Library/LaunchAgents/herald-relay.plist");
        let call = |verb: &str| {
            let path = file.display().to_string();
            vec![["launchctl", verb, "-w", &path].map(str::to_owned).to_vec()]
        };
        Self {
            text: format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                 <plist version=\"1.0\">\n<dict>\n\
                 \t<key>Label</key><string>herald-relay</string>\n\
                 \t<key>ProgramArguments</key><array><string>{program}</string></array>\n\
                 \t<key>RunAtLoad</key><true/>\n\
                 \t<key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>\n\
                 </dict>\n</plist>\n"
            ),
            start: call("load"),
            stop: call("unload"),
            file,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_starts_this_program_whatever_its_path() {
        let program = Path::new("/opt/100% <a> & \"b\"/herald-relay");
        let systemd = Manager::systemd(Path::new("/c"), program);
        assert_eq!(
            systemd.file,
            Path::new("/c/systemd/user/herald-relay.service")
        );
        let line = "ExecStart=\"/opt/100%% <a> & \\\"b\\\"/herald-relay\"\n";
        assert!(systemd.text.contains(line), "{}", systemd.text);
        let launchd = Manager::launchd(Path::new("/h"), program);
        let value = "<string>/opt/100% &lt;a> &amp; \"b\"/herald-relay</string>";
        assert!(launchd.text.contains(value), "{}", launchd.text);
        assert_eq!(
            launchd.stop[0].join(" "),
            "launchctl unload -w /h/Library/LaunchAgents/herald-relay.plist"
        );
    }
}
