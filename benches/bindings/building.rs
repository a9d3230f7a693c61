//! Builds what is measured, from this checkout.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use benches::{cargo, target_dir};
use tempfile::TempDir;

/// The system libraries of the static library: `cargo rustc -p herald-c -- --print native-static-libs`.
const NATIVE_LIBS: &[&str] = if cfg!(target_os = "macos") {
    &["-liconv", "-lSystem", "-lc", "-lm"]
} else {
    &[
        "-lgcc_s",
        "-lutil",
        "-lrt",
        "-lpthread",
        "-lm",
        "-ldl",
        "-lc",
    ]
};

/// Cargo's option for the profile, and the output directory.
type Profile = (&'static str, &'static str);

/// A folder of the repository.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// The program that checks in C, removed when dropped.
pub(crate) struct Program(TempDir);

impl Program {
    fn path(&self) -> PathBuf {
        self.0.path().join("check")
    }

    /// The command for checks by `what`: key or name.
    pub(crate) fn program(&self, what: &str) -> Command {
        let mut program = Command::new(self.path());
        program.arg(what);
        program
    }
}

/// Builds the program that checks in C; or returns why that is impossible.
pub(crate) fn c_program((option, dir): Profile) -> Result<Program, String> {
    if !succeeds(Command::new("cc").arg("--version")) {
        return Err("no `cc` here".to_owned());
    }
    cargo(&format!("build --quiet --package herald-c {option}"), &[]);
    let program = Program(tempfile::tempdir().expect("a temporary directory"));
    let built = Command::new("cc")
        .args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(folder("src/bindings/c"))
        .arg(folder("benches/bindings/check.c"))
        .arg(target_dir().join(dir).join("libherald.a"))
        .args(NATIVE_LIBS)
        .arg("-o")
        .arg(program.path())
        .status();
    assert!(built.is_ok_and(|status| status.success()), "cc check.c");
    Ok(program)
}

/// The package for Python, removed when dropped.
pub(crate) struct Package(TempDir);

impl Package {
    /// The command for checks with `who`: herald or original.
    pub(crate) fn program(&self, who: &str) -> Command {
        let mut program = Command::new("python3");
        program
            .arg("-B") // leaves no compiled files beside the sources
            .arg(folder("benches/bindings/check.py"))
            .arg(who)
            .env("PYTHONPATH", self.0.path());
        program
    }
}

/// Builds the package for Python; or returns why that is impossible.
pub(crate) fn python_package((option, dir): Profile) -> Result<Package, String> {
    let is_new_enough = "import sys; sys.exit(sys.version_info < (3, 10))";
    if !succeeds(Command::new("python3").args(["-c", is_new_enough])) {
        return Err("no `python3` here, of 3.10 or later".to_owned());
    }
    cargo(
        &format!("build --quiet --package herald-python {option}"),
        &[],
    );
    let package = Package(tempfile::tempdir().expect("a temporary directory"));
    let copy = package.0.path().join("herald_audio");
    let built = format!("{DLL_PREFIX}herald_python{DLL_SUFFIX}");
    fs::create_dir(&copy)
        .and_then(|()| fs::read_dir(folder("src/bindings/python/herald_audio")))
        .and_then(|sources| {
            for source in sources {
                let source = source?;
                if source.file_type()?.is_file() {
                    fs::copy(source.path(), copy.join(source.file_name()))?;
                }
            }
            fs::copy(
                target_dir().join(dir).join(built),
                copy.join("_native.abi3.so"),
            )
        })
        .unwrap_or_else(|error| panic!("cannot copy the package for Python: {error}"));
    Ok(package)
}

fn succeeds(command: &mut Command) -> bool {
    let silent = command.stdout(Stdio::null()).stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}
