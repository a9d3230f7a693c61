//! A Debian that has little in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// What debootstrap adds to the required packages.
const PYTHON: &str = "--include=python3,python3-pip,python3-venv";

/// One test at a time has it.
static IN_USE: Mutex<()> = Mutex::new(());

/// Where `cargo xtask dist` puts what it makes.
pub(crate) fn results() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    target.join("dist")
}

#[track_caller]
pub(crate) fn output(mut command: Command) -> String {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}{complaint}");
    said + &complaint
}

/// A system, with a directory for one test in it.
pub(crate) struct Place {
    root: PathBuf,
    home: tempfile::TempDir,
    _in_use: std::sync::MutexGuard<'static, ()>,
}

impl Place {
    /// The system stays in the target directory, so that the next run need not make it.
    pub(crate) fn new() -> Self {
        let in_use = IN_USE
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("debian");
        let is_made = root.join("is-made");
        if !is_made.exists() {
            let _ = fs::remove_dir_all(&root);
            let mut bootstrap = Command::new("debootstrap");
            bootstrap
                .args(["--variant=minbase", PYTHON, "bookworm"])
                .arg(&root);
            output(bootstrap);
            fs::write(is_made, "").unwrap();
        }
        for there in ["usr/lib/x86_64-linux-gnu/libasound.so.2", "usr/bin/cc"] {
            assert!(!root.join(there).exists(), "{there}");
        }
        let home = tempfile::tempdir_in(root.join("root")).unwrap();
        Self {
            root,
            home,
            _in_use: in_use,
        }
    }

    /// Copies a file into it. Returns its path there.
    pub(crate) fn put(&self, file: &Path) -> PathBuf {
        let copy = self.home.path().join(file.file_name().unwrap());
        fs::copy(file, &copy).unwrap();
        Path::new("/").join(copy.strip_prefix(&self.root).unwrap())
    }

    /// Runs a script there, whose every command must succeed.
    #[track_caller]
    pub(crate) fn run(&self, script: &str) -> String {
        let home = Path::new("/").join(self.home.path().strip_prefix(&self.root).unwrap());
        let mut shell = Command::new("unshare");
        shell.args(["--mount", "--net", "--ipc", "sh", "-ec"]);
        shell.arg(
            r#"mount --bind /proc "$1/proc"; mount --bind /dev "$1/dev"
            exec chroot "$1" env --ignore-environment HOME="$2" XDG_RUNTIME_DIR="$2" \
                PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -ec "$3""#,
        );
        shell.arg("sh").arg(&self.root).arg(home).arg(script);
        output(shell)
    }
}
