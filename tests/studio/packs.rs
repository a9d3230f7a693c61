//! The commands, as a program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::packed::{entry, gzip, pack, tar_gz, zip};
use crate::server::{Answer, Server};

/// A home directory.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::create_dir(home.path("temporary")).unwrap();
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn packs(&self) -> PathBuf {
        self.path(".openpeon/packs")
    }

    fn put(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_herald-studio"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", path)
            .current_dir(self.0.path());
        command
            .env("HOME", self.0.path())
            .env("TMPDIR", self.path("temporary"));
        command
            .env("HERALD_STATE_DIR", self.path("state"))
            .env("HERALD_OUTPUT", "null");
        command.args(["pack"]).args(args);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// All connections lead to `server`, which is trusted.
    fn with(&self, server: &Server, args: &[&str]) -> Command {
        let certificate = server.certificate.as_ref().unwrap().pem();
        let certificate = self.put("certificate.pem", certificate.as_bytes());
        let mut command = self.command(args);
        command.env("SSL_CERT_FILE", certificate);
        command.env("HTTPS_PROXY", format!("http://{}", server.address));
        command
    }

    /// The names in the directory of packs, and of what was left in the temporary one.
    fn left(&self) -> [Vec<String>; 2] {
        [self.packs(), self.path("temporary")].map(|dir| {
            let entries = fs::read_dir(dir).into_iter().flatten().flatten();
            let names = entries.map(|entry| entry.file_name().into_string().unwrap());
            let mut names: Vec<_> = names.filter(|name| name != ".herald-lock").collect();
            names.sort();
            names
        })
    }
}

fn run(mut command: Command) -> Output {
    command.output().unwrap()
}

#[track_caller]
fn done(command: Command) -> String {
    let output = run(command);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn failed(command: Command) -> String {
    let output = run(command);
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

const NOTHING: [Vec<String>; 2] = [Vec::new(), Vec::new()];

#[test]
fn an_archive_is_installed_with_its_checksum_and_without_running_anything() {
    let home = Home::new();
    for (name, archive) in [
        ("a.zip", zip(&pack("", "a", "1.0.0"))),
        ("b.tar.gz", tar_gz(&pack("b-main/", "b", "1.0.0"))),
        ("c.TGZ", tar_gz(&pack("", "c", "1.0.0"))),
    ] {
        let file = home.put(name, &archive);
        let answer = done(home.command(&["install", &file, "--json"]));
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["sha256"], sha256(&archive).as_str());
        assert_eq!(answer["source"], file.as_str());
        let dir = PathBuf::from(answer["dir"].as_str().unwrap());
        assert!(dir.join("sounds/done.wav").is_file());
        assert!(
            !dir.join("install.sh").exists(),
            "only sounds and papers are copied"
        );
    }
    assert_eq!(
        home.left(),
        [["a", "b", "c"].map(String::from).to_vec(), Vec::new()]
    );
    assert!(!home.path("ran").exists());

    let file = home.put("a.zip", &zip(&pack("", "a", "2.0.0")));
    let why = failed(home.command(&["install", &file]));
    assert!(
        why.contains("already installed") && why.contains("--force"),
        "{why}"
    );
    let said = run(home.command(&["install", &file, "--force"]));
    let stderr = String::from_utf8(said.stderr).unwrap();
    let sum = sha256(&fs::read(&file).unwrap());
    assert!(stderr.contains(&format!("SHA-256 {sum}")), "{stderr}");
    let stdout = String::from_utf8(said.stdout).unwrap();
    assert!(stdout.starts_with("a replaced: 2 files"), "{stdout}");
}

#[test]
fn a_hostile_archive_changes_nothing() {
    let home = Home::new();
    let mut files = pack("", "a", "1.0.0");
    files.push(("../../evil".to_owned(), b"evil".to_vec()));
    let link = entry(tar::EntryType::Symlink, b"sounds", b"/etc", b"");
    for (name, archive, says) in [
        ("a.zip", zip(&files), "leads out of the archive"),
        ("a.tar.gz", gzip(&[link]), "no openpeon.json"),
        ("a.tgz", b"text".to_vec(), "neither"),
        (
            "b.zip",
            zip(&pack("", "Not A Name", "1.0.0")),
            "not installed",
        ),
    ] {
        let file = home.put(name, &archive);
        let why = failed(home.command(&["install", &file]));
        assert!(why.contains(says), "{why}");
        assert_eq!(home.left(), NOTHING, "{name}");
    }
    let why = failed(home.command(&["install", "missing.zip"]));
    assert!(why.contains("cannot read missing.zip"), "{why}");
}

#[test]
fn packs_come_from_the_web_from_github_and_from_the_registry() {
    let home = Home::new();
    let files = pack("og-packs-1.0.0/peon/", "peon", "1.0.0");
    let manifest = sha256(&files[0].1);
    let archive = tar_gz(&files);
    let index = json!({"version": 1, "packs": [
        {
            "name": "peon", "display_name": "Orc Peon", "version": "1.0.0", "language": "en",
            "license": "MIT", "trust_tier": "official", "total_size_bytes": 1_500_000,
            "tags": ["rts"], "source_repo": "PeonPing/og-packs", "source_ref": "v1.0.0",
            "source_path": "peon", "manifest_sha256": manifest,
        },
        {
            "name": "changed", "display_name": "Changed", "source_repo": "PeonPing/og-packs",
            "source_ref": "v1.0.0", "source_path": "peon", "manifest_sha256": sha256(b"another"),
        },
        "no pack",
    ]});
    let server = Server::tls(move |path| match path {
        "/PeonPing/og-packs/archive/v1.0.0.tar.gz" => Answer::Whole(archive.clone()),
        "/index.json" => Answer::Whole(index.to_string().into_bytes()),
        _ => Answer::Missing,
    });
    let github = "gh:PeonPing/og-packs/peon@v1.0.0";
    let address = "https://github.com/PeonPing/og-packs/archive/v1.0.0.tar.gz";
    for (source, force) in [(github, None), (address, Some("--force"))] {
        let args: Vec<_> = ["install", source].into_iter().chain(force).collect();
        let said = done(home.with(&server, &args));
        assert!(said.contains("peon"), "{said}");
    }
    let why = failed(home.with(&server, &["install", "gh:PeonPing/og-packs/peon"]));
    assert!(why.contains("404"), "{why}");

    let config = json!({"packs": {"registry": "https://registry.example/index.json"}});
    fs::create_dir_all(home.path(".config/herald")).unwrap();
    home.put(".config/herald/config.json", config.to_string().as_bytes());
    let found = done(home.with(&server, &["search", "ORC", "rts"]));
    assert!(
        found.contains("Orc Peon") && found.contains("1.5 MB"),
        "{found}"
    );
    let found = done(home.with(&server, &["search", "--json"]));
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found.as_array().unwrap().len(), 2);
    assert_eq!(found[0]["source"], github);
    let why = failed(home.with(&server, &["search", "elf"]));
    assert!(why.contains("no pack in the registry"), "{why}");

    let said = done(home.with(&server, &["install", "registry:peon", "--force"]));
    assert!(said.starts_with("peon replaced"), "{said}");
    let why = failed(home.with(&server, &["install", "registry:changed", "--force"]));
    assert!(
        why.contains("not what the registry lists") && why.contains(github),
        "{why}"
    );
    let why = failed(home.with(&server, &["install", "registry:elf"]));
    assert!(why.contains("no pack \"elf\""), "{why}");
    // A server that is not trusted.
    let mut command = home.with(&server, &["install", github, "--force"]);
    command.env("SSL_CERT_FILE", home.put("none.pem", b""));
    let why = failed(command);
    assert!(why.contains("cannot fetch"), "{why}");
    assert_eq!(home.left(), [vec!["peon".to_owned()], Vec::new()]);
}

