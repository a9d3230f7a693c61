//! Builds the library as its users do, and programs with it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::sandbox::output_of;

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

/// How a program links the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Linking {
    Dynamic,
    Static,
}

pub(crate) fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The directory of the library, built with the features and the profile of this test.
///
/// Cargo does not build such a library for tests. With the player, which is found on the `PATH`, existing
/// artifacts are reused if they were built together with the project's other tests, because cargo selects the
/// same features then.
pub(crate) fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let dir = test.parent().unwrap().parent().unwrap();
        let profile = match dir.file_name().unwrap().to_str().unwrap() {
            "debug" => "dev",
            other => other,
        };
        let what = if cfg!(feature = "playback") {
            "-p herald-c -p herald-cli -p herald-audio --all-features --lib --bins --examples"
        } else {
            "-p herald-c"
        };
        let mut cargo = Command::new(env!("CARGO"));
        cargo.arg("build").args(what.split(' '));
        cargo.args(["--profile", profile, "--target-dir"]);
        cargo.arg(Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap());
        // Tests may run with unstable features enabled; build scripts check this variable.
        cargo.env_remove("RUSTC_BOOTSTRAP").current_dir(package());
        output_of(cargo);
        dir.to_owned()
    })
}

/// A built program, removed when dropped.
#[derive(Debug)]
pub(crate) struct Program(tempfile::TempDir);

impl Program {
    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("program")
    }
}

/// Builds the example in `source`.
pub(crate) fn example(source: &str, linking: Linking) -> Program {
    compile(&package().join("examples").join(source), linking)
}

/// Builds the test program in `source`.
pub(crate) fn program(source: &str, linking: Linking) -> Program {
    compile(&package().join("tests/programs").join(source), linking)
}

/// Builds `source` under a unique name, because tests may build the same program at once.
fn compile(source: &Path, linking: Linking) -> Program {
    let library = library();
    let name = source.file_name().unwrap().to_str().unwrap();
    let dir = tempfile::Builder::new()
        .prefix(name)
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .unwrap();
    let built = Program(dir);
    let (compiler, standard) = match name.ends_with(".cc") {
        true => ("c++", "-std=c++11"),
        false => ("cc", "-std=c11"),
    };
    let mut compiler = Command::new(compiler);
    compiler.arg(standard);
    compiler.args(["-Wall", "-Wextra", "-Werror", "-O1", "-g", "-pthread", "-I"]);
    compiler.arg(package()).arg(source);
    match linking {
        Linking::Dynamic => {
            compiler.arg("-L").arg(library).arg("-lherald");
            compiler.arg(format!("-Wl,-rpath,{}", library.display()));
        }
        Linking::Static => {
            compiler.arg(library.join("libherald.a")).args(NATIVE_LIBS);
            if cfg!(all(feature = "playback", target_os = "linux")) {
                compiler.arg("-lasound");
            }
        }
    }
    output_of({
        compiler.arg("-o").arg(built.path());
        compiler
    });
    built
}
