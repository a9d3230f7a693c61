//! A real server on loopback.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use redis::{Connection, FromRedisValue, RedisResult};
use test_support::{Running, wait_until};

/// The administrator's password.
const PASSWORD: &str = "administrator";

/// Ended with its directory when dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    dir: tempfile::TempDir,
    _process: Running,
}

/// Whether there is a program to start; a test without one counts as skipped.
pub(crate) fn is_installed() -> bool {
    let is_there = program().is_some();
    if !is_there {
        test_support::not_tested("neither redis-server nor valkey-server is on the PATH");
    }
    is_there
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let dirs: Vec<_> = std::env::split_paths(&path).collect();
    let names = ["redis-server", "valkey-server"].into_iter();
    names
        .flat_map(|name| dirs.iter().map(move |dir| dir.join(name)))
        .find(|program| program.is_file())
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// What each server here is like; `PORT` is filled in.
const PLAIN: &str = "port PORT";

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(PLAIN, |_| {})
    }

    /// With more `settings`, and files that `prepare` puts into its directory.
    pub(crate) fn with(settings: &str, prepare: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path());
        let port = free_port();
        let logins = dir.path().join("users.acl");
        fs::write(
            &logins,
            format!("user default on >{PASSWORD} ~* &* +@all\n"),
        )
        .unwrap();
        let config = dir.path().join("server.conf");
        let text = format!(
            "bind 127.0.0.1\n{settings}\nsave \"\"\nappendonly yes\naclfile {}\n",
            logins.display()
        );
        fs::write(&config, text.replace("PORT", &port.to_string())).unwrap();
        let mut command = Command::new(program().expect("is_installed"));
        command
            .arg(&config)
            .current_dir(dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let process = Running::start(command);
        let server = Self {
            port,
            dir,
            _process: process,
        };
        wait_until("the server listens", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A file with the administrator's password.
    pub(crate) fn key_file(&self) -> PathBuf {
        let file = self.dir.path().join("admin.key");
        fs::write(&file, PASSWORD).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    pub(crate) fn login(&self, name: &str, key: &str) -> RedisResult<Connection> {
        login(self.port, name, key)
    }

    pub(crate) fn admin(&self) -> Connection {
        self.login("default", PASSWORD).unwrap()
    }
}

/// A connection to the server at `port`.
pub(crate) fn login(port: u16, name: &str, key: &str) -> RedisResult<Connection> {
    let login = redis::RedisConnectionInfo::default()
        .set_username(name)
        .set_password(key)
        .set_skip_set_lib_name();
    let info: redis::ConnectionInfo = format!("redis://127.0.0.1:{port}").parse().unwrap();
    redis::Client::open(info.set_redis_settings(login))?.get_connection()
}

/// Sends the words of `line`.
pub(crate) fn ask<T: FromRedisValue>(connection: &mut Connection, line: &str) -> RedisResult<T> {
    let mut command = redis::Cmd::new();
    line.split(' ').for_each(|word| _ = command.arg(word));
    command.query(connection)
}
