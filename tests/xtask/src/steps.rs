//! The steps of `cargo xtask test`, in the order that reveals failures soonest.

use std::path::Path;

/// The standard library is not instrumented; the second flag permits mixing.
const THREAD_SANITIZER: &str = "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer";
/// cargo-fuzz's compiler flags, without the address sanitizer.
const LIB_FUZZER: &str = "--cfg fuzzing -Cdebug-assertions -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";

/// The targets in tests/fuzz, with their seconds.
const FUZZ_TARGETS: [(&str, u32); 12] = [
    ("state_file", 20),
    ("config", 8),
    ("policy", 10),
    ("decode_wav", 5),
    ("decode_mp3", 5),
    ("decode_ogg", 5),
    ("decode_flac", 5),
    ("decode_aiff", 5),
    ("decode_caf", 5),
    ("decode_mp4", 5),
    ("pack_manifest", 5),
    ("message", 5),
];

/// The memory for decoding a file, in MiB; more than any other target needs.
const MEMORY_LIMIT: &str = "-rss_limit_mb=256";

const NOT_INSTRUMENTED: &str =
    "ThreadSanitizer and fuzzing: they need Linux on x86-64 with the GNU C library";

/// The number of preemptions for loom models when all would take too long.
const FEW_PREEMPTIONS: &str = "3";

/// The scope of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// What fails first if something is wrong.
    Quick,
    All,
    /// The tests that `HERALD_SOAK` extends.
    Soak,
    /// Only the fuzzer: every target for this many seconds.
    Fuzz(u32),
    /// Real agents, offline.
    Agents,
    /// The one of them that takes seconds.
    Codex,
    /// What is released for Linux: built, built again, installed where nothing else is.
    Dist,
}

/// One call of cargo.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(&'static str, String)>,
    /// Whether cargo only builds, and the test programs are run here.
    pub(crate) has_programs: bool,
}

/// The properties of this machine that steps depend on.
pub(crate) struct Setting<'a> {
    pub(crate) scope: Scope,
    pub(crate) linux: bool,
    /// The platform for ThreadSanitizer and libFuzzer, in cargo's notation.
    pub(crate) instrumented: Option<&'a str>,
    pub(crate) target: &'a Path,
    pub(crate) rustflags: Option<String>,
}

/// The steps, and what is omitted on this machine, with reasons.
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) left_out: Vec<&'static str>,
}

impl Plan {
    fn of(steps: Vec<Step>) -> Self {
        Self {
            steps,
            left_out: Vec::new(),
        }
    }
}

/// The test programs of Herald: the library, the suite, the races.
pub(crate) fn herald() -> Step {
    // In one call, so that shared packages have the same features.
    Step::tests(
        "Herald, its C library and these chores",
        "-p herald-throttle -p herald-audio -p herald-cli -p herald-relay -p herald-c -p xtask --all-features --lib --bins --tests --examples",
    )
}

pub(crate) fn plan(setting: &Setting<'_>) -> Plan {
    match setting.scope {
        Scope::Quick | Scope::All => tests(setting),
        Scope::Soak => Plan::of(soak()),
        Scope::Agents if setting.linux => Plan::of(vec![agents("")]),
        Scope::Codex if setting.linux => Plan::of(vec![agents("codex")]),
        Scope::Agents | Scope::Codex => Plan {
            steps: Vec::new(),
            left_out: vec!["agents run in a namespace of Linux"],
        },
        Scope::Dist if setting.linux => Plan::of(dist(setting)),
        Scope::Dist => Plan {
            steps: Vec::new(),
            left_out: vec!["what is released is tested on Linux"],
        },
        Scope::Fuzz(seconds) => match setting.instrumented {
            Some(platform) => Plan::of(fuzzing(setting, platform, Some(seconds))),
            None => Plan {
                steps: Vec::new(),
                left_out: vec![NOT_INSTRUMENTED],
            },
        },
    }
}

