//! A server of a test: on loopback, in a directory of its own, ended with the test.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use herald_audio::internals::config::fleet::{Desks, Fleet, Role};
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::external::on_path;
use redis::{Connection, cmd, pipe};
use test_support::{Running, not_tested, wait_until};

use crate::engine::redis::connect;
use crate::engine::redis::keys::Keys;

const PASSWORD: &str = "of-a-test";
const ADMIN: &str = "of-the-administrator";

pub(crate) struct TestServer {
    program: PathBuf,
    dir: tempfile::TempDir,
    pub(crate) port: u16,
    process: Option<Running>,
}

impl TestServer {
    /// None, said as a reason to skip the test, if no server is installed.
    pub(crate) fn start() -> Option<Self> {
        test_support::prepare();
        let env = Env::process();
        let found = ["valkey-server", "redis-server"]
            .iter()
            .find_map(|name| on_path(name, &env));
        let Some(program) = found else {
            not_tested("needs valkey-server or redis-server, 7.0 or later");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let mut options = fs::OpenOptions::new();
        let key = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(dir.path().join("key"));
        std::io::Write::write_all(&mut key.unwrap(), PASSWORD.as_bytes()).unwrap();
        // Free a moment ago.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut server = Self {
            program,
            dir,
            port,
            process: None,
        };
        server.run();
        Some(server)
    }

    /// Runs it, empty, with the logins that it had.
    pub(crate) fn run(&mut self) {
        let users = self.dir.path().join("users.acl");
        if !users.exists() {
            fs::write(&users, format!("user default on >{ADMIN} ~* &* +@all\n")).unwrap();
        }
        let mut command = Command::new(&self.program);
        let port = self.port.to_string();
        command
            .current_dir(self.dir.path())
            .args([
                "--bind",
                "127.0.0.1",
                "--port",
                &port,
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .arg("--aclfile")
            .arg(&users)
            .stdout(Stdio::null());
        self.process = Some(Running::start(command));
        wait_until("the server answers", || self.try_admin());
    }

    /// As kill -9.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    fn try_admin(&self) -> Option<Connection> {
        let login = ("default", ADMIN);
        connect(
            &self.fleet("admin", self.port),
            Some(login),
            Duration::from_secs(20),
        )
        .ok()
    }

    pub(crate) fn admin(&self) -> Connection {
        self.try_admin().unwrap()
    }

    /// Makes logins with the rights that `herald fleet init` gives.
    pub(crate) fn add(&self, names: &[String], role: Role) {
        let (mut pipe, keys) = (pipe(), Keys::new("home"));
        for name in names {
            let mut set = cmd("ACL");
            set.arg("SETUSER")
                .arg(format!("home.{name}"))
                .arg("reset")
                .arg("on")
                .arg(format!(">{PASSWORD}"));
            for rule in crate::admin::rights::rules(&keys, name, role) {
                set.arg(rule);
            }
            pipe.add_command(set);
            let mut list = cmd("HSET");
            list.arg(keys.boxes())
                .arg(name)
                .arg(crate::admin::rights::name(role));
            pipe.add_command(list);
        }
        pipe.add_command({
            let mut save = cmd("ACL");
            save.arg("SAVE");
            save
        });
        pipe.exec(&mut self.admin()).unwrap();
    }

    /// The settings of a machine that reaches the server at `port`.
    pub(crate) fn fleet(&self, name: &str, port: u16) -> Fleet {
        Fleet {
            url: format!("redis://127.0.0.1:{port}"),
            key_file: self.dir.path().join("key"),
            name: format!("home.{name}"),
            role: Role::Both,
            desks: Desks::All,
            ..Fleet::default()
        }
    }
}
