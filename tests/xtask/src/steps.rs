//! `cargo xtask test`: the checks and tests, in the order in which they tell most soonest.

use std::path::Path;
use std::time::Instant;

use crate::failure::Failure;
use crate::process::{cargo, target_dir};
use crate::{say, setup};

/// The standard library is not instrumented: mixing is what the second flag allows.
const THREAD_SANITIZER: &str = "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer";
/// What cargo-fuzz gives to the compiler, but for the address sanitizer.
const LIB_FUZZER: &str = "--cfg fuzzing -Cdebug-assertions -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Targets in tests/fuzz, and for how many seconds each runs.
const FUZZ_TARGETS: [(&str, u32); 7] = [
    ("state_file", 20),
    ("config", 8),
    ("decode_wav", 5),
    ("decode_mp3", 5),
    ("decode_ogg", 5),
    ("decode_flac", 5),
    ("pack_manifest", 5),
];

/// One call of cargo.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    name: String,
    args: Vec<String>,
    env: Vec<(&'static str, String)>,
}

/// What the steps depend on.
struct Setting<'a> {
    fast: bool,
    linux: bool,
    /// Where ThreadSanitizer and libFuzzer work: the platform's name for cargo.
    instrumented: Option<&'a str>,
    target: &'a Path,
    rustflags: Option<String>,
}

pub(crate) fn run(fast: bool) -> Result<(), Failure> {
    let start = Instant::now();
    say::step("what the tests need");
    setup::for_tests()?;
    let steps = steps(&Setting {
        fast,
        linux: cfg!(target_os = "linux"),
        instrumented: cfg!(all(
            target_os = "linux",
            target_arch = "x86_64",
            target_env = "gnu"
        ))
        .then_some("x86_64-unknown-linux-gnu"),
        target: &target_dir(),
        rustflags: std::env::var("RUSTFLAGS").ok(),
    });
    for step in &steps {
        say::step(&step.name);
        say::line(&format!("    {}", step.command_line()));
        let mut command = cargo();
        command.args(&step.args);
        command.envs(step.env.iter().map(|(name, value)| (name, value)));
        let began = Instant::now();
        let status = command.status().map_err(|error| {
            Failure::new(format!(
                "cannot run cargo: {error} (install Rust from https://rustup.rs)"
            ))
        })?;
        if !status.success() {
            return Err(Failure::new(format!(
                "{} failed after {} s: cargo ended with {status} (it says why above; to repeat it alone: {})",
                step.name,
                start.elapsed().as_secs(),
                step.command_line()
            )));
        }
        say::line(&format!("    took {} s", began.elapsed().as_secs()));
    }
    say::step(&format!(
        "all {} steps passed in {} s",
        steps.len(),
        start.elapsed().as_secs()
    ));
    Ok(())
}