fn tests(setting: &Setting<'_>) -> Plan {
    let mut steps = vec![Step::cargo("fmt", "fmt --all --check"), herald()];
    steps.push(linted(Step::cargo(
        "the examples in the documentation",
        "test --doc --all-features -p herald-throttle -p herald-audio",
    )));
    steps.push(loom(setting));
    let mut left_out = Vec::new();
    if setting.scope == Scope::All {
        // By itself: it needs features of the library that others do not.
        steps.push(Step::tests("herald-studio", "-p herald-studio"));
        steps.extend(documentation_and_features(setting));
        steps.push(random_schedules(setting));
        match setting.instrumented {
            Some(platform) => steps.extend(instrumented(setting, platform)),
            None => left_out.push(NOT_INSTRUMENTED),
        }
        match setting.linux {
            true => steps.push(Step::cargo("workflows and dependencies", "xtask lint")),
            false => left_out.push("the public interface: the list is that of Linux"),
        }
        steps.push(linted(Step::cargo("the Python package", "xtask python")));
        // Nothing is measured, so nothing is optimised. Benches and the programs that they build have the
        // same settings, so that they share artifacts.
        let benches = Step::cargo("benches, once each", "bench -p benches -- --test");
        steps.push(linted(optimised(in_parts(benches), "0")));
    }
    Plan { steps, left_out }
}

fn documentation_and_features(setting: &Setting<'_>) -> Vec<Step> {
    // The slim build must not need a system library, so pkg-config is disabled; earlier results are not
    // reused, because build scripts run again when these variables change.
    let slim = |step: Step| match setting.linux {
        true => step
            .env("PKG_CONFIG_LIBDIR", "/nonexistent-herald")
            .env("PKG_CONFIG_PATH", ""),
        false => step,
    };
    let with = |package: &str, features: &str| {
        let name = format!("clippy {package} {features}");
        Step::cargo(
            &name,
            &format!("clippy -p {package} --all-targets {features}"),
        )
    };
    let deny = |step: Step| step.arg("--").arg("-D").arg("warnings");
    let mut steps = vec![
        Step::cargo(
            "doc",
            "doc --no-deps --all-features -p herald-throttle -p herald-audio -p herald-cli -p herald-relay",
        )
        .env("RUSTDOCFLAGS", "-D warnings"),
        slim(Step::tests(
            "slim tests",
            "-p herald-audio -p herald-cli --no-default-features --features herald-cli/cli --lib --bins --tests --examples",
        )),
        deny(slim(with("herald-audio", "--no-default-features"))),
        deny(with("herald-audio", "--features playback")),
    ];
    if setting.linux {
        steps.push(Step::tests(
            "public interface",
            "-p public-api-tests --tests",
        ));
    }
    steps
}

fn loom(setting: &Setting<'_>) -> Step {
    let flags = appended(setting.rustflags.as_deref(), "--cfg herald_loom");
    let step = Step::tests("loom models", "--release -p loom-tests --tests")
        .in_target(setting, "loom")
        .env("RUSTFLAGS", &flags);
    in_parts(match setting.scope {
        Scope::Quick => step.env("LOOM_MAX_PREEMPTIONS", FEW_PREEMPTIONS),
        _ => step,
    })
}

fn random_schedules(setting: &Setting<'_>) -> Step {
    let step = Step::tests("random schedules", "--release -p loom-tests --tests");
    in_parts(step.in_target(setting, "shuttle"))
}

/// Flags for the target only, so that build scripts are not instrumented.
fn for_platform(setting: &Setting<'_>, platform: &str, dir: &str, step: Step, flags: &str) -> Step {
    step.arg("--target")
        .arg(platform)
        .in_target(setting, dir)
        .env("RUSTFLAGS", &appended(setting.rustflags.as_deref(), flags))
}

fn instrumented(setting: &Setting<'_>, platform: &str) -> Vec<Step> {
    let threads = Step::cargo(
        "threads, watched by ThreadSanitizer",
        "test -p herald-throttle --test threads",
    )
    // The one flag that stable Rust does not have.
    .env("RUSTC_BOOTSTRAP", "1")
    .env("TSAN_OPTIONS", "suppressions=../../tests/threads/tsan.supp");
    let mut steps = vec![for_platform(
        setting,
        platform,
        "tsan",
        threads,
        THREAD_SANITIZER,
    )];
    steps.extend(fuzzing(setting, platform, None));
    steps
}

