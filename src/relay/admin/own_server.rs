//! The server that a desk starts itself, for people with one desk and a box or two: `valkey-server` or
//! `redis-server`, reachable only from this machine. Boxes reach it by `ssh -R`.
//!
//! # Invariants
//!
//! - It listens on 127.0.0.1 only, and every login has a key, because other users of this machine can connect.
//! - It has a directory of its own, which only this user can enter, with its config, its logins, the
//!   administrator's key and what it keeps.
//! - It outlives the relay that started it only if that one is killed; the next one finds it.

use std::fs::{self, DirBuilder};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use herald_audio::internals::config::fleet::{Fleet, read_key};
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::external::on_path;
use herald_audio::{Error, ErrorKind, Result};

use super::key;
use super::server::Server;

/// The programs that may be the server, the preferred one first.
const PROGRAMS: [&str; 2] = ["valkey-server", "redis-server"];
/// The administrator's login.
pub(super) const LOGIN: &str = "herald";
/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before the next look at a server that starts.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Beyond this much memory it refuses events.
const MEMORY: &str = "64mb";

/// The server of this machine, which may not run.
pub struct OwnServer {
    dir: PathBuf,
    port: u16,
}

impl OwnServer {
    /// The server that was made here before, if there is one.
    pub fn find(env: &Env) -> Option<Self> {
        let dir = place(env).ok()?;
        let port = fs::read_to_string(dir.join("port")).ok()?;
        let port = port.trim().parse().ok()?;
        Some(Self { dir, port })
    }

    /// The server of `fleet`, if this machine has it.
    pub fn of(fleet: &Fleet, env: &Env) -> Option<Self> {
        Self::find(env).filter(|own| own.url() == fleet.url)
    }

    /// Makes the directory of a server with a free port, unless one was made before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if the directory cannot be written, or neither program is installed.
    pub(super) fn make(env: &Env) -> Result<Self> {
        program(env)?;
        if let Some(made) = Self::find(env) {
            return Ok(made);
        }
        let dir = place(env)?;
        let port = prepare(&dir).map_err(|error| {
            let what = format!("cannot prepare {}", dir.display());
            Error::new(ErrorKind::State, what).because(error)
        })?;
        let admin = key::new()?;
        key::write(&dir.join("admin.key"), &format!("{admin}\n"))?;
        // The default login is the one without a name.
        let logins =
            format!("user default reset off\nuser {LOGIN} reset on >{admin} ~* &* +@all\n");
        key::write(&dir.join("users.acl"), &logins)?;
        key::write(&dir.join("server.conf"), &settings(&dir, port))?;
        // Last: it says that the others are whole.
        key::write(&dir.join("port"), &format!("{port}\n"))?;
        Ok(Self { dir, port })
    }

    /// Its address on this machine.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port.
    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Its directory.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The administrator's key.
    ///
    /// # Errors
    ///
    /// As of [`read_key`].
    pub(super) fn key(&self) -> Result<String> {
        read_key(&self.dir.join("admin.key"))
    }

    /// Starts it, unless it runs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if it cannot be started, or is not ready in time.
    pub fn start(&self, env: &Env) -> Result<()> {
        if self.connect().is_ok() {
            return Ok(());
        }
        let program = program(env)?;
        let log = self.dir.join("server.log");
        let failed = |why: String| {
            let what = format!("cannot start {}", program.display());
            let error = Error::new(ErrorKind::State, what).because(why);
            error.with_hint(format!("see {}", log.display()))
        };
        let mut process = Command::new(&program);
        process
            .arg(self.dir.join("server.conf"))
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // It outlives a terminal that is closed.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut process, 0);
        let mut child = process.spawn().map_err(|error| failed(error.to_string()))?;
        let started = Instant::now();
        loop {
            let error = match self.connect() {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            if let Ok(Some(status)) = child.try_wait() {
                // Two may have started it at once.
                return match self.connect() {
                    Ok(_) => Ok(()),
                    Err(_) => Err(failed(format!("it ended with {status}"))),
                };
            }
            if started.elapsed() > PATIENCE {
                return Err(failed(error.without_hint()));
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// Ends it. What it has is on the disk.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if it does not run.
    pub fn stop(&self) -> Result<()> {
        // Its answer is the end of the connection.
        let _ = self.connect()?.ask::<()>(&["SHUTDOWN"]);
        Ok(())
    }

    /// Connects as the administrator.
    ///
    /// # Errors
    ///
    /// As of [`Server::open`].
    pub(super) fn connect(&self) -> Result<Server> {
        let fleet = Fleet {
            url: self.url(),
            ..Fleet::default()
        };
        let mut server = Server::open(&fleet, Some((LOGIN, &self.key()?)))?;
        // While it loads what it has kept, it refuses everything.
        server.ask::<String>(&["PING"])?;
        Ok(server)
    }
}

/// The directory of the server of this machine: it lasts, unlike the state directory.
fn place(env: &Env) -> Result<PathBuf> {
    let state_home = env.path("XDG_STATE_HOME").filter(|dir| dir.is_absolute());
    let state_home = state_home.or_else(|| Some(env.home()?.join(".local/state")));
    let what = "cannot find a directory for a server";
    let none = || Error::new(ErrorKind::State, what).with_hint("set HOME");
    Ok(state_home.ok_or_else(none)?.join("herald/server"))
}

/// Makes the directory. Returns a free port.
fn prepare(dir: &Path) -> io::Result<u16> {
    if let Some(above) = dir.parent() {
        fs::create_dir_all(above)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn settings(dir: &Path, port: u16) -> String {
    let dir = dir.display();
    format!(
        "bind 127.0.0.1\nport {port}\nprotected-mode yes\ndaemonize no\ndir \"{dir}\"\nlogfile \"{dir}/server.log\"\n\
         aclfile \"{dir}/users.acl\"\nappendonly yes\nappendfsync everysec\nsave \"\"\nmaxmemory {MEMORY}\n\
         maxmemory-policy noeviction\n"
    )
}

/// The program.
///
/// # Errors
///
/// [`ErrorKind::State`] if neither is installed.
fn program(env: &Env) -> Result<PathBuf> {
    let found = PROGRAMS.iter().find_map(|name| on_path(name, env));
    found.ok_or_else(|| {
        let what = "this machine has neither valkey-server nor redis-server";
        Error::new(ErrorKind::State, what).with_hint(
            "install one of them (apt install valkey-server, brew install valkey), or name a server: --url \
             rediss://HOST:PORT",
        )
    })
}