fn steps(setting: &Setting<'_>) -> Vec<Step> {
    let in_target = |dir: &str| setting.target.join(dir).display().to_string();
    // The slim build must need no system library. So pkg-config finds none, and the target
    // directory is another, where no earlier find is cached.
    let slim = |step: Step| {
        let step = step.arg("--target-dir").arg(&in_target("slim"));
        if setting.linux {
            step.env("PKG_CONFIG_LIBDIR", "/nonexistent-herald")
                .env("PKG_CONFIG_PATH", "")
        } else {
            step
        }
    };
    let lint = |features: &str| {
        Step::new(
            &format!("clippy {features}"),
            &format!("clippy -p herald-audio --all-targets {features}"),
        )
    };
    let deny = |step: Step| step.arg("--").arg("-D").arg("warnings");
    // What is run and not shipped is not worth the minutes that the shipped profile takes to build.
    let parts = |step: Step| {
        step.env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
    };
    let optimised = |step: Step, level: &str| step.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level);

    let mut steps = vec![
        Step::new("fmt", "fmt --all --check"),
        Step::new(
            "clippy",
            "clippy --workspace --all-targets --all-features -- -D warnings",
        ),
        Step::new("doc", "doc --no-deps --all-features -p herald-audio")
            .env("RUSTDOCFLAGS", "-D warnings"),
    ];
    if !setting.fast {
        steps.extend([
            deny(slim(lint("--no-default-features"))),
            deny(slim(lint("--no-default-features --features cli"))),
            deny(lint("--no-default-features --features playback")),
        ]);
    }
    steps.push(Step::new(
        "tests",
        "test --all-features -p herald-audio -p xtask",
    ));
    steps.push(Step::new(
        "the C library",
        "test --all-features -p herald-c",
    ));
    if !setting.fast {
        steps.push(slim(Step::new(
            "slim tests",
            "test --no-default-features -p herald-audio",
        )));
        if setting.linux {
            steps.push(Step::new("public interface", "test -p public-api-tests"));
        }
    }
    let loom = Step::new("loom models", "test --release -p loom-tests")
        .arg("--target-dir")
        .arg(&in_target("loom"))
        .env(
            "RUSTFLAGS",
            &appended(setting.rustflags.as_deref(), "--cfg herald_loom"),
        );
    steps.push(parts(loom));
    if setting.fast {
        return steps;
    }
    let random = Step::new("random schedules", "test --release -p loom-tests")
        .arg("--target-dir")
        .arg(&in_target("shuttle"));
    steps.push(parts(random));
    // Flags for the target alone, so that build scripts are not instrumented.
    let instrumented = |step: Step, platform: &str, dir: &str, flags: &str| {
        step.arg("--target")
            .arg(platform)
            .arg("--target-dir")
            .arg(&in_target(dir))
            .env("RUSTFLAGS", &appended(setting.rustflags.as_deref(), flags))
    };
    if let Some(platform) = setting.instrumented {
        let threads = Step::new(
            "threads, watched by ThreadSanitizer",
            "test -p herald-audio --no-default-features --test threads",
        )
        // The one flag that stable Rust does not have.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("TSAN_OPTIONS", "suppressions=tests/threads/tsan.supp");
        steps.push(instrumented(threads, platform, "tsan", THREAD_SANITIZER));
        for (target, seconds) in FUZZ_TARGETS {
            let fuzz = Step::new(
                &format!("fuzzing {target} for {seconds} s"),
                &format!("run --release --manifest-path tests/fuzz/Cargo.toml --bin {target}"),
            );
            let fuzz = instrumented(optimised(fuzz, "1"), platform, "fuzz", LIB_FUZZER)
                .arg("--")
                .arg(&format!("-max_total_time={seconds}"))
                .arg("-timeout=20")
                .arg("-verbosity=0")
                .arg(&format!("-artifact_prefix={}/", in_target("fuzz")));
            steps.push(fuzz);
        }
    }
    steps.push(Step::new("the Python package", "xtask python"));
    // Nothing is measured, so nothing is optimised. Benches and the programs that they build and
    // install are built alike, so that they share what they can.
    let benches = Step::new("benches, once each", "bench -p benches -- --test");
    steps.push(optimised(parts(benches), "0"));
    steps
}

fn appended(flags: Option<&str>, more: &str) -> String {
    match flags.map(str::trim) {
        None | Some("") => more.to_owned(),
        Some(flags) => format!("{flags} {more}"),
    }
}

impl Step {
    fn new(name: &str, args: &str) -> Self {
        Self {
            name: name.to_owned(),
            args: args.split_whitespace().map(String::from).collect(),
            env: Vec::new(),
        }
    }

    fn arg(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }

    fn env(mut self, name: &'static str, value: &str) -> Self {
        self.env.push((name, value.to_owned()));
        self
    }

    /// For a reader who wants to repeat it in a shell.
    fn command_line(&self) -> String {
        let mut line = String::new();
        for (name, value) in &self.env {
            line += &format!("{name}='{value}' ");
        }
        line += "cargo ";
        line + &self.args.join(" ")
    }
}

#[cfg(test)]
#[path = "steps_tests.rs"]
mod tests;