#[test]
fn a_pack_is_updated_from_where_it_came() {
    let home = Home::new();
    let first = home.put("a.zip", &zip(&pack("", "a", "1.0.0")));
    let second = home.put("b.zip", &zip(&pack("", "b", "1.0.0")));
    done(home.command(&["install", &first]));
    done(home.command(&["install", &second]));
    assert_eq!(
        done(home.command(&["update"])),
        "a: up to date\nb: up to date\n"
    );
    home.put("a.zip", &zip(&pack("", "a", "1.1.0")));
    home.put("b.zip", &zip(&pack("", "another", "1.0.0")));
    let said = done(home.command(&["update", "a"]));
    assert_eq!(said, "a: updated from 1.0.0 to 1.1.0\n");
    let output = run(home.command(&["update", "--json"]));
    assert_eq!(output.status.code(), Some(1));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer[0]["updated"], false);
    let why = answer[1]["error"].as_str().unwrap();
    assert!(why.contains("is \"another\" now"), "{why}");
    assert_eq!(home.left()[0], ["a", "b"]);
    // A copy of the user's own has no source.
    fs::remove_file(home.packs().join("b/.herald-source.json")).unwrap();
    let why = failed(home.command(&["update", "b"]));
    assert!(why.contains("cannot update b"), "{why}");
}

/// Waits until the program, which fetches from `slow`, has begun to.
#[cfg(unix)]
fn wait_for(asked: &std::sync::mpsc::Receiver<()>) {
    asked.recv_timeout(Duration::from_secs(60)).unwrap();
}

#[cfg(unix)]
#[test]
fn nothing_is_half_installed_after_a_kill() {
    let (send, asked) = std::sync::mpsc::channel();
    let slow = Server::plain(move |_| {
        let _ = send.send(());
        Answer::Slow
    });
    let address = slow.at("/a.zip");
    for (signal, code) in [("-KILL", None), ("-TERM", Some(1)), ("-INT", Some(1))] {
        let home = Home::new();
        let mut child = home.command(&["install", &address]).spawn().unwrap();
        wait_for(&asked);
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{signal}: it runs on"
            );
            thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(status.code(), code, "{signal}");
        assert_eq!(home.left(), NOTHING, "{signal}");
        let file = home.put("a.zip", &zip(&pack("", "a", "1.0.0")));
        done(home.command(&["install", &file]));
    }
}

#[test]
fn other_commands_are_for_herald() {
    let home = Home::new();
    for args in [&["list"][..], &["install", "."]] {
        let output = run(home.command(args));
        assert_eq!(output.status.code(), Some(2));
        let why = String::from_utf8(output.stderr).unwrap();
        assert!(why.contains("no such command"), "{why}");
    }
    let program = Path::new(env!("CARGO_BIN_EXE_herald-studio"));
    let version = run({
        let mut command = Command::new(program);
        command.arg("--version");
        command.stdout(Stdio::piped());
        command
    });
    let version = String::from_utf8(version.stdout).unwrap();
    assert_eq!(
        version,
        format!("herald-studio {}\n", env!("CARGO_PKG_VERSION"))
    );
}