/// Every target, for `asked` seconds with inputs never tried before; else for its own seconds and the same
/// inputs in each run, since a run of the tests fails for a change, not by chance.
fn fuzzing(setting: &Setting<'_>, platform: &str, asked: Option<u32>) -> Vec<Step> {
    let seed = match asked {
        Some(_) => "-seed=0",
        None => "-seed=1",
    };
    let fuzz = FUZZ_TARGETS.map(|(target, seconds)| {
        let seconds = asked.unwrap_or(seconds);
        let fuzz = Step::cargo(
            &format!("fuzzing {target} for {seconds} s"),
            &format!("run --release --manifest-path tests/fuzz/Cargo.toml --bin {target}"),
        );
        let artifacts = setting.target.join("fuzz").display().to_string();
        for_platform(setting, platform, "fuzz", optimised(fuzz, "1"), LIB_FUZZER)
            .arg("--")
            .arg(&format!("-max_total_time={seconds}"))
            .arg(seed)
            .arg("-timeout=20")
            .arg(MEMORY_LIMIT)
            .arg("-verbosity=0")
            .arg(&format!("-artifact_prefix={artifacts}/"))
    });
    fuzz.into()
}

/// The agents whose name begins so.
fn agents(name: &str) -> Step {
    let test = format!("test -p herald-cli --all-features --test agents {name}");
    Step::cargo("agents, offline", &test)
}

fn dist(setting: &Setting<'_>) -> Vec<Step> {
    let installed = setting.target.join("installed").display().to_string();
    const TARGETS: &str = "x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu";
    vec![
        Step::cargo("build", &format!("xtask dist {TARGETS}")),
        Step::cargo(
            "what was built is installed and heard",
            "test -p herald-cli --test released",
        ),
        Step::cargo("packages", "xtask publish crates --dry-run"),
        Step::cargo("a release", "xtask publish github --dry-run"),
        Step::cargo("the website", "xtask site"),
        Step::cargo("installation from source", "xtask install")
            .env("CARGO_INSTALL_ROOT", &installed),
        Step::cargo(
            "the same bytes when built again",
            &format!("xtask dist --again {TARGETS}"),
        ),
    ]
}

/// More rounds of tests that could fail once in a thousand times: `HERALD_SOAK`.
fn soak() -> Vec<Step> {
    let soak = |name: &str, args: &str| Step::cargo(name, args).env("HERALD_SOAK", "1");
    vec![
        soak("races", "test -p herald-cli --test races"),
        soak(
            "sound servers, and one winner of many",
            "test --release -p herald-cli --test suite -- sound_server one_winner",
        ),
    ]
}

/// Makes clippy compile the project's packages while checking them, which saves a build. Sets what `cargo
/// clippy` sets, but builds completely.
fn linted(step: Step) -> Step {
    let args = ["-D", "warnings", ""].join("__CLIPPY_HACKERY__");
    step.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver")
        .env("CLIPPY_ARGS", &args)
}

/// For code that does not ship, the minutes of the release profile are not worthwhile.
fn in_parts(step: Step) -> Step {
    step.env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
}

fn optimised(step: Step, level: &str) -> Step {
    step.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level)
}

fn appended(flags: Option<&str>, more: &str) -> String {
    match flags.map(str::trim) {
        None | Some("") => more.to_owned(),
        Some(flags) => format!("{flags} {more}"),
    }
}

impl Step {
    fn cargo(name: &str, args: &str) -> Self {
        Self {
            name: name.to_owned(),
            args: args.split_whitespace().map(String::from).collect(),
            env: Vec::new(),
            has_programs: false,
        }
    }

    /// Test programs that cargo builds with `args`, and lints.
    fn tests(name: &str, args: &str) -> Self {
        linted(Self {
            has_programs: true,
            ..Self::cargo(name, &format!("build {args}"))
        })
    }

    fn arg(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: &str) -> Self {
        self.env.push((name, value.to_owned()));
        self
    }

    fn in_target(self, setting: &Setting<'_>, dir: &str) -> Self {
        let dir = setting.target.join(dir).display().to_string();
        self.arg("--target-dir").arg(&dir)
    }

    /// The command to repeat it in a shell.
    pub(crate) fn command_line(&self) -> String {
        let mut line = String::new();
        for (name, value) in &self.env {
            line += &format!("{name}='{value}' ");
        }
        line += "cargo ";
        // For cargo, building and testing these is the same build.
        let args = self.args.iter().enumerate();
        let args = args.map(|(n, arg)| {
            if n == 0 && self.has_programs {
                "test"
            } else {
                arg
            }
        });
        line + &args.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests;
